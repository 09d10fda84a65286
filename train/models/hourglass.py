"""Stacked hourglasses (Newell, Yang, Deng 2016): a picture to heatmaps, again and again, each looking at the last.

Blocks and order are those of GazeML, the code of ELG's authors (swook/GazeML, src/models/elg.py): pre-activated
bottlenecks of half the channels, one a place, four scales, pooling by maximum, enlarged bilinearly.  Odd sides are
halved upwards.  Between hourglasses Newell's sum is taken whole, with a 1x1 convolution of the features besides that of
the heatmaps, which GazeML computes and then leaves out.
"""

from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from synth.errors import ConfigError

SCALES = 4


def activated(channels: int) -> nn.Sequential:
    """Return batch normalisation and a rectifier."""
    return nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU())


class Residual(nn.Module):
    """(B, i, h, w) -> (B, o, h, w): three convolutions, 1x1, 3x3, 1x1, beside a straight way."""

    def __init__(self, inputs: int, outputs: int) -> None:
        """Build the layers."""
        super().__init__()
        half = outputs // 2
        self.bottleneck = nn.Sequential(
            activated(inputs),
            nn.Conv2d(inputs, half, 1),
            activated(half),
            nn.Conv2d(half, half, 3, padding=1),
            activated(half),
            nn.Conv2d(half, outputs, 1),
        )
        self.skip = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Float[Tensor, "b i h w"]) -> Float[Tensor, "b o h w"]:
        """Return the sum of both ways."""
        straight: Tensor = self.skip(x)
        return self.bottleneck(x) + straight


class Hourglass(nn.Module):
    """(B, c, h, w) -> (B, c, h, w): down by halves `scales` times and up again, adding what each size had."""

    def __init__(self, channels: int, scales: int) -> None:
        """Build the layers, the smaller hourglass inside included."""
        super().__init__()
        self.beside = Residual(channels, channels)
        self.down = Residual(channels, channels)
        self.inside: nn.Module = Hourglass(channels, scales - 1) if scales > 1 else Residual(channels, channels)
        self.up = Residual(channels, channels)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Return features that have seen the whole picture."""
        small = self.up(self.inside(self.down(functional.max_pool2d(x, 2, ceil_mode=True))))
        return self.beside(x) + functional.interpolate(small, x.shape[-2:], mode="bilinear", align_corners=True)


class Stage(nn.Module):
    """(B, c, h, w) -> features and heatmaps (B, n, h, w): an hourglass and its reading."""

    def __init__(self, channels: int, landmarks: int) -> None:
        """Build the layers."""
        super().__init__()
        self.hourglass = Hourglass(channels, SCALES)
        self.after = nn.Sequential(Residual(channels, channels), nn.Conv2d(channels, channels, 1), *activated(channels))
        self.heatmaps = nn.Conv2d(channels, landmarks, 1)
        # Nearly nothing anywhere, which is what most pixels of a heatmap are to be.
        for weights in self.heatmaps.parameters():
            nn.init.normal_(weights, std=0.01)

    def forward(self, x: Float[Tensor, "b c h w"]) -> tuple[Float[Tensor, "b c h w"], Float[Tensor, "b n h w"]]:
        """Return the features behind the heatmaps, and these."""
        features: Tensor = self.after(self.hourglass(x))
        return features, self.heatmaps(features)


class StackedHourglass(nn.Module):
    """(B, 1, h, w) -> (B, m, n, h / 2, w / 2): the heatmaps of n landmarks by each of m hourglasses."""

    def __init__(self, landmarks: int, modules: int, channels: int, colours: int = 1, halvings: int = 1) -> None:
        """Build the layers.

        Args:
            landmarks: Heatmaps of each hourglass.
            modules: Hourglasses.
            channels: Of their features.
            colours: Channels of the pictures.
            halvings: How often a heatmap's sides are halves of a picture's: once, or twice as Newell has it.

        Raises:
            ConfigError: There is no hourglass, or a channel cannot be halved.
        """
        super().__init__()
        if modules < 1 or channels < 2:
            raise ConfigError(f"model.modules={modules}, model.channels={channels}: at least 1 and 2")
        self.stem = nn.Sequential(
            nn.Conv2d(colours, channels, 7, stride=2, padding=3),
            *activated(channels),
            Residual(channels, 2 * channels),
            *(nn.MaxPool2d(2) for _ in range(halvings - 1)),
            Residual(2 * channels, channels),
        )
        self.stages = nn.ModuleList(Stage(channels, landmarks) for _ in range(modules))
        self.from_features = nn.ModuleList(nn.Conv2d(channels, channels, 1) for _ in range(modules - 1))
        self.from_heatmaps = nn.ModuleList(nn.Conv2d(landmarks, channels, 1) for _ in range(modules - 1))

    def forward(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b m n h2 w2"]:
        """Return all heatmaps, the last hourglass' last."""
        x: Tensor = self.stem(images)
        told: list[Tensor] = []
        for place, stage in enumerate(self.stages):
            features, heatmaps = cast(tuple[Tensor, Tensor], stage(x))
            told.append(heatmaps)
            if place < len(self.from_features):
                x = x + self.from_features[place](features) + self.from_heatmaps[place](heatmaps)
        # In single precision, whatever the layers': who reads places off them multiplies and sums hundreds of pixels.
        return torch.stack(told, dim=1).float()
