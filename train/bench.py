"""How fast training is, against the step that nothing can be faster than; measured side by side in one run.

bare        forward, backward and optimiser on pictures that lie ready: the floor
augmented   the same with drawing and applying the changes and equalising
fit         the whole of `train.fitting.fit`: loader, Lightning, logs, validation, checkpoints
"""

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from adapt.augment import augment, draw_changes
from adapt.batch import Batch
from adapt.equalise import to_network
from adapt.strengths import Strengths
from train.fitting import fit
from train.models.build import build
from train.tasks.averaged import Loss, Recipe, Schedule, channels_last
from train.tasks.gaze import GazeTask, loss_of, predict


@dataclass(frozen=True)
class FitBench:
    """Eyes a second of wall time, and what fitting costs over the bare step."""

    bare: float
    augmented: float
    fit: float

    @property
    def overhead(self) -> float:
        """Time of an eye in `fit` over its time in the bare step."""
        return self.bare / self.fit


def random_eyes(n: int, seed: int = 0) -> Batch:
    """Return eyes of noise: as fast to train on as any."""
    generator = torch.Generator().manual_seed(seed)
    return Batch(
        images_u8=torch.randint(0, 256, (n, 36, 60), generator=generator, dtype=torch.uint8),
        head_pitch_yaw_rad=torch.rand(n, 2, generator=generator) - 0.5,
        gaze_pitch_yaw_rad=torch.rand(n, 2, generator=generator) - 0.5,
        right=torch.zeros(n, dtype=torch.bool),
        mirrored=torch.zeros(n, dtype=torch.bool),
        keys=tuple(f"{i:08d}" for i in range(n)),
    )


def bench_fit(
    name: str,
    options: Mapping[str, Any],
    strengths: Strengths,
    *,
    batch_size: int = 128,
    steps: int = 20,
    epochs: int = 3,
) -> FitBench:
    """Measure a network's training on the CPU.

    Args:
        name: Of the network.
        options: Of the network.
        strengths: Of the augmentation.
        batch_size: Eyes a step.
        steps: Steps that are timed, and steps of an epoch of `fit`.
        epochs: Epochs of `fit`.
    """
    eyes = random_eyes(batch_size * steps)
    batch = eyes.take(range(batch_size))
    network = channels_last(build(name, options)).train()
    optimizer = torch.optim.AdamW(network.parameters())
    generator = torch.Generator().manual_seed(0)
    images = to_network(batch.images_u8).contiguous(memory_format=torch.channels_last)

    def learn(predicted: torch.Tensor, true: torch.Tensor) -> None:
        optimizer.zero_grad()
        torch.autograd.backward(loss_of(predicted, true, Loss.l1))
        optimizer.step()

    def bare() -> None:
        learn(network(images, batch.head_pitch_yaw_rad), batch.gaze_pitch_yaw_rad)

    def augmented() -> None:
        changed = augment(batch, draw_changes(generator, strengths, batch_size))
        learn(predict(network, changed), changed.gaze_pitch_yaw_rad)

    # In turns, so that other work on the machine slows both alike.
    spent = {bare: 0.0, augmented: 0.0}
    for step in (bare, augmented):
        step()
    for _ in range(steps):
        for step in spent:
            spent[step] += seconds(step)
    recipe = Recipe(Loss.l1, 1e-3, 0.0, Schedule.one_cycle, steps * epochs, 0.998, 0)
    task = GazeTask(build(name, options), recipe, strengths)
    with tempfile.TemporaryDirectory() as folder:
        whole = seconds(
            lambda: fit(task, eyes, eyes.take(range(batch_size)), Path(folder), epochs=epochs, batch_size=batch_size)
        )
    timed = batch_size * steps
    return FitBench(timed / spent[bare], timed / spent[augmented], timed * epochs / whole)


def seconds(work: Callable[[], None]) -> float:
    """Return how long some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
