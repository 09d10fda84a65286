"""What pictures are compared by: numbers of each eye, of three origins.

    network    what the last layer of a gaze network is given (train/models/features.py): what a network makes of an
               eye that was taught gaze, by rendered eyes
    hog        histograms of oriented gradients (Dalal and Triggs 2005, scikit-image's), 9 orientations in cells of
               6 px, each four of them normalised together: 1620 numbers of shape and contrast, that no network made
    texture    local binary patterns (Ojala et al. 2002, scikit-image's, the ten uniform ones of 8 neighbours at 1 px),
               counted in 15 cells of 12 px, square roots of their parts: 150 numbers of grain, noise and sharpness,
               likewise

A refiner is taught by a discriminator, so a judge that no refiner was taught by says more than another network.

`Scale` moves the mean of each kind of features to 0 and its mean square to 1, by one number for all of them, the same
for all sets of a report.  By one, for a pattern that eyes hardly ever show would weigh as much as all others once a
set shows it.  The published distance takes the features of one fixed network as they are: figures of two reports with
other features or scales do not compare.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float, UInt8
from skimage.feature import hog, local_binary_pattern
from torch import Tensor, nn

from adapt.equalise import equalise, to_network
from train.models.features import features_of

CELL_PX, ORIENTATIONS = 6, 9
NEIGHBOURS, CODES = 8, 10
PATTERN_CELL_PX = 12
AT_ONCE = 256

Eyes = UInt8[Tensor, "n 36 60"]
Features = Float[np.ndarray, "n d"]
Extract = Callable[[Eyes], Features]
"""From eyes, not yet equalised, to features."""


@dataclass(frozen=True)
class Scale:
    """What makes features numbers of mean 0 and mean square 1.

    Attributes:
        mean: Of each, taken away.
        size: Of all, divided by.
    """

    mean: Float[np.ndarray, " d"]
    size: float

    @staticmethod
    def of(first: Float[np.ndarray, "m d"], second: Float[np.ndarray, "n d"]) -> "Scale":
        """Return the scale of two sets, which count alike, however large they are."""
        mean = (first.mean(axis=0) + second.mean(axis=0)) / 2
        return Scale(mean, float(np.sqrt(np.mean([((one - mean) ** 2).mean() for one in (first, second)]))))

    def __call__(self, features: Features) -> Features:
        """Return features without unit."""
        return np.asarray((features - self.mean) / self.size)


def extractors(network: nn.Module) -> Mapping[str, Extract]:
    """Return all of them by name, those of a gaze network first."""
    return {"network": partial(network_features, network), "hog": hog_features, "texture": texture_features}


@torch.inference_mode()
def network_features(network: nn.Module, eyes: Eyes) -> Features:
    """Return what the last layer of a gaze network is given, without the head's angles that join there."""
    place = features_of(network)
    assert place is not None, "networks of gaze mark it"
    kept: list[Tensor] = []
    hook = place.register_forward_hook(lambda module, given, features: kept.append(features.float()))
    network.eval()
    try:
        for start in range(0, len(eyes), AT_ONCE):
            images = to_network(eyes[start : start + AT_ONCE]).contiguous(memory_format=torch.channels_last)
            network(images, torch.zeros(len(images), 2))
    finally:
        hook.remove()
    return torch.cat(kept).double().numpy()


def hog_features(eyes: Eyes) -> Features:
    """Return histograms of oriented gradients."""
    cells = {"pixels_per_cell": (CELL_PX, CELL_PX), "cells_per_block": (2, 2)}
    found = [hog(eye.astype(np.float64) / 255, orientations=ORIENTATIONS, **cells) for eye in equalise(eyes).numpy()]
    return np.stack(found).astype(np.float64)


def texture_features(eyes: Eyes) -> Features:
    """Return the roots of how often each pattern is met in each cell: their differences count few as well as many."""
    found = []
    for eye in equalise(eyes).numpy():
        found_codes: np.ndarray = local_binary_pattern(eye, NEIGHBOURS, 1, "uniform")  # type: ignore[no-untyped-call]
        codes = found_codes.astype(int)
        height, width = codes.shape
        cells = codes.reshape(height // PATTERN_CELL_PX, PATTERN_CELL_PX, width // PATTERN_CELL_PX, PATTERN_CELL_PX)
        one_hot = np.eye(CODES)[cells.transpose(0, 2, 1, 3).reshape(-1, PATTERN_CELL_PX**2)]
        found.append(np.sqrt(one_hot.mean(axis=1)).ravel())
    return np.stack(found)
