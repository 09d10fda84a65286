"""Pieces of feature maps under boxes, each as a grid of one size: RoIAlign, exactly, for several maps at once.

He, Gkioxari, Dollar, Girshick, "Mask R-CNN" (ICCV 2017), section 3: no place is rounded; each cell of the grid is the
mean of samples x samples bilinear looks, evenly spread in it.  A map's pixel (i, j) lies at ((j + 0.5) s, (i + 0.5) s)
px, s being its stride ("aligned"); beyond its edge a map repeats it.  Of several maps a box looks at one (Lin 2017,
"Feature pyramid networks", eq. 1):

    level k = floor(4 + log2(sqrt(w h) / 224)),  stride 2^k, as near as there is one

A cell is a sum of four weighted pixels for each look, which torch's embedding bags add up without a copy of them.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

CANONICAL_PX, CANONICAL_LEVEL = 224.0, 4


def roi_align(
    maps: Sequence[Float[Tensor, "b c _ _"]],
    strides: Sequence[int],
    boxes: Float[Tensor, "b r 4"],
    size: int,
    samples: int = 2,
) -> Float[Tensor, "b r c size size"]:
    """Return the pieces, float32.

    Args:
        maps: Fine to coarse.
        strides: Px of a pixel of each, powers of two.
        boxes: Left, top, right, bottom, px; no gradient goes to them.
        size: Rows and columns of a piece.
        samples: Looks across and down a cell.
    """
    boxes = boxes.detach().float()
    level = levels_of(boxes, strides)
    counts = [one.shape[-2] * one.shape[-1] for one in maps]
    starts = boxes.new_tensor([sum(counts[:i]) for i in range(len(maps))], dtype=torch.long)
    per_level = [[one.shape[-1], one.shape[-2], stride] for one, stride in zip(maps, strides, strict=True)]
    shape = boxes.new_tensor(per_level, dtype=torch.long)[level]  # (b, r, 3): width, height, stride
    rows = torch.arange(boxes.shape[0], device=boxes.device)[:, None] * sum(counts) + starts[level]
    x0, x1, wx = _looks(boxes[..., 0], boxes[..., 2], shape[..., 0], shape[..., 2], size, samples)
    y0, y1, wy = _looks(boxes[..., 1], boxes[..., 3], shape[..., 1], shape[..., 2], size, samples)
    # (b, r, down, across) of every look, four pixels each.
    base, width = rows[..., None, None], shape[..., 0, None, None]
    up, down, left, right = y0[..., :, None], y1[..., :, None], x0[..., None, :], x1[..., None, :]
    places = torch.stack([base + y * width + x for y in (up, down) for x in (left, right)], dim=-1)
    v, u = wy[..., :, None], wx[..., None, :]
    weights = torch.stack([a * b for a in (1 - v, v) for b in (1 - u, u)], dim=-1) / samples**2
    table = torch.cat([one.float().flatten(2).mT for one in maps], dim=1).flatten(0, 1)
    cells = functional.embedding_bag(
        _by_cell(places, size, samples), table, per_sample_weights=_by_cell(weights, size, samples), mode="sum"
    )
    b, r = boxes.shape[:2]
    return cells.reshape(b, r, size, size, -1).permute(0, 1, 4, 2, 3)


def levels_of(boxes: Float[Tensor, "b r 4"], strides: Sequence[int]) -> Int[Tensor, "b r"]:
    """Return which map each box looks at."""
    side = (boxes[..., 2:] - boxes[..., :2]).clamp(min=1e-6).prod(-1).sqrt()
    level = torch.floor(CANONICAL_LEVEL + torch.log2(side / CANONICAL_PX) + 1e-6).long()
    first = strides[0].bit_length() - 1
    return (level - first).clamp(0, len(strides) - 1)


def _looks(
    low: Float[Tensor, "b r"],
    high: Float[Tensor, "b r"],
    length: Int[Tensor, "b r"],
    stride: Int[Tensor, "b r"],
    size: int,
    samples: int,
) -> tuple[Int[Tensor, "b r n"], Int[Tensor, "b r n"], Float[Tensor, "b r n"]]:
    """Return, of the looks along one axis, the pixel before and after each and the weight of the one after."""
    steps = (torch.arange(size * samples, device=low.device) + 0.5) / (size * samples)
    at = (low[..., None] + steps * (high - low)[..., None]) / stride[..., None] - 0.5
    last = (length - 1)[..., None]
    at = torch.minimum(at.clamp(min=0), last.to(at.dtype))
    before = torch.minimum(at.floor().long(), (last - 1).clamp(min=0))
    after = torch.minimum(before + 1, last)
    return before, after, at - before


def _by_cell(values: Tensor, size: int, samples: int) -> Tensor:
    """Return what is told of looks, (b, r, size samples, size samples, 4), as a row a cell."""
    b, r = values.shape[:2]
    split = values.reshape(b, r, size, samples, size, samples, 4)
    return split.permute(0, 1, 2, 4, 3, 5, 6).reshape(b * r * size * size, samples * samples * 4)
