"""From a cut of a face to its features: a backbone, and how its last maps become numbers.

trunk   residual     small_residual.py, maps of stride 16
        mobilenet    MobileNetV2 (train/models/mobilenet_v2.py), maps of stride 32; published weights load
head    mean         each channel's mean over the picture
        flat         the maps of each place, brought to `REDUCED` channels by a 1x1 convolution
        local1       the same by a locally connected layer (local.py) of 1x1
        local3       of 3x3
"""

from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from train.models.mobilenet_v2 import MobileNetV2
from train.models.people.local import LocallyConnected
from train.models.small_residual import SmallResidual

Backbone = Literal["residual", "mobilenet"]
Head = Literal["mean", "flat", "local1", "local3"]
Side = Literal[64, 96, 128, 224]
"""Of the pictures, px."""
MOBILENET_STRIDE = 32
REDUCED = 32


class Trunk(nn.Module):
    """(B, 3, side, side) -> (B, width).

    Attributes:
        width: Numbers a picture.
    """

    def __init__(self, trunk: Backbone, width: float, side: int, head: Head) -> None:
        """Build the layers.

        Args:
            trunk: Which backbone.
            width: Factor of its channels.
            side: Of the pictures.
            head: What becomes of the last maps.
        """
        super().__init__()
        self.backbone: MobileNetV2 | SmallResidual
        if trunk == "mobilenet":
            self.backbone, stride = MobileNetV2(width), MOBILENET_STRIDE
        else:
            self.backbone = SmallResidual(width)
            stride = self.backbone.stride
        cells, channels = (side // stride, side // stride), self.backbone.channels
        self.reduce: nn.Module | None = None
        if head != "mean":
            layer = (
                nn.Conv2d(channels, REDUCED, 1)
                if head == "flat"
                else LocallyConnected(channels, REDUCED, cells, 3 if head == "local3" else 1)
            )
            self.reduce = nn.Sequential(layer, nn.BatchNorm2d(REDUCED))
        self.width = channels if head == "mean" else REDUCED * cells[0] * cells[1]

    def forward(self, images: Float[Tensor, "b 3 s s"]) -> Float[Tensor, "b f"]:
        """Return the features of RGB pictures in [0, 1]."""
        maps = self.backbone.maps(images)
        if self.reduce is None:
            return maps.mean(dim=(2, 3))
        return functional.relu(self.reduce(maps)).flatten(1)
