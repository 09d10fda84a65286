"""What a network says of pictures whose truth nobody knows, by the name of each.

    head pose    {"R": rows of `cam_from_head`, "yaw_pitch_roll_deg": [yaw, pitch, roll]}
    gaze         {"gaze_pitch_yaw_rad": [pitch, yaw]}, in `norm`, of the picture as its file holds it

Pictures are read as train/data does, whole folders of them by train/data/images.py (eyes) and train/data/pose/images.py
(faces), whose keys are the names of the files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from synth.export.face.pose import HeadPose
from synth.geometry.normalisation import GazeMode
from train.data.images import EyeSet, read_images
from train.data.pose.gather import OnError
from train.data.pose.read import read_faces
from train.data.read import Reader, read_eyes, recognise
from train.data.shards import Axis
from train.evaluation import prediction_file, predictions_of
from train.models.parts import HeadJoin
from train.models.pose import PoseNetwork
from train.pose_evaluation import rotation_file, rotations_of

BATCH = 64
"""Pictures at once; of faces of 224x224 that takes half a gigabyte."""


@dataclass(frozen=True)
class Predicted:
    """What a network says.

    Attributes:
        by_name: Of each picture that could be read.
        remarks: What there is to know of these pictures, a line each.
        damaged: What was wrong with each that could not be read.
    """

    by_name: Mapping[str, Mapping[str, Any]]
    remarks: tuple[str, ...]
    damaged: tuple[str, ...]


def predict_pose(network: nn.Module, path: Path, reader: Reader, on_error: OnError) -> Predicted:
    """Return the rotations of the heads under a path.

    Raises:
        DataError: There is no face; or one is damaged and `on_error` is stop.
    """
    assert isinstance(network, PoseNetwork)
    # Which rotation our own shards call the head's is of no effect here: only the cuts are looked at.
    found = read_faces(path, reader, network.size[0], HeadPose.sight, on_error)
    by_name = rotation_file(rotations_of(network, found.faces, BATCH), found.faces.keys)
    remarks = tuple(f"{n} left out: {cause}" for cause, n in found.left_out.items())
    return Predicted(by_name, remarks, found.damaged)


def predict_gaze(network: nn.Module, path: Path, reader: Reader, on_error: OnError) -> Predicted:
    """Return the gazes of the eyes under a path; `on_error` is for folders of pictures, other damage always stops.

    Raises:
        DataError: There is no eye; or one is damaged.
    """
    reader = recognise(path) if reader is Reader.auto else reader
    if reader is Reader.images:
        found = read_images(path, on_error)
    else:
        # As above: labels of our own shards are not looked at.
        found = EyeSet(read_eyes(path, reader, GazeMode.mpiigaze_2015, Axis.visual), ())
    posed = (found.eyes.head_pitch_yaw_rad != 0).any(dim=1)
    remarks = []
    if wants_head_pose(network) and not bool(torch.all(posed)):
        n = len(posed) - int(posed.sum())
        remarks.append(
            f"{n} of {len(posed)} eyes come without a head pose: this network takes one and is told that the head "
            "looks straight into the camera; give head_pitch_yaw_rad in labels.json where it does not"
        )
    by_name = prediction_file(predictions_of(network, found.eyes, BATCH), found.eyes)
    return Predicted(by_name, tuple(remarks), found.damaged)


def wants_head_pose(network: nn.Module) -> bool:
    """Say whether a network of gaze is told the head's angles."""
    return any(isinstance(module, HeadJoin) and module.head_pose for module in network.modules())
