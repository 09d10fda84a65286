"""Processes that each make one shard after another, and the parent that watches over them.

A process says before each sample which it begins, and after each shard what it wrote; the parent hands out the next.
Each writes shards of its own, so nothing stands in a queue and nobody waits for a writer.

    dies or hangs    (killed, out of memory, Blender crashed; silent for `patience_s`) another takes its place, and its
                     shard is made again from the start
    poison           a sample at which that happened twice: its shard is left out, everything else is made
    grows            a process that holds `growth_mb` more than after its first shard makes way for a new one, after
                     the shard in hand
    an exception     ends the run at once, and is raised in the parent
    a first signal   (Ctrl-C, SIGTERM) the shards in hand are finished, no other is begun
    a second one     all processes end at once, and so do their files
    parent killed    its processes end at once
"""

import copy
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import connection
from typing import Any, Generic, TypeVar

from synth.errors import ProjectError, RenderError
from synth.memory import resident_mb

LOOK_S = 0.5
"""How often the parent looks up when nobody says anything."""
STRIKES = 2
STARTS = 5
"""How many processes in a row may end before one comes to a sample."""
START_S = 120.0
"""How long a process may take to start, at least."""
END_S = 5.0
"""How long a process may take to leave before it is killed."""

Facts = TypeVar("Facts")
At = Callable[[int], None]
"""Told the index of each sample before it is begun."""
Make = Callable[[int, At], Facts]
"""Makes the shard of a number."""
Start = Callable[[int], AbstractContextManager[Make[Facts]]]
"""Prepares a process, given the number of its seat, and clears up after it; what makes its shards is in between."""


@dataclass(frozen=True)
class Care:
    """How closely processes are watched.

    Attributes:
        patience_s: A process that begins no sample for so long is taken to hang.
        growth_mb: How much more memory than after its first shard a process may hold, MB.
    """

    patience_s: float = 600.0
    growth_mb: float = 500.0


@dataclass(frozen=True)
class Poison:
    """A sample at which processes died or hung.

    Attributes:
        shard: That it belongs to, which is left out.
        index: Of the sample.
        how: The last of them ended.
    """

    shard: int
    index: int
    how: str


@dataclass
class _Seat(Generic[Facts]):
    """A process, and what it is at."""

    number: int
    process: Any
    link: Any
    heard_s: float
    ready: bool = False
    shard: int | None = None
    index: int | None = None
    begun: int = 0
    first_mb: float | None = None


def make_shards(
    start: Start[Facts],
    shards: Sequence[int],
    workers: int,
    care: Care,
    progress: Callable[[int], None] = lambda done: None,
    made: Callable[[int, Facts], None] = lambda shard, facts: None,
    lost: Callable[[int], None] = lambda pid: None,
) -> list[Poison]:
    """Make shards by several processes and return the samples that could not be made.

    Args:
        start: Prepares a process.
        shards: Their numbers, in the order in which they are begun.
        workers: Processes at most.
        care: How closely they are watched.
        progress: Called now and then with the number of samples finished in this run.
        made: Called with each shard that is there, and what its process told of it.
        lost: Called with the number of each process that ended in the middle of a shard.

    Raises:
        RenderError: Processes die before they come to a sample.
        KeyboardInterrupt, SystemExit: A signal came, and shards are left to make.
    """
    if not shards:
        return []
    pool = _Pool(start, deque(shards), care, progress, made, lost)
    with _signals(pool):
        try:
            pool.run(min(workers, len(shards)))
        except BaseException:
            pool.kill()
            raise
    if pool.signalled is not None and pool.waiting:
        raise KeyboardInterrupt if pool.signalled == signal.SIGINT else SystemExit(128 + pool.signalled)
    return pool.poisons


class _Pool(Generic[Facts]):
    def __init__(
        self,
        start: Start[Facts],
        waiting: deque[int],
        care: Care,
        progress: Callable[[int], None],
        made: Callable[[int, Facts], None],
        lost: Callable[[int], None],
    ) -> None:
        self.start, self.waiting, self.care = start, waiting, care
        self.progress, self.made, self.lost = progress, made, lost
        self.context = multiprocessing.get_context("spawn")
        self.seats: dict[int, _Seat[Facts]] = {}
        self.strikes: Counter[int | None] = Counter()
        self.poisons: list[Poison] = []
        self.samples = 0
        self.signalled: int | None = None

    def run(self, workers: int) -> None:
        """Hand out shards until all are made or none may be begun."""
        while (self.waiting and self.signalled is None) or any(seat.shard is not None for seat in self.seats.values()):
            for number in range(workers):
                if number not in self.seats and self.waiting and self.signalled is None:
                    self.seats[number] = self.open(number)
            for seat in self.seats.values():
                if seat.shard is None and self.waiting and self.signalled is None:
                    self.hand_out(seat)
            busy = {seat.link: seat for seat in self.seats.values() if seat.shard is not None}
            for link in connection.wait(list(busy), LOOK_S):
                self.hear(busy[link])
            now = time.monotonic()
            for seat in list(self.seats.values()):
                patience_s = self.care.patience_s if seat.ready else max(START_S, self.care.patience_s)
                if seat.shard is not None and now - seat.heard_s > patience_s:
                    self.lose(seat, f"hung for {patience_s:g} s")
            self.progress(self.samples + sum(max(seat.begun - 1, 0) for seat in self.seats.values()))
        for seat in list(self.seats.values()):
            self.leave(seat)

    def open(self, number: int) -> "_Seat[Facts]":
        """Start a process that Ctrl-C does not reach: the parent ends it, without a traceback from each."""
        ours, theirs = self.context.Pipe()
        process = self.context.Process(target=_work, args=(self.start, number, theirs), daemon=True)
        kept = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, kept)
        theirs.close()  # so that the end of the process is heard
        return _Seat(number, process, ours, time.monotonic())

    def hand_out(self, seat: "_Seat[Facts]") -> None:
        """Give a process the next shard."""
        seat.shard, seat.index, seat.begun, seat.heard_s = self.waiting.popleft(), None, 0, time.monotonic()
        try:
            seat.link.send(seat.shard)
        except OSError:
            self.lose(seat, "died")

    def hear(self, seat: "_Seat[Facts]") -> None:
        """Take in what a process says; silence is its end."""
        try:
            kind, *said = seat.link.recv()
        except (EOFError, OSError):
            self.lose(seat, "died")
            return
        seat.heard_s = time.monotonic()
        if kind == "error":
            raise said[0]
        if kind == "ready":
            seat.ready = True
            return
        if kind == "at":
            seat.index, seat.begun = said[0], seat.begun + 1
            self.strikes[None] = 0
            return
        facts, resident = said
        assert seat.shard is not None
        shard, seat.shard = seat.shard, None
        self.samples, seat.begun = self.samples + seat.begun, 0
        self.made(shard, facts)
        if resident is not None:
            seat.first_mb = resident if seat.first_mb is None else seat.first_mb
            if resident - seat.first_mb > self.care.growth_mb:
                self.leave(seat)

    def lose(self, seat: "_Seat[Facts]", how: str) -> None:
        """Clear up after a process that died or hangs, and see whether its shard is tried again.

        Raises:
            RenderError: It is one of several in a row that came to no sample.
        """
        seat.process.kill()
        seat.process.join()
        self.forget(seat)
        self.lost(seat.process.pid)
        if how == "died" and seat.process.exitcode and seat.process.exitcode < 0:
            how = f"was killed by signal {-seat.process.exitcode}"
        self.strikes[seat.index] += 1
        assert seat.shard is not None
        if self.strikes[seat.index] < (STARTS if seat.index is None else STRIKES):
            self.waiting.appendleft(seat.shard)
        elif seat.index is None:
            raise RenderError(f"render processes end before they come to a sample: the last {how}; canthus doctor")
        else:
            self.poisons.append(Poison(seat.shard, seat.index, how))

    def leave(self, seat: "_Seat[Facts]") -> None:
        """End a process that is at nothing."""
        with suppress(OSError):
            seat.link.send(None)
        seat.process.join(END_S)
        seat.process.kill()
        seat.process.join()
        self.forget(seat)

    def kill(self) -> None:
        """End all processes in the middle of what they do."""
        for seat in self.seats.values():
            seat.process.kill()
        for seat in list(self.seats.values()):
            seat.process.join()
            self.forget(seat)
            self.lost(seat.process.pid)

    def forget(self, seat: "_Seat[Facts]") -> None:
        """Free the seat."""
        seat.link.close()
        del self.seats[seat.number]


@contextmanager
def _signals(pool: "_Pool[Any]") -> Iterator[None]:
    """Let a first signal be heard by the pool, and a second end everything; in another thread than the main none is."""

    def heard(number: int, frame: object) -> None:
        if pool.signalled is not None:
            raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)
        pool.signalled = number
        print("finishing the shards in hand; once more ends at once", file=sys.stderr)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def _work(start: Start[Any], seat: int, link: Any) -> None:
    """Make shards, one after another, until there is no other."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    status = 1
    try:
        with start(seat) as make:
            link.send(("ready",))
            while (shard := link.recv()) is not None:
                facts = make(shard, lambda index: link.send(("at", index)))
                link.send(("made", facts, _resident_mb()))
        status = 0
    except BaseException as error:
        with suppress(OSError):
            link.send(("error", _portable(error)))
    # Without Blender's destructors, which wait for threads that have gone.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _portable(error: BaseException) -> BaseException:
    """Return an exception that reaches the parent, with its traceback unless it is one that the user can mend."""
    if not isinstance(error, ProjectError | ImportError | OSError):
        error.add_note("in a render process:\n" + "".join(traceback.format_exception(error)))
    try:
        pickle.dumps(error)
        copy.copy(error)  # puts it together as the parent will
    except Exception:
        return RuntimeError("".join(traceback.format_exception(error)))
    return error


def _resident_mb() -> float | None:
    try:
        return resident_mb()
    except ProjectError:
        return None


def _end_with_parent() -> None:
    """A process whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
