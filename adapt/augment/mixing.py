"""Domain mixing: a rendered picture takes over some of the look of a real one, of which no label is asked.

    levels       its histogram: every level is replaced by the real one's of the same rank, channel by channel
    spectrum     its amplitudes at low frequencies, with its own phases (FDA; Yang and Soatto, CVPR 2020, equation 4)
    statistics   its mean and deviation, channel by channel (AdaIN, Huang and Belongie, ICCV 2017, on levels)

Where a set is histogram-equalised, as eyes are before the network, levels and statistics are undone again, both being
monotone; the spectrum stays.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from adapt.augment.dice import Dice
from adapt.rows import Rows

KEPT, LEVELS, SPECTRUM, STATISTICS = range(4)
LOW = 0.06
"""Frequencies up to this part of the picture's smaller side count as low."""
DARK = 1e-4
"""A deviation below which a channel is of one level."""


@dataclass(frozen=True)
class Mixing(Rows):
    """What is taken over, one a picture.

    Attributes:
        real: Pictures in [0, 1] of the size of those that are changed.
        what: 0 nothing, 1 levels, 2 spectrum, 3 statistics.
        share: Of the real picture in the result.
    """

    real: Float[Tensor, "b c h w"]
    what: Int[Tensor, " b"]
    share: Float[Tensor, " b"]


def draw_mixing(dice: Dice, probability: float, bank: Float[Tensor, "n c h w"]) -> Mixing:
    """Draw who is mixed with which picture of a bank, in which way and how much."""
    chosen = dice.even() < probability
    which, way = (dice.even() * len(bank)).long(), 1 + (dice.even() * STATISTICS).long()
    return Mixing(bank[which.clamp(max=len(bank) - 1)], torch.where(chosen, way, KEPT), dice.even())


def mixed(images: Float[Tensor, "b c h w"], mixing: Mixing) -> Float[Tensor, "b c h w"]:
    """Return the pictures with what they take over, in [0, 1]."""
    changed = images.clone()
    for what, way in ((LEVELS, matched), (SPECTRUM, recoloured), (STATISTICS, scaled)):
        if len(rows := torch.nonzero(mixing.what == what).squeeze(1)):
            taken = way(images[rows], mixing.real[rows])
            changed[rows] = torch.lerp(images[rows], taken, mixing.share[rows, None, None, None]).clamp(0, 1)
    return changed


def matched(images: Float[Tensor, "b c h w"], real: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    """Return the pictures with the real ones' histograms, exactly: pixels keep their ranks, equal ones their order."""
    order = images.flatten(2).sort(dim=-1, stable=True).indices
    levels = real.flatten(2).sort(-1).values
    return torch.empty_like(levels).scatter_(-1, order, levels).reshape(images.shape)


def recoloured(images: Float[Tensor, "b c h w"], real: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    """Return the pictures with the real ones' amplitudes at low frequencies."""
    height, width = images.shape[-2:]
    reach = max(1, int(LOW * min(height, width)))
    own, other = torch.fft.rfft2(images), torch.fft.rfft2(real)
    down = (torch.fft.fftfreq(height, 1 / height, device=images.device).abs() <= reach)[:, None]
    low = down & (torch.arange(own.shape[-1], device=images.device) <= reach)
    return torch.fft.irfft2(torch.where(low, torch.polar(other.abs(), own.angle()), own), s=(height, width))


def scaled(images: Float[Tensor, "b c h w"], real: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    """Return the pictures with the real ones' means and deviations."""
    own_mean, other_mean = images.mean((2, 3), keepdim=True), real.mean((2, 3), keepdim=True)
    own, other = (one.std((2, 3), keepdim=True, correction=0) for one in (images, real))
    return (images - own_mean) * (other / own.clamp(min=DARK)) + other_mean
