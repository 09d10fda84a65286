"""AdaBN: batch normalisation by the statistics of the pictures that a network is to be used on.

Li, Wang, Shi, Liu, Hou, "Revisiting batch normalization for practical domain adaptation" (2016), Algorithm 1: every
layer's mean and variance, which training gathered on rendered pictures, are replaced by those of real ones; weights
stay.  Each layer is given what the layers before it make of the same batch, normalised by that batch: the statistics of
all layers belong together.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

Some = TypeVar("Some")


def normalisers(network: nn.Module) -> list[_BatchNorm]:
    """Return the layers of batch normalisation that keep statistics."""
    return [one for one in network.modules() if isinstance(one, _BatchNorm) and one.track_running_stats]


@torch.no_grad()
def reestimate(network: nn.Module, batches: Iterable[Some], run: Callable[[Some], Any]) -> None:
    """Replace the statistics of every layer by the means over batches of theirs.

    Of one batch they are its own: the mean, and the variance as it is estimated for the pictures' like, over n - 1.  Of
    several of one size the mean is that of all; the variance leaves out what the batches' means differ by.

    Args:
        network: Left in evaluation.
        batches: Of about the same size; at least one, of two pictures or more.
        run: Passes a batch through the network.
    """
    network.eval()  # no dropout
    layers = normalisers(network)
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # torch's word for a mean in which every batch counts the same
        layer.train()
    for batch in batches:
        run(batch)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
        layer.eval()
