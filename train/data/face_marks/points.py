"""Landmarks that networks of a face tell: iBUG's 68 or MediaPipe's 478, their groups, and the first from the second.

`ibug68_of_dense` gives iBUG's points as weighted means of MediaPipe's: those of nose, eyes and lips as our own labels
have them (assets/landmarks.py), those of brows by their places between the two rows of a brow, those of the jaw and of
the nose's ridge in the triangles of the mesh of the untouched head that they lie in.  The mesh ends before the ears:
the jaw's ends lie up to 9 mm before their places.  The jaw is on the bone, not on the outline that 300-W's annotators
marked: the same before a face, apart where it is turned.
"""

from enum import Enum
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from assets.landmarks import (
    BROW_DENSE,
    BROW_IBUG_ALONG,
    BROW_IBUG_UP,
    IBUG_FROM_DENSE,
    face_triangles,
    load_table,
    rolled,
)
from assets.subject import untouched_skin
from synth.label.ibug import LINES

INNER = slice(17, 68)
"""Of iBUG's: all but the jaw."""
EYES = {"right": slice(36, 42), "left": slice(42, 48)}
"""Of iBUG's: the lids."""
OUTER_CORNERS = (36, 45)
"""Of iBUG's: of the right and the left eye; the inter-ocular distance is theirs."""


class FaceMarks(Enum):
    """Which landmarks: see the module."""

    ibug68 = "ibug68"
    dense478 = "dense478"

    @property
    def n(self) -> int:
        """Return how many they are."""
        return 68 if self is FaceMarks.ibug68 else 478


def groups68() -> dict[str, list[int]]:
    """Return which of iBUG's points belong together, for figures."""
    found: dict[str, list[int]] = {}
    for line in LINES:
        found.setdefault(line.group, []).extend(range(line.first, line.last + 1))
    return found


@lru_cache(maxsize=1)
def ibug68_of_dense() -> Float[np.ndarray, "68 478"]:
    """Return the weights of MediaPipe's points in each of iBUG's; rows sum to 1."""
    weights = np.zeros((68, 478))
    for number, means in IBUG_FROM_DENSE.items():
        np.add.at(weights[number], list(means), 1 / len(means))
    (upper, (along_upper, *_)), (lower, (along_lower, *_)) = BROW_DENSE.items()
    for side, (first, step) in enumerate(((22, 1), (21, -1))):  # the left brow, the right one, from the nose outwards
        for i, (along, up) in enumerate(zip(BROW_IBUG_ALONG, BROW_IBUG_UP, strict=True)):
            share = (up - lower) / (upper - lower)
            for height, places, part in ((upper, along_upper, share), (lower, along_lower, 1 - share)):
                weights[first + i * step, np.array(BROW_DENSE[height][1 + side])] += part * between(places, along)
    table, skin = load_table(), untouched_skin()
    dense = table.dense.on(skin)
    for number, point in zip(
        (*range(17), *range(27, 31)), np.concatenate([table.jaw.on(skin)[:, 0], table.ridge.on(skin)]), strict=True
    ):
        corners, shares = in_triangle(rolled(point), rolled(dense))
        weights[number, corners] = shares
    weights.setflags(write=False)
    return weights


def between(places: tuple[float, ...], at: float) -> Float[np.ndarray, " n"]:
    """Return the weights of places in order whose weighted mean is `at`, of its two neighbours; of an end beyond it."""
    return np.array([np.interp(at, places, row) for row in np.eye(len(places))])


def in_triangle(
    point: Float[np.ndarray, "2"], dense: Float[np.ndarray, "468 2"]
) -> tuple[np.ndarray, Float[np.ndarray, "3"]]:
    """Return the triangle of the mesh that a point of its chart lies in or nearest to, and its corners' weights."""
    triangles = face_triangles()
    a, b, c = (dense[triangles[:, i]] for i in range(3))
    edges = np.stack([b - a, c - a], axis=-1)
    u, v = np.linalg.solve(edges, (point - a)[..., None])[..., 0].T
    shares = np.stack([1 - u - v, u, v], axis=-1).clip(0, 1)
    shares /= shares.sum(axis=1, keepdims=True)
    miss = np.linalg.norm(np.einsum("tk,tki->ti", shares, np.stack([a, b, c], axis=1)) - point, axis=1)
    best = int(miss.argmin())
    return triangles[best], shares[best]
