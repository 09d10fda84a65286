"""Our shards as a stream, from a folder or a URL, for corpora that memory does not hold.

    epoch    the shards in an order of (seed, epoch), their samples laid end to end: N of them
    step     `batch_size` pictures of all processes together; an epoch has N // batch_size steps
    split    each process (rank), and in it each worker, has a stretch of that line, as many steps long as the others';
             together they are the line, but for an incomplete last step
    within   a stretch is shuffled through a buffer of `BUFFER` pictures

So every picture is shown once an epoch where each sample gives one.  Where samples give none (a face turned away) a
stretch is begun again until its steps are full, where they give several its rest waits for another epoch's order.

A shard is fetched whole and read as strictly as from a disk (synth/shards/read.py).  URLs are fsspec's: http(s), file,
s3, gs and others as far as their packages are installed.  A URL needs the manifest.json of a finished data set beside
its shards.
"""

import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import fsspec
import numpy as np
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from adapt.rows import joined
from synth.errors import DataError
from synth.sample import Sample
from synth.seeds import rng
from synth.shards import shard_paths
from synth.shards.read import count_shard, iterate_tar
from train.data.loader import Rowed
from train.ranks import Rank, rank

BUFFER = 1000

Some = TypeVar("Some", bound=Rowed)
Pictures = Callable[[Sample], Some | None]
"""Makes the pictures of a sample; None where it shows none."""


@dataclass(frozen=True)
class Shard:
    """Where a shard is, and how many samples it holds."""

    url: str
    samples: int


@dataclass(frozen=True)
class Stream(Generic[Some]):
    """Shards to train on.

    Attributes:
        shards: In the order of the data set.
        pictures: Makes pictures of their samples.
    """

    shards: tuple[Shard, ...]
    pictures: Pictures[Some]

    def __len__(self) -> int:
        """Return the number of samples."""
        return sum(shard.samples for shard in self.shards)

    def split(self, validation: float) -> "tuple[Stream[Some], Some | None]":
        """Return the shards to train on, and the pictures of the last shards, in memory, to validate on.

        Raises:
            DataError: Nothing would be left to train on; or a shard is damaged.
        """
        held, samples = 0, 0
        while samples < round(validation * len(self)):
            held += 1
            samples += self.shards[-held].samples
        if held == len(self.shards):
            raise DataError(f"{self.shards[0].url}: one shard too few; a stream validates on whole shards of their own")
        kept = self.shards[: len(self.shards) - held]
        found = (self.pictures(sample) for shard in self.shards[len(kept) :] for sample in samples_of(shard))
        shown = [one for one in found if one is not None]
        return Stream(kept, self.pictures), joined(shown) if shown else None

    def stretch(self, order: Sequence[int], start: int, stop: int) -> Iterator[Sample]:
        """Yield the samples from `start` to `stop` of the line that shards make in this order."""
        first = 0
        for shard in (self.shards[i] for i in order):
            low, high = max(start - first, 0), min(stop - first, shard.samples)
            if low < high:
                yield from samples_of(shard, range(low, high))
            first += shard.samples


class StreamLoader(Generic[Some]):
    """The batches of one process, an epoch at a time; Lightning sets the epoch through `sampler`."""

    def __init__(self, stream: Stream[Some], batch_size: int, seed: int, workers: int = 0) -> None:
        """Read `batch_size` pictures a step in all processes together, each with this many workers."""
        self.stream, self.batch_size, self.seed, self.workers = stream, batch_size, seed, workers
        self.epoch = 0

    @property
    def sampler(self) -> "StreamLoader[Some]":
        """Itself: where Lightning looks for `set_epoch`."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of this epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        """Return the number of steps of an epoch."""
        return len(self.stream) // self.batch_size

    def __iter__(self) -> Iterator[Some]:
        """Yield this process' batches of the chosen epoch."""
        # Made here and not before: workers are started with the epoch as it is now.
        yield from DataLoader(_Worker(self, rank()), batch_size=None, num_workers=self.workers)

    def batches(self, at: Rank, worker: Rank) -> Iterator[Some]:
        """Yield the batches of one worker of one process.

        Raises:
            DataError: A shard is damaged, or a stretch of the line shows nothing.
        """
        share = self.batch_size // at.count
        low, high = (len(self) * number // worker.count for number in (worker.number, worker.number + 1))
        start, stop = ((at.number * len(self) + step) * share for step in (low, high))
        order = rng(self.seed, self.epoch, "shards").permutation(len(self.stream.shards)).tolist()
        draw = rng(self.seed, self.epoch, f"buffer of {at.number}.{worker.number}")
        left, waiting = high - low, list[Some]()
        while left:
            shown = 0
            for one in shuffled(self._shown(order, start, stop), BUFFER, draw):
                shown += 1
                waiting.append(one)
                if len(waiting) == share:
                    yield joined(waiting)
                    waiting = []
                    left -= 1
                    if not left:
                        return
            if not shown:
                raise DataError(
                    f"{self.stream.shards[order[0]].url}: neither it nor what follows shows anything to learn"
                )

    def _shown(self, order: Sequence[int], start: int, stop: int) -> Iterator[Some]:
        for sample in self.stream.stretch(order, start, stop):
            pictures = self.stream.pictures(sample)
            for row in range(len(pictures) if pictures is not None else 0):
                yield pictures.take([row])  # type: ignore[union-attr]


class _Worker(IterableDataset[Any]):
    """What DataLoader copies into its worker processes."""

    def __init__(self, loader: StreamLoader[Any], at: Rank) -> None:
        self.loader, self.at = loader, at

    def __iter__(self) -> Iterator[Any]:
        worker = get_worker_info()
        which = Rank(0, 1) if worker is None else Rank(worker.id, worker.num_workers)
        return self.loader.batches(self.at, which)


def shuffled(items: Iterator[Some], size: int, draw: np.random.Generator) -> Iterator[Some]:
    """Yield all items, each one of the next `size` that wait."""
    waiting: list[Some] = []
    for item in items:
        if len(waiting) < size:
            waiting.append(item)
            continue
        place = int(draw.integers(size))
        yield waiting[place]
        waiting[place] = item
    for place in draw.permutation(len(waiting)):
        yield waiting[place]


def find_shards(source: str) -> tuple[Shard, ...]:
    """Return the shards of a data set in a folder or at a URL.

    Raises:
        DataError: There is no data set, or at a URL no manifest.
    """
    if "://" not in source:
        return tuple(Shard(str(path), count_shard(path)) for path in shard_paths(Path(source)))
    place = f"{source.rstrip('/')}/manifest.json"
    try:
        shards = [
            Shard(f"{source.rstrip('/')}/{one['name']}", int(one["samples"]))
            for one in json.loads(fetch(place))["shards"]
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{place}: lists no shards; a stream needs the manifest of a finished data set") from error
    if not shards:
        raise DataError(f"{place}: lists no shards; the data set is empty")
    return tuple(shards)


def samples_of(shard: Shard, places: range | None = None) -> Iterator[Sample]:
    """Yield the samples of a shard, all or those at these places.

    Raises:
        DataError: It cannot be fetched, is damaged, or holds another number of samples than was said.
    """
    data, expected, read = fetch(shard.url), shard.samples if places is None else len(places), 0
    for sample in iterate_tar(io.BytesIO(data), len(data), shard.url, places):
        read += 1
        yield sample
    if read != expected:
        raise DataError(f"{shard.url}: holds fewer samples than the {shard.samples} that the manifest says")


def fetch(url: str) -> bytes:
    """Return the content of a file, local or at a URL.

    Raises:
        DataError: It cannot be read.
    """
    try:
        with fsspec.open(url, "rb") as file:
            return bytes(file.read())
    except Exception as error:  # every file system of fsspec has errors of its own, and all mean this
        raise DataError(f"{url}: cannot be read ({type(error).__name__}: {error})") from error
