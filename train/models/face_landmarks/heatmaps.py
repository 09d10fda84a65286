"""What heatmap networks of a face share: how a place is read off a heatmap, and how heatmaps are learnt.

    mse, adaptive_wing   heatmaps are Gaussians of height 1 about the landmarks; the place is the highest pixel's
                         centre, moved by a quarter of a pixel towards its higher neighbour in x and in y, as HRNet's
                         and the hourglass' published decoders do
    integral             the place is the mean under the heatmap's softmax, and what is learnt is the place (Sun, Xiao,
                         Wei, Liang, Wei, "Integral human pose regression", ECCV 2018, equation 3): nothing is rounded
                         to pixels, so that smaller heatmaps do

A heatmap's pixels: see the package.  The published decoders add half a pixel likewise.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from train.models.eye.heatmaps import centres_px, gaussians, heatmap_loss
from train.models.face_landmarks.wing import adaptive_wing_loss

Learning = Literal["mse", "adaptive_wing", "integral"]


def places(heatmaps: Float[Tensor, "b m n h w"], learning: Learning, size: tuple[int, int]) -> Float[Tensor, "b m n 2"]:
    """Return the places, px of a picture of this size, that heatmaps of each stage tell."""
    return expected(heatmaps, size) if learning == "integral" else quarter_offset(heatmaps, size)


def expected(heatmaps: Float[Tensor, "*b h w"], size: tuple[int, int]) -> Float[Tensor, "*b 2"]:
    """Return the mean place under softmax(heatmap)."""
    rows, columns = heatmaps.shape[-2:]
    weights = torch.softmax(heatmaps.flatten(-2), dim=-1).reshape(heatmaps.shape)
    x = (weights.sum(-2) * centres_px(columns, size[1], heatmaps)).sum(-1)
    y = (weights.sum(-1) * centres_px(rows, size[0], heatmaps)).sum(-1)
    return torch.stack([x, y], dim=-1)


def quarter_offset(heatmaps: Float[Tensor, "*b h w"], size: tuple[int, int]) -> Float[Tensor, "*b 2"]:
    """Return the centre of the highest pixel, a quarter towards the higher of its neighbours; none at the border."""
    rows, columns = heatmaps.shape[-2:]
    flat = heatmaps.flatten(-2)
    best = flat.argmax(-1, keepdim=True)
    row, column = best // columns, best % columns

    def towards(place: Tensor, step: int, n: int) -> Tensor:
        inside = (place > 0) & (place < n - 1)
        after, before = (flat.gather(-1, (best + sign * step).clamp(0, rows * columns - 1)) for sign in (1, -1))
        return 0.25 * (after - before).sign() * inside

    x = (column + 0.5 + towards(column, 1, columns)) * (size[1] / columns)
    y = (row + 0.5 + towards(row, columns, rows)) * (size[0] / rows)
    return torch.cat([x, y], dim=-1)


def learning_loss(
    heatmaps: Float[Tensor, "b m n h w"],
    points_px: Float[Tensor, "b n 2"],
    learning: Learning,
    size: tuple[int, int],
    sigma: float,
) -> Float[Tensor, ""]:
    """Return the mean loss of all stages.

    Args:
        heatmaps: Of each stage.
        points_px: True landmarks.
        learning: By which of the ways.
        size: Of the picture.
        sigma: Of the Gaussians to be learnt, in pixels of the heatmaps.
    """
    if learning == "integral":
        # In percent of the picture's side.
        return 100 * (expected(heatmaps, size) - points_px[:, None]).abs().mean() / size[0]
    if learning == "mse":
        return heatmap_loss(heatmaps, points_px, size, sigma)
    rows, columns = heatmaps.shape[-2:]
    return adaptive_wing_loss(heatmaps, gaussians(points_px, size, (rows, columns), sigma))
