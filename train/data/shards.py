"""Our own shards (see synth/shards) as normalised eyes with the labels a published set would carry.

A picture whose camera is the eye's normalised one, or misses it by no more than a landmark detector's errors, is taken
as it is, and its gaze is told in that camera: a real set is normalised with such errors too, and picture and label
share them (synth/draw/camera.py draws them).  A picture of any other camera is warped by the labels into the exact
normalised camera.  Head angles are those of the exact camera (adapt/augment/changes.py says why).

The key of an eye is its key in the shard.
"""

from collections.abc import Iterator
from enum import Enum
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float

from adapt.batch import Batch
from synth.export.eye_patch import warp_grey
from synth.geometry.gaze import pitch_yaw_from_vector
from synth.geometry.normalisation import MPIIGAZE_EYE, GazeMode, normalised_targets
from synth.sample import Sample
from synth.shards import iterate
from train.data.gather import Eye, Look, gather
from train.data.sift import Found, OnError

NEAR_PX = 10.0
"""A camera that shows the corners of the 60x36 picture no further off than this is the normalised one, with errors."""


class Axis(Enum):
    """Which direction of an eye is its gaze."""

    visual = "visual"  # from the eye's middle to the thing looked at, as MPIIGaze labels it
    optical = "optical"  # through the pupil's and the cornea's centre, as UnityEyes does


def read_shards(folder: Path, mode: GazeMode, axis: Axis, on_error: OnError = OnError.stop) -> Found[Batch]:
    """Return every eye of a data set.

    Raises:
        DataError: There is no data set, or a shard is damaged; or a label is and `on_error` is stop; the message names
            shard and key.
    """
    return gather(_looks(folder, mode, axis), str(folder), on_error)


def _looks(folder: Path, mode: GazeMode, axis: Axis) -> Iterator[Look]:
    for sample in iterate(folder):
        yield partial(eye_of, sample, mode, axis)


def eyes_in(sample: Sample, mode: GazeMode, axis: Axis, where: str) -> Batch:
    """Return the one eye of a sample; `where` is what an error names."""
    return gather([partial(eye_of, sample, mode, axis)], where, OnError.stop).pictures


def eye_of(sample: Sample, mode: GazeMode, axis: Axis) -> Eye:
    """Return the eye that a sample's picture is centred on."""
    centre_cam = sample.eye_array("centre_of_canthi_cam", 3)
    gaze_cam = gaze_cam_of(sample, axis)
    targets = normalised_targets(
        gaze_cam=gaze_cam,
        centre_cam=centre_cam,
        cam_from_head=sample.array("cam_from_head", 4, 4),
        face_triangle_head=sample.array("face_triangle_head", 3, 3),
        camera_matrix=sample.array("camera_matrix", 3, 3),
        mode=mode,
    )
    view, gaze_pitch_yaw_rad = targets.normalisation, targets.gaze_pitch_yaw_rad
    height, width = sample.picture.shape[:2]
    warp = view.warp
    if is_near(warp, width, height):
        warp = scaling(width, height)
        gaze_pitch_yaw_rad = pitch_yaw_from_vector(view.stretch(mode) * gaze_cam)
    right = sample.subject_eye == "right"
    return Eye(
        key=sample.key,
        image_u8=warp_grey(sample.picture, warp, MPIIGAZE_EYE.width, MPIIGAZE_EYE.height)[0],
        head_pitch_yaw_rad=targets.head_pitch_yaw_rad,
        gaze_pitch_yaw_rad=gaze_pitch_yaw_rad,
        right=right,
        mirror=right,
    )


def gaze_cam_of(sample: Sample, axis: Axis) -> Float[np.ndarray, "3"]:
    """Return the gaze in `cam` of the eye that a sample's picture is centred on, of any length."""
    if axis is Axis.visual:
        return sample.array("target_cam", 3) - sample.eye_array("centre_of_canthi_cam", 3)
    return sample.eye_array("optical_axis_cam", 3)


def scaling(width: int, height: int) -> Float[np.ndarray, "3 3"]:
    """Return the warp that only brings a picture of this size to 60x36."""
    return np.diag([MPIIGAZE_EYE.width / width, MPIIGAZE_EYE.height / height, 1.0])


def is_near(warp: Float[np.ndarray, "3 3"], width: int, height: int) -> bool:
    """Say whether W takes the corners of a picture of this size to about the corners of the 60x36 picture."""
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]], dtype=np.float64)
    moved, wanted = corners @ warp.T, corners @ scaling(width, height)
    return bool((moved[:, 2] > 0).all() and np.abs(moved[:, :2] / moved[:, 2:] - wanted[:, :2]).max() < NEAR_PX)
