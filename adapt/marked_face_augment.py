"""What cameras, detectors and files do to a face, done to faces with landmarks: the changes of adapt/face_augment.py.

The landmarks go where mirror and crop take them, to the last digit; in the mirror they take each other's names.  Depths
grow with the crop's scale.  Which landmarks are visible stays as it was, also of those that leave the picture or that
something is put before.

A cut that misses its face (`away`) is a window of a picture, of a quarter to two fifths of its side, anywhere: a piece
of a face or of what is beside it, as a tracker's square shows once it has lost the face.
"""

from dataclasses import replace

import torch
from jaxtyping import Bool
from torch import Tensor

from adapt.face_augment import FaceChanges, changed_pictures
from adapt.marked_eye_augment import cropped_points
from adapt.marked_faces import MarkedFaces
from adapt.mirror_points import other_side

ENLARGED = (2.5, 4.0)
"""How much larger than in the picture a window's content is."""


def augment_marked_faces(batch: MarkedFaces, changes: FaceChanges) -> MarkedFaces:
    """Return the changed batch."""
    size = batch.images_u8.shape[1]
    flipped = mirrored(batch, changes.mirrored)
    return replace(
        flipped,
        images_u8=changed_pictures(batch.images_u8, changes),
        points_px=cropped_points(flipped.points_px, changes.common, size, size),
        depth_px=flipped.depth_px * changes.common.scale[:, None],
    )


def mirrored(batch: MarkedFaces, chosen: Bool[Tensor, " b"]) -> MarkedFaces:
    """Return the batch with the landmarks of the chosen faces' mirror images; pictures stay as they are."""
    points = batch.points_px
    order = torch.tensor(other_side(points.shape[1]), device=points.device) if bool(chosen.any()) else slice(None)
    turned = points[:, order] * points.new_tensor([-1.0, 1.0]) + points.new_tensor([batch.images_u8.shape[2], 0.0])
    return replace(
        batch,
        points_px=torch.where(chosen[:, None, None], turned, points),
        depth_px=torch.where(chosen[:, None], batch.depth_px[:, order], batch.depth_px),
        visible=torch.where(chosen[:, None], batch.visible[:, order], batch.visible),
    )


def away(generator: torch.Generator, changes: FaceChanges, share: float, size: int) -> tuple[FaceChanges, Tensor]:
    """Return changes after which a share of the cuts miss their faces, and which these are, bool (b,).

    Args:
        generator: Draws who, and which windows.
        changes: Drawn for pictures of this size.
        share: Probability of each cut.
        size: Side of the pictures.
    """
    common = changes.common
    drawn = torch.rand(4, len(common.scale), generator=generator, device=generator.device)
    chosen = drawn[0] < share
    scale = ENLARGED[0] + (ENLARGED[1] - ENLARGED[0]) * drawn[1]
    # The window's middle, from the picture's: its edges stay inside.  The crop scales about the picture's middle.
    middle_px = (drawn[2:] - 0.5).T * (size * (1 - 1 / scale))[:, None]
    missed = replace(
        common,
        scale=torch.where(chosen, scale, common.scale),
        shift_px=torch.where(chosen[:, None], -scale[:, None] * middle_px, common.shift_px),
        rotation_rad=torch.where(chosen, torch.zeros_like(scale), common.rotation_rad),
    )
    return replace(changes, common=missed), chosen
