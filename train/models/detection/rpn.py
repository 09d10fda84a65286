"""Where there might be a face: the region proposal network of Faster R-CNN, on a feature pyramid.

Ren, He, Girshick, Sun, "Faster R-CNN: towards real-time object detection with region proposal networks" (NIPS 2015),
section 3.1, and Lin 2017 (fpn.py), section 4.1: at every cell of every map a 3x3 convolution, and from it 1x1 whether
the cell's anchor has a face and where.  Positive from an IoU of 0.7 or as a face's best anchor, negative below 0.3; 256
anchors a picture are learnt from, at most half of them positive.  Boxes are coded with SSD's divisors as everywhere
here (box_coding.py); the paper has none.  Parameters are named as torchvision's before its version 0.14.

    stride    4   8   16   32   64
    side     16  32   64  128  256 px, half of the published ones, and squares alone: faces are smaller than things
"""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from adapt.detection_batch import Faces
from train.models.detection import FIRST
from train.models.detection.anchors import Level, anchors
from train.models.detection.box_coding import decode, encode
from train.models.detection.boxes import clipped, corners, picked
from train.models.detection.dense import flat, start_rare
from train.models.detection.matching import match
from train.models.detection.nms import suppressed

LEVELS = tuple(Level(stride, (4.0 * stride,)) for stride in (4, 8, 16, 32, 64))
POSITIVE, NEGATIVE = 0.7, 0.3
LEARNT, POSITIVES = 256, 128
OVERLAP = 0.7
BETA = 1 / 9
"""Where smooth L1 turns from a square into a line."""


class ProposalNetwork(nn.Module):
    """Maps -> of every anchor a logit and four numbers."""

    def __init__(self, channels: int) -> None:
        """Build the layers, shared by all maps."""
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, 1, 1)
        self.cls_logits = nn.Conv2d(channels, 1, 1)
        self.bbox_pred = nn.Conv2d(channels, 4, 1)
        for layer in (self.conv, self.bbox_pred):
            nn.init.normal_(layer.weight, std=0.01)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)
        start_rare(self.cls_logits)

    def forward(self, maps: Sequence[Float[Tensor, "b c _ _"]]) -> tuple[Float[Tensor, "b a"], Float[Tensor, "b a 4"]]:
        """Return logits and coded boxes."""
        seen = [functional.relu(self.conv(one)) for one in maps]
        logits = torch.cat([flat(self.cls_logits(one), 1) for one in seen], dim=1).squeeze(2)
        return logits, torch.cat([flat(self.bbox_pred(one), 4) for one in seen], dim=1)


def anchors_of(maps: Sequence[Float[Tensor, "b c _ _"]]) -> Float[Tensor, "a 4"]:
    """Return the anchors of the maps."""
    return anchors([(one.shape[-2], one.shape[-1]) for one in maps], LEVELS, maps[0].device)


def proposals(
    logits: Float[Tensor, "b a"], told: Float[Tensor, "b a 4"], at: Float[Tensor, "a 4"], side: int, count: int
) -> tuple[Float[Tensor, "b r 4"], Float[Tensor, "b r"]]:
    """Return the best boxes of each picture of a side, none of which overlaps a better one, and their scores.

    Rows beyond those that there are have the score 0.
    """
    logits, told = logits.detach(), told.detach()
    top, rows = logits.topk(min(FIRST, logits.shape[1]), dim=1)
    boxes = clipped(decode(picked(told, rows), at[rows]), side, side)
    scores = suppressed(boxes, torch.sigmoid(top), OVERLAP)
    scores, rows = scores.topk(min(count, scores.shape[1]), dim=1)
    return picked(boxes, rows), scores


def proposal_losses(
    logits: Float[Tensor, "b a"],
    told: Float[Tensor, "b a 4"],
    at: Float[Tensor, "a 4"],
    faces: Faces,
    generator: torch.Generator,
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Return the losses of class and box, both over the number of anchors that are learnt from (the paper's eq. 1)."""
    found = match(corners(at)[None], faces, POSITIVE, NEGATIVE)
    positive = drawn(found.positive, POSITIVES, generator)
    learnt = positive | drawn(found.negative, LEARNT - positive.sum(1), generator)
    count = learnt.sum().clamp(min=1)
    each = functional.binary_cross_entropy_with_logits(logits, positive.to(logits.dtype), reduction="none")
    boxes = encode(picked(faces.boxes_px, found.face), at)[positive]
    off = functional.smooth_l1_loss(told[positive], boxes, reduction="sum", beta=BETA)
    return each[learnt].sum() / count, off / count


def drawn(chosen: Bool[Tensor, "b a"], most: int | Tensor, generator: torch.Generator) -> Bool[Tensor, "b a"]:
    """Return so many of the chosen ones of each picture, drawn evenly; `most` is a number or one a picture."""
    order = torch.rand(chosen.shape, generator=generator, device=chosen.device).masked_fill(~chosen, 2.0)
    rank = order.argsort(dim=1).argsort(dim=1)
    limit = most[:, None] if isinstance(most, Tensor) else most
    return chosen & (rank < limit)
