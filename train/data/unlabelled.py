"""Real pictures that nobody labelled, for adapting a network and for a refiner, which read and choose them alike.

Pictures    a folder of png or jpg of any size (not of folders in it), or of our shards, whose labels are not looked at

A picture is brought to a corpus's size so: the largest cut about its middle that has their shape is resized, bicubic,
averaging where it shrinks.  One whose shape is within a tenth of theirs is stretched instead: eyes of MPIIGaze (60x36)
are passed around as 55x35, and their mean is more like that of whole ones when they are stretched.  Colours become grey
where the corpus is grey; grey pictures do for no corpus in colour, whose every colour would tell.

Of n pictures N are chosen by their order alone: those that come first when places are sorted by their bits, read
backwards (van der Corput's sequence): 0, 1/2, 1/4, 3/4 of the way and so on.  Any N are spread evenly over the whole,
and all of them are among any larger number.
"""

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from synth.errors import DataError
from synth.shards import iterate
from synth.shards.encode import decode_picture
from train.data.images import picture_paths

NEAR = 0.1


def real_pictures(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the pictures of a folder with their places, for messages.

    Raises:
        DataError: There is no such folder, or a picture is damaged.
    """
    if not path.is_dir():
        raise DataError(f"{path}: there is no such folder")
    if any(path.glob("shard-*.tar")):
        yield from ((f"{path}: {sample.key}", sample.picture) for sample in iterate(path))
    else:
        yield from ((str(one), decode_picture(one.read_bytes(), str(one))) for one in picture_paths(path))


def fitted_pictures(path: Path, like: np.ndarray, images: int | None = None) -> list[np.ndarray]:
    """Return so many pictures of a folder, all for None, with the size and the colours of another.

    Raises:
        DataError: There are fewer; or one of all is damaged, or grey where the other one is not.
    """
    found = [fitted(picture, like, where) for where, picture in real_pictures(path)]
    return [found[row] for row in spread(len(found), images, str(path))]


def spread(n: int, images: int | None, where: str) -> list[int]:
    """Return the rows of so many of n pictures, all for None, in their order; see the module.

    Raises:
        DataError: There are fewer.
    """
    if images is None:
        return list(range(n))
    if images > n:
        raise DataError(f"{where}: holds {n} pictures, of which {images} were asked for (images={images})")
    bits = max(n - 1, 1).bit_length()
    return sorted(sorted(range(n), key=lambda row: f"{row:0{bits}b}"[::-1])[:images])


def digest(pictures: Iterable[np.ndarray]) -> str:
    """Return a checksum (sha256) of pictures as networks are shown them: sizes and levels, in their order."""
    found = hashlib.sha256()
    for one in pictures:
        found.update(f"{one.dtype}{one.shape}".encode())
        found.update(np.ascontiguousarray(one).tobytes())
    return found.hexdigest()


def fitted(picture: np.ndarray, like: np.ndarray, where: str) -> np.ndarray:
    """Return a picture with the size and the colours of another; see the module.

    Raises:
        DataError: It is grey and the other one is not.
    """
    if picture.ndim < like.ndim:
        raise DataError(f"{where}: grey, and the corpus is in colour; give photographs in colour or a grey corpus")
    image = Image.fromarray(np.ascontiguousarray(picture))
    if like.ndim == 2:
        image = image.convert("L")
    height, width = like.shape[:2]
    if image.size == (width, height):
        return np.asarray(image)
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC, box=cut(image.size, (width, height))))


def cut(size: Sequence[int], wanted: Sequence[int]) -> tuple[float, float, float, float]:
    """Return left, upper, right and lower edge of what is shown of a picture; sizes are (width, height)."""
    across, down = size
    shape = wanted[0] / wanted[1]
    if abs(math.log(across / down / shape)) < NEAR:
        return 0, 0, across, down
    kept_across, kept_down = min(across, down * shape), min(down, across / shape)
    left, upper = (across - kept_across) / 2, (down - kept_down) / 2
    return left, upper, left + kept_across, upper + kept_down
