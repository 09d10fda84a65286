"""Heatmaps of landmarks: the ones to be learnt, the loss, and the place that one tells (soft-argmax).

Px are those of the picture; a heatmap of h' x w' pixels over a picture of h x w has the pixel (i, j)'s centre at
((j + 1/2) w / w', (i + 1/2) h / h').
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

BETA = 100.0
"""How sharply the soft-argmax looks at the highest pixels: GazeML's, written for heatmaps whose peak is 1."""


def centres_px(pixels: int, extent_px: int, like: Tensor) -> Float[Tensor, " pixels"]:
    """Return where the pixels of one axis of a heatmap lie in a picture that is `extent_px` long."""
    return (torch.arange(pixels, device=like.device, dtype=like.dtype) + 0.5) * (extent_px / pixels)


def gaussians(
    landmarks_px: Float[Tensor, "b n 2"], size: tuple[int, int], cells: tuple[int, int], sigma: float
) -> Float[Tensor, "b n h w"]:
    """Return a heatmap of each landmark: exp(-d^2 / (2 sigma^2)), d in pixels of the heatmap.

    Args:
        landmarks_px: In the picture; outside of it only a tail is left.
        size: Height and width of the picture.
        cells: Height and width of the heatmaps.
        sigma: In pixels of the heatmaps.
    """
    down, across = (
        torch.exp(-0.5 * ((centres_px(n, extent, landmarks_px) - places[..., None]) * (n / extent) / sigma) ** 2)
        for n, extent, places in zip(cells, size, landmarks_px.flip(-1).unbind(-1), strict=True)
    )
    return down[..., :, None] * across[..., None, :]


def soft_argmax(heatmaps: Float[Tensor, "b n h w"], size: tuple[int, int]) -> Float[Tensor, "b n 2"]:
    """Return the mean place, px of a picture of this height and width, under softmax(beta x heatmap)."""
    rows, columns = heatmaps.shape[-2:]
    weights = torch.softmax(BETA * heatmaps.flatten(-2), dim=-1).reshape(heatmaps.shape)
    x = (weights.sum(-2) * centres_px(columns, size[1], heatmaps)).sum(-1)
    y = (weights.sum(-1) * centres_px(rows, size[0], heatmaps)).sum(-1)
    return torch.stack([x, y], dim=-1)


def heatmap_loss(
    heatmaps: Float[Tensor, "b m n h w"], landmarks_px: Float[Tensor, "b n 2"], size: tuple[int, int], sigma: float
) -> Float[Tensor, ""]:
    """Return the mean squared difference to the wanted heatmaps, over all hourglasses alike."""
    rows, columns = heatmaps.shape[-2:]
    wanted = gaussians(landmarks_px, size, (rows, columns), sigma)
    return functional.mse_loss(heatmaps, wanted[:, None].expand_as(heatmaps))
