"""How fast training is, against loops that nothing can be faster than; measured side by side in one run.

bare      forward, backward and optimiser on tensors that lie ready, in a plain loop: the floor
plain     the step that `fit` takes (changes drawn and applied, loss, moving average), in a plain loop on one batch
fit       whole epochs of `train.fitting.fit`: batches, Lightning, logs, validation of a tenth, checkpoints; a second
          thread changes the pictures of the next step (train/data/ahead.py)

A round is an epoch of `fit` and as many pictures in both loops, so that other work on the machine slows all three; of
the rounds the median counts.  Both kinds of seconds are told: those of the clock, which other work stretches and which
the second thread saves, and those of the CPU, all threads (as in synth/bench.py).  What starting and ending a run takes
is not in them: it comes once.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from adapt.augment.strengths import Strengths
from train.data.loader import Rowed
from train.fitting import fit
from train.kinds import Exported, Kind
from train.kinds.known import kind_of
from train.models.build import build
from train.tasks.averaged import AveragedTask, Loss, Recipe, Schedule

VALIDATION = 0.1

Lap = tuple[float, float]
"""Seconds of the clock and of the CPU."""


@dataclass(frozen=True)
class Speed:
    """Pictures a second."""

    bare: float
    plain: float
    fit: float

    @property
    def of_bare(self) -> float:
        """Speed of `fit` over that of the bare loop: what changes and all around the step leave of it."""
        return self.fit / self.bare

    @property
    def of_plain(self) -> float:
        """Speed of `fit` over that of its own step in a plain loop."""
        return self.fit / self.plain


@dataclass(frozen=True)
class FitBench:
    """The same by the clock and by the CPU's time."""

    clock: Speed
    cpu: Speed


def bench_fit(
    name: str,
    options: Mapping[str, Any],
    strengths: Strengths,
    *,
    batch_size: int = 128,
    steps: int = 32,
    rounds: int = 3,
) -> FitBench:
    """Measure a network's training on the CPU.

    Args:
        name: Of the network.
        options: Of the network.
        strengths: Of the augmentation.
        batch_size: Pictures a step.
        steps: Of an epoch.
        rounds: Epochs that are timed; one more is not.
    """
    kind, generator = kind_of(name), torch.Generator().manual_seed(0)
    network = build(name, options)
    pictures = kind.noise(network, batch_size * steps, generator)
    batch = pictures.take(range(batch_size))
    bare = bare_step(kind, network, kind.exported(network, batch_size, generator))
    alone = task_of(kind, name, options, strengths, steps)
    alone.meet(pictures, pictures)
    plain = plain_step(alone, batch)
    laps: dict[str, list[Lap]] = {"bare": [], "plain": [], "fit": []}
    started: list[Lap] = []

    def between_epochs() -> None:
        if started:
            laps["fit"].append(since(started.pop()))
        for name, step in (("bare", bare), ("plain", plain)):
            start = now()
            for _ in range(steps):
                step()
            laps[name].append(since(start))
        started.append(now())

    task = task_of(kind, name, options, strengths, steps * (rounds + 2))
    task.on_train_epoch_start = between_epochs  # type: ignore[method-assign]
    validation = pictures.take(range(max(round(VALIDATION * len(pictures)), 1)))
    with tempfile.TemporaryDirectory() as folder:
        fit(task, pictures, validation, Path(folder), epochs=rounds + 2, batch_size=batch_size)
    # The first of each warms up: memory is asked for, algorithms are chosen.
    timed = {name: lap[1 : rounds + 1] for name, lap in laps.items()}
    clock, cpu = (
        Speed(**{name: len(pictures) / statistics.median(lap[which] for lap in of) for name, of in timed.items()})
        for which in (0, 1)
    )
    return FitBench(clock, cpu)


def task_of(kind: Kind, name: str, options: Mapping[str, Any], strengths: Strengths, steps: int) -> AveragedTask:
    """Return what trains a fresh network for so many steps."""
    recipe = Recipe(Loss.l1, 1e-3, 1e-2, Schedule.one_cycle, steps, 0.998, 0)
    return kind.task(build(name, options), recipe, strengths)


def bare_step(kind: Kind, network: torch.nn.Module, example: Exported) -> Callable[[], None]:
    """Return a step on tensors that lie ready; what its loss is costs nothing."""
    recipe = Recipe(Loss.l1, 1e-3, 1e-2, Schedule.constant, 1, 0.998, 0)
    optimizer = kind.task(network, recipe, Strengths()).configure_optimizers()
    inputs = [
        one.contiguous(memory_format=torch.channels_last) if one.ndim == 4 else one for one in example.inputs.values()
    ]

    def step() -> None:
        told = example.network(*inputs)
        outputs = (told,) if isinstance(told, Tensor) else told
        learn(optimizer, torch.stack([one.square().mean() for one in outputs]).sum())

    return step


def plain_step(task: AveragedTask, batch: Rowed) -> Callable[[], None]:
    """Return the step of a task without its logs."""
    optimizer = task.configure_optimizers()["optimizer"]
    task.log = lambda *_, **__: None  # type: ignore[method-assign]

    def step() -> None:
        loss = task.training_step(task.changed(batch, 0), 0)
        assert isinstance(loss, Tensor)
        learn(optimizer, loss)
        task.on_train_batch_end(None, batch, 0)

    return step


def learn(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """Take a step of the optimiser."""
    optimizer.zero_grad()
    torch.autograd.backward(loss)
    optimizer.step()


def now() -> Lap:
    """Return the time."""
    return time.perf_counter(), time.process_time()


def since(start: Lap) -> Lap:
    """Return how long it has been."""
    clock, cpu = now()
    return clock - start[0], cpu - start[1]
