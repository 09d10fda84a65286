"""GazeNet: a VGG-style network for one eye, seven 3x3 convolutions and one dense layer, the head pose joined after.

After Zhang, Sugano, Fritz, Bulling, "MPIIGaze: real-world dataset and deep appearance-based gaze estimation" (TPAMI
2019), who put a VGG-16 in LeNet's place; here the depth of a VGG is cut to what a 60x36 picture holds.  The second
version (`batch_norm`) normalises after every convolution and the dense layer, as VGG-BN does.

    images          (B, 1, 36, 60)  grey in [0, 1], histogram-equalised
    head_pitch_yaw  (B, 2)          radians in `norm`
    returns         (B, 2)          gaze [pitch, yaw], radians in `norm`
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from train.models.parts import IMAGE_HEIGHT, IMAGE_WIDTH, HeadJoin, standardise

# Convolutions a stage, and the channels of a stage in units of the first stage's.
STAGES = ((2, 1), (2, 2), (3, 4))


class GazeNet(nn.Module):
    """With c channels: c x 36x60 -> c x 18x30 -> 2c x 9x15 -> 4c x 4x7 -> dense (+ 2) -> 2."""

    def __init__(
        self,
        head_pose: bool = True,
        channels: int = 16,
        dense: int = 256,
        dropout: float = 0.3,
        batch_norm: bool = False,
    ) -> None:
        """Build the layers.

        Args:
            head_pose: Whether the two head angles join the features.
            channels: Channels of the first stage; the cost grows with its square.
            dense: Size of the dense layer.
            dropout: Probability with which a dense feature is dropped in training.
            batch_norm: The second version: batch normalisation before every ReLU.
        """
        super().__init__()
        layers: list[nn.Module] = []
        before = 1
        for convolutions, factor in STAGES:
            for _ in range(convolutions):
                layers += convolution(before, channels * factor, batch_norm)
                before = channels * factor
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        height, width = IMAGE_HEIGHT // 8, IMAGE_WIDTH // 8
        self.dense = nn.Sequential(
            nn.Linear(before * height * width, dense, bias=not batch_norm),
            *([nn.BatchNorm1d(dense)] if batch_norm else []),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
        )
        self.gaze = HeadJoin(dense, head_pose)

    def forward(self, images: Float[Tensor, "b 1 36 60"], head_pitch_yaw: Float[Tensor, "b 2"]) -> Float[Tensor, "b 2"]:
        """Return the gaze's [pitch, yaw] in radians."""
        features = torch.flatten(self.features(standardise(images)), start_dim=1)  # (B, 4c * 4 * 7)
        gaze_pitch_yaw: Tensor = self.gaze(self.dense(features), head_pitch_yaw)
        return gaze_pitch_yaw


def gazenet_v2(head_pose: bool = True, channels: int = 16, dense: int = 256, dropout: float = 0.3) -> GazeNet:
    """Return the second version: batch normalisation before every ReLU."""
    return GazeNet(head_pose, channels, dense, dropout, batch_norm=True)


def convolution(before: int, after: int, batch_norm: bool) -> list[nn.Module]:
    """Return a padded 3x3 convolution and its ReLU; He's start keeps seven layers without normalisation alive."""
    layer = nn.Conv2d(before, after, 3, padding=1, bias=not batch_norm)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return [layer, *([nn.BatchNorm2d(after)] if batch_norm else []), nn.ReLU(inplace=True)]
