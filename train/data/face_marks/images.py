"""A folder of pictures of faces (png, jpg; of any size) whose landmarks nobody knows: all of them, for predictions.

The whole picture is the cut; one that is not square is taken as a square about its middle by its longer side, the edge
repeated outside.  A cut as square.py has it is what the networks know.  The key of a face is its file name; its
landmarks are NaN.
"""

from functools import partial
from pathlib import Path

import numpy as np

from adapt.marked_faces import MarkedFaces
from synth.errors import DataError
from synth.shards.encode import decode_picture
from train.data.face_marks.gather import MarkedFace, gather, unknown
from train.data.images import picture_paths
from train.data.pose.images import whole_square
from train.data.sift import Found, OnError


def read_images(folder: Path, size: int, points: int, on_error: OnError = OnError.stop) -> Found[MarkedFaces]:
    """Return every picture of a folder, `size` x `size`, with so many unknown landmarks.

    Raises:
        DataError: There is no folder, or no picture; or one is damaged and `on_error` is stop; the message names it.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder")
    return gather((partial(face_in, path, points) for path in picture_paths(folder)), str(folder), size, on_error)


def face_in(path: Path, points: int) -> MarkedFace:
    """Return the face of a picture."""
    picture = decode_picture(path.read_bytes(), str(path))
    return MarkedFace(
        key=path.name,
        picture=picture,
        square_px=whole_square(picture.shape[1], picture.shape[0]),
        points_px=np.full((points, 2), np.nan),
        depth_px=unknown(points),
        visible=np.zeros(points, dtype=bool),
    )
