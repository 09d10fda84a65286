"""SSR-Net-MD: soft stagewise regression of three angles, straight from the two streams' maps.

SSR-Net (IJCAI 2018) made multi-dimensional in FSA-Net's paper (CVPR 2019), where it is the baseline on the same
backbone; train/models/pose/stagewise.py has both references, input and output.  Three stages of 3, 3 and 3 bins.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from train.models.pose.stagewise import (
    BINS,
    CHANNELS,
    Stage,
    StagewiseNetwork,
    TwoStreams,
    bins_layer,
    soft_stagewise_deg,
)

HIDDEN = 6
"""Units between the features and a stage's shifts and widths: two an angle."""


class StageHead(nn.Module):
    """(B, n) -> one stage: dense layers for the bins' weights, the shifts and the widths of the three angles."""

    def __init__(self, features: int) -> None:
        """Build the layers for n features."""
        super().__init__()
        self.weights = bins_layer(features)
        self.shift = nn.Sequential(nn.Linear(features, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, 3), nn.Tanh())
        self.width = nn.Sequential(nn.Linear(features, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, 3), nn.Tanh())

    def forward(self, features: Float[Tensor, "b n"]) -> Stage:
        """Return what the stage says."""
        weights = functional.relu(self.weights(features)).reshape(-1, 3, BINS)
        return Stage(weights=weights, shift=self.shift(features), width=self.width(features))


class SSRNetMD(StagewiseNetwork):
    """Two streams, pooled and multiplied at three depths, one stage of the regression each, the deepest first."""

    def __init__(self) -> None:
        """Build the layers."""
        super().__init__()
        self.streams = TwoStreams()
        # What is left of 8x8, 8x8 and 16x16 maps after pooling by two.
        self.heads = nn.ModuleList(StageHead(CHANNELS * side**2) for side in (4, 4, 8))

    def forward(self, images: Float[Tensor, "b 3 64 64"]) -> Float[Tensor, "b 3"]:
        """Return [pitch, yaw, roll] in degrees."""
        stages = []
        for head, (relu, tanh) in zip(self.heads, self.streams(images), strict=True):
            # SSR-Net's stage fusion: the streams meet in an element-wise product.
            product = functional.avg_pool2d(relu, 2) * functional.max_pool2d(tanh, 2)
            stages.append(head(torch.flatten(product, start_dim=1)))
        return soft_stagewise_deg(stages)
