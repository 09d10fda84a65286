"""What webcams and noisy landmarks do to an eye, done to eyes with landmarks: the changes of adapt/augment/changes.py.

Their pixels are scaled to these pictures' height.  The landmarks go where the crop takes them, to the last digit; the
radius and the eye's width grow with it.  The gaze turns with the picture and is kept otherwise (adapt/augment/changes.py has
the reason).  Which landmarks are visible stays as it was, also of those that leave the picture.
"""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from adapt.augment.changes import Changes, changed_pictures
from adapt.gaze import roll
from adapt.marked_eyes import MarkedEyes


def augment_marked(batch: MarkedEyes, changes: Changes) -> MarkedEyes:
    """Return the changed batch."""
    height, width = batch.images_u8.shape[1:]
    return replace(
        batch,
        images_u8=changed_pictures(batch.images_u8, changes),
        landmarks_px=cropped_points(batch.landmarks_px, changes, width, height),
        radius_px=batch.radius_px * changes.scale,
        eye_width_px=batch.eye_width_px * changes.scale,
        gaze_pitch_yaw_rad=roll(batch.gaze_pitch_yaw_rad, changes.rotation_rad),
    )


def cropped_points(
    points_px: Float[Tensor, "b n 2"], changes: Changes, width: int, height: int
) -> Float[Tensor, "b n 2"]:
    """Return where `adapt.augment.changes.crop` takes points: turned and scaled about the picture's middle, then shifted."""
    middle = points_px.new_tensor([width / 2, height / 2])
    c = (changes.scale * changes.rotation_rad.cos())[:, None]
    s = (changes.scale * changes.rotation_rad.sin())[:, None]
    x, y = (points_px - middle).unbind(-1)
    return torch.stack([c * x - s * y, s * x + c * y], dim=-1) + middle + changes.shift_px[:, None]
