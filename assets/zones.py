"""Zones of the skin: where on a face a point lies, as weights from 0 to 1, the same on every head.

They are computed once on the untouched mesh, so that they move with the skin through shape and expression.  All are
even in x.  Frame `head` (x to the subject's left, y to the chin, z into the head), metres; on the untouched mesh the
eyes lie at (+-31, 0), the tip of the nose at 38, the seam of the lips at 67, the chin at 96 and the ears at z = 70 mm.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from jaxtyping import Float

HEAD_RADIUS_M = 0.085
_AXIS_M = 0.060
"""How deep behind the eyes the axis lies about which `Zones.sheet_m` is unrolled."""
_FOLD_MM = np.array([[16.5, 38.0], [20.0, 45.0], [25.5, 54.0], [30.5, 63.0], [32.5, 71.0]])
"""The nasolabial fold, from the wing of the nose to beside the corner of the mouth."""
_MARIONETTE_MM = np.array([[30.0, 74.0], [29.5, 82.0], [26.0, 90.0]])


BASIS = (
    *("forehead", "about_mouth", "cheeks", "nose", "ears", "chin"),
    *("neck", "low_neck", "shine", "fold", "frown", "nostrils"),
)
"""Columns of `Zones.basis`: zones, `mouth_round` without the chin (about_mouth), the neck's part of the cheeks."""


@dataclass(frozen=True, eq=False)
class Zones:
    """Weights of the zones at `n` points of the skin; see the module.

    Attributes:
        sheet_m: (n, 2) the skin unrolled: around the head to the subject's left, and down.
        cheeks, nose, chin, forehead, ears, neck: (n,) the parts that are meant, with soft borders.
        mouth_round: (n,) the skin about the lips.
        shine: (n,) where sebum gathers: the middle of the forehead, the nose, the chin.
        sun: (n,) where freckles and marks show: full on nose and cheeks, little on the neck.
        fold: (n,) the nasolabial folds and those below the corners of the mouth.
        frown: (n,) the two upright lines between the brows.
        brow_lines: (n,) the part of the forehead that the brows wrinkle when they rise.
        nostrils: (n,) the hollows of the nose.
        apart: (n,) 0 about the eyes, whose skin has colours of its own, 1 beyond the orbits.
    """

    sheet_m: Float[np.ndarray, "n 2"]
    cheeks: Float[np.ndarray, " n"]
    nose: Float[np.ndarray, " n"]
    chin: Float[np.ndarray, " n"]
    forehead: Float[np.ndarray, " n"]
    ears: Float[np.ndarray, " n"]
    neck: Float[np.ndarray, " n"]
    mouth_round: Float[np.ndarray, " n"]
    shine: Float[np.ndarray, " n"]
    sun: Float[np.ndarray, " n"]
    fold: Float[np.ndarray, " n"]
    frown: Float[np.ndarray, " n"]
    brow_lines: Float[np.ndarray, " n"]
    nostrils: Float[np.ndarray, " n"]
    apart: Float[np.ndarray, " n"]

    @cached_property
    def basis(self) -> Float[np.ndarray, "n k"]:
        """What a complexion is mixed from, in single precision, in the order of BASIS."""
        mixed = {"about_mouth": self.mouth_round * (1 - self.chin), "low_neck": self.neck * self.cheeks}
        columns = [mixed[name] if name in mixed else getattr(self, name) for name in BASIS]
        return np.ascontiguousarray(np.stack(columns, axis=-1), dtype=np.float32)

    @cached_property
    def sheet(self) -> Float[np.ndarray, "n 3"]:
        """`sheet_m` and `sun` side by side."""
        return np.column_stack([self.sheet_m, self.sun])


def find_zones(
    points_head: Float[np.ndarray, "n 3"], ears: Float[np.ndarray, " n"], near_eye: Float[np.ndarray, " n"]
) -> Zones:
    """Return the zones of points of the untouched mesh.

    Args:
        points_head: The points.
        ears: The mesh's own mask of the ears there.
        near_eye: 1 at the lids to 0 where the orbit's patch ends: what the skin about the eyes has of its own.
    """
    x, y, z = 1e3 * np.asarray(points_head).T
    aside = np.abs(x)
    front = _step(z, 60.0, 25.0) * (1 - ears)
    away = 1 - near_eye

    def spot(at_x: float, at_y: float, wide: float, high: float) -> np.ndarray:
        return np.asarray(np.exp(-(((aside - at_x) / wide) ** 2) - ((y - at_y) / high) ** 2) * front)

    nose = np.clip(spot(0.0, 39.0, 12.0, 9.0) + 0.5 * spot(0.0, 22.0, 7.0, 14.0), 0, 1) * _step(z, -18.0, -28.0)
    forehead = _step(y, -14.0, -30.0) * _step(z, 70.0, 35.0) * _step(y, -105.0, -80.0)
    cheeks = np.clip(spot(39.0, 38.0, 15.0, 15.0) + 0.45 * spot(52.0, 28.0, 14.0, 14.0), 0, 1) * away
    neck = np.maximum(_step(y, 104.0, 122.0), _step(y, 85.0, 112.0) * _step(z, 10.0, 35.0))
    chin = spot(0.0, 94.0, 16.0, 10.0)
    middle = np.exp(-((x / 26.0) ** 2))
    return Zones(
        sheet_m=1e-3 * np.stack([1e3 * HEAD_RADIUS_M * np.arctan2(x, 1e3 * _AXIS_M - z), y], -1),
        cheeks=cheeks,
        nose=nose,
        chin=chin,
        forehead=forehead,
        ears=np.asarray(ears),
        neck=neck,
        mouth_round=np.clip(spot(0.0, 68.0, 38.0, 19.0) * 1.2, 0, 1),
        shine=np.clip(forehead * middle + nose + 0.7 * chin + 0.35 * cheeks, 0, 1),
        sun=np.clip(0.25 + 0.45 * forehead + cheeks + nose + near_eye, 0, 1) * (1 - 0.7 * neck),
        fold=np.maximum(_along(aside, y, _FOLD_MM, 3.0), 0.5 * _along(aside, y, _MARIONETTE_MM, 3.0)) * front,
        frown=spot(7.5, -15.0, 2.2, 9.0) * away,
        brow_lines=forehead * _step(y, -20.0, -32.0) * _step(y, -86.0, -70.0) * _step(aside, 62.0, 42.0),
        nostrils=_step(np.hypot((aside - 9.9) / 3.9, (z + 32.7) / 3.4), 1.15, 0.6) * _step(np.abs(y - 41.3), 2.2, 0.8),
        apart=away,
    )


def _step(x: Float[np.ndarray, " n"], low: float, high: float) -> Float[np.ndarray, " n"]:
    """Return the smooth step from 0 at `low` to 1 at `high`, either of which may be the larger."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t))


def _along(
    aside: Float[np.ndarray, " n"], down: Float[np.ndarray, " n"], line: Float[np.ndarray, "k 2"], width: float
) -> Float[np.ndarray, " n"]:
    """Return a bell of this width about a line of points (mm), which fades towards both ends."""
    at = np.stack([aside, down], -1)
    best = np.full(len(at), np.inf)
    place = np.zeros(len(at))
    for i, (a, b) in enumerate(pairwise(line)):
        t = np.clip((at - a) @ (b - a) / ((b - a) @ (b - a)), 0.0, 1.0)
        distance = np.linalg.norm(at - a - t[:, None] * (b - a), axis=-1)
        nearer = distance < best
        best, place = np.where(nearer, distance, best), np.where(nearer, i + t, place)
    share = place / (len(line) - 1)
    return np.asarray(np.exp(-((best / width) ** 2)) * np.clip(4 * share + 0.25, 0, 1) * np.clip(4 * (1 - share), 0, 1))
