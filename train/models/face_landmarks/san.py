"""SAN: heatmaps from a picture and from the same picture in one common style, told together.

Dong, Yan, Ouyang, Yang, "Style aggregated network for facial landmark detection" (CVPR 2018), section 3.2; numbers from
the authors' code (D-X-Y/landmark-detection, SAN/lib/models/itn_cpm.py).  VGG-16's first four blocks and two
convolutions, the same for both pictures, then three stages, F features and H heatmaps of original and aggregated
picture (o, s):

    H_o = f1(F_o)    H_s = f1(F_s)    H_2 = f2(F_o, F_s, H_o, H_s)    H_3 = f3(F_o, F_s, H_2)
    loss = |H_o - H*|^2 + |H_s - H*|^2 + |H_2 - H*|^2 + |H_3 - H*|^2, means over the heatmaps (equation 4)

Not theirs is where the second picture comes from.  Their generators (CycleGAN's) were fine-tuned on 300-W in four
styles of PhotoShop (original, light, grey, sketch), and the second picture is the mean of two generators' outputs.
Here it is `aggregated`, a formula: the luma, with the local mean taken off and over the local deviation, which takes
away what those styles differ by, colour, light and contrast.  The many styles of the originals are those that
augmentation draws (adapt/augment/looks.py).  Batch normalisation, which the authors' network does without, is on the
new layers alone: VGG's weights keep their meaning.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from adapt.augment.levels import luma
from adapt.marked_faces import MarkedFaces
from train.models.face_landmarks import FaceLandmarkNetwork, FaceReading
from train.models.face_landmarks.heatmaps import Learning, learning_loss, places
from train.models.vgg import VGG16

FEATURES = 128
"""Of each picture before the stages; `width` is their factor too."""
NEIGHBOURHOOD = 8
"""The local mean is over a square of an eighth of the side."""
LEAST_DEVIATION = 0.05


class SAN(FaceLandmarkNetwork):
    """See the module."""

    def __init__(
        self,
        width: float = 1.0,
        side: Literal[256, 128, 64] = 256,
        learning: Learning = "mse",
        sigma: float = 1.0,
    ) -> None:
        """Build the layers.

        Args:
            width: Factor of all channels.
            side: Of the pictures; heatmaps have an eighth of it.
            learning: What is learnt, and how places are read (heatmaps.py).
            sigma: Of the heatmaps to be learnt, in their pixels.
        """
        super().__init__()
        self.size, self.learning, self.sigma = (side, side), learning, sigma
        self.backbone = VGG16(width)
        n, f = self.marks.n, max(round(width * FEATURES), 2)
        self.features = nn.Sequential(*layer(self.backbone.channels, 2 * f, 3), *layer(2 * f, f, 3))
        self.stage1 = nn.Sequential(
            *(one for _ in range(4) for one in layer(f, f, 3)), *layer(f, 4 * f, 1), told(4 * f, n)
        )
        self.stage2 = later_stage(2 * f + 2 * n, f, n)
        self.stage3 = later_stage(2 * f + n, f, n)

    def forward(self, images: Float[Tensor, "b 3 s s"]) -> FaceReading:
        """Return the heatmaps H_o, H_s, H_2, H_3, and the last one's landmarks."""
        n = images.shape[0]
        # Both in one pass, so that batch normalisation knows both.
        features = self.features(self.backbone(torch.cat([images, aggregated(images)])))
        first = self.stage1(features)
        together = torch.cat([features[:n], features[n:]], dim=1)
        second = self.stage2(torch.cat([together, first[:n], first[n:]], dim=1))
        third = self.stage3(torch.cat([together, second], dim=1))
        heatmaps = torch.stack([first[:n], first[n:], second, third], dim=1).float()
        return FaceReading(places(heatmaps[:, -1:], self.learning, self.size)[:, 0], heatmaps=heatmaps)

    def loss(self, reading: FaceReading, faces: MarkedFaces) -> Float[Tensor, ""]:
        """Return the loss of all four heatmaps, equation 4: their sum."""
        assert reading.heatmaps is not None
        stages = reading.heatmaps.shape[1]
        mean = learning_loss(reading.heatmaps, faces.points_px, self.learning, self.size, self.sigma)
        return stages * mean


def aggregated(images: Float[Tensor, "b 3 s s"]) -> Float[Tensor, "b 3 s s"]:
    """Return pictures in one style: grey, about a half, a fifth of local deviations either way; see the module."""
    grey = luma(images)
    radius = max(images.shape[-1] // NEIGHBOURHOOD // 2, 1)

    def local(x: Tensor) -> Tensor:
        padded = functional.pad(x, (radius, radius, radius, radius), mode="replicate")
        return functional.avg_pool2d(padded, 2 * radius + 1, stride=1)

    mean = local(grey)
    deviation = (local(grey**2) - mean**2).clamp(min=0).sqrt()
    return (0.5 + 0.2 * (grey - mean) / deviation.clamp(min=LEAST_DEVIATION)).clamp(0, 1).expand(-1, 3, -1, -1)


def layer(before: int, after: int, kernel: int) -> list[nn.Module]:
    """Return a convolution, batch normalisation and a rectifier."""
    return [
        nn.Conv2d(before, after, kernel, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    ]


def told(before: int, landmarks: int) -> nn.Conv2d:
    """Return the layer that tells heatmaps: nearly nothing anywhere at first, which most of a heatmap is to be."""
    last = nn.Conv2d(before, landmarks, 1)
    nn.init.normal_(last.weight, std=0.01)
    assert last.bias is not None
    nn.init.zeros_(last.bias)
    return last


def later_stage(before: int, f: int, landmarks: int) -> nn.Sequential:
    """Return the second or third stage: three convolutions of 7x7, four of 3x3, one of 1x1, the heatmaps."""
    kernels = (7, 7, 7, 3, 3, 3, 3, 1)
    layers = [one for i, kernel in enumerate(kernels) for one in layer(before if i == 0 else f, f, kernel)]
    return nn.Sequential(*layers, told(f, landmarks))
