"""Rotations of heads in pictures that were turned or mirrored; `cam_from_head` of synth/geometry/rotation.py.

turned clockwise by a    R' = Rz(a) R
mirrored                 R' = F R F,  F = diag(-1, 1, 1)
"""

import torch
from jaxtyping import Float
from torch import Tensor


def mirrored(rotation: Float[Tensor, "b 3 3"]) -> Float[Tensor, "b 3 3"]:
    """Return the rotations of the heads in the mirror image."""
    sign = rotation.new_tensor([-1.0, 1.0, 1.0])
    return sign[:, None] * rotation * sign


def turned(angle_rad: Float[Tensor, " b"]) -> Float[Tensor, "b 3 3"]:
    """Return the rotations about z that turn x towards y: clockwise in the picture."""
    c, s = angle_rad.cos(), angle_rad.sin()
    zero, one = torch.zeros_like(c), torch.ones_like(c)
    rows = [torch.stack([c, -s, zero], -1), torch.stack([s, c, zero], -1), torch.stack([zero, zero, one], -1)]
    return torch.stack(rows, 1)
