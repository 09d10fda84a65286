"""Gaze directions: unit vectors, pitch/yaw angles, and the angle between two gazes.

A gaze is a unit vector in the camera frame `cam` (x right, y down, z forward; see synth/geometry/frames.py) that points
from the eye to the thing looked at.  A subject who looks straight into the lens has gaze (0, 0, -1).

    pitch  > 0 looks up      (towards -y)
    yaw    > 0 looks to -x   (left in the image; the subject's right)

This is the sign of MPIIGaze and ETH-XGaze.  GazeML negates both angles; GazeHub's files store (yaw, pitch).  All
angles here are radians, and a pair is always in the order (pitch, yaw).
"""

import numpy as np
from jaxtyping import Float


def pitch_yaw_from_vector(gaze_cam: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 2"]:
    """Return (pitch, yaw) in radians of gazes of any length but zero.

    pitch by atan2 rather than asin: the vector need not be of unit length, and asin loses its digits near +-90 deg.
    """
    x, y, z = gaze_cam[..., 0], gaze_cam[..., 1], gaze_cam[..., 2]
    return np.stack([np.arctan2(-y, np.hypot(x, z)), np.arctan2(-x, -z)], axis=-1)


def vector_from_pitch_yaw(pitch_yaw_rad: Float[np.ndarray, "*n 2"]) -> Float[np.ndarray, "*n 3"]:
    """Return the unit gaze in `cam`: -(cos p sin y, sin p, cos p cos y)."""
    pitch, yaw = pitch_yaw_rad[..., 0], pitch_yaw_rad[..., 1]
    return -np.stack([np.cos(pitch) * np.sin(yaw), np.sin(pitch), np.cos(pitch) * np.cos(yaw)], axis=-1)


def angle_between(a_cam: Float[np.ndarray, "*n 3"], b_cam: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n"]:
    """Return the angle between two gazes, in radians in [0, pi]; the lengths of the vectors do not matter.

    atan2 rather than arccos: arccos of a dot product that rounds to just over 1 is NaN, and below about 3e-4 rad it
    has no digits left in float32.
    """
    sine = np.linalg.norm(np.cross(a_cam, b_cam), axis=-1)
    cosine = np.sum(a_cam * b_cam, axis=-1)
    return np.asarray(np.arctan2(sine, cosine))


def mirror_pitch_yaw(pitch_yaw_rad: Float[np.ndarray, "*n 2"]) -> Float[np.ndarray, "*n 2"]:
    """Return the (pitch, yaw) seen in the picture flipped left to right: yaw changes its sign.

    It holds for the gaze and for the head pose alike (both yaws are positive towards one side of the image).
    """
    return pitch_yaw_rad * np.array([1.0, -1.0], dtype=pitch_yaw_rad.dtype)
