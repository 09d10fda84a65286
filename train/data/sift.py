"""What a reader does with a picture that is not to be used: a protocol's leaving out is counted, damage stops it or is.

A reader yields a look for each picture: a function that opens its files.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from synth.errors import DataError

Item = TypeVar("Item")
Pictures = TypeVar("Pictures", covariant=True)


class OnError(Enum):
    """What a damaged file does: stops the reader, or is left out and told of."""

    stop = "stop"
    skip = "skip"


@dataclass(frozen=True)
class LeftOut:
    """A picture that a protocol leaves out, and why."""

    cause: str


@dataclass(frozen=True)
class Found(Generic[Pictures]):
    """What a reader found.

    Attributes:
        pictures: In the order of the source; at least one.
        left_out: How many a protocol leaves out, by cause.
        damaged: What was wrong with each damaged one, where these are skipped.
    """

    pictures: Pictures
    left_out: Mapping[str, int]
    damaged: tuple[str, ...]


def sift(
    looks: Iterable[Callable[[], Item | LeftOut]], where: str, noun: str, on_error: OnError
) -> Found[tuple[Item, ...]]:
    """Return what looks find; a DataError of one says that its files are damaged.

    Args:
        looks: One for each picture.
        where: Their source, for messages.
        noun: What they are, in the plural.
        on_error: What damage does.

    Raises:
        DataError: A picture is damaged and `on_error` is stop; or none is left.
    """
    items: list[Item] = []
    left_out: Counter[str] = Counter()
    damaged: list[str] = []
    for look in looks:
        try:
            found = look()
        except DataError as error:
            if on_error is OnError.stop:
                raise
            damaged.append(str(error))
            continue
        if isinstance(found, LeftOut):
            left_out[found.cause] += 1
        else:
            items.append(found)
    if not items:
        causes = [f"{n} {cause}" for cause, n in left_out.most_common()] + [f"{len(damaged)} damaged"] * bool(damaged)
        raise DataError(f"{where}: holds no {noun}{': ' * bool(causes)}{', '.join(causes)}")
    return Found(tuple(items), dict(left_out), tuple(damaged))


def itself(item: Item) -> Item:
    """Return what was found already: the look of it."""
    return item
