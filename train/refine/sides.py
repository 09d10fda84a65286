"""Both sides of a refiner's training: rendered pictures of a corpus, and real ones that nobody labelled.

Rendered    all pictures of a folder of our shards, which are of one size; they decide size and colour of all
Real        a folder of png or jpg of any size (not of folders in it), or of our shards' form

Real ones are brought to the rendered ones' size and colours by train/data/unlabelled.py, which also chooses so many of
them.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from adapt.refine.space import Pictures, Space, in_space
from synth.errors import DataError
from synth.shards import iterate
from train.data.unlabelled import digest, fitted_pictures

LEAST = 2
"""Of either side: of one picture nothing can be learnt, and nothing can collapse."""


@dataclass(frozen=True)
class Sides:
    """Both, in one space and of one size.

    Attributes:
        rendered: Of the corpus.
        real: Photographs.
        space: In which the refiner works.
        real_sha256: Of the real ones, as they were before they were brought into the space.
    """

    rendered: Pictures
    real: Pictures
    space: Space
    real_sha256: str


def read_sides(rendered: Path, real: Path, space: Space, images: int | None = None) -> Sides:
    """Return both sides in memory, of the real one so many pictures, all for None.

    Raises:
        DataError: One has too few pictures, or these do not go together; or something is damaged.
    """
    pictures = read_rendered(rendered)
    space = space_of(pictures[0], space, str(rendered))
    found = fitted_pictures(real, pictures[0], images)
    for path, side in ((rendered, pictures), (real, found)):
        if len(side) < LEAST:
            raise DataError(f"{path}: {len(side)} pictures; a refiner needs at least {LEAST} of either side")
    return Sides(in_space(pictures, space), in_space(found, space), space, digest(found))


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
