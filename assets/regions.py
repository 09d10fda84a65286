"""Regions of the skin with borders: nose, ears, neck, brows, lips, the inside of the mouth, the scalp under hair.

Zones (assets/zones.py) fade into each other; regions are what somebody draws who cuts a face into classes.  Their
borders are where fields on the untouched mesh pass through 0, so that they are smooth between vertices and go with the
skin through shape and expression.  A renderer interpolates the fields and compares (synth/blender/masks.py).

Frame `head` of the untouched mesh, as in assets/zones.py: x to the subject's left, y to the chin, z into the head.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from jaxtyping import Float

from assets.brows import brow_borders_m
from assets.growth import BROW_HEIGHT_M, BROW_NASAL_M, BROW_TEMPORAL_M
from assets.person import BrowSpec

REGION = {
    "skin": 0,
    "neck": 1,
    "ear": 2,
    "nose": 3,
    "scalp": 4,
    "brow": 5,
    "lower_lip": 6,
    "upper_lip": 7,
    "mouth": 8,
}
"""Numbers of the regions; where several overlap, the highest counts.

In terms of the skin's attributes: `borders` holds positive numbers in nose, neck and ears; `brows` the height over the
brow's middle line, which is less than half the brow's thickness on a brow, this half, and a positive number above the
seam of the lips; `lips` and `mouth_inside` are masks, above a half inside; `scalp` is a density, above HAIRY where the
skin between hairs counts as hair.
"""
HAIRY = 0.3
_LIP_SEAM_M = 0.06755
_NOSE_MM = np.array(
    [
        *((0.0, -6.5), (6.0, -6.5), (6.8, 0.0), (7.8, 9.0), (10.0, 19.0), (13.0, 27.0), (16.6, 32.5), (18.4, 37.0)),
        *((18.4, 41.0), (16.4, 44.6), (12.5, 46.6), (6.5, 48.6), (0.0, 49.0)),
    ]
)
"""Half the nose's outline from the front: (aside, y) from between the eyes, round the wing, to under the septum."""
_NOSE_BACK_M = 0.005
_EAR_FRONT_M, _EAR_FADE_M = 0.0605, 0.004
"""Where the tragus rises; the mesh's mask begins some millimetres before it."""
_NECK_AXIS_M = 0.060
_NECK_TURN_DEG = np.array([0.0, 16.7, 30.2, 47.2, 69.8, 83.7, 92.0, 180.0])
_NECK_DOWN_MM = np.array([108.1, 103.5, 93.7, 81.6, 68.2, 52.9, 48.0, 57.0])
"""Height of the border to the neck, by the turn about the axis: 300-W's jaw line, then under the ear to the nape."""
GLOBE_CENTRE_M = np.array([0.0, 0.010, 0.060])
"""Between the ears, a little below the eyes."""
_BROW_BACK_M = 0.030
_BROW_END = 4.0
"""How fast a brow's half thickness goes down beyond its ends: so many metres a metre."""


def border_fields(untouched_head: Float[np.ndarray, "n 3"], ears: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 3"]:
    """Return the fields of nose, neck (both m) and ears, which are the same on everybody.

    Args:
        untouched_head: The skin's vertices on the untouched mesh.
        ears: The mesh's own mask of the ears.
    """
    x, y, z = untouched_head.T
    nose = np.minimum(_inside_m(np.abs(x), y, 1e-3 * _NOSE_MM), _NOSE_BACK_M - z)
    turn = np.degrees(np.arctan2(np.abs(x), _NECK_AXIS_M - z))
    neck = y - 1e-3 * np.interp(turn, _NECK_TURN_DEG, _NECK_DOWN_MM)
    return np.stack([nose, neck, np.minimum(ears - 0.5, (z - _EAR_FRONT_M) / _EAR_FADE_M)], axis=-1)


def brow_fields(
    spec: BrowSpec, untouched_head: Float[np.ndarray, "n 3"], centres_head: Float[np.ndarray, "2 3"]
) -> Float[np.ndarray, "n 3"]:
    """Return three heights, m: over the brow's middle line, half the brow's thickness, over the seam of the lips.

    Two fields for a brow and not one: it is thinner than the mesh is fine, but both of these are smooth.

    Args:
        spec: The person's brows.
        untouched_head: The skin's vertices on the untouched mesh.
        centres_head: The centres of its eyes, left and right.
    """
    over, half = np.zeros(len(untouched_head)), np.full(len(untouched_head), -1.0)
    front = untouched_head[:, 2] < _BROW_BACK_M
    length = BROW_NASAL_M + BROW_TEMPORAL_M
    for sign, centre in zip((1.0, -1.0), centres_head, strict=True):
        mine = front & (untouched_head[:, 0] * sign >= 0)
        x, y = untouched_head[mine, 0], untouched_head[mine, 1]
        u = (sign * (x - centre[0]) + BROW_NASAL_M) / length
        low, high = brow_borders_m(spec, np.clip(u, 0.0, 1.0))
        beyond_m = length * np.maximum(np.maximum(-u, u - 1.0), 0.0)
        over[mine] = centre[1] - y - BROW_HEIGHT_M - 0.5 * (low + high)
        half[mine] = 0.5 * (high - low) - _BROW_END * beyond_m
    return np.stack([over, half, _LIP_SEAM_M - untouched_head[:, 1]], axis=-1)


def globe_uv(untouched_head: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 2"]:
    """Return the places of points of the skin on a map of the head, u and v between 0 and 1.

    A globe about GLOBE_CENTRE_M: u is the turn about the vertical, 0.5 before the face, more to the subject's left, 0
    and 1 at the back; v goes from the top, 0, to straight below, 1.  One to one but for nostrils, the insides of lips
    and the folds of the ears.
    """
    x, y, z = np.moveaxis(untouched_head - GLOBE_CENTRE_M, -1, 0)
    u = 0.5 + np.arctan2(x, -z) / (2 * np.pi)
    v = np.arctan2(np.hypot(x, z), -y) / np.pi
    return np.stack([u, v], axis=-1)


def _inside_m(
    x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], half_m: Float[np.ndarray, "k 2"]
) -> Float[np.ndarray, " n"]:
    """Return the distance to a line of points that runs down beside x = 0, positive between it and x = 0."""
    at = np.stack([x, y], axis=-1)
    nearest = np.full(len(at), np.inf)
    inside = np.zeros(len(at), dtype=bool)
    for a, b in pairwise(half_m):
        along = np.clip((at - a) @ (b - a) / ((b - a) @ (b - a)), 0.0, 1.0)
        nearest = np.minimum(nearest, np.linalg.norm(at - a - along[:, None] * (b - a), axis=-1))
        spans = (a[1] > y) != (b[1] > y)
        if a[1] != b[1]:
            inside ^= spans & (x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]))
    return np.where(inside, nearest, -nearest)
