"""Read pictures with boxes of faces from wherever they are: the format is told by what a path holds, or named."""

from pathlib import Path

from adapt.detection_batch import DetectionBatch
from synth.errors import DataError
from train.data.detection.coco import read_coco
from train.data.detection.images import read_images
from train.data.detection.retinaface import read_retinaface
from train.data.detection.shards import Box, read_shards
from train.data.detection.widerface import read_widerface
from train.data.read import Reader, recognise
from train.data.sift import Found, OnError


def read_pictures(
    path: Path, reader: Reader, side: int, box: Box = Box.face, on_error: OnError = OnError.stop
) -> Found[DetectionBatch]:
    """Return every picture under a path with its faces.

    Args:
        path: A file or folder of that format.
        reader: The format.
        side: Of the square pictures, px, at most (gather.py).
        box: What is boxed; of our shards only, the others come with their boxes.
        on_error: What a damaged picture does.

    Raises:
        DataError: The path holds nothing of the kind, or something damaged.
    """
    reader = recognise(path) if reader is Reader.auto else reader
    if reader is Reader.shards:
        return read_shards(path, side, box, on_error)
    if reader is Reader.widerface:
        return read_widerface(path, side, on_error)
    if reader is Reader.retinaface:
        return read_retinaface(path, side, on_error)
    if reader is Reader.coco:
        return read_coco(path, side, on_error)
    if reader is Reader.images:
        return read_images(path, side, on_error)
    raise DataError(f"{path}: holds no boxes of faces (reader={reader.name}); a detector needs pictures with boxes")
