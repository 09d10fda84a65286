"""Hats, a hijab and headphones, fitted to the skull's charts.

Each has a rim: a closed curve round the head, above which hair is out of sight (`Headwear.covers_hair`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from assets.sweep import ellipsoid, sweep
from assets.wear.chart import Chart, Places
from assets.wear.fabric import Field, Grid, Sheet, draped, joined, sheet, shell, waves
from assets.wear.skull import SKULL_AZIMUTH, SKULL_COLUMNS
from assets.wear.spec import HeadwearSpec

_ROWS = 30
_TUCKED_M = 0.004


@dataclass(frozen=True)
class Headwear:
    """What is worn, by material, and where its rim runs."""

    pieces: dict[str, Sheet]
    rim_head: Float[np.ndarray, "c 3"] | None
    """Round the head; none where no hair is hidden."""
    rim_row: Float[np.ndarray, " c"] | None
    """The rim's row of the skull's chart at SKULL_AZIMUTH, where skin above it gives way."""

    def covers_hair(self, points_head: Float[np.ndarray, "n 3"]) -> Bool[np.ndarray, " n"]:
        """Return which places of the scalp lie above the rim: hair that grows there is out of sight."""
        if self.rim_head is None:
            return np.zeros(len(points_head), dtype=bool)
        centre = self.rim_head.mean(0)
        azimuth = np.arctan2(points_head[:, 0] - centre[0], -(points_head[:, 2] - centre[2]))
        around = np.arctan2(self.rim_head[:, 0] - centre[0], -(self.rim_head[:, 2] - centre[2]))
        order = np.argsort(around)
        height = np.interp(azimuth, around[order], self.rim_head[order, 1], period=2 * np.pi)
        return np.asarray(points_head[:, 1] < height)

    def shown(
        self, points_head: Float[np.ndarray, "k m 3"], radius_m: Float[np.ndarray, "k m"]
    ) -> tuple[Float[np.ndarray, "s m 3"], Float[np.ndarray, "s m"]]:
        """Return what of hairs shows under the rim, root to tip: they are cut off where they come out."""
        covered = self.covers_hair(points_head.reshape(-1, 3)).reshape(points_head.shape[:2])
        # Hair that lies over the rim from outside is tucked under it too.
        last = covered.shape[1] - np.argmax(covered[:, ::-1], axis=1)
        out = np.where(covered.any(axis=1), last, 0)
        keep = out < covered.shape[1] - 1
        first, steps = out[keep][:, None], np.arange(covered.shape[1])[None, :]
        points = np.take_along_axis(points_head[keep], np.maximum(steps, first)[..., None], axis=1)
        return points, np.where(steps < first, 0.0, radius_m[keep])


def level(front: float, side: float, back: float) -> Float[np.ndarray, " c"]:
    """Return a rim's height (y on the untouched head) at each azimuth of the skull."""
    c = np.cos(SKULL_AZIMUTH)
    return np.asarray(side + (front - side) * np.maximum(c, 0) ** 1.3 + (back - side) * np.maximum(-c, 0) ** 1.3)


def crown(
    chart: Chart, rim: Float[np.ndarray, " c"], offset: Callable[[np.ndarray], np.ndarray], rows: int = _ROWS
) -> tuple[Grid, Grid, Field]:
    """Return cloth over the head down to a rim, its normals, and how far down (0 to 1) each point lies.

    Args:
        chart: Of the skull.
        rim: Its row at each azimuth.
        rows: Of the grid.
        offset: From how far down (0 to 1) to the distance from the skin, metres.
    """
    down = np.linspace(0.0, 1.0, rows)[:, None] * np.ones((1, SKULL_COLUMNS))
    skin, outward = chart.at(down * rim[None, :], np.broadcast_to(SKULL_AZIMUTH, down.shape))
    cloth = draped(skin, offset(down), outward, closed=True, passes=8)
    cloth[0] = cloth[1].mean(0) + (cloth[1] - cloth[2]).mean(0) * 0.3
    return cloth, outward, down


def hemmed(cloth: Grid, outward: Grid, thick_m: float) -> Grid:
    """Return a crown with its lower edge turned in under the skin."""
    inner = cloth[-1:] - 0.8 * thick_m * outward[-1:]
    return np.concatenate([cloth, inner, cloth[-1:] - (thick_m + 0.012) * outward[-1:] - [0.0, 0.004, 0.0]])


def _cap(spec: HeadwearSpec, bare: Chart, eared: Chart, places: Places) -> Headwear:
    rim = places.cut(level(-0.052, -0.036, -0.002) - spec.lift_m, 0.0)
    stiff = SKULL_AZIMUTH[None, :]
    front = np.maximum(np.cos(stiff), 0.0)
    cloth, outward, down = crown(
        bare, rim, lambda d: 0.005 + (0.012 + 0.014 * front) * np.sin(np.pi * np.minimum(d + 0.12, 1.0)) ** 0.8
    )
    # Six panels: shallow seams from the button down.
    seam = np.abs((SKULL_AZIMUTH * 6 / (2 * np.pi) + 0.5) % 1 - 0.5)[None, :]
    cloth -= (0.0012 * np.exp(-((seam / 0.05) ** 2)) * (down > 0.05))[..., None] * outward
    pieces = [sheet(hemmed(cloth, outward, 0.005), closed=True)]
    top = cloth[0, 0]
    pieces.append(_plain(ellipsoid(top, np.diag([0.007, 0.004, 0.007]))))
    middle = SKULL_COLUMNS // 2
    reach = 13
    root = cloth[-1, middle - reach : middle + reach + 1] + [0.0, -0.001, 0.0]
    share = np.linspace(-1.0, 1.0, len(root))
    out = np.linspace(-0.04, 1.0, 10)[:, None]
    long = 0.074 * np.sqrt(np.maximum(1 - np.abs(share) ** 2.4, 0.0)) + 0.002
    bend = np.random.default_rng(spec.seed).uniform(0.55, 1.25)
    brim = root[None] + out[..., None] * (
        long[None, :, None] * np.array([0.0, 0.10, -1.0])
        + (share * 0.35 * long)[None, :, None] * np.array([1.0, 0.0, 0.0])
    )
    # Bent down to both sides, along its length.
    brim[..., 1] += (
        bend * 0.030 * (share**2 * long / long.max())[None, :] * np.clip(out, 0.0, 1.0)
        + 0.012 * np.clip(out, 0, 1) ** 2
    )
    pieces.append(shell(brim[:, :], 0.0028, closed=False))
    return Headwear({"hat": joined(pieces)}, cloth[-1], rim)


def _beanie(spec: HeadwearSpec, bare: Chart, eared: Chart, places: Places) -> Headwear:
    rim = places.cut(level(-0.044, 0.010, 0.034) - spec.lift_m, 0.0)
    rng = np.random.default_rng(spec.seed)
    slack, cuff = rng.uniform(0.004, 0.022), rng.uniform(0.18, 0.30)
    cloth, outward, down = crown(
        eared, rim, lambda d: 0.0055 + slack * np.clip(1.2 - 2.2 * d, 0.0, 1.0) ** 1.5, rows=36
    )
    folds = waves(spec.seed, np.broadcast_to(SKULL_AZIMUTH, down.shape), down * 5, finest=5.0)
    cloth += (0.25 * slack * folds * np.sin(np.pi * down))[..., None] * outward
    # The cuff is a second layer, rolled at its upper edge and at the rim.
    lower = down[:, 0] > 1 - cuff
    turned = cloth[lower]
    swell = 0.0055 * np.sin(np.pi * np.linspace(0.06, 0.94, len(turned))) ** 0.35
    turned = turned + swell[:, None, None] * outward[lower]
    knitted = sheet(cloth, closed=True)
    cuff_sheet = sheet(
        np.concatenate(
            [cloth[lower][:1] - 0.002 * outward[lower][:1], turned, hemmed(turned, outward[lower], 0.010)[-2:]]
        ),
        closed=True,
    )
    cuff_sheet.weave[:, 2] = 1.0
    return Headwear({"hat": joined([knitted, cuff_sheet])}, cloth[-1], rim)


def _sun_hat(spec: HeadwearSpec, bare: Chart, eared: Chart, places: Places) -> Headwear:
    rim = places.cut(level(-0.050, -0.034, -0.018) - spec.lift_m, 0.0)
    cloth, outward, _ = crown(bare, rim, lambda d: 0.006 + 0.020 * np.sin(np.pi * np.minimum(d + 0.25, 1.0)) ** 0.6)
    rng = np.random.default_rng(spec.seed)
    wide, slope = rng.uniform(0.065, 0.105), rng.uniform(0.12, 0.5)
    root = cloth[-1] - 0.002 * outward[-1]
    flat = (root - root.mean(0)) * [1.0, 0.0, 1.0]
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    out = np.linspace(0.0, 1.0, 12)[:, None]
    sway = waves(spec.seed, SKULL_AZIMUTH[None], np.zeros((1, 1)), finest=3.0) * 0.010 * out
    brim = root[None] + (wide * out)[..., None] * flat[None]
    brim[..., 1] += slope * wide * out**1.3 + sway
    return Headwear(
        {"hat": joined([sheet(hemmed(cloth, outward, 0.005), closed=True), shell(brim, 0.002, closed=True)])},
        cloth[-1],
        rim,
    )


def _headphones(spec: HeadwearSpec, bare: Chart, eared: Chart, places: Places) -> Headwear:
    ears = [eared.at(np.array([[1.75]]), np.array([[sign * np.pi / 2]]))[0][0, 0] for sign in (1.0, -1.0)]
    pieces, size = [], float(ears[0][0] - ears[1][0]) / 0.17
    for ear, sign in zip(ears, (1.0, -1.0), strict=True):
        middle = np.array([ear[0] - sign * 0.012 * size, ear[1] + 0.004, ear[2]])
        pieces.append(_cup(middle, sign, size))
    along = np.linspace(-1.0, 1.0, 41)
    tilt = np.where(along < 0, -np.pi / 2, np.pi / 2)
    over, _ = bare.at(np.maximum(np.abs(along) * 1.32, 0.02)[None], tilt[None])
    lift = 0.012 + 0.008 * np.abs(along)
    away = over[0] - [0.0, float(np.mean([e[1] for e in ears])), over[0][:, 2].mean()]
    path = over[0] + lift[:, None] * away / np.linalg.norm(away, axis=1, keepdims=True)
    for sign, ear in ((1.0, ears[0]), (-1.0, ears[1])):
        arm = np.array([ear[0] + sign * 0.012 * size, ear[1] - 0.012 * size, ear[2]])
        path = np.concatenate([path, arm[None]]) if sign > 0 else np.concatenate([arm[None], path])
    path[:, 2] = path[:, 2].mean()
    for _ in range(3):
        path[1:-1] = 0.5 * path[1:-1] + 0.25 * (path[:-2] + path[2:])
    pieces.append(_plain(sweep(path, np.tile([0.0, 0.0, 1.0], (len(path), 1)), 0.014 * size, 0.0045)))
    return Headwear({"headphones": joined(pieces)}, None, None)


def _cup(middle: Float[np.ndarray, "3"], sign: float, size: float) -> Sheet:
    """Return a cup over an ear: a cushion at the head, a shell outside, turned about the ear's own axis."""
    profile = np.array(
        [
            [-0.012, 0.001],
            [-0.012, 0.030],
            [-0.010, 0.038],
            [0.0, 0.042],
            [0.010, 0.041],
            [0.0125, 0.0375],
            [0.015, 0.0395],
            [0.024, 0.0385],
            [0.031, 0.034],
            [0.035, 0.026],
            [0.036, 0.012],
            [0.0365, 0.0005],
        ]
    )
    turn = np.linspace(0.0, 2 * np.pi, 33)[:-1]
    x = sign * profile[:, :1] * np.ones((1, 32))
    y = 1.06 * profile[:, 1:] * np.cos(turn)[None]
    z = 0.86 * profile[:, 1:] * np.sin(turn)[None]
    grid = middle + size * np.stack([x, y, z], -1)
    return sheet(grid if sign < 0 else grid[:, ::-1], closed=True)


def _plain(mesh: tuple[np.ndarray, np.ndarray]) -> Sheet:
    return Sheet(mesh[0], mesh[1], np.zeros_like(mesh[0]))


HATS: dict[str, Callable[[HeadwearSpec, Chart, Chart, Places], Headwear]] = {
    "cap": _cap,
    "beanie": _beanie,
    "sun_hat": _sun_hat,
    "headphones": _headphones,
}
