"""68 points straight from the features of MobileNetV2 (Sandler et al. 2018; train/models/mobilenet_v2.py).

    points / side = mean face + dense(features)

`pooling=mean`: features are MobileNetV2's own, the last maps' means: 1280.  `pooling=grid`: the last maps of each
place, brought to 64 channels by a 1x1 convolution, so that where something is need not be told by channels alone; ours.

`loss=wing` is Feng's (CVPR 2018; wing.py); l1 and mse are of coordinates in percent of the picture's side.
"""

from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from adapt.marked_faces import MarkedFaces
from train.models.face_landmarks import FaceLandmarkNetwork, FaceReading
from train.models.face_landmarks.mean_face import mean_face
from train.models.face_landmarks.wing import wing_loss
from train.models.mobilenet_v2 import MobileNetV2

STRIDE = 32
REDUCED = 64


class MobileNetLandmarks(FaceLandmarkNetwork):
    """See the module."""

    mean_face: Tensor

    def __init__(
        self,
        width: float = 1.0,
        side: Literal[224, 192, 160, 128, 96, 64] = 224,
        loss: Literal["wing", "l1", "mse"] = "wing",
        pooling: Literal["mean", "grid"] = "mean",
    ) -> None:
        """Build the layers.

        Args:
            width: Factor of the channels.
            side: Of the pictures.
            loss: Of coordinates.
            pooling: How the last maps become features.
        """
        super().__init__()
        self.size, self.kind, self.pooling = (side, side), loss, pooling
        self.backbone = MobileNetV2(width)
        if pooling == "grid":
            self.reduced = nn.Sequential(
                nn.Conv2d(self.backbone.channels, REDUCED, 1, bias=False), nn.BatchNorm2d(REDUCED)
            )
            features = REDUCED * (side // STRIDE) ** 2
        else:
            features = self.backbone.channels
        self.points = nn.Linear(features, 2 * self.marks.n)
        nn.init.normal_(self.points.weight, std=0.001)
        nn.init.zeros_(self.points.bias)
        self.register_buffer("mean_face", mean_face(), persistent=False)

    def forward(self, images: Float[Tensor, "b 3 s s"]) -> FaceReading:
        """Return the landmarks."""
        maps = self.backbone.maps(images)
        features = functional.relu(self.reduced(maps)).flatten(1) if self.pooling == "grid" else maps.mean(dim=(2, 3))
        moved: Tensor = self.points(features).float()
        return FaceReading(self.size[0] * (self.mean_face + moved.reshape(-1, self.marks.n, 2)))

    def loss(self, reading: FaceReading, faces: MarkedFaces) -> Float[Tensor, ""]:
        """Return the loss of the coordinates."""
        if self.kind == "wing":
            return wing_loss(reading.points_px, faces.points_px, self.size[0])
        percent = 100 / self.size[0]
        found, true = percent * reading.points_px, percent * faces.points_px
        return functional.l1_loss(found, true) if self.kind == "l1" else functional.mse_loss(found, true)
