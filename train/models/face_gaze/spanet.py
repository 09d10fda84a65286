"""SpaNet: hourglasses that say where in the face to look, and dense layers that read the gaze from there.

No one paper of this name is the source; this is how its parts are read here:

- The spatial weights of Zhang, Sugano, Fritz, Bulling, "It's written all over your face: full-face appearance-based
  gaze estimation" (CVPR workshops 2017), section 3.2: features U (C x h x w) give one map W (h x w) by three layers of
  1x1 convolutions, each with a ReLU behind it; what goes on is V_c = W U_c for every channel c (its equation 2).
- The features come from stacked hourglasses (Newell et al. 2016; the blocks are those of train/models/hourglass.py) in
  place of its AlexNet, of a quarter of the picture's resolution, with the way from each stack into the next.
- The regressor is theirs of 2017 in kind: dense layers on the weighted features, here of a grid of 7 x 7 means.
- As Newell's stacks each say where the joints are, each stack here says the gaze, and the loss is the mean over stacks.

    faces      (B, 3, 224, 224)    RGB in [0, 1]; any size of at least 32 works
    outputs    (B, stacks, 2)      [pitch, yaw] in radians; the last stack's are the result
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from adapt.face_gaze_batch import FaceGazeBatch
from train.models.backbone import IMAGENET_DEVIATION, IMAGENET_MEAN, Side
from train.models.face_gaze import FaceGazeNetwork
from train.models.hourglass import Hourglass, Residual, activated

Stacks = Literal[1, 2, 3, 4]
Channels = Literal[16, 32, 64, 128, 256]
SCALES = 3
"""Of an hourglass: from 56 to 7 cells."""
CELLS = 7
"""Along either side of the grid of means."""
DENSE = 256


class Stack(nn.Module):
    """(B, C, h, w) -> the gaze (B, 2), the spatial weights (B, 1, h, w), and the weighted features (B, C, h, w)."""

    def __init__(self, channels: int) -> None:
        """Build one stack."""
        super().__init__()
        self.hourglass = Hourglass(channels, SCALES)
        self.features = nn.Sequential(
            Residual(channels, channels), nn.Conv2d(channels, channels, 1), *activated(channels)
        )
        self.weights = nn.Sequential(
            nn.Conv2d(channels, channels, 1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 1),
            nn.ReLU(),
            nn.Conv2d(channels, 1, 1),
            nn.ReLU(),
        )
        # The authors start at weights that look everywhere; at zero the last ReLU would pass no gradient.
        last = self.weights[4]
        assert isinstance(last, nn.Conv2d) and last.bias is not None
        nn.init.normal_(last.weight, std=0.01)
        nn.init.ones_(last.bias)
        self.regressor = nn.Sequential(
            nn.Flatten(), nn.Linear(channels * CELLS**2, DENSE), nn.ReLU(), nn.Linear(DENSE, 2)
        )

    def forward(
        self, x: Float[Tensor, "b c h w"]
    ) -> tuple[Float[Tensor, "b 2"], Float[Tensor, "b 1 h w"], Float[Tensor, "b c h w"]]:
        """Return the gaze, the weights, and the features weighted by them."""
        features = self.features(self.hourglass(x))
        weights = self.weights(features)
        weighted = weights * features  # equation 2
        gaze = self.regressor(functional.adaptive_avg_pool2d(weighted, CELLS))
        return gaze, weights, weighted


class SpaNet(FaceGazeNetwork):
    """A stem to a quarter of the resolution, and stacks."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, stacks: Stacks = 2, channels: Channels = 64, side: Side = 224) -> None:
        """Build the layers.

        Args:
            stacks: Hourglasses, one behind the other.
            channels: Of all feature maps.
            side: Of the pictures, px.
        """
        super().__init__()
        self.side = side
        half = channels // 2
        self.stem = nn.Sequential(
            nn.Conv2d(3, half, 7, stride=2, padding=3),
            *activated(half),
            Residual(half, channels),
            nn.MaxPool2d(2),
            Residual(channels, channels),
        )
        self.stacks = nn.ModuleList(Stack(channels) for _ in range(stacks))
        self.onward = nn.ModuleList(nn.Conv2d(channels, channels, 1) for _ in range(stacks - 1))
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(IMAGENET_DEVIATION)[:, None, None], persistent=False)

    def forward(self, faces: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b stacks 2"]:  # type: ignore[override]
        """Return every stack's angles."""
        x = self.stem((faces - self.mean) / self.deviation)
        gazes = []
        for i, stack in enumerate(self.stacks):
            gaze, _, weighted = stack(x)
            gazes.append(gaze)
            if i < len(self.onward):
                x = x + self.onward[i](weighted)
        return torch.stack(gazes, dim=1)

    def gaze(self, outputs: Float[Tensor, "b stacks 2"], batch: FaceGazeBatch) -> Float[Tensor, "b 2"]:
        """Return the last stack's angles."""
        return outputs[:, -1]

    def loss(self, outputs: Float[Tensor, "b stacks 2"], batch: FaceGazeBatch) -> Float[Tensor, ""]:
        """Return the mean absolute difference of the angles, radians, over all stacks."""
        return functional.l1_loss(outputs, batch.gaze_pitch_yaw_rad[:, None].expand_as(outputs))
