"""What cameras and noisy landmarks do to normalised eyes, grey and 60x36: the changes of chain.py.

Labels.  The crop's changes stand for the error of the landmarks that a real set was normalised with:

- A shift moves the virtual camera's aim: 2 px are 0.12 deg at f = 960 px.  The gaze is kept.
- A scale is an error of the eye's distance.  A direction does not depend on it, and the label of 2015's mode ends
  on a target near the camera's own plane, whose depth is d_n whatever distance was assumed.  The gaze is kept.
- A turn is a virtual camera with another roll: picture and gaze turn about z by the same angle.  The head angles are
  kept, because the head's measured rotation carries the very error that turned the camera.

A bend of lens or shutter, and the grey levels' changes, keep all labels.
"""

from dataclasses import replace

from jaxtyping import UInt8
from torch import Tensor

from adapt.augment.chain import cropped, filed, photographed
from adapt.augment.changes import Changes
from adapt.batch import Batch


def augment(batch: Batch, changes: Changes) -> Batch:
    """Return the changed batch; see the module for what happens to the labels."""
    return replace(
        batch,
        images_u8=changed_pictures(batch.images_u8, changes),
        gaze_pitch_yaw_rad=changes.crop.gaze(batch.gaze_pitch_yaw_rad),
        head_pitch_yaw_rad=(batch.head_pitch_yaw_rad + changes.head_noise_rad) * changes.head_kept,
    )


def changed_pictures(images_u8: UInt8[Tensor, "b h w"], changes: Changes) -> UInt8[Tensor, "b h w"]:
    """Return grey pictures after all changes, in the camera's order."""
    images = cropped(images_u8.unsqueeze(1).float() / 255, changes)
    return filed(photographed(images, changes), changes).squeeze(1)
