"""MobileNetV2 up to its last feature maps, with the names and shapes of torchvision's parameters.

Sandler, Howard, Zhu, Zhmoginov, Chen, "MobileNetV2: inverted residuals and linear bottlenecks" (CVPR 2018), table 2.
The classifier is left out.

    images     (B, 3, H, W)        RGB in [0, 1]; standardised inside by ImageNet's mean and deviation
    stages     strides 4, 8, 16, 32: 24, 32, 96 and 320 channels at width 1, before the last 1x1 convolution
    maps       (B, C, H/32, W/32)  C is 1280 at widths up to 1
    returns    (B, C)              their mean over the picture

torchvision publishes weights of width 1 (mobilenet_v2-b0353104.pth); they load as they are (published.py).
"""

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from train.models.backbone import IMAGENET_DEVIATION, IMAGENET_MEAN
from train.models.published import Published

# Table 2: expansion t, channels c, repetitions n, stride s.
ROWS = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
FIRST, LAST = 32, 1280
TAPS = (3, 6, 13, 17)
"""Places in `features` after which the map is the last of its stride: 4, 8, 16, 32."""


def whole_channels(channels: float) -> int:
    """Return a number of channels that 8 divides, nearest, and not more than a tenth below what was asked for."""
    near = max(8, int(channels + 4) // 8 * 8)
    return near if near >= 0.9 * channels else near + 8


class ConvNorm(nn.Sequential):
    """(B, before, h, w) -> (B, after, h / stride, w / stride): convolution, batch normalisation, ReLU6."""

    def __init__(self, before: int, after: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        """Build the layers."""
        super().__init__(
            nn.Conv2d(before, after, kernel, stride, kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU6(inplace=True),
        )


class InvertedResidual(nn.Module):
    """(B, before, h, w) -> (B, after, h / stride, w / stride): 1x1 up, 3x3 on each channel, 1x1 down, linear."""

    def __init__(self, before: int, after: int, stride: int, expansion: int) -> None:
        """Build one block."""
        super().__init__()
        inside = before * expansion
        up = [ConvNorm(before, inside, 1)] if expansion != 1 else []
        self.conv = nn.Sequential(
            *up,
            ConvNorm(inside, inside, 3, stride, groups=inside),
            nn.Conv2d(inside, after, 1, bias=False),
            nn.BatchNorm2d(after),
        )
        self.adds = stride == 1 and before == after

    def forward(self, x: Float[Tensor, "b before h w"]) -> Float[Tensor, "b after h2 w2"]:
        """Return the block's output, plus its input where that has the same shape."""
        y: Tensor = self.conv(x)
        return x + y if self.adds else y


class MobileNetV2(Published):
    """3 x H x W -> 19 blocks -> mean."""

    mean: Tensor
    deviation: Tensor
    classifier = "classifier."

    def __init__(self, width: float = 1.0) -> None:
        """Build the layers.

        Args:
            width: Factor of all channels.
        """
        super().__init__()
        self.published_as = "torchvision MobileNetV2" if width == 1 else f"MobileNetV2 of width {width:g}"
        before = whole_channels(FIRST * width)
        blocks: list[nn.Module] = [ConvNorm(3, before, 3, 2)]
        for expansion, channels, repetitions, stride in ROWS:
            after = whole_channels(channels * width)
            for i in range(repetitions):
                blocks.append(InvertedResidual(before, after, stride if i == 0 else 1, expansion))
                before = after
        self.channels = whole_channels(LAST * max(width, 1.0))
        self.features = nn.Sequential(*blocks, ConvNorm(before, self.channels, 1))
        self.stage_channels = tuple(whole_channels(ROWS[row][1] * width) for row in (1, 2, 4, 6))
        # Not parts of the state: the names stay those of torchvision.
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(IMAGENET_DEVIATION)[:, None, None], persistent=False)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")

    def stages(self, images: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b _ _ _"]]:
        """Return the feature maps of strides 4, 8, 16 and 32."""
        x, maps = (images - self.mean) / self.deviation, []
        for start, stop in pairwise((-1, *TAPS)):
            x = self.features[start + 1 : stop + 1](x)
            maps.append(x)
        return maps

    def maps(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b c h32 w32"]:
        """Return the last feature maps."""
        return self.last(self.stages(images)[-1])

    def last(self, coarsest: Float[Tensor, "b before h32 w32"]) -> Float[Tensor, "b c h32 w32"]:
        """Return the last feature maps of those of stride 32."""
        found: Tensor = self.features[TAPS[-1] + 1 :](coarsest)
        return found

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b c"]:
        """Return the mean of the last feature maps."""
        return self.maps(images).mean(dim=(2, 3))
