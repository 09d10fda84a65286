"""`canthus fit`: train a network of gaze or of head pose on a corpus, into the folder of a run.

config.json, config.yaml   what the run is; another configuration is refused
last.ckpt, metrics.csv, tensorboard/   see train/fitting.py
network.pt                 the trained network (see train/checkpoint.py); there once the run is done
fit.json                   how it went: pictures, seconds, validation errors, seed, commit, versions
"""

import json
import time
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import torch

from synth.config import versions, write_resolved
from synth.errors import ConfigError, DataError
from synth.shards.atomic import write_whole
from synth.shards.output import open_output
from train.checkpoint import FILE, save_network
from train.config import FitConfig
from train.data.loader import split
from train.data.portion import drawn, portion_of
from train.fitting import fit, use_threads
from train.kinds.known import kind_of
from train.models.build import build
from train.models.frozen import freeze
from train.provenance import commit
from train.start import start_from
from train.tasks.averaged import Recipe

HELP = "train a network on a corpus"
CONFIG = FitConfig
CONFIG_NAME = "fit"
EXAMPLES = (
    "canthus fit data=data/eyes out=runs/eyes",
    "canthus fit data=data/eyes out=runs/lenet-1 model=lenet seed=1 trainer.epochs=40",
    "canthus fit data=data/eyes out=runs/optical labels.axis=optical labels.gaze_mode=direction augment=heavy",
    "canthus fit experiment=fsanet data=data/heads out=runs/fsanet",
    "canthus fit init=runs/eyes data=MPIIGaze portion=first samples=100 trainer.learning_rate=5e-4 out=runs/tuned",
)

# Of `trainer`: they change how fast a run is, not what it is.
RUN_ONLY = ("accelerator", "threads", "progress")


def run(config: FitConfig) -> None:
    """Train, or continue, or say that it is done."""
    name, options = network_of(config.model)
    network = build_seeded(name, options, config.seed)
    kind = kind_of(name)
    origin = start_from(network, name, Path(config.init)) if config.init is not None else None
    if config.trainer.frozen:
        freeze(network, name)
    accelerator = config.trainer.accelerator
    if accelerator == "gpu" and not torch.cuda.is_available():
        raise ConfigError("trainer.accelerator=gpu: torch sees no GPU here; use cpu")
    out = Path(config.out)
    use_threads(config.trainer.threads)
    with open_output(out, identity(config)):
        write_resolved(out / "config.yaml", config)
        if (out / FILE).exists():
            print(f"{out}: is trained already; choose another out=, or evaluate it")
            return
        pictures = portion_of(kind.read(config, network), config.portion)
        training, validation = split(pictures, config.trainer.validation)
        training = drawn(training, config.samples, config.seed)
        if len(training) < 2 and config.samples != 0:
            raise DataError(f"{config.data}: {len(training)} pictures to train on; at least 2")
        batch_size = min(config.trainer.batch_size, max(len(training), 1))
        recipe = Recipe(
            loss=config.trainer.loss,
            learning_rate=config.trainer.learning_rate,
            weight_decay=config.trainer.weight_decay,
            schedule=config.trainer.schedule,
            steps=config.trainer.epochs * (len(training) // batch_size),
            average_decay=config.trainer.average_decay,
            seed=config.seed,
        )
        counts = f"{len(training)} pictures to train on, {len(validation)} to validate"
        print(f"{config.data}: {counts}; {name}, seed {config.seed}")
        task = kind.task(network, recipe, config.augment)
        start = time.monotonic()
        if len(training):
            fit(
                task,
                training,
                validation,
                out,
                epochs=config.trainer.epochs,
                batch_size=batch_size,
                accelerator=accelerator,
                progress=config.trainer.progress,
            )
        seconds = time.monotonic() - start
        about: dict[str, Any] = {
            "seed": config.seed,
            "data": config.data,
            "labels": plain(asdict(config.labels)),
            **({"init": dict(origin), "frozen": config.trainer.frozen} if origin is not None else {}),
            "portion": config.portion.name,
            "training_pictures": len(training),
            "validation_pictures": len(validation),
            "epochs": config.trainer.epochs,
            "seconds_of_this_start": round(seconds, 1),
            "commit": commit(),
            "versions": versions(),
        }
        average = task.average.cpu().eval()
        if len(validation):
            about["validation"], said = kind.validated(average, validation)
            print(f"validation: {said}; {seconds:.0f} s")
        write_whole(out / "fit.json", json.dumps(about, indent=1).encode())
        save_network(out / FILE, average, name, options, about)
        print(f"wrote {out / FILE}")


def network_of(model: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return name and options of the configured network."""
    options = dict(model)
    name = options.pop("name", None)
    if not isinstance(name, str):
        raise ConfigError(f"model.name={name}: name a network")
    return name, options


def build_seeded(name: str, options: dict[str, Any], seed: int) -> torch.nn.Module:
    """Return a fresh network whose first weights depend on the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(np.random.default_rng([seed, 0]).integers(2**62)))
        return build(name, options)


def identity(config: FitConfig) -> dict[str, Any]:
    """Return the configuration as plain values, without what changes nothing about the result."""
    values = plain(asdict(config))
    del values["out"]
    for name in RUN_ONLY:
        del values["trainer"][name]
    return dict(values)


def plain(value: Any) -> Any:
    """Return a value with its enumerations written by name."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return value.name if isinstance(value, Enum) else value
