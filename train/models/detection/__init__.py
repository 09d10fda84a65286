"""Detectors: one file a network, all with the interface of `DetectionNetwork`.

    images    (B, 3, s, s)   RGB in [0, 1], square, of any side that 32 divides: letterboxed (adapt/detection_batch.py)
    found     `Detections`   boxes with scores and five points, px of these pictures

What networks share is written once: boxes.py (overlaps), anchors.py, box_coding.py, matching.py, mining.py (which
negatives count), nms.py, dense.py (networks that tell every anchor at once), roi_align.py, fpn.py.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from adapt.detection_batch import Faces
from adapt.rows import Rows
from synth.errors import ConfigError

STRIDE = 32
"""Px: sides of pictures are multiples of it."""
LEAST_SCORE = 0.02
"""Below it nothing is told: what RetinaFace's evaluation keeps."""
FIRST, LAST = 1000, 300
"""The best boxes of a picture before and after those that overlap better ones are taken away."""


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
        tells_points: Whether it tells the five points.
        outputs: Names of what `forward` returns.
        said: What `forward` takes and returns, in words.
        free: Inputs of `forward` that are pictures of any height and width.
    """

    side: int
    test_side: int
    tells_points: bool = True
    outputs: tuple[str, ...]
    said: str
    free: tuple[str, ...] = ()

    def use_sides(self, side: int, test_side: int) -> None:
        """Take pictures of these sides; 0 as the second is the first.

        Raises:
            ConfigError: The coarsest map would not fit a picture.
        """
        for name, value in (("side", side), ("test_side", test_side or side)):
            if value < STRIDE or value % STRIDE:
                raise ConfigError(f"model.{name}={value}: a multiple of {STRIDE} px")
        self.side, self.test_side = side, test_side or side

    @abstractmethod
    def loss(self, images: Float[Tensor, "b 3 s s"], faces: Faces, generator: torch.Generator) -> Float[Tensor, ""]:
        """Return what training minimises; what has to be drawn comes from the generator."""

    @abstractmethod
    def detect(self, images: Float[Tensor, "b 3 s s"]) -> Detections:
        """Return what is found."""

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
