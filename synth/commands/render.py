"""`canthus render`: a corpus of pictures with their labels."""

import dataclasses
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from omegaconf import MISSING
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from synth.blender.engine import EngineSpec
from synth.config import source_digest, versions
from synth.corpus import Job, Rasters, make_corpus
from synth.errors import ConfigError
from synth.ranges import CameraRanges, LightRanges, RenderRanges, SubjectRanges
from synth.shards import Encoding, PictureFormat, ShardPlan, finish, open_output
from synth.views import Framing

HELP = "render pictures of eyes with their labels into shards"
CONFIG_NAME = "render"
EXAMPLES = (
    "canthus render experiment=mpiigaze n=10000 out=data/mpiigaze",
    "canthus render experiment=unityeyes n=100 engine=final rasters.mask=true out=data/eyes",
    "canthus render subject=eye camera=webcam light=nir n=1000 seed=7 out=data/nir",
    "canthus render experiment=sequence n=600 out=data/sequences",
    "canthus render experiment=unityeyes relight=8 n=800 shard_size=96 out=data/relit",
    "canthus render experiment=portrait views=[scene,left_eye,right_eye] n=300 shard_size=99 out=data/heads",
)
RUN_ONLY = ("out", "workers")
DECIDING = ("canthus", "bpy", "numpy", "scipy")
"""Packages whose version can change a byte of a corpus."""


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
    """Who draws; raster is OpenGL's plain preview, with the same labels."""

    cycles = "cycles"
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
    workers: int = 0
    shard_size: int = 100
    picture: PictureFormat = PictureFormat.png
    quality: int = 95

    def __post_init__(self) -> None:
        """Refuse impossible numbers before any work."""
        for name, least in (("n", 1), ("relight", 1), ("seed", 0), ("workers", 0), ("shard_size", 1)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name}={getattr(self, name)}: at least {least}")
        views = ",".join(view.value for view in self.views)
        if not self.views or len(set(self.views)) < len(self.views):
            raise ConfigError(f"views=[{views}]: name at least one, each once")
        if self.camera.motion is not None:
            if self.relight * len(self.views) > 1:
                raise ConfigError(f"relight={self.relight}, views=[{views}]: a frame of a sequence is one picture")
            if over := self.n % (frames := self.camera.motion.frames):
                raise ConfigError(f"n={self.n}: a sequence has {frames} pictures; give n={self.n - over + frames}")
        if self.engine.renderer is RendererName.raster:
            if asked := [f.name for f in dataclasses.fields(self.rasters) if getattr(self.rasters, f.name)]:
                raise ConfigError(
                    f"rasters.{asked[0]}=true: engine=raster draws a picture alone; take an engine of Cycles"
                )
            if self.relight > 1:
                raise ConfigError(
                    f"relight={self.relight}: engine=raster draws no layers of light; take an engine of Cycles"
                )


CONFIG = RenderConfig


def job(config: RenderConfig) -> Job:
    """Return the work that a configuration asks for."""
    return Job(
        folder=Path(config.out),
        seed=config.seed,
        plan=ShardPlan(config.n, config.shard_size, config.relight * len(config.views)),
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


def run(config: RenderConfig) -> None:
    """Make the corpus, or what is missing of it."""
    work = job(config)
    made_with = {name: number for name, number in versions().items() if name in DECIDING}
    made_with["canthus source"] = source_digest("assets", "synth")
    with open_output(work.folder, plain(config), made_with, RUN_ONLY) as output, _bar() as bar:
        whole = sum(len(work.plan.indices(shard)) for shard in work.plan.missing(work.folder))
        task = bar.add_task("rendering", total=config.n, completed=config.n - whole)
        make_corpus(work, config.workers, lambda done: bar.update(task, completed=config.n - whole + done))
        finish(output, work.plan, config.seed)
    print(f"{config.n} samples in {work.folder}")


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    )
