"""How fast batches are changed: noise through the whole chain, labels apart; `canthus bench augment` prints it.

A round draws and applies the changes of one batch.  The first warms up; of the others the median counts, by the clock,
which other work on the machine stretches, and by the CPU's time, all threads.
"""

import statistics
import time
from dataclasses import dataclass

import torch

from adapt.augment import eyes, faces
from adapt.augment.changes import draw_changes
from adapt.augment.strengths import Strengths


@dataclass(frozen=True)
class Rate:
    """Pictures a second, by the clock and by the CPU's time."""

    clock: float
    cpu: float


def bench_augment(
    strengths: Strengths, height: int, width: int, colour: bool, batch: int = 256, rounds: int = 12
) -> Rate:
    """Return how many pictures of this size are changed in a second.

    Args:
        strengths: Of the changes.
        height: Of the pictures, px.
        width: Of the pictures, px.
        colour: Whether they go the way of faces, in RGB, or that of eyes.
        batch: Pictures at once.
        rounds: Batches that are timed.
    """
    generator = torch.Generator().manual_seed(0)
    shape = (batch, height, width, 3) if colour else (batch, height, width)
    pictures = torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)
    clock, cpu = [], []
    for _ in range(rounds + 1):
        began = time.perf_counter(), time.process_time()
        if colour:
            drawn = faces.draw_face_changes(generator, strengths, batch, height, width)
            faces.changed_pictures(pictures, drawn)
        else:
            eyes.changed_pictures(pictures, draw_changes(generator, strengths, batch, height, width))
        clock.append(time.perf_counter() - began[0])
        cpu.append(time.process_time() - began[1])
    return Rate(*(batch / max(statistics.median(taken[1:]), 1e-9) for taken in (clock, cpu)))
