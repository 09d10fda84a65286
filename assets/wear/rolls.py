"""Thick rolls of cloth about the neck: a hoodie's hood and its strings, a knitted scarf."""

import numpy as np
from jaxtyping import Float

from assets.sweep import sweep
from assets.wear.fabric import Grid, Sheet, joined, sheet, waves
from assets.wear.torso import AZIMUTH, COLUMNS, Torso

_SECTION = 16


def roll(
    centre: Float[np.ndarray, "c 3"],
    outward: Float[np.ndarray, "c 3"],
    half_wide_m: Float[np.ndarray, " c"],
    half_high_m: Float[np.ndarray, " c"],
    wrinkle: Float[np.ndarray, "s c"],
) -> Sheet:
    """Return a closed ring of cloth: ellipses about a ring of centres, `outward` and vertical, wrinkled."""
    turn = np.linspace(0.0, 2 * np.pi, _SECTION, endpoint=False)[:, None, None]
    up = np.array([0.0, -1.0, 0.0])
    wide, high = half_wide_m[None, :, None], half_high_m[None, :, None]
    around = np.cos(turn) * wide * outward[None] - np.sin(turn) * high * up
    points = centre[None] + around * (1 + wrinkle[..., None])
    # The section closes too: its first row comes again at the end.
    made = sheet(np.concatenate([points, points[:1]]), closed=True)
    return _welded(made, _SECTION, points.shape[1])


def _welded(made: Sheet, rows: int, columns: int) -> Sheet:
    """Join the last row of a grid to its first."""
    count = rows * columns
    return Sheet(made.vertices_head[:count], made.faces % count, made.weave[:count])


def hood(torso: Torso, top: Float[np.ndarray, " c"], seed: int) -> Sheet:
    """Return a hood that lies on the shoulders: thin at the throat, a thick fold behind the neck."""
    back = 0.5 - 0.5 * np.cos(AZIMUTH)
    skin, outward = torso.chart.at((top - 0.02 + 0.05 * back)[None], AZIMUTH[None])
    flat = outward[0] * np.array([1.0, 0.35, 1.0])
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    wide = torso.size * (0.011 + 0.022 * back**0.8)
    high = torso.size * (0.016 + 0.026 * back**0.9)
    centre = skin[0] + flat * (0.75 * wide)[:, None] + np.array([0.0, -1.0, 0.0]) * (0.55 * high)[:, None]
    turn = np.linspace(0.0, 2 * np.pi, _SECTION, endpoint=False)[:, None]
    wrinkle = 0.16 * waves(seed + 7, AZIMUTH[None] * np.ones_like(turn), turn, finest=7.0)
    return roll(centre, flat, wide, high, wrinkle)


def strings(torso: Torso, top: Float[np.ndarray, " c"]) -> Sheet:
    """Return the two strings that hang out of the hood."""
    pieces = []
    for sign in (1.0, -1.0):
        down = np.linspace(top[COLUMNS // 2] - 0.03, top[COLUMNS // 2] + 0.62, 14)
        azimuth = sign * np.linspace(0.30, 0.20, 14)
        skin, outward = torso.chart.at(down[None], azimuth[None])
        path = skin[0] + outward[0] * (0.026 + 0.004 * np.sin(np.linspace(0, 3, 14)))[:, None]
        vertices, faces = sweep(path, np.tile([1.0, 0.0, 0.0], (14, 1)), 0.0022, 0.0022)
        pieces.append(Sheet(vertices, faces, np.zeros_like(vertices)))
    return joined(pieces)


def scarf(torso: Torso, seed: int) -> Sheet:
    """Return a knitted scarf: two turns about the neck, and an end that hangs down the chest."""
    rng = np.random.default_rng(seed)
    turn = np.linspace(0.0, 2 * np.pi, _SECTION, endpoint=False)[:, None]
    pieces = []
    for number, (down, wide, high) in enumerate(((0.14, 0.022, 0.030), (0.33, 0.028, 0.028))):
        tilt = 0.05 * np.cos(AZIMUTH - rng.uniform(-1, 1))
        level = down + 0.10 * (0.5 + 0.5 * np.cos(AZIMUTH)) + tilt
        skin, outward = torso.chart.at(level[None], AZIMUTH[None])
        flat = outward[0] * np.array([1.0, 0.4, 1.0])
        flat /= np.linalg.norm(flat, axis=1, keepdims=True)
        swell = 1 + 0.15 * np.sin(AZIMUTH * 2 + rng.uniform(0, 6))
        half_wide, half_high = torso.size * wide * swell, torso.size * high * swell
        centre = skin[0] + flat * (0.85 * half_wide + 0.010 * number)[:, None]
        wrinkle = 0.15 * waves(seed + number, AZIMUTH[None] * np.ones_like(turn), 2 * turn, finest=5.0)
        pieces.append(roll(centre, flat, half_wide, half_high, wrinkle))
    pieces.append(_tail(torso, float(rng.choice([-1.0, 1.0])), seed))
    return joined(pieces)


def _tail(torso: Torso, sign: float, seed: int) -> Sheet:
    """Return the hanging end: a flat band with rounded edges."""
    down, across = np.meshgrid(np.linspace(0.40, 1.55, 26), np.linspace(-1.0, 1.0, 11), indexing="ij")
    centre, _ = torso.chart.at(down, np.full_like(down, sign * 0.35))
    reach = np.hypot(centre[..., 0], centre[..., 2] - 0.10 * torso.size) + 0.01
    skin, outward = torso.chart.at(down, sign * 0.35 + across * 0.060 * torso.size / np.maximum(reach, 0.06))
    bulge = 0.016 * (1 - across**4) + 0.004 * waves(seed + 5, across * 3, down * 4, finest=3.0)
    points: Grid = skin + (0.016 + bulge)[..., None] * outward
    return sheet(points, closed=False)
