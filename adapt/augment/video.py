"""The damage of a video frame to a grey picture: blocks quantised evenly, then smoothed over their borders.

As H.264 does it within a frame, with these differences: blocks are of 8x8 alone, the cosines are exact ones, nothing is
predicted from other blocks or frames, and the deblocking is its weak filter with limits of our own.  So it has the look
of a webcam's stream (flat patches, lost detail, soft borders between blocks), and not its bits.

    step     0.625 * 2^(qp / 6)           levels of 255, of all frequencies alike: H.264's scale of quantisers
    rounds   sign(c) floor(|c| + 1/3)     its dead zone for frames that are told by themselves
    border   p0 + d, q0 - d with d = (4 (q0 - p0) + (p1 - q1)) / 8, where the border's step is below one quantiser step;
             |d| is at most half a step

Step, dead zone and filter are those of H.264 (ITU-T H.264, 8.5 and 8.7; Wiegand et al. 2003).
"""

import torch
from jaxtyping import Float
from torch import Tensor

from adapt.augment.blocks import BLOCK, quantised
from adapt.augment.dice import Dice

DEAD = 1 / 3
FINEST = 20.0
"""A quantiser whose steps nobody sees: what is drawn is coarser."""


def draw_qp(dice: Dice, coarsest: int) -> Float[Tensor, " b"]:
    """Draw quantisers from 20 to the coarsest; 0 is no video."""
    kept = dice.sometimes()
    return kept * (FINEST + max(coarsest - FINEST, 0.0) * dice.even())


def streamed(images: Float[Tensor, "b 1 h w"], qp: Float[Tensor, " b"]) -> Float[Tensor, "b 1 h w"]:
    """Return pictures in [0, 1] as frames of a video of these quantisers; 0 is no video at all."""
    chosen = torch.nonzero(qp).squeeze(1)
    if len(chosen) == 0:
        return images
    step = 0.625 * 2 ** (qp[chosen] / 6)
    frames = quantised(images[chosen], step[:, None, None].expand(-1, BLOCK, BLOCK), _dead_rounding)
    limit = step[:, None, None, None] / 255
    frames = _deblocked(frames, limit)
    frames = _deblocked(frames.mT, limit).mT
    changed = images.clone()
    changed[chosen] = frames.clamp(0, 1)
    return changed


def _dead_rounding(coefficients: Tensor) -> Tensor:
    return coefficients.sign() * (coefficients.abs() + DEAD).floor()


def _deblocked(frames: Float[Tensor, "b 1 h w"], limit: Float[Tensor, "b 1 1 1"]) -> Float[Tensor, "b 1 h w"]:
    """Return frames smoothed over the upright borders of their blocks."""
    border = torch.arange(BLOCK, frames.shape[-1] - 1, BLOCK, device=frames.device)
    p1, p0, q0, q1 = (frames[..., border + at] for at in (-2, -1, 0, 1))
    step = ((4 * (q0 - p0) + (p1 - q1)) / 8).clamp(-limit / 2, limit / 2) * ((q0 - p0).abs() < limit)
    smooth = frames.clone()
    smooth[..., border - 1] += step
    smooth[..., border] -= step
    return smooth
