"""Gaze angles as torch tensors: the convention of synth/geometry/gaze.py, differentiable, for losses and label motion.

gaze = -(cos p sin y, sin p, cos p cos y) in `cam` or `norm` (x right, y down, z forward), [pitch, yaw] in radians
"""

import torch
from jaxtyping import Float
from torch import Tensor


def vector_from_pitch_yaw(pitch_yaw_rad: Float[Tensor, "*n 2"]) -> Float[Tensor, "*n 3"]:
    """Return the unit gaze."""
    pitch, yaw = pitch_yaw_rad.unbind(-1)
    return -torch.stack([pitch.cos() * yaw.sin(), pitch.sin(), pitch.cos() * yaw.cos()], dim=-1)


def pitch_yaw_from_vector(gaze: Float[Tensor, "*n 3"]) -> Float[Tensor, "*n 2"]:
    """Return [pitch, yaw] of gazes of any length but zero."""
    x, y, z = gaze.unbind(-1)
    return torch.stack([torch.atan2(-y, torch.hypot(x, z)), torch.atan2(-x, -z)], dim=-1)


def head_pitch_yaw(norm_from_head: Float[Tensor, "*n 3 3"]) -> Float[Tensor, "*n 2"]:
    """Return [pitch, yaw] of the way a face points, out of its front: of -z of its head."""
    return pitch_yaw_from_vector(-norm_from_head[..., :, 2])


def angle_between(a_rad: Float[Tensor, "*n 2"], b_rad: Float[Tensor, "*n 2"]) -> Float[Tensor, "*n"]:
    """Return the angle between two gazes given as [pitch, yaw], in radians.

    From the chord, 2 asin(|a - b| / 2), whose gradient stays finite everywhere but at equality, where the norm's
    sub-gradient is zero; gazes are never near opposite to each other here.
    """
    chord = torch.linalg.vector_norm(vector_from_pitch_yaw(a_rad) - vector_from_pitch_yaw(b_rad), dim=-1)
    return 2 * torch.asin((chord / 2).clamp(max=1 - 1e-6))


def roll(pitch_yaw_rad: Float[Tensor, "b 2"], angle_rad: Float[Tensor, " b"]) -> Float[Tensor, "b 2"]:
    """Return the gaze after the picture was turned clockwise by an angle: Rz(angle) g, x turning towards y."""
    x, y, z = vector_from_pitch_yaw(pitch_yaw_rad).unbind(-1)
    c, s = angle_rad.cos(), angle_rad.sin()
    return pitch_yaw_from_vector(torch.stack([c * x - s * y, s * x + c * y, z], dim=-1))


def mirror(pitch_yaw_rad: Float[Tensor, "*n 2"]) -> Float[Tensor, "*n 2"]:
    """Return what the mirror image of the picture shows: yaw changes its sign, of a gaze as of a head."""
    return pitch_yaw_rad * pitch_yaw_rad.new_tensor([1.0, -1.0])
