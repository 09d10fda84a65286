"""Making rendered pictures look real, their labels kept: networks, losses and alarms; train/refine trains them.

    pictures    (B, C, h, w)    grey (C = 1) or RGB (C = 3), float32 in [-1, 1], black to white (adapt/refine/space.py)
    rendered    pictures of a corpus of ours, before;  refined    the same after;  real    photographs without labels
    realness    (B, h', w')     a discriminator's verdict, one for each patch: the higher, the more it looks real

All networks take pictures of any size that leaves them a patch.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn


class Refiner(nn.Module, ABC):
    """A network from rendered pictures to refined ones: a coder, and what makes pictures of its last features.

    Attributes:
        feature_channels: Of each of the features that `encode` returns.
    """

    feature_channels: Sequence[int]

    @abstractmethod
    def encode(self, pictures: Float[Tensor, "b c h w"]) -> list[Tensor]:
        """Return features of several layers, (B, `feature_channels[i]`, h_i, w_i), the earliest first."""

    @abstractmethod
    def decode(self, pictures: Float[Tensor, "b c h w"], features: list[Tensor]) -> Float[Tensor, "b c h w"]:
        """Return refined pictures, in [-1, 1], from the rendered ones and their features."""

    def forward(self, pictures: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Return refined pictures, in [-1, 1]."""
        return self.decode(pictures, self.encode(pictures))
