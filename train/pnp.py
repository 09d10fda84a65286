"""The head's rotation from 68 points of a picture and a head's points in space: what a landmark detector gives.

Two cameras, one after the other:

    weak perspective   u = s (R X)_xy + t.  Linear in the 2x3 matrix s R_xy: least squares give it, and its nearest
                       scaled pair of orthonormal rows (singular value decomposition) starts a refinement of R and s.
    perspective        z (u, 1) = K (R X + t), for a camera that is known: starts there, with t at the distance at which
                       the head has the size it was seen in, turned from the line of sight into the camera.

Both minimise the sum of squared distances in the picture (Levenberg and Marquardt), over a rotation vector that turns
the estimate at hand, so that no turn is singular.  The weak one is what the labels of 300W-LP and AFLW2000 were fitted
with and knows no axis of the lens: it is the rotation against the line of sight (synth/export/face/pose.py).

X is the mean of our adults (`mean_head_m`) unless the head is known: another's proportions are taken for a turn, and
most for pitch.  Points are px; X is in `head`, so that R is `cam_from_head`.
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy.optimize import least_squares

from assets.bake_landmarks import adult
from assets.landmarks import landmarks_head
from synth.geometry.rotation import facing_rotation, rotation_from_vector

Points = Float[np.ndarray, "n 2"]
Model = Float[np.ndarray, "n 3"]
Rotation = Float[np.ndarray, "3 3"]


@lru_cache(maxsize=1)
def mean_head_m() -> Float[np.ndarray, "68 3"]:
    """Return iBUG's points of the mean adult with a neutral face, in `head`, metres."""
    points = landmarks_head(adult())["ibug68"]
    points.setflags(write=False)
    return points


def weak_perspective(points_px: Points, model_m: Model) -> tuple[Rotation, float, Float[np.ndarray, "2"]]:
    """Return rotation, scale (px/m) and the place in px of the head's origin.

    Args:
        points_px: Four or more points that do not lie in a plane of the model.
        model_m: The same points of the head.
    """
    middle_px, middle_m = points_px.mean(axis=0), model_m.mean(axis=0)
    seen, model = points_px - middle_px, model_m - middle_m
    affine = np.linalg.lstsq(model, seen, rcond=None)[0].T
    u, scales, vt = np.linalg.svd(affine, full_matrices=False)
    across, down = u @ vt
    start, scale = np.stack([across, down, np.cross(across, down)]), float(scales.mean())
    size = scale * np.ptp(model, axis=0).max()

    def residual(x: Float[np.ndarray, "4"]) -> Float[np.ndarray, " m"]:
        # Both are about their means, so that t is done with.
        turned = model @ (rotation_from_vector(x[:3]) @ start).T
        return ((scale * np.exp(x[3]) * turned[:, :2] - seen) / size).ravel()

    x = least_squares(residual, np.zeros(4), method="lm").x
    rotation, scale = rotation_from_vector(x[:3]) @ start, scale * float(np.exp(x[3]))
    return rotation, scale, middle_px - scale * (rotation @ middle_m)[:2]


def perspective(points_px: Points, model_m: Model, camera_matrix: Rotation) -> tuple[Rotation, Float[np.ndarray, "3"]]:
    """Return `cam_from_head`: its rotation, and the head's origin in `cam`, metres.

    Args:
        points_px: As for `weak_perspective`.
        model_m: The same points of the head.
        camera_matrix: K, px.
    """
    against_sight, scale, origin_px = weak_perspective(points_px, model_m)
    rays = np.linalg.solve(camera_matrix, np.array([*origin_px, 1.0]))
    start_m = rays * (camera_matrix[0, 0] / scale)
    start = facing_rotation(start_m) @ against_sight

    def residual(x: Float[np.ndarray, "6"]) -> Float[np.ndarray, " m"]:
        cam = model_m @ (rotation_from_vector(x[:3]) @ start).T + start_m + start_m[2] * x[3:]
        seen = cam @ camera_matrix.T
        return (seen[:, :2] / seen[:, 2:] - points_px).ravel()

    x = least_squares(residual, np.zeros(6), method="lm").x
    return rotation_from_vector(x[:3]) @ start, start_m + start_m[2] * x[3:]


def head_rotation(
    points_px: Float[np.ndarray, "68 2"],
    camera_matrix: Rotation | None = None,
    model_m: Float[np.ndarray, "68 3"] | None = None,
) -> Rotation:
    """Return the head's rotation: in the camera where K is given, against the line of sight where it is not."""
    model = mean_head_m() if model_m is None else model_m
    if camera_matrix is None:
        return weak_perspective(points_px, model)[0]
    return perspective(points_px, model, camera_matrix)[0]
