"""An hourglass: features at half, a quarter, ... of the resolution and back, with a way past each halving.

Newell, Yang, Deng, "Stacked hourglass networks for human pose estimation" (ECCV 2016), section 3.  Sides need be no
multiple of anything: what was halved is enlarged to the size that it had.
"""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional


class Residual(nn.Module):
    """(B, before, h, w) -> (B, after, h, w): 1x1, 3x3, 1x1, each normalised and activated first, plus the way past."""

    def __init__(self, before: int, after: int) -> None:
        """Build one block; its 3x3 has half as many channels as come out."""
        super().__init__()
        inside = after // 2
        self.inside = nn.Sequential(
            nn.BatchNorm2d(before),
            nn.ReLU(),
            nn.Conv2d(before, inside, 1, bias=False),
            nn.BatchNorm2d(inside),
            nn.ReLU(),
            nn.Conv2d(inside, inside, 3, padding=1, bias=False),
            nn.BatchNorm2d(inside),
            nn.ReLU(),
            nn.Conv2d(inside, after, 1),
        )
        self.past = nn.Identity() if before == after else nn.Conv2d(before, after, 1)

    def forward(self, x: Float[Tensor, "b before h w"]) -> Float[Tensor, "b after h w"]:
        """Return the sum."""
        total: Tensor = self.inside(x) + self.past(x)
        return total


class Hourglass(nn.Module):
    """(B, channels, h, w) -> the same shape, having seen h / 2^halvings."""

    def __init__(self, channels: int, halvings: int) -> None:
        """Build a level and, below it, the rest."""
        super().__init__()
        self.past = Residual(channels, channels)
        self.down = Residual(channels, channels)
        self.below = Hourglass(channels, halvings - 1) if halvings > 1 else Residual(channels, channels)
        self.up = Residual(channels, channels)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Return the features."""
        inside = self.up(self.below(self.down(functional.max_pool2d(x, 2))))
        past: Tensor = self.past(x)
        return past + functional.interpolate(inside, x.shape[-2:], mode="nearest")
