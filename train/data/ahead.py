"""The batches of an epoch, changed a step ahead of the network that learns from them.

Changing the pictures of a step costs a quarter to a half of what the network's own step does on a CPU, and waits for
nothing: a thread does it for the next step while this one is learnt from.  What a step's changes are depends on (seed,
step) alone, so that working ahead changes no number.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

Some = TypeVar("Some")


class Ahead(Generic[Some]):
    """Batches of a loader after their changes; Lightning sets the epoch through `sampler`."""

    def __init__(self, batches: Any, change: Callable[[Some, int], Some]) -> None:
        """Change the loader's batches, each with the number of its step counted from the first epoch on.

        Args:
            batches: A loader whose `sampler` has `set_epoch`, of the same length every epoch.
            change: Gives a batch after the changes of a step; called in another thread, one call at a time.
        """
        self.batches, self.change = batches, change
        self.epoch = 0

    @property
    def sampler(self) -> "Ahead[Some]":
        """Itself: where Lightning looks for `set_epoch`."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of this epoch."""
        self.epoch = epoch
        self.batches.sampler.set_epoch(epoch)

    def __len__(self) -> int:
        """Return the number of steps of an epoch."""
        return len(self.batches)

    def __iter__(self) -> Iterator[Some]:
        """Yield the changed batches of the chosen epoch; an error of the thread is raised at its step."""
        batches, first = iter(self.batches), self.epoch * len(self)

        def changed(step: int) -> Some:
            return self.change(next(batches), step)

        with ThreadPoolExecutor(1, "ahead") as thread:
            waiting = thread.submit(changed, first)
            for step in range(first + 1, first + len(self)):
                ready, waiting = waiting.result(), thread.submit(changed, step)
                yield ready
            yield waiting.result()
