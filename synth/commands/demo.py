"""`canthus demo`: the whole way once and small, from nothing to a network measured on eyes, in a few minutes.

Each step is another verb, run as from the command line, and printed so that it can be repeated with larger numbers.
The verbs are called by name: those of `train` are above this package and are not imported here.
"""

import base64
import html
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from synth.commands.cli import call
from synth.config import processes
from synth.errors import ConfigError, ProjectError

HELP = "run everything once, small: render, inspect, fit, evaluate, report"
CONFIG_NAME = "demo"
EXAMPLES = (
    "canthus demo",
    "canthus demo out=out/larger n=10000 epochs=30",
    "canthus demo real=../shared/real/gaze/mpiigaze_p00/MPIIGaze.h5",
)


@dataclass
class DemoConfig:
    """How large the demonstration is, and where it is written."""

    out: str = "out/demo"
    n: int = 500
    n_test: int = 100
    seed: int = 1
    workers: int | str = "auto"
    model: str = "resnet_preact_half"
    epochs: int = 20
    real: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be learnt from."""
        for name, least in (("n", 8), ("n_test", 8), ("epochs", 1), ("seed", 0)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name}={getattr(self, name)}: at least {least}")
        processes(self.workers)
        if self.real is not None and not Path(self.real).exists():
            raise ConfigError(f"real={self.real}: there is no such file or folder; leave real out to do without")


CONFIG = DemoConfig

# Small, so that every process has as much to do.
SHARD_SIZE = 25

# Of an evaluation's score (see train/measure/gaze_metrics.py), with what each means.
ERRORS = {
    "raw": "mean error",
    "offset_free": "after one constant offset",
    "mean_predictor": "of a guess that never looks at the picture",
}


@dataclass(frozen=True)
class Step:
    """One verb with its overrides, and what it is for."""

    title: str
    verb: str
    overrides: tuple[str, ...]

    @property
    def command(self) -> str:
        """The command line that repeats it."""
        return " ".join(("canthus", self.verb, *self.overrides))


def steps(config: DemoConfig) -> list[Step]:
    """Return the steps in order; each reads what those before it wrote."""
    out = Path(config.out)
    corpus, held_out, network = out / "train", out / "test", out / "network"
    recipe = (f"model={config.model}", "trainer=quick", f"trainer.epochs={config.epochs}", f"seed={config.seed}")
    beside = (f"real={config.real}",) if config.real is not None and Path(config.real).is_file() else ()
    drawn = ("experiment=mpiigaze", f"workers={config.workers}", f"shard_size={SHARD_SIZE}")
    found = [
        Step("Eyes to learn from", "render", (*drawn, f"n={config.n}", f"seed={config.seed}", f"out={corpus}")),
        Step(
            "Other people's eyes",
            "render",
            (*drawn, f"n={config.n_test}", f"seed={config.seed + 1}", f"out={held_out}"),
        ),
        Step("What was drawn", "inspect", (*beside, f"data={corpus}", f"out={out / 'corpus'}")),
        Step("A network", "fit", (*recipe, f"data={corpus}", f"out={network}")),
    ]
    taught = f"checkpoint={network}"
    found.append(
        Step("Its error on rendered eyes", "evaluate", (taught, f"data={held_out}", f"out={out / 'rendered'}"))
    )
    if config.real is not None:
        words = (taught, f"data={config.real}", f"beside={corpus}", f"out={out / 'real'}")
        found.append(Step("Its error on real eyes", "evaluate", words))
    return found


def run(config: DemoConfig) -> None:
    """Take every step, then write `report.html`.

    Raises:
        ProjectError: A step failed; the message begins with its verb.
    """
    begun = time.monotonic()
    seconds = []
    out = Path(config.out)
    for step in (todo := steps(config)):
        print(f"\n== {step.title}\n   {step.command}", flush=True)
        started = time.monotonic()
        try:
            call(step.verb, step.overrides)
        except ProjectError as error:
            raise ProjectError(f"{step.verb}: {error}") from error
        seconds.append(time.monotonic() - started)
    report = out / "report.html"
    report.write_text(page(out, todo, seconds), encoding="utf-8")
    print(f"\nDone in {(time.monotonic() - begun) / 60:.1f} minutes: {report}")


def page(out: Path, done: Sequence[Step], seconds: Sequence[float]) -> str:
    """Return the report: every step with its command, its numbers and its pictures, which are held in the page."""
    parts = [
        "<!doctype html><meta charset=utf-8><title>canthus demo</title>",
        "<style>body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}",
        "img{max-width:100%}code{background:#eee;padding:.1rem .3rem}td{padding-right:1.5rem}</style>",
        "<h1>From nothing to a gaze network</h1>",
    ]
    for step, duration in zip(done, seconds, strict=True):
        parts.append(f"<h2>{html.escape(step.title)}</h2>")
        parts.append(f"<p><code>{html.escape(step.command)}</code> ({duration:.0f} s)</p>")
        if step.verb in ("inspect", "evaluate"):
            parts.append(_findings(out, Path(step.overrides[-1].removeprefix("out="))))
    return "\n".join(parts)


def _findings(out: Path, folder: Path) -> str:
    """Return the errors that a step measured, its pictures, and the way to its own report."""
    parts = []
    numbers = folder / "report.json"
    found = json.loads(numbers.read_text(encoding="utf-8")) if numbers.exists() else {}
    if score := found.get("ensemble"):
        rows = "".join(f"<tr><td>{words}<td>{score[key]:.2f} degrees" for key, words in ERRORS.items())
        parts.append(f"<table>{rows}</table>")
    for picture in sorted(folder.glob("*.png")):
        data = base64.b64encode(picture.read_bytes()).decode()
        parts.append(f'<p><img alt="{html.escape(picture.stem)}" src="data:image/png;base64,{data}">')
    if (folder / "report.html").exists():
        link = (folder / "report.html").relative_to(out)
        parts.append(f'<p><a href="{html.escape(str(link))}">the full report</a>')
    return "\n".join(parts)
