"""A subject: the head with its two eyes as meshes and hairs, in frame `head`, ready to be drawn or measured.

Both readings of a scene start here: Blender draws the parts, the labels measure the very same vertices.  The frame's
origin is midway between the eyeballs' rotation centres (synth/geometry/frames.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np
import scipy.sparse as sparse
from jaxtyping import Bool, Float, Int

from assets import eyeball as balls
from assets import teeth
from assets.complexion import complexion
from assets.expressions import cheeks_head, mesh_weights
from assets.eyeball import Eyeball, Side
from assets.fields import HAIR_FIELDS, Fields, densities, grow, has_hair, sow_fields
from assets.glasses import LensOptics, build_glasses, measure
from assets.growth import brow, brow_band, brow_weights, lashes
from assets.head import load_head, macro_weights
from assets.lids import Gazing
from assets.lips import Seam, closed, find_seam
from assets.neck import Neck
from assets.orbit import (
    COLUMNS,
    JOIN_RING,
    UPPER,
    Orbit,
    build_orbit,
    caruncle_weight,
    flipped,
    strip_faces,
    untouched_patch,
)
from assets.part import Part as Part
from assets.part import Strands as Strands
from assets.person import EyeSpec, GlassesSpec, SubjectSpec
from assets.scalp import places
from assets.subdivision import Refinement, refine
from assets.wear.wardrobe import Dressed, Wardrobe, Worn
from assets.zones import Zones, find_zones

SIDES: tuple[Side, Side] = ("left", "right")
ID = {
    "background": 0,
    "skin": 1,
    "sclera": 2,
    "conjunctiva": 2,  # where it lines the lids and the outer corner, it is part of the white
    "iris": 3,
    "pupil": 4,
    "caruncle": 5,
    "lash": 6,
    "brow": 7,
    "glasses": 8,
    "mouth": 10,
    "hair": 11,
    "beard": 12,
    "cloth": 13,
    "hat": 14,
    "headphones": 15,
    "face_mask": 16,
    "hand": 17,
    "phone": 18,
}
"""Values of the id mask."""

ON_NECK = ("skin", "cloth", "cloth_under", "cloth_trim", "hat", "scarf", "hair", "beard")
"""What may reach below the head, and turns with the shoulders there."""
FAR_M = 0.05
"""Distance from the lids' margins that is given to skin beyond the orbits."""
_LID_REST_M = 0.0137  # forward distance of the mesh's lid edge from a well placed rotation centre


@dataclass(frozen=True)
class EyeGeometry:
    """One eye in place.  `head_from_eye` turns frame `eye` into `head`; `centre_head` is its origin there."""

    side: Side
    ball: Eyeball
    centre_head: Float[np.ndarray, "3"]
    head_from_eye: Float[np.ndarray, "3 3"]
    orbit: Orbit

    def to_head(self, points_eye: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
        """Carry points of frame `eye` to `head`."""
        return np.asarray(points_eye @ self.head_from_eye.T + self.centre_head)

    def to_eye(self, points_head: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
        """Carry points of frame `head` to `eye`."""
        return np.asarray((points_head - self.centre_head) @ self.head_from_eye)

    def from_orbit(self, points_orbit: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
        """Carry points of frame `orbit` to `head`."""
        return np.asarray(points_orbit * orbit_axes(self.side) + self.centre_head)


@dataclass(frozen=True)
class SubjectGeometry:
    """Everything that is drawn, and the anatomy that labels measure."""

    parts: tuple[Part, ...]
    strands: tuple[Strands, ...]
    eyes: dict[Side, EyeGeometry]
    mouth_corners_head: Float[np.ndarray, "2 3"]
    """Left, right."""
    brow_bands_head: dict[Side, Float[np.ndarray, "9 24 3"]]
    """Skin under each brow's hairs: rows from the lower border up, columns outwards."""
    lenses: tuple[LensOptics, ...] = ()
    """Of the glasses: left, right; empty without any."""


def orbit_axes(side: Side) -> Float[np.ndarray, "3"]:
    """Return the signs that turn `orbit` (temporal, up, forward) into `head` (left, down, in) and back."""
    return np.array([-balls.nasal_sign(side), -1.0, -1.0])


def gazing(head_from_eye: Float[np.ndarray, "3 3"], side: Side) -> Gazing:
    """Return an eye's rotation as its lids see it."""
    axis = -head_from_eye[:, 2] * orbit_axes(side)
    return Gazing(float(np.arcsin(np.clip(axis[1], -1.0, 1.0))), float(np.arctan2(axis[0], axis[2])))


@dataclass(frozen=True)
class _Placed:
    vertices_head: Float[np.ndarray, "n 3"]
    rest_head: Float[np.ndarray, "n 3"]
    """The same person without an expression, in the same place."""
    centres_head: dict[Side, Float[np.ndarray, "3"]]


@lru_cache(maxsize=64)
def _place(spec: SubjectSpec) -> _Placed:
    """Shape the head, set the eyes' centres in it, and move the origin between them."""
    head = load_head()
    ancestry = {"african": spec.african, "asian": spec.asian, "caucasian": spec.caucasian}
    weights = macro_weights(spec.gender_female, spec.age_years, ancestry, spec.weight, spec.muscle)
    for target, weight in spec.shape:
        weights[target] = weights.get(target, 0.0) + weight
    rest = head.vertices_head(weights)
    expressed = head.vertices_head(weights | mesh_weights(spec.expression)) + cheeks_head(spec.expression)
    old = head.old_eye_centres_head(expressed)
    size = spec.interpupillary_m / abs(old[0, 0] - old[1, 0])
    rest, vertices = (rest - old.mean(0)) * size, (expressed - old.mean(0)) * size
    offsets = np.array([getattr(spec, side).offset_head_m for side in SIDES])
    centres = np.stack([_centre(spec, side, vertices) for side in SIDES])
    # The distance is the person's; offsets then shift either eye up or down, in or out of the face, or aside.
    scale = spec.interpupillary_m / abs(centres[0, 0] - centres[1, 0])
    centres = centres * scale + offsets
    middle = centres.mean(0)
    return _Placed(vertices * scale - middle, rest * scale - middle, dict(zip(SIDES, centres - middle, strict=True)))


def _centre(spec: SubjectSpec, side: Side, vertices_head: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "3"]:
    """Set an eyeball's centre so that human canthi fall where this mesh has its own, and its lids rest on the eye."""
    lids = getattr(spec, side).lids
    rings = vertices_head[load_head().eye_rings[side]] * orbit_axes(side)
    inner, outer = rings[3:5, 0].mean(0), rings[3:5, 14].mean(0)
    middle = 0.5 * (inner + outer)
    x = middle[0] - 0.5 * (lids.outer_canthus_temporal_m - lids.inner_canthus_nasal_m)
    y = middle[1] + 0.5 * (lids.inner_canthus_down_m + lids.outer_canthus_down_m)
    edge = rings[3][[5, 6, 7, 8, 9, 19, 20, 21, 22, 23]]
    z = edge[:, 2].mean() - _LID_REST_M
    return np.array([x, y, z]) * orbit_axes(side)


def canthi_head(spec: SubjectSpec) -> Float[np.ndarray, "2 2 3"]:
    """Return the eye corners, [left, right][inner, outer], metres; they do not move with the gaze."""
    placed = _place(spec)
    out = np.empty((2, 2, 3))
    for i, side in enumerate(SIDES):
        lids = getattr(spec, side).lids
        corners = [
            [-lids.inner_canthus_nasal_m, -lids.inner_canthus_down_m, lids.inner_canthus_forward_m],
            [lids.outer_canthus_temporal_m, -lids.outer_canthus_down_m, lids.outer_canthus_forward_m],
        ]
        out[i] = np.array(corners) * orbit_axes(side) + placed.centres_head[side]
    return out


def eye_centres_head(spec: SubjectSpec) -> Float[np.ndarray, "2 3"]:
    """Return the rotation centres, [left, right], metres."""
    centres = _place(spec).centres_head
    return np.stack([centres[side] for side in SIDES])


@dataclass(frozen=True, eq=False)
class _Topology:
    refinement: Refinement
    used: Int[np.ndarray, " u"]
    faces: Int[np.ndarray, "f 4"]
    join: dict[Side, Int[np.ndarray, "56"]]
    skin: Bool[np.ndarray, " f"]
    tongue: Int[np.ndarray, "t 4"]
    tongue_used: Int[np.ndarray, " v"]
    seam: Seam
    zones: Zones
    body_masks: dict[str, Float[np.ndarray, " u"]]
    brows: dict[Side, sparse.csr_matrix]


@lru_cache(maxsize=1)
def _wardrobe() -> Wardrobe:
    """The skin without its orbits, for what is worn on it."""
    head, topology = load_head(), _topology()
    base = np.asarray(topology.refinement.limit @ head.base_head)[topology.used]
    ears = np.asarray(topology.refinement.limit @ head.masks["ears"])[topology.used] > 0.2
    return Wardrobe(base, topology.faces[topology.skin], ears)


def _wear(spec: SubjectSpec, limit: Float[np.ndarray, "u 3"]) -> Dressed:
    """What the person wears or holds before the face, and the skin under it; nothing is made of nothing worn."""
    if spec.clothing is None and spec.headwear is None and spec.covering is None:
        return Dressed([], limit, None)
    return _wardrobe().dress(limit, spec.clothing, spec.headwear, spec.covering)


def _worn_part(item: Worn) -> Part:
    mesh = item.mesh
    return Part(item.material, mesh.vertices_head, mesh.faces, {"weave": mesh.weave}, item.material, ID[item.id])


@lru_cache(maxsize=1)
def _topology() -> _Topology:
    """The head without its orbits: refined once, what lies inside ring 11 taken out."""
    head = load_head()
    n = len(head.base_head)
    refinement = refine(head.faces, n)
    inside = np.zeros(n, dtype=bool)
    for side in SIDES:
        inside[head.eye_rings[side][:JOIN_RING].ravel()] = True
    pouch = head.in_groups("pouch_left", "pouch_right")
    keep = ~(inside[head.faces].any(1) | pouch)
    faces = refinement.faces.reshape(-1, 4, 4)[keep].reshape(-1, 4)
    used, compact = np.unique(faces, return_inverse=True)
    place = np.full(refinement.limit.shape[0], -1)
    place[used] = np.arange(len(used))
    join = {}
    for side in SIDES:
        ring = head.eye_rings[side][JOIN_RING]
        ends = zip(ring, np.roll(ring, -1), strict=True)
        chain = [(int(a), refinement.edge_vertex[min(a, b), max(a, b)]) for a, b in ends]
        join[side] = place[np.array(chain).ravel()]
    compact = compact.reshape(-1, 4)
    skin = np.repeat(head.in_groups("body")[keep], 4)
    tongue_used, tongue = np.unique(compact[np.repeat(head.in_groups("tongue")[keep], 4)], return_inverse=True)
    masks = {
        name: np.asarray(refinement.limit @ head.masks[name])[used]
        for name in ("lips", "ears", "eyelids", "mouth_inside")
    }
    base = np.asarray(refinement.limit @ head.base_head)[used]
    centres = head.old_eye_centres_head(head.base_head)
    brows = {side: brow_weights(base, centres[i], side) for i, side in enumerate(SIDES)}
    seam = find_seam(refinement.limit[used], head.base_head, masks["lips"])
    zones = _zones(base, masks["ears"])
    return _Topology(
        refinement, used, compact, join, skin, tongue.reshape(-1, 4), tongue_used, seam, zones, masks, brows
    )


def _zones(base_head: Float[np.ndarray, "u 3"], ears: Float[np.ndarray, " u"]) -> Zones:
    """Return the zones of the skin's vertices: of the refined head, then of both orbits' patches."""
    head = load_head()
    points, near = [base_head], [np.zeros(len(base_head))]
    for side in SIDES:
        patch, share = untouched_patch(head.base_head[head.eye_rings[side]])
        points.append(patch[:-1].reshape(-1, 3))
        near.append(np.repeat(share[:-1], COLUMNS))
    all_near = np.concatenate(near)
    return find_zones(np.concatenate(points), np.pad(ears, (0, len(all_near) - len(ears))), all_near)


@lru_cache(maxsize=1)
def _fields() -> Fields:
    """Where hair may grow; sown once a process that draws anybody with hair."""
    head, topology = load_head(), _topology()
    fine = topology.refinement.limit[topology.used]
    mouth = np.maximum(topology.body_masks["lips"], topology.body_masks["mouth_inside"])
    at = places(np.asarray(fine @ head.base_head), np.asarray(fine @ head.masks["ears"]), mouth)
    return sow_fields(at, topology.faces[topology.skin])


def build(spec: SubjectSpec, head_from_eye: dict[Side, Float[np.ndarray, "3 3"]]) -> SubjectGeometry:
    """Build a subject whose eyes are turned by `head_from_eye`.

    Args:
        spec: The person.
        head_from_eye: Rotation of each eye, `eye` to `head`.

    Raises:
        ConfigError: The spec names a target that the head does not have, or an impossible measure.
    """
    head, topology, placed = load_head(), _topology(), _place(spec)
    eyes = {side: _eye(getattr(spec, side), side, placed, head_from_eye[side]) for side in SIDES}
    limit = np.asarray(topology.refinement.limit @ placed.vertices_head)[topology.used]
    limit = closed(topology.seam, limit, placed.rest_head)
    worn, limit, hat = _wear(spec, limit)
    parts = [_skin(spec, limit, topology, eyes), *map(_worn_part, worn)]
    for side in SIDES:
        parts += _eye_parts(eyes[side])
    parts += _mouth(limit, topology, placed)
    mouth = placed.vertices_head[[head.landmarks["mouth_left"], head.landmarks["mouth_right"]]]
    lenses: tuple[LensOptics, ...] = ()
    if spec.glasses is not None:
        glasses, lenses = _glasses(spec.glasses, placed, eyes)
        parts += glasses
    bands = {side: brow_band(spec.brow, topology.brows[side], limit) for side in SIDES}
    hairs = _hairs(spec, bands, eyes)
    if has_hair(spec):
        grown = grow(_fields(), spec, limit)
        if hat is not None and "hair" in grown:
            grown["hair"] = hat.shown(*grown["hair"])
        hairs += tuple(Strands(name, *strands, name, ID[name]) for name, strands in grown.items())
    neck = Neck.of(placed.rest_head)
    turn = partial(neck.turned, shoulders_rad=spec.shoulders_rad)
    parts = [replace(part, vertices_head=turn(part.vertices_head)) if part.name in ON_NECK else part for part in parts]
    hairs = tuple(replace(hair, points_head=turn(hair.points_head)) if hair.name in ON_NECK else hair for hair in hairs)
    return SubjectGeometry(tuple(parts), hairs, eyes, mouth, bands, lenses)


def _hairs(
    spec: SubjectSpec, bands_head: dict[Side, Float[np.ndarray, "9 24 3"]], eyes: dict[Side, EyeGeometry]
) -> tuple[Strands, ...]:
    hairs = []
    for side in SIDES:
        for lid in ("upper", "lower"):
            points, radius = lashes(getattr(spec, side).lashes, eyes[side].orbit, upper=lid == "upper")
            points = eyes[side].from_orbit(points)
            hairs.append(Strands(f"lash_{lid}_{side}", points, radius, "lash", ID["lash"]))
        points, radius = brow(spec.brow, bands_head[side], side)
        hairs.append(Strands(f"brow_{side}", points, radius, "brow", ID["brow"]))
    return tuple(hairs)


def _glasses(
    spec: GlassesSpec, placed: _Placed, eyes: dict[Side, EyeGeometry]
) -> tuple[list[Part], tuple[LensOptics, ...]]:
    """Frame and lenses, one mesh each, and the lenses' optics."""
    corneas = np.stack([eyes[side].centre_head - [0.0, 0.0, eyes[side].ball.apex_axial_m] for side in SIDES])
    pieces, lenses = build_glasses(spec, measure(placed.vertices_head, load_head().masks["ears"], corneas))
    parts = []
    for material in ("glasses_frame", "glasses_lens"):
        of_it = [piece for piece in pieces if piece.material == material]
        starts = np.cumsum([0, *(len(piece.vertices_head) for piece in of_it)])
        faces = np.concatenate([piece.faces + start for piece, start in zip(of_it, starts[:-1], strict=True)])
        names = set.intersection(*(set(piece.attributes) for piece in of_it))
        attributes = {name: np.concatenate([piece.attributes[name] for piece in of_it]) for name in sorted(names)}
        vertices = np.concatenate([piece.vertices_head for piece in of_it])
        parts.append(Part(material, vertices, faces, attributes, material, ID["glasses"]))
    return parts, lenses


def _eye(spec: EyeSpec, side: Side, placed: _Placed, head_from_eye: Float[np.ndarray, "3 3"]) -> EyeGeometry:
    centre = placed.centres_head[side]
    ball = balls.eyeball(spec.ball, side)
    rings = (placed.vertices_head[load_head().eye_rings[side]] - centre) * orbit_axes(side)
    orbit = build_orbit(spec, ball, gazing(head_from_eye, side), rings)
    return EyeGeometry(side, ball, centre, head_from_eye, orbit)


def _skin(
    spec: SubjectSpec, limit: Float[np.ndarray, "u 3"], topology: _Topology, eyes: dict[Side, EyeGeometry]
) -> Part:
    """Head and both orbits as one mesh: the orbits' last row is the head's own ring 11."""
    head_faces = topology.faces[topology.skin]
    vertices, rests, faces = [limit], [limit], [head_faces]
    far = np.full(len(limit), FAR_M)
    lid_u, wet, lid, upper = [far], [np.zeros(len(limit))], [np.zeros(len(limit))], [np.zeros(len(limit))]
    count = len(limit)
    for side in SIDES:
        orbit = eyes[side].orbit
        rows = len(orbit.skin) - 1
        inner, last = strip_faces(rows) + count, count + (rows - 1) * COLUMNS
        rim = topology.join[side]
        half = np.arange(COLUMNS // 2)
        a, b, c = last + 2 * half, last + 2 * half + 1, last + (2 * half + 2) % COLUMNS
        outer, beyond = rim[half], rim[(half + 1) % len(rim)]
        seam = np.concatenate([np.stack([a, b, beyond, outer], -1), np.stack([b, c, beyond, beyond], -1)])
        block = np.concatenate([inner, seam])
        # The right eye's orbit is a mirror image: its faces turn round.
        faces.append(block if side == "left" else flipped(block))
        vertices.append(eyes[side].from_orbit(orbit.skin[:-1]).reshape(-1, 3))
        rests.append(eyes[side].from_orbit(orbit.rest[:-1]).reshape(-1, 3))
        # Towards the head both distances run into its own constants, or a line would show where the patch ends.
        share = orbit.margin_m[:-1] / orbit.margin_m[-1]
        fade = np.clip((share - 0.6) / 0.4, 0.0, 1.0)
        lid_u.append((orbit.margin_m[:-1] + fade * (FAR_M - orbit.margin_m[:-1])).ravel())
        wet.append(orbit.wet[:-1].ravel())
        upper.append(np.tile(UPPER.astype(float), rows))
        lid.append((np.clip(1.0 - orbit.margin_m[:-1] / 0.014, 0.0, 1.0) * (1.0 - fade)).ravel())
        count += rows * COLUMNS
    zeros = np.zeros(count - len(limit))
    inside = np.concatenate([topology.body_masks["mouth_inside"], zeros])
    attributes = {
        "rest": np.concatenate(rests),
        "lid_u": np.concatenate(lid_u),
        "margin": np.concatenate(wet),
        "lid": np.concatenate(lid),
        "upper": np.concatenate(upper),
        "lips": np.concatenate([topology.body_masks["lips"], zeros]),
        "mouth_inside": inside,
    }
    hair = densities(_fields(), spec, len(limit)) if has_hair(spec) else {}
    attributes |= {name: np.concatenate([hair.get(name, np.zeros(len(limit))), zeros]) for name in HAIR_FIELDS}
    attributes |= complexion(spec.skin, spec.age_years, spec.expression, topology.zones, attributes["lips"], inside)
    return Part("skin", np.concatenate(vertices), np.concatenate(faces), attributes, "skin", ID["skin"])


def _mouth(limit: Float[np.ndarray, "u 3"], topology: _Topology, placed: _Placed) -> list[Part]:
    """Teeth, gums (the part `mouth`) and tongue."""
    crowns, gums = teeth.both_jaws(placed.rest_head, placed.vertices_head)
    meshes = {"teeth": crowns, "mouth": gums, "tongue": (limit[topology.tongue_used], topology.tongue)}
    return [
        Part(name, vertices, faces, {"rest": vertices}, name, ID["mouth"]) for name, (vertices, faces) in meshes.items()
    ]


def _eye_parts(eye: EyeGeometry) -> list[Part]:
    parts = []
    for name, make in (
        ("sclera", balls.sclera_surface),
        ("cornea", balls.cornea_surface),
        ("iris", balls.iris_surface),
        ("pupil", balls.pupil_surface),
    ):
        surface = make(eye.ball)
        vertices = eye.to_head(surface.vertices_eye)
        parts.append(Part(f"{name}_{eye.side}", vertices, surface.faces, surface.attributes, name, ID.get(name, 0)))
    nose = caruncle_weight(eye.orbit.xi)
    floor = {"nose": np.tile(nose, len(eye.orbit.floor))}
    # What lines the lids beside the caruncle is the white's own continuation: it is painted as the white is.
    on_ball = eye.to_eye(eye.from_orbit(eye.orbit.floor).reshape(-1, 3))
    for name, material, strip, attributes, columns in (
        (f"caruncle_{eye.side}", "caruncle", eye.orbit.floor, floor, nose > 0.02),
        (f"sclera_{eye.side}_lining", "conjunctiva", eye.orbit.floor, {"rest": on_ball}, nose <= 0.02),
        (f"tear_{eye.side}", "tear", eye.orbit.tear, {}, np.ones(COLUMNS, dtype=bool)),
    ):
        faces = strip_faces(len(strip))[np.tile(columns, len(strip) - 1)]
        # These strips run from the margin towards the opening, against the skin's direction.
        faces = flipped(faces) if eye.side == "left" else faces
        vertices = eye.from_orbit(strip).reshape(-1, 3)
        known = {"rest": vertices} | attributes
        parts.append(Part(name, vertices, faces, known, material, ID.get(material, 0)))
    return parts
