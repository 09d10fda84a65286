"""Collars, lapels and the row of buttons: flaps that lie on the torso's chart above the garment's body."""

import numpy as np
from jaxtyping import Float

from assets.sweep import ellipsoid
from assets.wear.fabric import Sheet, joined, shell
from assets.wear.torso import AZIMUTH, Torso

_FLAP_M = 0.0022
"""Thickness of a flap's cloth."""


def _edge(top: Float[np.ndarray, " c"], azimuth: Float[np.ndarray, "..."]) -> np.ndarray:
    """Return `down` of a neckline at any azimuth."""
    return np.asarray(np.interp(azimuth, AZIMUTH, top, period=2 * np.pi))


def leaf_collar(torso: Torso, top: Float[np.ndarray, " c"], thick_m: float, *, open_rad: float) -> list[Sheet]:
    """Return a shirt's collar: a stand about the neck and a leaf that falls over it to two points in front."""
    share = np.linspace(0.0, 1.0, 57)
    turn = open_rad + share * (2 * np.pi - 2 * open_rad)  # from the wearer's left edge round the back to the right one
    front = np.abs(np.cos(np.pi * share)) ** 6 * (np.abs(share - 0.5) > 0.25)  # 1 at both ends
    rise, fall = 0.155 - 0.05 * front, 0.085 + 0.16 * front
    profile = [(0.0, 0.002), (0.5, 0.003), (0.93, 0.0045), (1.0, 0.0065), (0.93, 0.0085), (0.5, 0.0095)]
    profile += [(0.0, 0.0105), (-0.5, 0.0100), (-1.0, 0.0085)]
    side = np.where(share < 0.5, 1.0, -1.0)
    rows = []
    for level, lift in profile:
        # Leaf edges run from the top button outwards, so that they stand open like a tent.
        apart = front * (0.04 + 0.10 * np.maximum(0.6 - level, 0.0)) * side
        azimuth = _wrapped(turn + apart)
        down = _edge(top, _wrapped(turn)) * (1 - front) + _edge(top, np.array(0.35)) * front
        down = down - np.where(level >= 0, level * rise, level * fall)
        skin, outward = torso.chart.at(np.clip(down, 0.0, 2.0)[None], azimuth[None])
        rows.append((skin + (thick_m + lift) * outward)[0])
    return [shell(np.stack(rows), _FLAP_M * 0.5, closed=False)]


def placket(torso: Torso, top: Float[np.ndarray, " c"], thick_m: float) -> tuple[Sheet, Sheet]:
    """Return the strip down the front and its buttons."""
    across = np.linspace(-1.0, 1.0, 7)
    down = np.linspace(_edge(top, np.zeros(1))[0] + 0.01, 1.9, 30)
    grid_down, grid_across = np.meshgrid(down, across, indexing="ij")
    # 15 mm to each side: the azimuth that is, falls with the distance from the axis.
    centre, _ = torso.chart.at(grid_down, np.zeros_like(grid_down))
    reach = np.abs(centre[..., 2] - 0.10 * torso.size) + 0.02
    skin, outward = torso.chart.at(grid_down, grid_across * 0.014 / reach)
    lift = thick_m + 0.012 * np.clip((grid_down - down[0]) / 0.6, 0.0, 1.0) + 0.0035 * (np.abs(grid_across) < 0.9)
    strip = skin + lift[..., None] * outward
    buttons = []
    for row in range(1, 30, 5):
        middle = strip[row, 3] + 0.0008 * outward[row, 3]
        z = outward[row, 3]
        x = np.cross(np.array([0.0, 1.0, 0.0]), z)
        x /= np.linalg.norm(x)
        vertices, faces = ellipsoid(middle, np.stack([0.0052 * x, 0.0016 * z, 0.0052 * np.cross(z, x)]))
        buttons.append(Sheet(vertices, faces, np.zeros_like(vertices)))
    return shell(strip, 0.002, closed=False), joined(buttons)


def lapels(torso: Torso, top: Float[np.ndarray, " c"], thick_m: float) -> list[Sheet]:
    """Return a jacket's collar round the back of the neck and its two lapels along the opening."""
    pieces = []
    lift = thick_m + 0.007
    for sign in (1.0, -1.0):
        # Along the opening from the point in front up to the shoulder; wide in the middle, with the notch above.
        azimuth = np.linspace(0.02, 1.02, 26)
        share = np.linspace(0.0, 1.0, 26)
        wide = np.interp(share, [0.0, 0.15, 0.62, 0.66, 0.70, 1.0], [0.02, 0.16, 0.36, 0.33, 0.17, 0.13])
        across = np.array([-0.04, 0.0, 0.3, 0.7, 0.96, 1.0])
        raised = np.array([0.2, 1.0, 1.15, 1.0, 0.85, 0.45])
        rows = []
        for part, up in zip(across, raised, strict=True):
            out = azimuth + part * wide * 0.9
            down = _edge(top, azimuth) + part * wide * 0.16
            skin, outward = torso.chart.at(down[None], sign * out[None])
            rows.append((skin + (lift * up) * outward)[0])
        grid = np.stack(rows)
        pieces.append(shell(grid if sign > 0 else grid[:, ::-1], _FLAP_M, closed=False))
    azimuth = np.linspace(0.95, 2 * np.pi - 0.95, 41)
    ends = np.clip((1.25 - np.abs(np.pi - np.abs(np.pi - azimuth))) / 0.3, 0.0, 1.0)
    rows = []
    for level, up in ((0.02, 0.3), (-0.08, 0.55), (-0.12, 0.8), (-0.10, 1.1), (0.0, 1.25), (0.09, 1.2), (0.14, 0.8)):
        level = level * (1 - 0.3 * ends)
        down = _edge(top, _wrapped(azimuth)) + level
        skin, outward = torso.chart.at(np.maximum(down, 0.0)[None], _wrapped(azimuth)[None])
        rows.append((skin + lift * up * outward)[0])
    pieces.append(shell(np.stack(rows), _FLAP_M, closed=False))
    return pieces


def _wrapped(azimuth: Float[np.ndarray, "..."]) -> np.ndarray:
    return np.asarray((azimuth + np.pi) % (2 * np.pi) - np.pi)
