"""Which anchor is to find which face: SSD's rule (Liu 2016, section 2.2), with room for what is not asked for.

positive   an anchor whose IoU with a wanted face reaches `positive`, for the face with which it has most; and of
           every wanted face the anchor that has most with it, whatever that is
negative   an anchor whose IoU with every wanted face is below `negative`
neither    all others; and of negative ones those of which an ignored box covers half or more
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from adapt.detection_batch import Faces
from train.models.detection.boxes import covered, iou

MOST_IGNORED = 0.5


@dataclass(frozen=True)
class Matches:
    """Of every anchor (or proposal) of every picture: the row of its face, and whether it is positive or negative."""

    face: Int[Tensor, "b a"]
    positive: Bool[Tensor, "b a"]
    negative: Bool[Tensor, "b a"]


def match(
    boxes: Float[Tensor, "#b a 4"], faces: Faces, positive: float, negative: float, forced: bool = True
) -> Matches:
    """Return the matches of boxes x0, y0, x1, y1, the same for all pictures or each picture's own.

    Args:
        boxes: Anchors or proposals.
        faces: Of the pictures.
        positive: IoU from which one is positive.
        negative: IoU below which one is negative.
        forced: Whether every wanted face has its best box, also below `positive`.
    """
    overlap = iou(boxes, faces.boxes_px)
    overlap = overlap.masked_fill(~faces.wanted[:, None], -1.0)
    best, face = overlap.max(dim=2)
    is_positive = best >= positive
    if forced:
        rows = torch.arange(faces.wanted.shape[1], device=face.device).expand(faces.wanted.shape)
        owner = torch.full_like(face, -1)
        # Of two faces with one best anchor the later one has it.
        owner = owner.scatter_reduce(1, overlap.argmax(dim=1), torch.where(faces.wanted, rows, -1), "amax")
        face = torch.where(owner >= 0, owner, face)
        is_positive = is_positive | (owner >= 0)
    hidden = covered(boxes, faces.boxes_px).masked_fill(~faces.ignored[:, None], 0.0).amax(dim=2) >= MOST_IGNORED
    return Matches(face, is_positive, (best < negative) & ~is_positive & ~hidden)
