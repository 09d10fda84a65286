"""Boxes x0, y0, x1, y1 (left, top, right, bottom, continuous px) as tensors, and how much of one is another."""

import torch
from jaxtyping import Float
from torch import Tensor


def area(boxes: Float[Tensor, "*b n 4"]) -> Float[Tensor, "*b n"]:
    """Return areas; 0 of a box whose right is left of its left."""
    return (boxes[..., 2:] - boxes[..., :2]).clamp(min=0).prod(-1)


def common(first: Float[Tensor, "*#b n 4"], second: Float[Tensor, "*#b m 4"]) -> Float[Tensor, "... n m"]:
    """Return the area that each box of one set shares with each of another."""
    x0, y0, x1, y1 = first[..., :, None, :].unbind(-1)
    left, top, right, bottom = second[..., None, :, :].unbind(-1)
    # One axis after the other: a last axis of two costs twice as much.
    width = (torch.minimum(x1, right) - torch.maximum(x0, left)).clamp(min=0)
    return width * (torch.minimum(y1, bottom) - torch.maximum(y0, top)).clamp(min=0)


def iou(first: Float[Tensor, "*#b n 4"], second: Float[Tensor, "*#b m 4"]) -> Float[Tensor, "... n m"]:
    """Return intersection over union of each box of one set with each of another; 0 of two empty ones."""
    shared = common(first, second)
    union = area(first)[..., :, None] + area(second)[..., None, :] - shared
    return shared / union.clamp(min=1e-9)


def covered(first: Float[Tensor, "*#b n 4"], second: Float[Tensor, "*#b m 4"]) -> Float[Tensor, "... n m"]:
    """Return what part of each box of one set each box of another covers."""
    return common(first, second) / area(first)[..., :, None].clamp(min=1e-9)


def clipped(boxes: Float[Tensor, "*b n 4"], width: float, height: float) -> Float[Tensor, "*b n 4"]:
    """Return boxes cut at the edges of a picture."""
    x, y = boxes[..., 0::2].clamp(0, width), boxes[..., 1::2].clamp(0, height)
    return torch.stack([x[..., 0], y[..., 0], x[..., 1], y[..., 1]], dim=-1)


def corners(centred: Float[Tensor, "*b n 4"]) -> Float[Tensor, "*b n 4"]:
    """Return boxes x0, y0, x1, y1 of boxes that are middle x, y and width, height."""
    middle, half = centred[..., :2], centred[..., 2:] / 2
    return torch.cat([middle - half, middle + half], dim=-1)


def centred(boxes: Float[Tensor, "*b n 4"]) -> Float[Tensor, "*b n 4"]:
    """Return boxes middle x, y and width, height of boxes x0, y0, x1, y1."""
    return torch.cat([(boxes[..., :2] + boxes[..., 2:]) / 2, boxes[..., 2:] - boxes[..., :2]], dim=-1)


def picked(values: Float[Tensor, "b n *c"], rows: Tensor) -> Float[Tensor, "b k *c"]:
    """Return rows of each picture's values; `rows` is (b, k)."""
    index = rows.reshape(*rows.shape, *[1] * (values.ndim - 2)).expand(*rows.shape, *values.shape[2:])
    return values.gather(1, index)
