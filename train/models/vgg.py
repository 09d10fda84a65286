"""VGG-16 up to its tenth convolution, with the names and shapes of torchvision's parameters.

Simonyan, Zisserman, "Very deep convolutional networks for large-scale image recognition" (ICLR 2015), configuration D,
the first four blocks, without the fourth's pooling.  At `width` 1 the weights that torchvision publishes load as they
are (vgg16-397923af.pth; published.py), without the fifth block and the classifier.

    images     (B, 3, H, W)         RGB in [0, 1]; standardised inside by ImageNet's mean and deviation
    returns    (B, C, H/8, W/8)     C is 512 at width 1
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from train.models.backbone import IMAGENET_DEVIATION, IMAGENET_MEAN
from train.models.published import Published

BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3))
"""Channels and convolutions."""


class VGG16(Published):
    """Four blocks of 3x3 convolutions, pooled between them."""

    mean: Tensor
    deviation: Tensor
    classifier = ("classifier.", "features.24.", "features.26.", "features.28.")

    def __init__(self, width: float = 1.0) -> None:
        """Build the layers.

        Args:
            width: Factor of all channels.
        """
        super().__init__()
        self.published_as = "torchvision VGG-16" if width == 1 else f"VGG-16 of width {width:g}"
        layers: list[nn.Module] = []
        before = 3
        for channels, convolutions in BLOCKS:
            if layers:
                layers.append(nn.MaxPool2d(2))
            after = max(round(width * channels), 1)
            for _ in range(convolutions):
                layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(inplace=True)]
                before = after
        self.features = nn.Sequential(*layers)
        self.channels = before
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(IMAGENET_DEVIATION)[:, None, None], persistent=False)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                assert module.bias is not None
                nn.init.zeros_(module.bias)

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b c h8 w8"]:
        """Return the last feature maps."""
        features: Tensor = self.features((images - self.mean) / self.deviation)
        return features
