"""The points of an eye that landmark networks tell, picked from our labels' contours, and how they move with a picture.

Contours are those of docs/labels.md: `lid_margin` 16 (0 the inner corner, along the upper lid, 8 the outer corner),
`iris` and `pupil` 32 each, as they appear.  Of a left eye iris and pupil begin at the right of the picture (the
subject's left) and go down.  A mirrored contour is counted anew, so that it does likewise.  Every 2nd point of the
lids and every 4th of a contour is taken:

    Marks.eye     lid_margin 0, 2, ..., 14   iris 0, 4, ..., 28   iris centre   eyeball centre       18 points, ELG's
    Marks.pupil   pupil 0, 4, ..., 28                                                                 8 points

The iris centre is ELG's: the point of the eyeball's sphere that the optical axis meets, before which the iris lies.
Both centres are inside the eye and count as not visible.  UnityEyes' `iris_2d` begins at the left of the picture and
goes over the top: its point i is ours i + 16.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np
from jaxtyping import Bool, Float

from synth.export.warp import moved

LID_STEP, CONTOUR_STEP = 2, 4
INNER, OUTER = 0, 8
"""Corners in `lid_margin`."""


class Marks(Enum):
    """Which points: see the module."""

    eye = "eye"
    pupil = "pupil"

    @property
    def n(self) -> int:
        """Return how many they are."""
        return 18 if self is Marks.eye else 8

    @property
    def groups(self) -> dict[str, slice]:
        """Return which of them belong together, for figures."""
        if self is Marks.pupil:
            return {"pupil": slice(0, 8)}
        names = ("lids", "iris", "iris centre", "eyeball centre")
        return dict(zip(names, (slice(0, 8), slice(8, 16), slice(16, 17), slice(17, 18)), strict=True))


@dataclass(frozen=True)
class EyePoints:
    """Points of an eye in a picture.

    Attributes:
        lid_margin_px: As they appear.
        iris_px: Likewise.
        pupil_px: Likewise; NaN where the source has none.
        iris_centre_px: Where the optical axis meets the eyeball's sphere.
        eyeball_centre_px: The sphere's centre.
        lid_margin_seen: Whether a point is visible.
        iris_seen: Likewise.
        pupil_seen: Likewise.
    """

    lid_margin_px: Float[np.ndarray, "16 2"]
    iris_px: Float[np.ndarray, "32 2"]
    pupil_px: Float[np.ndarray, "32 2"]
    iris_centre_px: Float[np.ndarray, "2"]
    eyeball_centre_px: Float[np.ndarray, "2"]
    lid_margin_seen: Bool[np.ndarray, "16"]
    iris_seen: Bool[np.ndarray, "32"]
    pupil_seen: Bool[np.ndarray, "32"]

    def warped(self, warp: Float[np.ndarray, "3 3"]) -> "EyePoints":
        """Return the points where a map of homogeneous px takes them."""
        return self._at(lambda points_px: moved(warp, points_px))

    def mirrored(self, width: int) -> "EyePoints":
        """Return the points in the mirror image of a picture of this width, contours counted as a left eye's."""
        flipped = self._at(lambda points_px: np.array([width, 0.0]) + points_px * [-1.0, 1.0])
        order = (16 - np.arange(32)) % 32
        return EyePoints(
            lid_margin_px=flipped.lid_margin_px,
            iris_px=flipped.iris_px[order],
            pupil_px=flipped.pupil_px[order],
            iris_centre_px=flipped.iris_centre_px,
            eyeball_centre_px=flipped.eyeball_centre_px,
            lid_margin_seen=self.lid_margin_seen,
            iris_seen=self.iris_seen[order],
            pupil_seen=self.pupil_seen[order],
        )

    def picked(self, marks: Marks) -> tuple[Float[np.ndarray, "n 2"], Bool[np.ndarray, " n"]]:
        """Return the points of a network, and which are visible."""
        if marks is Marks.pupil:
            return self.pupil_px[::CONTOUR_STEP], self.pupil_seen[::CONTOUR_STEP]
        contours = [self.lid_margin_px[::LID_STEP], self.iris_px[::CONTOUR_STEP]]
        seen = [self.lid_margin_seen[::LID_STEP], self.iris_seen[::CONTOUR_STEP], np.zeros(2, dtype=bool)]
        centres = np.stack([self.iris_centre_px, self.eyeball_centre_px])
        return np.concatenate([*contours, centres]), np.concatenate(seen)

    @property
    def width_px(self) -> float:
        """Return the distance of the lids' corners."""
        return float(np.linalg.norm(self.lid_margin_px[OUTER] - self.lid_margin_px[INNER]))

    def _at(self, move: Callable[[np.ndarray], np.ndarray]) -> "EyePoints":
        return EyePoints(
            lid_margin_px=move(self.lid_margin_px),
            iris_px=move(self.iris_px),
            pupil_px=move(self.pupil_px),
            iris_centre_px=move(self.iris_centre_px[None])[0],
            eyeball_centre_px=move(self.eyeball_centre_px[None])[0],
            lid_margin_seen=self.lid_margin_seen,
            iris_seen=self.iris_seen,
            pupil_seen=self.pupil_seen,
        )
