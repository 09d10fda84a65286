"""The skin about one eye: a dense patch from the lid margin to brow and cheek, refitted to the eye at every gaze.

The head's mesh gives rings of 28 vertices about each eye (assets/head.py).  Rings 3 to 11 span a uniform bicubic
B-spline, which is the mesh's own subdivision surface, so the patch joins the rest of the head at ring 11 without a seam
(assets/subdivision.py).  Inside, three things move it, in this order:

1. anchoring: its edge is carried to the lid margins that the person's measures ask for (assets/lids.py), and the skin
   follows, less and less towards ring 11;
2. motion: gaze, blink and squint carry the margins further; the skin between margin and crease goes along almost fully,
   the skin beyond hardly, as lids fold and unfold;
3. support: nothing lies deeper than the eye's surface plus the lid's own thickness.  So nothing ever pokes through.

Frame `orbit` as in assets/lids.py: x temporal, y up, z forward, from the rotation centre; metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int

from assets.eyeball import Eyeball, surface_radius_m
from assets.head import INNER_CANTHUS, OUTER_CANTHUS
from assets.lids import Gazing, margin_curve, support_radius_m
from assets.person import EyeSpec, LidSpec
from assets.subdivision import bspline_rows

COLUMNS = 112
EDGE_RING, JOIN_RING = 3, 11
_RING_COLUMNS = 28
# Dense where lids fold: above the crease, about ring 8.5.
_ROW_RINGS = np.concatenate([np.linspace(3.0, 7.5, 15), np.linspace(7.5, 9.5, 15)[1:], np.linspace(9.5, 11.0, 8)[1:]])
MARGIN_ROWS = 4
"""Rows of the margin's face; the row after them lies on its front lip, where lashes grow."""
_FLOOR_ROWS = 6
_RIM_TURN = np.radians([0.0, 24.0, 44.0, 62.0, 78.0])
_WET = np.array([1.0, 1.0, 0.9, 0.6, 0.25])
"""The wet part of the margin ends where its lip begins to turn: the muco-cutaneous junction."""
_UNROLLS = 0.6
"""Part of the fold that a lid takes along when it comes down by 8 mm."""
_REACH_M = 2.2e-3
"""How far from the outer corner's margin, at most, the white leaves the globe."""
_HOLLOW = 0.75
"""How far the white keeps to the globe's plane, of its way to the outer corner."""


@dataclass(frozen=True)
class Orbit:
    """One eye's skin; rows run outwards, columns as the head's rings: inner canthus, upper lid, outer, lower lid.

    Attributes:
        skin: (rows, 112, 3) from the inner edge of the margin to ring 11.
        rest: Same shape: where that skin lies with the eye at rest, for textures that stick to it.
        margin_m: (rows, 112) distance from the outer edge of the margin along the skin, 0 on the margin itself.
        wet: (rows, 112) 1 on the margin's face, 0 on skin.
        floor: (6, 112, 3) conjunctiva from the margin's inner edge down to the eye: caruncle at the inner corner, the
            white's own continuation at the outer one, hidden elsewhere.
        tear: (3, 112, 3) the meniscus, a strip of water between margin and eye.
        outward: (112, 3) unit vectors away from the opening, along the eye, at the margin.
        xi: (112,) place along the lid, -1 inner to +1 outer canthus; upper is columns 0..56.
    """

    skin: Float[np.ndarray, "r 112 3"]
    rest: Float[np.ndarray, "r 112 3"]
    margin_m: Float[np.ndarray, "r 112"]
    wet: Float[np.ndarray, "r 112"]
    floor: Float[np.ndarray, "6 112 3"]
    tear: Float[np.ndarray, "3 112 3"]
    outward: Float[np.ndarray, "112 3"]
    xi: Float[np.ndarray, "112"]


@lru_cache(maxsize=1)
def _weights() -> tuple[np.ndarray, np.ndarray]:
    rows = bspline_rows(_ROW_RINGS, 13, periodic=False)
    columns = bspline_rows(np.arange(COLUMNS) * (_RING_COLUMNS / COLUMNS), _RING_COLUMNS, periodic=True)
    return rows, columns


def _patch(rings: Float[np.ndarray, "13 28 3"]) -> Float[np.ndarray, "r 112 3"]:
    rows, columns = _weights()
    return np.einsum("ra,cb,abk->rck", rows, columns, rings, optimize=True)


def untouched_patch(
    rings_head: Float[np.ndarray, "13 28 3"],
) -> tuple[Float[np.ndarray, "r 112 3"], Float[np.ndarray, " r"]]:
    """Return where the rows of `Orbit.skin` lie on the untouched mesh, and how near the eye each is, 1 to 0.

    Args:
        rings_head: The rings of the untouched mesh about one eye.
    """
    patch = _patch(rings_head)
    rings = np.concatenate([np.full(MARGIN_ROWS, _ROW_RINGS[0]), _ROW_RINGS])
    return np.concatenate([np.repeat(patch[:1], MARGIN_ROWS, axis=0), patch]), _smooth((JOIN_RING - rings) / 4.0)


UPPER = np.arange(COLUMNS) <= COLUMNS // 2
"""Which columns belong to the upper lid; both canthi count as upper."""


def _unit(v: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def _smooth(t: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    t = np.clip(t, 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def _margin(spec: EyeSpec, ball: Eyeball, gazing: Gazing, xi: Float[np.ndarray, "112"]) -> Float[np.ndarray, "112 3"]:
    """Inner edge of the margin at every column."""
    out = np.empty((COLUMNS, 3))
    out[UPPER] = margin_curve(spec, ball, gazing, xi[UPPER], upper=True)
    out[~UPPER] = margin_curve(spec, ball, gazing, xi[~UPPER], upper=False)
    return out


def _columns_xi(edge: Float[np.ndarray, "112 3"]) -> Float[np.ndarray, "112"]:
    """Place of each column along the lids, from where the mesh has it; monotone on both lids by construction."""
    x = edge[:, 0]
    inner, outer = x[0], x[COLUMNS // 2]
    xi = -1.0 + 2.0 * (x - inner) / (outer - inner)
    even = np.concatenate([np.linspace(-1, 1, COLUMNS // 2 + 1), np.linspace(1, -1, COLUMNS // 2 + 1)[1:-1]])
    up = np.maximum.accumulate(np.clip(xi[UPPER], -1, 1))
    down = np.minimum.accumulate(np.clip(xi[~UPPER], -1, 1))
    return 0.5 * np.concatenate([up, down]) + 0.5 * even


def build_orbit(spec: EyeSpec, ball: Eyeball, gazing: Gazing, rings_orbit: Float[np.ndarray, "13 28 3"]) -> Orbit:
    """Return the skin about an eye that looks as `gazing` says.

    Args:
        spec: The eye and its lids.
        ball: The eyeball's surfaces.
        gazing: Direction of the optical axis.
        rings_orbit: The head's rings about this eye, shaped, in `orbit`.
    """
    base = _patch(rings_orbit)
    xi = _columns_xi(base[0])
    along = _along(base)
    share = along / along[-1]

    straight = Gazing(0.0, 0.0)
    rest_spec = _at_rest(spec)
    rest_margin = _margin(rest_spec, ball, straight, xi)
    margin = _margin(spec, ball, gazing, xi)
    outward = _outward(rest_margin)
    rest_rim = _rim(spec.lids, rest_margin, outward, xi)
    rim = _rim(spec.lids, margin, outward, xi)
    rest_face, rest_edge, face, edge = rest_rim[:-1], rest_rim[-1], rim[:-1], rim[-1]

    anchor = (1.0 - _smooth(share / 0.97))[..., None]
    anchored = base + anchor * (rest_edge - base[0])
    anchored = _relief(spec, xi, anchored, share)
    rest_skin = _supported(spec, ball, straight, anchored, share)
    fold = _fold(spec.lids, xi, rest_skin, share)
    # Motion fades quickly to the crease, then slowly: pretarsal skin rides on the lid, the rest is drawn after it.
    crease = np.clip(spec.lids.crease_height_m / 8e-3, 0.3, 1.0) * 0.22
    fast, slow = 1.0 - _smooth(share / (2.2 * crease)), 1.0 - _smooth(share / 0.9)
    ride = np.where(UPPER, 0.55 * fast + 0.45 * slow, 0.25 * fast + 0.75 * slow)[..., None]
    # A lid that comes down draws the fold's skin along and flattens it.
    unrolled = _UNROLLS * _smooth((rest_edge[:, 1] - edge[:, 1]) / 8e-3)[:, None]
    moved = anchored + (1.0 - unrolled) * fold + ride * (edge - rest_edge)
    rest_skin = rest_skin + fold
    # A lid that rises takes the fold up with it: its skin never hangs over the lashes.
    over = moved[..., 1] - edge[:, 1]
    room = np.minimum(0.4 * _along(moved), 0.5e-3) + 1e-9
    held = 0.5 * (over + room + np.sqrt((over - room) ** 2 + (0.4e-3) ** 2))
    moved[..., 1] += UPPER * _folded(xi, share) * (held - over)
    skin = _supported(spec, ball, gazing, moved, share)
    skin[0], rest_skin[0] = edge, rest_edge
    skin[-1] = base[-1]

    distance = _along(skin)
    floor, spans = _floor(spec.lids, ball, gazing, margin, outward, xi)
    return Orbit(
        skin=np.concatenate([face, skin]),
        rest=np.concatenate([rest_face, rest_skin]),
        margin_m=np.concatenate([np.zeros((len(face), COLUMNS)), distance]),
        wet=np.concatenate([np.repeat(_WET[:-1, None], COLUMNS, axis=1), (distance < 1e-9) * _WET[-1]]),
        floor=floor,
        tear=_tear(ball, gazing, margin, face, outward, floor, spans),
        outward=_outward(margin),
        xi=xi,
    )


def _at_rest(spec: EyeSpec) -> EyeSpec:
    return EyeSpec(spec.ball, spec.lids, spec.iris, spec.lashes, spec.offset_head_m, 0.0, 0.0)


def _outward(margin: Float[np.ndarray, "112 3"]) -> Float[np.ndarray, "112 3"]:
    """Direction away from the opening, along the eye's surface: up for the upper lid, sideways at the canthi."""
    tangent = _unit(np.roll(margin, -1, axis=0) - np.roll(margin, 1, axis=0))
    radial = _unit(margin)
    out = np.cross(radial, tangent)
    # Columns run inner, top, outer, bottom; seen from the front in (x, y) that is clockwise, so this points outwards.
    return _unit(out - radial * np.sum(out * radial, axis=-1, keepdims=True))


def _rim(
    lids: LidSpec,
    margin: Float[np.ndarray, "112 3"],
    outward: Float[np.ndarray, "112 3"],
    xi: Float[np.ndarray, "112"],
) -> Float[np.ndarray, "5 112 3"]:
    """The margin's face, from its sharp inner edge over the rounded front lip to the row where lashes grow.

    A quarter of an ellipse: it leaves the eye at right angles and ends along the lid's skin.  The upper lid's is tilted
    towards the opening, so that its face is seen from below only; both are thinner at the corners.
    """
    middle = (1.0 - np.abs(xi) ** 4)[:, None]
    thick = lids.margin_thickness_m * (0.65 + 0.25 * middle)
    tilt = np.where(UPPER, 0.25, 0.05)[:, None] * middle
    lip = lids.margin_thickness_m * np.where(UPPER, 0.30, 0.36)[:, None]
    turn = _RIM_TURN[:, None, None]
    return margin + np.sin(turn) * thick * (_unit(margin) - tilt * outward) + (1.0 - np.cos(turn)) * lip * outward


def _supported(
    spec: EyeSpec, ball: Eyeball, gazing: Gazing, skin: Float[np.ndarray, "r 112 3"], share: Float[np.ndarray, "r 112"]
) -> Float[np.ndarray, "r 112 3"]:
    """Push skin out to the eye's surface plus a lid's thickness, by a smooth maximum."""
    radius = np.linalg.norm(skin, axis=-1)
    direction = skin / radius[..., None]
    thick = spec.lids.margin_thickness_m * (1.0 + 0.25 * _smooth(share / 0.15)) * (1.0 - _smooth((share - 0.8) / 0.2))
    least = support_radius_m(ball, gazing, direction) + thick
    width = 0.6e-3 * _smooth(share / 0.1) * (1.0 - _smooth((share - 0.8) / 0.2))
    pushed = 0.5 * (radius + least + np.sqrt((radius - least) ** 2 + width**2))
    return direction * np.maximum(pushed, least)[..., None]


def _along(skin: Float[np.ndarray, "r 112 3"]) -> Float[np.ndarray, "r 112"]:
    """Distance from the first row."""
    return np.concatenate([np.zeros((1, COLUMNS)), np.cumsum(np.linalg.norm(np.diff(skin, axis=0), axis=-1), axis=0)])


def _crease_m(lids: LidSpec, xi: Float[np.ndarray, "112"]) -> Float[np.ndarray, "112"]:
    return lids.crease_height_m * (0.45 + 0.55 * (1.0 - np.abs(xi - 0.1) ** 2.5).clip(0, 1))


def _folded(xi: Float[np.ndarray, "112"], share: Float[np.ndarray, "r 112"]) -> Float[np.ndarray, "r 112"]:
    """How much folds show: nothing is left at the corners and at ring 11, where the head's own surface goes on."""
    return (1.0 - np.abs(xi) ** 4) * (1.0 - _smooth((share - 0.4) / 0.6))


def _relief(
    spec: EyeSpec, xi: Float[np.ndarray, "112"], skin: Float[np.ndarray, "r 112 3"], share: Float[np.ndarray, "r 112"]
) -> Float[np.ndarray, "r 112 3"]:
    """Model the crease's groove, the bag below the lower lid and the epicanthus."""
    lids = spec.lids
    distance = _along(skin)
    folded = _folded(xi, share)
    groove = np.exp(-(((distance - _crease_m(lids, xi)) / 0.5e-3) ** 2)) * (lids.crease_height_m > 0)
    furrow = np.exp(-(((distance - 4.5e-3) / 0.8e-3) ** 2))
    bag = np.exp(-(((distance - 9e-3) / 4e-3) ** 2))
    out = folded * np.where(UPPER, -lids.crease_depth_m * groove, lids.bag_m * bag - 0.2e-3 * furrow)
    inner = np.exp(-(((xi + 1.0) / 0.22) ** 2))[None] * np.exp(-(((distance - 2e-3) / 2.5e-3) ** 2))
    out = out + 1.5e-3 * lids.epicanthus * inner
    skin = skin + out[..., None] * _unit(skin)
    skin[..., 0] += 2.0e-3 * lids.epicanthus * inner
    return skin


def _fold(
    lids: LidSpec, xi: Float[np.ndarray, "112"], skin: Float[np.ndarray, "r 112 3"], share: Float[np.ndarray, "r 112"]
) -> Float[np.ndarray, "r 112 3"]:
    """Return how loose skin above the crease of a lid at rest is displaced: forward, and down over the crease.

    It rises steeply and runs out over 8 mm, hangs most towards the temple, and rests on the lid before it gets to the
    lashes.
    """
    distance = _along(skin)
    over = np.clip((distance - _crease_m(lids, xi)) / 8e-3, 0.0, 1.0)
    full = UPPER * _folded(xi, share) * lids.fold_fullness_m * np.sin(np.pi * over**0.45)
    least = 0.6 * distance + 1e-9
    hang = least * np.tanh(full * (1.8 + 0.5 * xi) / least)
    # Near the lashes it lies flat, or they would grow into it.
    flat = 0.4 * distance + 1e-9
    added = (flat * np.tanh(full / flat))[..., None] * _unit(skin)
    added[..., 1] -= hang
    return added


def caruncle_weight(xi: Float[np.ndarray, "112"]) -> Float[np.ndarray, "112"]:
    """Return 1 at the inner canthus, falling to 0 over the nasal sixth of the lids."""
    return np.exp(-(((xi + 1.0) / 0.17) ** 2))


def _floor(
    lids: LidSpec,
    ball: Eyeball,
    gazing: Gazing,
    margin: Float[np.ndarray, "112 3"],
    outward: Float[np.ndarray, "112 3"],
    xi: Float[np.ndarray, "112"],
) -> tuple[Float[np.ndarray, "6 112 3"], Float[np.ndarray, "112"]]:
    """Conjunctiva: from the margin's inner edge it dives under the lid, but fills both corners.

    At the inner corner it is the plica.  At the outer one, where the lids stand off the globe, it leaves that along
    its surface and rises to the margin, so that white runs on into the corner without a step.  Also returned: how much
    of that there is at each column, 0 to 1.
    """
    nose = caruncle_weight(xi)[:, None]
    # Temporal, alike for both lids, so that what starts at the upper margin never crosses what starts at the lower.
    target = margin + outward * 0.9e-3 * (1.0 - nose)
    target = target + nose * np.stack([np.full(COLUMNS, 3.6e-3), 0.15 * (margin[0, 1] - margin[:, 1]), 0 * xi], -1)
    bed = _on_globe(ball, gazing, _unit(target), -0.35e-3)
    t = np.linspace(0.0, 1.0, _FLOOR_ROWS)[:, None, None]
    plump = np.sin(np.pi * t**0.8) * lids.caruncle_m * 0.5 * nose**2 * np.array([0.2, 0.0, 0.98])
    dive = (1 - t) * margin + t * bed + plump

    under = _on_globe(ball, gazing, _unit(margin), 0.0)
    stand_off = np.linalg.norm(margin - under, axis=-1)
    spans = _smooth((stand_off - 0.3e-3) / 0.7e-3) * _smooth((xi - 0.25) / 0.35)
    # It must not cover the iris: the limbus is as near as it gets.
    room = np.linalg.norm(under, axis=-1) * np.maximum(_off_axis(gazing, _unit(margin)) - ball.limbus_angle_rad, 0.0)
    # No further for the corner itself than beside it, or a ridge would run into the corner.
    reach = _REACH_M * np.tanh(1.3 * stand_off / _REACH_M)
    turn = np.minimum(reach, 0.8 * room) / np.linalg.norm(under, axis=-1)
    cos, sin = np.cos(turn), np.sin(turn)
    nasal = np.stack([under[:, 0] * cos - under[:, 2] * sin, under[:, 1], under[:, 2] * cos + under[:, 0] * sin], -1)
    landing = _on_globe(ball, gazing, _unit(nasal), 0.0)
    normal = _unit(landing - ball.offset_m * gazing.axis_orbit)
    rise = margin - landing
    along = rise - np.sum(rise * normal, axis=-1, keepdims=True) * normal
    control = landing + _HOLLOW * along
    t = t / t[-2]
    span = (1 - t) ** 2 * margin + 2 * t * (1 - t) * control + t**2 * landing
    span[-1] = _on_globe(ball, gazing, _unit(landing - 0.2 * along), -0.35e-3)
    return dive + spans[:, None] * (span - dive), spans


def _off_axis(gazing: Gazing, direction: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n"]:
    axis = gazing.axis_orbit
    return np.asarray(np.arctan2(np.linalg.norm(np.cross(direction, axis), axis=-1), direction @ axis))


def _on_globe(
    ball: Eyeball, gazing: Gazing, direction: Float[np.ndarray, "*n 3"], height_m: float
) -> Float[np.ndarray, "*n 3"]:
    """Points at a height over the eye's surface."""
    return direction * (surface_radius_m(ball, _off_axis(gazing, direction)) + height_m)[..., None]


def _tear(
    ball: Eyeball,
    gazing: Gazing,
    margin: Float[np.ndarray, "112 3"],
    face: Float[np.ndarray, "4 112 3"],
    outward: Float[np.ndarray, "112 3"],
    floor: Float[np.ndarray, "6 112 3"],
    spans: Float[np.ndarray, "112"],
) -> Float[np.ndarray, "3 112 3"]:
    """A concave strip of water, a third of a millimetre high, where margin and eye meet."""
    gap = np.linalg.norm(margin - margin[(-np.arange(COLUMNS)) % COLUMNS], axis=-1)
    reach = np.minimum(0.35e-3, 0.3 * gap)[:, None]
    on_lid = margin + 0.6 * (face[1] - margin)
    direction = _unit(margin - outward * reach)
    eye = np.linalg.norm(_on_globe(ball, gazing, direction, -1e-5), axis=-1)
    on_eye = direction * np.maximum(eye, np.linalg.norm(margin, axis=-1) - 0.4e-3)[:, None]
    # At the outer corner it wets what lines the lids there.
    on_lining = floor[0] + 0.5 * (floor[1] - floor[0])
    on_eye = on_eye + spans[:, None] * (on_lining - on_eye)
    middle = 0.5 * (on_lid + on_eye) - 0.08e-3 * _unit(margin)
    return np.stack([on_lid, middle, on_eye])


@lru_cache(maxsize=8)
def strip_faces(rows: int) -> Int[np.ndarray, "f 4"]:
    """Quads of a closed strip of `rows` x 112 points, facing outwards when its rows run away from the opening."""
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(COLUMNS), indexing="ij")
    nxt = (j + 1) % COLUMNS
    quads = [i * COLUMNS + j, i * COLUMNS + nxt, (i + 1) * COLUMNS + nxt, (i + 1) * COLUMNS + j]
    return np.stack(quads, -1).reshape(-1, 4)


def flipped(faces: Int[np.ndarray, "f 4"]) -> Int[np.ndarray, "f 4"]:
    """Turn quads and triangles round; a triangle keeps its repeated index last."""
    triangle = faces[:, 2] == faces[:, 3]
    out = faces[:, ::-1].copy()
    out[triangle] = faces[triangle][:, [2, 1, 0, 0]]
    return out


__all__ = [
    "COLUMNS",
    "INNER_CANTHUS",
    "JOIN_RING",
    "MARGIN_ROWS",
    "OUTER_CANTHUS",
    "UPPER",
    "Orbit",
    "build_orbit",
    "caruncle_weight",
    "strip_faces",
]
