"""Stored levels and the light they stand for: the curve of sRGB (IEC 61966-2-1), as tensors of any shape.

Levels above white, of a picture that is not clipped yet, follow the curve on.
"""

import torch
from jaxtyping import Float
from torch import Tensor

LUMA = (0.299, 0.587, 0.114)
"""ITU-R BT.601's weights of red, green and blue."""


def light_of(levels: Float[Tensor, "*b"]) -> Float[Tensor, "*b"]:
    """Return linear light, white being 1, of levels of at least 0."""
    return torch.where(levels <= 0.04045, levels / 12.92, ((levels.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4)


def levels_of(light: Float[Tensor, "*b"]) -> Float[Tensor, "*b"]:
    """Return the levels of linear light: the inverse of `light_of`."""
    return torch.where(light <= 0.0031308, light * 12.92, 1.055 * light.clamp(min=0.0031308) ** (1 / 2.4) - 0.055)


def luma(images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1 h w"]:
    """Return the pictures without colour."""
    return (images * images.new_tensor(LUMA)[:, None, None]).sum(1, keepdim=True)
