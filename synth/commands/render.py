"""`canthus render`: a corpus of pictures with their labels."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from synth.blender.engine import EngineSpec
from synth.config import instantiate, processes, source_digest, versions
from synth.corpus import Job, Rasters, make_corpus, poisoned
from synth.errors import ConfigError, DataError, RenderError
from synth.pool import Care, Poison
from synth.ranges import CameraRanges, LightRanges, RenderRanges, SubjectRanges
from synth.shards import Encoding, PictureFormat, Place, ShardPlan, finish, open_output, placed
from synth.shards.atomic import remove_parts
from synth.shards.output import BusyError
from synth.shards.plan import usual_shard_size
from synth.views import Framing

HELP = "render pictures of eyes with their labels into shards"
CONFIG_NAME = "render"
EXAMPLES = (
    "canthus render experiment=mpiigaze n=10000 out=data/mpiigaze",
    "canthus render experiment=unityeyes n=100 engine=final rasters.mask=true out=data/eyes",
    "canthus render subject=eye camera=webcam light=nir n=1000 seed=7 out=data/nir",
    "canthus render experiment=sequence n=600 out=data/sequences",
    "canthus render experiment=unityeyes relight=8 n=800 out=data/relit",
    "canthus render experiment=portrait views=[scene,left_eye,right_eye] n=300 out=data/heads",
    "canthus render experiment=portrait n=100000 shard_range=40:50 out=/shared/portraits",
    "canthus render experiment=portrait n=100000 out=s3://bucket/portraits",
    "canthus render experiment=portrait n=100000 executor=ray ray.address=10.0.0.1:6379 out=s3://bucket/portraits",
)
RUN_ONLY = ("out", "workers", "patience_s", "growth_mb", "shard_range", "executor", "ray")
DECIDING = ("canthus", "bpy", "numpy", "scipy", "pillow", "pyarrow")
"""Packages whose version can change a byte of any corpus."""
DRAWING = {"raster": ("pyrender",)}
"""Those that besides draw the pictures of one renderer alone."""


class Device(Enum):
    """Where Cycles runs; auto takes the first GPU that Blender offers."""

    cpu = "cpu"
    auto = "auto"
    optix = "optix"
    cuda = "cuda"
    hip = "hip"
    metal = "metal"
    oneapi = "oneapi"


class RendererName(Enum):
    """Who draws; eevee is the same scene by OpenGL, raster a plain preview; labels are the same of all."""

    cycles = "cycles"
    eevee = "eevee"
    raster = "raster"


@dataclass
class EngineConfig:
    """See synth.blender.engine.EngineSpec."""

    renderer: RendererName = RendererName.cycles
    samples: int = 8
    bounces: int = 4
    denoise: bool = True
    device: Device = Device.cpu
    threads: int = 1
    detail: float = 0.0
    random_walk: bool = False

    def spec(self) -> EngineSpec:
        """Return the engine's own value."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return EngineSpec(**values | {"device": self.device.value, "renderer": self.renderer.value})

    def __post_init__(self) -> None:
        """Refuse what the engine refuses."""
        self.spec()


@dataclass
class RastersConfig:
    """Rasters to keep beside each picture."""

    mask: bool = False
    depth: bool = False
    normal: bool = False
    parsing: bool = False
    person: bool = False
    uv: bool = False


class Executor(Enum):
    """Who makes the shards: processes of this machine, or the machines of a Ray cluster."""

    local = "local"
    ray = "ray"


@dataclass
class RayConfig:
    """The cluster of `executor=ray`; without an address one is started on this machine."""

    address: str | None = None


@dataclass
class RenderConfig:
    """What to draw from, how to trace it, and where to write it."""

    subject: SubjectRanges = MISSING
    camera: CameraRanges = MISSING
    light: LightRanges = MISSING
    engine: EngineConfig = field(default_factory=EngineConfig)
    rasters: RastersConfig = field(default_factory=RastersConfig)
    n: int = 100
    relight: int = 1
    views: list[Framing] = field(default_factory=lambda: [Framing.scene])
    seed: int = 0
    out: str = MISSING
    workers: int | str = "auto"
    patience_s: float = 600.0
    growth_mb: float = 500.0
    shard_size: int | None = None
    shard_range: str = "all"
    executor: Executor = Executor.local
    ray: RayConfig = field(default_factory=RayConfig)
    picture: PictureFormat = PictureFormat.png
    quality: int = 95

    def __post_init__(self) -> None:
        """Refuse impossible numbers before any work."""
        least = {"n": 1, "relight": 1, "seed": 0, "shard_size": 1, "patience_s": 1, "growth_mb": 1}
        for name, smallest in least.items():
            if (value := getattr(self, name)) is not None and value < smallest:
                raise ConfigError(f"{name}={value}: at least {smallest}")
        views = ",".join(view.value for view in self.views)
        if not self.views or len(set(self.views)) < len(self.views):
            raise ConfigError(f"views=[{views}]: name at least one, each once")
        if self.shard_size is None:  # told from here on: what lies in the folder says how it is cut
            self.shard_size = usual_shard_size(self.n, self.relight * len(self.views))
        if self.camera.motion is not None:
            if self.relight * len(self.views) > 1:
                raise ConfigError(f"relight={self.relight}, views=[{views}]: a frame of a sequence is one picture")
            if over := self.n % (frames := self.camera.motion.frames):
                raise ConfigError(f"n={self.n}: a sequence has {frames} pictures; give n={self.n - over + frames}")
        asked = [f.name for f in dataclasses.fields(self.rasters) if getattr(self.rasters, f.name)]
        if asked and self.engine.renderer is RendererName.raster:
            raise ConfigError(f"rasters.{asked[0]}=true: engine=raster draws a picture alone; take an engine of Cycles")
        if self.relight > 1 and self.engine.renderer is not RendererName.cycles:
            raise ConfigError(
                f"relight={self.relight}: engine={self.engine.renderer.value} draws no layers of light; "
                "take an engine of Cycles"
            )
        processes(self.workers)
        plan_of(self).chosen(self.shard_range)
        if self.executor is Executor.ray and self.out.startswith("memory://"):
            raise ConfigError(
                f"out={self.out}: is memory of one process; give Ray a folder that all machines share, or a URL"
            )


CONFIG = RenderConfig


def plan_of(config: RenderConfig) -> ShardPlan:
    """Return how a corpus is cut into scenes and shards."""
    assert config.shard_size is not None  # since it was made
    return ShardPlan(config.n, config.shard_size, config.relight * len(config.views))


def job(config: RenderConfig, folder: Path | None = None) -> Job:
    """Return the work that a configuration asks for, done in `out` or in another folder."""
    return Job(
        folder=folder or Path(config.out),
        seed=config.seed,
        plan=plan_of(config),
        ranges=RenderRanges(config.subject, config.camera, config.light),
        engine=config.engine.spec(),
        encoding=Encoding(config.picture, config.quality),
        rasters=Rasters(**dataclasses.asdict(config.rasters)),
        relight=config.relight,
        views=tuple(config.views),
    )


def plain(value: Any) -> Any:
    """Return a configuration as mappings, lists and scalars."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def made_with(renderer: str = "cycles") -> dict[str, str]:
    """Return the versions of everything that decides the bytes of a corpus here, whose pictures this renderer draws."""
    deciding = (*DECIDING, *DRAWING.get(renderer, ()))
    found = {name: number for name, number in versions().items() if name in deciding}
    return found | {"canthus source": source_digest("assets", "synth")}


def again(folder: Path, stored: Mapping[str, Any]) -> Job:
    """Return the work that made a corpus, from the configuration that lies in its folder.

    Raises:
        DataError: It is not one of this verb.
    """
    try:
        tree = OmegaConf.merge(OmegaConf.structured(RenderConfig), dict(stored), {"out": str(folder)})
        assert isinstance(tree, DictConfig)
        return job(instantiate(tree, RenderConfig))
    except (OmegaConfBaseException, ConfigError) as error:
        raise DataError(
            f"{folder}: was not made by this version of canthus render; repeat the command that made it "
            f"({str(error).splitlines()[0]})"
        ) from error


def run(config: RenderConfig) -> None:
    """Make the corpus, or what is missing of it, or of some of its shards.

    Raises:
        RenderError: Some samples could not be made; all other shards are there.
        ProjectError: Anything else that the user can mend.
    """
    plan = plan_of(config)
    chosen, whole = plan.chosen(config.shard_range), config.shard_range == "all"
    with placed(config.out) as place:
        work, ours = job(config, place.folder), made_with(config.engine.renderer.value)
        identity = (plain(config), ours, RUN_ONLY)
        with open_output(place.folder, *identity, shared=not whole) as output:
            if "config.json" not in place.names():
                place.bring("config.json")
                place.settle()
            poisons = make(config, work, place, [shard for shard in plan.absent(place.names()) if shard in chosen])
            if whole:
                remove_parts(place.folder)  # of tasks that were lost with their machine
            if whole and not poisons:
                finish(output, plan, config.seed, place=place)
        if poisons:
            raise RenderError(poisoned(work, poisons))
        if not whole:
            print(f"shards {chosen.start} to {chosen.stop - 1} of {plan.shards} in {config.out}")
            if not finish_last(place, plan, config.seed, identity):
                return
    print(f"{config.n} samples in {config.out}")


def make(config: RenderConfig, work: Job, place: Place, shards: Sequence[int]) -> list[Poison]:
    """Make shards, with a bar that shows how far it is."""
    total = sum(len(work.plan.indices(shard)) for shard in shards)
    count, care = processes(config.workers, work.engine.threads), Care(config.patience_s, config.growth_mb)
    with _bar() as bar:
        task = bar.add_task("rendering", total=config.n, completed=config.n - total)

        def progress(done: int) -> None:
            bar.update(task, completed=config.n - total + done)

        if config.executor is Executor.ray and shards:
            from synth.cluster import make_by_cluster  # Ray is asked for only here

            return make_by_cluster(work, shards, config.out, config.ray.address, care, progress)
        return make_corpus(work, shards, place, count, care, progress)


def finish_last(place: Place, plan: ShardPlan, seed: int, identity: tuple[Any, ...]) -> bool:
    """Write index and manifest if all shards are there and nobody makes any more; say whether they are written.

    Each of several runs that share a folder comes here after its shards.  The last finds all others gone: of two that
    come at once one has the lock, and the other leaves it to that one.
    """
    if plan.absent(place.names()):
        return False
    try:
        with open_output(place.folder, *identity) as output:
            if "manifest.json" not in place.names():
                finish(output, plan, seed, place=place)
    except BusyError:
        return False
    return True


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    )
