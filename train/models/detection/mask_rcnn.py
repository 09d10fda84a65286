"""Mask R-CNN for the five points: Faster R-CNN, and of each face a map of 56 x 56 cells for each point.

He, Gkioxari, Dollar, Girshick, "Mask R-CNN" (ICCV 2017), section 5: a point is a mask of which one cell is set, learnt
by the cross-entropy over all cells.  A face's 14x14 piece goes through eight convolutions of 512 channels, a transposed
one and a doubling in size.  The point is told as the middle of the best cell; the paper reads it off the same map
enlarged to the box's size.  Masks of the whole face are not told: only some of our corpora have them.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from adapt.detection_batch import Faces
from train.models.detection import Detections
from train.models.detection.boxes import picked
from train.models.detection.faster_rcnn import FACES, STRIDES, Chosen, FasterRCNN
from train.models.detection.roi_align import roi_align

PIECE, CELLS = 14, 56
POINTS = 5


class PointHead(nn.Module):
    """(n, c, 14, 14) -> (n, 5, 56, 56): logits of the cells."""

    def __init__(self, channels: int, inside: int, convolutions: int) -> None:
        """Build the layers."""
        super().__init__()
        layers: list[nn.Module] = []
        for i in range(convolutions):
            layers += [nn.Conv2d(channels if i == 0 else inside, inside, 3, 1, 1), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers)
        self.kps_score_lowres = nn.ConvTranspose2d(inside, POINTS, 4, 2, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                assert module.bias is not None
                nn.init.zeros_(module.bias)

    def forward(self, pieces: Float[Tensor, "n c 14 14"]) -> Float[Tensor, "n 5 56 56"]:
        """Return the logits, float32."""
        coarse = self.kps_score_lowres(self.layers(pieces))
        return functional.interpolate(coarse.float(), scale_factor=2.0, mode="bilinear", align_corners=False)


class MaskRCNN(FasterRCNN):
    """MobileNetV2 -> pyramid -> proposals -> boxes -> points."""

    tells_points = True
    outputs = ("scores", "boxes_px", "points_px")
    said = FasterRCNN.said + "; points_px: the subject's right eye, left eye, nose, right and left corner of the mouth"

    def __init__(
        self,
        width: float = 1.0,
        channels: int = 256,
        dense: int = 1024,
        point_channels: int = 512,
        convolutions: int = 8,
        proposals: int = 300,
        side: int = 640,
        test_side: int = 0,
        near_side: int = 0,
    ) -> None:
        """Build the layers.

        Args:
            width: Factor of MobileNetV2's channels.
            channels: Of the pyramid.
            dense: Of the layers that tell boxes.
            point_channels: Of the convolutions that tell points.
            convolutions: How many of these.
            proposals: Of each picture.
            side: Of the pictures that it learns from, a multiple of 32.
            test_side: Of those that it is used with; 0 for `side`.
            near_side: Of the second look; 0 for none.
        """
        super().__init__(width, channels, dense, proposals, side, test_side, near_side)
        self.keypoint = PointHead(channels, point_channels, convolutions)

    def cells_of(
        self, maps: list[Float[Tensor, "b c _ _"]], boxes: Float[Tensor, "b r 4"]
    ) -> Float[Tensor, "b r 5 56 56"]:
        """Return the logits of the points' cells in boxes."""
        pieces = roi_align(maps[: len(STRIDES)], STRIDES, boxes, PIECE)
        logits: Tensor = self.keypoint(pieces.flatten(0, 1))
        return logits.reshape(*boxes.shape[:2], *logits.shape[1:])

    def forward(self, images: Float[Tensor, "b 3 s s"]) -> tuple[Tensor, ...]:
        """Return score, box and points of every proposal."""
        maps, scores, boxes = self.found(images)
        return scores, boxes, points_in(self.cells_of(maps, boxes), boxes)

    def pointed(self, maps: list[Float[Tensor, "b c _ _"]], found: Detections) -> Detections:
        """Return what was found with its points, of as many rows as the fullest picture needs."""
        rows = max(1, int((found.scores > 0).sum(1).max()))
        found = Detections(found.boxes_px[:, :rows], found.scores[:, :rows], found.points_px[:, :rows])
        points = points_in(self.cells_of(maps, found.boxes_px), found.boxes_px)
        return Detections(found.boxes_px, found.scores, points)

    def further_losses(
        self, maps: list[Float[Tensor, "b c _ _"]], chosen: Chosen, faces: Faces
    ) -> list[Float[Tensor, ""]]:
        """Return the loss of the points; proposals that are faces come first."""
        boxes, positive = chosen.boxes[:, :FACES], chosen.positive[:, :FACES]
        cells, told = cells_with(picked(faces.points_px, chosen.face[:, :FACES]), boxes)
        told = told & positive[..., None]
        logits = self.cells_of(maps, boxes)
        if not told.any():
            return [logits.sum() * 0]
        return [functional.cross_entropy(logits[told].flatten(1), cells[told])]


def cells_with(
    points: Float[Tensor, "b r 5 2"], boxes: Float[Tensor, "b r 4"]
) -> tuple[Int[Tensor, "b r 5"], Bool[Tensor, "b r 5"]]:
    """Return the cell of each point in its box, row by row, and which points lie in one."""
    low, size = boxes[..., None, :2], (boxes[..., 2:] - boxes[..., :2]).clamp(min=1e-6)[..., None, :]
    at = (points - low) / size * CELLS
    inside = ((at >= 0) & (at < CELLS)).all(-1)  # NaN is not
    column, row = at.nan_to_num(0.0).floor().long().clamp(0, CELLS - 1).unbind(-1)
    return row * CELLS + column, inside


def points_in(logits: Float[Tensor, "b r 5 56 56"], boxes: Float[Tensor, "b r 4"]) -> Float[Tensor, "b r 5 2"]:
    """Return the middles of the best cells, px."""
    cell = logits.flatten(3).argmax(-1)
    at = torch.stack([cell % CELLS, cell // CELLS], dim=-1).to(boxes.dtype) + 0.5
    return boxes[..., None, :2] + at / CELLS * (boxes[..., 2:] - boxes[..., :2])[..., None, :]
