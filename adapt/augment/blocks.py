"""Pictures cut into 8x8 blocks, transformed by cosines, quantised and put together again: what codecs lose.

The entropy coding loses nothing and is left out.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

BLOCK = 8

Rounding = Callable[[Tensor], Tensor]


def cosine_matrix() -> Float[Tensor, "8 8"]:
    """Return the orthonormal cosine transform (DCT-II): row k holds the samples of frequency k."""
    k, n = torch.arange(BLOCK, dtype=torch.float64)[:, None], torch.arange(BLOCK, dtype=torch.float64)
    matrix = torch.cos(math.pi * (2 * n + 1) * k / (2 * BLOCK)) * math.sqrt(2 / BLOCK)
    matrix[0] /= math.sqrt(2)
    return matrix.float()


def quantised(
    images: Float[Tensor, "b 1 h w"], steps: Float[Tensor, "b 8 8"], rounding: Rounding
) -> Float[Tensor, "b 1 h w"]:
    """Return pictures in [0, 1] whose transformed blocks are multiples of the steps (of levels up to 255), not clipped.

    Args:
        images: Of any size; the last blocks are filled up with the edge.
        steps: Of each frequency.
        rounding: Of the coefficients over their steps to whole numbers.
    """
    height, width = images.shape[-2:]
    padding = (0, -width % BLOCK, 0, -height % BLOCK)
    padded = functional.pad(images, padding, mode="replicate") * 255 - 128
    rows, columns = padded.shape[-2] // BLOCK, padded.shape[-1] // BLOCK
    blocks = padded.reshape(-1, rows, BLOCK, columns, BLOCK).transpose(2, 3)  # (B, rows, columns, 8, 8)
    transform = cosine_matrix().to(images.device)
    table = steps[:, None, None]
    levels = rounding(transform @ blocks @ transform.T / table)
    back = transform.T @ (levels * table) @ transform
    whole = back.transpose(2, 3).reshape(-1, 1, rows * BLOCK, columns * BLOCK)[..., :height, :width]
    return (whole + 128) / 255
