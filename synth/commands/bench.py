"""`canthus bench`: what a picture costs stage by stage, how memory grows, how fast a network learns.

The method is in synth/bench.py, train/bench.py and adapt/augment/bench.py.  A case of `what=render` is a configuration
of `canthus render`, so that anybody can render what was measured.  `what=train` asks the verb `fit` for its network and
train.bench for the figures, `what=augment` the presets and adapt.augment.bench, `what=pipeline` the verb
`predict` and train.pipeline.bench, `what=networks` train.comparison, all by name: they are above this package and are
not imported here.
"""

import importlib
import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from synth.bench import bench_memory, bench_render, machine
from synth.bench_hair import bench_hair
from synth.bench_relight import bench_relight
from synth.bench_scale import ScaleCost, bench_scale
from synth.commands.bench_tables import cost_table, hair_table, memory_table, relight_table, scale_table
from synth.commands.cli import VERBS, load
from synth.commands.render import RenderConfig
from synth.commands.render import job as render_job
from synth.config import compose, versions
from synth.corpus import Job
from synth.errors import ConfigError
from synth.shards.atomic import write_whole

HELP = "time every stage of the work and its memory"
CONFIG_NAME = "bench"
EXAMPLES = (
    "canthus bench",
    "canthus bench render cases=[160x96] n=24 out=out/bench-160.json",
    "canthus bench memory n=1000",
    "canthus bench hair n=4",
    "canthus bench relight n=4 cases=[160x96]",
    "canthus bench train overrides=[model=lenet]",
    "canthus bench train overrides=[experiment=fsanet]",
    "canthus bench train n=4 overrides=[experiment=hopenet,trainer.batch_size=16]",
    "canthus bench augment",
    "canthus bench scale cases=[160x96] n=200",
    "canthus bench pipeline overrides=[threads=2,networks.detection=runs/faces]",
    "canthus bench networks networks=[runs/a,runs/b] reports=[reports/a,reports/b] threads=2",
)

CASES = {
    "60x36": ("experiment=mpiigaze", "engine=tiny"),
    "160x96": ("subject=eye", "camera=webcam", "engine=draft", "engine.samples=16"),
    "512x320": (
        "subject=eye",
        "camera=webcam",
        "camera.width=512",
        "camera.height=320",
        "engine=draft",
        "engine.samples=16",
    ),
    "256x256": ("experiment=portrait",),
    "128x128": ("experiment=300wlp", "engine=draft", "camera.width=128", "camera.height=128", "picture=jpg"),
}
"""Sizes of a picture, each with the words of `canthus render` that make it."""
PRESETS = {
    **dict.fromkeys(("none", "mild", "webcam", "strong", "nir"), (36, 60, False)),
    "eye_landmarks": (90, 150, False),
    "faces": (64, 64, True),
}
"""Of augmentation, each with height and width of the pictures and whether they have colours."""
WORKERS = (1, 2)
SMALLEST = ("experiment=mpiigaze", "camera.supersample=1", "engine=tiny", "engine.samples=1")
"""For memory: the cheapest picture in which everything happens."""


RELIT = ("relight=8",)
"""Words of `what=relight` after those of a case."""


class What(Enum):
    """What is measured."""

    render = "render"
    memory = "memory"
    hair = "hair"
    relight = "relight"
    train = "train"
    augment = "augment"
    pipeline = "pipeline"
    networks = "networks"
    scale = "scale"


DEFAULT_N = {
    What.render: 8,
    What.memory: 1000,
    What.hair: 4,
    What.relight: 4,
    What.train: 32,
    What.augment: 12,
    What.pipeline: 50,
    What.networks: 30,
    What.scale: 40,
}


@dataclass
class BenchConfig:
    """What is measured, over how much, and where the figures go."""

    what: What = What.render
    n: int | None = None
    seed: int = 0
    cases: list[str] = field(default_factory=lambda: list(CASES))
    overrides: list[str] = field(default_factory=list)
    networks: list[str] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    threads: int = 0
    out: str = "out/bench.json"

    def __post_init__(self) -> None:
        """Refuse what cannot be measured."""
        if self.n is not None and self.n < (least := 2 if self.what is What.memory else 1):
            raise ConfigError(f"n={self.n}: at least {least}")
        for name in ("seed", "threads"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name}={getattr(self, name)}: at least 0")
        if (self.networks or self.reports or self.threads) and self.what is not What.networks:
            raise ConfigError(f"networks, reports, threads: are for what=networks, not what={self.what.value}")
        if unknown := [case for case in self.cases if case not in CASES]:
            raise ConfigError(f"cases: no such case {unknown[0]}; there are: {', '.join(CASES)}")


CONFIG = BenchConfig


def run(config: BenchConfig) -> None:
    """Measure, print a table and write the figures."""
    before = machine()
    measured = {
        What.render: _render,
        What.memory: _memory,
        What.hair: _hair,
        What.relight: _relight,
        What.train: _train,
        What.augment: _augment,
        What.pipeline: _pipeline,
        What.networks: _networks,
        What.scale: _scale,
    }[config.what](config)
    document = {
        "what": config.what.value,
        "measured_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": before,
        "load_1_min_after": machine()["load_1_min"],
        "versions": versions(),
        **measured,
    }
    out = Path(config.out)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, json.dumps(document, indent=1).encode() + b"\n")
    print(f"{before['processor']}, {before['cores']} cores, load {before['load_1_min']} at the start; {out}")


def pictures(words: tuple[str, ...], config: BenchConfig, count: int) -> Job:
    """Return the corpus of a case, as `canthus render` would make it.

    Raises:
        ConfigError: It would not be traced.
    """
    sizes = (f"n={count}", f"seed={config.seed}", "out=unused")
    job = render_job(compose("synth.conf", "render", RenderConfig, [*words, *config.overrides, *sizes]))
    if job.engine.renderer != "cycles":
        raise ConfigError(f"engine.renderer={job.engine.renderer}: what is measured here is Cycles")
    return job


def _render(config: BenchConfig) -> dict[str, Any]:
    count = config.n or DEFAULT_N[What.render]
    # All are composed before the first is measured: a mistake is told at once.
    jobs = {case: pictures(CASES[case], config, count + 1) for case in config.cases}
    costs = {case: bench_render(job, count) for case, job in jobs.items()}
    Console().print(cost_table(costs))
    return {
        "cases": {
            case: {"command": " ".join(("canthus render", *CASES[case], *config.overrides)), **cost.to_json()}
            for case, cost in costs.items()
        }
    }


def _scale(config: BenchConfig) -> dict[str, Any]:
    count = config.n or DEFAULT_N[What.scale]
    jobs = {case: pictures(CASES[case], config, count) for case in config.cases}
    found: dict[str, dict[int, ScaleCost]] = {}
    with Progress(transient=True) as bar:
        for case, job in jobs.items():
            for workers in WORKERS:
                task = bar.add_task(f"{case}, {workers} processes", total=count)
                cost = bench_scale(job, workers, partial(_advance, bar, task))
                found.setdefault(case, {})[workers] = cost
    Console().print(scale_table(found))
    return {
        "cases": {
            case: {
                "command": " ".join(("canthus render", *CASES[case], *config.overrides)),
                "speed_up": round(costs[max(costs)].rate / costs[min(costs)].rate, 3),
                "runs": [cost.to_json() for cost in costs.values()],
            }
            for case, costs in found.items()
        }
    }


def _advance(bar: Progress, task: Any, done: int) -> None:
    bar.update(task, completed=done)


def _memory(config: BenchConfig) -> dict[str, Any]:
    count = config.n or DEFAULT_N[What.memory]
    job = pictures(SMALLEST, config, count)
    with Progress(transient=True) as bar:
        task = bar.add_task("rendering", total=count)
        growth = bench_memory(job, count, lambda done: bar.update(task, completed=done))
    Console().print(memory_table(growth))
    return {"command": " ".join(("canthus render", *SMALLEST, *config.overrides)), **growth.to_json()}


def _hair(config: BenchConfig) -> dict[str, Any]:
    count = config.n or DEFAULT_N[What.hair]
    words = CASES["256x256"]
    job = pictures(words, config, count)
    with Progress(transient=True) as bar:
        task = bar.add_task("people", total=count)
        cost = bench_hair(job, count, lambda done: bar.update(task, completed=done))
    Console().print(hair_table(cost))
    return {
        "command": " ".join(("canthus render", *words, *config.overrides)),
        "people": cost.people,
        "cpu_s": {name: round(value / cost.people, 4) for name, value in cost.seconds.items()},
        "over_bald": {name: round(value, 4) for name, value in cost.over_bald.items()},
    }


def _relight(config: BenchConfig) -> dict[str, Any]:
    count = config.n or DEFAULT_N[What.relight]
    jobs = {case: pictures((*CASES[case], *RELIT), config, count) for case in config.cases}
    if single := [case for case, job in jobs.items() if job.relight == 1]:
        raise ConfigError(f"relight=1: {single[0]} has one picture a scene anyway; at least 2")
    costs = {case: bench_relight(job, count) for case, job in jobs.items()}
    Console().print(relight_table(costs))
    return {
        "cases": {
            case: {"command": " ".join(("canthus render", *CASES[case], *RELIT, *config.overrides)), **cost.to_json()}
            for case, cost in costs.items()
        }
    }


def _augment(config: BenchConfig) -> dict[str, Any]:
    verb: Any = load("fit")
    bench = importlib.import_module("adapt.augment.bench")
    table = Table(title="Augmentation: pictures a second")
    for said in ("preset", "size", "clock", "CPU"):
        table.add_column(said, justify="left" if said == "preset" else "right")
    found = {}
    for preset, (height, width, colour) in PRESETS.items():
        words = ["data=unused", "out=unused", f"augment={preset}", *config.overrides]
        strengths = compose(VERBS["fit"].conf, "fit", verb.CONFIG, words).augment
        rate = bench.bench_augment(strengths, height, width, colour, rounds=config.n or DEFAULT_N[What.augment])
        found[preset] = {"width": width, "height": height, "colour": colour, **asdict(rate)}
        table.add_row(preset, f"{width}x{height}", f"{rate.clock:.0f}", f"{rate.cpu:.0f}")
    Console().print(table)
    return {"pictures_a_second": found}


def _pipeline(config: BenchConfig) -> dict[str, Any]:
    verb: Any = load("predict")
    words = [*config.overrides, "task=all", "input=unused", "predictions=unused"]
    wanted = compose(VERBS["predict"].conf, "predict", verb.CONFIG, words)
    importlib.import_module("train.fitting").use_threads(wanted.threads)
    looker, names = importlib.import_module("train.pipeline.config").looker_of(
        wanted.networks, wanted.weights, wanted.faces
    )
    cost = importlib.import_module("train.pipeline.bench").bench_look(looker, config.n or DEFAULT_N[What.pipeline])
    table = Table(title=f"A face in 640x480, {cost.threads} threads: ms a frame")
    table.add_column("stage")
    table.add_column("median", justify="right")
    rows = {**cost.medians_ms, "all, face found anew": cost.found_ms, "all, face followed": cost.followed_ms}
    for name, value in rows.items():
        table.add_row(name, f"{value:.1f}")
    Console().print(table)
    return {"networks": names, **asdict(cost)}


def _networks(config: BenchConfig) -> dict[str, Any]:
    threads = importlib.import_module("train.fitting").use_threads(config.threads)
    ready = importlib.import_module("train.ready").WEIGHTS
    networks = config.networks or sorted(map(str, ready.glob("*.pt")))
    bench = importlib.import_module("train.comparison")
    rows = bench.compared(networks, config.reports, config.n or DEFAULT_N[What.networks], threads)
    table = Table(title=f"Networks: one picture, {threads} threads")
    for said in ("network", "of", "parameters", "MB", "ms, torch", "ms, ONNX Runtime", "measured", "on"):
        table.add_column(said, justify="left" if said in ("network", "of", "on") else "right")
    for row in rows:
        onnx = "-" if row.onnx_ms is None else f"{row.onnx_ms:.2f}"
        cost = (f"{row.parameters:,}", f"{row.bytes / 1e6:.2f}", f"{row.torch_ms:.2f}", onnx)
        figures = [(f"{one.figure:.2f} {one.unit}", one.data) for one in row.measured] or [("-", "")]
        table.add_row(row.name, row.task, *cost, *figures[0])
        for more in figures[1:]:
            table.add_row("", "", "", "", "", "", *more)
    Console().print(table)
    drawn = bench.picture(rows)
    if drawn is not None:
        path = Path(config.out).with_suffix(".png")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, drawn)
        print(f"wrote {path}")
    return {"threads": threads, "networks": [row.to_json() for row in rows]}


def _train(config: BenchConfig) -> dict[str, Any]:
    verb: Any = load("fit")
    wanted = compose(VERBS["fit"].conf, "fit", verb.CONFIG, ["data=unused", "out=unused", *config.overrides])
    name, options = verb.network_of(wanted.model)
    threads = importlib.import_module("train.fitting").use_threads(wanted.trainer.threads)
    steps = config.n or DEFAULT_N[What.train]
    found = importlib.import_module("train.bench").bench_fit(
        name, options, wanted.augment, batch_size=wanted.trainer.batch_size, steps=steps
    )
    table = Table(title=f"Training {name}: pictures a second")
    for said in ("", "bare loop", "its own step in a loop", "canthus fit", "fit of bare", "fit of its step"):
        table.add_column(said, justify="right")
    for said, speed in (("by the clock", found.clock), ("of the CPU, all threads", found.cpu)):
        speeds = (f"{one:.0f}" for one in (speed.bare, speed.plain, speed.fit))
        table.add_row(said, *speeds, f"{speed.of_bare:.1%}", f"{speed.of_plain:.1%}")
    Console().print(table)
    return {
        "network": {"name": name, **options},
        "threads": threads,
        "batch_size": wanted.trainer.batch_size,
        "steps_a_round": steps,
        "pictures_a_second": asdict(found.clock),
        "pictures_a_cpu_second": asdict(found.cpu),
        "fit_of_bare": found.clock.of_bare,
        "fit_of_plain": found.clock.of_plain,
    }
