"""A small one-sided translator, as CUT's generator: it codes a picture at half its resolution and draws it anew.

Park, Efros, Zhang, Zhu, "Contrastive learning for unpaired image-to-image translation" (ECCV 2020), whose generator
(from memory) codes 256x256 px at a quarter of it with nine blocks.  Smaller here, for pictures of tens of pixels:

    conv 7x7, m/2 -> conv 3x3, stride 2, m -> blocks of two convs 3x3, m, and a sum -> twice the size -> conv 3x3, m/2
    -> conv 7x7, C -> tanh

Every convolution but the last is normalised over each map of each picture (instance normalisation) and has a ReLU;
edges are reflected.  Theirs blurs before it halves and after it doubles; here a stride and a linear doubling do it.
Features that are compared (adapt/refine/patch_nce.py): the picture, both first layers, the first and the last block.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from adapt.refine import Refiner


class Translator(Refiner):
    """See the module."""

    def __init__(self, channels: int = 1, maps: int = 64, blocks: int = 4) -> None:
        """Build the layers.

        Args:
            channels: Of the pictures, 1 or 3.
            maps: Of the blocks; the layers at full resolution have half of them.
            blocks: Residual blocks.
        """
        super().__init__()
        self.feature_channels = (channels, maps // 2, maps, maps, maps)
        self.first = nn.Sequential(*conv(channels, maps // 2, 7), nn.ReLU())
        self.halving = nn.Sequential(*conv(maps // 2, maps, 3, 2), nn.ReLU())
        self.blocks = nn.ModuleList(
            nn.Sequential(*conv(maps, maps, 3), nn.ReLU(), *conv(maps, maps, 3)) for _ in range(blocks)
        )
        self.doubled = nn.Sequential(*conv(maps, maps // 2, 3), nn.ReLU())
        self.edges = nn.ReflectionPad2d(3)
        self.last = nn.Conv2d(maps // 2, channels, 7)

    def encode(self, pictures: Float[Tensor, "b c h w"]) -> list[Tensor]:
        """Return the picture and the features of the two first layers, of the first and of the last block."""
        full = self.first(pictures)
        half = self.halving(full)
        coded = [half]
        for block in self.blocks:
            coded.append(coded[-1] + block(coded[-1]))
        return [pictures, full, half, coded[1], coded[-1]]

    def decode(self, pictures: Float[Tensor, "b c h w"], features: list[Tensor]) -> Float[Tensor, "b c h w"]:
        """Return refined pictures; the last layer in single precision, for half of it has fewer levels."""
        drawn = functional.interpolate(features[-1], pictures.shape[-2:], mode="bilinear", align_corners=False)
        drawn = self.doubled(drawn)
        with torch.autocast(pictures.device.type, enabled=False):
            refined: Tensor = self.last(self.edges(drawn.float()))
            return torch.tanh(refined)


def conv(inputs: int, outputs: int, size: int, stride: int = 1) -> list[nn.Module]:
    """Return a normalised convolution that keeps the size, but for its stride."""
    return [
        nn.ReflectionPad2d(size // 2),
        nn.Conv2d(inputs, outputs, size, stride, bias=False),
        nn.InstanceNorm2d(outputs),
    ]
