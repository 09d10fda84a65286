"""A folder of pictures of faces (png, jpg; of any size), each cut about one head already, without labels.

The whole picture is the cut; one that is not square is taken as crop.py takes boxes: a square about its middle by its
longer side, the edge repeated outside.  A cut with crop.py's margins about the points of a face is what the networks
were trained on; a tighter or wider one is seen as another head.

The key of a face is its file name; its rotation is unknown, NaN.
"""

from functools import partial
from pathlib import Path

import numpy as np

from synth.errors import DataError
from synth.shards.encode import decode_picture
from train.data.images import picture_paths
from train.data.pose.gather import OnError, PoseFace, PoseSet, gather

UNKNOWN = np.full((3, 3), np.nan)


def read_images(folder: Path, size: int, on_error: OnError = OnError.stop) -> PoseSet:
    """Return every picture of a folder, not of folders in it, `size` x `size`.

    Raises:
        DataError: There is no folder, or no picture; or one is damaged and `on_error` is stop; the message names it.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder")
    return gather((partial(whole_picture, path) for path in picture_paths(folder)), str(folder), size, on_error)


def whole_picture(path: Path) -> PoseFace:
    """Return a picture as a face that fills it."""
    picture = decode_picture(path.read_bytes(), str(path))
    size = np.array([picture.shape[1], picture.shape[0]], dtype=np.float64)
    middle, half = size / 2, size.max() / 2
    square_px = np.concatenate([middle - half, middle + half])
    return PoseFace(key=path.name, picture=picture, square_px=square_px, rotation=UNKNOWN)
