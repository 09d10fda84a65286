"""Anchors: the boxes that a detector's outputs are told against, one or several at every cell of its maps.

Faces are about as wide as high, so every anchor is a square.  Cells go row by row, the sizes within a cell; maps one
after the other: the order in which `dense.flat` lays out a head's channels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Level:
    """The anchors of one map.

    Attributes:
        stride: Px between two cells.
        sides_px: Of the squares of a cell.
    """

    stride: int
    sides_px: tuple[float, ...]


def anchors(
    shapes: Sequence[tuple[int, int]], levels: Sequence[Level], device: torch.device | str = "cpu"
) -> Float[Tensor, "a 4"]:
    """Return the anchors of maps: middle x, y and width, height in px.

    Args:
        shapes: Rows and columns of each map.
        levels: One a map.
        device: Where to.
    """
    parts = []
    for (rows, columns), level in zip(shapes, levels, strict=True):
        # A cell's middle is half a stride from its corner.
        y = (torch.arange(rows, device=device) + 0.5) * level.stride
        x = (torch.arange(columns, device=device) + 0.5) * level.stride
        middle = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1).reshape(-1, 1, 2)
        sides = torch.tensor(level.sides_px, dtype=middle.dtype, device=device)[:, None].expand(-1, 2)
        shape = (len(middle), len(sides), 2)
        parts.append(torch.cat([middle.expand(shape), sides.expand(shape)], dim=-1).reshape(-1, 4))
    return torch.cat(parts)
