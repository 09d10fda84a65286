"""`canthus verify`: whether every byte and every label of a corpus is as it was made; and its repair."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from omegaconf import MISSING
from rich.progress import Progress

from synth.commands.render import again, made_with
from synth.config import processes
from synth.corpus import make_samples
from synth.errors import DataError
from synth.renderer import Renderer, open_renderer
from synth.sample import Sample
from synth.stopwatch import Stopwatch
from synth.verify.files import Verified, verify
from synth.verify.repair import refuse_other_versions, repair

HELP = "check every byte and label of a corpus, and render again what is damaged"
CONFIG_NAME = "verify"
EXAMPLES = (
    "canthus verify data=data/mpiigaze",
    "canthus verify data=data/mpiigaze labels=false",
    "canthus verify data=data/mpiigaze repair=true",
)


@dataclass
class VerifyConfig:
    """What is looked at, how closely, and whether it is mended."""

    data: str = MISSING
    labels: bool = True
    repair: bool = False
    workers: int | str = "auto"

    def __post_init__(self) -> None:
        """Refuse an impossible number of processes."""
        processes(self.workers)


CONFIG = VerifyConfig


def run(config: VerifyConfig) -> None:
    """Look at every file of a corpus, say what is damaged, and mend it if asked to.

    Raises:
        DataError: It is damaged and was not to be mended, or could not be.
        ConfigError: Other versions made it, so that it cannot be mended here.
    """
    folder = Path(config.data)
    with Progress(transient=True) as bar:
        task = bar.add_task("verifying", total=None)
        found = verify(
            folder,
            made_with(),
            labels=config.labels,
            workers=processes(config.workers),
            progress=lambda done, of: bar.update(task, completed=done, total=of),
        )
    for damage in found.damages:
        print(f"{folder / damage.name}: {damage.said}")
    if not found.damages:
        print(f"{folder}: {found.plan.n} samples in {found.plan.shards} shards, {_extent(found, config.labels)}")
        return
    if not config.repair:
        names = found.damaged_files
        raise DataError(
            f"data={folder}: damaged: {', '.join(names[:4])}{f' and {len(names) - 4} more' if len(names) > 4 else ''}; "
            "repair=true makes again what is damaged"
        )
    print(f"{folder}: mended; {mend(found)} samples were rendered again")


def mend(found: Verified) -> int:
    """Make again what is damaged, and return how many samples were rendered."""
    document = found.document or {"config": {}, "versions": {}}
    engine = document["config"].get("engine")
    ours = made_with(str(engine.get("renderer"))) if isinstance(engine, dict) else made_with()
    refuse_other_versions(found.folder, document["versions"], ours)
    job = again(found.folder, document["config"])
    opened: list[Renderer] = []

    def make(indices: Sequence[int]) -> Iterator[Sample]:
        for scene, only in groupby(indices, lambda index: index // job.plan.scene_size):
            if not opened:  # only where something is rendered
                opened.append(open_renderer(job.engine))
            yield from make_samples(job, opened[0], scene, Stopwatch(), tuple(only))

    try:
        return repair(found, ours, make, job.encoding)
    finally:
        for renderer in opened:
            renderer.close()


def _extent(found: Verified, labels: bool) -> str:
    if found.labels:
        return "every byte as it was written, every label as its spec gives it"
    why = "other versions made it" if labels else "labels=false"
    return f"every byte as it was written; labels were not derived from the specs ({why})"
