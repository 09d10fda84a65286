"""A folder of pictures of faces (png, jpg; of any size) of which nothing is known: all of them, for predictions.

The whole picture is the cut; one that is not square is taken as a square about its middle by its longer side, the edge
repeated outside.  A cut as train/data/face_marks/square.py has it is what the networks know.  The key of a face is its
file name.
"""

from functools import partial
from pathlib import Path

from adapt.portraits import Portraits
from synth.errors import DataError
from synth.shards.encode import decode_picture
from train.data.images import picture_paths
from train.data.portraits.gather import UNKNOWN_ATTRIBUTES, Portrait, gather
from train.data.pose.images import whole_square
from train.data.sift import Found, OnError


def read_images(folder: Path, size: int, on_error: OnError = OnError.stop) -> Found[Portraits]:
    """Return every picture of a folder, `size` x `size`.

    Raises:
        DataError: There is no folder, or no picture; or one is damaged and `on_error` is stop; the message names it.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder")
    return gather((partial(face_in, path) for path in picture_paths(folder)), str(folder), size, on_error)


def face_in(path: Path) -> Portrait:
    """Return the face of a picture."""
    picture = decode_picture(path.read_bytes(), str(path))
    return Portrait(path.name, picture, whole_square(picture.shape[1], picture.shape[0]), UNKNOWN_ATTRIBUTES)
