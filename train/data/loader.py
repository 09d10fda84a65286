"""Batches of a data set in memory, in an order that depends on the seed and the epoch alone.

A data set of 10,000 eyes is 22 MB: it is cut by index, without worker processes.  Training that was stopped after an
epoch and continued sees the same batches as training that was not.
"""

from collections.abc import Iterator

import numpy as np
from torch.utils.data import DataLoader, Dataset, Sampler

from adapt.batch import Batch
from synth.seeds import rng

Rows = list[int]


class Order(Sampler[Rows]):
    """The rows of each batch of an epoch; Lightning calls `set_epoch` before each."""

    def __init__(self, n: int, batch_size: int, seed: int | None) -> None:
        """Shuffle by `seed` and leave out an incomplete last batch, or keep all eyes in their order for None."""
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

    def __iter__(self) -> Iterator[Rows]:
        """Yield the rows of each batch of the chosen epoch."""
        order = np.arange(self.n) if self.seed is None else rng(self.seed, self.epoch, "order").permutation(self.n)
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            yield order[start : start + self.batch_size].tolist()


class Memory(Dataset[Batch]):
    """A data set in memory, indexed by the rows of a whole batch."""

    def __init__(self, eyes: Batch) -> None:
        """Hold the eyes."""
        self.eyes = eyes

    def __getitem__(self, rows: Rows) -> Batch:
        """Return the eyes of these rows."""
        return self.eyes.take(rows)

    def __len__(self) -> int:
        """Return the number of eyes."""
        return len(self.eyes)


def loader(eyes: Batch, batch_size: int, seed: int | None = None) -> "DataLoader[Batch]":
    """Return the batches of an epoch: shuffled by a seed, or all in their order."""
    return DataLoader(Memory(eyes), batch_size=None, sampler=Order(len(eyes), batch_size, seed))


def split(eyes: Batch, validation: float) -> tuple[Batch, Batch]:
    """Return training and validation eyes: the last part of the data set, in one block, is for validation.

    A block, because neighbours in a data set may show the same person.
    """
    held = round(len(eyes) * validation)
    return eyes.take(range(len(eyes) - held)), eyes.take(range(len(eyes) - held, len(eyes)))
