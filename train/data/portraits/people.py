"""Portraits divided so that nobody is on both sides."""

from collections import Counter

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from adapt.portraits import UNKNOWN, Portraits
from synth.errors import DataError

VALIDATION = 1


def split_people(faces: Portraits, validation: float) -> tuple[Portraits, Portraits]:
    """Return what is for training and what is for validation.

    A source that divides itself is divided so.  Of any other the last people, all pictures of each, are held back until
    they are at least the part that is asked for; a face that nobody is named for is a person of its own.
    """
    held = faces.part == VALIDATION
    if not held.any():
        held = torch.isin(who(faces), torch.tensor(last_people(who(faces).tolist(), round(validation * len(faces)))))
    return faces.take((~held).nonzero()[:, 0]), faces.take(held.nonzero()[:, 0])


def last_people(people: list[int], least: int) -> list[int]:
    """Return the last people of a list, whose rows are together at least so many."""
    sizes, chosen, found = Counter(people), list[int](), 0
    for person in dict.fromkeys(reversed(people)):
        if found >= least:
            break
        chosen.append(person)
        found += sizes[person]
    return chosen


def who(faces: Portraits) -> Int64[Tensor, " b"]:
    """Return the person of each face, those that are not known with numbers of their own, below zero."""
    return torch.where(faces.person == UNKNOWN, -1 - torch.arange(len(faces)), faces.person)


def refuse_nameless(faces: Portraits, where: str) -> None:
    """Refuse faces that nobody can be told apart by.

    Raises:
        DataError: It is not known who is shown; or nobody is shown twice, or nobody else is.
    """
    if (faces.person == UNKNOWN).any():
        raise DataError(f"{where}: does not tell whom its faces show")
    counts = np.unique(faces.person.numpy(), return_counts=True)[1]
    if len(counts) < 2 or counts.max() < 2:
        raise DataError(
            f"{where}: shows {len(counts)} people, nobody in more than {counts.max()} pictures; two are needed: render "
            "with subject.images_per_identity=2 or more"
        )
