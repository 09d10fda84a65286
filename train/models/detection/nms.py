"""One box a face: of boxes that overlap the one with the best score stays, alone or blended with the others.

Both work on whole batches, and give exactly what the usual loop gives, which takes the best box, removes all that
overlap it by more than a threshold, takes the best that is left, and so on.  Boxes being ordered by score, that loop's
result is the only set for which

    kept(j)  =  there is no i < j with kept(i) and IoU(i, j) > threshold

Starting from "all are kept" and repeating the right side, box j is right after j rounds at the latest, and stays so; a
round that changes nothing has found it.  Rounds are as many as the longest chain of boxes that decide each other: few.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from train.models.detection.boxes import iou

EXPORTED_ROUNDS = 16
"""In an exported program, which has no loop that ends by what it finds."""


def kept(overlapping: Bool[Tensor, "b k k"], there: Bool[Tensor, "b k"]) -> Bool[Tensor, "b k"]:
    """Return which boxes stay.

    Args:
        overlapping: Which pairs overlap by more than the threshold; boxes are ordered, the best first.
        there: Which rows hold a box.
    """
    worse_of_better = overlapping.triu(1).mT.float()  # as numbers: a product of matrices is faster than any()
    found = there
    for _ in range(EXPORTED_ROUNDS if torch.compiler.is_exporting() else overlapping.shape[1]):
        again = there & ((worse_of_better @ found.float()[..., None])[..., 0] == 0)
        if not torch.compiler.is_exporting() and torch.equal(again, found):
            break
        found = again
    return found


def suppressed(boxes: Float[Tensor, "b k 4"], scores: Float[Tensor, "b k"], threshold: float) -> Float[Tensor, "b k"]:
    """Return the scores with 0 for every box that a better one overlaps by more than a threshold.

    Args:
        boxes: Ordered by their scores, the best first.
        scores: 0 where there is no box.
        threshold: Of IoU.
    """
    return scores * kept(iou(boxes, boxes) > threshold, scores > 0)


def blended(
    boxes: Float[Tensor, "b k 4"], points: Float[Tensor, "b k 5 2"], scores: Float[Tensor, "b k"], threshold: float
) -> tuple[Float[Tensor, "b k 4"], Float[Tensor, "b k 5 2"], Float[Tensor, "b k"]]:
    """Return boxes and points as means over the boxes that each suppresses, weighted by their scores.

    BlazeFace's tie resolution (Bazarevsky 2019, section 3.4): a face's box does not jump from frame to frame between
    the boxes of two anchors.  The score stays the best one's, as in MediaPipe.

    Args:
        boxes: Ordered by their scores, the best first.
        points: Likewise.
        scores: 0 where there is no box.
        threshold: Of IoU.
    """
    overlapping = iou(boxes, boxes) > threshold
    stays = kept(overlapping, scores > 0)
    # Each box goes to the first kept one that overlaps it: the one that the loop removes it with.
    taken = overlapping.triu() & stays[:, :, None]
    k = boxes.shape[1]
    owner = torch.where(taken, torch.arange(k, device=boxes.device)[None, :, None], k).amin(dim=1)
    weights = (owner[:, None] == torch.arange(k, device=boxes.device)[None, :, None]) * scores[:, None]
    told = torch.cat([boxes, points.flatten(2)], dim=2)
    with torch.autocast(boxes.device.type, enabled=False):  # px rounded to eight bits are px off
        means = weights @ told / weights.sum(dim=2, keepdim=True).clamp(min=1e-12)
    told = torch.where(stays[..., None], means, told)
    return told[..., :4], told[..., 4:].reshape(points.shape), scores * stays
