"""HRNet: four streams of resolutions 1/4 to 1/32 side by side, that exchange what they see, again and again.

Sun, Zhao, Jiang, Cheng, Xiao, Liu, Mu, Wang, Liu, Wang, "High-resolution representations for labeling pixels and
regions" (2019): HRNetV2.  Layers, names and shapes are those of the authors' and timm's networks without what is behind
the streams, so that ImageNet's weights load as they are published (published.py).

    images    (B, 3, H, W)    RGB in [0, 1]; standardised inside by ImageNet's mean and deviation
    returns   w, 2 w, 4 w, 8 w channels of strides 4, 8, 16, 32; w is the width, 18 of the network for faces
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from train.models.backbone import IMAGENET_DEVIATION, IMAGENET_MEAN, BasicBlock, Bottleneck
from train.models.published import Published

STEM = 64
Streams = list[Float[Tensor, "b _ _ _"]]


def convolved(before: int, after: int, kernel: int, stride: int = 1, active: bool = True) -> nn.Sequential:
    """Return a convolution, batch normalisation and, if `active`, a rectifier."""
    layers = [nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(after)]
    return nn.Sequential(*layers, *([nn.ReLU(inplace=True)] if active else []))


class Exchange(nn.Module):
    """Blocks of each stream, then each stream becomes the sum of all, brought to its size."""

    def __init__(self, channels: tuple[int, ...], blocks: int) -> None:
        """Build the layers."""
        super().__init__()
        self.branches = nn.ModuleList(nn.Sequential(*(BasicBlock(c, c, 1) for _ in range(blocks))) for c in channels)
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(fused(channels, place, source) for source in range(len(channels)))
            for place in range(len(channels))
        )

    def forward(self, streams: Streams) -> Streams:
        """Return the streams."""
        seen = [branch(x) for branch, x in zip(self.branches, streams, strict=True)]
        mixed = []
        for place, layers in enumerate(self.fuse_layers):
            assert isinstance(layers, nn.ModuleList)
            size = seen[place].shape[-2:]
            parts = [layer(x) for layer, x in zip(layers, seen, strict=True)]
            # What comes from coarser streams is enlarged, bilinearly, as the network for faces does it.
            whole = [x if x.shape[-2:] == size else enlarged(x, size) for x in parts]
            mixed.append(functional.relu(sum(whole[1:], start=whole[0])))
        return mixed


def fused(channels: tuple[int, ...], place: int, source: int) -> nn.Module:
    """Return what brings a stream to another's channels, and to its size where that is smaller."""
    if source == place:
        return nn.Identity()
    if source > place:
        return convolved(channels[source], channels[place], 1, active=False)
    steps = [convolved(channels[source], channels[source], 3, 2) for _ in range(place - source - 1)]
    return nn.Sequential(*steps, convolved(channels[source], channels[place], 3, 2, active=False))


def enlarged(x: Float[Tensor, "b c _ _"], size: torch.Size) -> Float[Tensor, "b c h w"]:
    """Return features of another size, bilinear."""
    return functional.interpolate(x, (size[0], size[1]), mode="bilinear", align_corners=False)


class HRNet(Published):
    """Stem, four bottlenecks, then two, three and four streams."""

    mean: Tensor
    deviation: Tensor
    classifier = ("incre_modules.", "downsamp_modules.", "final_layer.", "classifier.")

    def __init__(self, width: int = 18, modules: tuple[int, int, int] = (1, 4, 3), blocks: int = 4) -> None:
        """Build the layers.

        Args:
            width: Channels of the finest stream.
            modules: Exchanges of two, three and four streams.
            blocks: Of each stream before an exchange, and bottlenecks before the streams.
        """
        super().__init__()
        self.published_as = f"HRNet-W{width}"
        self.channels = tuple(width * 2**i for i in range(4))
        self.conv1 = nn.Conv2d(3, STEM, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(STEM)
        self.conv2 = nn.Conv2d(STEM, STEM, 3, 2, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(STEM)
        before = STEM * Bottleneck.expansion
        self.layer1 = nn.Sequential(
            *(Bottleneck(STEM if i == 0 else before, STEM, 1) for i in range(blocks)),
        )
        streams: tuple[int, ...] = (before,)
        for stage, repeated in enumerate(modules):
            after = self.channels[: stage + 2]
            self.add_module(f"transition{stage + 1}", transition(streams, after))
            exchanges = nn.Sequential(*(Exchange(after, blocks) for _ in range(repeated)))
            self.add_module(f"stage{stage + 2}", exchanges)
            streams = after
        # Not parts of the state: the names stay those of the published weights.
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(IMAGENET_DEVIATION)[:, None, None], persistent=False)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Streams:
        """Return the four streams."""
        x = functional.relu(self.bn1(self.conv1((images - self.mean) / self.deviation)), inplace=True)
        x = functional.relu(self.bn2(self.conv2(x)), inplace=True)
        streams = [self.layer1(x)]
        for stage in range(3):
            layers = self.get_submodule(f"transition{stage + 1}")
            assert isinstance(layers, nn.ModuleList)
            # A new stream comes from the coarsest one that there is.
            streams = [layer(streams[min(i, len(streams) - 1)]) for i, layer in enumerate(layers)]
            streams = self.get_submodule(f"stage{stage + 2}")(streams)
        return streams


def transition(before: tuple[int, ...], after: tuple[int, ...]) -> nn.ModuleList:
    """Return what brings streams to their channels of the next stage, and begins the next coarser one."""
    layers: list[nn.Module] = [
        nn.Identity() if have == want else convolved(have, want, 3) for have, want in zip(before, after, strict=False)
    ]
    return nn.ModuleList([*layers, nn.Sequential(convolved(before[-1], after[-1], 3, 2))])
