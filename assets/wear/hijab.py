"""A hijab: one cloth round the face, over the head and down to shoulders and chest.

The grid's rows run from the opening outwards, over the head, off it and down to the hem; its columns, those of the
torso's chart, from one side of the hem to the other: the column before the breastbone begins under the chin, that of
the spine above the forehead.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d, maximum_filter
from scipy.spatial import cKDTree

from assets.wear.anchors import directions
from assets.wear.chart import Chart
from assets.wear.fabric import Field, Grid, Sheet, dot, normals, relaxed, sheet, waves
from assets.wear.headwear import Headwear
from assets.wear.skull import SKULL_AZIMUTH, SKULL_COLUMNS
from assets.wear.spec import HeadwearSpec
from assets.wear.torso import AZIMUTH, COLUMNS, DOWN, Torso

_HEAD_ROWS, _NECK_ROWS, _CHEST_ROWS = 34, 20, 22
_OFF_M = 0.005
"""Of the cloth at the opening from the skin."""
_FREE_M = 0.005
"""Of the cloth on the shoulders from what is worn there."""
_LOW = np.radians(np.array([157.0, 114.0, 118.0]))
"""Rows where the cloth leaves the head: in front, aside, behind."""


class _Cut(NamedTuple):
    """How one hijab is wound: azimuths and rows in radians, lengths in metres."""

    top: float
    """Row of the opening's upper edge."""
    half: float
    """Half of the opening's width."""
    full: float
    """How far the cloth stands off the head, over the hair and the scarf's own layers."""
    knot: float
    """How much further at the back, over hair that is put up."""
    wide: float
    """How far it stands off beside jaw and neck."""
    side: float
    """1 or -1: over which shoulder the upper layer is thrown."""
    cap: bool
    """Whether a cap shows under it above the forehead."""


def _cut(spec: HeadwearSpec) -> _Cut:
    rng = np.random.default_rng(spec.seed)
    return _Cut(
        top=float(np.radians(48.0 + rng.uniform(-3.0, 3.0)) - 6.0 * spec.lift_m),
        half=float(np.radians(rng.uniform(60.0, 68.0))),
        full=float(rng.uniform(0.008, 0.017)),
        knot=float(rng.uniform(0.0, 0.03)),
        wide=float(rng.uniform(0.018, 0.036)),
        side=float(rng.choice([-1.0, 1.0])),
        cap=bool(rng.random() < 0.4),
    )


def build_hijab(spec: HeadwearSpec, head: Chart, torso: Torso, under: Sequence[Sheet]) -> Headwear:
    """Return the hijab on a head.

    Args:
        spec: The hijab.
        head: Chart of the whole head, ears and chin included.
        torso: Chart of neck and shoulders.
        under: What is worn on the shoulders below it.
    """
    cut = _cut(spec)
    row, azimuth = _ways(cut)
    skin, off = _over_head(cut, head, row, azimuth)
    outward = skin - head.centre()
    outward /= np.linalg.norm(outward, axis=-1, keepdims=True)
    crown = skin + off[..., None] * outward
    lowest, shoulders = _mantle(cut, torso, under, np.random.default_rng(spec.seed + 1))
    cloth = np.concatenate([crown, _between(crown, lowest[-_CHEST_ROWS:]), lowest[-_CHEST_ROWS:]])
    edge, last = cloth[0].copy(), len(cloth) - len(lowest)
    for _ in range(14):
        cloth = relaxed(cloth, closed=True)
        cloth[0] = edge
        near = cloth[:_HEAD_ROWS]
        near += np.maximum(off - dot(near - skin, outward), 0.0)[..., None] * outward
        far = cloth[last:]
        far += np.maximum(-dot(far - lowest, shoulders), 0.0)[..., None] * shoulders
    cloth = cloth + _folds(spec, cut, cloth)[..., None] * normals(cloth, closed=True)
    # The edge is a hem turned in to the skin.
    hem = np.stack([cloth[0] - 0.012 * outward[0], cloth[0] - 0.0025 * outward[0]])
    pieces = {"hat": _patterned(sheet(np.concatenate([hem, cloth]), closed=True), spec.seed)}
    if cut.cap:
        pieces["hat_under"] = _cap(cut, head)
    return Headwear(pieces, _everywhere_below(), None)


def _opening(cut: _Cut, turn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and azimuths of the opening's edge: an oval from the hair line to under the chin."""
    middle, bottom = np.radians(92.0), np.radians(149.0)
    c, s = np.cos(turn), np.sin(turn)
    row = middle + np.where(c > 0, bottom - middle, middle - cut.top) * np.sign(c) * np.abs(c) ** 0.9
    return row, cut.half * np.sign(s) * np.abs(s) ** 0.85


def _ways(cut: _Cut) -> tuple[Field, Field]:
    """Return rows and azimuths of the head's part of the grid: each column goes from edge to neck."""
    low = np.where(np.cos(AZIMUTH) > 0, _LOW[0], _LOW[2])
    low = _LOW[1] + (low - _LOW[1]) * np.abs(np.cos(AZIMUTH)) ** 1.6
    row, azimuth = _opening(cut, AZIMUTH)
    a, b = directions(azimuth, np.pi / 2 - row), directions(AZIMUTH, np.pi / 2 - low)
    # Drawn towards the ring over both ears and the crown, or the middle ones would run down the face.
    over = (
        np.stack([np.sin(AZIMUTH), np.cos(AZIMUTH), np.zeros(COLUMNS)], -1)
        * (1.3 * (0.5 - 0.5 * np.cos(AZIMUTH)))[:, None]
    )
    # Dense at the edge, where the cloth leaves the skin.
    u = np.linspace(0.0, 1.0, _HEAD_ROWS)[:, None, None] ** 1.2
    way = (1 - u) ** 2 * a + 2 * u * (1 - u) * over + u**2 * b
    way /= np.linalg.norm(way, axis=-1, keepdims=True)
    return np.arccos(np.clip(-way[..., 1], -1.0, 1.0)), np.arctan2(way[..., 0], -way[..., 2])


def _over_head(cut: _Cut, head: Chart, row: Field, azimuth: Field) -> tuple[Grid, Field]:
    """Return the skin under the cloth, and how far the cloth stands off it at least."""
    skin, _ = head.at(row, azimuth)
    from_edge = np.cumsum(np.linalg.norm(np.diff(skin, axis=0, prepend=skin[:1]), axis=-1), axis=0)
    away = np.clip(from_edge / 0.035, 0.0, 1.0)
    away = away * away * (3 - 2 * away)
    knot = np.exp(-(((row - np.radians(88.0)) / 0.55) ** 2)) * np.maximum(-np.cos(azimuth), 0.0) ** 2
    aside = np.clip((row - np.radians(80.0)) / 0.6, 0.0, 1.0) * np.abs(np.sin(azimuth))
    # No cloth follows an ear: it is drawn over what stands out.
    reach = np.linalg.norm(head.points - head.centre(), axis=-1)
    smooth = maximum_filter(reach, 7, mode=("nearest", "wrap"))
    smooth = gaussian_filter1d(gaussian_filter1d(smooth, 2.5, axis=0, mode="nearest"), 2.5, axis=1, mode="wrap")
    filled = np.maximum(_field(head, smooth - reach, row, azimuth), 0.0)
    full = cut.full * (0.4 + 0.6 * np.sin(row)) + cut.knot * knot + 0.4 * cut.wide * aside
    off = _OFF_M + away * (full + filled)
    return skin, off


def _mantle(cut: _Cut, torso: Torso, under: Sequence[Sheet], rng: np.random.Generator) -> tuple[Grid, Grid]:
    """Return how near the cloth may come to neck, shoulders and chest, and the way out of that."""
    front, back = np.maximum(np.cos(AZIMUTH), 0.0), np.maximum(-np.cos(AZIMUTH), 0.0)
    first = 0.44 + 0.16 * front + 0.04 * back
    end = 0.94 + rng.uniform(0.15, 0.6) * front + rng.uniform(0.05, 0.4) * back + 0.12 * cut.side * np.sin(AZIMUTH)
    hanging = 0.05 + np.linspace(0.0, 1.0, _NECK_ROWS + 1)[1:-1, None] * (first - 0.05)
    lying = first + np.linspace(0.0, 1.0, _CHEST_ROWS)[:, None] * (end - first)
    down = np.concatenate([hanging, lying])
    chart = torso.chart
    lift = _lift(chart, under)
    skin, out = chart.at(down, np.broadcast_to(AZIMUTH, down.shape))
    # About the neck it hangs loose.
    loose = cut.wide * np.clip(1.15 - down / first, 0.0, 1.0) ** 0.7
    off = _FREE_M + loose + _field(chart, lift, down, np.broadcast_to(AZIMUTH, down.shape))
    lowest = skin + off[..., None] * out
    return lowest, out


def _field(chart: Chart, values: Field, row: Field, azimuth: Field) -> Field:
    """Return numbers given at a chart's places, at other places of it."""
    return replace(chart, points=np.repeat(values[..., None], 3, axis=-1)).at(row, azimuth)[0][..., 0]


def _lift(chart: Chart, under: Sequence[Sheet]) -> Float[np.ndarray, "r c"]:
    """Return how far other clothes stand off each place of the torso's chart."""
    lift = np.zeros(len(DOWN) * COLUMNS)
    points, outward = chart.points.reshape(-1, 3), chart.outward.reshape(-1, 3)
    tree = cKDTree(points)
    for piece in under:
        gap, place = tree.query(piece.vertices_head, distance_upper_bound=0.08)
        found = np.isfinite(gap)
        place = place[found]
        np.maximum.at(lift, place, dot(piece.vertices_head[found] - points[place], outward[place]))
    high = maximum_filter(lift.reshape(len(DOWN), COLUMNS), 5, mode=("nearest", "wrap"))
    # What stands further off is a hood, which falls over the cloth.
    high = high * np.clip((0.044 - high) / 0.010, 0.0, 1.0)
    return np.asarray(gaussian_filter1d(gaussian_filter1d(high, 1.5, axis=0), 1.5, axis=1, mode="wrap"))


def _between(crown: Grid, mantle: Grid) -> Grid:
    """Return the cloth that hangs free from the head onto the shoulders, in one sweep."""
    start, goal = crown[-1], mantle[0]
    leave, land = crown[-1] - crown[-4], mantle[1] - mantle[0]
    leave /= np.maximum(np.linalg.norm(leave, axis=1, keepdims=True), 1e-9)
    land /= np.maximum(np.linalg.norm(land, axis=1, keepdims=True), 1e-9)
    leave = 0.15 * leave + 0.85 * np.array([0.0, 1.0, 0.0])
    reach = np.linalg.norm(goal - start, axis=1, keepdims=True)
    u = np.linspace(0.0, 1.0, _NECK_ROWS + 1)[1:-1, None, None]
    return np.asarray(
        (2 * u**3 - 3 * u**2 + 1) * start
        + (u**3 - 2 * u**2 + u) * reach * leave
        + (3 * u**2 - 2 * u**3) * goal
        + (u**3 - u**2) * reach * land
    )


def _folds(spec: HeadwearSpec, cut: _Cut, cloth: Grid) -> Field:
    """Return how far folds lift the cloth, metres."""
    rng = np.random.default_rng(spec.seed + 2)
    length = np.cumsum(np.linalg.norm(np.diff(cloth, axis=0, prepend=cloth[:1]), axis=-1), axis=0)
    turn = np.broadcast_to(AZIMUTH, length.shape)
    row = np.arange(len(cloth))[:, None]
    below = np.clip((row - (_HEAD_ROWS - 6)) / 10.0, 0.0, 1.0)
    # Pleats that follow the opening, where the cloth is drawn tight round the face: each lies over the next.
    drawn = length / rng.uniform(0.016, 0.026) + 0.35 * waves(spec.seed, turn, 4.0 * length / 0.1, finest=3.0, terms=4)
    pleats = ((drawn % 1.0) ** 1.5) * np.exp(-((length / 0.06) ** 2)) * (length > 0.004)
    # Swags: folds that hang from both sides of the face under the chin, deepest towards one side.
    centre = 0.45 * cut.side
    sag = length - 0.05 * (1 - np.cos(turn - centre))
    hang = 0.5 + 0.5 * np.sin(2 * np.pi * sag / rng.uniform(0.045, 0.070) + rng.uniform(0, 6.28))
    swags = hang**2.6 * np.exp(-(((turn - 0.5 * centre) / 1.0) ** 2)) * below
    # Down over the shoulders the cloth falls in ridges.
    falls = np.maximum(waves(spec.seed + 3, turn, 3.0 * length / 0.1, finest=7.0, terms=5) + 0.35, 0.0)
    aside = 1 - np.exp(-(((turn - 0.5 * centre) / 0.8) ** 2))
    # The upper layer: from one temple's side under the chin to the other shoulder.
    across = cut.side * turn
    border = 0.05 + 0.12 * np.clip((across + 1.6) / 2.6, 0.0, 1.2) ** 1.3
    layer = np.clip((border - length) / 0.004, 0.0, 1.0) * np.clip((2.5 - np.abs(turn)) / 0.9, 0.0, 1.0)
    # Over the head it lies in a few long soft folds.
    soft = np.maximum(waves(spec.seed + 4, turn, 2.0 * length / 0.1, finest=4.0, terms=4), 0.0)
    return np.asarray(
        0.006 * soft * (1 - below) * np.clip(length / 0.03, 0, 1)
        + 0.0048 * pleats
        + 0.020 * swags
        + 0.013 * falls * aside * below
        + 0.0080 * layer * np.clip(length / 0.02, 0, 1)
    )


def _patterned(cloth: Sheet, seed: int) -> Sheet:
    """Return the cloth with its threads slanting over the head: no stripe follows the opening."""
    slant = np.random.default_rng(seed + 5).uniform(0.3, 1.2)
    x, y, z = cloth.vertices_head.T
    across, along = x + 0.5 * z, y - 0.4 * z
    c, s = np.cos(slant), np.sin(slant)
    return cloth._replace(weave=np.column_stack([c * across - s * along, s * across + c * along, np.zeros(len(x))]))


def _cap(cut: _Cut, head: Chart) -> Sheet:
    """Return the band of the cap under the scarf, above the forehead."""
    turn = np.linspace(np.pi - 1.25, np.pi + 1.25, 40)
    row, azimuth = _opening(cut, turn)
    rows = row[None] + np.linspace(0.085, -0.06, 8)[:, None] * np.maximum(-np.cos(turn), 0.0)[None] ** 0.7
    skin, out = head.at(rows, np.broadcast_to(azimuth, rows.shape))
    band = skin + 0.0028 * out
    band = np.concatenate([skin[:1] - 0.004 * out[:1], band])
    return sheet(band[:, ::-1], closed=False)


def _everywhere_below() -> np.ndarray:
    """Return a rim far down: no hair is seen below a hijab but what would grow on the face."""
    low = np.zeros((SKULL_COLUMNS, 3))
    low[:, 0], low[:, 2] = np.sin(SKULL_AZIMUTH), -np.cos(SKULL_AZIMUTH)
    return np.asarray(0.1 * low + [0.0, 1.0, 0.07])
