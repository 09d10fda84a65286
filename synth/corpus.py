"""A corpus: scene after scene drawn, labelled, rendered and written, by as many processes as there are cores.

A process makes whole shards, so how many there are changes no byte.  Blender is started once a process and kept warm.
Sample *i* depends on (seed, i, ranges, versions) alone: a scene that shows nothing useful is drawn again with the next
attempt, and its cause is kept in the sample.

However a run ends (synth/pool.py) it leaves whole shards only; the same command then continues.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from synth.blender.engine import EngineSpec
from synth.cores import keep_to_a_core
from synth.draw_spec import draw_spec
from synth.errors import RejectedSceneError, RenderError
from synth.labels import Labels, everybody, label
from synth.pictures import Picture, Seen, draw_mixes, pictures
from synth.pool import Care, Make, Poison, make_shards
from synth.ranges import RenderRanges
from synth.ranges.camera import Aim
from synth.renderer import Renderer, open_renderer
from synth.sample import Sample
from synth.shards import Encoding, Place, ShardFacts, ShardPlan, write_shard
from synth.shards.atomic import remove_parts
from synth.shards.output import record_timing
from synth.shards.plan import shard_name
from synth.spec import to_json
from synth.stopwatch import Stopwatch
from synth.views import Framing, framed

if TYPE_CHECKING:  # Blender is imported by the processes that render, not by the one that waits for them
    from synth.blender.masks import Rasters as MadeRasters

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


def make_shard(job: Job, renderer: Renderer, shard: int, at: Callable[[int], None]) -> ShardFacts:
    """Make a shard of a corpus; `at` is told the index of each sample before it is begun."""
    watch, start = Stopwatch(), time.perf_counter()
    facts = write_shard(job.folder, job.plan, shard, shard_samples(job, renderer, shard, at, watch), job.encoding)
    watch.lap("write")
    parts = {name: round(seconds, 3) for name, seconds in watch.seconds.items()}
    record_timing(job.folder, shard, facts.samples, time.perf_counter() - start, **parts)
    return facts


def shard_samples(
    job: Job, renderer: Renderer, shard: int, at: Callable[[int], None], watch: Stopwatch
) -> Iterator[Sample]:
    """Make the samples of a shard, one at a time; the time between two is that of writing."""
    for scene in job.plan.scenes(shard):
        wanted = job.plan.samples_of(scene)
        at(wanted.start)
        for sample in make_samples(job, renderer, scene, watch):
            yield sample
            watch.lap("write")
            if sample.index + 1 in wanted:
                at(sample.index + 1)


@contextmanager
def workplace(job: Job, seat: int) -> Iterator[Make[ShardFacts]]:
    """Prepare a render process.  What can fail is left to the first shard: from there errors reach the parent."""
    opened: list[Renderer] = []

    def make(shard: int, at: Callable[[int], None]) -> ShardFacts:
        if not opened:
            if job.engine.threads == 1:
                keep_to_a_core(seat)
            opened.append(open_renderer(job.engine))
        return make_shard(job, opened[0], shard, at)

    try:
        yield make
    finally:
        for renderer in opened:
            renderer.close()


def make_corpus(
    job: Job, shards: Sequence[int], place: Place, workers: int, care: Care, progress: Callable[[int], None]
) -> list[Poison]:
    """Make shards of a corpus by processes of this machine, and return the samples that could not be made.

    Args:
        job: What to make.
        shards: Those to make.
        place: Where they belong.
        workers: Processes, at least 1.
        care: How closely they are watched.
        progress: Called now and then with the number of samples finished in this run.

    Raises:
        ProjectError: A scene could not be made, or a shard not be brought to its place.
    """
    try:
        return make_shards(
            partial(workplace, job),
            shards,
            workers,
            care,
            progress,
            made=lambda shard, facts: place.bring(facts.name),
            lost=partial(remove_parts, job.folder),
        )
    finally:
        place.settle()


def poisoned(job: Job, poisons: Sequence[Poison]) -> str:
    """Say which samples could not be made, and what became of the others."""
    some = ", ".join(f"index {poison.index} ({poison.how})" for poison in poisons[:3])
    more = f" and {len(poisons) - 3} more" if len(poisons) > 3 else ""
    left_out = f"{shard_name(poisons[0].shard)}{' and others are' if len(poisons) > 1 else ' is'}"
    return (
        f"seed {job.seed}: two render processes died or hung at each of: {some}{more}; {left_out} left out, all else "
        "is written; the same command tries again"
    )
