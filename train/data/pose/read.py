"""Read faces with their head rotations from wherever they are: the format is told by what a path holds, or named."""

from pathlib import Path

from adapt.face_batch import FaceBatch
from synth.errors import DataError
from synth.export.face.pose import HeadPose
from train.data.pose.aflw2000 import read_aflw2000
from train.data.pose.biwi import read_biwi
from train.data.pose.fsanet_npz import read_fsanet
from train.data.pose.images import read_images
from train.data.pose.shards import read_shards
from train.data.pose.wlp300 import read_300wlp
from train.data.read import Reader, recognise
from train.data.sift import Found, OnError


def read_faces(
    path: Path, reader: Reader, size: int, pose: HeadPose, on_error: OnError = OnError.stop
) -> Found[FaceBatch]:
    """Return every face under a path that the protocol of its format keeps.

    Args:
        path: A file or folder of that format.
        reader: The format.
        size: Of the square cuts, px.
        pose: Which rotation is the head's; of our shards only, the others come with theirs.
        on_error: What a damaged face does.

    Raises:
        DataError: The path holds nothing of the kind, or something damaged.
    """
    reader = recognise(path) if reader is Reader.auto else reader
    if reader is Reader.shards:
        return read_shards(path, size, pose, on_error)
    if reader is Reader.wlp300:
        return read_300wlp(path, size, on_error)
    if reader is Reader.aflw2000:
        return read_aflw2000(path, size, on_error)
    if reader is Reader.biwi:
        return read_biwi(path, size, on_error=on_error)
    if reader is Reader.fsanet:
        return read_fsanet(path, size, on_error)
    if reader is Reader.images:
        return read_images(path, size, on_error)
    raise DataError(f"{path}: holds no rotations of heads (reader={reader.name}); a network of head pose needs faces")
