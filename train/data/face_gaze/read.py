"""Read faces with their gaze from wherever they are: the format is told by what a path holds, or named."""

from pathlib import Path

from adapt.face_gaze_batch import FaceGazeBatch
from synth.errors import DataError
from train.data.face_gaze.gazehub import read_gazehub
from train.data.face_gaze.images import read_images
from train.data.face_gaze.mpiifacegaze import read_mpiifacegaze
from train.data.face_gaze.shards import read_shards
from train.data.face_gaze.xgaze import read_xgaze
from train.data.read import Reader, recognise
from train.data.sift import Found, OnError

READERS = {
    Reader.gazehub: read_gazehub,
    Reader.mpiifacegaze: read_mpiifacegaze,
    Reader.xgaze: read_xgaze,
    Reader.images: read_images,
}
"""Of sets of normalised faces."""


def read_face_gaze(
    path: Path,
    reader: Reader,
    side: int,
    on_screen: bool = False,
    on_error: OnError = OnError.stop,
) -> Found[FaceGazeBatch]:
    """Return every face under a path.

    Args:
        path: A file or folder of that format.
        reader: The format.
        side: Of the square pictures, px.
        on_screen: Whether points of a screen are asked for, which our shards alone tell.
        on_error: What a damaged file does.

    Raises:
        DataError: The path holds nothing of the kind, or something damaged.
    """
    reader = recognise(path) if reader is Reader.auto else reader
    if reader is Reader.shards:
        return read_shards(path, side, on_screen, on_error)
    if reader not in READERS:
        raise DataError(f"{path}: holds no faces with a gaze (reader={reader.name}), which this network needs")
    if on_screen:
        raise DataError(
            f"{path}: holds normalised faces (reader={reader.name}); a network that tells a point of the screen needs "
            "whole frames: our shards"
        )
    return READERS[reader](path, side, on_error)
