"""BlazeFace: two grids of square anchors behind 5x5 depthwise convolutions, and boxes that are blended.

Bazarevsky, Kartynnik, Vakunov, Raveendran, Grundmann, "BlazeFace: sub-millisecond neural face detection on mobile GPUs"
(2019): the layers of its appendix (single and double BlazeBlocks), 128x128.

    16x16 cells   2 anchors each     19 and 29 px
     8x8  cells   6 anchors each     45, 56, 70, 82, 96 and 111 px          896 in all

The paper gives the numbers of anchors and not their sizes: those are of MediaPipe's graph (SSD's scales from 0.148 to
0.75 of the picture in four steps, and the geometric mean of each with the next; from memory).  Told are our five points
instead of its six.  The paper does not say how classes are learnt: here by the focal loss.  A convolution is normalised
after its 1x1 part.
"""

from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from train.models.detection import Detections
from train.models.detection.anchors import Level
from train.models.detection.dense import Dense, DenseDetector, Learning, dense_of, start_rare
from train.models.detection.nms import blended

SCALES = (0.1484375, 0.349, 0.5495, 0.75, 1.0)
"""Of MediaPipe's four layers, 0.1484375 + i 0.2005 as it rounds them, and the 1 that the last is averaged with."""
MADE_FOR = 128
NARROW, WIDE, GRID = 24, 48, 96


def sides_px() -> list[float]:
    """Return the sides of the eight anchors: each scale, and its geometric mean with the next."""
    return [MADE_FOR * side for low, high in pairwise(SCALES) for side in (low, (low * high) ** 0.5)]


def separable(before: int, after: int, stride: int = 1) -> nn.Sequential:
    """Return a 5x5 convolution of each channel and a 1x1 of all, normalised."""
    each = nn.Conv2d(before, before, 5, stride, 2, groups=before)
    return nn.Sequential(each, nn.Conv2d(before, after, 1, bias=False), nn.BatchNorm2d(after))


class BlazeBlock(nn.Module):
    """(B, before, h, w) -> (B, after, h / stride, w / stride): one separable convolution, or two, and the way past."""

    def __init__(self, before: int, after: int, stride: int = 1, double: bool = False) -> None:
        """Build one block; a double one goes through 24 channels."""
        super().__init__()
        if double:
            inside = [separable(before, NARROW, stride), nn.ReLU(inplace=True), separable(NARROW, after)]
        else:
            inside = [separable(before, after, stride)]
        self.convs = nn.Sequential(*inside)
        self.stride, self.more = stride, after - before

    def forward(self, x: Float[Tensor, "b before h w"]) -> Float[Tensor, "b after h2 w2"]:
        """Return the activated sum; the way past is pooled by maxima and has empty channels added."""
        past = functional.max_pool2d(x, 2, 2) if self.stride == 2 else x
        return functional.relu(self.convs(x) + functional.pad(past, (0, 0, 0, 0, 0, self.more)))


class BlazeFace(DenseDetector):
    """3 x 128 x 128 -> 96 x 16 x 16 -> 96 x 8 x 8."""

    overlap = 0.3
    learning = Learning(positive=0.35, negative=0.35, classes="focal", weights=(1.0, 1.0, 0.5))

    def __init__(self, side: int = MADE_FOR, test_side: int = 0, near_side: int = 0) -> None:
        """Build the layers.

        Args:
            side: Of the pictures that it learns from; anchors keep their px.
            test_side: Of those that it is used with; 0 for `side`.
            near_side: Of the second look; 0 for none.
        """
        super().__init__()
        self.use_sides(side, test_side, near_side)
        first, second = sides_px()[:2], sides_px()[2:]
        self.levels = (Level(8, tuple(first)), Level(16, tuple(second)))
        self.backbone1 = nn.Sequential(
            nn.Conv2d(3, NARROW, 5, 2, 2, bias=False),
            nn.BatchNorm2d(NARROW),
            nn.ReLU(inplace=True),
            BlazeBlock(NARROW, NARROW),
            BlazeBlock(NARROW, NARROW),
            BlazeBlock(NARROW, WIDE, 2),
            BlazeBlock(WIDE, WIDE),
            BlazeBlock(WIDE, WIDE),
            BlazeBlock(WIDE, GRID, 2, double=True),
            BlazeBlock(GRID, GRID, double=True),
            BlazeBlock(GRID, GRID, double=True),
        )
        self.backbone2 = nn.Sequential(
            BlazeBlock(GRID, GRID, 2, double=True),
            BlazeBlock(GRID, GRID, double=True),
            BlazeBlock(GRID, GRID, double=True),
        )
        self.classifiers = nn.ModuleList(nn.Conv2d(GRID, len(level.sides_px), 1) for level in self.levels)
        self.regressors = nn.ModuleList(nn.Conv2d(GRID, 4 * len(level.sides_px), 1) for level in self.levels)
        self.pointers = nn.ModuleList(nn.Conv2d(GRID, 10 * len(level.sides_px), 1) for level in self.levels)
        for head in self.classifiers:
            assert isinstance(head, nn.Conv2d)
            start_rare(head)

    def dense(self, images: Float[Tensor, "b 3 s s"]) -> Dense:
        """Return what the network tells of all anchors."""
        fine = self.backbone1(2 * images - 1)
        maps = [fine, self.backbone2(fine)]
        told = [
            [head(one) for head, one in zip(heads, maps, strict=True)]
            for heads in (self.classifiers, self.regressors, self.pointers)
        ]
        return dense_of(*told)

    def settled(
        self, found: Detections
    ) -> tuple[Float[Tensor, "b k 4"], Float[Tensor, "b k"], Float[Tensor, "b k 5 2"]]:
        """Return means of boxes and points that overlap, weighted by their scores."""
        boxes, points, scores = blended(found.boxes_px, found.points_px, found.scores, self.overlap)
        return boxes, scores, points
