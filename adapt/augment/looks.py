"""How photographs of faces look beside what the light and the lens did: colours, frames, and what is in the way.

Photographs of the usual sets come from everywhere: with other colours and contrasts, some cut out so near the edge of
their picture that black fills the rest, some with a hand, a microphone or a word printed before the face.  None of
these changes moves the head, so no label moves either.  Drawn first, then applied (changes.py); a look whose amount is
neutral leaves its picture alone.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from adapt.augment.levels import luma
from adapt.augment.strengths import Strengths

FRAME_DEPTH = 0.3
"""Of the picture's side: how far a frame reaches in, at most."""
BLACK_FRAMES = 0.7
"""Part of the frames that are black; the others have any grey."""
HOLE_SIDES = (0.1, 0.45)
"""Of the picture's side: what is in the way, from the smallest to the largest."""


@dataclass(frozen=True)
class Looks:
    """Amounts for a batch of square pictures; edges are left, top, right, bottom over the picture's side, 0 to 1.

    Attributes:
        saturation: Factor of the distance from the luma.
        tint: Factor of each channel.
        contrast: Factor of the distance from the picture's mean.
        inside: Edges of what a frame leaves; 0, 0, 1, 1 is no frame.
        frame: Grey of the frame.
        hole: Edges of what is in the way; all 0 is nothing.
        colour: Its colour.
    """

    saturation: Float[Tensor, " b"]
    tint: Float[Tensor, "b 3"]
    contrast: Float[Tensor, " b"]
    inside: Float[Tensor, "b 4"]
    frame: Float[Tensor, " b"]
    hole: Float[Tensor, "b 4"]
    colour: Float[Tensor, "b 3"]


def draw_looks(generator: torch.Generator, strengths: Strengths, batch: int) -> Looks:
    """Draw the looks of a batch on the generator's device."""
    s = strengths

    def even(*shape: int) -> Tensor:
        return torch.rand(batch, *shape, generator=generator, device=generator.device)

    def factor(amount: float, *shape: int) -> Tensor:
        kept = (even(*[1] * len(shape)) < s.probability).float()
        return torch.exp(amount * (2 * even(*shape) - 1) * kept)

    reach = FRAME_DEPTH * even(4) * (even(4) < 0.5) * (even(1) < s.frame)
    low, high = HOLE_SIDES
    sides = (low + (high - low) * even(2)) * (even(1) < s.erase)
    corner = even(2) * (1 - sides) * (sides > 0)
    return Looks(
        saturation=factor(s.saturation),
        tint=factor(s.tint, 3),
        contrast=factor(s.contrast),
        inside=torch.cat([reach[:, :2], 1 - reach[:, 2:]], dim=1),
        frame=even() * (even() >= BLACK_FRAMES),
        hole=torch.cat([corner, corner + sides], dim=1),
        colour=even(3),
    )


def colours(images: Float[Tensor, "b 3 h w"], looks: Looks) -> Float[Tensor, "b 3 h w"]:
    """Return the pictures with other colours and contrasts; below black is black."""
    amounts = torch.cat([looks.saturation[:, None], looks.tint, looks.contrast[:, None]], dim=1)
    if len(chosen := torch.nonzero((amounts != 1).any(1)).squeeze(1)) == 0:
        return images
    some = images[chosen]
    some = torch.lerp(luma(some), some, looks.saturation[chosen, None, None, None])
    some *= looks.tint[chosen, :, None, None]
    mean = some.mean((1, 2, 3), keepdim=True)
    changed = images.clone()
    changed[chosen] = torch.lerp(mean, some, looks.contrast[chosen, None, None, None]).clamp_(min=0)
    return changed


def covered(images: Float[Tensor, "b 3 h w"], looks: Looks) -> Float[Tensor, "b 3 h w"]:
    """Return the pictures with what is in the way, and then with their frames."""
    framed = (looks.inside != looks.inside.new_tensor([0.0, 0.0, 1.0, 1.0])).any(1)
    if len(chosen := torch.nonzero(looks.hole.any(1) | framed).squeeze(1)) == 0:
        return images
    some = images[chosen]
    some = torch.where(_within(looks.hole[chosen], some), looks.colour[chosen, :, None, None], some)
    changed = images.clone()
    changed[chosen] = torch.where(_within(looks.inside[chosen], some), some, looks.frame[chosen, None, None, None])
    return changed


def behind(points_px: Float[Tensor, "b n 2"], looks: Looks, width: int, height: int) -> Bool[Tensor, "b n"]:
    """Say which points lie behind what is in the way, or outside of what a frame leaves."""
    x, y = (points_px / points_px.new_tensor([width, height])).unbind(-1)
    return _between(looks.hole, x, y) | ~_between(looks.inside, x, y)


def _between(edges: Float[Tensor, "b 4"], x: Float[Tensor, "*b n"], y: Float[Tensor, "*b n"]) -> Bool[Tensor, "b n"]:
    """Say which places, over the picture's sides, lie between the edges."""
    left, top, right, bottom = edges[:, :, None].unbind(1)
    return (x >= left) & (x < right) & (y >= top) & (y < bottom)


def _within(edges: Float[Tensor, "b 4"], images: Float[Tensor, "b 3 h w"]) -> Bool[Tensor, "b 1 h w"]:
    """Say which pixels have their centres between the edges."""
    height, width = images.shape[-2:]
    x = (torch.arange(width, device=images.device) + 0.5) / width
    y = (torch.arange(height, device=images.device) + 0.5) / height
    left, top, right, bottom = edges[:, :, None].unbind(1)
    across, down = (x >= left) & (x < right), (y >= top) & (y < bottom)
    return (down[:, :, None] & across[:, None, :])[:, None]
