"""A folder of pictures of faces (png, jpg; of any size) whose rotations nobody knows: all of them, for predictions.

A picture with a NAME.mat of 300W-LP or AFLW2000 beside it (mat.py) is cut by its points as those sets are; nothing else
of that file is looked at.  Of any other the whole picture is the cut; one that is not square is taken as crop.py takes
boxes: a square about its middle by its longer side, the edge repeated outside.  A cut with crop.py's margins about the
points of a face is what the networks were trained on; a tighter or wider one is seen as another head.

The key of a face is its file name, with the folders inside where these are read; its rotation is unknown, NaN.
"""

from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float

from adapt.face_batch import FaceBatch
from synth.errors import DataError
from synth.shards.encode import decode_picture
from train.data.images import picture_paths
from train.data.pose.crop import face_square
from train.data.pose.gather import PoseFace, gather
from train.data.pose.mat import outline_px
from train.data.sift import Found, OnError

UNKNOWN = np.full((3, 3), np.nan)


def read_images(folder: Path, size: int, on_error: OnError = OnError.stop, nested: bool = False) -> Found[FaceBatch]:
    """Return every picture of a folder, `nested` also of folders in it, `size` x `size`.

    Raises:
        DataError: There is no folder, or no picture; or one is damaged and `on_error` is stop; the message names it.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder")
    folders = [folder, *sorted(path for path in folder.rglob("*") if path.is_dir())] if nested else [folder]
    paths = [path for one in folders for path in picture_paths(one)]
    return gather((partial(face_in, path, folder) for path in paths), str(folder), size, on_error)


def face_in(path: Path, folder: Path) -> PoseFace:
    """Return the face of a picture: within its points where a .mat tells them, else all of the picture."""
    picture, mat = decode_picture(path.read_bytes(), str(path)), path.with_suffix(".mat")
    points_px = outline_px(mat) if mat.is_file() else None
    square_px = whole_square(picture.shape[1], picture.shape[0]) if points_px is None else face_square(points_px)
    return PoseFace(path.relative_to(folder).as_posix(), picture, square_px, UNKNOWN)


def whole_square(width: int, height: int) -> Float[np.ndarray, "4"]:
    """Return the square about a picture's middle by its longer side: left, top, right, bottom."""
    middle, half = np.array([width, height]) / 2, max(width, height) / 2
    return np.concatenate([middle - half, middle + half])
