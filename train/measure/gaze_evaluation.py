"""Measure networks on eyes with known gaze: scores, and where the error sits.

An error is looked at by gaze pitch and yaw, head pitch and yaw (bins of 5 degrees) and side; in each bin stand the
number of eyes, the mean error as it is, after the common offset, and the mean of prediction minus truth.  Degrees.

Of sets that tell persons apart (train/data/persons.py) each person's error is told too, as it is and after one offset
of their own, and the mean and deviation over persons, which weigh all persons alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from adapt.batch import Batch
from synth.geometry.gaze import mirror_pitch_yaw
from train.data.persons import persons_of
from train.measure.cost import Cost
from train.measure.gaze_metrics import Angles, Score, errors_deg, mean_offset_rad, score
from train.measure.networks import figures_of_networks
from train.tasks.gaze import predict

BIN_DEG = 5.0
SHOWN = ("raw", "offset_free", "offset_pitch", "offset_yaw")
"""Figures whose mean and deviation over networks is told."""


@dataclass(frozen=True)
class Evaluation:
    """Networks on one set of eyes.

    Attributes:
        names: Of the networks.
        predicted_rad: Each network's gaze [pitch, yaw].
        eyes: What they were measured on, with their true gaze.
        damaged: What was wrong with each eye that could not be read.
    """

    names: tuple[str, ...]
    predicted_rad: Float[np.ndarray, "k n 2"]
    eyes: Batch
    damaged: tuple[str, ...] = ()

    @property
    def true_rad(self) -> Angles:
        """The true gaze."""
        return self.eyes.gaze_pitch_yaw_rad.double().numpy()

    @property
    def ensemble_rad(self) -> Angles:
        """The mean of the networks' angles."""
        return np.asarray(self.predicted_rad.mean(axis=0))

    def scores(self) -> tuple[Score, ...]:
        """Return each network's score."""
        right = self.eyes.right.numpy()
        return tuple(score(predicted, self.true_rad, right) for predicted in self.predicted_rad)

    def ensemble_score(self) -> Score:
        """Return the ensemble's score."""
        return score(self.ensemble_rad, self.true_rad, self.eyes.right.numpy())

    def over_persons(self) -> dict[str, dict[str, Any]]:
        """Return, for each network, the error of each person, and their mean and deviation."""
        return over_persons(self.names, self.predicted_rad, self.true_rad, self.eyes.keys)

    def to_json(self) -> dict[str, Any]:
        """Return all figures of the report."""
        head_rad = self.eyes.head_pitch_yaw_rad.double().numpy()
        return {
            "eyes": len(self.eyes),
            **figures(self.names, self.scores(), self.ensemble_score()),
            "over_persons": self.over_persons(),
            "damaged": list(self.damaged),
            "by": by_angle(self.ensemble_rad, self.true_rad, head_rad),
        }


def figures(
    names: Sequence[str], scores: Sequence[Score], ensemble: Score, costs: Sequence[Cost] = ()
) -> dict[str, Any]:
    """Return the figures of networks, and their mean, deviation and ensemble, for a report."""
    networks = {name: found.to_json() for name, found in zip(names, scores, strict=True)}
    return {**figures_of_networks(networks, SHOWN, costs), "ensemble": ensemble.to_json()}


def over_persons(
    names: Sequence[str], predicted_rad: Float[np.ndarray, "k n 2"], true_rad: Angles, keys: tuple[str, ...]
) -> dict[str, dict[str, Any]]:
    """Return, for each network, the error of each person whom the keys name, and the persons' mean and deviation.

    Empty where nobody is told apart.
    """
    persons = persons_of(keys)
    if persons is None:
        return {}
    person, found = np.array(persons), dict[str, dict[str, Any]]()
    for name, predicted in zip(names, predicted_rad, strict=True):
        of = {str(one): score(predicted[person == one], true_rad[person == one]) for one in np.unique(person)}
        raw, free = [one.raw for one in of.values()], [one.offset_free for one in of.values()]
        found[name] = {
            "persons": {one: {"n": s.n, "raw": s.raw, "offset_free": s.offset_free} for one, s in of.items()},
            "mean": {"raw": float(np.mean(raw)), "offset_free": float(np.mean(free))},
            "deviation": {"raw": float(np.std(raw)), "offset_free": float(np.std(free))},
        }
    return found


def by_angle(predicted_rad: Angles, true_rad: Angles, head_rad: Angles) -> dict[str, list[dict[str, float]]]:
    """Return errors in bins of the true gaze's and the head's angles; heads that are not known are in no bin."""
    angles_rad = {
        "gaze_pitch_deg": true_rad[:, 0],
        "gaze_yaw_deg": true_rad[:, 1],
        "head_pitch_deg": head_rad[:, 0],
        "head_yaw_deg": head_rad[:, 1],
    }
    return {name: bins(predicted_rad, true_rad, np.degrees(angle)) for name, angle in angles_rad.items()}


def bins(predicted_rad: Angles, true_rad: Angles, angle_deg: Float[np.ndarray, " n"]) -> list[dict[str, float]]:
    """Return errors in bins of an angle; a NaN is in none."""
    raw = errors_deg(predicted_rad, true_rad)
    free = errors_deg(predicted_rad - mean_offset_rad(predicted_rad, true_rad), true_rad)
    offset = np.degrees(predicted_rad - true_rad)
    place = np.floor(angle_deg / BIN_DEG)
    return [
        {
            "low": float(one * BIN_DEG),
            "high": float((one + 1) * BIN_DEG),
            "n": int((place == one).sum()),
            "raw": float(raw[place == one].mean()),
            "offset_free": float(free[place == one].mean()),
            "offset_pitch": float(offset[place == one, 0].mean()),
            "offset_yaw": float(offset[place == one, 1].mean()),
        }
        for one in np.unique(place[~np.isnan(place)])
    ]


def predictions_of(network: nn.Module, eyes: Batch, batch_size: int = 512) -> Angles:
    """Return a network's gaze angles of all eyes, in the left-eye convention, float64."""
    network.eval()
    with torch.inference_mode():
        parts = [
            predict(network, eyes.take(range(start, min(start + batch_size, len(eyes)))))
            for start in range(0, len(eyes), batch_size)
        ]
    return np.asarray(torch.cat(parts).double().numpy())


def prediction_file(predicted_rad: Angles, eyes: Batch) -> dict[str, dict[str, list[float]]]:
    """Return {key: {"gaze_pitch_yaw_rad": [pitch, yaw]}} for the pictures as their files hold them.

    The reader mirrored some right eyes; their yaw is negated back.
    """
    stored = np.where(eyes.mirrored.numpy()[:, None], mirror_pitch_yaw(predicted_rad), predicted_rad)
    return {key: {"gaze_pitch_yaw_rad": [float(p), float(y)]} for key, (p, y) in zip(eyes.keys, stored, strict=True)}
