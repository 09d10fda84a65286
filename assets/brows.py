"""Brows: hairs that lie on the skin of a patch, upright at the nose, sweeping to the temple further out.

The patch is a grid of skin points that covers one brow: row 0 its lower, the last row its upper border; column 0 its
nasal, the last its temporal end.  u = 0..1 runs along the columns, v = 0..1 along the rows.  `brow_borders_m` says
where the borders lie over the face; `grow_brow` fills the patch.  Hairs follow the patch's surface, a little off it.

Hairs of the lower border point up and outwards, those of the upper border down and outwards, so that they meet in a
ridge; at the nose they stand upright; at the tail they follow the brow.
"""

import numpy as np
from jaxtyping import Float

from assets.person import BrowSpec

POINTS = 6
"""Points of a hair, root to tip."""
TAIL_FALL_M = 10.3e-3
"""How far the tail comes down from the arch, beside the arch's own fall."""
_STRAY = 0.16
"""Part of the hairs that stand about the band: shorter and finer, they make its borders soft."""
_TIP = 0.15
_FLOAT_M = 0.1e-3


def brow_borders_m(
    spec: BrowSpec, u: Float[np.ndarray, " c"]
) -> tuple[Float[np.ndarray, " c"], Float[np.ndarray, " c"]]:
    """Return heights of the lower and the upper border above the brow's mean place, along u.

    The arch peaks at two thirds (over the outer edge of the iris in the classic brow); from there the tail, which runs
    to a point, comes down along the rim of the orbit.
    """
    rise = np.where(u < 0.66, np.sin(0.5 * np.pi * u / 0.66), np.cos(0.5 * np.pi * (u - 0.66) / 0.34))
    line = spec.lift_m + spec.arch * 5e-3 * (rise - 0.5)
    line = line - TAIL_FALL_M * np.clip((u - 0.62) / 0.38, 0.0, 1.0) ** 1.5
    taper = np.clip(1.0 - 0.75 * np.clip((u - 0.55) / 0.45, 0.0, 1.0) ** 1.2, 0.25, 1.0)
    half = 0.5 * spec.thickness_m * taper * np.clip(0.75 + 0.25 * u / 0.15, 0.75, 1.0)
    return line - half, line + half


def grow_brow(
    spec: BrowSpec,
    surface_points: Float[np.ndarray, "r c 3"],
    normals: Float[np.ndarray, "r c 3"],
    *,
    mirrored: bool = False,
) -> tuple[Float[np.ndarray, "n m 3"], Float[np.ndarray, "n m"]]:
    """Return the hairs of one brow as points, root to tip, and their radii; metres, in the frame of the patch.

    Args:
        spec: The brows of this person.
        surface_points: Skin of the patch.
        normals: Unit vectors out of the skin there.
        mirrored: The other brow of the same person: like, but with other hairs.
    """
    rng = np.random.default_rng([spec.seed, 2 + int(mirrored)])
    root = _draw_roots(rng, spec.count)
    u, v = root[:, 0], root[:, 1]
    step_u, step_v = _metric(surface_points)
    angle = _angle(u, v) + rng.normal(0.0, 0.16, spec.count)
    stray = np.clip(np.abs(2 * v - 1) - 0.6, 0.0, 1.0)
    length = (
        spec.length_m
        * (1 - 0.5 * stray)
        * (0.4 + 0.6 * np.sin(np.pi * np.clip(0.1 + 0.8 * u, 0, 1)))
        * rng.uniform(0.7, 1.15, spec.count)
    )
    along = np.linspace(0.0, 1.0, POINTS)
    # Hairs bend outwards along their way.
    middle = (along[1:] + along[:-1]) / 2
    turning = angle[:, None] * (1 - 0.35 * middle)
    stretch = length[:, None] / (POINTS - 1)
    du = np.cumsum(np.cos(turning) * stretch, axis=1) / step_u
    dv = np.cumsum(np.sin(turning) * stretch, axis=1) / step_v
    zeros = np.zeros((spec.count, 1))
    place_u, place_v = u[:, None] + np.hstack([zeros, du]), v[:, None] + np.hstack([zeros, dv])
    lean = rng.uniform(0.12, 0.32, spec.count)
    height = length[:, None] * lean[:, None] * (along - 0.75 * along**2) + _FLOAT_M * along
    out = on_patch(normals, place_u, place_v)
    out = out / np.linalg.norm(out, axis=-1, keepdims=True)
    points = on_patch(surface_points, place_u, place_v) + height[..., None] * out
    thin = 1 - 0.35 * np.clip((u - 0.6) / 0.4, 0, 1)
    fine = 1 - 0.4 * stray
    radius = (
        spec.radius_m * (fine * thin * rng.uniform(0.75, 1.15, spec.count))[:, None] * (1 - (1 - _TIP) * along**1.6)
    )
    return points, radius


def _draw_roots(rng: np.random.Generator, count: int) -> Float[np.ndarray, "n 2"]:
    """Draw (u, v) by rejection: the density falls off softly to the borders, at the nose and at the tail."""
    found = np.zeros((0, 2))
    while len(found) < count:
        trial = rng.random((5 * count + 16, 3))
        u, v = trial[:, 0], trial[:, 1]
        across = np.exp(-1.3 * np.abs(2 * v - 1) ** 2.2)
        ends = np.clip(u / 0.14, 0.12, 1) * np.clip((1.02 - u) / 0.12, 0.25, 1)
        # The body, a quarter to two thirds along, is densest.
        body = 0.7 + 0.3 * np.exp(-(((u - 0.4) / 0.3) ** 2))
        # A stray keeps its side, further out by up to a third of the band.
        beyond = np.where(trial[:, 2] < _STRAY, 0.5 + (v - 0.5) * 1.7, v)
        found = np.concatenate([found, np.stack([u, beyond], -1)[rng.random(len(trial)) < across * ends * body]])
    return found[:count]


def _angle(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return the hair's angle from the brow's line, towards its upper border, radians."""
    v = np.clip(v, 0.0, 1.0)
    upright = np.radians(80.0) * (1 - np.clip(u / 0.4, 0, 1)) ** 1.5 * (1 - 0.35 * v)
    sweep = np.clip((u - 0.08) / 0.3, 0, 1)
    meet = np.radians(38.0) * (1 - 2 * v) * sweep * (1 - 0.5 * u)
    return np.asarray(upright + np.radians(8.0) * (1 - u) + meet)


def _metric(points: Float[np.ndarray, "r c 3"]) -> tuple[float, float]:
    """Return the mean length in metres of a unit step in u and in v."""
    across = np.linalg.norm(np.diff(points, axis=1), axis=-1).sum(axis=1).mean()
    upward = np.linalg.norm(np.diff(points, axis=0), axis=-1).sum(axis=0).mean()
    return float(across), float(upward)


def on_patch(
    values: Float[np.ndarray, "r c 3"], u: Float[np.ndarray, "*n"], v: Float[np.ndarray, "*n"]
) -> Float[np.ndarray, "*n 3"]:
    """Return values between the grid's points, bilinear; beyond the borders along the last cell's slope."""
    rows, columns = values.shape[:2]
    x, y = u * (columns - 1), v * (rows - 1)
    i = np.clip(np.floor(y), 0, rows - 2).astype(int)
    j = np.clip(np.floor(x), 0, columns - 2).astype(int)
    a, b = (x - j)[..., None], (y - i)[..., None]
    low = (1 - a) * values[i, j] + a * values[i, j + 1]
    high = (1 - a) * values[i + 1, j] + a * values[i + 1, j + 1]
    return np.asarray((1 - b) * low + b * high)
