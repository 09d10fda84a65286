"""The history of refined pictures: half of a batch comes from it, half of the new ones go into it, all by the seed."""

import torch
from torch import Tensor

from adapt.refine.history import History

SIZE, BATCH = 12, 8


def numbered(first: int, n: int = BATCH) -> Tensor:
    """Return pictures of one pixel that say which they are."""
    return torch.arange(first, first + n, dtype=torch.float32).reshape(n, 1, 1, 1)


def draw(step: int) -> torch.Generator:
    return torch.Generator().manual_seed(step)


def told(pictures: Tensor) -> list[int]:
    return [int(one) for one in pictures.flatten()]


def step(history: History, number: int) -> list[int]:
    """Take a step as a trainer does; pictures are numbered by it."""
    new, generator = numbered(BATCH * number), draw(number)
    shown = history.mix(new, generator)
    history.add(new, generator)
    return told(shown)


def test_half_of_a_batch_comes_from_a_history_that_is_filled() -> None:
    history = History(SIZE, 1, 1, 1)
    assert step(history, 0) == list(range(8))  # nothing there yet
    assert len(history) == 4
    for number in range(1, 30):
        before = set(told(history.pictures)[: len(history)])
        shown = step(history, number)
        assert shown[:4] == list(range(8 * number, 8 * number + 4))
        assert len(set(shown[4:])) == 4 and set(shown[4:]) <= before
    assert len(history) == SIZE


def test_half_of_the_new_ones_take_random_places() -> None:
    history = History(SIZE, 1, 1, 1)
    for number in range(3):
        step(history, number)
    assert told(history.pictures) == [*range(4), *range(8, 12), *range(16, 20)]  # full
    seen: set[int] = set()
    for number in range(3, 40):
        before = told(history.pictures)
        step(history, number)
        after = told(history.pictures)
        changed = [place for place in range(SIZE) if before[place] != after[place]]
        assert sorted(after[place] for place in changed) == list(range(8 * number, 8 * number + 4))
        seen |= set(changed)
    assert seen == set(range(SIZE))


def test_a_batch_that_does_not_fit_fills_what_is_free_and_replaces_others() -> None:
    history = History(5, 1, 1, 1)
    history.add(numbered(0), draw(0))
    history.add(numbered(10), draw(1))
    assert len(history) == 5
    kept = set(told(history.pictures))
    assert {11, 12, 13} <= kept and len(kept) == 5  # the free place got the first, the others took some
    small = History(2, 1, 1, 1)
    small.add(numbered(0), draw(0))
    small.add(numbered(10), draw(1))
    assert sorted(told(small.pictures)) == [10, 11]


def test_a_history_of_none_changes_nothing() -> None:
    history = History(0, 1, 1, 1)
    for number in range(3):
        assert step(history, number) == list(range(8 * number, 8 * number + 8))


def test_the_seed_decides_and_a_checkpoint_continues() -> None:
    def run(history: History, numbers: range) -> list[list[int]]:
        return [step(history, number) for number in numbers]

    whole = History(SIZE, 1, 1, 1)
    shown = run(whole, range(10))
    stopped = History(SIZE, 1, 1, 1)
    run(stopped, range(6))
    continued = History(SIZE, 1, 1, 1)
    continued.load_state_dict(stopped.state_dict())
    assert run(continued, range(6, 10)) == shown[6:]
    assert torch.equal(continued.pictures, whole.pictures)
    other = History(SIZE, 1, 1, 1)
    other.load_state_dict(stopped.state_dict())
    new, generator = numbered(8 * 6), draw(1234)
    assert told(other.mix(new, generator)) != shown[6]


def test_what_is_kept_is_no_part_of_a_graph() -> None:
    history = History(SIZE, 1, 1, 1)
    history.add(numbered(0).requires_grad_(), draw(0))
    assert not history.pictures.requires_grad and len(history) == 4
