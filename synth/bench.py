"""What a picture costs: CPU seconds by stage, and memory as a corpus grows.

Seconds are those of the whole process with all its threads (time.process_time): other work on the machine stretches
them less than wall time, but up to twofold where cores share their parts, so measure when nothing else runs.

Each picture is made as a corpus makes it (synth.corpus.make_samples), then once more in parts.  Blender tells its
stages apart in wall time only; leaving things out tells them apart in CPU time:

    update    putting the scene: meshes, paintings, lamps, as Python sees it
    sync      a picture of 8 x 8 pixels: what Blender and Cycles do to a scene before they trace (copies, normals, BVH,
              textures), and the light of 64 pixels
    paths     the whole picture without the denoiser, less a picture of 8 x 8 of the same scene again
    denoise   the whole picture with the denoiser and its guides, less the whole picture without

Cycles keeps nothing from picture to picture (synth/blender/session.py), so whatever is traced is prepared anew; what
Blender itself keeps it keeps in a corpus too.  Before the parts and after them another scene is put: each is as new to
Blender as in a corpus.
The parts are thus measured apart from the whole (`run`), turn by turn with it: how far they differ says how far to
believe them.  With a GPU the CPU's seconds say nothing of paths.
"""

import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.subject import SubjectGeometry
from synth.cores import keep_to_a_core
from synth.corpus import Job, draw_useful, make_samples
from synth.memory import resident_mb
from synth.sample import Sample
from synth.shards import ShardPlan, finish, open_output, write_shard
from synth.shards.encode import encode_sample
from synth.shards.plan import FULL_SHARD
from synth.spec import SceneSpec
from synth.stopwatch import Stopwatch

if TYPE_CHECKING:
    from synth.blender.session import Session

STAGES = {
    "draw": "drawing the scene, rejected ones included",
    "geometry": "geometry of the subject",
    "labels": "labels",
    "update": "scene into Blender",
    "sync": "preparation by Blender and Cycles",
    "paths": "path tracing",
    "denoise": "denoising",
    "develop": "development",
    "encode": "encoding",
    "write": "writing shard, index, manifest",
}
TRACING = ("paths", "denoise")
ASIDE, AGAIN = "aside", "again"
"""What is not counted, and what is taken off again."""
SIDE_PX = 8

Scene = tuple[SceneSpec, tuple[SubjectGeometry, ...]]


@dataclass(frozen=True)
class RenderCost:
    """CPU seconds of a picture.

    Attributes:
        pictures: How many the mean is over.
        seconds: By stage, in the order of `STAGES`.
        run: The whole, made as a corpus makes it.
    """

    pictures: int
    seconds: Mapping[str, float]
    run: float

    @property
    def total(self) -> float:
        """All stages."""
        return sum(self.seconds.values())

    @property
    def overhead(self) -> float:
        """Share of everything but path tracing and denoising, 0 to 1."""
        return 1.0 - sum(self.seconds[name] for name in TRACING) / self.total

    @property
    def over_paths(self) -> float:
        """The whole over pure path tracing."""
        return self.total / self.seconds["paths"]

    def to_json(self) -> dict[str, Any]:
        """Return plain numbers."""
        seconds = {name: round(value, 6) for name, value in self.seconds.items()}
        whole = {"total_s": round(self.total, 6), "run_s": round(self.run, 6), "overhead": round(self.overhead, 4)}
        return {"pictures": self.pictures, "cpu_s": seconds, **whole, "over_paths": round(self.over_paths, 4)}


def bench_render(job: Job, count: int) -> RenderCost:
    """Measure a picture of a corpus.

    Args:
        job: The corpus; nothing is written to its folder.
        count: Pictures to measure: the first of the corpus.  The one after them builds what stays, and is not counted.
    """
    if job.engine.threads == 1:
        keep_to_a_core(0)  # as a render process does, and before Blender counts the cores: idle threads of it spin
    from synth.blender.session import Session

    other = _scene(job, count)
    samples: list[Sample] = []
    with Session(job.engine) as session:
        session.render(other[0], *other[1])
        whole, parts = Stopwatch(), Stopwatch()
        for index in range(count):
            whole.lap(ASIDE)
            samples.extend(make_samples(job, session, index, whole))
            parts.lap(ASIDE)
            _split(session, _scene(job, index), other, parts)
    stored = _stored(job, samples)
    spent = whole.seconds | parts.seconds | stored
    spent["denoise"] -= spent["paths"]
    spent["paths"] -= spent.pop(AGAIN)
    run = sum(whole.seconds.values()) - whole.seconds[ASIDE] + sum(stored.values())
    return RenderCost(count, {name: spent[name] / count for name in STAGES}, run / count)


def _scene(job: Job, index: int) -> Scene:
    spec, people, _, _ = draw_useful(job.ranges, job.seed, index, Stopwatch())
    return spec, people


def _split(session: "Session", scene: Scene, other: Scene, watch: Stopwatch) -> None:
    """Put and trace a scene in parts, as the module says; `denoise` still has `paths` in it, `paths` has AGAIN."""
    spec, render, cycles = scene[0], session.scene.render, session.scene.cycles

    def trace(small: bool) -> None:
        traced_px = spec.camera.supersample
        render.resolution_x = SIDE_PX if small else spec.camera.width * traced_px
        render.resolution_y = SIDE_PX if small else spec.camera.height * traced_px
        session.trace(session.scene, spec)

    session.put(other[0], *other[1])
    trace(small=True)
    watch.lap(ASIDE)
    session.put(scene[0], *scene[1])
    watch.lap("update")
    cycles.use_denoising = False
    trace(small=True)
    watch.lap("sync")
    trace(small=True)
    watch.lap(AGAIN)
    trace(small=False)
    watch.lap("paths")
    cycles.use_denoising = session.engine.denoise
    session.scene.update_tag()
    trace(small=False)
    watch.lap("denoise")
    session.put(other[0], *other[1])
    trace(small=True)
    watch.lap(ASIDE)


def _stored(job: Job, samples: Sequence[Sample]) -> dict[str, float]:
    """Encode alone, then write a shard as full as a large corpus'; the second less the first is writing.

    The samples take turns until the shard is full: an index and a manifest cost some 50 ms however few they are of.
    """
    size = max(FULL_SHARD, len(samples))
    share, full = len(samples) / size, [_at(samples[i % len(samples)], i) for i in range(size)]
    encode = share * cpu_seconds(lambda: [encode_sample(sample, job.encoding) for sample in full])

    def store(folder: Path) -> None:
        plan = ShardPlan(len(full), len(full))
        with open_output(folder, {}) as output:
            write_shard(folder, plan, 0, full, job.encoding)
            finish(output, plan, job.seed)

    with tempfile.TemporaryDirectory() as name:
        stored = share * cpu_seconds(lambda: store(Path(name) / "eyes"))
    return {"encode": encode, "write": max(stored - encode, 0.0)}


def _at(sample: Sample, index: int) -> Sample:
    return replace(sample, index=index, labels={**sample.labels, "index": index})


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds that some work takes, all threads together."""
    start = time.process_time()
    work()
    return time.process_time() - start


@dataclass(frozen=True)
class MemoryGrowth:
    """Resident memory of a render process, MB (1e6 bytes), after so many pictures."""

    resident_mb: Mapping[int, float]

    @property
    def growth_mb(self) -> float:
        """The last less the first."""
        values = list(self.resident_mb.values())
        return values[-1] - values[0]

    def to_json(self) -> dict[str, Any]:
        """Return plain numbers."""
        rounded = {str(count): round(value, 1) for count, value in self.resident_mb.items()}
        return {"resident_mb": rounded, "growth_mb": round(self.growth_mb, 1)}


def marks(count: int) -> tuple[int, ...]:
    """Return after how many pictures memory is read: ten times, evenly, the last after all."""
    return tuple(sorted({max(1, round(count * step / 10)) for step in range(1, 11)}))


def bench_memory(job: Job, count: int, progress: Callable[[int], None] = lambda done: None) -> MemoryGrowth:
    """Render and write `count` pictures in this process and read its memory on the way.

    Raises:
        ProjectError: The system does not tell a process its memory.
    """
    from synth.blender.session import Session

    resident_mb()
    found, wanted = {}, marks(count)

    def samples(session: "Session") -> Iterable[Sample]:
        watch = Stopwatch()
        for index in range(count):
            yield from make_samples(job, session, index, watch)
            progress(index + 1)
            if index + 1 in wanted:
                found[index + 1] = resident_mb()

    with tempfile.TemporaryDirectory() as folder, Session(job.engine) as session:
        write_shard(Path(folder), ShardPlan(count, count), 0, samples(session), job.encoding)
    return MemoryGrowth(found)


def machine() -> dict[str, Any]:
    """Return what a figure depends on besides the program: processor, cores, system, and how busy they are now."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_1_min": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")
