"""ResGaze: a ResNet and a linear layer, the baseline that ETH-XGaze was published with.

Zhang, Park, Beeler, Bradley, Tang, Hilliges, "ETH-XGaze: a large scale dataset for gaze estimation under extreme head
pose and gaze variation" (ECCV 2020), section 5.

    faces      (B, 3, 224, 224)  RGB in [0, 1]; any size of at least 32 works
    outputs    (B, 2)            [pitch, yaw] in radians
"""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from adapt.face_gaze_batch import FaceGazeBatch
from train.models.backbone import Depth, ResNet, Side
from train.models.face_gaze import FaceGazeNetwork


class ResGaze(FaceGazeNetwork):
    """A ResNet's mean features, and one linear layer to the two angles."""

    def __init__(self, depth: Depth = 50, side: Side = 224) -> None:
        """Build the layers.

        Args:
            depth: Of the ResNet; 50 published.
            side: Of the pictures, px.
        """
        super().__init__()
        self.side = side
        self.backbone = ResNet(depth)
        self.fc = nn.Linear(self.backbone.channels, 2)
        # An untrained network looks straight ahead, instead of far past the labels' range.
        nn.init.normal_(self.fc.weight, std=0.001)
        nn.init.zeros_(self.fc.bias)

    def forward(self, faces: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 2"]:  # type: ignore[override]
        """Return the angles."""
        pitch_yaw_rad: Tensor = self.fc(self.backbone(faces))
        return pitch_yaw_rad

    def gaze(self, outputs: Float[Tensor, "b 2"], batch: FaceGazeBatch) -> Float[Tensor, "b 2"]:
        """Return the outputs, which are the angles."""
        return outputs

    def loss(self, outputs: Float[Tensor, "b 2"], batch: FaceGazeBatch) -> Float[Tensor, ""]:
        """Return the mean absolute difference of the angles, radians: the L1 loss of section 5."""
        return functional.l1_loss(outputs, batch.gaze_pitch_yaw_rad)
