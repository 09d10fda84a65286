"""The square of a picture that a network of a face's landmarks is shown: the same of every set, and of a detector.

It stands about the box from forehead to chin that detectors tell (WIDER FACE's; of our corpora `box_face_px`) and is
that box's longer side and a quarter of it on every side: the margin of MediaPipe's face mesh.  Sets of 68 points end at
the brows: there the box is the points' own, with its top raised by `FOREHEAD` of its height.

`FOREHEAD` is our corpora's: the box from forehead to chin reaches 0.15 heights above that of the points, of 400 heads
of all poses with a deviation of 0.05, and misses its other edges by less than 0.02.  Cuts by points and cuts by a
perfect detector are so within 3 % of each other; augment=faces moves them by up to 6 % and scales them by up to 12 %.

Squares and boxes are left, top, right, bottom in continuous px: (0, 0) is the corner of the first pixel.
"""

import numpy as np
from jaxtyping import Float

FOREHEAD = 0.15
MARGIN = 0.25


def face_box(points_px: Float[np.ndarray, "68 2"]) -> Float[np.ndarray, "4"]:
    """Return the box from forehead to chin about iBUG's points."""
    low, high = points_px.min(axis=0), points_px.max(axis=0)
    return np.array([low[0], low[1] - FOREHEAD * (high[1] - low[1]), *high])


def square_about(box_px: Float[np.ndarray, "4"]) -> Float[np.ndarray, "4"]:
    """Return the square about a box from forehead to chin: a detector's, or `face_box`'s."""
    low, high = box_px[:2], box_px[2:]
    middle, half = (low + high) / 2, (0.5 + MARGIN) * (high - low).max()
    return np.concatenate([middle - half, middle + half])
