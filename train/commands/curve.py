"""`canthus curve`: what real samples add to a pretrained network, and what pretraining adds to real samples.

For each number of samples and each seed, `canthus fit` is run twice into a folder of its own, from `init` and from
random weights, for about the same number of steps; a stopped curve continues with the same command.  Samples are drawn
from the first portion of `data` and every network is measured on the second (train/data/portion.py: other persons, or
later times of the one), or on all of `test`.  No network is chosen by what it was measured on.

    out/N-with-seedS, out/N-without-seedS    runs of fit; N is a number or all
    out/report.json, report.html, curve.png  see train/curve.py
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from omegaconf import MISSING

from synth.config import compose, versions
from synth.errors import ConfigError, DataError
from train.checkpoint import Trained, load_network
from train.commands import fit
from train.config import FitConfig
from train.curve import Curve, Point, summary, write_curve
from train.data.loader import Rowed
from train.data.portion import Portion, portion_of
from train.data.read import Reader
from train.kinds.known import kind_of
from train.provenance import commit

HELP = "draw the error against the number of real samples, with and without pretraining"
CONFIG_NAME = "curve"
EXAMPLES = (
    "canthus curve init=runs/eyes data=MPIIGaze out=out/finetuned",
    "canthus curve init=runs/eyes data=MPIIGaze.h5 samples=[0,10,100] seeds=[0,1,2] out=out/finetuned",
    "canthus curve init=runs/heads data=300W_LP test=AFLW2000 overrides=[augment=faces] out=out/heads",
)


@dataclass
class CurveConfig:
    """Configuration of `canthus curve`.

    Attributes:
        init: The pretrained network: a run's folder, or its network.pt.
        data: Real pictures with labels: samples are drawn from the first portion, the second is measured on.
        out: Folder of the runs and the report.
        test: Another set to measure on; samples are then drawn from all of `data`.
        reader: The format of `data` and `test`; auto looks.
        samples: Numbers of samples; 0 is `init` as it is. Those that `data` does not have are left out, all it has are
            always the last.
        seeds: Of drawing samples and of training.
        steps: Of every training, about.
        batch_size: Pictures a step, fewer where there are fewer samples.
        learning_rate_with: From `init`.
        learning_rate_without: From random weights.
        frozen: Whether only the last layers are trained from `init`.
        overrides: Further words of `canthus fit`, for both.
    """

    init: str = MISSING
    data: str = MISSING
    out: str = MISSING
    test: str | None = None
    reader: Reader = Reader.auto
    samples: list[int] = field(default_factory=lambda: [0, 10, 100, 1000])
    seeds: list[int] = field(default_factory=lambda: [0])
    steps: int = 400
    batch_size: int = 64
    learning_rate_with: float = 5e-4
    learning_rate_without: float = 2e-3
    frozen: bool = False
    overrides: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Refuse numbers that no training has."""
        if unfit := [n for n in self.samples if n < 0 or n == 1]:
            raise ConfigError(f"samples: {unfit[0]}: each 0, or at least 2")
        if not self.seeds or min(self.seeds) < 0:
            raise ConfigError(f"seeds={self.seeds}: at least one, each at least 0")
        if self.steps < 1:
            raise ConfigError(f"steps={self.steps}: at least 1")


CONFIG = CurveConfig


def run(config: CurveConfig) -> None:
    """Train and measure every point, then write the report."""
    trained = load_network(Path(config.init))
    kind = kind_of(trained.name)
    # Both are read before the first training: what is wrong with them is told at once.
    whole = fit_config(config, trained, None, 0, pretrained=True)
    training = portion_of(kind.read(whole, trained.network).pictures, whole.portion)
    if config.test is None:
        test = portion_of(kind.read(whole, trained.network).pictures, Portion.second)
    else:
        test = kind.read(replace(whole, data=config.test), trained.network).pictures
    if len(training) < 2 or not len(test):
        raise DataError(f"{config.data}: too small to train on one portion and to measure on another")
    numbers = [n for n in sorted(set(config.samples)) if n < len(training)]
    points, scores = [], {}
    for samples in (*numbers, None):
        for pretrained in (True, False):
            if samples == 0 and not pretrained:
                continue
            errors = []
            for seed in config.seeds if samples != 0 else config.seeds[:1]:  # nothing is drawn of none
                one = fit_config(config, trained, samples, len(training), pretrained, seed)
                fit.run(one)
                score = kind.validated(load_network(Path(one.out)).network, test)[0]
                errors.append(figure(score, kind.headline))
                scores[Path(one.out).name] = score
            points.append(Point(len(training) if samples is None else samples, pretrained, tuple(errors)))
    curve = Curve(tuple(points), figure(score, kind.chance), kind.unit, len(test))
    write_curve(Path(config.out), curve, kind.noun, about_of(config, trained, training, scores))
    print("\n".join(summary(curve)))
    print(f"wrote {Path(config.out) / 'report.html'}")


def fit_config(
    config: CurveConfig, trained: Trained, samples: int | None, available: int, pretrained: bool, seed: int = 0
) -> FitConfig:
    """Return the configuration of one training.

    Args:
        config: Of the curve.
        trained: The pretrained network.
        samples: None is all.
        available: How many `all` are.
        pretrained: Whether to start from the pretrained weights.
        seed: Of drawing and training.
    """
    n = available if samples is None else samples
    batch_size = max(min(config.batch_size, n), 2)
    name = f"{'all' if samples is None else samples}-{'with' if pretrained else 'without'}-seed{seed}"
    words = {
        "data": config.data,
        "out": Path(config.out) / name,
        "reader": config.reader.name,
        "seed": seed,
        "portion": Portion.first.name if config.test is None else Portion.all.name,
        "samples": "null" if samples is None else samples,
        "trainer.epochs": math.ceil(config.steps / max(n // batch_size, 1)),
        "trainer.batch_size": batch_size,
        "trainer.validation": 0,
        "trainer.progress": "false",
        "trainer.learning_rate": config.learning_rate_with if pretrained else config.learning_rate_without,
        **({"init": config.init, "trainer.frozen": str(config.frozen).lower()} if pretrained else {}),
    }
    found = compose("train.conf", "fit", FitConfig, [*(f"{k}={v}" for k, v in words.items()), *config.overrides])
    return replace(found, model={"name": trained.name, **trained.options})


def figure(score: Mapping[str, Any], keys: tuple[str, ...]) -> float:
    """Return the figure of a score that lies under these keys."""
    value: Any = score
    for key in keys:
        value = value[key]
    return float(value)


def about_of(config: CurveConfig, trained: Trained, training: Rowed, scores: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the report says about itself."""
    return {
        "data": config.data,
        "measured on": config.test or "the second portion of data",
        "samples drawn from": f"{len(training)} pictures, {'all' if config.test else 'the first portion of data'}",
        "network": {"name": trained.name, **trained.options},
        "pretrained": {"file": config.init, **trained.about},
        "learning rates": {"with": config.learning_rate_with, "without": config.learning_rate_without},
        "frozen": config.frozen,
        "steps": config.steps,
        "seeds": list(config.seeds),
        "overrides": list(config.overrides),
        "scores": dict(scores),
        "commit": commit(),
        "versions": versions(),
    }
