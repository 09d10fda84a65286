"""How wrong a gaze network is, in degrees, in float64.

The error of one eye is the angle between predicted and true gaze.  Of a set of eyes:

    raw            mean error of the predictions as they are
    offset         mean of prediction minus truth, (pitch, yaw)
    offset_free    mean error after that one constant was subtracted from every prediction
    mean_predictor mean error of the constant that is the mean of the truth: what looking at no picture scores

Sides, right eyes mirrored: each with its raw error, its own offset, its error after the *common* offset (a single
offset that mends one side and spoils the other is a fault) and after its own.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from synth.geometry.gaze import angle_between, vector_from_pitch_yaw

Angles = Float[np.ndarray, "n 2"]


def errors_deg(predicted_rad: Angles, true_rad: Angles) -> Float[np.ndarray, " n"]:
    """Return the angle between each predicted and true gaze, given as [pitch, yaw] in radians."""
    predicted = vector_from_pitch_yaw(np.asarray(predicted_rad, dtype=np.float64))
    true = vector_from_pitch_yaw(np.asarray(true_rad, dtype=np.float64))
    return np.degrees(angle_between(predicted, true))


def mean_offset_rad(predicted_rad: Angles, true_rad: Angles) -> Float[np.ndarray, "2"]:
    """Return the mean of prediction minus truth, (pitch, yaw)."""
    return np.asarray((np.asarray(predicted_rad, np.float64) - np.asarray(true_rad, np.float64)).mean(axis=0))


@dataclass(frozen=True)
class Side:
    """The eyes of one side, degrees."""

    n: int
    raw: float
    offset_free: float
    own_offset_free: float
    offset_pitch: float
    offset_yaw: float


@dataclass(frozen=True)
class Score:
    """What the module's docstring defines, degrees; `left` and `right` are None where a set has none of that side."""

    n: int
    raw: float
    raw_median: float
    offset_free: float
    offset_pitch: float
    offset_yaw: float
    mean_predictor: float
    left: Side | None
    right: Side | None

    def to_json(self) -> dict[str, Any]:
        """Return the score as plain mappings."""
        return asdict(self)


def score(predicted_rad: Angles, true_rad: Angles, right: Bool[np.ndarray, " n"] | None = None) -> Score:
    """Return the score of a set of at least one eye, or face, which has no side."""
    offset = mean_offset_rad(predicted_rad, true_rad)
    raw = errors_deg(predicted_rad, true_rad)
    mean = np.broadcast_to(np.asarray(true_rad, np.float64).mean(axis=0), np.shape(true_rad))

    def side(chosen: Bool[np.ndarray, " n"]) -> Side | None:
        if not chosen.any():
            return None
        predicted, true = predicted_rad[chosen], true_rad[chosen]
        own = mean_offset_rad(predicted, true)
        return Side(
            n=int(chosen.sum()),
            raw=float(raw[chosen].mean()),
            offset_free=float(errors_deg(predicted - offset, true).mean()),
            own_offset_free=float(errors_deg(predicted - own, true).mean()),
            offset_pitch=float(np.degrees(own[0])),
            offset_yaw=float(np.degrees(own[1])),
        )

    return Score(
        n=len(raw),
        raw=float(raw.mean()),
        raw_median=float(np.median(raw)),
        offset_free=float(errors_deg(predicted_rad - offset, true_rad).mean()),
        offset_pitch=float(np.degrees(offset[0])),
        offset_yaw=float(np.degrees(offset[1])),
        mean_predictor=float(errors_deg(mean, true_rad).mean()),
        left=None if right is None else side(~right),
        right=None if right is None else side(right),
    )
