"""Where a network's features are: what its last layers, those of its task, are given.

A network marks the place with a layer that does nothing.  Whoever wants the features listens there and needs to know
neither the network's name nor its parts.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Features(nn.Identity):
    """(B, ...) -> the same: the last layers follow.

    Attributes:
        width: Numbers a picture.
    """

    def __init__(self, width: int) -> None:
        """Mark a place that so many numbers a picture pass."""
        super().__init__()
        self.width = width


def features_of(network: nn.Module) -> Features | None:
    """Return the place of a network's features; None where it marks none."""
    found = [module for module in network.modules() if isinstance(module, Features)]
    return found[0] if found else None


class Tap:
    """Keeps the features of a network's last pass until they are taken."""

    def __init__(self, place: Features) -> None:
        """Listen at a place."""
        self.kept: Tensor | None = None
        place.register_forward_hook(self._keep)

    def _keep(self, place: nn.Module, inputs: Any, features: Tensor) -> None:
        self.kept = torch.flatten(features, start_dim=1)

    def take(self) -> Float[Tensor, "b n"]:
        """Return them, with their gradients, and let go of them."""
        kept, self.kept = self.kept, None
        assert kept is not None, "the network has not run"
        return kept
