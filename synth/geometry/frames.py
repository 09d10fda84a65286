"""The frames of the project, in words and as constants.  All are right-handed; lengths are metres.

    world   z up; the camera stands at its origin
    cam     x right, y down, z forward; origin the lens
    head    equal to `cam`'s axes when the subject faces the lens: x to the subject's left, y to the chin, z into the
            head; origin midway between the eyeballs' rotation centres
    eye     as `head` at primary gaze; the eye looks along -z; origin the rotation centre
    px      u right, v down; (0, 0) is the *corner* of the first pixel, its centre is (0.5, 0.5)

A transform is a 4x4 matrix named `target_from_source`, so that neighbours cancel: `cam_from_head @ head_from_eye`.
"""

import numpy as np
from jaxtyping import Float

RIGHT_CAM = (1.0, 0.0, 0.0)
DOWN_CAM = (0.0, 1.0, 0.0)
FORWARD_CAM = (0.0, 0.0, 1.0)

UP_WORLD = (0.0, 0.0, 1.0)

CHIN_HEAD = (0.0, 1.0, 0.0)
SUBJECT_LEFT_HEAD = (1.0, 0.0, 0.0)
FACING_HEAD = (0.0, 0.0, -1.0)

GAZE_EYE = (0.0, 0.0, -1.0)
"""The optical axis in the eye's own frame."""

WORLD_FROM_LEVEL_CAM = ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, -1.0, 0.0))
"""Rotation of a level camera that looks along the world's +y: right is x, up is z."""


def transform(rotation: Float[np.ndarray, "3 3"], translation_m: Float[np.ndarray, "3"]) -> Float[np.ndarray, "4 4"]:
    """Return the 4x4 `target_from_source` of a rotation followed by a translation, both seen in the target."""
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    matrix[:3, 3] = translation_m
    return matrix


def apply(
    target_from_source: Float[np.ndarray, "4 4"], points_source: Float[np.ndarray, "*n 3"]
) -> Float[np.ndarray, "*n 3"]:
    """Return points of the source frame in the target frame."""
    return np.asarray(points_source @ target_from_source[:3, :3].T + target_from_source[:3, 3])


def inverse(target_from_source: Float[np.ndarray, "4 4"]) -> Float[np.ndarray, "4 4"]:
    """Return `source_from_target` of a rigid transform, by transposing (no digit is lost)."""
    rotation = target_from_source[:3, :3]
    return transform(rotation.T, -rotation.T @ target_from_source[:3, 3])
