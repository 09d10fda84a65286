"""What every eye network shares: the input's size and scale, and the layer in which the head pose joins.

A histogram-equalised picture has grey levels spread evenly over [0, 1]: mean 1/2, standard deviation 1 / sqrt(12).
The networks subtract and divide by these constants themselves, so that callers hand over plain [0, 1] pictures and
nobody has to carry a mean and a deviation beside the weights.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from train.models.features import Features

IMAGE_HEIGHT = 36
IMAGE_WIDTH = 60


def standardise(images: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 h w"]:
    """Return equalised pictures in [0, 1] with mean 0 and deviation 1."""
    return (images - 0.5) * math.sqrt(12.0)


class HeadJoin(nn.Module):
    """The last, linear layer: features (B, n) and head angles (B, 2) to gaze angles (B, 2), radians.

    It starts near zero, so that an untrained network looks straight ahead instead of far past the labels' range.
    """

    def __init__(self, features: int, head_pose: bool) -> None:
        """Make the layer for `features` inputs, plus two when the head pose joins."""
        super().__init__()
        self.head_pose = head_pose
        self.features = Features(features)
        self.linear = nn.Linear(features + (2 if head_pose else 0), 2)
        nn.init.normal_(self.linear.weight, std=0.01)
        nn.init.zeros_(self.linear.bias)

    def forward(self, features: Float[Tensor, "b n"], head_pitch_yaw: Float[Tensor, "b 2"]) -> Float[Tensor, "b 2"]:
        """Return the gaze's [pitch, yaw]."""
        features = self.features(features)
        joined = torch.cat([features, head_pitch_yaw], dim=1) if self.head_pose else features
        gaze_pitch_yaw: Tensor = self.linear(joined)
        return gaze_pitch_yaw
