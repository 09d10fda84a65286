"""How wrong a network of head pose is, in degrees, in float64.

A rotation is `cam_from_head`.  Its angles are those of 300W-LP, Rx(-pitch) Ry(yaw) Rz(roll), the pair of the two
equivalent ones that keeps the head upright, for prediction and truth alike.  Of a set of faces:

    yaw, pitch, roll   mean of the absolute difference of one angle, wrapped at 360 degrees only
    mae                mean of these three: what publications call MAE
    geodesic           mean angle of the rotation from truth to prediction, which no choice of angles can spoil
    offset_free        the same figures after one constant rotation was taken off every prediction: the chordal mean
                       of truth^T prediction, which is what a head frame drawn otherwise on the face would add
    zeros              the same figures of the guess that everybody looks straight out of the picture

Euler angles exaggerate near a yaw of 90 degrees, where pitch and roll are one turn: the bins of |yaw| (30, 60, 99, as
AFLW2000 is reported) show how much of an error comes from there.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from synth.geometry.rotation import geodesic_angle, pitch_yaw_roll_from_rotation

Rotations = Float[np.ndarray, "n 3 3"]
YAW_BINS_DEG = (0.0, 30.0, 60.0, 99.0)


def angles_deg(rotation: Rotations) -> Float[np.ndarray, "n 3"]:
    """Return [pitch, yaw, roll], the upright pair: `pitch_yaw_roll_upright` of many."""
    first = np.degrees(pitch_yaw_roll_from_rotation(np.asarray(rotation, dtype=np.float64)))
    other = wrapped_deg(first * [1, -1, 1] + 180.0)
    upright = np.abs(first[:, [0, 2]]).sum(axis=1) <= np.abs(other[:, [0, 2]]).sum(axis=1)
    return np.where(upright[:, None], first, other)


def wrapped_deg(angle_deg: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Return an angle in [-180, 180)."""
    return np.asarray((angle_deg + 180.0) % 360.0 - 180.0)


def mean_rotation(rotation: Float[np.ndarray, "*m n 3 3"]) -> Float[np.ndarray, "*m 3 3"]:
    """Return the chordal mean of n: the rotation with the least sum of squared distances, entry by entry, to all.

    It is the one nearest to the mean of the matrices (orthogonal Procrustes, by the singular value decomposition).
    """
    u, _, vt = np.linalg.svd(np.asarray(rotation, dtype=np.float64).mean(axis=-3))
    u[..., 2] *= np.linalg.det(u @ vt)[..., None]
    return u @ vt


@dataclass(frozen=True)
class PoseErrors:
    """Errors of some faces, degrees; see the module."""

    n: int
    yaw: float
    pitch: float
    roll: float
    mae: float
    geodesic: float
    geodesic_median: float


@dataclass(frozen=True)
class YawBin:
    """The faces whose true |yaw| lies between two angles, degrees; `errors` is None where there are none."""

    low: float
    high: float
    n: int
    errors: PoseErrors | None


@dataclass(frozen=True)
class PoseScore:
    """What the module's docstring defines; `offset_deg` is the angle of the constant rotation.

    `beyond` counts faces with a true |yaw| above the last bin.
    """

    raw: PoseErrors
    offset_free: PoseErrors
    offset_deg: float
    zeros: PoseErrors
    by_yaw: tuple[YawBin, ...]
    beyond: int

    def to_json(self) -> dict[str, Any]:
        """Return the score as plain mappings."""
        return asdict(self)


def pose_errors(predicted: Rotations, true: Rotations) -> PoseErrors:
    """Return the errors of at least one face."""
    pitch, yaw, roll = np.abs(wrapped_deg(angles_deg(predicted) - angles_deg(true))).mean(axis=0)
    apart = np.degrees(geodesic_angle(np.asarray(predicted, np.float64), np.asarray(true, np.float64)))
    return PoseErrors(
        n=len(true),
        yaw=float(yaw),
        pitch=float(pitch),
        roll=float(roll),
        mae=float((yaw + pitch + roll) / 3),
        geodesic=float(apart.mean()),
        geodesic_median=float(np.median(apart)),
    )


def pose_score(predicted: Rotations, true: Rotations) -> PoseScore:
    """Return the score of a set of at least one face."""
    predicted, true = np.asarray(predicted, np.float64), np.asarray(true, np.float64)
    offset = mean_rotation(np.swapaxes(true, 1, 2) @ predicted)
    yaw_deg = np.abs(angles_deg(true)[:, 1])

    def yaw_bin(low: float, high: float) -> YawBin:
        # The last bin holds its upper end: the protocols keep what turns by 99 degrees.
        below = yaw_deg <= high if high == YAW_BINS_DEG[-1] else yaw_deg < high
        chosen = (yaw_deg >= low) & below
        errors = pose_errors(predicted[chosen], true[chosen]) if chosen.any() else None
        return YawBin(low, high, int(chosen.sum()), errors)

    return PoseScore(
        raw=pose_errors(predicted, true),
        offset_free=pose_errors(predicted @ offset.T, true),
        offset_deg=float(np.degrees(geodesic_angle(offset, np.eye(3)))),
        zeros=pose_errors(np.broadcast_to(np.eye(3), true.shape), true),
        by_yaw=tuple(map(yaw_bin, YAW_BINS_DEG[:-1], YAW_BINS_DEG[1:])),
        beyond=int((yaw_deg > YAW_BINS_DEG[-1]).sum()),
    )
