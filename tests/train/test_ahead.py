"""Batches changed ahead are those changed in turn; what goes wrong ahead is told at its step."""

import threading
from collections.abc import Iterator

import pytest

from train.data.ahead import Ahead


class Numbers:
    """Batches that are numbers: ten times the epoch, and on."""

    def __init__(self, n: int) -> None:
        self.n, self.epoch, self.sampler = n, 0, self

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return self.n

    def __iter__(self) -> Iterator[int]:
        return iter(range(10 * self.epoch, 10 * self.epoch + self.n))


@pytest.mark.parametrize("n", [1, 2, 5])
def test_every_batch_is_changed_with_the_number_of_its_step(n: int) -> None:
    seen = list[tuple[int, int]]()
    ahead = Ahead(Numbers(n), lambda batch, step: seen.append((batch, step)) or -batch)  # type: ignore[func-returns-value]
    for epoch in (0, 1, 4):
        seen.clear()
        ahead.sampler.set_epoch(epoch)
        assert list(ahead) == [-(10 * epoch + i) for i in range(n)] and len(ahead) == n
        assert seen == [(10 * epoch + i, n * epoch + i) for i in range(n)]


def test_the_next_batch_is_changed_while_this_one_is_in_use() -> None:
    begun = [threading.Event() for _ in range(3)]

    def change(batch: int, step: int) -> int:
        begun[step].set()
        return batch

    for step, _ in enumerate(Ahead(Numbers(3), change)):
        assert step == 2 or begun[step + 1].wait(10)


def test_an_error_is_raised_at_its_step() -> None:
    def change(batch: int, step: int) -> int:
        if step == 1:
            raise ValueError("step one")
        return batch

    batches = iter(Ahead(Numbers(3), change))
    assert next(batches) == 0
    with pytest.raises(ValueError, match="step one"):
        next(batches)
