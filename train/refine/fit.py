"""Train a refiner in a folder, continued where it stopped, and keep the result.

last.ckpt, metrics.csv, tensorboard/    as of other trainings (train/fitting.py), a row a check
refiner.pt                              {"format", "name", "options", "state", "about"} (train/checkpoint.py)
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from adapt.refine.alarms import Limits
from adapt.refine.build import build_parts, build_refiner, options_of
from adapt.refine.recipe import Refining
from train.checkpoint import Result, Trained, load_network, save_network
from train.fitting import Precision, quiet, trainer_in, unfinished
from train.refine.sides import Sides
from train.refine.task import RefineTask

REFINED = Result("refiner.pt", "refine fit", build_refiner)


def fit_refiner(
    sides: Sides,
    recipe: Refining,
    limits: Limits,
    seed: int,
    out: Path,
    *,
    precision: Precision = Precision.single,
    accelerator: str = "cpu",
    progress: bool = False,
) -> RefineTask:
    """Train a refiner up to the recipe's last step, from `out/last.ckpt` where there is one, and return it.

    Args:
        sides: Pictures of both sides.
        recipe: What is trained, and how.
        limits: Where alarms begin.
        seed: Of everything random.
        out: An existing folder.
        precision: In which the networks compute: single or bf16.
        accelerator: cpu, gpu or auto.
        progress: Whether to draw a progress bar.

    Raises:
        DataError: The checkpoint to continue from is damaged.
        TrainingError: The training leads to no refiner.
    """
    last = unfinished(out)
    channels, height, width = sides.rendered.images_u8.shape[1:]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(np.random.default_rng([seed, 0]).integers(2**62)))
        parts = build_parts(recipe, channels, height, width)
    task = RefineTask(parts, sides, recipe, limits, seed)
    with quiet():
        trainer = trainer_in(
            out,
            epochs=recipe.rounds // recipe.check_every,
            precision=precision,
            accelerator=accelerator,
            progress=progress,
        )
        trainer.fit(task, range(recipe.check_every), ckpt_path=last, weights_only=True)
    return task


def save_refiner(path: Path, task: RefineTask, about: Mapping[str, Any]) -> None:
    """Write the averaged refiner of a training, with what is known of it and the pictures it is for."""
    images = task.sides.rendered.images_u8
    channels, height, width = images.shape[1:]
    known = {"space": task.sides.space.name, "height": height, "width": width, **about}
    save_network(path, task.average, task.recipe.network.name, options_of(task.recipe, channels), known)


def load_refiner(path: Path) -> Trained:
    """Return the refiner in a file, or in the folder of a run.

    Raises:
        DataError: There is none, or it is damaged.
    """
    return load_network(path, REFINED)
