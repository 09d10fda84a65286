"""RetinaFace: a feature pyramid, context modules, and box, class and five points of every anchor.

Deng, Guo, Ververas, Kotsia, Zafeiriou, "RetinaFace: single-shot multi-level face localisation in the wild" (CVPR 2020),
without its dense regression of a mesh.  Layers, names of parameters, anchors and losses are those of the PyTorch
version that most people use (biubug6/Pytorch_Retinaface), on MobileNet at a quarter of its width or on ResNet-50: three
maps instead of the paper's five, plain convolutions in its context module (that of SSH, Najibi 2017) instead of
deformable ones.

    stride         8        16         32
    sides px    16, 32    64, 128   256, 512
    loss        class + 2 box + points; IoU of positive anchors 0.35; 7 negatives each
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from train.models.backbone import ResNet
from train.models.detection.anchors import Level
from train.models.detection.dense import Dense, DenseDetector, Learning, dense_of, start_rare
from train.models.mobilenet_v1 import CHANNELS, MobileNetQuarter, conv_norm

Backbone = Literal["mobilenet0.25", "resnet50"]
OUT = {"mobilenet0.25": 64, "resnet50": 256}
"""Channels of the pyramid."""
ANCHORS = 2


def slope_of(channels: int) -> float:
    """Return the slope of the leaky ReLUs: narrow networks have one."""
    return 0.1 if channels <= 64 else 0.0


class Pyramid(nn.Module):
    """Three maps, fine to coarse -> three of equal channels, to each of which the coarser ones were added."""

    def __init__(self, before: tuple[int, int, int], channels: int) -> None:
        """Build the layers."""
        super().__init__()
        slope = slope_of(channels)
        for number, one in enumerate(before):
            self.add_module(f"output{number + 1}", conv_norm(one, channels, kernel=1, slope=slope))
        self.merge1, self.merge2 = (conv_norm(channels, channels, slope=slope) for _ in range(2))

    def forward(self, maps: list[Float[Tensor, "b _ _ _"]]) -> list[Float[Tensor, "b c _ _"]]:
        """Return the maps, fine to coarse."""
        fine, middle, coarse = (self.get_submodule(f"output{i + 1}")(one) for i, one in enumerate(maps))
        middle = self.merge2(middle + functional.interpolate(coarse, middle.shape[-2:], mode="nearest"))
        fine = self.merge1(fine + functional.interpolate(middle, fine.shape[-2:], mode="nearest"))
        return [fine, middle, coarse]


class Context(nn.Module):
    """SSH's context module: what 3x3, 5x5 and 7x7 see, the larger ones as chains of 3x3, side by side."""

    def __init__(self, channels: int) -> None:
        """Build the layers."""
        super().__init__()
        slope, half, quarter = slope_of(channels), channels // 2, channels // 4
        self.conv3X3 = conv_norm(channels, half, slope=None)
        self.conv5X5_1 = conv_norm(channels, quarter, slope=slope)
        self.conv5X5_2 = conv_norm(quarter, quarter, slope=None)
        self.conv7X7_2 = conv_norm(quarter, quarter, slope=slope)
        self.conv7x7_3 = conv_norm(quarter, quarter, slope=None)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Return the activated maps."""
        five = self.conv5X5_1(x)
        seen = [self.conv3X3(x), self.conv5X5_2(five), self.conv7x7_3(self.conv7X7_2(five))]
        return functional.relu(torch.cat(seen, dim=1))


class Head(nn.Module):
    """(B, c, h, w) -> (B, anchors x numbers, h, w)."""

    def __init__(self, channels: int, numbers: int) -> None:
        """Build the layer."""
        super().__init__()
        self.conv1x1 = nn.Conv2d(channels, ANCHORS * numbers, 1)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b kn h w"]:
        """Return the numbers."""
        told: Tensor = self.conv1x1(x)
        return told


class RetinaFace(DenseDetector):
    """Backbone -> pyramid -> context -> heads."""

    levels = (Level(8, (16.0, 32.0)), Level(16, (64.0, 128.0)), Level(32, (256.0, 512.0)))
    learning = Learning(positive=0.35, negative=0.35, classes="mined", ratio=7.0, weights=(1.0, 2.0, 1.0))

    def __init__(
        self, backbone: Backbone = "mobilenet0.25", side: int = 640, test_side: int = 0, near_side: int = 0
    ) -> None:
        """Build the layers.

        Args:
            backbone: mobilenet0.25 (1.7 MB) or resnet50 (109 MB).
            side: Of the pictures that it learns from.
            test_side: Of those that it is used with; 0 for `side`.
            near_side: Of the second look; 0 for none.
        """
        super().__init__()
        self.use_sides(side, test_side, near_side)
        self.body: MobileNetQuarter | ResNet = MobileNetQuarter() if backbone == "mobilenet0.25" else ResNet(50)
        before = CHANNELS if backbone == "mobilenet0.25" else (512, 1024, 2048)
        out = OUT[backbone]
        self.fpn = Pyramid(before, out)
        self.ssh1, self.ssh2, self.ssh3 = (Context(out) for _ in range(3))
        self.ClassHead = nn.ModuleList(Head(out, 2) for _ in self.levels)
        self.BboxHead = nn.ModuleList(Head(out, 4) for _ in self.levels)
        self.LandmarkHead = nn.ModuleList(Head(out, 10) for _ in self.levels)
        for head in self.ClassHead:
            assert isinstance(head, Head)
            start_rare(head.conv1x1, 0.5)
            assert head.conv1x1.bias is not None
            head.conv1x1.bias.data[0::2] *= -1  # pairs of logits: no face, a face

    def dense(self, images: Float[Tensor, "b 3 s s"]) -> Dense:
        """Return what the network tells of all anchors."""
        maps = self.fpn(self.body.stages(images)[-3:])
        seen = [context(one) for context, one in zip((self.ssh1, self.ssh2, self.ssh3), maps, strict=True)]
        classes, boxes, points = (
            [head(one) for head, one in zip(heads, seen, strict=True)]
            for heads in (self.ClassHead, self.BboxHead, self.LandmarkHead)
        )
        # Softmax of two logits is a sigmoid of their difference.
        return dense_of([pair[:, 1::2] - pair[:, 0::2] for pair in classes], boxes, points)
