"""Easy, medium, hard: in which of WIDER FACE's three sets a face counts; each set holds the one before.

WIDER FACE's authors publish lists for its validation pictures (widerface.py reads them); they come from how well a
generic proposer (EdgeBox) finds the faces, not from a rule over the annotations.  Where there is no list, a face counts
by the height of its box in the file's picture: easy from 50 px, medium from 30, hard from 10, WIDER FACE's own grades
of scale (large and medium ones above 50 px, small ones from 10) with one step between.  That rule is ours: figures by
it are for comparing networks on one set, not with published ones.
"""

import numpy as np
from jaxtyping import Bool, Float, UInt8

NAMES = ("easy", "medium", "hard")
"""A face of level 3 counts in all of them, of 2 in medium and hard, of 1 in hard alone, of 0 in none."""
LEAST_HEIGHT_PX = {"easy": 50.0, "medium": 30.0, "hard": 10.0}


def level_by_height(boxes_px: Float[np.ndarray, "n 4"], wanted: Bool[np.ndarray, " n"]) -> UInt8[np.ndarray, " n"]:
    """Return in how many of the three sets each box counts, of those that are wanted."""
    height = boxes_px[:, 3] - boxes_px[:, 1]
    counts = sum(((height >= least).astype(np.uint8) for least in LEAST_HEIGHT_PX.values()), np.zeros(len(height)))
    return np.where(wanted, counts, 0).astype(np.uint8)


def counted_in(level: UInt8[np.ndarray, " n"], name: str) -> Bool[np.ndarray, " n"]:
    """Return which faces count in a set: easy, medium or hard."""
    return level >= len(NAMES) - NAMES.index(name)
