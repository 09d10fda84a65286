"""Both sides of a refiner's training: rendered pictures of a corpus, and real ones that nobody labelled.

Rendered    all pictures of a folder of our shards, which are of one size; they decide size and colour of all
Real        a folder of png or jpg of any size (not of folders in it), or of our shards' form

A real picture is brought to the rendered ones' size so: the largest cut about its middle that has their shape is
resized, bicubic, averaging where it shrinks.  One whose shape is within a tenth of theirs is stretched instead: eyes of
MPIIGaze (60x36) are passed around as 55x35, and their mean is more like that of whole ones when they are stretched.
Colours become grey where the corpus is grey; grey pictures do for no corpus in colour, whose every colour would tell.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from adapt.refine.space import Pictures, Space, in_space
from synth.errors import DataError
from synth.shards import iterate
from synth.shards.encode import decode_picture
from train.data.images import picture_paths

LEAST = 2
"""Of either side: of one picture nothing can be learnt, and nothing can collapse."""
NEAR = 0.1


@dataclass(frozen=True)
class Sides:
    """Both, in one space and of one size.

    Attributes:
        rendered: Of the corpus.
        real: Photographs.
        space: In which the refiner works.
    """

    rendered: Pictures
    real: Pictures
    space: Space


def read_sides(rendered: Path, real: Path, space: Space) -> Sides:
    """Return both sides in memory.

    Raises:
        DataError: One has too few pictures, or these do not go together; or something is damaged.
    """
    pictures = read_rendered(rendered)
    space = space_of(pictures[0], space, str(rendered))
    found = [fitted(one, pictures[0], where) for where, one in real_pictures(real)]
    for path, side in ((rendered, pictures), (real, found)):
        if len(side) < LEAST:
            raise DataError(f"{path}: {len(side)} pictures; a refiner needs at least {LEAST} of either side")
    return Sides(in_space(pictures, space), in_space(found, space), space)


def space_of(picture: np.ndarray, space: Space, where: str) -> Space:
    """Return the space for pictures like this one.

    Raises:
        DataError: They are in colour and were to be equalised.
    """
    chosen = space.of(1 if picture.ndim == 2 else 3)
    if chosen is Space.equalised and picture.ndim == 3:
        raise DataError(f"{where}: pictures in colour; space=equalised is for grey ones")
    return chosen


def read_rendered(folder: Path) -> list[np.ndarray]:
    """Return the pictures of a corpus.

    Raises:
        DataError: There is no corpus, it is damaged, or its pictures differ in size.
    """
    pictures: list[np.ndarray] = []
    for sample in iterate(folder):
        if pictures and sample.picture.shape != pictures[0].shape:
            raise DataError(
                f"{folder}: {sample.key}: has shape {sample.picture.shape}, the first picture {pictures[0].shape}; a "
                "refiner learns from pictures of one size"
            )
        pictures.append(sample.picture)
    return pictures


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
