"""The body below a garment's hem: hips, legs and shoes of a person who stands, simple and seldom near.

It hangs straight down from the bust, which is upright; the shoulders' turn then carries all of it (assets/neck.py).
Hands are in the pockets: the arms, one surface with the chest, run into the hips.
"""

import numpy as np
from jaxtyping import Bool

from assets.person import StanceSpec
from assets.wear.clothing import Hem, woven
from assets.wear.fabric import Grid, Sheet, grid_faces, joined, sheet, waves
from assets.wear.torso import AZIMUTH, COLUMNS

BODY = ("cloth_body", "cloth_under_body", "trousers", "shoes")
"""Names of its parts."""
CROWN_ABOVE_EYES_M = 0.115
CROTCH, KNEE = 0.465, 0.275
"""Heights over the stature, a little under those of Winter 2009, "Biomechanics and motor control of human movement":
0.485 (buttocks) and 0.285."""
_HIPS = np.array([0.100, 0.068])
"""Half width and half depth over the stature, in clothes."""
_LEG_COLUMNS = 20
_THIGH, _SHIN, _CUFF = 0.050, 0.036, 0.032
"""Radii of trousers over the stature: at the hip, below the knee, at the foot."""
_SHOE = np.array([0.026, 0.024, 0.078])
"""Half axes of a shoe over the stature."""


def build_body(stance: StanceSpec, hem: Hem, sole_y_m: float) -> dict[str, Sheet]:
    """Return the rest of the garment (`cloth_body`, an open jacket's shirt too), `trousers`, `shoes`, by their names.

    Args:
        stance: How the person stands.
        hem: The lower end of the garment of the upper body.
        sole_y_m: y of the ground in `head`, shoulders straight.
    """
    hem_head, front = hem
    stature = stance.eye_height_m + CROWN_ABOVE_EYES_M
    middle = 0.5 * (hem_head.min(axis=0) + hem_head.max(axis=0))
    top = float(hem_head[:, 1].max())
    crotch = max(sole_y_m - CROTCH * stature, top + 0.03)
    end = crotch - 0.03 + stance.hem * (sole_y_m - KNEE * stature - crotch)
    down = np.linspace(0.0, 1.0, 16)[1:, None]
    y = hem_head[None, :, 1] + down * (end - hem_head[None, :, 1])
    # The arms end at the hips.
    share = np.clip((y - hem_head[:, 1]) / (crotch - hem_head[:, 1]), 0.0, 1.0)
    share = share * share * (3 - 2 * share)
    hips = _ellipse(AZIMUTH, 1.06 * _HIPS * stature)
    xz = (1 - share)[..., None] * (hem_head - middle)[None][..., [0, 2]] + share[..., None] * hips
    folds = 1.0 + 0.03 * down * waves(stance.seed, np.broadcast_to(AZIMUTH, y.shape), 6.0 * y, finest=9.0, terms=6)
    points = _points(xz * folds[..., None], y, middle)
    points = np.concatenate([hem_head[None], points])
    cloth = Sheet(
        points.reshape(-1, 3), grid_faces(len(points), COLUMNS, closed=True), woven(points, 0 * points[..., 0])
    )
    # Trousers begin just inside the garment's end, so that none comes through it.
    waist = end - 0.02
    legs = [_leg(stance, side, middle, waist, crotch, sole_y_m, stature) for side in (1.0, -1.0)]
    trousers = [leg for leg, _ in legs]
    if waist < crotch:
        trousers.append(_pelvis(middle, waist, crotch, stature))
    pieces = {"cloth_body": _columns(cloth, ~front), "cloth_under_body": _columns(cloth, front)}
    return {name: piece for name, piece in pieces.items() if len(piece.faces)} | {
        "trousers": joined(trousers),
        "shoes": joined([shoe for _, shoe in legs]),
    }


def _columns(cloth: Sheet, chosen: Bool[np.ndarray, " c"]) -> Sheet:
    """Return the part of a garment that begins at some of its columns."""
    return Sheet(cloth.vertices_head, cloth.faces[chosen[cloth.faces[:, 0] % COLUMNS]], cloth.weave)


def _ellipse(azimuth: np.ndarray, half: np.ndarray) -> np.ndarray:
    """Return a rounded section as (x, z) at each azimuth, which is 0 in front."""
    c, s = np.cos(azimuth), np.sin(azimuth)
    radius = ((np.abs(s) / half[0]) ** 2.4 + (np.abs(c) / half[1]) ** 2.4) ** (-1 / 2.4)
    return np.stack([radius * s, -radius * c], -1)


def _points(xz: np.ndarray, y: np.ndarray, middle: np.ndarray) -> Grid:
    return np.stack([xz[..., 0] + middle[0], y, xz[..., 1] + middle[2]], -1)


def _pelvis(middle: np.ndarray, waist: float, crotch: float, stature: float) -> Sheet:
    """Return what closes the trousers between the legs."""
    rows = np.linspace(0.0, 1.0, 9)[:, None]
    round_off = np.sqrt(np.clip(1.0 - np.maximum(0.0, (rows - 0.6) / 0.4) ** 2, 0.0, 1.0))
    y = np.broadcast_to(waist + rows * (crotch + 0.03 * stature - waist), (len(rows), COLUMNS))
    xz = _ellipse(AZIMUTH, 0.97 * _HIPS * stature)[None] * np.maximum(round_off, 0.02)[..., None]
    return sheet(_points(xz, y, middle), closed=True)


def _leg(
    stance: StanceSpec, side: float, middle: np.ndarray, waist: float, crotch: float, sole: float, stature: float
) -> tuple[Sheet, Sheet]:
    """Return one leg and its shoe; `side` is 1 for the left one."""
    t = np.linspace(0.0, 1.0, 14)[:, None]
    hip, ankle = max(crotch - 0.05 * stature, waist), sole - 0.012 * stature
    y = np.broadcast_to(hip + t * (ankle - hip), (len(t), _LEG_COLUMNS))
    azimuth = -np.pi + np.arange(_LEG_COLUMNS) * (2 * np.pi / _LEG_COLUMNS)
    radius = stature * np.interp(t, [0.0, 0.15, 0.55, 1.0], [_THIGH, _THIGH, _SHIN, _CUFF])
    radius = radius * (1.0 + 0.05 * waves(stance.seed + 1, np.broadcast_to(azimuth, y.shape), 5.0 * y, finest=7.0))
    xz = radius[..., None] * np.stack([np.sin(azimuth), -np.cos(azimuth)], -1)
    # Feet stand a little further apart than hips, one before the other by the stride.
    ahead = side * np.tan(0.5 * stance.stride_rad) * (sole - crotch)
    foot = middle + np.array([side * 0.058 * stature, 0.0, -ahead])
    start = middle + np.array([side * 0.050 * stature, 0.0, 0.0])
    centre = start + t[..., None] * (foot - start)
    leg = np.stack([xz[..., 0] + centre[..., 0], y, xz[..., 1] + centre[..., 2]], -1)
    latitude = np.linspace(0.05, np.pi - 0.05, 8)[:, None]
    unit = np.stack(
        [
            np.sin(latitude) * np.sin(azimuth),
            -np.cos(latitude) * np.ones_like(azimuth),
            -np.sin(latitude) * np.cos(azimuth),
        ],
        -1,
    )
    # Above the sole half an egg, flat below; the foot lies before the ankle.
    unit[..., 1] = np.minimum(unit[..., 1], 0.35)
    half = _SHOE * stature
    shoe = foot * [1.0, 0.0, 1.0] + [0.0, sole - 0.35 * half[1], -0.45 * half[2]] + unit * half
    return sheet(leg, closed=True), sheet(shoe, closed=True)
