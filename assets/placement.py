"""Where a person's eyes stand in their head: the head shaped, and the origin moved between the eyes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from assets import eyeball as balls
from assets.expressions import cheeks_head, mesh_weights
from assets.eyeball import Side
from assets.head import load_head, macro_weights
from assets.person import SubjectSpec

SIDES: tuple[Side, Side] = ("left", "right")
_LID_REST_M = 0.0137  # forward distance of the mesh's lid edge from a well placed rotation centre


def orbit_axes(side: Side) -> Float[np.ndarray, "3"]:
    """Return the signs that turn `orbit` (temporal, up, forward) into `head` (left, down, in) and back."""
    return np.array([-balls.nasal_sign(side), -1.0, -1.0])


@dataclass(frozen=True)
class Placed:
    """The head basis of a person in `head`, and where the eyes turn."""

    vertices_head: Float[np.ndarray, "n 3"]
    rest_head: Float[np.ndarray, "n 3"]
    """The same person without an expression, in the same place."""
    centres_head: dict[Side, Float[np.ndarray, "3"]]


@lru_cache(maxsize=64)
def place(spec: SubjectSpec) -> Placed:
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
    return Placed(vertices * scale - middle, rest * scale - middle, dict(zip(SIDES, centres - middle, strict=True)))


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
    placed = place(spec)
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
    centres = place(spec).centres_head
    return np.stack([centres[side] for side in SIDES])
