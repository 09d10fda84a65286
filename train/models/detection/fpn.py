"""A feature pyramid: maps of all strides with the same channels, each with the coarser ones added to it.

Lin, Dollar, Girshick, He, Hariharan, Belongie, "Feature pyramid networks for object detection" (CVPR 2017), section 3:
1x1 convolutions bring the backbone's maps to equal channels, the coarser sum is doubled in size and added, a 3x3
convolution follows; one more map is the coarsest at every second pixel.  Parameters are named as torchvision's.
"""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional


class FeaturePyramid(nn.Module):
    """Maps of strides s, 2 s, ... -> as many and one more of `channels` each."""

    def __init__(self, before: Sequence[int], channels: int) -> None:
        """Build the layers."""
        super().__init__()
        self.inner_blocks = nn.ModuleList(nn.Sequential(nn.Conv2d(one, channels, 1)) for one in before)
        self.layer_blocks = nn.ModuleList(nn.Sequential(nn.Conv2d(channels, channels, 3, 1, 1)) for _ in before)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_uniform_(module.weight, a=1)
                assert module.bias is not None
                nn.init.zeros_(module.bias)

    def forward(self, maps: Sequence[Float[Tensor, "b _ _ _"]]) -> list[Float[Tensor, "b c _ _"]]:
        """Return the maps, fine to coarse."""
        inner = [block(one) for block, one in zip(self.inner_blocks, maps, strict=True)]
        for i in range(len(inner) - 2, -1, -1):
            inner[i] = inner[i] + functional.interpolate(inner[i + 1], inner[i].shape[-2:], mode="nearest")
        found = [block(one) for block, one in zip(self.layer_blocks, inner, strict=True)]
        return [*found, found[-1][..., ::2, ::2]]
