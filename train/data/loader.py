"""Batches of a data set in memory, in an order that depends on the seed and the epoch alone.

A data set of 10,000 eyes is 22 MB: it is cut by index, without worker processes.  Training that was stopped after an
epoch and continued sees the same batches as training that was not.  Processes that train together (train/ranks.py)
share the rows of each batch that is trained on; what is validated on each of them sees whole.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
from torch.utils.data import DataLoader, Dataset, Sampler

from synth.seeds import rng
from train.ranks import ALONE, rank

Itself = TypeVar("Itself")


@runtime_checkable
class Rowed(Protocol):
    """A data set in memory, or a batch of one: eyes (adapt/batch.py) or faces (adapt/face_batch.py)."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Name of each picture in its source."""

    def __len__(self) -> int:
        """Return the number of pictures."""

    def take(self: Itself, rows: Sequence[int], /) -> Itself:
        """Return the pictures of these rows, in this order."""


Some = TypeVar("Some", bound=Rowed)


class Order(Sampler[list[int]]):
    """The rows of each batch of an epoch; Lightning calls `set_epoch` before each."""

    def __init__(self, n: int, batch_size: int, seed: int | None) -> None:
        """Shuffle by `seed` and leave out an incomplete last batch, or keep all in their order for None."""
        self.n = n
        self.batch_size = batch_size
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of this epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        """Return the number of batches."""
        return max(self.n // self.batch_size, 1) if self.seed is not None else -(-self.n // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        """Yield this process' rows of each batch of the chosen epoch."""
        at = ALONE if self.seed is None else rank()
        order = np.arange(self.n) if self.seed is None else rng(self.seed, self.epoch, "order").permutation(self.n)
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            yield order[start : start + self.batch_size][at.number :: at.count].tolist()


class Memory(Dataset[Some]):
    """A data set in memory, indexed by the rows of a whole batch."""

    def __init__(self, pictures: Some) -> None:
        """Hold the pictures."""
        self.pictures = pictures

    def __getitem__(self, rows: list[int]) -> Some:
        """Return the pictures of these rows."""
        return self.pictures.take(rows)

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.pictures)


def loader(pictures: Some, batch_size: int, seed: int | None = None) -> "DataLoader[Some]":
    """Return the batches of an epoch: shuffled by a seed, or all in their order."""
    return DataLoader(Memory(pictures), batch_size=None, sampler=Order(len(pictures), batch_size, seed))


def split(pictures: Some, validation: float) -> tuple[Some, Some]:
    """Return what is for training and what is for validation: the last part of the data set, in one block.

    A block, because neighbours in a data set may show the same person.
    """
    n, held = len(pictures), round(len(pictures) * validation)
    return pictures.take(range(n - held)), pictures.take(range(n - held, n))
