"""What more pictures of a scene cost: CPU seconds of scenes of K pictures under as many lights, and of one.

Seconds are those of the whole process (synth/bench.py says how far to believe them).  Each scene is made both ways, as
a corpus makes it, turn by turn, so that whatever else the machine does meets both, and each time after another scene
was put; its pictures are encoded, and no shard is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from synth.bench import ASIDE
from synth.cores import keep_to_a_core
from synth.corpus import Job, draw_useful, make_samples
from synth.shards import ShardPlan
from synth.shards.encode import encode_sample
from synth.stopwatch import Stopwatch

if TYPE_CHECKING:
    from synth.blender.session import Session


@dataclass(frozen=True)
class RelightCost:
    """CPU seconds of a scene.

    Attributes:
        scenes: How many the mean is over.
        k: Pictures of a scene under other lights.
        one: By stage, of one picture; `render` holds its denoising.
        many: By stage, of k pictures.
    """

    scenes: int
    k: int
    one: Mapping[str, float]
    many: Mapping[str, float]

    @property
    def ratio(self) -> float:
        """K pictures over one."""
        return sum(self.many.values()) / sum(self.one.values())

    def to_json(self) -> dict[str, Any]:
        """Return plain numbers."""
        rounded = [{name: round(value, 6) for name, value in part.items()} for part in (self.one, self.many)]
        return {
            "scenes": self.scenes,
            "k": self.k,
            "one_cpu_s": rounded[0],
            "many_cpu_s": rounded[1],
            "ratio": round(self.ratio, 4),
        }


def bench_relight(job: Job, count: int) -> RelightCost:
    """Measure the first scenes of a corpus with `relight` above 1.

    Args:
        job: The corpus; nothing is written to its folder.
        count: Scenes to measure; the one after them builds what stays, and is not counted.
    """
    if job.engine.threads == 1:
        keep_to_a_core(0)
    from synth.blender.session import Session

    views, k = len(job.views), job.relight
    one, many = (
        replace(job, plan=ShardPlan((count + 1) * size, (count + 1) * size, size), relight=size // views)
        for size in (views, views * k)
    )
    watches = (Stopwatch(), Stopwatch())
    other, people, _, _ = draw_useful(job.ranges, job.seed, count, Stopwatch())
    with Session(job.engine) as session:
        for work in (one, many):
            _make(work, session, count, Stopwatch())
        for scene in range(count):
            for work, watch in zip((one, many), watches, strict=True):
                session.put(other, *people)
                watch.lap(ASIDE)
                _make(work, session, scene, watch)
    spent = [{name: s / count for name, s in watch.seconds.items() if name != ASIDE} for watch in watches]
    return RelightCost(count, k, *spent)


def _make(job: Job, session: "Session", scene: int, watch: Stopwatch) -> None:
    for sample in make_samples(job, session, scene, watch):
        encode_sample(sample, job.encoding)
        watch.lap("encode")
