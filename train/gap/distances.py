"""Sets of eyes against real ones: how far each is by its features, and whether a classifier tells it from them.

    rendered             as they were
    refined              the same eyes, as the refiner left them
    augmented            rendered ones as training changes them, moved ones too
    refined, augmented   the same of refined ones
    rendered, as stored  rendered ones brought to the size in which the real ones lie in their files and back, where
                         that is another than 60x36: as much of the gap as a file's size makes
    real, in halves      real ones against real ones: what no difference looks like for so few

Nobody says of unlabelled pictures which eye they show, so half of all pictures are mirrored, at random; an eye that is
in several sets is mirrored in all or in none.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from synth.export.eye_patch import warp_grey
from synth.seeds import rng
from train.data.shards import scaling
from train.gap.features import Extract, Eyes, Features, Scale
from train.gap.kernel_distance import Estimate, kernel_distance
from train.gap.two_samples import DRAWS, Told, told_apart

HALVES = "real, in halves"
SPLITS = 20
LEAST = 24
"""Real eyes: a half of them still has its folds."""


@dataclass(frozen=True)
class Distance:
    """One set against real eyes.

    Attributes:
        kernel: How far (train/gap/kernel_distance.py).
        told: How well they are told apart (train/gap/two_samples.py).
    """

    kernel: Estimate
    told: Told

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {"kernel_distance": asdict(self.kernel), "told_apart": asdict(self.told)}


Table = Mapping[str, Mapping[str, Distance]]
"""By features, then by set."""


def measure_distances(
    seed: int,
    sets: Mapping[str, Eyes],
    real: Eyes,
    extract: Mapping[str, Extract],
    progress: Callable[[str], None] = lambda what: None,
) -> Table:
    """Return how far sets of eyes are from real ones, by each kind of features.

    Args:
        seed: Of everything random.
        sets: By name, the first of them those before anything was done.
        real: At least `LEAST`.
        extract: Kinds of features, by name.
        progress: Told what is being done.
    """
    assert len(real) >= LEAST
    turned = {name: half_mirrored(rng(seed, 0, "mirrored"), eyes) for name, eyes in sets.items()}
    turned_real = half_mirrored(rng(seed, 0, "real mirrored"), real)
    found = {}
    for kind, features_of in extract.items():
        progress(f"{kind} features")
        of_real, of_sets = features_of(turned_real), {name: features_of(eyes) for name, eyes in turned.items()}
        scale = Scale.of(of_real, next(iter(of_sets.values())))
        scaled_real = scale(of_real)
        found[kind] = {
            name: Distance(
                kernel_distance(scale(features), scaled_real),
                told_apart(rng(seed, 0, f"told apart by {kind}"), scale(features), scaled_real),
            )
            for name, features in of_sets.items()
        }
        found[kind][HALVES] = halves(rng(seed, 0, f"halves by {kind}"), scaled_real)
    return found


def halves(chance: np.random.Generator, real: Features) -> Distance:
    """Return how far random halves of a set are from each other: means over splits, and their deviation as error."""
    orders = [chance.permutation(len(real)) for _ in range(SPLITS)]
    half = len(real) // 2
    kernels = [kernel_distance(real[order[:half]], real[order[half:]]).value for order in orders]
    told = [told_apart(chance, real[order[:half]], real[order[half:]], draws=1) for order in orders[:DRAWS]]
    accuracies, nulls = [one.accuracy for one in told], [one.null for one in told]
    accuracy = float(np.mean(accuracies))
    return Distance(
        Estimate(float(np.mean(kernels)), float(np.std(kernels))),
        Told(
            accuracy=accuracy,
            error=float(np.sqrt(accuracy * (1 - accuracy) / (2 * half))),
            null=float(np.mean(nulls)),
            null_deviation=float(np.std(nulls)),
            rows=half,
        ),
    )


def half_mirrored(chance: np.random.Generator, eyes: Eyes) -> Eyes:
    """Return eyes, about half of them mirrored."""
    chosen = torch.from_numpy(chance.random(len(eyes)) < 0.5)
    mirrored: Tensor = torch.where(chosen[:, None, None], eyes.flip(2), eyes)
    return mirrored


def as_stored(eyes: Eyes, height: int, width: int) -> Eyes:
    """Return eyes that were brought to another size and are read from there as pictures of a folder are."""
    _, full_height, full_width = eyes.shape
    there = scaling(width, height)
    stored = [warp_grey(eye, np.linalg.inv(there), width, height)[0] for eye in eyes.numpy()]
    return torch.from_numpy(np.stack([warp_grey(eye, there, full_width, full_height)[0] for eye in stored]))
