"""Histogram equalisation as OpenCV's `equalizeHist` does it, for a whole batch at once.

MPIIGaze's normalised eyes are equalised, so ours must be, by the same formula to the last grey level:

    cdf(v)  = number of pixels with level <= v
    lowest  = cdf of the smallest level that occurs
    out(v)  = round((cdf(v) - lowest) * (255 / (pixels - lowest)))     in float32, halves to the even neighbour

A picture of one level keeps it.
"""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor


def equalise(images_u8: UInt8[Tensor, "b h w"]) -> UInt8[Tensor, "b h w"]:
    """Return each picture with its grey levels spread evenly over 0 to 255."""
    batch, height, width = images_u8.shape
    pixels = height * width
    levels = images_u8.reshape(batch, pixels).long()
    counts = torch.zeros(batch, 256, dtype=torch.int32, device=levels.device)
    counts.scatter_add_(1, levels, torch.ones_like(levels, dtype=torch.int32))
    cdf = counts.cumsum(1)
    lowest = cdf.masked_fill(counts == 0, pixels).amin(1, keepdim=True)
    # A picture of one level has lowest == pixels: nothing to spread.
    scale = 255.0 / (pixels - lowest).clamp(min=1).float()
    table = ((cdf - lowest).float() * scale).round().clamp(0, 255).to(torch.uint8)
    flat = lowest == pixels
    table = torch.where(flat, torch.arange(256, dtype=torch.uint8, device=table.device), table)
    return table.gather(1, levels).reshape(batch, height, width)


def to_network(images_u8: UInt8[Tensor, "b h w"]) -> Float[Tensor, "b 1 h w"]:
    """Return what the networks are given: equalised, one channel, float32 in [0, 1]."""
    return equalise(images_u8).unsqueeze(1).float() / 255
