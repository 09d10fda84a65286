"""SSD with separable heads on MobileNetV2 (SSDLite), which also tells the five points, by direct regression.

Liu et al., "SSD: single shot multibox detector" (ECCV 2016); heads as in Sandler et al., "MobileNetV2" (CVPR 2018),
section 6.2: a 3x3 convolution of each channel, then 1x1.  Other than published: anchors are squares, two a cell (a side
and sqrt(2) times it) instead of up to six of several proportions, and there is a map of stride 8, as faces are small.

    stride    8   16   32   64   128
    side     16   32   64  128   256 px, and sqrt(2) times these
"""

from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn

from train.models.detection.anchors import Level
from train.models.detection.dense import Dense, DenseDetector, Learning, dense_of, start_rare
from train.models.mobilenet_v2 import ConvNorm, MobileNetV2, whole_channels

STRIDES = (8, 16, 32, 64, 128)
EXTRA = (512, 256)
"""Channels of the maps beyond the backbone's."""


def separable_head(before: int, after: int) -> nn.Sequential:
    """Return a head of SSDLite."""
    return nn.Sequential(ConvNorm(before, before, 3, groups=before), nn.Conv2d(before, after, 1))


def reduction(before: int, after: int) -> nn.Sequential:
    """Return what makes the next coarser map: 1x1 to half the channels, 3x3 of each by a stride of 2, 1x1."""
    half = after // 2
    return nn.Sequential(ConvNorm(before, half, 1), ConvNorm(half, half, 3, 2, groups=half), ConvNorm(half, after, 1))


class SSD(DenseDetector):
    """MobileNetV2 -> maps of five strides -> class, box and points of two anchors a cell."""

    levels = tuple(Level(stride, (2.0 * stride, 2.0 * stride * 2**0.5)) for stride in STRIDES)
    learning = Learning(positive=0.5, negative=0.4, classes="mined", ratio=3.0, weights=(1.0, 1.0, 1.0))
    overlap = 0.45

    def __init__(self, width: float = 1.0, side: int = 320, test_side: int = 0, near_side: int = 0) -> None:
        """Build the layers.

        Args:
            width: Factor of MobileNetV2's channels, and of those beyond it.
            side: Of the pictures that it learns from.
            test_side: Of those that it is used with; 0 for `side`.
            near_side: Of the second look; 0 for none.
        """
        super().__init__()
        self.use_sides(side, test_side, near_side)
        self.backbone = MobileNetV2(width)
        extra = [whole_channels(channels * width) for channels in EXTRA]
        _, fine, middle, _ = self.backbone.stage_channels
        self.extras = nn.ModuleList(reduction(a, b) for a, b in pairwise((self.backbone.channels, *extra)))
        channels = (fine, middle, self.backbone.channels, *extra)
        self.classes = nn.ModuleList(separable_head(one, 2) for one in channels)
        self.boxes = nn.ModuleList(separable_head(one, 8) for one in channels)
        self.points = nn.ModuleList(separable_head(one, 20) for one in channels)
        for head in self.classes:
            start_rare(head[1])  # type: ignore[index]

    def dense(self, images: Float[Tensor, "b 3 s s"]) -> Dense:
        """Return what the network tells of all anchors."""
        _, fine, middle, coarse = self.backbone.stages(images)
        maps: list[Tensor] = [fine, middle, self.backbone.last(coarse)]
        for reduce in self.extras:
            maps.append(reduce(maps[-1]))
        heads = (self.classes, self.boxes, self.points)
        return dense_of(*[[head(one) for head, one in zip(of, maps, strict=True)] for of in heads])
