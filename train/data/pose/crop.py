"""The square of a picture that a network of head pose is shown.

The published cuts of 300W-LP and AFLW2000 start from the tight box about a face's points, w wide and h high:

    6DRepNet, training             0.6 k w on either side, 2 k h above, 0.6 k h below, k drawn from 0.2 to 0.4
    6DRepNet, testing on AFLW2000  2 k w on either side, 2 k h above, 0.6 k h below, k = 0.2
    Hopenet, an early version      training as above with k = 0.35; testing k w, 4 k h, 0.4 k h with k = 0.15
    FSA-Net, both                  0.6 w and 0.6 h on every side, within the picture

(thohemp/6DRepNet, sixdrepnet/datasets.py; natanielruiz/deep-head-pose, code/datasets.py; shamangary/FSA-Net,
data/type1/TYY_create_db_type1.py).  All are then squeezed to a square, which changes the look of a roll and a pitch.
Here the second box is taken for every set and made square about its middle by its longer side, so that a pixel stays
as wide as it is high, and training and measuring show the same.

Squares are left, top, right, bottom in continuous px: (0, 0) is the corner of the first pixel.
"""

import numpy as np
from jaxtyping import Float, UInt8

from synth.errors import DataError

LEFT, ABOVE, RIGHT, BELOW = 0.4, 0.4, 0.4, 0.12
"""Margins in widths and heights of the tight box."""
LEAST_PX = 4.0
FURTHEST = 8.0
"""A square beyond so many sizes of its picture belongs to other points."""


def face_square(points_px: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "4"]:
    """Return the square about the points of a face: iBUG's, or any that go from the brows to the chin."""
    low, high = points_px.min(axis=0), points_px.max(axis=0)
    size = high - low
    low, high = low - size * [LEFT, ABOVE], high + size * [RIGHT, BELOW]
    middle, half = (low + high) / 2, (high - low).max() / 2
    return np.concatenate([middle - half, middle + half])


def cut_out(
    picture: UInt8[np.ndarray, "..."], square_px: Float[np.ndarray, "4"], size: int
) -> UInt8[np.ndarray, "..."]:
    """Return a square of a picture, grey or RGB, as `size` x `size` RGB.

    Each pixel is the mean of as many bilinear looks as the picture has pixels under it; what lies outside of the
    picture repeats its edge.  synth.export.warp.warped gives the same, look by look, for maps that are no cut: here
    rows and columns are two products of matrices, tens of times as fast, which a set of 100,000 faces needs.

    Raises:
        DataError: The square is no square of this picture: it lies beside it, or is a point, or far too large.
    """
    height, width = picture.shape[:2]
    left, top, right, bottom = square_px
    side = right - left
    beside = left >= width or top >= height or right <= 0 or bottom <= 0
    if not np.isfinite(square_px).all() or beside or not LEAST_PX <= side <= FURTHEST * max(width, height):
        found = ", ".join(f"{value:.1f}" for value in square_px)
        raise DataError(f"its face lies at {found} px of a picture of {width}x{height}: the points are of another one")
    looks = max(1, int(np.ceil(side / size - 0.01)))
    rows, down = _weights(top, side, size, looks, height)
    columns, across = _weights(left, side, size, looks, width)
    colour = np.atleast_3d(picture[rows, columns]).astype(np.float64)
    half = (down @ colour.reshape(len(colour), -1)).reshape(size, -1, colour.shape[2])
    image = np.rint(np.einsum("yxc,ux->yuc", half, across, optimize=True)).astype(np.uint8)
    return image if image.shape[2] == 3 else np.repeat(image, 3, axis=2)


def _weights(low: float, side: float, size: int, looks: int, n: int) -> tuple[slice, Float[np.ndarray, "size m"]]:
    """Return which of n pixels of an axis a cut needs, and their weights in each pixel of the cut."""
    at = np.clip(low + (np.arange(size * looks) + 0.5) * side / (size * looks) - 0.5, 0, n - 1)
    first = np.minimum(at.astype(int), max(n - 2, 0))
    second = np.minimum(first + 1, n - 1)
    weights = np.zeros((size, second.max() + 1 - first.min()))
    row = np.repeat(np.arange(size), looks)
    np.add.at(weights, (row, first - first.min()), (1 - (at - first)) / looks)
    np.add.at(weights, (row, second - first.min()), (at - first) / looks)
    return slice(int(first.min()), int(second.max()) + 1), weights
