"""What light does before it meets the lens: a gradient, reflections on glasses, spots, and the light of a screen.

Gradient, bar and spots work on stored levels, as they did when the published networks were trained; a screen's light is
added in linear light.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from adapt.augment.dice import Dice

SPOTS = 3


def draw_gradient(dice: Dice, strength: float) -> Float[Tensor, "b 2"]:
    """Draw logarithms of the light's ratio per half picture, along x and y."""
    return strength / 2 * dice.signed(2) * dice.sometimes(1)


def draw_spots(dice: Dice, heights: Float[Tensor, "b spots 1"]) -> Float[Tensor, "b spots 4"]:
    """Draw per spot x, y (-1 to 1 across the picture) and radius (1 = half the picture's width), before its height."""
    return torch.cat([dice.signed(SPOTS, 2), 0.02 + 0.15 * dice.even(SPOTS, 1) ** 2, heights], dim=-1)


def draw_glare(dice: Dice, strength: float) -> Float[Tensor, "b 5"]:
    """Draw x, y of a point on the bar, its direction (rad), half width (1 = half the picture's width), height."""
    return torch.cat(
        [
            *(dice.signed(2), torch.pi * dice.even(1), 0.02 + 0.25 * dice.even(1)),
            strength * dice.even(1) * dice.sometimes(1),
        ],
        dim=-1,
    )


def draw_screen(dice: Dice, strength: float) -> Float[Tensor, "b 5"]:
    """Draw a screen's light over all other, its colour (mean 1) and where it comes from: below, or the sides."""
    amount = strength * dice.even(1) * dice.sometimes(1)
    colour = 0.4 + dice.even(3)
    return torch.cat([amount, colour / colour.mean(1, keepdim=True), torch.pi * dice.even(1)], dim=-1)


def lit(
    images: Float[Tensor, "b c h w"],
    gradient: Float[Tensor, "b 2"],
    glare: Float[Tensor, "b 5"],
    spots: Float[Tensor, "b spots 4"],
) -> Float[Tensor, "b c h w"]:
    """Multiply by the gradient, then lay the bar and the spots over the pictures."""
    height, width = images.shape[-2:]
    x = torch.linspace(-1, 1, width, device=images.device)
    y = torch.linspace(-1, 1, height, device=images.device)
    # exp of a sum is a product of a row and a column: cheap.
    rows = torch.exp(gradient[:, 1, None] * y)[:, None, :, None]
    columns = torch.exp(gradient[:, 0, None] * x)[:, None, None, :]
    images = images * (rows * columns)
    aspect = height / width
    # Most pictures have neither a bar nor a spot: only those that do are worked on.
    if len(chosen := torch.nonzero(glare[:, 4]).squeeze(1)):
        x0, y0, direction, half_width, amount = glare[chosen, :, None, None, None].unbind(1)
        across = (x - x0) * direction.sin() - (y[:, None] - y0) * aspect * direction.cos()
        images[chosen] += amount * torch.exp(-(across / half_width).square().square()) * (1 - images[chosen])
    if len(chosen := torch.nonzero(spots[..., 3].any(1)).squeeze(1)):
        centre_x, centre_y, radius, amount = (part[..., None] for part in spots[chosen].unbind(-1))
        down = torch.exp(-(((y - centre_y) * aspect / radius) ** 2))  # (chosen, spots, h)
        right = amount * torch.exp(-(((x - centre_x) / radius) ** 2))  # (chosen, spots, w)
        images[chosen] += torch.einsum("bsh,bsw->bhw", down, right)[:, None]
    return images.clamp_(min=0)


def screen_light(screen: Float[Tensor, "b 5"], channels: int, height: int, width: int) -> Float[Tensor, "b c h w"]:
    """Return what linear light is multiplied by where a screen shines as well, from one side more than the other."""
    x = torch.linspace(-1, 1, width, device=screen.device)
    y = torch.linspace(-1, 1, height, device=screen.device)[:, None]
    amount, direction = screen[:, 0, None, None], screen[:, 4, None, None]
    near = (0.5 + 0.5 * (direction.cos() * x + direction.sin() * y)).clamp(0, 1)
    colour = screen[:, 1:4] if channels == 3 else screen.new_ones(len(screen), 1)
    return 1 + colour[:, :, None, None] * (amount * near)[:, None]
