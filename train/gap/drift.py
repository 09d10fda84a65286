"""Did pictures move off their labels?  What networks and gradients find in two versions of the same eyes.

    landmarks      found by a network before and after: how far the middle of the pupil (or of the iris) and the points
                   of the lids went.  px of the 60x36 picture, whatever size the network's own is
    gaze           told by a network before and after, which learnt from unrefined eyes: the angle between.  Degrees
    displacement   of gradients (train/gap/displacement.py), of the whole picture and about the pupil: no network

Beside each stand the network's own errors against the labels, before and after: a network that is 2 px off on eyes as
they were cannot show that none moved by half a px.  A median of lengths counts what is random as if it had moved: the
mean shift right and down, which random errors leave near 0, is told too.

The same is measured of the same eyes augmented without moving them (`pairs.unmoved`): what all this finds where
nothing moved and only light, blur and noise changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import nn

from adapt.batch import Batch
from adapt.marked_eyes import MarkedEyes
from synth.geometry.normalisation import MPIIGAZE_EYE
from train.data.marks.points import Marks
from train.gap.displacement import about, displacements, inner
from train.gap.pairs import Samples, levels
from train.measure.eye_evaluation import told_of
from train.measure.gaze_evaluation import predictions_of
from train.measure.gaze_metrics import Angles, errors_deg
from train.models.eye import LandmarkNetwork

ABOUT_PX = 14.0
"""How far from the pupil a window reaches, px of the 60x36 picture: a little more than the iris."""
PERCENTILE = 95

Points = Float[np.ndarray, "n k 2"]
Lengths = Float[np.ndarray, " n"]


@dataclass(frozen=True)
class Spread:
    """Median and 95th percentile of lengths or angles, over eyes."""

    median: float
    p95: float

    @staticmethod
    def of(lengths: Lengths) -> "Spread":
        """Return those of at least one."""
        return Spread(float(np.median(lengths)), float(np.percentile(lengths, PERCENTILE)))


@dataclass(frozen=True)
class Drift:
    """How far something went from one version of eyes to another.

    Attributes:
        shift: Its length.
        mean: Its mean: (right, down) px, or (pitch, yaw) in degrees.
        error_before: Of what the network found before against the labels; None of what knows no labels.
        error_after: The same after.
    """

    shift: Spread
    mean: tuple[float, float]
    error_before: Spread | None = None
    error_after: Spread | None = None


def parts(marks: Marks) -> Mapping[str, tuple[slice, bool]]:
    """Return what is followed of a network's landmarks: which, and whether their middle or each of them."""
    if marks is Marks.pupil:
        return {"pupil's middle": (slice(0, 8), True)}
    groups = marks.groups
    return {"iris' middle": (groups["iris"], True), "lids": (groups["lids"], False)}


def of_points(before_px: Points, after_px: Points, true_px: Points, marks: Marks) -> dict[str, Drift]:
    """Return how far landmarks went, by what they are of; of several points of an eye the mean counts."""
    found = {}
    for name, (place, middle) in parts(marks).items():
        sides = [points[:, place] for points in (before_px, after_px, true_px)]
        before, after, true = (one.mean(axis=1, keepdims=True) for one in sides) if middle else sides
        went = after - before
        right, down = went.mean(axis=(0, 1))
        found[name] = Drift(
            shift=Spread.of(np.linalg.norm(went, axis=2).mean(axis=1)),
            mean=(float(right), float(down)),
            error_before=Spread.of(np.linalg.norm(before - true, axis=2).mean(axis=1)),
            error_after=Spread.of(np.linalg.norm(after - true, axis=2).mean(axis=1)),
        )
    return found


def of_landmarks(network: LandmarkNetwork, before: MarkedEyes, after: MarkedEyes) -> dict[str, Drift]:
    """Return how far the landmarks of a network went, in px of the 60x36 picture."""
    to_eye = MPIIGAZE_EYE.width / network.size[1]
    true_px = before.landmarks_px.double().numpy()
    found = [told_of(network, one).landmarks_px for one in (before, after)]
    return of_points(to_eye * found[0], to_eye * found[1], to_eye * true_px, network.marks)


def of_angles(before_rad: Angles, after_rad: Angles, true_rad: Angles) -> Drift:
    """Return how far gazes went, in degrees."""
    pitch, yaw = np.degrees(after_rad - before_rad).mean(axis=0)
    return Drift(
        shift=Spread.of(errors_deg(after_rad, before_rad)),
        mean=(float(pitch), float(yaw)),
        error_before=Spread.of(errors_deg(before_rad, true_rad)),
        error_after=Spread.of(errors_deg(after_rad, true_rad)),
    )


def of_gaze(network: nn.Module, before: Batch, after: Batch) -> Drift:
    """Return how far the gazes that a network tells went."""
    true_rad = before.gaze_pitch_yaw_rad.double().numpy()
    return of_angles(predictions_of(network, before), predictions_of(network, after), true_rad)


def of_gradients(before: Samples, after: Samples) -> dict[str, Drift]:
    """Return how far pictures moved, in px of the 60x36 picture, as a whole and about the pupil."""
    first, second = levels(before) / 255, levels(after) / 255
    height, width = first.shape[1:]
    to_eye = MPIIGAZE_EYE.width / width
    pupils_px = np.stack([sample.eye_array("apparent.pupil_centre_px", 2) for sample in before])
    windows = {
        "whole picture": np.broadcast_to(inner(height, width), first.shape),
        "about the pupil": about(pupils_px, ABOUT_PX / to_eye, height, width),
    }
    found = {}
    for name, window in windows.items():
        went = to_eye * displacements(first, second, window)
        right, down = went.mean(axis=0)
        found[name] = Drift(Spread.of(np.linalg.norm(went, axis=1)), (float(right), float(down)))
    return found


def to_json(drift: Drift, unit: str) -> dict[str, Any]:
    """Return a drift as plain values, with its unit in their names."""
    errors = {"error_before": drift.error_before, "error_after": drift.error_after}
    plain: dict[str, Any] = {f"shift_{unit}": vars(drift.shift), f"mean_{unit}": list(drift.mean)}
    return plain | {f"{name}_{unit}": vars(one) for name, one in errors.items() if one is not None}
