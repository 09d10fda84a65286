"""A batch of whole pictures with their faces: what every reader of detection yields and every detector is trained on.

Pictures are RGB, u8, square, all of one side: each is reduced or enlarged by one factor (`scale`) until its longer side
is the square's, and lies in the upper left corner; the rest of the square is `FILL` (letterbox).  So a place of the
file's picture is a place of this one over `scale`, and nothing else.

Boxes are x0, y0, x1, y1 (left, top, right, bottom) and points x, y, continuous px of the square picture: (0, 0) is the
corner of the first pixel.  The five points are the subject's right eye, left eye, nose tip, right and left corner of
the mouth.  A picture has as many rows of faces as the batch's fullest; rows that are neither `wanted` nor `ignored`
are empty.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor
from torch.nn import functional

from adapt.motion.swaps import FIVE
from adapt.rows import Rows

FILL = 124
"""Grey level of what a square picture has beside the file's picture: about ImageNet's mean."""


@dataclass(frozen=True)
class Faces(Rows):
    """Faces of pictures, n rows each.

    Attributes:
        boxes_px: Forehead to chin, as far as the source means it so; 0 in empty rows.
        points_px: The five points, NaN where the source does not tell.
        wanted: What a detector is to find.
        ignored: What it may find or not: too small, too hidden, marked invalid.
        level: Of wanted ones: of the three sets easy, medium and hard, which each hold the one before, how many hold
            the face: 3 is easy, 0 is none (train/data/detection/level.py).
    """

    boxes_px: Float[Tensor, "b n 4"]
    points_px: Float[Tensor, "b n 5 2"]
    wanted: Bool[Tensor, "b n"]
    ignored: Bool[Tensor, "b n"]
    level: UInt8[Tensor, "b n"]


@dataclass(frozen=True)
class DetectionBatch(Rows):
    """Pictures with their faces; also a whole data set in memory (1000 pictures of 512x512 are 786 MB).

    Attributes:
        images_u8: RGB, square.
        faces: In px of these pictures.
        size_px: Width and height of what a picture shows; the rest of the square is filled.
        scale: Px of this picture in one of the file's.
        keys: Name of each picture in its source, for reports and predictions.
    """

    images_u8: UInt8[Tensor, "b s s 3"]
    faces: Faces
    size_px: Float[Tensor, "b 2"]
    scale: Float[Tensor, " b"]
    keys: tuple[str, ...]


def padded(faces: Faces, rows: int) -> Faces:
    """Return the faces in so many rows: empty ones are added, or the last ones taken away."""
    missing = rows - faces.wanted.shape[1]

    def of(values: Tensor, empty: float) -> Tensor:
        shape = (len(values), max(missing, 0), *values.shape[2:])
        return torch.cat([values[:, :rows], values.new_full(shape, empty)], dim=1)

    return Faces(
        boxes_px=of(faces.boxes_px, 0.0),
        points_px=of(faces.points_px, float("nan")),
        wanted=of(faces.wanted, 0),
        ignored=of(faces.ignored, 0),
        level=of(faces.level, 0),
    )


def moved(faces: Faces, factor: Float[Tensor, " b"], shift_px: Float[Tensor, "b 2"]) -> Faces:
    """Return the faces of pictures that were scaled about their corner and then shifted."""
    k, at = factor[:, None, None], shift_px[:, None]
    return replace(
        faces,
        boxes_px=faces.boxes_px * k + at.repeat(1, 1, 2),
        points_px=faces.points_px * k[..., None] + at[:, None],
    )


def mirrored(faces: Faces, chosen: Bool[Tensor, " b"], side: int) -> Faces:
    """Return the faces of pictures of which some were mirrored: left becomes right, also in the names of points."""
    boxes, points = faces.boxes_px, faces.points_px
    x0, y0, x1, y1 = boxes.unbind(-1)
    flipped = torch.stack([side - x1, y0, side - x0, y1], dim=-1)
    turned = points[:, :, FIVE.tolist()] * points.new_tensor([-1.0, 1.0]) + points.new_tensor([float(side), 0.0])
    return replace(
        faces,
        boxes_px=torch.where(chosen[:, None, None], flipped, boxes),
        points_px=torch.where(chosen[:, None, None, None], turned, points),
    )


def at_side(batch: DetectionBatch, side: int) -> DetectionBatch:
    """Return the batch with pictures of another side."""
    before = batch.images_u8.shape[1]
    if before == side:
        return batch
    factor = torch.full((len(batch),), side / before, device=batch.images_u8.device)
    return replace(
        batch,
        images_u8=resized(batch.images_u8.permute(0, 3, 1, 2), side).permute(0, 2, 3, 1),
        faces=moved(batch.faces, factor, torch.zeros_like(batch.size_px)),
        size_px=batch.size_px * factor[:, None],
        scale=batch.scale * factor,
    )


def resized(images_u8: UInt8[Tensor, "b 3 h w"], side: int) -> UInt8[Tensor, "b 3 side side"]:
    """Return pictures as squares of a side: bilinear, each pixel a mean over what it covers."""
    size = (side, side)
    if images_u8.shape[-2:] == size:
        return images_u8
    return functional.interpolate(images_u8, size, mode="bilinear", align_corners=False, antialias=True)
