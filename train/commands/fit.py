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
from torch import nn

from adapt.batch import Batch
from adapt.face_batch import FaceBatch
from synth.config import versions, write_resolved
from synth.errors import ConfigError, DataError
from synth.shards.atomic import write_whole
from synth.shards.output import open_output
from train.checkpoint import FILE, save_network
from train.config import FitConfig
from train.data.loader import split
from train.data.pose.read import read_faces
from train.data.read import read_eyes
from train.evaluation import predictions_of
from train.fitting import fit, use_threads
from train.metrics import score
from train.models.build import build
from train.models.pose import PoseNetwork
from train.pose_evaluation import rotations_of
from train.pose_metrics import pose_score
from train.provenance import commit
from train.tasks.averaged import AveragedTask, Recipe
from train.tasks.gaze import GazeTask
from train.tasks.pose import PoseTask

HELP = "train a network on a corpus"
CONFIG = FitConfig
CONFIG_NAME = "fit"
EXAMPLES = (
    "canthus fit data=data/eyes out=runs/eyes",
    "canthus fit data=data/eyes out=runs/lenet-1 model=lenet seed=1 trainer.epochs=40",
    "canthus fit data=data/eyes out=runs/optical labels.axis=optical labels.gaze_mode=direction augment=heavy",
    "canthus fit experiment=fsanet data=data/heads out=runs/fsanet",
)

# Of `trainer`: they change how fast a run is, not what it is.
RUN_ONLY = ("accelerator", "threads", "progress")


def run(config: FitConfig) -> None:
    """Train, or continue, or say that it is done."""
    name, options = network_of(config.model)
    network = build_seeded(name, options, config.seed)
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
        pictures = read(config, network)
        training, validation = split(pictures, config.trainer.validation)
        if len(training) < 2:
            raise DataError(f"{config.data}: {len(training)} pictures to train on; at least 2")
        batch_size = min(config.trainer.batch_size, len(training))
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
        task: AveragedTask
        if isinstance(network, PoseNetwork):
            task = PoseTask(network, recipe, config.augment)
        else:
            task = GazeTask(network, recipe, config.augment)
        start = time.monotonic()
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
            "training_pictures": len(training),
            "validation_pictures": len(validation),
            "epochs": config.trainer.epochs,
            "seconds_of_this_start": round(seconds, 1),
            "commit": commit(),
            "versions": versions(),
        }
        average = task.average.cpu().eval()
        if len(validation):
            about["validation"], said = validated(average, validation)
            print(f"validation: {said}; {seconds:.0f} s")
        write_whole(out / "fit.json", json.dumps(about, indent=1).encode())
        save_network(out / FILE, average, name, options, about)
        print(f"wrote {out / FILE}")


def read(config: FitConfig, network: nn.Module) -> Batch | FaceBatch:
    """Return the pictures that a network learns from, in memory.

    Raises:
        ConfigError: `augment` asks for what these pictures cannot have.
        DataError: There are none, or something is damaged.
    """
    path, labels, augment = Path(config.data), config.labels, config.augment
    if isinstance(network, PoseNetwork):
        if augment.head_noise_deg or augment.head_dropout:
            raise ConfigError("augment: changes the head angles that come with eyes; heads take augment=faces or none")
        found = read_faces(path, config.reader, network.size[0], labels.pose)
        for cause, n in found.left_out.items():
            print(f"{config.data}: {n} left out: {cause}")
        return found.faces
    if augment.mirror or augment.grey:
        raise ConfigError("augment: mirrors or greys faces; eyes are grey and all left: take augment=webcam or none")
    eyes = read_eyes(path, config.reader, labels.gaze_mode, labels.axis)
    if torch.isnan(eyes.gaze_pitch_yaw_rad).any():
        raise DataError(f"{config.data}: holds eyes without a gaze; nothing can be learnt from them")
    return eyes


def validated(network: nn.Module, pictures: Batch | FaceBatch) -> tuple[dict[str, Any], str]:
    """Return a trained network's score on pictures of its kind, as plain values and in a few words."""
    if isinstance(pictures, FaceBatch):
        assert isinstance(network, PoseNetwork)
        pose = pose_score(rotations_of(network, pictures), pictures.rotation.double().numpy())
        return pose.to_json(), f"MAE {pose.raw.mae:.2f} deg, of zeros {pose.zeros.mae:.2f} deg"
    gaze = score(predictions_of(network, pictures), pictures.gaze_pitch_yaw_rad.numpy(), pictures.right.numpy())
    return gaze.to_json(), f"{gaze.raw:.2f} deg, mean predictor {gaze.mean_predictor:.2f} deg"


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
