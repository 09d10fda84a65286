"""Measure networks of a face's landmarks: iBUG's 68 points of every network, MediaPipe's 478 of those that tell them.

A network of 478 points tells the 68 by fixed means of them (train/data/face_marks/points.py), the jaw on the bone:
where a set has it on the outline that is seen, its inner 51 points are what compares.  Its own points are measured on
our shards, which alone have them.  All is told and measured in px of the files' pictures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from adapt.marked_faces import MarkedFaces, px_of_file
from synth.export.face.faces import HALF_PIXEL
from train.data.face_marks.points import FaceMarks, ibug68_of_dense
from train.measure.cost import Cost
from train.measure.face_landmark_groups import Groups, groups_of
from train.measure.face_landmark_metrics import LandmarkScore, Points, Truth, landmark_score, misses_px
from train.models.face_landmarks import FaceLandmarkNetwork
from train.models.face_landmarks.mean_face import mean_face
from train.tasks.face_landmarks import read

Mesh = Float[np.ndarray, "n 478 3"]


@dataclass(frozen=True)
class Told:
    """What a network tells of n faces, float64, px of the files' pictures.

    Attributes:
        points_px: iBUG's.
        mesh_px: MediaPipe's: x, y, depth; None of a network without.
        face: Probability that there is one; None of a network that does not tell.
    """

    points_px: Points
    mesh_px: Mesh | None = None
    face: Float[np.ndarray, " n"] | None = None


def told_of(network: FaceLandmarkNetwork, faces: MarkedFaces, batch_size: int = 64) -> Told:
    """Return what a network tells of all faces; their pictures have the network's size."""
    network.eval()
    points: list[Tensor] = []
    deep: list[Tensor] = []
    logits: list[Tensor] = []
    with torch.inference_mode():
        for at in range(0, len(faces), batch_size):
            some = faces.take(range(at, min(at + batch_size, len(faces))))
            reading = read(network, some)
            size = network.size[0]
            points.append(px_of_file(reading.points_px, some.square_px, size))
            if reading.depth_px is not None:
                whole = torch.cat([reading.points_px, reading.depth_px[..., None]], dim=2)
                deep.append(px_of_file(whole, some.square_px, size))
            if reading.face is not None:
                logits.append(reading.face)
    face = torch.cat(logits).double().sigmoid().numpy() if logits else None
    found = torch.cat(points).double().numpy()
    if network.marks is FaceMarks.ibug68:
        return Told(found, None, face)
    mesh = torch.cat(deep).double().numpy() if deep else None
    return Told(ibug68_of_dense() @ found, mesh, face)


def truth_of(faces: MarkedFaces) -> Truth:
    """Return what is true of faces with iBUG's points, or with MediaPipe's, of which iBUG's are then means."""
    size = faces.images_u8.shape[1]
    whole = torch.cat([faces.points_px, faces.depth_px[..., None]], dim=2)
    points, visible = px_of_file(whole, faces.square_px, size).double().numpy(), faces.visible.numpy()
    if points.shape[1] != FaceMarks.ibug68.n:
        weights = ibug68_of_dense()
        # A mean is hidden where one of its points is.
        points, visible = weights @ points, ~(~visible @ (weights > 0).T)
    return Truth(points[..., :2], points[..., 2], visible, faces.square_px.double().numpy())


def mean_faces_px(faces: MarkedFaces) -> Points:
    """Return the mean face in every cut: the guess that never looks."""
    points = mean_face().expand(len(faces), -1, -1)
    return np.asarray(px_of_file(points, faces.square_px, 1).double().numpy())


def mesh_misses_px(told: Told, mesh: MarkedFaces) -> Float[np.ndarray, "n 478"]:
    """Return how far a network's own points are from the true ones, in the picture."""
    assert told.mesh_px is not None
    true = px_of_file(mesh.points_px, mesh.square_px, mesh.images_u8.shape[1]).double().numpy()
    return np.asarray(np.linalg.norm(told.mesh_px[..., :2] - true, axis=2))


@dataclass(frozen=True)
class LandmarkEvaluation:
    """Networks of a face's landmarks on one set of faces.

    Attributes:
        told: By each network, by its name.
        faces: What they were measured on, with iBUG's points; NaN where the set has none.
        mesh: The same faces with MediaPipe's points; None of a set without, or where no network tells them.
        left_out: How many faces the protocol left out, by cause.
        damaged: What was wrong with each face that could not be read.
        costs: Of each network; empty where nobody asked.
    """

    told: Mapping[str, Told]
    faces: MarkedFaces
    mesh: MarkedFaces | None
    left_out: Mapping[str, int]
    damaged: tuple[str, ...]
    costs: tuple[Cost, ...] = ()

    @property
    def truth(self) -> Truth:
        """What is true."""
        return truth_of(self.faces)

    def mean(self) -> Told:
        """Return the ensemble: the means of points; of those that all networks tell."""
        told = list(self.told.values())
        meshes = [one.mesh_px for one in told if one.mesh_px is not None]
        flags = [one.face for one in told if one.face is not None]
        return Told(
            points_px=np.mean([one.points_px for one in told], axis=0),
            mesh_px=np.mean(meshes, axis=0) if len(meshes) == len(told) else None,
            face=np.mean(flags, axis=0) if len(flags) == len(told) else None,
        )

    def score(self, told: Told) -> LandmarkScore:
        """Return the score of iBUG's points."""
        return landmark_score(told.points_px, self.truth, mean_faces_px(self.faces))

    def groups(self, told: Told) -> Groups | None:
        """Return the errors by groups of people, of a network's own points; None where the set knows no groups."""
        if told.mesh_px is not None and self.mesh is not None:
            return groups_of(mesh_misses_px(told, self.mesh), self.truth, self.faces.traits)
        return groups_of(misses_px(told.points_px, self.truth), self.truth, self.faces.traits)

    def figures(self, told: Told) -> dict[str, Any]:
        """Return the figures of one network, None for what cannot be measured."""
        groups = self.groups(told)
        return {
            **self.score(told).to_json(),
            "groups": None if groups is None else groups.to_json(),
            "face": None if told.face is None else float(told.face.mean()),
        }

    def to_json(self) -> dict[str, Any]:
        """Return all figures of the report."""
        networks = {name: self.figures(told) for name, told in self.told.items()}
        for name, cost in zip(self.told, self.costs, strict=False):
            networks[name]["cost"] = cost.to_json()
        return {
            "faces": len(self.faces),
            "left_out": dict(self.left_out),
            "damaged": list(self.damaged),
            "networks": networks,
            "ensemble": self.figures(self.mean()),
        }


def prediction_file(told: Told, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return {key: {"landmarks68": [[x, y], ...]}}, of a mesh also "landmarks478": [[x, y, z], ...] and "face".

    Pixels of the file's picture, counted from the centre of the first one, which is (0, 0), as our export for judges
    has them (synth/export/face/judge.py); z in the same unit, larger away from the lens; face is a probability.
    """
    found: dict[str, dict[str, Any]] = {
        key: {"landmarks68": points.tolist()}
        for key, points in zip(keys, (told.points_px - HALF_PIXEL).round(3), strict=True)
    }
    if told.mesh_px is not None:
        for key, mesh in zip(keys, (told.mesh_px - [HALF_PIXEL, HALF_PIXEL, 0.0]).round(3), strict=True):
            found[key]["landmarks478"] = mesh.tolist()
    if told.face is not None:
        for key, face in zip(keys, told.face, strict=True):
            found[key]["face"] = round(float(face), 4)
    return found
