"""Bars across a picture: hair before an eye, rims of glasses, fingers; what they cover of points is told, too.

A bar has a middle line, bent a little, even sides and an edge of a pixel.  Lengths are parts of half the picture's
width, as those of light.py.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from adapt.augment.dice import Dice

BARS = 2
NARROWEST, WIDEST = 0.008, 0.12
"""Half widths: a hair of half a pixel of 60, a finger."""
BENDING = 0.4
"""How far a bar is bent away from its tangent at half a picture's width, at most."""


def draw_bars(dice: Dice, probability: float) -> Float[Tensor, "b bars 8"]:
    """Draw per bar x, y of a point, its direction (rad), half width (0 is none), bend, and linear-looking RGB levels.

    Bars are mostly dark, and nearly grey.
    """
    there = (dice.even(BARS, 1) < probability).float()
    half = NARROWEST * (WIDEST / NARROWEST) ** dice.even(BARS, 1)
    shape = [dice.signed(BARS, 2), torch.pi * dice.even(BARS, 1), there * half, BENDING * dice.signed(BARS, 1)]
    level = dice.even(BARS, 1) ** 2
    return torch.cat([*shape, (level * (0.8 + 0.4 * dice.even(BARS, 3))).clamp(max=1)], dim=-1)


def crossed(images: Float[Tensor, "b c h w"], bars: Float[Tensor, "b bars 8"]) -> Float[Tensor, "b c h w"]:
    """Return the pictures with their bars before them, the last one nearest."""
    chosen = torch.nonzero(bars[..., 3].any(1)).squeeze(1)
    if len(chosen) == 0:
        return images
    channels, height, width = images.shape[1:]
    x = (torch.arange(width, device=images.device) + 0.5) * 2 / width - 1
    y = ((torch.arange(height, device=images.device) + 0.5) * 2 - height) / width
    some = images[chosen]
    for bar in bars[chosen].unbind(1):
        colour = bar[:, 5:] if channels == 3 else bar[:, 5:].mean(1, keepdim=True)
        share = _share(bar[:, :, None, None], x, y[:, None], height / width, 2 / width)
        some = torch.lerp(some, colour[:, :, None, None], share[:, None])
    changed = images.clone()
    changed[chosen] = some
    return changed


def hidden(
    points_px: Float[Tensor, "b n 2"], bars: Float[Tensor, "b bars 8"], width: int, height: int
) -> Bool[Tensor, "b n"]:
    """Say which points bars cover by more than half."""
    x, y = points_px[..., 0] * 2 / width - 1, (points_px[..., 1] * 2 - height) / width
    shares = [_share(bar[:, :, None], x, y, height / width, 2 / width) for bar in bars.unbind(1)]
    return torch.stack(shares).amax(0) > 0.5


def _share(bar: Tensor, x: Tensor, y: Tensor, aspect: float, edge: float) -> Tensor:
    """Return how much of places a bar covers, 0 to 1; `edge` is a pixel, y runs to +-aspect."""
    x0, y0, direction, half, bend = bar[:, :5].unbind(1)
    right, down = x - x0, y - y0 * aspect
    along = direction.cos() * right + direction.sin() * down
    across = direction.cos() * down - direction.sin() * right - bend * along**2
    # The distance to a bent line is its offset over its slope's length, near the line.
    away = across.abs() / (1 + (2 * bend * along) ** 2).sqrt()
    return ((half - away) / edge + 0.5).clamp(0, 1) * (half > 0)
