"""The body below the chin as a chart: azimuth about the neck, and how far down from the upper neck.

`down` runs from 0 on the neck below the jaw over the shoulders to 1 just above the bust's ragged edge, and on to 2,
where a body that the head's mesh does not have ends out of sight: chest and hanging upper arms in one surface.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from assets.wear.anchors import directions, fan
from assets.wear.chart import Chart, Places, nearest_place
from assets.wear.fabric import Grid, normals

COLUMNS = 96
AZIMUTH = -np.pi + np.arange(COLUMNS) * (2 * np.pi / COLUMNS)
"""Column 0 is the spine, so that what does not match round the body shows at the back."""
_ORIGIN = np.array([0.0, 0.27, 0.10])
_BODY_ROWS, _MORE_ROWS = 56, 28
_RIM_MARGIN_M = 0.006
"""How far above the ragged edge `down` 1 lies, on the untouched mesh."""
_TOP_Y = 0.116
"""Where `down` 0 lies, on the untouched mesh."""
_BEND = 0.42
"""Part of the added rows in which a column turns from the bust's own way straight down."""
_DROP_M = 0.34
"""How far below the bust the added body reaches, before scaling."""
_YIELD_M = 0.003
"""How far covered skin gives way to the cloth."""
BUST_HALF_WIDTH_M = 0.19
"""Of the untouched mesh at `down` 1: what the added body is scaled from."""
ROWS = _BODY_ROWS + _MORE_ROWS
DOWN = np.concatenate([np.linspace(0.0, 1.0, _BODY_ROWS), np.linspace(1.0, 2.0, _MORE_ROWS + 1)[1:]])


@dataclass(frozen=True, eq=False)
class Torso:
    """One person's chart, rows `DOWN`, and the size of the bust against the untouched mesh."""

    chart: Chart
    size: float


class TorsoPlaces:
    """The chart on the untouched mesh."""

    def __init__(self, vertices_head: Float[np.ndarray, "n 3"], faces: Int[np.ndarray, "f 4"]) -> None:
        """Find the places of the chart's first part: dense rays first, then rows at even lengths along each column."""
        middle = vertices_head[faces].mean(1)
        # Without the jaw and what lies in it, which overhang the neck.
        below = (middle[:, 1] > 0.085) & ((middle[:, 1] > 0.13) | (middle[:, 2] > 0.05))
        elevation = np.radians(np.linspace(74.0, -12.0, 173))
        dense = fan(
            _ORIGIN,
            directions(AZIMUTH[None, :], elevation[:, None]),
            vertices_head,
            faces[below],
            outermost=False,
        )
        curves = []
        for k in range(COLUMNS):
            met = np.flatnonzero(dense.hit[:, k])
            # The ragged edge may be met again further down: the column ends before the first wide gap.
            gaps = np.flatnonzero((np.diff(met) > 4) & (elevation[met[:-1]] < 0.8))
            met = met[: gaps[0] + 1] if len(gaps) else met
            met = met[int(np.argmax(dense.base_head[met, k, 1] > _TOP_Y)) :]
            curve = dense.base_head[met, k]
            length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
            first = np.interp(_TOP_Y, curve[:4, 1], length[:4])
            curves.append((length - first, elevation[met]))
        ends = np.array([length[-1] for length, _ in curves])
        # Even along the edge, and above each of its teeth.
        ends = np.min([np.roll(ends, k) for k in range(-3, 4)], axis=0)
        ends = np.mean([np.roll(ends, k) for k in range(-2, 3)], axis=0) - _RIM_MARGIN_M
        wanted = np.linspace(0.0, 1.0, _BODY_ROWS)
        column_rays = [np.interp(end * wanted, *curve) for end, curve in zip(ends, curves, strict=True)]
        rows = np.stack(column_rays, 1)
        for _ in range(3):
            rows = 0.5 * rows + 0.25 * (np.roll(rows, 1, axis=1) + np.roll(rows, -1, axis=1))
        rays = directions(AZIMUTH[None, :], rows)
        met_fan = fan(_ORIGIN, rays, vertices_head, faces[below], outermost=False)
        body = (vertices_head[:, 1] > _TOP_Y) & ((vertices_head[:, 1] > 0.13) | (vertices_head[:, 2] > 0.045))
        near = nearest_place(met_fan, vertices_head, body)
        self.places = Places(met_fan, DOWN[:_BODY_ROWS], AZIMUTH, True, near)
        beyond = np.linalg.norm(vertices_head - met_fan.base_head.reshape(-1, 3)[near], axis=1)
        self._beyond = np.where(near // COLUMNS == _BODY_ROWS - 1, beyond, 0.0)

    def pressed(
        self, vertices_head: Float[np.ndarray, "n 3"], torso: Torso, edge: Float[np.ndarray, " c"]
    ) -> Float[np.ndarray, "n 3"]:
        """Return the skin, moved a little inwards where a garment covers it, and far inwards at the bust's edge.

        Args:
            vertices_head: A person's skin.
            torso: Their chart.
            edge: `down` of the garment's edge at each column; the skin begins to yield below it.
        """

        def depth(down: np.ndarray, azimuth: np.ndarray) -> np.ndarray:
            upper = np.interp(azimuth, AZIMUTH, edge, period=2 * np.pi)
            covered = np.clip((down - upper - 0.02) / 0.05, 0.0, 1.0)
            tucked = np.clip(1.2 * self._beyond + 0.01 * (down > 0.93), 0.0, 0.05)
            return np.asarray(torso.size * covered * (_YIELD_M + tucked))

        return self.places.pressed(vertices_head, torso.chart, depth)

    def on(self, vertices_head: Float[np.ndarray, "n 3"]) -> Torso:
        """Return a person's chart."""
        body = self.places.fan.on(vertices_head)
        edge = body[-1]
        size = float(np.abs(edge[:, 0]).max() / BUST_HALF_WIDTH_M)
        # Towards the end of a column the bust turns in below the arm's cut: its way on is that of the garment, outwards
        # over the shoulder and down the chest.
        ahead = edge - body[-6]
        ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
        floor = edge[:, 1].max()
        points = np.concatenate([body, _added(edge, ahead, floor, size)])
        return Torso(Chart(points, normals(points, closed=True), DOWN, AZIMUTH, True), size)


def _section(azimuth: np.ndarray, height: np.ndarray | float, size: float, chest_m: np.ndarray | float) -> np.ndarray:
    """Return horizontal sections through chest and both arms: radius at each azimuth, as (x, z) about the middle.

    Args:
        azimuth: Of the columns.
        height: 0 at the bust's edge to 1 at the end.
        size: Against the untouched mesh.
        chest_m: Half of the chest's depth.
    """
    wide, arm_x, arm = 0.168 - 0.016 * height, 0.205 + 0.012 * height, 0.056 - 0.006 * height
    c, s = np.abs(np.cos(azimuth)), np.abs(np.sin(azimuth))
    chest = ((s / (wide * size)) ** 2.6 + (c / chest_m) ** 2.6) ** (-1 / 2.6)
    # The far side of a circle about (arm_x, 0) seen from the middle; beside it the ray passes by.
    reach = np.maximum((arm * size) ** 2 - (arm_x * size * c) ** 2, 0.0)
    beside = np.where(reach > 0, arm_x * size * s + np.sqrt(reach), 0.0)
    # Chest and arm run into each other at the armpit; further down a fold parts them.
    blend = (0.016 - 0.012 * height) * size
    radius = np.maximum(chest, beside) + blend * np.exp(-np.abs(chest - beside) / blend)
    return np.stack([radius * np.sin(azimuth), -radius * np.cos(azimuth)], -1)


def _added(edge: np.ndarray, ahead: np.ndarray, floor: float, size: float) -> Grid:
    """Return the rows below the bust: each column leaves the bust along its own way and turns down into the section."""
    front, back = edge[COLUMNS // 2, 2], edge[0, 2]
    middle, chest = 0.5 * (front + back), 0.5 * (back - front)
    t = np.linspace(0.0, 1.0, _MORE_ROWS + 1)[1:]
    floor += 0.06 * size
    bend = t <= _BEND
    section = _section(AZIMUTH, 0.0, size, chest * 1.06)
    goal = np.column_stack([section[:, 0], np.full(COLUMNS, floor), section[:, 1] + middle])
    reach = np.linalg.norm(goal - edge, axis=1, keepdims=True)
    u = (t[bend] / _BEND)[:, None, None]
    h0, h2 = 2 * u**3 - 3 * u**2 + 1, 3 * u**2 - 2 * u**3
    turning = (
        h0 * edge
        + (u**3 - 2 * u**2 + u) * reach * ahead
        + h2 * goal
        + (u**3 - u**2) * reach * np.array([0.0, 1.0, 0.0])
    )
    height = ((t[~bend] - _BEND) / (1 - _BEND))[:, None]
    section = _section(AZIMUTH[None], height, size, chest * (1.06 - 0.06 * height))
    down = np.broadcast_to(floor + height * _DROP_M * size, section.shape[:2])
    hanging = np.stack([section[..., 0], down, section[..., 1] + middle], -1)
    return np.concatenate([turning, hanging])
