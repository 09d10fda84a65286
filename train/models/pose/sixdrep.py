"""6DRepNet: six numbers made a rotation by Gram-Schmidt, trained on the angle that is left to the true rotation.

Hempel, Abdelrahman, Al-Hamadi, "6D rotation representation for unconstrained head pose estimation" (ICIP 2022), on the
representation of Zhou et al. (train/rotations.py).  The published network's backbone is a RepVGG-B1g2; here it is a
ResNet, of which the paper also reports one.

    images     (B, 3, 224, 224)  RGB in [0, 1], or of another `side`
    outputs    (B, 6)            the first two columns of `cam_from_head`, before they are made orthonormal
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from train.models.backbone import Depth, ResNet, Side
from train.models.features import Features
from train.models.pose import PoseNetwork
from train.rotations import geodesic_angle, rotation_from_sixd


class SixDRepNet(PoseNetwork):
    """A ResNet and a linear layer to six numbers.

    It starts near the identity: an untrained network sees every head facing the lens, far from the zero and parallel
    columns for which there is no rotation.
    """

    def __init__(self, depth: Depth = 18, side: Side = 224) -> None:
        """Build the layers.

        Args:
            depth: Of the ResNet; 18 trains on a CPU, 50 is nearest to the published network.
            side: Of the pictures, px.
        """
        super().__init__()
        self.size = (side, side)
        self.backbone = ResNet(depth)
        self.features = Features(self.backbone.channels)
        self.columns = nn.Linear(self.backbone.channels, 6)
        nn.init.normal_(self.columns.weight, std=0.01)
        with torch.no_grad():
            self.columns.bias.copy_(torch.eye(3)[:2].flatten())

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 6"]:
        """Return the two columns."""
        sixd: Tensor = self.columns(self.features(self.backbone(images)))
        return sixd

    def rotation(self, outputs: Float[Tensor, "b 6"]) -> Float[Tensor, "b 3 3"]:
        """Return `cam_from_head`."""
        return rotation_from_sixd(outputs)

    def loss(self, outputs: Float[Tensor, "b 6"], rotation: Float[Tensor, "b 3 3"]) -> Float[Tensor, ""]:
        """Return the mean angle left to the true rotation, radians."""
        # The paper's geodesic loss: arccos((tr(Rp Rgt') - 1) / 2), here in the form that is safe at 0 and pi.
        return geodesic_angle(rotation_from_sixd(outputs), rotation).mean()
