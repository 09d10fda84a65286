"""ResNet-18, -34 and -50 up to their last feature maps, with the names and shapes of torchvision's parameters.

He, Zhang, Ren, Sun, "Deep residual learning for image recognition" (CVPR 2016), with the bottleneck's stride on its 3x3
convolution, as in every published PyTorch weight (the paper has it on the first 1x1).  The classifier `fc` is left out.

    images          (B, 3, H, W)        RGB in [0, 1]; standardised inside by ImageNet's mean and deviation
    maps            (B, C, H/32, W/32)  C is 512 for the depths 18 and 34, 2048 for 50
    returns         (B, C)              their mean over the picture

Since the names are torchvision's, ImageNet's weights load as they are published (published.py).
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from train.models.published import Published

Depth = Literal[18, 34, 50]
Side = Literal[224, 112, 64]
"""Of square pictures, px: 224 is published, the others show the same at a lower resolution and cost less."""
BLOCKS: dict[int, tuple[int, int, int, int]] = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


class BasicBlock(nn.Module):
    """(B, before, h, w) -> (B, width, h / stride, w / stride): two 3x3 convolutions, plus the way past them."""

    expansion = 1

    def __init__(self, before: int, width: int, stride: int) -> None:
        """Build one block."""
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = projection(before, width, stride)

    def forward(self, x: Float[Tensor, "b before h w"]) -> Float[Tensor, "b after h2 w2"]:
        """Return the activated sum."""
        inside = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        inside = self.bn2(self.conv2(inside))
        return functional.relu(inside + (x if self.downsample is None else self.downsample(x)), inplace=True)


class Bottleneck(nn.Module):
    """(B, before, h, w) -> (B, 4 width, h / stride, w / stride): 1x1, 3x3, 1x1, plus the way past them."""

    expansion = 4

    def __init__(self, before: int, width: int, stride: int) -> None:
        """Build one block."""
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, self.expansion * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(self.expansion * width)
        self.downsample = projection(before, self.expansion * width, stride)

    def forward(self, x: Float[Tensor, "b before h w"]) -> Float[Tensor, "b after h2 w2"]:
        """Return the activated sum."""
        inside = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        inside = functional.relu(self.bn2(self.conv2(inside)), inplace=True)
        inside = self.bn3(self.conv3(inside))
        return functional.relu(inside + (x if self.downsample is None else self.downsample(x)), inplace=True)


def projection(before: int, after: int, stride: int) -> nn.Sequential | None:
    """Return the way past a block that changes the shape: the paper's option B; None where it is the identity."""
    if before == after and stride == 1:
        return None
    return nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))


class ResNet(Published):
    """3 x H x W -> 64 x H/4 -> layer1 -> layer2 (H/8) -> layer3 (H/16) -> layer4 (H/32) -> mean."""

    mean: Tensor
    deviation: Tensor
    classifier = "fc."

    def __init__(self, depth: Depth) -> None:
        """Build the layers with He's start; `channels` says how many features come out."""
        super().__init__()
        self.depth = depth
        self.published_as = f"torchvision ResNet-{depth}"
        block = Bottleneck if depth == 50 else BasicBlock
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.channels = 64
        for i, (blocks, width) in enumerate(zip(BLOCKS[depth], (64, 128, 256, 512), strict=True)):
            layer = nn.Sequential()
            for j in range(blocks):
                layer.append(block(self.channels, width, 2 if i > 0 and j == 0 else 1))
                self.channels = block.expansion * width
            self.add_module(f"layer{i + 1}", layer)
        # Not parts of the state: the names stay those of torchvision.
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(IMAGENET_DEVIATION)[:, None, None], persistent=False)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def maps(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b c h32 w32"]:
        """Return the last feature maps."""
        return self.stages(images)[-1]

    def stages(self, images: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b _ _ _"]]:
        """Return the feature maps of all four layers, of strides 4, 8, 16 and 32."""
        x = functional.relu(self.bn1(self.conv1((images - self.mean) / self.deviation)), inplace=True)
        x = functional.max_pool2d(x, 3, 2, 1)
        maps = []
        for i in range(1, 5):
            x = self.get_submodule(f"layer{i}")(x)
            maps.append(x)
        return maps

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b c"]:
        """Return the mean of the last feature maps."""
        return self.maps(images).mean(dim=(2, 3))
