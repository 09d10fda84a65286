"""Heads of all ages, builds and faces to dress, and specs of all that they wear."""

from functools import cache

import numpy as np

from assets.placement import place
from assets.subject import _topology, _wardrobe
from assets.wear.spec import ClothingSpec, CoveringSpec, HeadwearSpec
from synth.commands.render import RenderConfig
from synth.config import compose
from synth.draw_spec import draw_subject

GREY = (0.2, 0.2, 0.2)
MANY = 8


@cache
def heads(count=MANY):
    """Skins of random people with their expressions, (n, 3) each."""
    ranges = compose("synth.conf", "render", RenderConfig, ["out=unused", "subject=face"]).subject
    topology = _topology()
    return [
        np.asarray(topology.refinement.limit @ place(draw_subject(ranges, 11, i, 0.0, np.zeros(3))).vertices_head)[
            topology.used
        ]
        for i in range(count)
    ]


def wardrobe():
    return _wardrobe()


def clothing(kind, **changes):
    numbers = {"pattern_scale_m": 0.03, "neckline_m": 0.01, "looseness": 0.5, "seed": 3} | changes
    return ClothingSpec(kind=kind, colour=GREY, second_colour=GREY, pattern="plain", **numbers)


def headwear(kind, **changes):
    return HeadwearSpec(kind, GREY, GREY, "plain", 0.03, **({"lift_m": 0.0, "seed": 3} | changes))


def covering(kind, **changes):
    numbers = {"pose": "chin", "side": "left", "turn_rad": 0.0, "spread": 0.5, "seed": 3} | changes
    return CoveringSpec(kind=kind, colour=GREY, **numbers)


def dressed(skin, one):
    """The pieces and the yielding skin of a person who wears one thing."""
    by_type = {ClothingSpec: 0, HeadwearSpec: 1, CoveringSpec: 2}
    worn = [None, None, None]
    worn[by_type[type(one)]] = one
    return wardrobe().dress(skin, *worn, lambda points: points)[:2]


def size(skin):
    """How large a head is against the untouched one, by its ears."""
    ears = wardrobe().ears
    return float(np.ptp(skin[ears, 0]) / np.ptp(wardrobe().vertices_head[ears, 0]))


def triangles(mesh):
    """Corners (t, 3, 3) of a mesh's quads."""
    faces = np.concatenate([mesh.faces[:, [0, 1, 2]], mesh.faces[:, [0, 2, 3]]])
    return mesh.vertices_head[faces]


def first_hits(origins, directions, corners, block=64):
    """Distance along each ray to the first triangle it meets, inf without any (Moeller & Trumbore 1997)."""
    # Only triangles near the rays' way are worth a look: boxes across it, where all are parallel.
    way = directions.mean(0)
    if np.linalg.norm(way) > 0.999:
        plane = np.linalg.svd(way[None])[2][1:].T
        flat, starts = corners @ plane, origins @ plane
        reach = (flat.max(1) > starts.min(0) - 0.01).all(1) & (flat.min(1) < starts.max(0) + 0.01).all(1)
        corners = corners[reach]
    a, e1, e2 = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    found = []
    for i in range(0, len(origins), block):
        d, o = directions[i : i + block, None], origins[i : i + block, None]
        p = np.cross(d, e2)
        det = np.einsum("rtk,tk->rt", p, e1)
        det = np.where(np.abs(det) < 1e-15, 1e-15, det)
        s = o - a
        u = np.einsum("rtk,rtk->rt", s, p) / det
        q = np.cross(s, e1)
        v = np.einsum("rtk,rtk->rt", np.broadcast_to(d, q.shape), q) / det
        t = np.einsum("rtk,tk->rt", q, e2) / det
        hit = (u >= -1e-9) & (v >= -1e-9) & (u + v <= 1 + 1e-9) & (t > 1e-6)
        found.append(np.where(hit, t, np.inf).min(1))
    return np.concatenate(found)
