"""MobileNet at a quarter of its width, as RetinaFace's smallest network has it, up to its last feature maps.

Howard et al., "MobileNets: efficient convolutional neural networks for mobile vision applications" (2017), table 1,
with the channels times 0.25, cut into three stages; leaky ReLUs of slope 0.1.  Names of parameters are those of the
weights that biubug6/Pytorch_Retinaface publishes (mobilenetV1X0.25_pretrain.tar), which load by published.py; what
their training did to pictures before the first convolution was not checked.

    images    (B, 3, H, W)  RGB in [0, 1]; standardised inside by ImageNet's mean and deviation
    stages    strides 8, 16, 32: 64, 128 and 256 channels
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from train.models.backbone import IMAGENET_DEVIATION, IMAGENET_MEAN
from train.models.published import Published

SLOPE = 0.1
# Channels in and out and stride of each block of a stage; the first of all is a full convolution.
STAGES = (
    ((3, 8, 2), (8, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1)),
    ((64, 128, 2), *((128, 128, 1),) * 5),
    ((128, 256, 2), (256, 256, 1)),
)
CHANNELS = (64, 128, 256)


def conv_norm(before: int, after: int, stride: int = 1, kernel: int = 3, slope: float | None = SLOPE) -> nn.Sequential:
    """Return a convolution, batch normalisation and a leaky ReLU; of slope 0 it is a ReLU, of None there is none."""
    layers = [nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(after)]
    return nn.Sequential(*layers, *([] if slope is None else [nn.LeakyReLU(slope, inplace=True)]))


def separable(before: int, after: int, stride: int) -> nn.Sequential:
    """Return a 3x3 convolution of each channel and a 1x1 of all, both normalised and activated."""
    each = nn.Conv2d(before, before, 3, stride, 1, groups=before, bias=False)
    return nn.Sequential(
        each,
        nn.BatchNorm2d(before),
        nn.LeakyReLU(SLOPE, inplace=True),
        nn.Conv2d(before, after, 1, bias=False),
        nn.BatchNorm2d(after),
        nn.LeakyReLU(SLOPE, inplace=True),
    )


class MobileNetQuarter(Published):
    """3 x H x W -> stage1 (H/8) -> stage2 (H/16) -> stage3 (H/32)."""

    mean: Tensor
    deviation: Tensor
    published_as = "MobileNet of width 0.25 by biubug6/Pytorch_Retinaface"
    classifier = "fc."

    def __init__(self) -> None:
        """Build the layers with He's start."""
        super().__init__()
        for number, rows in enumerate(STAGES):
            blocks = [separable(*row) if row[0] != 3 else conv_norm(*row) for row in rows]
            self.add_module(f"stage{number + 1}", nn.Sequential(*blocks))
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(IMAGENET_DEVIATION)[:, None, None], persistent=False)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, SLOPE, mode="fan_out")

    def stages(self, images: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b _ _ _"]]:
        """Return the feature maps of strides 8, 16 and 32."""
        x, maps = (images - self.mean) / self.deviation, []
        for number in range(len(STAGES)):
            x = self.get_submodule(f"stage{number + 1}")(x)
            maps.append(x)
        return maps
