"""Detectors that tell every anchor at once whether it has a face, and where (SSD, Liu 2016): what they share.

    logits    (B, A)        of "this anchor has a face"
    boxes     (B, A, 4)     coded against the anchors (box_coding.py)
    points    (B, A, 5, 2)  likewise

The loss is a sum of three, over the number N of positive anchors of the batch (SSD's eq. 1; RetinaFace's eq. 1 without
its dense regression):

    L = (1 / N) [ c L_class + b L_box + p L_points ]

L_class is the cross-entropy of positive anchors and of the hardest negative ones, or the focal loss of all (mining.py);
L_box and L_points are smooth L1 of the coded numbers of positive anchors, L_points where the five points are told, over
the number of such anchors.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from adapt.detection_batch import Faces
from train.models.detection import FIRST, LAST, DetectionNetwork, Detections, best
from train.models.detection.anchors import Level, anchors
from train.models.detection.box_coding import decode, decode_points, encode, encode_points
from train.models.detection.boxes import corners, picked
from train.models.detection.matching import match
from train.models.detection.mining import focal, hard_negatives
from train.models.detection.nms import suppressed

LEAST_NEGATIVES = 16
"""Of every picture, also of one without a face."""
RARE = 0.01
"""What an untrained network takes for the probability of a face at an anchor (Lin 2017, section 4.1)."""


@dataclass(frozen=True)
class Dense:
    """What a network tells of all anchors; see the module."""

    logits: Float[Tensor, "b a"]
    boxes: Float[Tensor, "b a 4"]
    points: Float[Tensor, "b a 5 2"]


@dataclass(frozen=True)
class Learning:
    """How a dense detector is trained.

    Attributes:
        positive: IoU from which an anchor has a face.
        negative: IoU below which it has none.
        classes: mined (the hardest negatives) or focal.
        ratio: Negatives for each positive, of mined.
        weights: Of class, box and points.
    """

    positive: float
    negative: float
    classes: Literal["mined", "focal"]
    ratio: float = 0.0
    weights: tuple[float, float, float] = (1.0, 1.0, 1.0)


class DenseDetector(DetectionNetwork):
    """A network that tells anchors.

    Attributes:
        levels: The anchors of its maps.
        learning: How it is trained.
        overlap: IoU beyond which the better of two boxes suppresses the other.
    """

    levels: tuple[Level, ...]
    learning: Learning
    overlap: float = 0.4
    outputs = ("scores", "boxes_px", "points_px")
    said = (
        "images: RGB, [0, 1], a picture in the upper left corner of a grey square; of every anchor scores in [0, 1], "
        "boxes_px: left, top, right, bottom, px from the corner of the first pixel, and points_px: the subject's right "
        "eye, left eye, nose, right and left corner of the mouth; boxes that overlap a better one are still in it"
    )

    @abstractmethod
    def dense(self, images: Float[Tensor, "b 3 s s"]) -> Dense:
        """Return what the network tells of all anchors."""

    def anchors(self, images: Float[Tensor, "b 3 s s"]) -> Float[Tensor, "a 4"]:
        """Return the anchors of pictures of this size; every halving rounds up."""
        height, width = images.shape[-2:]
        shapes = [(-(-height // level.stride), -(-width // level.stride)) for level in self.levels]
        return anchors(shapes, self.levels, images.device)

    def forward(
        self, images: Float[Tensor, "b 3 s s"]
    ) -> tuple[Float[Tensor, "b a"], Float[Tensor, "b a 4"], Float[Tensor, "b a 5 2"]]:
        """Return score, box and points of every anchor, in px."""
        told, at = self.dense(images), self.anchors(images)
        return torch.sigmoid(told.logits), decode(told.boxes, at), decode_points(told.points, at)

    def detect(self, images: Float[Tensor, "b 3 s s"]) -> Detections:
        """Return the best boxes, none of which overlaps a better one."""
        scores, boxes, points = self(images)
        found = best(boxes, scores, points, FIRST)
        rows = max(1, int((found.scores > 0).sum(1).max()))  # all pairs of boxes are compared: of few, if few are told
        found = Detections(found.boxes_px[:, :rows], found.scores[:, :rows], found.points_px[:, :rows])
        return best(*self.settled(found), LAST)

    def settled(
        self, found: Detections
    ) -> tuple[Float[Tensor, "b k 4"], Float[Tensor, "b k"], Float[Tensor, "b k 5 2"]]:
        """Return boxes, scores and points with one box a face."""
        return found.boxes_px, suppressed(found.boxes_px, found.scores, self.overlap), found.points_px

    def loss(self, images: Float[Tensor, "b 3 s s"], faces: Faces, generator: torch.Generator) -> Float[Tensor, ""]:
        """Return the weighted sum of the three losses; nothing is drawn."""
        parts = dense_losses(self.dense(images), self.anchors(images), faces, self.learning)
        return sum(
            (w * part for w, part in zip(self.learning.weights, parts.values(), strict=True)), images.new_zeros(())
        )


def dense_losses(
    told: Dense, at: Float[Tensor, "a 4"], faces: Faces, learning: Learning
) -> Mapping[str, Float[Tensor, ""]]:
    """Return the losses of class, box and points."""
    found = match(corners(at)[None], faces, learning.positive, learning.negative)
    positive, count = found.positive, found.positive.sum().clamp(min=1)
    if learning.classes == "focal":
        each = focal(told.logits, positive)
        learnt = positive | found.negative
    else:
        each = functional.binary_cross_entropy_with_logits(
            told.logits, positive.to(told.logits.dtype), reduction="none"
        )
        learnt = positive | hard_negatives(each.detach(), positive, found.negative, learning.ratio, LEAST_NEGATIVES)
    boxes = encode(picked(faces.boxes_px, found.face), at)[positive]
    points = encode_points(picked(faces.points_px, found.face), at)[positive]
    marked = torch.isfinite(points).flatten(1).all(dim=1)
    return {
        "class": each[learnt].sum() / count,
        "box": functional.smooth_l1_loss(told.boxes[positive], boxes, reduction="sum") / count,
        "points": functional.smooth_l1_loss(told.points[positive][marked], points[marked], reduction="sum")
        / marked.sum().clamp(min=1),
    }


def flat(maps: Float[Tensor, "b kc h w"], numbers: int) -> Float[Tensor, "b a c"]:
    """Return a head's channels with one row an anchor, `numbers` each, float32."""
    return maps.permute(0, 2, 3, 1).reshape(maps.shape[0], -1, numbers).float()  # `len` would fix it when exported


def dense_of(
    logits: Sequence[Float[Tensor, "b _ _ _"]],
    boxes: Sequence[Float[Tensor, "b _ _ _"]],
    points: Sequence[Float[Tensor, "b _ _ _"]],
) -> Dense:
    """Return what the heads of all maps tell."""
    together = [torch.cat([flat(one, n) for one in maps], dim=1) for maps, n in ((logits, 1), (boxes, 4), (points, 10))]
    return Dense(together[0].squeeze(2), together[1], together[2].reshape(*together[2].shape[:2], 5, 2))


def start_rare(head: nn.Conv2d, share: float = 1.0) -> None:
    """Let a head take faces for rare before it has learnt anything; `share` is the logit's part that its bias is."""
    assert head.bias is not None
    nn.init.normal_(head.weight, std=0.01)
    nn.init.constant_(head.bias, -share * torch.tensor((1 - RARE) / RARE).log().item())
