"""Hopenet: each Euler angle as 66 classes of 3 degrees, read off as the expectation over the classes.

Ruiz, Chong, Rehg, "Fine-grained head pose estimation without keypoints" (CVPR workshops 2018).

    images     (B, 3, 224, 224)  RGB in [0, 1], or of another `side`
    outputs    (B, 3, 66)        logits of the classes of pitch, yaw, roll (300W-LP's, degrees)

Class k holds the angles of [-99 + 3 k, -96 + 3 k) and stands for its lower edge, -99 + 3 k, in the expectation, as in
the authors' code: -99 to 96.  Angles outside [-99, 99) belong to the nearest class.
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn import functional

from train.models.backbone import Depth, ResNet, Side
from train.models.features import Features
from train.models.pose import PoseNetwork
from train.rotations import pitch_yaw_roll_upright, rotation_from_pitch_yaw_roll

CLASSES = 66
CLASS_DEG = 3.0
LOWEST_DEG = -99.0


class Hopenet(PoseNetwork):
    """A ResNet and three linear heads of 66 classes, one an angle."""

    def __init__(self, depth: Depth = 50, alpha: float = 2.0, side: Side = 224) -> None:
        """Build the layers.

        Args:
            depth: Of the ResNet; 50 published.
            alpha: Weight of the squared error (degrees squared) beside the cross-entropy; 1 and 2 published.
            side: Of the pictures, px.
        """
        super().__init__()
        self.size = (side, side)
        self.alpha = alpha
        self.backbone = ResNet(depth)
        self.features = Features(self.backbone.channels)
        self.fc_pitch = nn.Linear(self.backbone.channels, CLASSES)
        self.fc_yaw = nn.Linear(self.backbone.channels, CLASSES)
        self.fc_roll = nn.Linear(self.backbone.channels, CLASSES)

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 66"]:
        """Return the logits of pitch, yaw and roll."""
        features = self.features(self.backbone(images))
        return torch.stack([self.fc_pitch(features), self.fc_yaw(features), self.fc_roll(features)], dim=1)

    def rotation(self, outputs: Float[Tensor, "b 3 66"]) -> Float[Tensor, "b 3 3"]:
        """Return `cam_from_head` of the expected angles."""
        return rotation_from_pitch_yaw_roll(torch.deg2rad(expected_deg(outputs)))

    def loss(self, outputs: Float[Tensor, "b 3 66"], rotation: Float[Tensor, "b 3 3"]) -> Float[Tensor, ""]:
        """Return the sum of the three angles' losses."""
        true_deg = torch.rad2deg(pitch_yaw_roll_upright(rotation))
        # Section 3.2: L = H(y, y^) + alpha MSE(y, y^) for each angle, H the cross-entropy of the classes.
        entropy = functional.cross_entropy(outputs.flatten(0, 1), classes(true_deg).flatten())
        squared = functional.mse_loss(expected_deg(outputs), true_deg)
        # Both are means over the three angles.
        return 3 * (entropy + self.alpha * squared)


def expected_deg(logits: Float[Tensor, "*n 66"]) -> Float[Tensor, "*n"]:
    """Return the expectation of an angle over its classes, degrees."""
    values_deg = LOWEST_DEG + CLASS_DEG * torch.arange(CLASSES, dtype=logits.dtype, device=logits.device)
    return (logits.softmax(dim=-1) * values_deg).sum(-1)


def classes(angles_deg: Float[Tensor, "*n"]) -> Int64[Tensor, "*n"]:
    """Return the class of each angle."""
    return ((angles_deg - LOWEST_DEG) / CLASS_DEG).floor().clamp(0, CLASSES - 1).long()
