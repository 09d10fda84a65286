"""Read eyes with landmarks from wherever they are: the format is told by what a path holds, or named.

Sets of normalised eyes of 60x36 have no landmarks, but a gaze: they are enlarged, about the picture's middle and by
the ratio of the widths, and their landmarks, radii and widths are NaN.
"""

from pathlib import Path

import numpy as np
import torch

from adapt.batch import Batch
from adapt.marked_eyes import MarkedEyes
from synth.export.eye_patch import warp_grey
from synth.geometry.normalisation import MPIIGAZE_EYE, GazeMode
from train.data.marks.points import Marks
from train.data.marks.shards import read_shards
from train.data.marks.unityeyes import read_unityeyes
from train.data.read import Reader, read_eyes, recognise
from train.data.shards import Axis
from train.data.sift import Found, OnError


def read_marked_eyes(
    path: Path,
    reader: Reader,
    size: tuple[int, int],
    marks: Marks,
    mode: GazeMode,
    axis: Axis,
    on_error: OnError = OnError.stop,
) -> Found[MarkedEyes]:
    """Return every eye under a path, right ones mirrored to left ones.

    Args:
        path: A file or folder of that format.
        reader: The format.
        size: Height and width of the pictures.
        marks: Which landmarks.
        mode: How gazes are normalised; of our shards only, the others come with their labels.
        axis: Which direction is the gaze; of our shards only.
        on_error: What a damaged eye does.

    Raises:
        DataError: The path holds nothing of the kind, or something damaged.
    """
    reader = recognise(path) if reader is Reader.auto else reader
    if reader is Reader.shards:
        return read_shards(path, size, marks, mode, axis, on_error)
    if reader is Reader.unityeyes:
        return read_unityeyes(path, size, marks, on_error)
    found = read_eyes(path, reader, mode, axis, on_error)
    return Found(enlarged(found.pictures, size, marks), found.left_out, found.damaged)


def enlarged(eyes: Batch, size: tuple[int, int], marks: Marks) -> MarkedEyes:
    """Return normalised eyes of 60x36 in larger pictures, without landmarks; rows that they lack repeat the edge."""
    height, width = size
    k = width / MPIIGAZE_EYE.width
    warp = np.array([[k, 0.0, 0.0], [0.0, k, (height - k * MPIIGAZE_EYE.height) / 2], [0.0, 0.0, 1.0]])
    images = np.stack([warp_grey(image, warp, width, height)[0] for image in eyes.images_u8.numpy()])
    n = len(eyes)
    return MarkedEyes(
        images_u8=torch.from_numpy(images),
        landmarks_px=torch.full((n, marks.n, 2), torch.nan),
        visible=torch.zeros(n, marks.n, dtype=torch.bool),
        radius_px=torch.full((n,), torch.nan),
        eye_width_px=torch.full((n,), torch.nan),
        gaze_pitch_yaw_rad=eyes.gaze_pitch_yaw_rad,
        right=eyes.right,
        mirrored=eyes.mirrored,
        keys=eyes.keys,
    )
