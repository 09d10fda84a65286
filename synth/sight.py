"""What one camera sees of points of a subject: where they appear, and whether anything stands in the way.

Light is followed from a point to the camera: out of the cornea for what lies behind it, through a lens of glasses where
one stands before it, and straight on from there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from assets.glasses import LensOptics
from synth.geometry.camera import project
from synth.geometry.frames import apply
from synth.geometry.refraction import (
    Cornea,
    Path,
    lens_is_near,
    mirrored,
    mirrored_through_lens,
    stands_before,
    through_cornea,
    through_cornea_and_lens,
    through_lens,
)
from synth.geometry.visibility import TOLERANCE_M, Occluders

BEYOND = 0.25
"""How far outside the picture, in its sizes, light is still followed through lenses."""


class Sight(NamedTuple):
    """Where points appear (px), whether they are seen, and where their light meets a lens or else the camera."""

    px: Float[np.ndarray, "n 2"]
    visible: Bool[np.ndarray, " n"]
    toward_head: Float[np.ndarray, "n 3"]


class _Ways(NamedTuple):
    """Paths of light so far: where they leave their last surface, where they first go, whether they are clear."""

    leaves_head: Float[np.ndarray, "n 3"]
    toward_head: Float[np.ndarray, "n 3"]
    clear: Bool[np.ndarray, " n"]
    leaves_lens: Bool[np.ndarray, " n"]


@dataclass(frozen=True)
class View:
    """One camera before one subject."""

    size_px: tuple[int, int]
    camera_matrix: Float[np.ndarray, "3 3"]
    cam_from_head: Float[np.ndarray, "4 4"]
    camera_head: Float[np.ndarray, "3"]
    lenses: tuple[LensOptics, ...]
    occluders: Occluders
    body: int = 0
    """The subject's number among the occluders' bodies."""

    def see(
        self, points_head: Float[np.ndarray, "n 3"], *, on_eye: bool = True, tolerance_m: float = TOLERANCE_M
    ) -> Sight:
        """See points of a surface, each through a lens where there is one before it.

        Args:
            points_head: The points.
            on_eye: Whether they lie on an eyeball's surface.
            tolerance_m: How deep below the surface that the camera sees they may lie.
        """
        ways = self._bare(points_head, np.ones(len(points_head), dtype=bool))
        for lens in self._near(points_head):
            path = through_lens(lens, points_head, self.camera_head)
            ways = self._through(ways, stands_before(lens, points_head, self.camera_head), path, points_head, on_eye)
        return self._sight(ways, on_eye, tolerance_m)

    def see_inside(self, cornea: Cornea, points_head: Float[np.ndarray, "n 3"]) -> Sight:
        """See points behind a cornea."""
        bare = through_cornea(cornea, points_head, self.camera_head)
        return self._leaving_cornea(
            bare, lambda lens: through_cornea_and_lens(cornea, lens, points_head, self.camera_head, bare)
        )

    def glints(self, cornea: Cornea, lamps_head: Float[np.ndarray, "n 3"]) -> Sight:
        """See lamps mirrored in a cornea."""
        bare = mirrored(cornea, lamps_head, self.camera_head)
        return self._leaving_cornea(
            bare, lambda lens: mirrored_through_lens(cornea, lens, lamps_head, self.camera_head, bare)
        )

    def _leaving_cornea(self, bare: Path, through: Callable[[LensOptics], Path]) -> Sight:
        """See what leaves a cornea, along `bare` or `through` a lens."""
        leaves = bare.points_head[0]
        ways = self._bare(leaves, bare.good)
        for lens in self._near(leaves):
            path = through(lens)
            before = stands_before(lens, leaves, self.camera_head)
            ways = self._through(ways, before, path, path.points_head[0], on_eye=True)
        return self._sight(ways, on_eye=True)

    def _near(self, points_head: Float[np.ndarray, "n 3"]) -> list[LensOptics]:
        """Return the lenses to look through: none for what lies so far outside the picture that none brings it in."""
        if not self.lenses:
            return []
        px, size = project(self.camera_matrix, apply(self.cam_from_head, points_head)), np.array(self.size_px)
        if not ((px > -BEYOND * size) & (px < (1 + BEYOND) * size)).all(axis=1).any():
            return []
        return [lens for lens in self.lenses if lens_is_near(lens, points_head, self.camera_head)]

    def _bare(self, leaves_head: Float[np.ndarray, "n 3"], clear: Bool[np.ndarray, " n"]) -> _Ways:
        toward = np.broadcast_to(self.camera_head, leaves_head.shape)
        return _Ways(leaves_head, toward, clear, np.zeros(len(clear), dtype=bool))

    def _through(
        self, ways: _Ways, before: Bool[np.ndarray, " n"], path: Path, from_head: Float[np.ndarray, "n 3"], on_eye: bool
    ) -> _Ways:
        """Take the path through a lens that stands before a point, and see whether it is clear up to the lens.

        What a lens stands before, but shows nowhere, is not seen.  What it shows beside itself, as a strong lens does
        with the temple, is seen twice: the straight way counts.
        """
        taken = path.good & before
        back, front = path.points_head[-2:]
        clear, found = taken.copy(), taken
        # The rim holds the lens, so it stands in the glass too.
        starts, ends = np.concatenate([from_head[found], back[found]]), np.concatenate([back[found], front[found]])
        own = np.repeat([TOLERANCE_M, 0.0], found.sum())
        clear[found] = ~self.occluders.between(starts, ends, on_eye=on_eye, tolerance_m=own, body=self.body).reshape(
            2, -1
        ).any(axis=0)
        return _Ways(
            np.where(taken[:, None], front, ways.leaves_head),
            np.where(taken[:, None], back, ways.toward_head),
            np.where(taken, clear, ways.clear & ~before),
            taken | ways.leaves_lens,
        )

    def _sight(self, ways: _Ways, on_eye: bool, tolerance_m: float = TOLERANCE_M) -> Sight:
        """See what leaves its last surface for the camera."""
        cam = apply(self.cam_from_head, ways.leaves_head)
        px = project(self.camera_matrix, cam)
        visible = ways.clear & ((px >= 0) & (px <= np.array(self.size_px))).all(axis=-1)
        own = np.where(ways.leaves_lens, 0.0, tolerance_m)[visible]
        visible[visible] = ~self.occluders.hidden(px[visible], cam[visible, 2], on_eye=on_eye, tolerance_m=own)
        return Sight(px, visible, ways.toward_head)
