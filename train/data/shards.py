"""Our own shards (see synth/shards) as normalised eyes with the labels a published set would carry.

Each picture is brought into MPIIGaze's virtual camera by its own labels: one rendered in that camera is only reduced,
one from any other camera is warped.  The key of an eye is its key in the shard.
"""

from enum import Enum
from pathlib import Path

import numpy as np

from adapt.batch import Batch
from synth.normalisation import GazeMode, normalised_targets
from synth.sample import Sample
from synth.shards import iterate
from train.data.gather import Eye, gather
from train.data.picture import normalised_picture


class Axis(Enum):
    """Which direction of an eye is its gaze."""

    visual = "visual"  # from the eye's middle to the thing looked at, as MPIIGaze labels it
    optical = "optical"  # through the pupil's and the cornea's centre, as UnityEyes does


def read_shards(folder: Path, mode: GazeMode, axis: Axis) -> Batch:
    """Return every eye of a data set.

    Raises:
        DataError: There is no data set, or it is damaged; the message names shard and key.
    """
    return gather((eye_of(sample, mode, axis) for sample in iterate(folder)), str(folder))


def eye_of(sample: Sample, mode: GazeMode, axis: Axis) -> Eye:
    """Return the eye that a sample's picture is centred on."""
    centre_cam = sample.eye_array("centre_of_canthi_cam", 3)
    if axis is Axis.visual:
        gaze_cam = sample.array("target_cam", 3) - centre_cam
    else:
        gaze_cam = sample.eye_array("optical_axis_cam", 3)
    targets = normalised_targets(
        gaze_cam=gaze_cam,
        centre_cam=centre_cam,
        cam_from_head=sample.array("cam_from_head", 4, 4),
        face_triangle_head=sample.array("face_triangle_head", 3, 3),
        camera_matrix=sample.array("camera_matrix", 3, 3),
        mode=mode,
    )
    right = sample.subject_eye == "right"
    return Eye(
        key=sample.key,
        image_u8=np.ascontiguousarray(normalised_picture(sample.picture, targets.normalisation.warp)),
        head_pitch_yaw_rad=targets.head_pitch_yaw_rad,
        gaze_pitch_yaw_rad=targets.gaze_pitch_yaw_rad,
        right=right,
        mirror=right,
    )
