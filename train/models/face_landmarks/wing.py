"""Losses that care for small errors: Wing of coordinates, AdaptiveWing of heatmaps.

Feng, Kittler, Awais, Huber, Wu, "Wing loss for robust facial landmark localisation with convolutional neural networks"
(CVPR 2018), equation 5.  Wang, Bo, Fuxin, "Adaptive Wing loss for robust face alignment via heatmap regression" (ICCV
2019), equations 3 to 5, with its numbers.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

WIDTH, CURVATURE = 10.0, 2.0
"""Feng's w and epsilon, for coordinates in px of pictures of `WING_SIDE`."""
WING_SIDE = 64
ALPHA, OMEGA, EPSILON, THETA = 2.1, 14.0, 1.0, 0.5
"""Wang's, for heatmaps whose peak is 1."""
FOREGROUND, NEAR, WEIGHT = 0.2, 3, 10.0
"""Wang's mask: a heatmap above 0.2, widened by a 3x3 square, weighs 1 + 10."""


def wing(error: Float[Tensor, "*n"], width: float = WIDTH, curvature: float = CURVATURE) -> Float[Tensor, "*n"]:
    """Return w ln(1 + |x| / epsilon) of |x| < w, |x| - C of others; C makes it continuous (equation 5)."""
    size = error.abs()
    constant = width - width * math.log(1 + width / curvature)
    return torch.where(size < width, width * torch.log1p(size / curvature), size - constant)


def wing_loss(points_px: Float[Tensor, "b n 2"], true_px: Float[Tensor, "b n 2"], size: int) -> Float[Tensor, ""]:
    """Return the mean Wing loss of coordinates of pictures of this side."""
    return wing((points_px - true_px) * (WING_SIDE / size)).mean()


def adaptive_wing(found: Float[Tensor, "*n"], true: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    """Return the loss of each pixel: curved by alpha - y near the truth y, linear from theta on (equations 3, 4)."""
    error, power = (true - found).abs(), ALPHA - true
    ratio = THETA / EPSILON
    slope = OMEGA / (1 + ratio**power) * power * ratio ** (power - 1) / EPSILON
    constant = THETA * slope - OMEGA * torch.log1p(ratio**power)
    # The power's gradient at 0 is finite, as power is above 1; clamped, so that the branch not taken has one too.
    curved = OMEGA * torch.log1p((error.clamp(max=THETA) / EPSILON) ** power)
    return torch.where(error < THETA, curved, slope * error - constant)


def adaptive_wing_loss(found: Float[Tensor, "b m n h w"], true: Float[Tensor, "b n h w"]) -> Float[Tensor, ""]:
    """Return the mean loss of heatmaps of all stages, weighed by the mask about the landmarks (equation 5)."""
    near = functional.max_pool2d(true, NEAR, stride=1, padding=NEAR // 2) >= FOREGROUND
    weight = 1 + WEIGHT * near[:, None]
    return (weight * adaptive_wing(found, true[:, None].expand_as(found))).mean()
