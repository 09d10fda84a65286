"""Detectors: one file a network, all with the interface of `DetectionNetwork`.

    images    (B, 3, s, s)   RGB in [0, 1], square, of any side that 32 divides: letterboxed (adapt/detection_batch.py)
    found     `Detections`   boxes with scores and five points, px of these pictures

`detect` looks once.  `find` is what callers use: it looks a second time at the same pictures reduced to `near_side`,
where a network has one, for faces too large for the first look.

What networks share is written once: boxes.py (overlaps), anchors.py, box_coding.py, matching.py, mining.py (which
negatives count), nms.py, dense.py (networks that tell every anchor at once), roi_align.py, fpn.py.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from adapt.detection_batch import Faces
from adapt.rows import Rows
from synth.errors import ConfigError
from train.models.detection.boxes import area
from train.models.detection.nms import suppressed

STRIDE = 32
"""Px: sides of pictures are multiples of it."""
LEAST_SCORE = 0.02
"""Below it nothing is told: what RetinaFace's evaluation keeps."""
FIRST, LAST = 1000, 300
"""The best boxes of a picture before and after those that overlap better ones are taken away."""
NEAR_FROM, FIRST_UNTIL = 0.15, 0.2
"""Sides of boxes (square roots of their areas) over the picture's: from which the near look is believed, and to which
the first one is.  A near look shows smaller faces as a few px; a first look tells of larger ones halves and ears, as
boxes of their own.  Between the two both are believed, so that a face on the border is not lost."""
BOTH_OVERLAP = 0.4
"""IoU beyond which a box of one look is the face of a better one of the other."""


@dataclass(frozen=True)
class Detections(Rows):
    """What is found in pictures, the best first, k rows each.

    Attributes:
        boxes_px: Left, top, right, bottom.
        scores: In [0, 1]; 0 in rows that hold nothing.
        points_px: The five points; NaN of a network that tells none.
    """

    boxes_px: Float[Tensor, "b k 4"]
    scores: Float[Tensor, "b k"]
    points_px: Float[Tensor, "b k 5 2"]


class DetectionNetwork(nn.Module, ABC):
    """A network that finds faces in square pictures.

    Attributes:
        side: Of the pictures that it learns from, px.
        test_side: Of the pictures that it is measured on and used with: a larger one shows smaller faces.
        near_side: Of what these are reduced to for a second look; 0 for none.
        tells_points: Whether it tells the five points.
        outputs: Names of what `forward` returns.
        said: What `forward` takes and returns, in words.
        free: Inputs of `forward` that are pictures of any height and width.
    """

    side: int
    test_side: int
    near_side: int
    tells_points: bool = True
    outputs: tuple[str, ...]
    said: str
    free: tuple[str, ...] = ()

    def use_sides(self, side: int, test_side: int, near_side: int) -> None:
        """Take pictures of these sides; 0 as the second is the first, as the third no second look.

        Raises:
            ConfigError: The coarsest map would not fit a picture; or a second look would not be a smaller one.
        """
        test_side = test_side or side
        for name, value in (("side", side), ("test_side", test_side), ("near_side", near_side or STRIDE)):
            if value < STRIDE or value % STRIDE:
                raise ConfigError(f"model.{name}={value}: a multiple of {STRIDE} px")
        if near_side >= test_side:
            raise ConfigError(f"model.near_side={near_side}: below the {test_side} px of the first look, or 0")
        self.side, self.test_side, self.near_side = side, test_side, near_side

    @abstractmethod
    def loss(self, images: Float[Tensor, "b 3 s s"], faces: Faces, generator: torch.Generator) -> Float[Tensor, ""]:
        """Return what training minimises; what has to be drawn comes from the generator."""

    @abstractmethod
    def detect(self, images: Float[Tensor, "b 3 s s"]) -> Detections:
        """Return what is found by one look."""

    def find(self, images: Float[Tensor, "b 3 s s"]) -> Detections:
        """Return what is found by both looks, or by the one where there is no second."""
        first = self.detect(images)
        if not self.near_side:
            return first
        size, factor = (self.near_side, self.near_side), images.shape[-1] / self.near_side
        reduced = functional.interpolate(images, size, mode="area")  # each pixel the mean of what it covers
        near = self.detect(reduced)
        return both_looks(
            first, Detections(near.boxes_px * factor, near.scores, near.points_px * factor), images.shape[-1]
        )

    def inputs(self, n: int, generator: torch.Generator) -> Mapping[str, Tensor]:
        """Return random inputs of `forward`, of n pictures."""
        return {"images": torch.rand(n, 3, self.test_side, self.test_side, generator=generator)}


def best(
    boxes: Float[Tensor, "b a 4"], scores: Float[Tensor, "b a"], points: Float[Tensor, "b a 5 2"], count: int
) -> Detections:
    """Return the best so many, the best first; what is below the least score gets the score 0."""
    scores, rows = scores.masked_fill(scores < LEAST_SCORE, 0.0).topk(min(count, scores.shape[1]), dim=1)
    k = rows.shape[1]
    return Detections(
        boxes_px=boxes.gather(1, rows[..., None].expand(-1, k, 4)),
        scores=scores,
        points_px=points.gather(1, rows[..., None, None].expand(-1, k, 5, 2)),
    )


def both_looks(first: Detections, near: Detections, side: int) -> Detections:
    """Return the faces of two looks at pictures of a side, px of these, the best first.

    Large faces are taken from the near look and small ones from the first; of boxes of both that overlap, the better
    one stays.
    """
    small = area(first.boxes_px).sqrt() < FIRST_UNTIL * side
    large = area(near.boxes_px).sqrt() > NEAR_FROM * side
    scores = torch.cat([first.scores * small, near.scores * large], dim=1)
    boxes = torch.cat([first.boxes_px, near.boxes_px], dim=1)
    points = torch.cat([first.points_px, near.points_px], dim=1)
    found = best(boxes, scores, points, scores.shape[1])
    return best(found.boxes_px, suppressed(found.boxes_px, found.scores, BOTH_OVERLAP), found.points_px, LAST)
