"""Measure networks of eye landmarks on eyes: their points, and the gaze in both ways, by the regressor and by the fit.

The fit (train/eyeball_fit.py) tells the optical axis and needs the 18 points of `Marks.eye`; its error stands beside
that of a fit to the true points, which no network can be expected to beat.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from adapt.marked_eyes import MarkedEyes
from synth.geometry.gaze import mirror_pitch_yaw
from train.data.marks.points import Marks
from train.eyeball_fit import fit_gaze
from train.measure.eye_metrics import LandmarkScore, landmark_score
from train.measure.gaze_metrics import Angles, Score, score
from train.models.eye import LandmarkNetwork
from train.tasks.eye_landmarks import read


@dataclass(frozen=True)
class Told:
    """What a network tells of n eyes, float64: shapes and units of `train.models.eye.Reading`.

    Attributes:
        landmarks_px: Of its pictures.
        radius_px: None of a network that tells none.
        gaze_rad: By the regressor.
        fitted_rad: By the fit; None where there is no radius.
    """

    landmarks_px: Float[np.ndarray, "n m 2"]
    radius_px: Float[np.ndarray, " n"] | None
    gaze_rad: Angles
    fitted_rad: Angles | None


def told_of(network: LandmarkNetwork, eyes: MarkedEyes, batch_size: int = 64) -> Told:
    """Return what a network tells of all eyes."""
    network.eval()
    with torch.inference_mode():
        starts = range(0, len(eyes), batch_size)
        parts = [read(network, eyes.take(range(at, min(at + batch_size, len(eyes))))) for at in starts]
    landmarks_px = torch.cat([part.landmarks_px for part in parts]).double().numpy()
    gaze_rad = torch.cat([part.gaze_pitch_yaw_rad for part in parts]).double().numpy()
    radii = [part.radius_px for part in parts if part.radius_px is not None]
    if not radii:
        return Told(landmarks_px, None, gaze_rad, None)
    radius_px = torch.cat(radii).double().numpy()
    return Told(landmarks_px, radius_px, gaze_rad, fit_gaze(landmarks_px, radius_px, network.size))


@dataclass(frozen=True)
class EyeEvaluation:
    """Networks of eye landmarks on one set of eyes.

    Attributes:
        told: By each network, by its name; all of the same size and marks.
        eyes: What they were measured on, with their true gaze, and landmarks where the set has them.
        marks: Which landmarks.
        size: Height and width of the pictures.
        damaged: What was wrong with each eye that could not be read.
    """

    told: Mapping[str, Told]
    eyes: MarkedEyes
    marks: Marks
    size: tuple[int, int]
    damaged: tuple[str, ...] = ()

    @property
    def true_rad(self) -> Angles:
        """The true gaze."""
        return self.eyes.gaze_pitch_yaw_rad.double().numpy()

    def mean(self) -> Told:
        """Return the ensemble: the means of points, radii and angles."""
        told = list(self.told.values())
        radii = [one.radius_px for one in told if one.radius_px is not None]
        fitted = [one.fitted_rad for one in told if one.fitted_rad is not None]
        return Told(
            landmarks_px=np.mean([one.landmarks_px for one in told], axis=0),
            radius_px=np.mean(radii, axis=0) if radii else None,
            gaze_rad=np.mean([one.gaze_rad for one in told], axis=0),
            fitted_rad=np.mean(fitted, axis=0) if fitted else None,
        )

    def gaze_score(self, angles_rad: Angles | None) -> Score | None:
        """Return the score of gazes."""
        return None if angles_rad is None else score(angles_rad, self.true_rad, self.eyes.right.numpy())

    def landmark_score(self, told: Told) -> LandmarkScore | None:
        """Return the score of points."""
        return landmark_score(told.landmarks_px, told.radius_px, self.eyes, self.marks)

    def true_fit_score(self) -> Score | None:
        """Return the score of the fit to the true points; None where there are none, or not those."""
        if self.marks is not Marks.eye or torch.isnan(self.eyes.landmarks_px).any():
            return None
        points_px, radius_px = self.eyes.landmarks_px.double().numpy(), self.eyes.radius_px.double().numpy()
        return self.gaze_score(fit_gaze(points_px, radius_px, self.size))

    def figures(self, told: Told) -> dict[str, Any]:
        """Return the figures of one network, None for what cannot be measured."""
        scores = {
            "regressor": self.gaze_score(told.gaze_rad),
            "fit": self.gaze_score(told.fitted_rad),
            "landmarks": self.landmark_score(told),
        }
        return {name: None if found is None else found.to_json() for name, found in scores.items()}

    def to_json(self) -> dict[str, Any]:
        """Return all figures of the report."""
        true_fit = self.true_fit_score()
        return {
            "eyes": len(self.eyes),
            "networks": {name: self.figures(told) for name, told in self.told.items()},
            "ensemble": self.figures(self.mean()),
            "fit_to_true_points": None if true_fit is None else true_fit.to_json(),
            "damaged": list(self.damaged),
        }


def prediction_file(told: Told, eyes: MarkedEyes) -> dict[str, dict[str, Any]]:
    """Return what is told of each picture, by its key.

    {"gaze_pitch_yaw_rad": [p, y], "landmarks_px": [[u, v], ...]}, and with a radius "fitted_pitch_yaw_rad" and
    "radius_px".  A right eye that the reader mirrored has its yaws and its points turned back; px are those of the
    network's picture.
    """
    width, mirrored = eyes.images_u8.shape[2], eyes.mirrored.numpy()

    def stored(angles_rad: Angles) -> list[list[float]]:
        found = np.where(mirrored[:, None], mirror_pitch_yaw(angles_rad), angles_rad)
        return [[float(p), float(y)] for p, y in found]

    flipped_px = np.array([width, 0.0]) + told.landmarks_px * [-1.0, 1.0]
    points_px = np.where(mirrored[:, None, None], flipped_px, told.landmarks_px).round(4)
    found: dict[str, dict[str, Any]] = {
        key: {"gaze_pitch_yaw_rad": gaze, "landmarks_px": points.tolist()}
        for key, gaze, points in zip(eyes.keys, stored(told.gaze_rad), points_px, strict=True)
    }
    if told.radius_px is not None and told.fitted_rad is not None:
        for key, fitted, radius in zip(eyes.keys, stored(told.fitted_rad), told.radius_px, strict=True):
            found[key] |= {"fitted_pitch_yaw_rad": fitted, "radius_px": round(float(radius), 4)}
    return found
