"""What a lens does: blur, motion and the sharpening against them; a disc out of focus, dark corners, coloured edges.

Blur and motion work on stored levels, as they did when the published networks were trained.  A disc and the corners'
shade are made in linear light, where a bright point becomes the bright disc that it is.  A lens that bends moves points
and is a motion (adapt/motion/bend.py).
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from kornia.geometry.transform import warp_affine
from torch import Tensor
from torch.nn import functional

MARGIN_PX = 6
"""Of repeated edge around a picture that is filtered."""
LIKED = 8
"""Pictures of a multiple of so many pixels are transformed fast."""
HALO_PX = 1.0
"""Standard deviation of the blur that an unsharp mask takes away: cameras' is about a pixel."""

Frequencies = Float[Tensor, "..."]
"""Cycles a pixel."""


def blurred(
    images: Float[Tensor, "b c h w"], blur: Float[Tensor, "b 3"], sharpening: Float[Tensor, " b"]
) -> Float[Tensor, "b c h w"]:
    """Blur by a Gaussian that is wider along the direction of motion, then sharpen the edges as cameras do.

    Both are products with a spectrum: of variances s and s + m along the motion, exp(-2 pi^2 (s f^2 + m f_along^2)); an
    unsharp mask adds a (1 - H), H being the spectrum of its own blur.

    Args:
        images: Levels.
        blur: Standard deviations (px) along and across a direction (rad).
        sharpening: Part of what a blur takes away that is added; 0 keeps the picture.
    """
    chosen = torch.nonzero((blur[:, :2] > 0).any(1) | (sharpening > 0)).squeeze(1)
    if len(chosen) == 0:
        return images
    along, both, direction = (part[:, None, None] for part in blur[chosen].unbind(-1))

    def passed(right: Frequencies, down: Frequencies) -> Frequencies:
        square = down**2 + right**2
        towards = direction.cos() * right + direction.sin() * down
        through = torch.exp(-2 * math.pi**2 * (both**2 * square + along**2 * towards**2))
        halo = 1 - torch.exp(-2 * math.pi**2 * HALO_PX**2 * square)
        return through * (1 + sharpening[chosen, None, None] * halo)

    changed = images.clone()
    changed[chosen] = filtered(images[chosen], passed)
    return changed


def defocused(light: Float[Tensor, "b c h w"], radius_px: Float[Tensor, " b"]) -> Float[Tensor, "b c h w"]:
    """Return linear light of which every point became an even disc: a product with 2 J1(t) / t, t = 2 pi r |f|."""
    radius = radius_px[:, None, None]

    def passed(right: Frequencies, down: Frequencies) -> Frequencies:
        t = 2 * math.pi * radius * (right**2 + down**2).sqrt()
        return torch.where(t > 1e-3, 2 * torch.special.bessel_j1(t) / t.clamp(min=1e-3), 1.0)

    return filtered(light, passed)


def filtered(
    images: Float[Tensor, "b c h w"], passed: Callable[[Frequencies, Frequencies], Frequencies]
) -> Float[Tensor, "b c h w"]:
    """Return the pictures with their spectrum multiplied by `passed(right, down)`; nothing gets below 0."""
    height, width = images.shape[-2:]
    more = (-(height + 2 * MARGIN_PX) % LIKED, -(width + 2 * MARGIN_PX) % LIKED)
    margins = (MARGIN_PX, MARGIN_PX + more[1], MARGIN_PX, MARGIN_PX + more[0])
    padded = functional.pad(images, margins, mode="replicate")
    inner = (..., slice(MARGIN_PX, MARGIN_PX + height), slice(MARGIN_PX, MARGIN_PX + width))
    height, width = padded.shape[-2:]
    down = torch.fft.fftfreq(height, device=images.device)[:, None]
    right = torch.fft.rfftfreq(width, device=images.device)
    seen = torch.fft.irfft2(torch.fft.rfft2(padded) * passed(right, down)[:, None], s=(height, width))
    return seen[inner].clamp(min=0)


def corner_shade(lost: Float[Tensor, " b"], height: int, width: int) -> Float[Tensor, "b 1 h w"]:
    """Return what linear light is multiplied by: cos^4 of the angle from the axis, exp(-lost) in the corners."""
    x = torch.linspace(-1, 1, width, device=lost.device) * width
    y = torch.linspace(-1, 1, height, device=lost.device) * height
    square = (x**2 + y[:, None] ** 2) / (width**2 + height**2)
    # cos^4 = 1 / (1 + tan^2)^2, and tan^2 grows with the square of the distance.
    tangent = torch.exp(lost / 2) - 1
    return (1 / (1 + tangent[:, None, None] * square) ** 2)[:, None]


def fringed(images: Float[Tensor, "b 3 h w"], corner_px: Float[Tensor, " b"]) -> Float[Tensor, "b 3 h w"]:
    """Return pictures whose red is larger than their green and whose blue is smaller, by so many px in the corners."""
    chosen = torch.nonzero(corner_px).squeeze(1)
    if len(chosen) == 0:
        return images
    height, width = images.shape[-2:]
    grow = corner_px[chosen] / (0.5 * math.hypot(height, width))
    x, y = (width - 1) / 2, (height - 1) / 2  # kornia's pixels have their centres at integers
    changed = images.clone()
    for channel, scale in ((0, 1 + grow), (2, 1 - grow)):
        zero = torch.zeros_like(scale)
        rows = [torch.stack([scale, zero, x - scale * x], -1), torch.stack([zero, scale, y - scale * y], -1)]
        plane = images[chosen, channel : channel + 1]
        changed[chosen, channel : channel + 1] = warp_affine(
            plane, torch.stack(rows, 1), (height, width), padding_mode="border", align_corners=True
        )
    return changed
