"""A subject: the head with its two eyes as meshes and hairs, in frame `head`, ready to be drawn or measured.

Both readings of a scene start here: Blender draws the parts, the labels measure the very same vertices.  The frame's
origin is midway between the eyeballs' rotation centres (synth/geometry/frames.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial

import numpy as np
import scipy.sparse as sparse
from jaxtyping import Bool, Float, Int

from assets import teeth
from assets.complexion import complexion
from assets.eye import EyeGeometry, eye_geometry, eye_parts
from assets.eyeball import Side
from assets.fields import HAIR_FIELDS, Fields, densities, grow, has_hair, sow_fields
from assets.glasses import LensOptics, build_glasses, measure
from assets.growth import brow, brow_band, brow_weights, lashes
from assets.head import load_head
from assets.lips import Seam, closed, find_seam
from assets.neck import Neck
from assets.orbit import (
    COLUMNS,
    JOIN_RING,
    UPPER,
    flipped,
    strip_faces,
    untouched_patch,
)
from assets.part import ID, Part, Strands
from assets.person import GlassesSpec, StanceSpec, SubjectSpec
from assets.placement import SIDES, Placed, place
from assets.regions import border_fields, brow_fields
from assets.scalp import places
from assets.subdivision import Refinement, refine
from assets.wear.body import BODY, build_body
from assets.wear.clothing import Hem
from assets.wear.wardrobe import Dressed, Wardrobe, Worn
from assets.zones import Zones, find_zones

ON_NECK = ("skin", "cloth", "cloth_under", "cloth_trim", *BODY, "hat", "scarf", "hair", "beard")
"""What may reach below the head, and turns with the shoulders there."""
FAR_M = 0.05
"""Distance from the lids' margins that is given to skin beyond the orbits."""


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
    outline_head: Float[np.ndarray, "n 3"] = field(default_factory=lambda: np.zeros((0, 3)))
    """Points of the head down to nape and throat, by which it is boxed: its skin, ears included, and its hair."""


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
    untouched_head: Float[np.ndarray, "m 3"]
    """The skin's vertices on the untouched mesh: of the refined head, then of both orbits' patches."""
    borders: Float[np.ndarray, "m 3"]
    old_eyes_head: Float[np.ndarray, "2 3"]
    """Centres of the untouched mesh's own eyes."""
    body_masks: dict[str, Float[np.ndarray, " u"]]
    brows: dict[Side, sparse.csr_matrix]


@lru_cache(maxsize=1)
def _wardrobe() -> Wardrobe:
    """The skin without its orbits, for what is worn on it."""
    head, topology = load_head(), _topology()
    base = np.asarray(topology.refinement.limit @ head.base_head)[topology.used]
    ears = np.asarray(topology.refinement.limit @ head.masks["ears"])[topology.used] > 0.2
    return Wardrobe(base, topology.faces[topology.skin], ears)


def _wear(spec: SubjectSpec, limit: Float[np.ndarray, "u 3"], turn: Callable[[np.ndarray], np.ndarray]) -> Dressed:
    """What the person wears or holds before the face, and the skin under it; nothing is made of nothing worn."""
    if spec.clothing is None and spec.headwear is None and spec.covering is None:
        return Dressed([], limit, None, None)
    return _wardrobe().dress(limit, spec.clothing, spec.headwear, spec.covering, turn)


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
    untouched, near = _untouched(base)
    ears = np.pad(masks["ears"], (0, len(near) - len(base)))
    return _Topology(
        refinement=refinement,
        used=used,
        faces=compact,
        join=join,
        skin=skin,
        tongue=tongue.reshape(-1, 4),
        tongue_used=tongue_used,
        seam=seam,
        zones=find_zones(untouched, ears, near),
        untouched_head=untouched,
        borders=border_fields(untouched, ears),
        old_eyes_head=centres,
        body_masks=masks,
        brows=brows,
    )


def untouched_skin() -> Float[np.ndarray, "n 3"]:
    """Return the vertices of the part "skin" on the head that no target has shaped."""
    return _topology().untouched_head


def _untouched(base_head: Float[np.ndarray, "u 3"]) -> tuple[Float[np.ndarray, "m 3"], Float[np.ndarray, " m"]]:
    """Return the skin's vertices on the untouched mesh, head and both orbits' patches, and how near an eye each is."""
    head = load_head()
    points, near = [base_head], [np.zeros(len(base_head))]
    for side in SIDES:
        patch, share = untouched_patch(head.base_head[head.eye_rings[side]])
        points.append(patch[:-1].reshape(-1, 3))
        near.append(np.repeat(share[:-1], COLUMNS))
    return np.concatenate(points), np.concatenate(near)


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
    head, topology, placed = load_head(), _topology(), place(spec)
    eyes = {side: eye_geometry(getattr(spec, side), side, placed, head_from_eye[side]) for side in SIDES}
    limit = np.asarray(topology.refinement.limit @ placed.vertices_head)[topology.used]
    limit = closed(topology.seam, limit, placed.rest_head)
    neck = Neck.of(placed.rest_head)
    turn = partial(neck.turned, shoulders_rad=spec.shoulders_rad)
    worn, limit, hat, hem = _wear(spec, limit, turn)
    rest = np.asarray(topology.refinement.limit @ placed.rest_head)[topology.used]
    parts = [_skin(spec, limit, rest, topology, eyes), *map(_worn_part, worn)]
    for side in SIDES:
        parts += eye_parts(eyes[side])
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
    if spec.stance is not None and hem is not None:
        parts += _standing(spec.stance, hem, neck.straight_depth_m(spec.stance.eye_height_m, spec.shoulders_rad))
    outline = turn(_outline(neck, parts[0], hairs))
    parts = [replace(part, vertices_head=turn(part.vertices_head)) if part.name in ON_NECK else part for part in parts]
    hairs = tuple(replace(hair, points_head=turn(hair.points_head)) if hair.name in ON_NECK else hair for hair in hairs)
    return SubjectGeometry(tuple(parts), hairs, eyes, mouth, bands, lenses, outline)


def _standing(stance: StanceSpec, hem: Hem, sole_y_m: float) -> list[Part]:
    """Return the body below the garment's hem."""
    pieces = build_body(stance, hem, sole_y_m)
    return [
        Part(name, mesh.vertices_head, mesh.faces, {"weave": mesh.weave}, name.removesuffix("_body"), ID["cloth"])
        for name, mesh in pieces.items()
    ]


def _outline(neck: Neck, skin: Part, hairs: tuple[Strands, ...]) -> Float[np.ndarray, "n 3"]:
    """Return points of skin and hair above the neck, before the shoulders turn; of hair its middle and its outside."""
    points = [skin.vertices_head[neck.above(skin.vertices_head)]]
    middle = points[0].mean(axis=0)
    for hair in hairs:
        if hair.name in ON_NECK:
            above = neck.above(hair.points_head)
            inner, radius = hair.points_head[above], hair.radius_m[above]
            outward = inner - middle
            outward /= np.linalg.norm(outward, axis=-1, keepdims=True)
            points += [inner, inner + radius[:, None] * outward]
    return np.concatenate(points)


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
    spec: GlassesSpec, placed: Placed, eyes: dict[Side, EyeGeometry]
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


def _skin(
    spec: SubjectSpec,
    limit: Float[np.ndarray, "u 3"],
    rest: Float[np.ndarray, "u 3"],
    topology: _Topology,
    eyes: dict[Side, EyeGeometry],
) -> Part:
    """Head and both orbits as one mesh: the orbits' last row is the head's own ring 11."""
    head_faces = topology.faces[topology.skin]
    vertices, rests, faces = [limit], [rest], [head_faces]
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
        "untouched": topology.untouched_head,
        "borders": topology.borders,
        "brows": brow_fields(spec.brow, topology.untouched_head, topology.old_eyes_head),
    }
    hair = densities(_fields(), spec, len(limit)) if has_hair(spec) else {}
    attributes |= {name: np.concatenate([hair.get(name, np.zeros(len(limit))), zeros]) for name in HAIR_FIELDS}
    attributes |= complexion(spec.skin, spec.age_years, spec.expression, topology.zones, attributes["lips"], inside)
    return Part("skin", np.concatenate(vertices), np.concatenate(faces), attributes, "skin", ID["skin"])


def _mouth(limit: Float[np.ndarray, "u 3"], topology: _Topology, placed: Placed) -> list[Part]:
    """Teeth, gums (the part `mouth`) and tongue."""
    crowns, gums = teeth.both_jaws(placed.rest_head, placed.vertices_head)
    meshes = {"teeth": crowns, "mouth": gums, "tongue": (limit[topology.tongue_used], topology.tongue)}
    return [
        Part(name, vertices, faces, {"rest": vertices}, name, ID["mouth"]) for name, (vertices, faces) in meshes.items()
    ]
