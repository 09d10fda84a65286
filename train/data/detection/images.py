"""A folder of photographs (png, jpg; of any size) of which nobody knows who is in them: for predictions.

The key of a picture is its file name.
"""

from functools import partial
from pathlib import Path

from adapt.detection_batch import DetectionBatch
from synth.errors import DataError
from synth.shards.encode import decode_picture
from train.data.detection.gather import Picture, gather, nobody
from train.data.images import picture_paths
from train.data.sift import Found, OnError


def read_images(folder: Path, side: int, on_error: OnError = OnError.stop) -> Found[DetectionBatch]:
    """Return every picture of a folder, squares of at most `side`.

    Raises:
        DataError: There is no folder, or no picture; or one is damaged and `on_error` is stop; the message names it.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder")
    return gather((partial(picture_in, path) for path in picture_paths(folder)), str(folder), side, on_error)


def picture_in(path: Path) -> Picture:
    """Return a picture of which nothing is known."""
    return Picture(path.name, decode_picture(path.read_bytes(), str(path)), nobody())
