"""Clothes of the upper body, cut from the torso's chart.

Every garment reaches from its neckline, whose hem is turned in under the skin, to where the added body ends.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from assets.wear.collar import lapels, leaf_collar, placket
from assets.wear.fabric import Field, Grid, Sheet, draped, grid_faces, joined, sheet, waves
from assets.wear.rolls import hood, strings
from assets.wear.spec import ClothingSpec
from assets.wear.torso import AZIMUTH, COLUMNS, Torso

_ROWS = 38
_BODY_ROWS = _ROWS + 2
"""Of a garment's main piece: hem and edge before what falls."""
_TUCKED_M = 0.003
Neckline = Float[np.ndarray, " c"]


@dataclass(frozen=True)
class Cut:
    """How low the neckline runs, as `down` of the torso's chart, and how thick and wide the cloth is."""

    front: float
    side: float
    back: float
    vee: float = 0.0
    """How much lower a point in front is cut, and how wide (rad)."""
    vee_width: float = 0.5
    thick_m: float = 0.004
    rib: float = 0.0
    """Width of the knitted edge, as `down`."""
    folds_m: float = 0.008
    finest: float = 9.0
    calm_rad: float = 0.0
    """To this side of the middle the front lies flat, for what is folded or sewn on it."""


CUTS = {
    "t_shirt": Cut(0.43, 0.29, 0.22, thick_m=0.0035, rib=0.055, folds_m=0.008),
    "shirt": Cut(0.37, 0.23, 0.12, vee=0.22, vee_width=0.30, thick_m=0.004, folds_m=0.009, calm_rad=0.2),
    "hoodie": Cut(0.45, 0.28, 0.16, thick_m=0.008, folds_m=0.016, finest=6.0),
    "sweater": Cut(0.40, 0.27, 0.20, thick_m=0.007, rib=0.10, folds_m=0.010, finest=6.0),
    "turtleneck": Cut(0.10, 0.05, 0.06, thick_m=0.005, folds_m=0.009, finest=7.0),
    "jacket": Cut(0.40, 0.33, 0.22, vee=0.95, vee_width=0.42, thick_m=0.010, folds_m=0.008, finest=5.0, calm_rad=0.9),
    "under_jacket": Cut(0.37, 0.23, 0.12, thick_m=0.0035, folds_m=0.002),
    "dress": Cut(0.62, 0.60, 0.45, thick_m=0.003, folds_m=0.006),
}


class Hem(NamedTuple):
    """The lower end of a garment: a point for each of the torso's columns, and which are of what is worn under it."""

    points_head: Float[np.ndarray, "c 3"]
    under: Bool[np.ndarray, " c"]


@dataclass(frozen=True)
class Garment:
    """Cloth by its material: `cloth`, `cloth_under` (a jacket's shirt), `cloth_trim` (buttons, strings)."""

    pieces: dict[str, Sheet]
    edge: Neckline
    """`down` of the uppermost cloth that lies on the skin."""

    @property
    def hem(self) -> Hem:
        """Where the main piece, which every kind has first, ends below; and a jacket's shirt, where that is open."""
        last = slice((_BODY_ROWS - 1) * COLUMNS, _BODY_ROWS * COLUMNS)
        points = self.pieces["cloth"].vertices_head[last]
        if "cloth_under" not in self.pieces:
            return Hem(points, np.zeros(COLUMNS, dtype=bool))
        under = self.pieces["cloth_under"].vertices_head[last]
        middle = points.mean(axis=0)
        front = np.linalg.norm((under - middle)[:, [0, 2]], axis=1) > np.linalg.norm(
            (points - middle)[:, [0, 2]], axis=1
        )
        return Hem(np.where(front[:, None], under, points), front)


def neckline(cut: Cut, lower_m: float) -> Neckline:
    """Return `down` of the garment's edge at every column; `lower_m` lowers it in front."""
    c = np.cos(AZIMUTH)
    front = cut.front + 3.5 * lower_m
    down = cut.side + (front - cut.side) * np.maximum(c, 0) ** 1.4 + (cut.back - cut.side) * np.maximum(-c, 0) ** 1.4
    return np.asarray(down + cut.vee * np.maximum(0.0, 1 - np.abs(AZIMUTH) / cut.vee_width) ** 1.1)


def body(torso: Torso, cut: Cut, top: Neckline, spec: ClothingSpec) -> Sheet:
    """Return the garment's main piece: from the hem under the skin down."""
    fall = np.linspace(0.0, 1.0, _ROWS)[:, None] ** 1.25
    down = top[None, :] + fall * (2.0 - top[None, :])
    azimuth = np.broadcast_to(AZIMUTH, down.shape)
    skin, outward = torso.chart.at(down, azimuth)
    folds = waves(spec.seed, azimuth, down * 5.0, finest=1.6 * cut.finest, terms=6)
    loose = np.clip((down - top - 0.06) / 0.6, 0.0, 1.0) * _beyond(cut.calm_rad)
    amplitude = cut.folds_m * (0.5 + 0.8 * spec.looseness) * loose
    cloth = draped(skin, cut.thick_m + 0.012 * spec.looseness * loose**1.5, outward, closed=True, passes=6)
    cloth += (1.3 * amplitude * np.maximum(folds + 0.45, 0.0))[..., None] * outward
    rib = np.zeros(down.shape)
    if cut.rib:
        rib = np.clip((cut.rib - (down - top[None, :])) / 0.012, 0.0, 1.0)
        cloth += (0.0022 * rib)[..., None] * outward
    # The edge is as thick as the cloth and turned in, so that no gap opens to the skin.
    hem = cloth[:1] - (cut.thick_m + 0.004 + _TUCKED_M) * outward[:1]
    edge = cloth[:1] - 0.25 * cut.thick_m * outward[:1]
    points = np.concatenate([hem, edge, cloth])
    return Sheet(points.reshape(-1, 3), grid_faces(len(points), COLUMNS, closed=True), woven(points, rib))


def _beyond(calm_rad: float) -> Float[np.ndarray, " c"]:
    """Return 0 where a garment's front lies flat, 1 elsewhere."""
    return np.clip((np.abs(AZIMUTH) - calm_rad) / 0.3, 0.0, 1.0) if calm_rad else np.ones(COLUMNS)


def woven(points: Grid, rib: Field) -> Float[np.ndarray, "n 3"]:
    """Return lengths along a garment's cloth: its threads run down and across chest, back and sleeves alike."""
    x, y, z = np.moveaxis(points, -1, 0)
    rib = np.concatenate([rib[:1]] * (len(points) - len(rib)) + [rib])
    across, along = x + 0.7 * np.sign(x) * (z - 0.1), y + 0.15 * np.hypot(x, 0.06)
    # Ribs of an edge run away from the neck.
    across = np.where(rib > 0.5, np.broadcast_to(AZIMUTH, x.shape) * 0.08, across)
    return np.stack([across, along, rib], -1).reshape(-1, 3)


def build_clothing(spec: ClothingSpec, torso: Torso) -> Garment:
    """Return a garment on a person."""
    return _KINDS[spec.kind](spec, torso)


def _plain(spec: ClothingSpec, torso: Torso) -> Garment:
    cut = CUTS[spec.kind]
    top = neckline(cut, spec.neckline_m)
    return Garment({"cloth": body(torso, cut, top, spec)}, top)


def _turtleneck(spec: ClothingSpec, torso: Torso) -> Garment:
    """A sweater whose collar is folded over once: a second layer down to where the neck ends."""
    cut = CUTS["turtleneck"]
    top = neckline(cut, 0.0)
    roll = []
    # Out of the neck, round over the fold, down on the outside, and in to the neck below.
    profile = [(0.0, 0.004), (-0.012, 0.0075), (-0.008, 0.0115), (0.03, 0.0125), (0.12, 0.0125), (0.20, 0.0130)]
    profile += [(0.245, 0.0135), (0.26, 0.0110), (0.255, 0.0040)]
    waver = 0.012 * waves(spec.seed + 1, AZIMUTH[None], np.zeros((1, 1)), finest=4.0)[0]
    for extra, lift in profile:
        down = (top + extra + waver * max(extra, 0.0) * 4)[None]
        skin, outward = torso.chart.at(np.maximum(down, 0.0), AZIMUTH[None])
        roll.append((skin + lift * outward)[0])
    collar = sheet(np.stack(roll), closed=True)
    collar.weave[:, 2] = 1.0
    return Garment({"cloth": joined([body(torso, cut, top, spec), collar])}, top)


def _shirt(spec: ClothingSpec, torso: Torso) -> Garment:
    cut = CUTS["shirt"]
    top = neckline(cut, spec.neckline_m)
    strip, buttons = placket(torso, top, cut.thick_m)
    pieces = [body(torso, cut, top, spec), *leaf_collar(torso, top, cut.thick_m, open_rad=0.13), strip]
    return Garment({"cloth": joined(pieces), "cloth_trim": buttons}, top)


def _jacket(spec: ClothingSpec, torso: Torso) -> Garment:
    cut, under = CUTS["jacket"], CUTS["under_jacket"]
    top, below = neckline(cut, 0.0), neckline(under, 0.0)
    # What is worn under a jacket lies close, or it comes through where the jacket does.
    close = body(torso, under, below, replace(spec, looseness=0.0))
    shirt = joined([close, *leaf_collar(torso, below, under.thick_m, open_rad=0.10)])
    _, buttons = placket(torso, below, under.thick_m)
    cloth = joined([body(torso, cut, top, spec), *lapels(torso, top, cut.thick_m)])
    return Garment({"cloth": cloth, "cloth_under": shirt, "cloth_trim": buttons}, below)


def _hoodie(spec: ClothingSpec, torso: Torso) -> Garment:
    cut = CUTS["hoodie"]
    top = neckline(cut, 0.3 * spec.neckline_m)
    cloth = joined([body(torso, cut, top, spec), hood(torso, top, spec.seed)])
    return Garment({"cloth": cloth, "cloth_trim": strings(torso, top)}, top)


_KINDS: dict[str, Callable[[ClothingSpec, Torso], Garment]] = {
    "t_shirt": _plain,
    "sweater": _plain,
    "dress": _plain,
    "turtleneck": _turtleneck,
    "shirt": _shirt,
    "jacket": _jacket,
    "hoodie": _hoodie,
}
