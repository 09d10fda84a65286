"""A corpus: scene after scene drawn, labelled, rendered and written, by as many processes as there are cores.

A process makes whole shards, so how many there are changes no byte.  Blender is started once a process and kept warm.
Sample *i* depends on (seed, i, ranges, versions) alone: a scene that shows nothing useful is drawn again with the next
attempt, and its cause is kept in the sample.

However a run ends (Ctrl-C, SIGTERM, an error in one process, the parent killed) its processes end with it, at once, and
leave whole shards only; the same command then continues.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from synth.blender.engine import EngineSpec
from synth.draw_spec import draw_spec
from synth.errors import RejectedSceneError, RenderError
from synth.labels import Labels, everybody, label
from synth.pictures import Picture, Seen, draw_mixes, pictures
from synth.ranges import RenderRanges
from synth.ranges.camera import Aim
from synth.renderer import Renderer, open_renderer
from synth.sample import Sample
from synth.shards import Encoding, ShardFacts, ShardPlan, write_shard
from synth.shards.atomic import remove_parts
from synth.shards.output import record_timing
from synth.spec import to_json
from synth.views import Framing, framed

if TYPE_CHECKING:  # Blender is imported by the processes that render, not by the one that waits for them
    from synth.blender.masks import Rasters as MadeRasters

MANAGER_WAIT_S = 5.0
MAX_ATTEMPTS = 40


@dataclass(frozen=True)
class Rasters:
    """Which rasters are kept beside the picture."""

    mask: bool = False
    depth: bool = False
    normal: bool = False
    parsing: bool = False
    person: bool = False
    uv: bool = False

    @property
    def any(self) -> bool:
        """Whether any is wanted."""
        return self != Rasters()


@dataclass(frozen=True)
class Job:
    """Everything that a process needs to make any shard of a corpus."""

    folder: Path
    seed: int
    plan: ShardPlan
    ranges: RenderRanges
    engine: EngineSpec
    encoding: Encoding
    rasters: Rasters
    relight: int = 1
    """Pictures of every view of a scene, under lights of their own."""
    views: tuple[Framing, ...] = (Framing.scene,)


@dataclass
class Stopwatch:
    """CPU seconds by stage, summed; all threads of the process count."""

    seconds: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=time.process_time)

    def lap(self, stage: str) -> None:
        """Give the time since the last lap to `stage`."""
        now = time.process_time()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._since
        self._since = now


def useful(labels: Labels, aim: Aim) -> None:
    """Reject a scene that does not show what its camera is aimed at.

    Raises:
        RejectedSceneError: The eye is (nearly) closed, hidden or outside the picture; the face is not in it.
    """
    if aim is Aim.people:
        if all(person.face is None for person in (labels, *labels.others)):
            raise RejectedSceneError("nobody_inside", "no head is inside the picture")
        return
    if aim is Aim.head:
        if labels.face is None or not labels.face.whole:
            raise RejectedSceneError("face_outside", "an eye or a corner of the mouth is outside the picture")
        return
    eye = labels.eyes[labels.subject_eye]  # type: ignore[index]
    if eye.openness < 0.16:
        raise RejectedSceneError("eye_closed", f"openness is {eye.openness:.2f}")
    seen = float(np.mean(eye.points["iris"].visible))
    if seen < 0.15:
        raise RejectedSceneError("iris_hidden", f"only {100 * seen:.0f} % of the iris' edge is seen")


def draw_useful(ranges: RenderRanges, seed: int, index: int, watch: Stopwatch):  # type: ignore[no-untyped-def]
    """Draw scenes of one index until one is useful.

    Returns:
        The scene, its geometry, its labels and the causes of those rejected before it.

    Raises:
        RenderError: None of forty was useful; names the commonest cause.
    """
    causes: list[str] = []
    for attempt in range(MAX_ATTEMPTS):
        try:
            spec = draw_spec(ranges, seed, index, attempt)
            watch.lap("draw")
            people = everybody(spec)
            watch.lap("geometry")
            labels = label(spec, *people)
            if ranges.camera.motion is None:  # a sequence is kept whole, also where it shows nobody
                useful(labels, ranges.camera.aim)
            watch.lap("labels")
            return spec, people, labels, tuple(causes)
        except RejectedSceneError as rejection:
            causes.append(rejection.cause)
    common, times = Counter(causes).most_common(1)[0]
    raise RenderError(
        f"seed {seed}, index {index}: {MAX_ATTEMPTS} scenes were rejected, {times} of them for {common}; "
        "widen the ranges"
    )


def make_sample(job: Job, renderer: Renderer, index: int, watch: Stopwatch) -> Sample:
    """Make sample `index` of a corpus, and no other of its scene."""
    return next(make_samples(job, renderer, index // job.plan.scene_size, watch, (index,)))


def make_samples(
    job: Job, renderer: Renderer, scene: int, watch: Stopwatch, only: Collection[int] | None = None
) -> Iterator[Sample]:
    """Make the samples of scene `scene` of a corpus: one, or one for each of its views and lights.

    Args:
        job: The corpus.
        renderer: Who draws them.
        scene: The number of the scene.
        watch: Told the stages.
        only: Indices of samples to make; the others of the scene are left out.  All where it is None.
    """
    spec, people, labels, rejected = draw_useful(job.ranges, job.seed, scene, watch)
    kept, indices = job.rasters, job.plan.samples_of(scene)
    mixes = draw_mixes(job.ranges.light.relight, spec, job.relight)
    for number, framing in enumerate(job.views):
        of_view = indices[number * job.relight : (number + 1) * job.relight]
        wanted = [index for index in of_view if only is None or index in only]
        if not wanted:
            continue
        seen = Seen(spec, people, labels)
        if framing is not Framing.scene:
            view = framed(spec, people[0], framing)
            # Built anew: turned, the target is another number in its last digits, and the stored spec must tell all.
            seen = Seen(view, everybody(view))
            watch.lap("geometry")
        rasters = renderer.rasters(seen.spec, *seen.people, normal=kept.normal, uv=kept.uv) if kept.any else None
        watch.lap("rasters")
        for lit in pictures(renderer, seen, mixes, of_view.start, wanted, watch):
            yield _sample(
                job,
                lit,
                rejected=rejected if lit.spec.index == indices.start else (),
                scene=None if job.plan.scene_size == 1 else {"index": scene, "view": framing.value, **lit.light},
                rasters=rasters,
            )


def _sample(
    job: Job,
    lit: Picture,
    rejected: tuple[str, ...],
    scene: Mapping[str, Any] | None,
    rasters: MadeRasters | None,
) -> Sample:
    """Put a sample together; what its scene cost before it was useful is told once."""
    kept = job.rasters
    return Sample(
        seed=job.seed,
        index=lit.spec.index,
        picture=lit.picture,
        labels=lit.labels.to_json(),
        spec=to_json(lit.spec),
        rejected=rejected,
        scene=scene,
        mask=rasters.mask if rasters and kept.mask else None,
        parsing=rasters.parsing if rasters and kept.parsing else None,
        person=rasters.person if rasters and kept.person else None,
        depth_m=rasters.depth_m if rasters and kept.depth else None,
        normal_cam=rasters.normal_cam if rasters else None,
        uv=rasters.uv if rasters else None,
    )


_renderer: Renderer | None = None
_job: Job | None = None
_done = None  # a shared counter of finished samples


def _start(job: Job, done, seats) -> None:  # type: ignore[no-untyped-def]
    """Prepare a worker process.  What can fail is left to the first shard: from there errors reach the parent."""
    global _job, _done
    _job, _done = job, done
    if job.engine.threads == 1:
        with seats.get_lock():
            seats.value += 1
            keep_to_a_core(seats.value)
    atexit.register(_leave)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def keep_to_a_core(seat: int) -> None:
    """Stay on one core: Cycles and the denoiser start helpers that spin, and would do so on another worker's core."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[seat % len(cores)]})


def _leave() -> None:
    """Remove Blender's files, and end without its destructors, which wait for threads that have gone."""
    if _renderer is not None:
        _renderer.close()
    os._exit(0)


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _warm_renderer(engine: EngineSpec) -> Renderer:
    """Return this process' renderer, started at the first call."""
    global _renderer
    _renderer = _renderer or open_renderer(engine)
    return _renderer


def _make_shard(shard: int) -> ShardFacts:
    assert _job is not None and _done is not None
    renderer = _warm_renderer(_job.engine)
    watch, start = Stopwatch(), time.perf_counter()

    def samples() -> Iterator[Sample]:
        assert _job is not None and _done is not None
        for scene in _job.plan.scenes(shard):
            for sample in make_samples(_job, renderer, scene, watch):
                yield sample
                watch.lap("write")
                with _done.get_lock():
                    _done.value += 1

    facts = write_shard(_job.folder, _job.plan, shard, samples(), _job.encoding)
    watch.lap("write")
    parts = {name: round(seconds, 3) for name, seconds in watch.seconds.items()}
    record_timing(_job.folder, shard, facts.samples, time.perf_counter() - start, **parts)
    return facts


def make_corpus(job: Job, workers: int, progress: Callable[[int], None]) -> None:
    """Make every shard of a corpus that is not there yet.

    Args:
        job: What to make, and where.
        workers: Processes; 0 takes one a core.
        progress: Called now and then with the number of samples finished in this run.

    Raises:
        RenderError: A process died, or a scene could not be made.
    """
    missing = job.plan.missing(job.folder)
    if not missing:
        return
    count = min(len(missing), workers or os.cpu_count() or 1)
    context = multiprocessing.get_context("spawn")
    done = context.Value("q", 0)
    with _sigterm_ends(), _pool(count, context, job, done) as pool:
        with _sigint_is_the_parents():
            waiting = {pool.submit(_make_shard, shard) for shard in missing}
        try:
            while waiting:
                finished, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
                progress(done.value)
                for future in finished:
                    future.result()
        except BrokenProcessPool as error:
            raise RenderError(
                "a render process died (out of memory, or Blender crashed); whole shards are kept: repeat the command"
            ) from error


@contextmanager
def _pool(count: int, context, job: Job, done) -> Iterator[ProcessPoolExecutor]:  # type: ignore[no-untyped-def]
    """Open a pool of workers.  After an error they end in the middle of what they do, and so do their files."""
    pool = ProcessPoolExecutor(
        count, mp_context=context, initializer=_start, initargs=(job, done, context.Value("q", 0))
    )
    try:
        yield pool
    except BaseException:
        # shutdown() forgets the processes, and would wait for the shards that they are at.
        processes = list((pool._processes or {}).values())
        manager: Any = pool._executor_manager_thread
        for process in processes:
            process.terminate()
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.join()
        # Without processes the pool's thread ends too.  Left to the end of the interpreter, which wakes it through a
        # pipe that it may just have closed, it would now and then print a traceback.
        if manager is not None:
            manager.join(MANAGER_WAIT_S)
        remove_parts(job.folder)
        raise
    pool.shutdown(wait=True)


@contextmanager
def _sigint_is_the_parents() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach: the parent ends them, without a traceback from each."""
    kept = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, kept)


@contextmanager
def _sigterm_ends() -> Iterator[None]:
    """Make SIGTERM leave by way of the `finally`s; elsewhere than in the main thread it stays as it is."""

    def leave(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, kept)
