"""Two portions of a data set that share no person or, of one person, no time; and a few pictures drawn from one.

The portions are of about a half each, and depend on nothing but the keys:

- several persons (keys that begin with `pXX/` or `XX/`: MPIIGaze, its .h5, BIWI): the first half of them, the others;
- one person of MPIIGaze, whose keys say day and number: the first half of the moments, and the later ones; the two eyes
  of a moment stay together;
- one person of the .h5, whose rows are the left eyes in order and then the right ones: the first half of each side;
- anything else: the first half in the order of the keys.
"""

import re
from enum import Enum
from itertools import groupby

from adapt.batch import Batch
from synth.seeds import rng
from train.data.loader import Rowed, Some

PERSON = re.compile(r"p?\d\d(?=/)")
SIDE = re.compile(r" (left|right)$")


class Portion(Enum):
    """Which pictures of a data set are meant."""

    all = "all"
    first = "first"
    second = "second"


def portion_of(pictures: Some, portion: Portion) -> Some:
    """Return a portion of the pictures, in their order."""
    if portion is Portion.all:
        return pictures
    first = set(first_rows(pictures))
    return pictures.take([row for row in range(len(pictures)) if (row in first) is (portion is Portion.first)])


def first_rows(pictures: Rowed) -> list[int]:
    """Return the rows of the first portion."""
    keys = pictures.keys
    groups = [list(range(len(keys)))]
    if any(SIDE.search(key) for key in keys):
        moments = [SIDE.sub("", key) for key in keys]
    else:
        moments = list(keys)
        if isinstance(pictures, Batch):
            groups = [[row for row in groups[0] if bool(pictures.right[row]) is side] for side in (False, True)]
    persons = sorted({found.group() for key in keys if (found := PERSON.match(key))})
    if len(persons) > 1:
        early = persons[: len(persons) // 2]
        return [row for row, key in enumerate(keys) if (found := PERSON.match(key)) and found.group() in early]
    return [row for group in groups for row in half(group, moments)]


def half(rows: list[int], moments: list[str]) -> list[int]:
    """Return the first half of some rows by their moments; what belongs to one moment stays together."""
    chosen: list[int] = []
    for _, together in groupby(sorted(rows, key=lambda row: moments[row]), key=lambda row: moments[row]):
        if len(chosen) >= len(rows) // 2:
            break
        chosen.extend(together)
    return chosen


def drawn(pictures: Some, samples: int | None, seed: int) -> Some:
    """Return so many of the pictures, drawn by a seed, in their order; all of them for None.

    Fewer samples of one seed are among the more, so that a curve over their number is one person's luck, not several.
    """
    if samples is None or samples >= len(pictures):
        return pictures
    return pictures.take(sorted(rng(seed, 0, "samples").permutation(len(pictures))[:samples].tolist()))
