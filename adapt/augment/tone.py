"""What a camera makes of its sensor's picture: its own white, its contrast, and perhaps a local equalisation.

White is balanced in linear light.  Contrast and equalisation are curves over stored levels, as in cameras.
"""

import torch
from jaxtyping import Float
from kornia.enhance import equalize_clahe
from torch import Tensor

from adapt.augment.dice import Dice
from adapt.augment.levels import levels_of, light_of, luma

WHITE_K = 6500.0
PRIMARIES_M = (610e-9, 550e-9, 465e-9)
"""Where the primaries of sRGB have their peaks."""
SECOND_RADIATION_M_K = 0.014387769
TILES = 4
"""Of the local equalisation, along either side."""
CLIP = 3.0
"""Of a tile's histogram, over an even one."""


def draw_white(dice: Dice, mired: float) -> Float[Tensor, "b 3"]:
    """Draw factors of linear red, green and blue, mean 1: a black body's that is so many mired off 6500 K."""
    kelvin = 1e6 / (1e6 / WHITE_K + mired * dice.signed() * dice.sometimes())
    return planckian(kelvin)


def planckian(kelvin: Float[Tensor, " b"]) -> Float[Tensor, "b 3"]:
    """Return linear RGB of black bodies against one of 6500 K, mean 1; Planck's law at the primaries' peaks.

    As the lamps of the pictures are coloured (synth/draw/light.py).
    """
    reach = SECOND_RADIATION_M_K / torch.tensor(PRIMARIES_M, dtype=torch.float64, device=kelvin.device)
    rgb = torch.expm1(reach / WHITE_K) / torch.expm1(reach / kelvin.double()[:, None])
    return (rgb / rgb.mean(1, keepdim=True)).float()


def balanced(images: Float[Tensor, "b 3 h w"], white: Float[Tensor, "b 3"]) -> Float[Tensor, "b 3 h w"]:
    """Return pictures whose white is another; what exceeds white is clipped."""
    chosen = torch.nonzero((white != 1).any(1)).squeeze(1)
    if len(chosen) == 0:
        return images
    changed = images.clone()
    changed[chosen] = levels_of(light_of(images[chosen]) * white[chosen, :, None, None]).clamp(0, 1)
    return changed


def contrasted(images: Float[Tensor, "b c h w"], factor: Float[Tensor, " b"]) -> Float[Tensor, "b c h w"]:
    """Return pictures with their distances from the picture's mean multiplied, clipped at black and white."""
    chosen = torch.nonzero(factor != 1).squeeze(1)
    if len(chosen) == 0:
        return images
    changed, some = images.clone(), images[chosen]
    mean = some.mean((1, 2, 3), keepdim=True)
    changed[chosen] = torch.lerp(mean, some, factor[chosen, None, None, None]).clamp(0, 1)
    return changed


def equalised(images: Float[Tensor, "b c h w"], share: Float[Tensor, " b"]) -> Float[Tensor, "b c h w"]:
    """Return pictures with a share of kornia's CLAHE in them; of colours the luma is equalised, and all go along."""
    chosen = torch.nonzero(share).squeeze(1)
    if len(chosen) == 0:
        return images
    some = images[chosen]
    grey = luma(some) if some.shape[1] == 3 else some
    local = equalize_clahe(grey.clamp(0, 1), CLIP, (TILES, TILES))
    changed = images.clone()
    changed[chosen] = (some + share[chosen, None, None, None] * (local - grey)).clamp(0, 1)
    return changed
