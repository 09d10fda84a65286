"""Networks that tell landmarks of a face from a square cut of it."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from adapt.augment.strengths import OF_HEAD_ANGLES, Strengths
from adapt.marked_faces import MarkedFaces
from synth.errors import DataError
from train.checkpoint import Trained
from train.config import EvaluateConfig, FitConfig
from train.data.face_marks.points import FaceMarks
from train.data.face_marks.read import read_marked_faces
from train.data.face_marks.shards import faces_in
from train.data.read import Reader, recognise
from train.data.sift import Found, OnError
from train.data.stream import Pictures
from train.kinds import Exported, Kind, Predicted, keys_of_noise, noise_u8
from train.kinds.refusals import refuse_augment, refuse_beside, refuse_persons, refuse_reduced
from train.measure.cost import Cost, blank, cost_of
from train.measure.face_landmark_evaluation import LandmarkEvaluation, prediction_file, told_of
from train.measure.face_landmark_report import said_of, summary, write_report
from train.measure.page import write_predictions
from train.models.build import FACE_LANDMARK_NETWORKS
from train.models.face_landmarks import FaceLandmarkNetwork, FaceReading
from train.tasks.averaged import AveragedTask, Recipe
from train.tasks.face_landmarks import FaceLandmarkTask

TAKE = "faces take augment=faces or none"


class Landmarks(nn.Module):
    """A network of a face's landmarks up to what programs without this one use of it."""

    def __init__(self, network: FaceLandmarkNetwork) -> None:
        """Hold the network."""
        super().__init__()
        self.network = network

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Tensor | tuple[Tensor, ...]:
        """Return landmarks of RGB pictures in [0, 1], with depths and the face's probability where these are told."""
        reading: FaceReading = self.network(images)
        if reading.depth_px is None or reading.face is None:
            return reading.points_px
        return reading.points_px, reading.depth_px, reading.face.sigmoid()


class FaceLandmarks(Kind):
    """Landmarks of a face."""

    task_name = "landmarks"
    noun = "face landmarks"
    networks = FACE_LANDMARK_NETWORKS
    headline, chance = ("inter_ocular", "all", "nme"), ("mean_face", "inter_ocular", "all", "nme")
    unit = "%"

    def read(self, config: FitConfig, network: nn.Module) -> Found[MarkedFaces]:
        """Return the cuts of faces with their landmarks."""
        made = landmark_network(network)
        refuse_augment(config.augment, OF_HEAD_ANGLES, TAKE)
        refuse_persons(config.persons)
        found = read_marked_faces(Path(config.data), config.reader, made.size[0], made.marks, config.on_error)
        if not torch.isfinite(found.pictures.points_px).all():
            raise DataError(f"{config.data}: holds faces without all their landmarks; nothing can be learnt from them")
        return found

    def pictures(self, config: FitConfig, network: nn.Module) -> Pictures[MarkedFaces]:
        """Return what makes the cuts of a sample."""
        made = landmark_network(network)
        refuse_augment(config.augment, OF_HEAD_ANGLES, TAKE)
        return partial(faces_in, size=made.size[0], marks=made.marks, where=Path(config.data))

    def task(self, network: nn.Module, recipe: Recipe, strengths: Strengths) -> AveragedTask:
        """Return the task of a face's landmarks."""
        return FaceLandmarkTask(landmark_network(network), recipe, strengths)

    def validated(self, network: nn.Module, pictures: MarkedFaces) -> tuple[dict[str, Any], str]:
        """Return the errors of the 68 points, of a mesh against the same means of the true mesh."""
        made = landmark_network(network)
        mesh = pictures if made.marks is FaceMarks.dense478 else None
        evaluation = LandmarkEvaluation({"": told_of(made, pictures)}, pictures, mesh, {}, ())
        told = evaluation.told[""]
        return evaluation.figures(told), said_of(evaluation.score(told), evaluation.groups(told))

    def noise(self, network: nn.Module, n: int, generator: torch.Generator) -> MarkedFaces:
        """Return faces of noise, with landmarks anywhere."""
        made = landmark_network(network)
        side = made.size[0]
        return MarkedFaces(
            images_u8=noise_u8(generator, n, side, side, 3),
            points_px=side * torch.rand(n, made.marks.n, 2, generator=generator),
            depth_px=side * (torch.rand(n, made.marks.n, generator=generator) - 0.5),
            visible=torch.ones(n, made.marks.n, dtype=torch.bool),
            present=torch.ones(n, dtype=torch.bool),
            square_px=torch.tensor([0.0, 0.0, side, side]).expand(n, 4),
            traits=tuple({} for _ in range(n)),
            keys=keys_of_noise(n),
        )

    def exported(self, network: nn.Module, n: int, generator: torch.Generator) -> Exported:
        """Return the network up to its landmarks."""
        made = landmark_network(network)
        mesh = made.marks is FaceMarks.dense478
        more = "; depth_px: larger away from the lens; face_probability: that there is a face" if mesh else ""
        return Exported(
            network=Landmarks(made),
            inputs={"images": torch.rand(n, 3, *made.size, generator=generator)},
            outputs=("landmarks_px", "depth_px", "face_probability") if mesh else ("landmarks_px",),
            said="images: square cuts, the box from forehead to chin and a quarter of its longer side about it, RGB, "
            f"[0, 1]; landmarks_px: {'MediaPipe' if mesh else 'iBUG'}'s {made.marks.n} points, pixels of that picture, "
            f"from the corner of the first{more}",
        )

    def predicted(self, network: nn.Module, path: Path, reader: Reader, on_error: OnError) -> Predicted:
        """Return the landmarks of the faces under a path, px of the files' pictures."""
        made, reader = landmark_network(network), recognise(path) if reader is Reader.auto else reader
        # The cuts are the same whatever the landmarks, and only cuts are looked at.
        found = read_marked_faces(path, reader, made.size[0], FaceMarks.ibug68, on_error)
        remarks = tuple(f"{n} left out: {cause}" for cause, n in found.left_out.items())
        return Predicted(prediction_file(told_of(made, found.pictures), found.pictures.keys), remarks, found.damaged)

    def evaluate(self, config: EvaluateConfig, networks: Mapping[str, Trained], about: Mapping[str, Any]) -> None:
        """Measure on faces."""
        evaluation = measured(config, networks)
        if config.predictions is not None:
            write_predictions(Path(config.predictions), prediction_file(evaluation.mean(), evaluation.faces.keys))
        if config.out is None:
            return
        if not torch.isfinite(evaluation.faces.points_px).any():
            raise DataError(f"{config.data}: holds faces without landmarks; give predictions=FILE.json and out=null")
        write_report(Path(config.out), evaluation, about)
        print("\n".join(summary(evaluation)))
        print(f"wrote {Path(config.out) / 'report.html'}")


def measured(config: EvaluateConfig, trained: Mapping[str, Trained]) -> LandmarkEvaluation:
    """Return what networks tell of the faces, each of a cut of its own size, and what they cost.

    Raises:
        ConfigError: The configuration asks for what is for eyes or head pose.
        DataError: The faces cannot be read.
    """
    networks = {label: landmark_network(one.network) for label, one in trained.items()}
    refuse_beside(config.beside)
    refuse_reduced(config.reduced)
    refuse_persons(config.persons)
    path, reader = Path(config.data), config.reader
    reader = recognise(path) if reader is Reader.auto else reader
    told = {}
    for side in sorted({network.size[0] for network in networks.values()}):
        found = read_marked_faces(path, reader, side, FaceMarks.ibug68, config.on_error)
        for label, network in networks.items():
            if network.size[0] == side:
                told[label] = told_of(network, found.pictures, config.faces_at_once(side))
    # The faces that are kept, those of the largest cut, are the ones that the report shows.
    mesh = None
    if reader is Reader.shards and any(network.marks is FaceMarks.dense478 for network in networks.values()):
        mesh = read_marked_faces(path, reader, side, FaceMarks.dense478, config.on_error).pictures
    return LandmarkEvaluation(
        told={label: told[label] for label in networks},
        faces=found.pictures,
        mesh=mesh,
        left_out=found.left_out,
        damaged=found.damaged,
        costs=tuple(cost_on(network) for network in networks.values()) if config.out is not None else (),
    )


def cost_on(network: FaceLandmarkNetwork) -> Cost:
    """Return what a network costs on a picture of its own size."""
    return cost_of(Landmarks(network), [blank(network.size)], lambda told: told)


def landmark_network(network: nn.Module) -> FaceLandmarkNetwork:
    """Return a network as one of a face's landmarks, which it is."""
    assert isinstance(network, FaceLandmarkNetwork)
    return network
