"""From a camera's picture to the 60x36 grey picture of the normalised eye.

Grey is ITU-R BT.601's luma of the sRGB values, rounded, as OpenCV and libjpeg have it.  A picture is made smaller by
averaging areas, never by picking pixels.  Pixel coordinates: (0, 0) is the corner of the first pixel.
"""

import math

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image
from scipy.ndimage import map_coordinates

from synth.normalisation import MPIIGAZE_EYE, inverse_3x3

LUMA = np.array([0.299, 0.587, 0.114])
# A warp that moves no corner further than this (px of the 60x36 picture) from plain scaling is plain scaling.
SAME_PX = 0.05
FINEST = 8


def grey(picture: UInt8[np.ndarray, "h w *channels"]) -> UInt8[np.ndarray, "h w"]:
    """Return a grey picture; a grey one passes unchanged."""
    if picture.ndim == 2:
        return picture
    return np.asarray(np.rint(picture @ LUMA), dtype=np.uint8)


def resize(picture_u8: UInt8[np.ndarray, "h w"], width: int = 60, height: int = 36) -> UInt8[np.ndarray, "h2 w2"]:
    """Return the picture at this size: areas averaged where it shrinks, bilinear where it grows."""
    if picture_u8.shape == (height, width):
        return picture_u8
    smaller = picture_u8.shape[0] >= height and picture_u8.shape[1] >= width
    way = Image.Resampling.BOX if smaller else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(picture_u8).resize((width, height), way))


def is_scaling(warp: Float[np.ndarray, "3 3"], width: int, height: int) -> bool:
    """Say whether W takes the corners of a picture of this size to the corners of the 60x36 picture."""
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]], dtype=np.float64)
    moved = corners @ warp.T
    size = np.array([MPIIGAZE_EYE.width / width, MPIIGAZE_EYE.height / height])
    return bool(np.abs(moved[:, :2] / moved[:, 2:] - corners[:, :2] * size).max() < SAME_PX)


def normalised_picture(
    picture: UInt8[np.ndarray, "h w *channels"], warp: Float[np.ndarray, "3 3"]
) -> UInt8[np.ndarray, "36 60"]:
    """Return the normalised eye, grey, not equalised.

    Args:
        picture: Grey or RGB.
        warp: W of `synth.normalisation`, px of the picture to px of the 60x36 picture.
    """
    flat = grey(picture)
    height, width = flat.shape
    if is_scaling(warp, width, height):
        return resize(flat)
    inverse = inverse_3x3(warp)
    # Each output pixel is the mean of n x n points, as many as it covers pixels of the picture.
    determinant = inverse[0] @ np.cross(inverse[1], inverse[2])
    area = abs(determinant / (inverse[2] @ np.array([30.0, 18.0, 1.0])) ** 3)
    n = int(np.clip(math.ceil(math.sqrt(area)), 1, FINEST))
    x = (np.arange(MPIIGAZE_EYE.width * n) + 0.5) / n
    y = (np.arange(MPIIGAZE_EYE.height * n) + 0.5) / n
    points = np.stack([*np.meshgrid(x, y), np.ones((len(y), len(x)))], axis=-1) @ inverse.T
    # scipy's pixels have their centres at integers.
    places = [points[..., 1] / points[..., 2] - 0.5, points[..., 0] / points[..., 2] - 0.5]
    fine = map_coordinates(flat.astype(np.float32), places, order=1, mode="nearest")
    means = fine.reshape(MPIIGAZE_EYE.height, n, MPIIGAZE_EYE.width, n).mean(axis=(1, 3))
    return np.asarray(np.rint(means), dtype=np.uint8)
