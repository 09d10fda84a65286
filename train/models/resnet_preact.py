"""ResNet-preact-8: three stages of one pre-activation residual block, the head pose joined before the last layer.

He, Zhang, Ren, Sun, "Identity mappings in deep residual networks" (ECCV 2016), of depth 6 n + 2 with n = 1, at the
width (16, 32, 64) that the common PyTorch benchmark of MPIIGaze uses for 36x60 eyes.

    images          (B, 1, 36, 60)  grey in [0, 1], histogram-equalised
    head_pitch_yaw  (B, 2)          radians in `norm`
    returns         (B, 2)          gaze [pitch, yaw], radians in `norm`

The published network averages each of the 64 feature maps over the whole picture.  `pool` keeps a coarse grid of
averages instead (rows x columns), so that the last layer can still tell where in the picture a feature was: a gaze
is a place of the iris.  `pool: [1, 1]` is the published network.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from train.models.parts import HeadJoin, standardise


class PreactBlock(nn.Module):
    """(B, before, h, w) -> (B, after, h / stride, w / stride): BN-ReLU-conv twice, plus the way past them.

    Where the shape changes, the way past is a 1x1 convolution of the block's *activated* input (as in the paper).
    """

    def __init__(self, before: int, after: int, stride: int) -> None:
        """Build one block."""
        super().__init__()
        self.norm1 = nn.BatchNorm2d(before)
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.past = nn.Conv2d(before, after, 1, stride, bias=False) if before != after or stride != 1 else None

    def forward(self, x: Float[Tensor, "b before h w"]) -> Float[Tensor, "b after h2 w2"]:
        """Return the block's sum, not yet activated."""
        active = functional.relu(self.norm1(x), inplace=True)
        past = x if self.past is None else self.past(active)
        inside = self.conv2(functional.relu(self.norm2(self.conv1(active)), inplace=True))
        total: Tensor = inside + past
        return total


class ResNetPreact(nn.Module):
    """1x36x60 -> c x 36x60 -> c x 36x60 -> 2c x 18x30 -> 4c x 9x15 -> pooled grid (+ 2) -> 2."""

    def __init__(
        self,
        head_pose: bool = True,
        channels: int = 16,
        stem_stride: int = 1,
        pool_rows: int = 1,
        pool_columns: int = 1,
        dropout: float = 0.0,
    ) -> None:
        """Build the layers.

        Args:
            head_pose: Whether the two head angles join the features.
            channels: Channels of the first stage; 16 published.
            stem_stride: Stride of the first convolution: 1 published; 2 works on half the picture at a third of the
                cost, with a 5x5 kernel so that no pixel is skipped.
            pool_rows: Rows of the grid of averages; 1 published.
            pool_columns: Columns of the grid of averages; 1 published.
            dropout: Probability with which a pooled feature is dropped in training.
        """
        super().__init__()
        kernel = 3 if stem_stride == 1 else 5
        self.stem = nn.Conv2d(1, channels, kernel, stem_stride, kernel // 2, bias=False)
        self.stages = nn.Sequential(
            PreactBlock(channels, channels, 1),
            PreactBlock(channels, 2 * channels, 2),
            PreactBlock(2 * channels, 4 * channels, 2),
        )
        self.norm = nn.BatchNorm2d(4 * channels)
        self.pool = nn.AdaptiveAvgPool2d((pool_rows, pool_columns))
        self.dropout = nn.Dropout(dropout)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        self.gaze = HeadJoin(4 * channels * pool_rows * pool_columns, head_pose)

    def forward(self, images: Float[Tensor, "b 1 36 60"], head_pitch_yaw: Float[Tensor, "b 2"]) -> Float[Tensor, "b 2"]:
        """Return the gaze's [pitch, yaw] in radians."""
        maps = functional.relu(self.norm(self.stages(self.stem(standardise(images)))), inplace=True)
        features = self.dropout(torch.flatten(self.pool(maps), start_dim=1))
        gaze_pitch_yaw: Tensor = self.gaze(features, head_pitch_yaw)
        return gaze_pitch_yaw
