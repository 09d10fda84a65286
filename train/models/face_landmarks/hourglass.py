"""Stacked hourglasses for faces: 68 heatmaps by each of four, a quarter of the picture's side.

Newell, Yang, Deng, "Stacked hourglass networks for human pose estimation" (ECCV 2016), as face alignment took it over
(Bulat and Tzimiropoulos 2017: four hourglasses, 256x256, heatmaps 64x64); blocks are those of
train/models/hourglass.py, one a place.  `learning=adaptive_wing` is the loss of Wang, Bo and Fuxin (2019), without
their boundaries and coordinates.  Newell's sigma is 1, in heatmaps of 64x64.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from adapt.marked_faces import MarkedFaces
from train.models.backbone import IMAGENET_DEVIATION, IMAGENET_MEAN
from train.models.face_landmarks import FaceLandmarkNetwork, FaceReading
from train.models.face_landmarks.heatmaps import Learning, learning_loss, places
from train.models.hourglass import StackedHourglass


class HourglassLandmarks(FaceLandmarkNetwork):
    """See the module."""

    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        modules: int = 4,
        channels: int = 256,
        side: Literal[256, 128, 96, 64] = 256,
        learning: Learning = "mse",
        sigma: float = 1.0,
    ) -> None:
        """Build the layers.

        Args:
            modules: Hourglasses.
            channels: Of their features.
            side: Of the pictures.
            learning: What is learnt, and how places are read (heatmaps.py).
            sigma: Of the heatmaps to be learnt, in their pixels.
        """
        super().__init__()
        self.size, self.learning, self.sigma = (side, side), learning, sigma
        self.hourglasses = StackedHourglass(self.marks.n, modules, channels, colours=3, halvings=2)
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(IMAGENET_DEVIATION)[:, None, None], persistent=False)

    def forward(self, images: Float[Tensor, "b 3 s s"]) -> FaceReading:
        """Return the heatmaps of all hourglasses, and the last one's landmarks."""
        heatmaps = self.hourglasses((images - self.mean) / self.deviation)
        return FaceReading(places(heatmaps[:, -1:], self.learning, self.size)[:, 0], heatmaps=heatmaps)

    def loss(self, reading: FaceReading, faces: MarkedFaces) -> Float[Tensor, ""]:
        """Return the loss of all hourglasses' heatmaps."""
        assert reading.heatmaps is not None
        return learning_loss(reading.heatmaps, faces.points_px, self.learning, self.size, self.sigma)
