"""The neck: how the shoulders turn against the head.

The head keeps still, frame `head` being its own, and the shoulders turn under it.  All that lies below the neck turns
whole; between the skull's edge (nape to throat) and the neck's root (seventh vertebra to the notch of the breastbone)
the turn grows evenly, as it is shared by the seven vertebrae.  It is a field in space, so skin, cloth and long hair
follow alike.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from assets.person import Vector3

NAPE, THROAT, VERTEBRA, NOTCH = 853, 787, 1444, 1477
"""Vertices of the head basis, on the middle line."""
SMOOTH_M = 0.004
"""The turn sets in and ends over about this length."""


@dataclass(frozen=True)
class Neck:
    """A neck in `head`, metres: four points of the middle line, at rest."""

    nape: Float[np.ndarray, "3"]
    throat: Float[np.ndarray, "3"]
    vertebra: Float[np.ndarray, "3"]
    notch: Float[np.ndarray, "3"]

    @classmethod
    def of(cls, basis_head: Float[np.ndarray, "n 3"]) -> "Neck":
        """Return the neck of a person whose head basis has these vertices."""
        return cls(*(np.asarray(basis_head[vertex]) for vertex in (NAPE, THROAT, VERTEBRA, NOTCH)))

    @property
    def middle(self) -> Float[np.ndarray, "3"]:
        """About what the shoulders turn."""
        return np.asarray(np.mean([self.nape, self.throat, self.vertebra, self.notch], axis=0))

    def above(self, points_head: Float[np.ndarray, "*n 3"]) -> Bool[np.ndarray, "*n"]:
        """Return which points are the head's: above the skull's edge, where the shoulders' turn moves nothing."""
        return np.asarray(_below(points_head, self.nape, self.throat) < 0)

    def below(self, points_head: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n"]:
        """Return what share of the turn points take: 0 in the head, 1 in the shoulders."""
        under_skull = _below(points_head, self.nape, self.throat)
        over_root = -_below(points_head, self.vertebra, self.notch)
        # Rounded at both ends, so that no crease shows where the turn sets in.
        above, beneath = (0.5 * (d + np.hypot(d, SMOOTH_M)) for d in (under_skull, over_root))
        share = above / np.maximum(above + beneath, 1e-9)
        return np.asarray(np.where(under_skull < -2 * SMOOTH_M, 0.0, share))

    def straight_depth_m(self, depth_m: float, shoulders_rad: Vector3) -> float:
        """Return y of what lies `depth_m` below the eyes, along the turned shoulders' own y, before it is turned."""
        axis = self._turn(np.array([0.0, 1.0, 0.0]), shoulders_rad)
        return depth_m + float(self.middle[1] - axis @ self.middle)

    @staticmethod
    def _turn(vector: Float[np.ndarray, "3"], rotation_rad: Vector3) -> Float[np.ndarray, "3"]:
        """Return a vector turned by a rotation vector (Rodrigues)."""
        angle = float(np.linalg.norm(rotation_rad))
        if angle == 0.0:
            return vector
        axis = np.asarray(rotation_rad) / angle
        along = (vector @ axis) * axis
        return np.asarray(along + (vector - along) * np.cos(angle) + np.cross(axis, vector) * np.sin(angle))

    def turned(self, points_head: Float[np.ndarray, "*n 3"], shoulders_rad: Vector3) -> Float[np.ndarray, "*n 3"]:
        """Return points of a straight neck and what hangs on it where the shoulders are turned.

        Args:
            points_head: With head and shoulders straight, m.
            shoulders_rad: Rotation vector of the shoulders in `head`.
        """
        angle = float(np.linalg.norm(shoulders_rad))
        if angle == 0.0:
            return points_head
        axis, share = np.asarray(shoulders_rad) / angle, self.below(points_head)
        turned, moved = np.array(points_head), share > 0
        turn, arm = share[moved][:, None] * angle, points_head[moved] - self.middle
        along = (arm @ axis)[:, None] * axis
        # Rodrigues' formula, with an angle for each point.
        arm = along + (arm - along) * np.cos(turn) + np.cross(axis, arm) * np.sin(turn)
        turned[moved] = self.middle + arm
        return turned


def _below(
    points: Float[np.ndarray, "*n 3"], back: Float[np.ndarray, "3"], front: Float[np.ndarray, "3"]
) -> np.ndarray:
    """Return how far points lie below the plane through two points of the middle line that is level across."""
    forward = front - back
    down = np.array([0.0, -forward[2], forward[1]])
    down = down * np.sign(down[1]) / np.linalg.norm(down)
    return np.asarray((points - back) @ down)
