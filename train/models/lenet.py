"""LeNet for one eye, the head pose joined before the last layer.

Zhang, Sugano, Fritz, Bulling, "Appearance-based gaze estimation in the wild" (CVPR 2015): two convolutions with
max-pooling, one dense layer of 500, then a linear regression from those 500 features and the two head angles.

    images          (B, 1, 36, 60)  grey in [0, 1], histogram-equalised
    head_pitch_yaw  (B, 2)          radians in `norm`
    returns         (B, 2)          gaze [pitch, yaw], radians in `norm`
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from train.models.parts import IMAGE_HEIGHT, IMAGE_WIDTH, HeadJoin, standardise


class LeNet(nn.Module):
    """1x36x60 -> 20x32x56 -> 20x16x28 -> 50x12x24 -> 50x6x12 -> 500 (+ 2) -> 2."""

    def __init__(self, head_pose: bool = True, dropout: float = 0.0) -> None:
        """Build the layers.

        Args:
            head_pose: Whether the two head angles join the features; without, the network sees the picture alone.
            dropout: Probability with which a feature of the dense layer is dropped in training.
        """
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 20, 5),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Conv2d(20, 50, 5),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
        )
        height, width = ((IMAGE_HEIGHT - 4) // 2 - 4) // 2, ((IMAGE_WIDTH - 4) // 2 - 4) // 2
        self.dense = nn.Sequential(nn.Linear(50 * height * width, 500), nn.ReLU(inplace=True), nn.Dropout(dropout))
        self.gaze = HeadJoin(500, head_pose)

    def forward(self, images: Float[Tensor, "b 1 36 60"], head_pitch_yaw: Float[Tensor, "b 2"]) -> Float[Tensor, "b 2"]:
        """Return the gaze's [pitch, yaw] in radians."""
        features = torch.flatten(self.features(standardise(images)), start_dim=1)  # (B, 3600)
        return self.gaze(self.dense(features), head_pitch_yaw)
