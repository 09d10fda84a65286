"""SimGAN's refiner: a few residual blocks at full resolution, so that nothing moves far from where it was.

Shrivastava, Pfister, Tuzel, Susskind, Wang, Webb, "Learning from Simulated and Unsupervised Images through Adversarial
Training" (CVPR 2017):

    picture -> conv 3x3, 64 -> 4 blocks of two convs 3x3, 64, and a sum -> conv 1x1, C -> tanh

The paper tells the layers, their maps and the number of blocks (checked in re-implementations that quote it, not in the
paper itself).  From memory, or as others re-implemented it: ReLU behind the first layer, between a block's convolutions
and behind its sum; tanh at the end; edges padded with zeros, which keep the size.

`skip` is ours: the picture joins before the tanh, and the last layer starts at zero, so that a fresh network is the
identity and needs no training to become one.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from adapt.refine import Refiner

WHITEST = 0.998
"""What tanh is to give for white: a quarter of a grey level short of it, for white itself is infinitely far."""


class ResidualRefiner(Refiner):
    """See the module."""

    def __init__(self, channels: int = 1, maps: int = 64, blocks: int = 4, skip: bool = False) -> None:
        """Build the layers.

        Args:
            channels: Of the pictures, 1 or 3.
            maps: Of all layers but the last.
            blocks: Residual blocks.
            skip: Whether the picture is added before the last tanh, and the network starts as the identity.
        """
        super().__init__()
        self.skip = skip
        self.feature_channels = (maps,) * (1 + blocks)
        self.first = nn.Conv2d(channels, maps, 3, padding=1)
        self.blocks = nn.ModuleList(Block(maps) for _ in range(blocks))
        self.last = nn.Conv2d(maps, channels, 1)
        if skip:
            nn.init.zeros_(self.last.weight)
            nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]

    def encode(self, pictures: Float[Tensor, "b c h w"]) -> list[Tensor]:
        """Return the features of the first layer and of each block, all of the picture's size."""
        features = [functional.relu(self.first(pictures))]
        for block in self.blocks:
            features.append(block(features[-1]))
        return features

    def decode(self, pictures: Float[Tensor, "b c h w"], features: list[Tensor]) -> Float[Tensor, "b c h w"]:
        """Return refined pictures; in single precision, for half of it has fewer levels than a picture."""
        with torch.autocast(pictures.device.type, enabled=False):
            change: Tensor = self.last(features[-1].float())
            return torch.tanh(change + torch.atanh(WHITEST * pictures.float()) if self.skip else change)


class Block(nn.Module):
    """Two convolutions and a sum."""

    def __init__(self, maps: int) -> None:
        """Build the layers."""
        super().__init__()
        self.first = nn.Conv2d(maps, maps, 3, padding=1)
        self.second = nn.Conv2d(maps, maps, 3, padding=1)

    def forward(self, features: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Return features of the same shape."""
        return functional.relu(features + self.second(functional.relu(self.first(features))))
