"""`canthus fit`: train a network (of gaze, landmarks, head pose, who it is and so on) on a corpus, into a folder.

config.json, config.yaml   what the run is; another configuration is refused
last.ckpt, metrics.csv, tensorboard/   see train/fitting.py
network.pt                 the trained network (see train/checkpoint.py); there once the run is done
fit.json                   how it went: pictures, seconds, validation errors, seed, commit, versions
"""

import json
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass
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
from train.corpus import Corpus, corpus_of
from train.fitting import fit, use_threads
from train.kinds.known import kind_of
from train.models.build import build
from train.models.frozen import freeze
from train.provenance import commit, refined_by
from train.ranks import leads, refuse_other_start
from train.start import mix, start_from
from train.tasks.averaged import Recipe
from train.unlabelled.choose import Unlabelled, finish, prepare, refuse_network, unlabelled_of

HELP = "train a network on a corpus"
CONFIG = FitConfig
CONFIG_NAME = "fit"
EXAMPLES = (
    "canthus fit data=data/eyes out=runs/eyes",
    "canthus fit data=data/eyes out=runs/lenet-1 model=lenet seed=1 trainer.epochs=40",
    "canthus fit data=data/eyes out=runs/optical labels.axis=optical labels.gaze_mode=direction augment=strong",
    "canthus fit experiment=elg data=data/unityeyes out=runs/elg",
    "canthus fit experiment=fsanet data=data/heads out=runs/fsanet",
    "canthus fit experiment=resgaze data=data/faces out=runs/resgaze",
    "canthus fit experiment=identity data=data/people out=runs/who",
    "canthus fit data=https://example.org/eyes stream=true trainer.workers=4 trainer.devices=2 out=runs/many",
    "canthus fit data=data/eyes adaptation=dann adaptation.real=photographs out=runs/adapted",
    "canthus fit init=runs/eyes data=MPIIGaze portion=first samples=100 trainer.learning_rate=5e-4 out=runs/tuned",
)

# Of `trainer`: they change how fast a run is, not what it is.
RUN_ONLY = ("accelerator", "threads", "progress")


def run(config: FitConfig) -> None:
    """Train, or continue, or say that it is done."""
    refuse_other_start(config.trainer.devices, config.trainer.nodes)
    name, options = network_of(config.model)
    network = build_seeded(name, options, config.seed)
    kind = kind_of(name)
    origin = start_from(network, name, Path(config.init)) if config.init is not None else None
    first = {key: value.clone() for key, value in network.state_dict().items()} if config.init_share else None
    trainer = config.trainer
    refuse_network(config.adaptation, network, name)
    if trainer.frozen:
        freeze(network, name)
    if trainer.accelerator == "gpu" and not torch.cuda.is_available():
        raise ConfigError("trainer.accelerator=gpu: torch sees no GPU here; use cpu")
    out, leader = Path(config.out), leads(trainer.processes)
    use_threads(trainer.threads)
    # Of processes that train together one writes and tells; the lock on the folder is its own.
    with open_output(out, identity(config)) if leader else nullcontext():
        if (out / FILE).exists():
            if leader:
                print(f"{out}: is trained already; choose another out=, or evaluate it")
            return
        corpus = corpus_of(config, kind, network)
        unlabelled = unlabelled_of(config.adaptation, kind, network)
        recipe = recipe_of(config, len(corpus.training))
        if leader:
            write_resolved(out / "config.yaml", config)
            tell(config, name, corpus, unlabelled)
        task = kind.task(network, recipe.recipe, config.augment)
        if unlabelled is not None:
            prepare(task, config.adaptation, unlabelled.pictures)
        start = time.monotonic()
        if len(corpus.training):
            fit(
                task,
                corpus.training,
                corpus.validation,
                out,
                epochs=trainer.epochs,
                batch_size=recipe.batch_size,
                precision=trainer.precision,
                accelerator=trainer.accelerator,
                devices=trainer.devices,
                nodes=trainer.nodes,
                workers=trainer.workers,
                progress=trainer.progress,
            )
        if not leader:
            return
        seconds = time.monotonic() - start
        about = about_of(config, corpus, origin, unlabelled, seconds)
        average = task.cpu().average.eval()
        if first is not None:
            mix(average, first, config.init_share)
        if unlabelled is not None:
            finish(task, config.adaptation, unlabelled.pictures)
        if corpus.held:
            about["validation"], said = kind.validated(average, corpus.validation)
            print(f"validation: {said}; {seconds:.0f} s")
        write_whole(out / "fit.json", json.dumps(about, indent=1).encode())
        save_network(out / FILE, average, name, options, about)
        print(f"wrote {out / FILE}")


@dataclass(frozen=True)
class Steps:
    """How a network is trained, and pictures a step."""

    recipe: Recipe
    batch_size: int


def recipe_of(config: FitConfig, n: int) -> Steps:
    """Return how a network is trained on n pictures; on none where none was asked for.

    Raises:
        DataError: There are too few.
    """
    trainer = config.trainer
    least = max(2, trainer.processes)
    if n < least and config.samples != 0:
        raise DataError(f"{config.data}: {n} pictures to train on; at least {least}")
    batch_size = min(trainer.batch_size, max(n, trainer.processes))
    batch_size -= batch_size % trainer.processes
    recipe = Recipe(
        loss=trainer.loss,
        learning_rate=trainer.learning_rate,
        weight_decay=trainer.weight_decay,
        schedule=trainer.schedule,
        steps=trainer.epochs * (n // batch_size),
        average_decay=trainer.average_decay,
        seed=config.seed,
    )
    return Steps(recipe, batch_size)


def tell(config: FitConfig, name: str, corpus: Corpus, unlabelled: Unlabelled | None) -> None:
    """Print what is trained on what."""
    for cause, n in corpus.left_out.items():
        print(f"{config.data}: {n} left out: {cause}")
    if corpus.damaged:
        print(f"{config.data}: {len(corpus.damaged)} damaged and left out, the first: {corpus.damaged[0]}")
    counts = f"{len(corpus.training)} pictures to train on, {corpus.held} to validate"
    print(f"{config.data}: {counts}; {name}, seed {config.seed}")
    if unlabelled is not None:
        a = unlabelled.about
        print(f"{a['real']}: {a['images']} of {a['of']} unlabelled pictures to adapt to by {a['method']}")


def about_of(
    config: FitConfig,
    corpus: Corpus,
    origin: Mapping[str, Any] | None,
    unlabelled: Unlabelled | None,
    seconds: float,
) -> dict[str, Any]:
    """Return what is kept of a run beside its network.

    Args:
        config: Of the run.
        corpus: What was trained and validated on.
        origin: What is known of what it started from; None for random weights.
        unlabelled: What it was adapted to; None for nothing.
        seconds: That the training took.
    """
    return {
        "seed": config.seed,
        "data": config.data,
        **({"refined_by": refined} if (refined := refined_by(config.data)) is not None else {}),
        "labels": plain(asdict(config.labels)),
        **(
            {"init": dict(origin), "init_share": config.init_share, "frozen": config.trainer.frozen}
            if origin is not None
            else {}
        ),
        **({"adaptation": dict(unlabelled.about)} if unlabelled is not None else {}),
        "portion": config.portion.name,
        "training_pictures": len(corpus.training),
        "validation_pictures": corpus.held,
        "left_out": dict(corpus.left_out),
        "damaged": list(corpus.damaged),
        "epochs": config.trainer.epochs,
        "seconds_of_this_start": round(seconds, 1),
        "commit": commit(),
        "versions": versions(),
    }


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
