"""The pinhole: points in `cam` (metres; x right, y down, z forward) to `px` and back.

    u = fx x / z + cx,   v = fy y / z + cy

(0, 0) is the corner of the first pixel, so a centred lens has cx = W / 2.  Points behind the lens project to NaN: a
number there would look like a place in the picture.
"""

import numpy as np
from jaxtyping import Float

from synth.spec import CameraSpec


def camera_matrix(camera: CameraSpec) -> Float[np.ndarray, "3 3"]:
    """Return K in pixels of the final picture."""
    return np.array([[camera.fx_px, 0.0, camera.cx_px], [0.0, camera.fy_px, camera.cy_px], [0.0, 0.0, 1.0]])


def project(
    camera_matrix_px: Float[np.ndarray, "3 3"], points_cam: Float[np.ndarray, "*n 3"]
) -> Float[np.ndarray, "*n 2"]:
    """Return where points (m) appear (px); NaN for those at or behind the lens."""
    points = np.asarray(points_cam, dtype=np.float64)
    depth = np.where(points[..., 2:] > 0, points[..., 2:], np.nan)
    return np.asarray((points @ camera_matrix_px.T)[..., :2] / depth)


def unproject(
    camera_matrix_px: Float[np.ndarray, "3 3"], points_px: Float[np.ndarray, "*n 2"], depth_m: Float[np.ndarray, "*n"]
) -> Float[np.ndarray, "*n 3"]:
    """Return the points of `cam` (m) at depth z that appear at `points_px`."""
    points = np.asarray(points_px, dtype=np.float64)
    homogeneous = np.concatenate([points, np.ones_like(points[..., :1])], axis=-1)
    return np.asarray(homogeneous @ np.linalg.inv(camera_matrix_px).T * np.asarray(depth_m)[..., None])


def rays(camera_matrix_px: Float[np.ndarray, "3 3"], points_px: Float[np.ndarray, "*n 2"]) -> Float[np.ndarray, "*n 3"]:
    """Return unit directions in `cam` from the lens through `points_px`."""
    direction = unproject(camera_matrix_px, points_px, np.ones(np.shape(points_px)[:-1]))
    return np.asarray(direction / np.linalg.norm(direction, axis=-1, keepdims=True))


def pixel_centres_px(width: int, height: int) -> Float[np.ndarray, "h w 2"]:
    """Return the centre of every pixel, row by row."""
    v, u = np.mgrid[0:height, 0:width] + 0.5
    return np.stack([u, v], axis=-1)
