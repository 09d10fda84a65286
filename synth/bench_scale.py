"""How rendering grows with the number of processes: pictures a second, memory, and where the time goes.

Measured by the clock, on a corpus made as `canthus render` makes one, into a folder that is thrown away: measure when
nothing else runs, on as many cores as there are processes.

    first picture     from the call to the first finished sample: processes, Blender, the first person's geometry
    pictures a second from when every process has finished one to the last: without the start, with the rest at the end
    not Cycles        of the time of the processes at their shards, what is outside of Blender's render calls: drawing,
                      geometry, labels, putting the scene, development, encoding, writing
    writing           of the same, encoding and writing
    the parent        its CPU seconds over the clock's: what watching and handing out cost
    memory            of each process, resident, after its first shard and after its last
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from synth.cores import keep_to_a_core
from synth.corpus import Job, shard_samples
from synth.errors import RenderError
from synth.memory import resident_mb
from synth.pool import At, Care, Make, make_shards
from synth.sample import Sample
from synth.shards import write_shard
from synth.stopwatch import Stopwatch

SHARDS_A_PROCESS = 4


@dataclass(frozen=True)
class ShardTime:
    """Of one shard: who made it, how long that took, all and in parts; and the memory of the process after it."""

    process: int
    samples: int
    all_s: float
    cycles_s: float
    write_s: float
    resident_mb: float


@dataclass(frozen=True)
class ScaleCost:
    """Figures of one number of processes; see the module.

    Attributes:
        workers: Processes.
        pictures: How many were made.
        rate: Pictures a second.
        first_s: To the first picture.
        other_than_cycles: Share, 0 to 1.
        writing: Share, 0 to 1.
        parent: Share of a core, 0 to 1.
        memory_mb: Of each process, after its first shard and after its last.
    """

    workers: int
    pictures: int
    rate: float
    first_s: float
    other_than_cycles: float
    writing: float
    parent: float
    memory_mb: Mapping[int, tuple[float, float]]

    @property
    def growth_mb(self) -> float:
        """The most that a process grew."""
        return max(last - first for first, last in self.memory_mb.values())

    def to_json(self) -> dict[str, Any]:
        """Return plain numbers."""
        shares = {name: round(getattr(self, name), 4) for name in ("other_than_cycles", "writing", "parent")}
        memory = [[round(value, 1) for value in pair] for pair in self.memory_mb.values()]
        rates = {"pictures_a_second": round(self.rate, 4), "first_picture_s": round(self.first_s, 2)}
        return {"workers": self.workers, "pictures": self.pictures, **rates, **shares, "resident_mb": memory}


def bench_scale(job: Job, workers: int, progress: Callable[[int], None] = lambda done: None) -> ScaleCost:
    """Make a corpus by so many processes and measure it.

    Args:
        job: The corpus; nothing is written to its folder.
        workers: Processes.
        progress: Told the number of pictures made.

    Raises:
        RenderError: A process died.
    """
    scenes = max(1, job.plan.n // job.plan.scene_size // (workers * SHARDS_A_PROCESS))
    plan = replace(job.plan, shard_size=scenes * job.plan.scene_size)
    times: list[ShardTime] = []
    moments: list[tuple[int, float]] = []

    start = time.perf_counter()

    def note(done: int) -> None:
        if done > (moments[-1][0] if moments else 0):
            moments.append((done, time.perf_counter() - start))
        progress(done)

    with tempfile.TemporaryDirectory() as folder:
        before_s = time.process_time()
        lost = make_shards(
            partial(timed_workplace, replace(job, plan=plan, folder=Path(folder))),
            range(plan.shards),
            workers,
            Care(),
            note,
            made=lambda shard, told: times.append(told),
        )
        parent_s = time.process_time() - before_s
    if lost:
        raise RenderError(f"index {lost[0].index}: a render process {lost[0].how}; a run with losses measures nothing")
    return cost_of(workers, moments, times, parent_s)


def cost_of(
    workers: int, moments: Sequence[tuple[int, float]], times: Sequence[ShardTime], parent_s: float
) -> ScaleCost:
    """Return the figures of a run.

    Args:
        workers: Processes.
        moments: Numbers of pictures made, each with the seconds since the call.
        times: Of the shards, in the order in which they were made.
        parent_s: CPU seconds of the parent.
    """
    pictures, wall_s = moments[-1]
    warm, warm_s = next(moment for moment in moments if moment[0] >= min(workers, pictures))
    all_s = sum(one.all_s for one in times)
    memory: dict[int, tuple[float, float]] = {}
    for one in times:
        memory[one.process] = (memory.get(one.process, (one.resident_mb, 0.0))[0], one.resident_mb)
    return ScaleCost(
        workers=workers,
        pictures=pictures,
        rate=(pictures - warm) / (wall_s - warm_s) if pictures > warm else pictures / wall_s,
        first_s=moments[0][1],
        other_than_cycles=1.0 - sum(one.cycles_s for one in times) / all_s,
        writing=sum(one.write_s for one in times) / all_s,
        parent=parent_s / wall_s,
        memory_mb=memory,
    )


@contextmanager
def timed_workplace(job: Job, seat: int) -> Iterator[Make[ShardTime]]:
    """Prepare a render process that keeps time; else it is `synth.corpus.workplace`."""
    opened: list[Any] = []
    cycles_s = [0.0]

    def opened_session() -> Any:
        if job.engine.threads == 1:
            keep_to_a_core(seat)
        from synth.blender.session import Session

        session = Session(job.engine)
        trace = session.trace

        def timed(*scene: Any) -> Any:
            began = time.perf_counter()
            try:
                return trace(*scene)
            finally:
                cycles_s[0] += time.perf_counter() - began

        session.trace = timed  # type: ignore[assignment, method-assign]
        return session

    def make(shard: int, at: At) -> ShardTime:
        if not opened:
            opened.append(opened_session())
        began, before_s, sampling_s = time.perf_counter(), cycles_s[0], 0.0

        def samples() -> Iterator[Sample]:
            nonlocal sampling_s
            made = shard_samples(job, opened[0], shard, at, Stopwatch())
            while True:
                here = time.perf_counter()
                sample = next(made, None)
                sampling_s += time.perf_counter() - here
                if sample is None:
                    return
                yield sample

        facts = write_shard(job.folder, job.plan, shard, samples(), job.encoding)
        all_s = time.perf_counter() - began
        return ShardTime(seat, facts.samples, all_s, cycles_s[0] - before_s, all_s - sampling_s, resident_mb())

    try:
        yield make
    finally:
        for session in opened:
            session.close()
