"""A picture as another camera sees it from the same place, or a piece of it enlarged: 3x3 maps of homogeneous px.

Px are continuous on both sides: (0, 0) is the corner of the first pixel.
"""

import numpy as np
from jaxtyping import Float, Shaped, UInt8
from scipy.ndimage import map_coordinates

SAME_PX = 1e-2
"""A warp that moves no pixel by more than this is none: the picture was rendered by that camera itself."""


def warped(
    picture: Shaped[np.ndarray, "..."], warp: Float[np.ndarray, "3 3"], width: int, height: int
) -> tuple[UInt8[np.ndarray, "..."], float]:
    """Return a picture in another camera, u8 (height, width) or (height, width, 3), and the share that it covers.

    Args:
        picture: (h, w) or (h, w, 3), levels of 0 to 255.
        warp: Homogeneous px of the picture to px of the result.
        width: Of the result.
        height: Of the result.

    Each result pixel is the mean of as many bilinear looks as the picture has pixels under it: no aliasing, no loss.
    What lies outside the picture repeats its edge.
    """
    inverse = np.linalg.inv(warp)
    corners = moved(inverse, np.array([[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]]))
    if picture.shape[:2] == (height, width) and _is_identity(corners, width, height):
        return np.rint(picture).astype(np.uint8), 1.0
    looks = looks_across(corners, width * height)
    u = (np.arange(width * looks) + 0.5) / looks
    v = (np.arange(height * looks) + 0.5) / looks
    at = moved(inverse, np.stack(np.meshgrid(u, v), axis=-1).reshape(-1, 2))
    channels = np.moveaxis(np.atleast_3d(picture), -1, 0).astype(np.float64)
    # map_coordinates has pixel centres at integers.
    places = [at[:, 1] - 0.5, at[:, 0] - 0.5]
    values = np.stack([map_coordinates(channel, places, order=1, mode="nearest") for channel in channels], axis=-1)
    covered = ((at >= 0) & (at <= [picture.shape[1], picture.shape[0]])).all(axis=1).mean()
    means = values.reshape(height, looks, width, looks, -1).mean(axis=(1, 3))
    result = np.rint(np.clip(means, 0, 255)).astype(np.uint8)
    return result if picture.ndim == 3 else result[..., 0], float(covered)


def looks_across(corners_px: Float[np.ndarray, "4 2"], pixels: int) -> int:
    """Return how many looks across and down a pixel of the result is the mean of: about one for each pixel under it.

    Args:
        corners_px: In the picture, of what so many pixels of the result show; in their order around it.
        pixels: Of the result.
    """
    return max(1, int(np.ceil(np.sqrt(_area(corners_px) / pixels) - 0.01)))


def crop_warp(box_px: Float[np.ndarray, "4"], width: int, height: int) -> Float[np.ndarray, "3 3"]:
    """Return the map that takes a box (left, top, right, bottom) to a whole picture of this size."""
    left, top, right, bottom = box_px
    x, y = width / (right - left), height / (bottom - top)
    return np.array([[x, 0.0, -x * left], [0.0, y, -y * top], [0.0, 0.0, 1.0]])


def moved(matrix: Float[np.ndarray, "3 3"], points_px: Shaped[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
    """Return where a map takes points."""
    homogeneous = points_px @ matrix[:, :2].T + matrix[:, 2]
    return homogeneous[:, :2] / homogeneous[:, 2:]


def _area(corners_px: Float[np.ndarray, "4 2"]) -> float:
    x, y = corners_px.T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def _is_identity(corners_px: Float[np.ndarray, "4 2"], width: int, height: int) -> bool:
    unmoved = np.array([[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]])
    return bool(np.abs(corners_px - unmoved).max() < SAME_PX)
