"""What SSR-Net-MD and FSA-Net share: the two-stream backbone and soft stagewise regression of the Euler angles.

Yang, Huang, Lin, Hsiu, Chuang, "SSR-Net: a compact soft stagewise regression network for age estimation" (IJCAI 2018);
Yang, Chen, Lin, Chuang, "FSA-Net: learning fine-grained structure aggregation for head pose estimation from a single
image" (CVPR 2019), which brings it to three angles and gives the backbone (its section 3.6).

    images     (B, 3, 64, 64)  RGB in [0, 1]
    outputs    (B, 3)          300W-LP's [pitch, yaw, roll] in degrees

The authors feed plain pixel values: batch normalisation follows the first, linear layer, so that their scale is of no
effect.  So do we, with [0, 1].
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from train.models.pose import PoseNetwork
from train.rotations import pitch_yaw_roll_upright, rotation_from_pitch_yaw_roll

BINS = 3
"""Bins of every stage."""
RANGE_DEG = 99.0
"""V: what the bins of a stage, undeformed, span in all, in degrees either way of straight ahead."""
WIDTH_CHANGE = 0.9
"""Lambda: how far a stage may deform its bins.  The authors train with 1, which divides by zero where tanh is -1."""
CHANNELS = 64
"""Of the maps that each stream hands on."""


@dataclass(frozen=True)
class Stage:
    """One stage's say in the three angles.

    Attributes:
        weights: Of the bins, at least 0; a distribution over them in the paper's words, left free as in the authors'
            network, where they come from a ReLU.
        shift: Eta, in (-1, 1): moves all bins, in bins.
        width: Delta, in (-1, 1): makes the bins narrower or wider, and those of the stages after it.
    """

    weights: Float[Tensor, "b 3 bins"]
    shift: Float[Tensor, "b 3"]
    width: Float[Tensor, "b 3"]


def soft_stagewise_deg(stages: Sequence[Stage]) -> Float[Tensor, "b 3"]:
    """Return the angles in degrees, each stage refining the one before by a factor of its number of bins.

    SSR-Net's soft stagewise regression with FSA-Net's centred bins: the sum over the stages k of
    V sum_i p_ki (i + eta_k) / prod_(j <= k) s_j (1 + lambda delta_j), with i from -(s // 2).
    """
    angles = torch.zeros_like(stages[0].shift)
    unit = torch.full_like(angles, RANGE_DEG)
    for stage in stages:
        bins = stage.weights.shape[-1]
        unit = unit / (bins * (1 + WIDTH_CHANGE * stage.width))
        index = torch.arange(bins, dtype=angles.dtype, device=angles.device) - bins // 2
        angles = angles + unit * (stage.weights * (index + stage.shift[..., None])).sum(-1)
    return angles


def bins_layer(features: int) -> nn.Linear:
    """Return the layer before the ReLU of a stage's weights of bins, which starts as a flat distribution, none dead."""
    layer = nn.Linear(features, 3 * BINS)
    nn.init.constant_(layer.bias, 1 / BINS)
    return layer


def separable(before: int, after: int, activation: type[nn.Module]) -> nn.Sequential:
    """Return a separable 3x3 convolution, batch normalisation and an activation."""
    return nn.Sequential(
        nn.Conv2d(before, before, 3, padding=1, groups=before, bias=False),
        nn.Conv2d(before, after, 1, bias=False),
        nn.BatchNorm2d(after),
        activation(),
    )


class Stream(nn.Module):
    """3 x 64 x 64 -> 16 x 32 x 32 -> 32 x 16 x 16 -> 64 x 8 x 8 -> 128 x 8 x 8; the last three go on by 1x1."""

    def __init__(self, activation: type[nn.Module], pool: type[nn.Module]) -> None:
        """Build the layers: ReLU and AvgPool2d for the one stream, Tanh and MaxPool2d for the other."""
        super().__init__()
        self.pool = pool(2)
        self.activation = activation()
        self.stages = nn.ModuleList([separable(3, 16, activation)])
        for width in (32, 64, 128):
            self.stages.append(
                nn.Sequential(separable(width // 2, width, activation), separable(width, width, activation))
            )
        self.across = nn.ModuleList(nn.Conv2d(width, CHANNELS, 1) for width in (128, 64, 32))

    def forward(
        self, images: Float[Tensor, "b 3 64 64"]
    ) -> tuple[Float[Tensor, "b 64 8 8"], Float[Tensor, "b 64 8 8"], Float[Tensor, "b 64 16 16"]]:
        """Return the maps for the first (deepest), second and third stage of the regression."""
        second = self.pool(self.stages[1](self.pool(self.stages[0](images))))  # (B, 32, 16, 16)
        third = self.pool(self.stages[2](second))  # (B, 64, 8, 8)
        fourth = self.stages[3](third)  # (B, 128, 8, 8)
        a, b, c = (self.activation(conv(x)) for conv, x in zip(self.across, (fourth, third, second), strict=True))
        return a, b, c


class TwoStreams(nn.Module):
    """The backbone: a stream of ReLU and means beside one of tanh and maxima, whose maps are multiplied later."""

    def __init__(self) -> None:
        """Build both streams."""
        super().__init__()
        self.relu = Stream(nn.ReLU, nn.AvgPool2d)
        self.tanh = Stream(nn.Tanh, nn.MaxPool2d)

    def forward(self, images: Float[Tensor, "b 3 64 64"]) -> list[tuple[Tensor, Tensor]]:
        """Return the maps of (ReLU, tanh) for the three stages of the regression."""
        return list(zip(self.relu(images), self.tanh(images), strict=True))


class StagewiseNetwork(PoseNetwork):
    """What follows from outputs in degrees."""

    size = (64, 64)

    def rotation(self, outputs: Float[Tensor, "b 3"]) -> Float[Tensor, "b 3 3"]:
        """Return `cam_from_head` of [pitch, yaw, roll] in degrees."""
        return rotation_from_pitch_yaw_roll(outputs * (math.pi / 180))

    def loss(self, outputs: Float[Tensor, "b 3"], rotation: Float[Tensor, "b 3 3"]) -> Float[Tensor, ""]:
        """Return the mean absolute error of the angles, degrees: FSA-Net's loss."""
        return functional.l1_loss(outputs, torch.rad2deg(pitch_yaw_roll_upright(rotation)))
