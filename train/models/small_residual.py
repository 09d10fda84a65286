"""A small residual network for cuts of faces: four basic blocks of He et al. (train/models/backbone.py), ours.

    images     (B, 3, H, W)         RGB in [0, 1]; standardised inside by ImageNet's mean and deviation
    maps       (B, C, H/16, W/16)   C is 192 at width 1

A convolution 3x3 of stride 2 to 24 channels; blocks of 24, 48, 96 and 192, all but the first of stride 2.  At 64x64 it
takes 36 million multiply-adds a picture.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from train.models.backbone import IMAGENET_DEVIATION, IMAGENET_MEAN, BasicBlock
from train.models.mobilenet_v2 import whole_channels

CHANNELS = 24
STRIDE = 16


class SmallResidual(nn.Module):
    """See the module."""

    mean: Tensor
    deviation: Tensor
    stride = STRIDE

    def __init__(self, width: float = 1.0) -> None:
        """Build the layers.

        Args:
            width: Factor of all channels.
        """
        super().__init__()
        first = whole_channels(CHANNELS * width)
        self.channels = 8 * first
        self.stem = nn.Conv2d(3, first, 3, 2, 1, bias=False)
        self.norm = nn.BatchNorm2d(first)
        self.blocks = nn.Sequential(
            BasicBlock(first, first, 1), *(BasicBlock(k * first, 2 * k * first, 2) for k in (1, 2, 4))
        )
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(IMAGENET_DEVIATION)[:, None, None], persistent=False)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def maps(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b c h16 w16"]:
        """Return the last feature maps."""
        x = functional.relu(self.norm(self.stem((images - self.mean) / self.deviation)), inplace=True)
        found: Tensor = self.blocks(x)
        return found
