"""HRNet-W18 for faces: 68 heatmaps of a quarter of the picture's side from all four streams.

Sun, Zhao, Jiang et al. (2019; train/models/hrnet.py), with what is behind the streams as in the authors' code for faces
(HRNet/HRNet-Facial-Landmark-Detection, lib/models/hrnet.py): all streams enlarged to the finest one's size, two 1x1
convolutions.  Published: 256x256, heatmaps 64x64, sigma 1 (its 300-W configuration), mean squared error, quarter
offset; 9.3 million parameters (its README), of which we count 9.65.

`mirrored` looks at the mirror image too when it is not learning, and tells what the mean of both heatmaps tells, as the
same authors' code for people does (leoxiaobin/deep-high-resolution-net.pytorch, TEST.FLIP_TEST): twice the time.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from adapt.marked_faces import MarkedFaces
from adapt.motion.swaps import IBUG68
from train.models.face_landmarks import FaceLandmarkNetwork, FaceReading
from train.models.face_landmarks.heatmaps import Learning, learning_loss, places
from train.models.hrnet import HRNet, enlarged


class HRNetLandmarks(FaceLandmarkNetwork):
    """See the module."""

    def __init__(
        self,
        width: int = 18,
        blocks: int = 4,
        streams: Literal["published", "one_each"] = "published",
        side: Literal[256, 128, 96, 64] = 256,
        learning: Learning = "mse",
        sigma: float = 1.0,
        mirrored: bool = False,
    ) -> None:
        """Build the layers.

        Args:
            width: Channels of the finest stream.
            blocks: Of a stream before an exchange.
            streams: How often two, three and four streams exchange: 1, 4, 3 times, or once each.
            side: Of the pictures.
            learning: What is learnt, and how places are read (heatmaps.py).
            sigma: Of the heatmaps to be learnt, in their pixels.
            mirrored: Whether the mirror image is looked at too; nothing that is learnt depends on it.
        """
        super().__init__()
        self.size, self.learning, self.sigma, self.mirrored = (side, side), learning, sigma, mirrored
        self.backbone = HRNet(width, (1, 4, 3) if streams == "published" else (1, 1, 1), blocks)
        every = sum(self.backbone.channels)
        last = nn.Conv2d(every, self.marks.n, 1)
        nn.init.normal_(last.weight, std=0.001)
        assert last.bias is not None
        nn.init.zeros_(last.bias)
        self.head = nn.Sequential(nn.Conv2d(every, every, 1), nn.BatchNorm2d(every), nn.ReLU(inplace=True), last)

    def forward(self, images: Float[Tensor, "b 3 s s"]) -> FaceReading:
        """Return heatmaps and landmarks."""
        heatmaps = self._heatmaps(images)
        if self.mirrored and not self.training:
            heatmaps = (heatmaps + self._heatmaps(images.flip(-1)).flip(-1)[:, :, list(IBUG68)]) / 2
        return FaceReading(places(heatmaps, self.learning, self.size)[:, -1], heatmaps=heatmaps)

    def _heatmaps(self, images: Float[Tensor, "b 3 s s"]) -> Float[Tensor, "b 1 68 h w"]:
        """Return the heatmaps of one look."""
        streams = self.backbone(images)
        size = streams[0].shape[-2:]
        together = torch.cat([streams[0], *(enlarged(x, size) for x in streams[1:])], dim=1)
        # In single precision, whatever the layers': places are sums over hundreds of pixels.
        return self.head(together)[:, None].float()

    def loss(self, reading: FaceReading, faces: MarkedFaces) -> Float[Tensor, ""]:
        """Return the loss of the heatmaps."""
        assert reading.heatmaps is not None
        return learning_loss(reading.heatmaps, faces.points_px, self.learning, self.size, self.sigma)
