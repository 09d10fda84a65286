"""Whose eyes or faces: the protocols of MPIIGaze choose among its persons p00 to p14, whom the keys of readers name.

    leave one person out   train on all others (`leave_out`), measure on that one (`only`)
    within person          train on the first three quarters of a person's eyes of each side, or of their faces, measure
                           on the last (`part`), in the order of the source

The order of MPIIGaze's evaluation lists need not be that of time: neighbours of an eye in time may then be on the other
side of the cut.  Without lists (the whole of Data/Normalized) the order is that of the days.
"""

import re
from dataclasses import dataclass
from enum import Enum

import numpy as np
from jaxtyping import Bool

from adapt.batch import Batch
from adapt.marked_eyes import MarkedEyes
from synth.errors import ConfigError
from train.data.loader import Rowed, Some

PERSON = re.compile(r"(p\d\d)/")
FIRST = 0.75
"""Of a person's eyes of each side, what `Part.first` is."""


class Part(Enum):
    """Which of each person's eyes, side by side: all, the first three quarters, or the last."""

    all = "all"
    first = "first"
    last = "last"


@dataclass
class PersonsConfig:
    """Whose eyes or faces are taken, of sets that tell persons apart.

    Attributes:
        only: This person's alone, p00 to p14; null for everybody's.
        leave_out: Not this person's; null for nobody.
        part: Which of each person's.
    """

    only: str | None = None
    leave_out: str | None = None
    part: Part = Part.all

    def __post_init__(self) -> None:
        """Refuse what leaves nobody."""
        if self.only is not None and self.only == self.leave_out:
            raise ConfigError(f"only={self.only}, leave_out={self.leave_out}: leaves nobody")

    @property
    def everything(self) -> bool:
        """Whether nothing is chosen."""
        return self.only is None and self.leave_out is None and self.part is Part.all


def persons_of(keys: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the person of each picture, or None where the set does not tell persons apart."""
    matches = [PERSON.match(key) for key in keys]
    found = tuple(match[1] for match in matches if match)
    return found if len(found) == len(keys) else None


def chosen(pictures: Some, config: PersonsConfig, where: str) -> Some:
    """Return the pictures that a configuration asks for, in their order.

    Raises:
        ConfigError: The set does not tell persons apart, or holds none of that name; or none is left.
    """
    if config.everything:
        return pictures
    persons = persons_of(pictures.keys)
    if persons is None:
        raise ConfigError(f"persons: {where} does not tell persons apart; MPIIGaze and MPIIFaceGaze do")
    for name in (config.only, config.leave_out):
        if name is not None and name not in persons:
            raise ConfigError(f"persons: {where} holds no {name}; it has {', '.join(sorted(set(persons)))}")
    person, right = np.array(persons), sides_of(pictures)
    keep = np.full(len(pictures), True)
    if config.only is not None:
        keep &= person == config.only
    if config.leave_out is not None:
        keep &= person != config.leave_out
    if config.part is not Part.all:
        first = np.full(len(pictures), False)
        for one in set(persons):
            for side in (False, True):
                rows = np.flatnonzero((person == one) & (right == side))
                first[rows[: round(FIRST * len(rows))]] = True
        keep &= first if config.part is Part.first else ~first
    if not keep.any():
        raise ConfigError(f"persons: of {where} nothing is left")
    return pictures.take(np.flatnonzero(keep).tolist())


def sides_of(pictures: Rowed) -> Bool[np.ndarray, " n"]:
    """Return which are right eyes; none of faces."""
    if isinstance(pictures, Batch | MarkedEyes):
        return np.asarray(pictures.right.numpy())
    return np.full(len(pictures), False)
