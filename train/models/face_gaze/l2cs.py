"""L2CS-Net: pitch and yaw each as 90 classes of 4 degrees, read off as the expectation over the classes.

Abdelrahman, Hempel, Khalifa, Al-Hamadi, Dinges, "L2CS-Net: fine-grained gaze estimation in unconstrained environments"
(2022).  It is Hopenet's idea (train/models/pose/hopenet.py) with a loss of its own for each of the two angles.

    faces      (B, 3, 224, 224)  RGB in [0, 1]; any size of at least 32 works
    outputs    (B, 2, 90)        logits of the classes of pitch and yaw

Class k holds the angles of [-180 + 4 k, -176 + 4 k) degrees and stands for its lower edge, -180 + 4 k, in the
expectation, as in the authors' code for Gaze360 (for MPIIFaceGaze it has 28 classes of 3 degrees from -42).
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn import functional

from adapt.face_gaze_batch import FaceGazeBatch
from train.models.backbone import Depth, ResNet, Side
from train.models.face_gaze import FaceGazeNetwork

CLASSES = 90
CLASS_DEG = 4.0
LOWEST_DEG = -180.0


class L2CS(FaceGazeNetwork):
    """A ResNet and two linear heads of 90 classes, one an angle."""

    def __init__(self, depth: Depth = 50, alpha: float = 1.0, side: Side = 224) -> None:
        """Build the layers.

        Args:
            depth: Of the ResNet; 50 published.
            alpha: Weight of the squared error (degrees squared) beside the cross-entropy; 1 and 2 published.
            side: Of the pictures, px.
        """
        super().__init__()
        self.side = side
        self.alpha = alpha
        self.backbone = ResNet(depth)
        self.fc_pitch = nn.Linear(self.backbone.channels, CLASSES)
        self.fc_yaw = nn.Linear(self.backbone.channels, CLASSES)

    def forward(self, faces: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 2 90"]:  # type: ignore[override]
        """Return the logits of pitch and yaw."""
        features = self.backbone(faces)
        return torch.stack([self.fc_pitch(features), self.fc_yaw(features)], dim=1)

    def gaze(self, outputs: Float[Tensor, "b 2 90"], batch: FaceGazeBatch) -> Float[Tensor, "b 2"]:
        """Return the expected angles."""
        return torch.deg2rad(expected_deg(outputs))

    def loss(self, outputs: Float[Tensor, "b 2 90"], batch: FaceGazeBatch) -> Float[Tensor, ""]:
        """Return the sum of the two angles' losses."""
        true_deg = torch.rad2deg(batch.gaze_pitch_yaw_rad)
        # Equation 3: CLS(y, p) = H(y, p) + beta MSE(y, p) for each angle, H the cross-entropy of the classes.
        entropy = functional.cross_entropy(outputs.flatten(0, 1), classes(true_deg).flatten())
        squared = functional.mse_loss(expected_deg(outputs), true_deg)
        # Both are means over the two angles.
        return 2 * (entropy + self.alpha * squared)


def expected_deg(logits: Float[Tensor, "*n 90"]) -> Float[Tensor, "*n"]:
    """Return the expectation of an angle over its classes, degrees."""
    values_deg = LOWEST_DEG + CLASS_DEG * torch.arange(CLASSES, dtype=logits.dtype, device=logits.device)
    return (logits.softmax(dim=-1) * values_deg).sum(-1)


def classes(angles_deg: Float[Tensor, "*n"]) -> Int64[Tensor, "*n"]:
    """Return the class of each angle."""
    return ((angles_deg - LOWEST_DEG) / CLASS_DEG).floor().clamp(0, CLASSES - 1).long()
