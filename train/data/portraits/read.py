"""Read portraits from wherever they are: the format is told by what a path holds, or named."""

from enum import Enum
from pathlib import Path

from adapt.portraits import Portraits
from synth.errors import DataError
from train.data.portraits.celeba import read_celeba
from train.data.portraits.images import read_images
from train.data.portraits.shards import read_shards
from train.data.read import Reader, recognise
from train.data.sift import Found, OnError

TEST = 2


class Purpose(Enum):
    """What portraits are read for: of a source that divides itself, which part is taken.

    train: what is not for testing.  measure: what is for testing; everything, where nothing is.  predict: everything.
    """

    train = "train"
    measure = "measure"
    predict = "predict"


def read_portraits(
    path: Path, reader: Reader, size: int, purpose: Purpose, on_error: OnError = OnError.stop
) -> Found[Portraits]:
    """Return the faces under a path that its format's protocol keeps for this purpose.

    Args:
        path: A file or folder of that format.
        reader: The format.
        size: Of the square cuts, px.
        purpose: What they are for.
        on_error: What a damaged face does.

    Raises:
        DataError: The path holds nothing of the kind, or something damaged, or nothing for the purpose.
    """
    reader = recognise(path) if reader is Reader.auto else reader
    if reader is Reader.shards:
        return read_shards(path, size, on_error)
    if reader is Reader.celeba:
        return for_purpose(read_celeba(path, size, on_error), purpose, path)
    if reader is Reader.images:
        return read_images(path, size, on_error)
    raise DataError(f"{path}: holds no portraits (reader={reader.name}); give our shards or CelebA's folder")


def for_purpose(found: Found[Portraits], purpose: Purpose, path: Path) -> Found[Portraits]:
    """Return the faces of the parts that a purpose takes, and count the others as left out.

    Raises:
        DataError: None is left.
    """
    testing = found.pictures.part == TEST
    keep = testing if purpose is Purpose.measure else ~testing
    if purpose is Purpose.predict or (purpose is Purpose.measure and not testing.any()) or keep.all():
        return found
    if not keep.any():
        raise DataError(f"{path}: all its {len(keep)} faces are in the part to test on")
    cause = "in the part to test on" if purpose is Purpose.train else "in a part to train or validate on"
    left_out = {**found.left_out, cause: int((~keep).sum())}
    return Found(found.pictures.take(keep.nonzero()[:, 0]), left_out, found.damaged)
