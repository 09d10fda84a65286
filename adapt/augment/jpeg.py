"""The damage that a jpeg copy does to a grey picture: 8x8 cosine transform, quantised, and back.

ITU T.81, with Annex K's luminance table scaled by quality as libjpeg scales it; blocks.py has the transform.  kornia's
codec works on RGB with chroma, at several times the cost.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from adapt.augment.blocks import quantised

# ITU T.81, table K.1.
LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)


def quantisation(quality: Float[Tensor, " b"]) -> Float[Tensor, "b 8 8"]:
    """Return the luminance table of each quality in [1, 100], libjpeg's scaling."""
    percent = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality)
    table = torch.tensor(LUMINANCE, dtype=torch.float32, device=quality.device)
    return torch.floor((table * percent[:, None, None] + 50) / 100).clamp(1, 255)


def jpeg(images: Float[Tensor, "b 1 h w"], quality: Float[Tensor, " b"]) -> Float[Tensor, "b 1 h w"]:
    """Return pictures in [0, 1] as a jpeg of that quality gives them back; quality 100 is no jpeg at all."""
    chosen = torch.nonzero(quality < 100).squeeze(1)
    if len(chosen) == 0:
        return images
    changed = images.clone()
    changed[chosen] = quantised(images[chosen], quantisation(quality[chosen]), torch.round).clamp(0, 1)
    return changed
