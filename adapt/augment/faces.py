"""What cameras, detectors and files do to a face: drawn and applied batch by batch; seeded, bit-equal on one machine.

The changes are those of chain.py, their pixels scaled to the height of the cut.  Besides, faces are mirrored, some lose
their colours, and looks.py has what else photographs of faces have and eyes have not.

Labels.  Turning the picture clockwise by a turns the head with it, R' = Rz(a) R; mirroring it gives R' = F R F with
F = diag(-1, 1, 1).  A cut moved or made larger keeps the rotation, as its labels know no axis of the lens
(train/data/pose/shards.py).  A bend of lens or shutter and the changes of levels keep it too.  Gazes and heads that are
told by two angles go the same way: turned by Rz(a), with the sign of their yaw changed in the mirror, kept by
everything else.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from adapt.augment.chain import cropped, filed, photographed
from adapt.augment.changes import Changes, draw_first, draw_later
from adapt.augment.dice import Dice
from adapt.augment.levels import luma
from adapt.augment.looks import Looks, colours, covered, draw_looks
from adapt.augment.sensor import resample
from adapt.augment.strengths import Strengths
from adapt.face_batch import FaceBatch
from adapt.face_gaze_batch import FaceGazeBatch
from adapt.gaze import mirror
from adapt.motion.heads import mirrored


@dataclass(frozen=True)
class FaceChanges:
    """Amounts for a batch: those of `Changes`, in px of these pictures; looks; who is mirrored, who loses colour."""

    common: Changes
    looks: Looks
    mirrored: Bool[Tensor, " b"]
    grey: Bool[Tensor, " b"]


def draw_face_changes(
    generator: torch.Generator,
    strengths: Strengths,
    batch: int,
    size: int,
    width: int | None = None,
    bank: Float[Tensor, "n 3 h w"] | None = None,
) -> FaceChanges:
    """Draw the changes of a batch of pictures in colour on the generator's device.

    Args:
        generator: Decides them.
        strengths: Their pixels, of a picture 36 high, are scaled to the height.
        batch: How many pictures.
        size: Their height.
        width: Theirs, where it is another.
        bank: Real pictures of that size to mix with; None mixes nothing.
    """
    dice, width = Dice(generator, batch, strengths.probability), size if width is None else width
    common = draw_first(dice, strengths, size, width)
    even = torch.rand(2, batch, generator=generator, device=generator.device)
    looks = draw_looks(generator, strengths, batch)
    common = draw_later(dice, strengths, common, size, width, bank, colour=True)
    return FaceChanges(common, looks, mirrored=even[0] < strengths.mirror, grey=even[1] < strengths.grey)


def augment_faces(batch: FaceBatch, changes: FaceChanges) -> FaceBatch:
    """Return the changed batch."""
    rotation = torch.where(changes.mirrored[:, None, None], mirrored(batch.rotation), batch.rotation)
    return replace(
        batch,
        images_u8=changed_pictures(batch.images_u8, changes),
        rotation=changes.common.crop.head(rotation),
    )


def augment_face_gaze(batch: FaceGazeBatch, changes: FaceChanges) -> FaceGazeBatch:
    """Return the changed batch; a face and its eyes, cut out of one frame, get the same changes.

    A point of a screen does not turn with a cut of the frame: with `screen` the strengths must not turn pictures.
    """
    chosen, crop = changes.mirrored[:, None], changes.common.crop
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
        head_pitch_yaw_rad=crop.gaze(head),
        gaze_pitch_yaw_rad=crop.gaze(gaze),
        screen=screen,
    )


def changed_pictures(images_u8: UInt8[Tensor, "b h w 3"], changes: FaceChanges) -> UInt8[Tensor, "b h w 3"]:
    """Return the changed pictures."""
    common = changes.common
    levels = images_u8.permute(0, 3, 1, 2).clone(memory_format=torch.contiguous_format)
    levels[changes.mirrored] = levels[changes.mirrored].flip(-1)
    images = levels.float() / 255
    images[changes.grey] = luma(images[changes.grey])
    images = colours(cropped(images, common), changes.looks)
    images = covered(photographed(images, common), changes.looks)
    return filed(images, common).permute(0, 2, 3, 1)


def coarse(batch: FaceBatch, rows: int) -> FaceBatch:
    """Return the faces as a camera of so few rows shows them: reduced by area, enlarged again bilinearly."""
    images = batch.images_u8.permute(0, 3, 1, 2).float() / 255
    seen = resample(images, torch.full((len(batch),), rows))
    return replace(batch, images_u8=(seen * 255).round().to(torch.uint8).permute(0, 2, 3, 1))
