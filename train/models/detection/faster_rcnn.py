"""Faster R-CNN on a feature pyramid over MobileNetV2: proposals, and of each proposal whether it is a face and where.

Ren 2015 (rpn.py) with the head of Lin 2017 (fpn.py), section 4.2: each proposal's 7x7 piece of the map of its size
(roi_align.py) through two dense layers.  A proposal is a face from an IoU of 0.5; of each picture 128 are learnt from,
a quarter of them faces at most, the true boxes among them.  The losses are the four of the papers, all of weight 1:
cross-entropy and smooth L1 of proposals and of boxes.  There is one class, so a logit stands for two and boxes are told
once.

It tells no points: mask_rcnn.py beside this does.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from adapt.detection_batch import Faces
from train.models.detection import LAST, DetectionNetwork, Detections, best
from train.models.detection.box_coding import decode, encode
from train.models.detection.boxes import centred, clipped, picked
from train.models.detection.fpn import FeaturePyramid
from train.models.detection.matching import match
from train.models.detection.nms import suppressed
from train.models.detection.roi_align import roi_align
from train.models.detection.rpn import ProposalNetwork, anchors_of, drawn, proposal_losses, proposals
from train.models.mobilenet_v2 import MobileNetV2

STRIDES = (4, 8, 16, 32)
"""Of the maps that pieces are taken from."""
PIECE = 7
FACE = 0.5
LEARNT, FACES = 128, 32
"""Proposals of a picture that are learnt from, and how many of them may be faces."""
OVERLAP = 0.5


class BoxHead(nn.Module):
    """(B, r, c, 7, 7) -> a logit and four numbers of each piece, by way of two dense layers."""

    def __init__(self, channels: int, dense: int) -> None:
        """Build the layers."""
        super().__init__()
        self.fc6 = nn.Linear(channels * PIECE**2, dense)
        self.fc7 = nn.Linear(dense, dense)
        self.cls_score = nn.Linear(dense, 1)
        self.bbox_pred = nn.Linear(dense, 4)
        for layer in (self.cls_score, self.bbox_pred):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)

    def forward(self, pieces: Float[Tensor, "b r c p p"]) -> tuple[Float[Tensor, "b r"], Float[Tensor, "b r 4"]]:
        """Return logits and coded boxes, float32."""
        x = functional.relu(self.fc7(functional.relu(self.fc6(pieces.flatten(2)))))
        return self.cls_score(x).squeeze(2).float(), self.bbox_pred(x).float()


@dataclass(frozen=True)
class Chosen:
    """Proposals of a picture that are learnt from, r rows each.

    Attributes:
        boxes: Left, top, right, bottom.
        face: Row of the face of each.
        positive: Those that have a face.
        learnt: Those that have one or surely none.
    """

    boxes: Float[Tensor, "b r 4"]
    face: Int[Tensor, "b r"]
    positive: Bool[Tensor, "b r"]
    learnt: Bool[Tensor, "b r"]


class FasterRCNN(DetectionNetwork):
    """MobileNetV2 -> pyramid -> proposals -> pieces -> boxes."""

    tells_points = False
    outputs: tuple[str, ...] = ("scores", "boxes_px")
    said = (
        "images: RGB, [0, 1], a picture in the upper left corner of a grey square; of every proposal scores in [0, 1] "
        "and boxes_px: left, top, right, bottom, px from the corner of the first pixel; boxes that overlap a better "
        "one are still in it"
    )

    def __init__(
        self,
        width: float = 1.0,
        channels: int = 256,
        dense: int = 1024,
        proposals: int = 300,
        side: int = 640,
        test_side: int = 0,
        near_side: int = 0,
    ) -> None:
        """Build the layers.

        Args:
            width: Factor of MobileNetV2's channels.
            channels: Of the pyramid.
            dense: Of the head's layers.
            proposals: Of each picture.
            side: Of the pictures that it learns from.
            test_side: Of those that it is used with; 0 for `side`.
            near_side: Of the second look; 0 for none.
        """
        super().__init__()
        self.use_sides(side, test_side, near_side)
        self.count = proposals
        self.backbone = MobileNetV2(width)
        self.backbone.features[-1].requires_grad_(False)  # the last 1x1, which a pyramid does not look at
        self.fpn = FeaturePyramid(self.backbone.stage_channels, channels)
        self.rpn = ProposalNetwork(channels)
        self.box = BoxHead(channels, dense)

    def features(self, images: Float[Tensor, "b 3 s s"]) -> list[Float[Tensor, "b c _ _"]]:
        """Return the pyramid's maps."""
        return list(self.fpn(self.backbone.stages(images)))

    def proposed(self, maps: list[Float[Tensor, "b c _ _"]], side: int) -> tuple[Tensor, Tensor]:
        """Return proposals and their scores."""
        logits, told = self.rpn(maps)
        return proposals(logits, told, anchors_of(maps), side, self.count)

    def boxes_of(
        self, maps: list[Float[Tensor, "b c _ _"]], boxes: Float[Tensor, "b r 4"]
    ) -> tuple[Float[Tensor, "b r"], Float[Tensor, "b r 4"]]:
        """Return logits and coded boxes of proposals."""
        logits, told = self.box(roi_align(maps[: len(STRIDES)], STRIDES, boxes, PIECE))
        return logits, told

    def found(
        self, images: Float[Tensor, "b 3 s s"]
    ) -> tuple[list[Float[Tensor, "b c _ _"]], Float[Tensor, "b r"], Float[Tensor, "b r 4"]]:
        """Return the maps, and score and box of every proposal; 0 where there is none."""
        maps, side = self.features(images), images.shape[-1]
        at, there = self.proposed(maps, side)
        logits, told = self.boxes_of(maps, at)
        boxes = clipped(decode(told, centred(at)), side, side)
        return maps, torch.sigmoid(logits) * (there > 0), boxes

    def forward(self, images: Float[Tensor, "b 3 s s"]) -> tuple[Tensor, ...]:
        """Return score and box of every proposal."""
        _, scores, boxes = self.found(images)
        return scores, boxes

    def detect(self, images: Float[Tensor, "b 3 s s"]) -> Detections:
        """Return the best boxes, none of which overlaps a better one."""
        maps, scores, boxes = self.found(images)
        nowhere = boxes.new_full((*scores.shape, 5, 2), torch.nan)
        ordered = best(boxes, scores, nowhere, scores.shape[1])
        scores = suppressed(ordered.boxes_px, ordered.scores, OVERLAP)
        return self.pointed(maps, best(ordered.boxes_px, scores, ordered.points_px, LAST))

    def pointed(self, maps: list[Float[Tensor, "b c _ _"]], found: Detections) -> Detections:
        """Return what was found with its points: here as it is."""
        return found

    def loss(self, images: Float[Tensor, "b 3 s s"], faces: Faces, generator: torch.Generator) -> Float[Tensor, ""]:
        """Return the sum of all losses."""
        maps, side = self.features(images), images.shape[-1]
        logits, told = self.rpn(maps)
        at = anchors_of(maps)
        parts = list(proposal_losses(logits, told, at, faces, generator))
        boxes, _ = proposals(logits, told, at, side, self.count)
        chosen = choose(boxes, faces, generator)
        parts += box_losses(*self.boxes_of(maps, chosen.boxes), chosen, faces)
        return torch.stack([*parts, *self.further_losses(maps, chosen, faces)]).sum()

    def further_losses(
        self, maps: list[Float[Tensor, "b c _ _"]], chosen: Chosen, faces: Faces
    ) -> list[Float[Tensor, ""]]:
        """Return the losses of what else is told: nothing."""
        return []


def choose(boxes: Float[Tensor, "b r 4"], faces: Faces, generator: torch.Generator) -> Chosen:
    """Return the proposals that are learnt from: positive ones first."""
    every = torch.cat([boxes, faces.boxes_px], dim=1)
    found = match(every, faces, FACE, FACE, forced=False)
    positive = drawn(found.positive, FACES, generator)
    negative = drawn(found.negative, LEARNT - positive.sum(1), generator)
    order = (2 * positive.int() + negative.int()).argsort(dim=1, descending=True, stable=True)[:, :LEARNT]
    return Chosen(
        boxes=picked(every, order),
        face=found.face.gather(1, order),
        positive=positive.gather(1, order),
        learnt=(positive | negative).gather(1, order),
    )


def box_losses(
    logits: Float[Tensor, "b r"], told: Float[Tensor, "b r 4"], chosen: Chosen, faces: Faces
) -> list[Float[Tensor, ""]]:
    """Return the losses of class and box, both over the number of proposals that are learnt from (Girshick 2015)."""
    count = chosen.learnt.sum().clamp(min=1)
    each = functional.binary_cross_entropy_with_logits(logits, chosen.positive.to(logits.dtype), reduction="none")
    boxes = encode(picked(faces.boxes_px, chosen.face), centred(chosen.boxes))
    off = functional.smooth_l1_loss(told[chosen.positive], boxes[chosen.positive], reduction="sum")
    return [each[chosen.learnt].sum() / count, off / count]
