"""What cameras, detectors and files do to faces with landmarks: the changes of faces.py.

In the mirror the landmarks take each other's names (adapt/motion/swaps.py), then they go where landmarks.py says.
Depths grow with the crop's scale (lens and shutter keep sizes at the picture's middle).  What a frame or anything in
the way covers is no longer visible, nor what leaves the picture.

A cut that misses its face (`away`) is a window of a picture, of a quarter to two fifths of its side, anywhere: a piece
of a face or of what is beside it, as a tracker's square shows once it has lost the face.
"""

from dataclasses import replace

import torch
from jaxtyping import Bool
from torch import Tensor

from adapt.augment.faces import FaceChanges, changed_pictures
from adapt.augment.landmarks import moved
from adapt.augment.looks import behind
from adapt.marked_faces import MarkedFaces
from adapt.motion.similarity import Similarity
from adapt.motion.swaps import IBUG68, dense478

ENLARGED = (2.5, 4.0)
"""How much larger than in the picture a window's content is."""


def augment_marked_faces(batch: MarkedFaces, changes: FaceChanges) -> MarkedFaces:
    """Return the changed batch."""
    height, width = batch.images_u8.shape[1:3]
    flipped = mirrored(batch, changes.mirrored)
    points, visible = moved(flipped.points_px, flipped.visible, changes.common, width, height)
    return replace(
        flipped,
        images_u8=changed_pictures(batch.images_u8, changes),
        points_px=points,
        depth_px=flipped.depth_px * changes.common.crop.scale[:, None],
        visible=visible & ~behind(points, changes.looks, width, height),
    )


def mirrored(batch: MarkedFaces, chosen: Bool[Tensor, " b"]) -> MarkedFaces:
    """Return the batch with the landmarks of the chosen faces' mirror images; pictures stay as they are."""
    points, width = batch.points_px, batch.images_u8.shape[2]
    swap = torch.tensor(IBUG68 if points.shape[1] == len(IBUG68) else dense478(), device=points.device)
    turned = points[:, swap] * points.new_tensor([-1.0, 1.0]) + points.new_tensor([width, 0.0])
    return replace(
        batch,
        points_px=torch.where(chosen[:, None, None], turned, points),
        depth_px=torch.where(chosen[:, None], batch.depth_px[:, swap], batch.depth_px),
        visible=torch.where(chosen[:, None], batch.visible[:, swap], batch.visible),
    )


def away(
    generator: torch.Generator, changes: FaceChanges, share: float, size: int
) -> tuple[FaceChanges, Bool[Tensor, " b"]]:
    """Return changes after which a share of the cuts miss their faces, and which these are.

    Args:
        generator: Draws who, and which windows.
        changes: Drawn for pictures of this size.
        share: Probability of each cut.
        size: Side of the pictures.
    """
    crop = changes.common.crop
    drawn = torch.rand(4, len(crop), generator=generator, device=generator.device)
    chosen = drawn[0] < share
    scale = ENLARGED[0] + (ENLARGED[1] - ENLARGED[0]) * drawn[1]
    # The window's middle, from the picture's: its edges stay inside.  The crop scales about the picture's middle.
    middle_px = (drawn[2:] - 0.5).T * (size * (1 - 1 / scale))[:, None]
    missed = Similarity(
        shift_px=torch.where(chosen[:, None], -scale[:, None] * middle_px, crop.shift_px),
        scale=torch.where(chosen, scale, crop.scale),
        turn_rad=torch.where(chosen, 0.0, crop.turn_rad),
    )
    return replace(changes, common=replace(changes.common, crop=missed)), chosen
