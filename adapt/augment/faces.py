"""What cameras, detectors and files do to a face: drawn and applied batch by batch; seeded, bit-equal on one machine.

The changes are those of eyes (adapt/augment/changes.py), whose pixels are those of a picture 36 high: here they are scaled to
the height of the cut.  Besides, faces are mirrored, some lose their colours, and adapt/augment/looks.py has what else
photographs of faces have and eyes have not.

Labels.  Turning the picture clockwise by a turns the head with it, R' = Rz(a) R; mirroring it gives R' = F R F with
F = diag(-1, 1, 1).  A cut moved or made larger keeps the rotation, as its labels know no axis of the lens
(train/data/pose/shards.py).  The grey levels' changes keep it too.  Gazes and heads that are told by two angles go the
same way: turned by Rz(a), with the sign of their yaw changed in the mirror, kept by everything else.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from adapt.augment.changes import Changes, crop, draw_scaled_changes, photographed, resample
from adapt.augment.jpeg import jpeg
from adapt.augment.looks import Looks, colours, covered, draw_looks, luma
from adapt.augment.strengths import Strengths
from adapt.face_batch import FaceBatch
from adapt.face_gaze_batch import FaceGazeBatch
from adapt.gaze import mirror, roll


@dataclass(frozen=True)
class FaceChanges:
    """Amounts for a batch: those of `Changes`, in px of these pictures; looks; who is mirrored, who loses colour."""

    common: Changes
    looks: Looks
    mirrored: Bool[Tensor, " b"]
    grey: Bool[Tensor, " b"]


def draw_face_changes(generator: torch.Generator, strengths: Strengths, batch: int, size: int) -> FaceChanges:
    """Draw the changes of a batch of `size` x `size` pictures on the generator's device."""
    common = draw_scaled_changes(generator, strengths, batch, size, size)
    even = torch.rand(2, batch, generator=generator, device=generator.device)
    looks = draw_looks(generator, strengths, batch)
    return FaceChanges(common, looks, mirrored=even[0] < strengths.mirror, grey=even[1] < strengths.grey)


def augment_faces(batch: FaceBatch, changes: FaceChanges) -> FaceBatch:
    """Return the changed batch."""
    rotation = torch.where(changes.mirrored[:, None, None], mirrored(batch.rotation), batch.rotation)
    return replace(
        batch,
        images_u8=changed_pictures(batch.images_u8, changes),
        rotation=turned(changes.common.rotation_rad.to(rotation.dtype)) @ rotation,
    )


def augment_face_gaze(batch: FaceGazeBatch, changes: FaceChanges) -> FaceGazeBatch:
    """Return the changed batch; a face and its eyes, cut out of one frame, get the same changes.

    A point of a screen does not turn with a cut of the frame: with `screen` the strengths must not turn pictures.
    """
    chosen, angle_rad = changes.mirrored[:, None], changes.common.rotation_rad
    gaze = torch.where(chosen, mirror(batch.gaze_pitch_yaw_rad), batch.gaze_pitch_yaw_rad)
    head = torch.where(chosen, mirror(batch.head_pitch_yaw_rad), batch.head_pitch_yaw_rad)
    screen = None if batch.screen is None else batch.screen.mirrored(changes.mirrored)
    if screen is not None:
        screen = replace(
            screen,
            left_u8=changed_pictures(screen.left_u8, changes),
            right_u8=changed_pictures(screen.right_u8, changes),
        )
    return replace(
        batch,
        images_u8=changed_pictures(batch.images_u8, changes),
        head_pitch_yaw_rad=roll(head, angle_rad),
        gaze_pitch_yaw_rad=roll(gaze, angle_rad),
        screen=screen,
    )


def changed_pictures(images_u8: UInt8[Tensor, "b h w 3"], changes: FaceChanges) -> UInt8[Tensor, "b h w 3"]:
    """Return the changed pictures."""
    common = changes.common
    levels = images_u8.permute(0, 3, 1, 2).clone(memory_format=torch.contiguous_format)
    levels[changes.mirrored] = levels[changes.mirrored].flip(-1)
    images = levels.float() / 255
    images[changes.grey] = luma(images[changes.grey])
    images = colours(crop(images, common), changes.looks)
    images = covered(photographed(images, common), changes.looks)
    planes = jpeg(images.flatten(0, 1)[:, None], common.quality.repeat_interleave(3))
    return (planes.reshape(images.shape).clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1)


def coarse(batch: FaceBatch, rows: int) -> FaceBatch:
    """Return the faces as a camera of so few rows shows them: reduced by area, enlarged again bilinearly."""
    images = batch.images_u8.permute(0, 3, 1, 2).float() / 255
    seen = resample(images, torch.full((len(batch),), rows))
    return replace(batch, images_u8=(seen * 255).round().to(torch.uint8).permute(0, 2, 3, 1))


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
