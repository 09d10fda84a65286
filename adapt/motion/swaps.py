"""Which point is which in a mirror image: `mirrored[i] = points[SWAP[i]]`, with the conventions of docs/labels.md.

Left and right are the subject's: what was a right eye is a left one in the mirror, and all points keep their meaning.
A contour of pupil or iris begins at the subject's left and goes down; the mirrored one begins at what was the right.
Lid margins and caruncles begin at the nose's side and go over the top, in either eye: their points keep their numbers.
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Int
from scipy.spatial import cKDTree

from assets.landmarks import load_table
from assets.subject import untouched_skin

CONTOUR = (16 - np.arange(32)) % 32
"""Of 32 points of a pupil or an iris."""
FIVE = np.array([1, 0, 2, 4, 3])
JAW = np.arange(17)[::-1]
IBUG68 = np.concatenate(
    [
        *(np.arange(17)[::-1], np.arange(17, 27)[::-1], np.arange(27, 31), np.arange(31, 36)[::-1]),
        *([45, 44, 43, 42, 47, 46], [39, 38, 37, 36, 41, 40]),
        *(np.arange(48, 55)[::-1], np.arange(55, 60)[::-1], np.arange(60, 65)[::-1], np.arange(65, 68)[::-1]),
    ]
)
PARSING = np.array([0, 1, 2, 3, 5, 4, 7, 6, 9, 8, *range(10, 19)], dtype=np.uint8)
"""CelebAMask-HQ's classes (synth.parsing.CLASSES): eyes, brows and ears change sides."""
IRISES = {468: 473, 469: 476, 470: 475, 471: 474, 472: 477}
"""Of dense478: the right iris' centre, left, up, right, down, and the points of the left one that mirror them."""


@lru_cache(maxsize=1)
def dense478() -> Int[np.ndarray, "478"]:
    """Return the swap of MediaPipe's points, from the symmetry of the untouched head.

    Published tables of it are incomplete or asymmetric; on our mesh every point has its mirror image exactly.
    """
    places = load_table().dense.on(untouched_skin())
    swap = np.arange(478)
    swap[:468] = cKDTree(places).query(places * [-1.0, 1.0, 1.0])[1]
    for right, left in IRISES.items():
        swap[[right, left]] = left, right
    return swap


def swap_of(name: str) -> Int[np.ndarray, " n"] | None:
    """Return the swap of points by their name in the labels, None for those that keep their numbers."""
    known = {"pupil": CONTOUR, "iris": CONTOUR, "five": FIVE, "jaw_outline": JAW, "ibug68": IBUG68}
    return dense478() if name == "dense478" else known.get(name)
