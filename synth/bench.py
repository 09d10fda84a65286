"""What a picture costs: CPU seconds by stage, and memory as a corpus grows.

Seconds are those of the whole process with all its threads (time.process_time): other work on the machine stretches
them far less than wall time, but not by nothing, because cores share caches.  Blender tells its stages apart in wall
time only; they are separated by leaving things out, scene by scene, each new to Blender as in a corpus:

    update    putting the scene: meshes, paintings, lamps, as Python sees it
    sync      a picture of 8 x 8 pixels, 1 sample, no denoiser: what Cycles does before it traces (copies, normals, BVH,
              textures), and its 2 ms for any picture
    paths     the whole picture without the denoiser, the scene being synchronised already
    denoise   the same again with the denoiser and its guides, less `paths`

Between them and before each scene a picture of 8 x 8 takes up what turning the denoiser on or off costs, which a corpus
never does.  With a GPU the CPU's seconds say nothing of paths.
"""

import dataclasses
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.subject import SubjectGeometry
from synth.blender.engine import EngineSpec
from synth.corpus import Job, Stopwatch, draw_useful, keep_to_a_core, make_sample
from synth.errors import ProjectError
from synth.labels import Labels
from synth.picture import develop
from synth.sample import Sample
from synth.shards import ShardPlan, finish, open_output, write_shard
from synth.shards.encode import encode_sample
from synth.spec import SceneSpec, to_json

if TYPE_CHECKING:
    from synth.blender.session import Session

STAGES = {
    "draw": "drawing the scene, rejected ones included",
    "geometry": "geometry of the subject",
    "labels": "labels",
    "update": "scene into Blender",
    "sync": "Cycles' own preparation",
    "paths": "path tracing",
    "denoise": "denoising",
    "read": "reading the traced picture",
    "develop": "development",
    "encode": "encoding",
    "write": "writing shard, index, manifest",
}
TRACING = ("paths", "denoise")
SIDE_PX = 8
MEMORY = Path("/proc/self/statm")

Scene = tuple[SceneSpec, SubjectGeometry, Labels]


@dataclass(frozen=True)
class RenderCost:
    """CPU seconds of a picture.

    Attributes:
        pictures: How many the mean is over.
        seconds: By stage, in the order of `STAGES`.
    """

    pictures: int
    seconds: Mapping[str, float]

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
        whole = {"total_s": round(self.total, 6), "overhead": round(self.overhead, 4)}
        return {"pictures": self.pictures, "cpu_s": seconds, **whole, "over_paths": round(self.over_paths, 4)}


def bench_render(job: Job, count: int) -> RenderCost:
    """Measure a picture of a corpus.

    Args:
        job: The corpus; nothing is written to its folder.
        count: Pictures to measure: the first of the corpus but the very first, which builds what stays.
    """
    from synth.blender.session import Session

    if job.engine.threads == 1:
        keep_to_a_core(0)  # as a render process does
    scenes, spent = _draw(job, count + 1)
    with Session(job.engine) as session:
        traced, pictures = _trace(session, job, scenes)
    spent |= traced | _stored(job, scenes[1:], pictures[1:])
    return RenderCost(count, {name: spent[name] / count for name in STAGES})


def _draw(job: Job, count: int) -> tuple[list[Scene], dict[str, float]]:
    scenes, watch = [], Stopwatch()
    for index in range(count):
        if index == 1:
            watch = Stopwatch()
        spec, subject, labels, _ = draw_useful(job.ranges, job.seed, index, watch)
        scenes.append((spec, subject, labels))
    return scenes, dict(watch.seconds)


def _trace(session: "Session", job: Job, scenes: Sequence[Scene]) -> tuple[dict[str, float], list[np.ndarray]]:
    """Put, trace and develop each scene, as the module says; the first is not counted."""
    from synth.blender.session import set_engine

    plain = dataclasses.replace(job.engine, denoise=False)
    watch, pictures = Stopwatch(), []

    def trace(engine: EngineSpec, spec: SceneSpec, small: bool) -> dict[str, np.ndarray]:
        set_engine(session.scene, engine)
        render, traced_px = session.scene.render, spec.camera.supersample
        render.resolution_x = SIDE_PX if small else spec.camera.width * traced_px
        render.resolution_y = SIDE_PX if small else spec.camera.height * traced_px
        if small:
            session.scene.cycles.samples = 1
        return session.trace(session.scene, spec)[0]

    for number, (spec, subject, _) in enumerate(scenes):
        trace(plain, spec, small=True)
        if number == 1:
            watch = Stopwatch()
        watch.lap("settle")
        session.put(spec, subject)
        watch.lap("update")
        trace(plain, spec, small=True)
        watch.lap("sync")
        trace(plain, spec, small=False)
        watch.lap("paths")
        trace(job.engine, spec, small=True)
        watch.lap("settle")
        channels = trace(job.engine, spec, small=False)
        watch.lap("denoise")
        rgb = np.stack([channels[name] for name in "RGB"], axis=-1)
        watch.lap("read")
        pictures.append(develop(rgb, spec))
        watch.lap("develop")
    seconds = {name: value for name, value in watch.seconds.items() if name != "settle"}
    seconds["denoise"] -= seconds["paths"]
    return seconds, pictures


def _stored(job: Job, scenes: Sequence[Scene], pictures: Sequence[np.ndarray]) -> dict[str, float]:
    """Encode alone, then write a data set of these pictures; the second less the first is writing."""
    samples = [
        Sample(job.seed, place, picture, {**labels.to_json(), "index": place}, to_json(spec))
        for place, ((spec, _, labels), picture) in enumerate(zip(scenes, pictures, strict=True))
    ]
    encode = cpu_seconds(lambda: [encode_sample(sample, job.encoding) for sample in samples])

    def store(folder: Path) -> None:
        plan = ShardPlan(len(samples), len(samples))
        with open_output(folder, {}) as output:
            write_shard(folder, plan, 0, samples, job.encoding)
            finish(output, plan, job.seed)

    with tempfile.TemporaryDirectory() as name:
        stored = cpu_seconds(lambda: store(Path(name) / "eyes"))
    return {"encode": encode, "write": max(stored - encode, 0.0)}


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
            yield make_sample(job, session, index, watch)
            progress(index + 1)
            if index + 1 in wanted:
                found[index + 1] = resident_mb()

    with tempfile.TemporaryDirectory() as folder, Session(job.engine) as session:
        write_shard(Path(folder), ShardPlan(count, count), 0, samples(session), job.encoding)
    return MemoryGrowth(found)


def resident_mb() -> float:
    """Return the memory that this process holds, MB.

    Raises:
        ProjectError: The system does not tell.
    """
    try:
        pages = int(MEMORY.read_text().split()[1])
    except OSError as error:
        raise ProjectError(f"{MEMORY}: not there; the memory of a process is read from Linux's /proc") from error
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


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
