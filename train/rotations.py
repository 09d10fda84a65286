"""Head rotations as torch tensors: the conventions of synth/geometry/rotation.py, in batches, for losses and decoding.

    cam_from_head = Rx(-pitch) Ry(yaw) Rz(roll)        300W-LP's [pitch, yaw, roll], radians

`cam_from_head` is the identity when the subject faces the lens (x right in the picture, y down, z away from the lens).
pitch > 0 raises the nose, yaw > 0 turns it to the image's left, roll > 0 turns the head clockwise in the image.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

GIMBAL = 1e-6
"""Cosine of a yaw at which pitch and roll are one turn, all of it called pitch; well above float32's cos(pi / 2)."""


def rotation_from_pitch_yaw_roll(pitch_yaw_roll_rad: Float[Tensor, "*n 3"]) -> Float[Tensor, "*n 3 3"]:
    """Return `cam_from_head` of 300W-LP's angles: Rx(-pitch) Ry(yaw) Rz(roll), multiplied out."""
    (cp, cy, cr), (sp, sy, sr) = pitch_yaw_roll_rad.cos().unbind(-1), pitch_yaw_roll_rad.sin().unbind(-1)
    rows = [
        torch.stack([cy * cr, -cy * sr, sy], dim=-1),
        torch.stack([cp * sr - sp * sy * cr, cp * cr + sp * sy * sr, sp * cy], dim=-1),
        torch.stack([-sp * sr - cp * sy * cr, cp * sy * sr - sp * cr, cp * cy], dim=-1),
    ]
    return torch.stack(rows, dim=-2)


def pitch_yaw_roll_from_rotation(cam_from_head: Float[Tensor, "*n 3 3"]) -> Float[Tensor, "*n 3"]:
    """Return [pitch, yaw, roll] as in 300W-LP's `Pose_Para`, radians, yaw in [-pi/2, pi/2].

    The roll is what is left when the pitch is undone, so that near a yaw of +-90 deg, where the pitch alone comes from
    noise, both together still give the rotation.  For labels: the gradient has no value at +-90 deg.
    """
    r = cam_from_head
    level = torch.hypot(r[..., 1, 2], r[..., 2, 2])
    pitch = torch.where(
        level > GIMBAL, torch.atan2(r[..., 1, 2], r[..., 2, 2]), torch.atan2(-r[..., 2, 1], r[..., 1, 1])
    )
    yaw = torch.atan2(r[..., 0, 2], level)
    c, s = pitch.cos(), pitch.sin()
    roll = torch.atan2(c * r[..., 1, 0] - s * r[..., 2, 0], c * r[..., 1, 1] - s * r[..., 2, 1])
    return torch.stack([pitch, yaw, roll], dim=-1)


def pitch_yaw_roll_upright(cam_from_head: Float[Tensor, "*n 3 3"]) -> Float[Tensor, "*n 3"]:
    """Return the [pitch, yaw, roll] of 300W-LP that keep the head upright, of the two that give one rotation.

    (pitch + pi, pi - yaw, roll + pi) is the same rotation; a head that is turned by 95 deg has yaw 95 in the data sets.
    """
    first = pitch_yaw_roll_from_rotation(cam_from_head)
    other = first * first.new_tensor([1.0, -1.0, 1.0]) + math.pi
    other = torch.remainder(other + math.pi, 2 * math.pi) - math.pi
    upright = first[..., [0, 2]].abs().sum(-1) <= other[..., [0, 2]].abs().sum(-1)
    return torch.where(upright[..., None], first, other)


def rotation_from_sixd(sixd: Float[Tensor, "*n 6"]) -> Float[Tensor, "*n 3 3"]:
    """Return the rotation whose first two columns are the two halves of `sixd`, made orthonormal by Gram-Schmidt.

    Zhou, Barnes, Lu, Yang, Li, "On the continuity of rotation representations in neural networks" (CVPR 2019), the map
    f_GS of section 4.2: b1 = N(a1), b2 = N(a2 - (b1 . a2) b1), b3 = b1 x b2, with N(v) = v / |v|.  Undefined where a1
    is zero or a2 is parallel to it.
    """
    a1, a2 = sixd[..., :3], sixd[..., 3:]
    b1 = functional.normalize(a1, dim=-1, eps=1e-8)
    b2 = functional.normalize(a2 - (b1 * a2).sum(-1, keepdim=True) * b1, dim=-1, eps=1e-8)
    return torch.stack([b1, b2, torch.linalg.cross(b1, b2)], dim=-1)


def geodesic_angle(a: Float[Tensor, "*n 3 3"], b: Float[Tensor, "*n 3 3"]) -> Float[Tensor, "*n"]:
    """Return the angle of the rotation from `a` to `b`, in [0, pi].

    Of Q = a' b the skew part has the length sin(angle) and the trace is 1 + 2 cos(angle).  atan2 of the two keeps the
    digits, and the gradient its length, from 0 to pi, where arccos of the trace has neither; at 0 and pi themselves,
    where no direction is the steepest, the gradient is the norm's sub-gradient zero.
    """
    q = (a[..., :, :, None] * b[..., :, None, :]).sum(-3)  # sums, not a matrix product: those may run at half precision
    skew = torch.stack([q[..., 2, 1] - q[..., 1, 2], q[..., 0, 2] - q[..., 2, 0], q[..., 1, 0] - q[..., 0, 1]], dim=-1)
    trace = q.diagonal(dim1=-2, dim2=-1).sum(-1)
    return torch.atan2(torch.linalg.vector_norm(skew, dim=-1) / 2, (trace - 1) / 2)
