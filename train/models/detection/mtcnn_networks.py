"""The three networks of MTCNN, with the layers, sizes and names of parameters of the published ones.

As they are passed on in PyTorch (facenet-pytorch), with 6,632, 100,178 and 389,040 parameters; columns come before rows
in the dense layers.  Two logits, of no face and of a face, are told as their difference.  mtcnn.py says what for.
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Told:
    """What a network tells of n windows: logits of a face, offsets of edges and, maybe, points, over the side."""

    logits: Float[Tensor, " n"]
    offsets: Float[Tensor, "n 4"]
    points: Float[Tensor, "n 5 2"] | None


class PNet(nn.Module):
    """(B, 3, h, w) -> of every window of 12 x 12, two px apart, two logits and four numbers."""

    def __init__(self) -> None:
        """Build the layers."""
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 10, 3), nn.PReLU(10)
        self.conv2, self.prelu2 = nn.Conv2d(10, 16, 3), nn.PReLU(16)
        self.conv3, self.prelu3 = nn.Conv2d(16, 32, 3), nn.PReLU(32)
        self.conv4_1, self.conv4_2 = nn.Conv2d(32, 2, 1), nn.Conv2d(32, 4, 1)

    def forward(self, x: Float[Tensor, "b 3 h w"]) -> tuple[Float[Tensor, "b h2 w2"], Float[Tensor, "b h2 w2 4"]]:
        """Return logits of a face, and offsets of edges."""
        x = functional.max_pool2d(self.prelu1(self.conv1(x)), 2, 2, ceil_mode=True)
        x = self.prelu3(self.conv3(self.prelu2(self.conv2(x))))
        pair = self.conv4_1(x).float()
        return pair[:, 1] - pair[:, 0], self.conv4_2(x).float().permute(0, 2, 3, 1)


class RNet(nn.Module):
    """(n, 3, 24, 24) -> a logit and four numbers."""

    def __init__(self) -> None:
        """Build the layers."""
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 28, 3), nn.PReLU(28)
        self.conv2, self.prelu2 = nn.Conv2d(28, 48, 3), nn.PReLU(48)
        self.conv3, self.prelu3 = nn.Conv2d(48, 64, 2), nn.PReLU(64)
        self.dense4, self.prelu4 = nn.Linear(576, 128), nn.PReLU(128)
        self.dense5_1, self.dense5_2 = nn.Linear(128, 2), nn.Linear(128, 4)

    def forward(self, x: Float[Tensor, "n 3 24 24"]) -> Told:
        """Return what is told of pieces, without points."""
        x = functional.max_pool2d(self.prelu1(self.conv1(x)), 3, 2, ceil_mode=True)
        x = functional.max_pool2d(self.prelu2(self.conv2(x)), 3, 2, ceil_mode=True)
        x = self.prelu3(self.conv3(x)).transpose(2, 3).flatten(1)
        x = self.prelu4(self.dense4(x))
        pair = self.dense5_1(x).float()
        return Told(pair[:, 1] - pair[:, 0], self.dense5_2(x).float(), None)


class ONet(nn.Module):
    """(n, 3, 48, 48) -> a logit, four numbers and five points."""

    def __init__(self) -> None:
        """Build the layers."""
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 32, 3), nn.PReLU(32)
        self.conv2, self.prelu2 = nn.Conv2d(32, 64, 3), nn.PReLU(64)
        self.conv3, self.prelu3 = nn.Conv2d(64, 64, 3), nn.PReLU(64)
        self.conv4, self.prelu4 = nn.Conv2d(64, 128, 2), nn.PReLU(128)
        self.dense5, self.prelu5 = nn.Linear(1152, 256), nn.PReLU(256)
        self.dense6_1, self.dense6_2, self.dense6_3 = nn.Linear(256, 2), nn.Linear(256, 4), nn.Linear(256, 10)

    def forward(self, x: Float[Tensor, "n 3 48 48"]) -> Told:
        """Return what is told of pieces."""
        x = functional.max_pool2d(self.prelu1(self.conv1(x)), 3, 2, ceil_mode=True)
        x = functional.max_pool2d(self.prelu2(self.conv2(x)), 3, 2, ceil_mode=True)
        x = functional.max_pool2d(self.prelu3(self.conv3(x)), 2, 2, ceil_mode=True)
        x = self.prelu4(self.conv4(x)).transpose(2, 3).flatten(1)
        x = self.prelu5(self.dense5(x))
        pair = self.dense6_1(x).float()
        points = self.dense6_3(x).float().unflatten(1, (2, 5)).mT  # all x, then all y
        return Told(pair[:, 1] - pair[:, 0], self.dense6_2(x).float(), points)
