"""Teeth and gums: twenty-eight crowns along the arches that the head's own rows of teeth lay out.

The head's rows (`teeth_upper`, `teeth_lower`) are plain bands: each is a strip of 4 x 17 vertices, from the gum in
front over the biting edge to the palate behind.  They say where arch and edge are in this person's shape; the crowns
stand inside them.  Proportions of the crowns: means of adult teeth (Ash & Nelson, Wheeler's Dental Anatomy), scaled to
the arch.  Uppers are fixed to the skull; lowers are built at rest and carried by the rigid motion that fits the jaw's.

Frame `head`: y to the chin, z into the head; metres.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int
from scipy.interpolate import CubicSpline

from assets.head import load_head

UPPER_WIDTH_MM = np.array([8.5, 6.5, 7.5, 7.0, 7.0, 10.0, 9.0])
LOWER_WIDTH_MM = np.array([5.0, 5.5, 7.0, 7.0, 7.0, 11.0, 10.5])
"""Mesiodistal, from the middle outwards: two incisors, a canine, two premolars, two molars."""
_HEIGHT_MM = {
    "upper": np.array([10.5, 9.0, 10.0, 8.5, 8.5, 7.5, 7.0]),
    "lower": np.array([9.0, 9.5, 11.0, 8.5, 8.0, 7.5, 7.0]),
}
_DEPTH_MM = {
    "upper": np.array([7.0, 6.0, 8.0, 9.0, 9.0, 11.0, 11.0]),
    "lower": np.array([6.0, 6.5, 7.5, 7.5, 8.0, 10.0, 10.0]),
}
"""Labiolingual, at the neck of front teeth and all along back teeth."""
_TAKEN = 0.85
"""Part of the arch that the teeth fill: the bands are longer than a row of human teeth."""
_INSET_M = {"upper": -1.0e-3, "lower": 1.5e-3}
"""Labial faces behind the band's edge: near the lips, and lower teeth behind the upper ones."""
_NARROWER_M = 3.5e-3
"""More of that beside the front teeth, for the corners of a laughing mouth are drawn back over the bands."""
_LIFT_M = {"upper": 1.4e-3, "lower": 0.9e-3}
"""Edges beyond the band's: the lower incisors' stand a millimetre behind the upper ones'."""
_LEAN = 0.3
AROUND = 14
_COLUMNS, _ROWS = 17, 4
_GUM_STEPS = 8
"""Columns of gum a tooth."""
_NECK, _PAPILLA = 0.06, 0.42
"""Where the gum ends, of a crown's height: in its middle, and how much nearer to the edge between two."""
_LEVEL = (-0.35, 0.0, 0.2, 0.45, 0.7, 0.88, 0.97, 1.0, 0.985)
"""Rings of a crown: 0 the neck, 1 the edge; the last one closes it."""
_WIDE = (
    (0.66, 0.78, 0.88, 0.96, 1.00, 0.99, 0.95, 0.84, 0.02),
    (0.66, 0.78, 0.88, 0.96, 1.00, 0.97, 0.88, 0.70, 0.02),
    (0.66, 0.80, 0.90, 0.99, 0.98, 0.78, 0.52, 0.30, 0.02),
    (0.70, 0.82, 0.92, 0.99, 1.00, 0.95, 0.84, 0.62, 0.02),
)
"""Half widths by kind: central and lateral incisor, canine, back teeth."""
_DEEP = (
    (0.75, 1.00, 0.92, 0.70, 0.45, 0.28, 0.20, 0.13, 0.02),
    (0.75, 1.00, 0.92, 0.70, 0.45, 0.28, 0.20, 0.13, 0.02),
    (0.75, 1.00, 0.97, 0.80, 0.55, 0.36, 0.24, 0.15, 0.02),
    (0.80, 0.92, 1.00, 1.00, 0.95, 0.85, 0.74, 0.52, 0.02),
)


@dataclass(frozen=True)
class Jaw:
    """The crowns and the gum of one jaw.

    Attributes:
        crowns_head: (14 teeth, r, a, 3) rings from below the gum to the edge, the last one shrunk to a point.
        gum_head: (8, c, 3) a strip, rows from the lip's side over the ridge to the tongue's side.
    """

    crowns_head: Float[np.ndarray, "14 r a 3"]
    gum_head: Float[np.ndarray, "8 c 3"]


@lru_cache(maxsize=2)
def band(jaw: str) -> Int[np.ndarray, "4 17"]:
    """Return the head's vertices of one row of teeth: the lip's side first, columns from right to left."""
    head = load_head()
    faces = head.faces[head.in_groups(f"teeth_{jaw}")]
    edges = Counter(frozenset((int(a), int(b))) for f in faces for a, b in zip(f, np.roll(f, -1), strict=True))
    near: dict[int, set[int]] = {}
    border: dict[int, set[int]] = {}
    for ends, count in edges.items():
        for one in ends:
            near.setdefault(one, set()).update(ends - {one})
            if count == 1:
                border.setdefault(one, set()).update(ends - {one})
    corners = {v for v, others in near.items() if len(others) == 2}
    # Of the two corners at the right end the one on the lip's side lies further out.
    start = min(corners, key=lambda v: head.base_head[v, 0])
    seen: set[int] = set()
    grid = []
    for first in border[start]:
        row = [start, first]
        while row[-1] not in corners:
            row.append(next(iter(border[row[-1]] - set(row))))
        if len(row) == _COLUMNS:
            grid.append(row)
    while len(grid) < _ROWS:
        seen |= set(grid[-1])
        # Beyond a row each of its vertices has one neighbour that no row has yet.
        grid.append([next(iter(near[v] - seen)) for v in grid[-1]])
    return np.array(grid)


@dataclass(frozen=True, eq=False)
class _Arch:
    """Labial faces along one arch: `s` runs from the right end to the left one, metres."""

    edge: CubicSpline
    """Biting edge, on the labial face."""
    rise: CubicSpline
    """Unit vectors from the edge towards the gum, not normalised between the knots."""
    length_m: float

    def frame(self, s: Float[np.ndarray, " k"]) -> tuple[Float[np.ndarray, "k 3"], ...]:
        """Return edge, direction to the gum, tangent and outward normal; the last two lie level."""
        tangent = self.edge(s, 1) * [1.0, 0.0, 1.0]
        tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
        out = np.stack([tangent[:, 2], np.zeros(len(s)), -tangent[:, 0]], -1)
        rise = self.rise(s)
        return self.edge(s), rise / np.linalg.norm(rise, axis=1, keepdims=True), tangent, out


def _arch(jaw: str, band_head: Float[np.ndarray, "4 17 3"]) -> _Arch:
    edge, middle = band_head[2], band_head[1]
    steps = np.linalg.norm(np.diff(edge[:, [0, 2]], axis=0), axis=1)
    s = np.concatenate([[0.0], np.cumsum(steps)])
    rough = CubicSpline(s, edge)
    tangent = rough(s, 1) * [1.0, 0.0, 1.0]
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    out = np.stack([tangent[:, 2], np.zeros(len(s)), -tangent[:, 0]], -1)
    rise = middle - edge
    # The bands lean back at the edge more than teeth do.
    rise -= (1.0 - _LEAN) * np.sum(rise * out, axis=1, keepdims=True) * out
    rise /= np.linalg.norm(rise, axis=1, keepdims=True)
    aside = np.clip((np.abs(2.0 * s / s[-1] - 1.0) - 0.12) / 0.38, 0.0, 1.0)
    inset = _INSET_M[jaw] + _NARROWER_M * aside * aside * (3.0 - 2.0 * aside)
    moved = edge - inset[:, None] * out - _LIFT_M[jaw] * rise
    steps = np.linalg.norm(np.diff(moved[:, [0, 2]], axis=0), axis=1)
    s = np.concatenate([[0.0], np.cumsum(steps)])
    return _Arch(CubicSpline(s, moved), CubicSpline(s, rise), float(s[-1]))


def build_jaw(jaw: str, band_head: Float[np.ndarray, "4 17 3"]) -> Jaw:
    """Return crowns and gum of one jaw at rest.

    Args:
        jaw: upper or lower.
        band_head: The head's row of teeth in this person's shape, at rest; as `band` orders it.
    """
    arch = _arch(jaw, band_head)
    half = UPPER_WIDTH_MM if jaw == "upper" else LOWER_WIDTH_MM
    scale = _TAKEN * arch.length_m / (2.0 * half.sum())
    width, height, depth = (scale * np.concatenate([v[::-1], v]) for v in (half, _HEIGHT_MM[jaw], _DEPTH_MM[jaw]))
    ends = 0.5 * arch.length_m + np.concatenate([[0.0], np.cumsum(width)]) - 0.5 * width.sum()
    middle = 0.5 * (ends[1:] + ends[:-1])
    kind = np.abs(np.arange(14) - 6.5).astype(int)  # 0, 1 incisors, 2 canine, 3 to 6 back teeth
    return Jaw(
        _crowns(arch, middle, width, height, depth, kind),
        _gum(arch, ends, middle, height, depth),
    )


def _crowns(
    arch: _Arch,
    middle: Float[np.ndarray, "14"],
    width: Float[np.ndarray, "14"],
    height: Float[np.ndarray, "14"],
    depth: Float[np.ndarray, "14"],
    kind: Int[np.ndarray, "14"],
) -> Float[np.ndarray, "14 r a 3"]:
    edge, rise, tangent, out = arch.frame(middle)
    level = np.array(_LEVEL)
    wide = np.stack([np.array(_WIDE[min(k, 3)]) for k in kind]) * 0.5 * width[:, None]
    deep = np.stack([np.array(_DEEP[min(k, 3)]) for k in kind]) * 0.5 * depth[:, None]
    # A labial face is a little convex, from neck to edge and from side to side.
    belly = 0.045 * height[:, None] * (1.0 - ((level - 0.45) / 0.8) ** 2)
    front = edge[:, None] + ((1.0 - level) * height[:, None])[..., None] * rise[:, None]
    centre = front + (belly - deep)[..., None] * out[:, None]
    turn = 2.0 * np.pi * np.arange(AROUND) / AROUND
    across = np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** 0.7
    along = np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** 0.7
    return np.asarray(
        centre[:, :, None]
        + (wide[..., None] * across)[..., None] * tangent[:, None, None]
        + (deep[..., None] * along)[..., None] * out[:, None, None]
    )


def _gum(
    arch: _Arch,
    ends: Float[np.ndarray, "15"],
    middle: Float[np.ndarray, "14"],
    height: Float[np.ndarray, "14"],
    depth: Float[np.ndarray, "14"],
) -> Float[np.ndarray, "8 c 3"]:
    """A ridge out of which the crowns stand, higher between them."""
    t = np.arange(14 * _GUM_STEPS + 1) / _GUM_STEPS
    s = np.interp(t, np.arange(15), ends)
    edge, rise, _, out = arch.frame(s)
    high, deep = np.interp(s, middle, height), np.interp(s, middle, depth)
    between = np.abs(2.0 * (t - np.floor(t)) - 1.0) ** 2.5
    margin = _NECK + _PAPILLA * between
    none = np.zeros(len(s))
    rows = [
        (none - 1.1, none + 0.1e-3),
        (none - 0.45, none + 0.5e-3),
        (margin - 0.22, none + 0.75e-3 - 0.35e-3 * between),
        (margin - 0.03, none + 0.35e-3 - 0.45e-3 * between),
        (margin, -0.4 * deep),
        (none + 0.05, -1.02 * deep),
        (none - 0.3, -1.02 * deep - 0.8e-3),
        (none - 1.0, -1.02 * deep - 2.0e-3),
    ]
    return np.stack([edge + ((1.0 - h) * high)[:, None] * rise + away[:, None] * out for h, away in rows])


def carried(
    points: Float[np.ndarray, "*n 3"], rest: Float[np.ndarray, "m 3"], moved: Float[np.ndarray, "m 3"]
) -> Float[np.ndarray, "*n 3"]:
    """Move points by the rigid motion that best carries `rest` to `moved` (Kabsch 1976)."""
    about, to = rest.mean(axis=0), moved.mean(axis=0)
    u, _, vt = np.linalg.svd((rest - about).T @ (moved - to))
    turn = u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))]) @ vt
    return np.asarray((points - about) @ turn + to)


Mesh = tuple[Float[np.ndarray, "_ 3"], Int[np.ndarray, "_ 4"]]


def both_jaws(rest_head: Float[np.ndarray, "v 3"], moved_head: Float[np.ndarray, "v 3"]) -> tuple[Mesh, Mesh]:
    """Return vertices and faces of all crowns and of both gums: the upper jaw at rest, the lower one carried along.

    Args:
        rest_head: Vertices of the head's mesh without an expression.
        moved_head: The same with it.
    """
    crowns: list[Float[np.ndarray, "n 3"]] = []
    gums: list[Float[np.ndarray, "n 3"]] = []
    for jaw in ("upper", "lower"):
        row = band(jaw)
        made = build_jaw(jaw, rest_head[row])
        for points, known in ((made.crowns_head, crowns), (made.gum_head, gums)):
            if jaw == "lower":
                points = carried(points, rest_head[row].reshape(-1, 3), moved_head[row].reshape(-1, 3))
            known.append(points.reshape(-1, 3))
    # A lower jaw's rings run up where an upper one's run down: its faces turn round.
    crown, gum = _stacked(crown_faces(), 14), gum_faces()
    return (
        (np.concatenate(crowns), np.concatenate([crown, crown[:, ::-1] + len(crowns[0])])),
        (np.concatenate(gums), np.concatenate([gum[:, ::-1], gum + len(gums[0])])),
    )


def _stacked(faces: Int[np.ndarray, "f 4"], count: int) -> Int[np.ndarray, "g 4"]:
    each = int(faces.max()) + 1
    return np.concatenate([faces + i * each for i in range(count)])


@lru_cache(maxsize=1)
def crown_faces() -> Int[np.ndarray, "f 4"]:
    """Return the faces of one crown, whose rings were flattened; counter-clockwise from outside."""
    row, column = np.divmod(np.arange((len(_LEVEL) - 1) * AROUND), AROUND)
    a, b = row * AROUND + column, row * AROUND + (column + 1) % AROUND
    return np.stack([a, b, b + AROUND, a + AROUND], -1)


@lru_cache(maxsize=1)
def gum_faces() -> Int[np.ndarray, "f 4"]:
    """Return the faces of a gum, whose rows were flattened."""
    columns = 14 * _GUM_STEPS + 1
    row, column = np.divmod(np.arange(7 * (columns - 1)), columns - 1)
    a = row * columns + column
    return np.stack([a, a + 1, a + columns + 1, a + columns], -1)
