"""SimGAN's local discriminator: it judges every patch of a picture, not the picture.

Shrivastava et al. 2017 (adapt/refine/residual.py has the reference), as published:

    conv 3x3, stride 2, 96 -> conv 3x3, stride 2, 64 -> max-pool 3x3, stride 1 -> conv 3x3, 32 -> conv 1x1, 32
    -> conv 1x1, 2 -> softmax: real or refined

These layers were checked in re-implementations that quote the paper, not in the paper itself; ReLU between them and
edges that are padded are from memory.  The softmax of two depends on their difference alone, which is the realness:
log p(real) = -softplus(-realness), log p(refined) = -softplus(realness).  A patch is 23 px across, every fourth pixel
has one; a 60x36 picture has 15 x 9.

`spectral` is ours: every layer is divided by its largest singular value (Miyato et al. 2018, one step of power
iteration at a time), so that none amplifies.
"""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class PatchDiscriminator(nn.Module):
    """See the module."""

    def __init__(self, channels: int = 1, maps: int = 96, spectral: bool = False) -> None:
        """Build the layers.

        Args:
            channels: Of the pictures, 1 or 3.
            maps: Of the first layer; those behind it have two thirds and a third of them.
            spectral: Whether the layers' largest singular values are held at 1.
        """
        super().__init__()
        second, third = 2 * maps // 3, maps // 3

        def conv(inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Module:
            layer = nn.Conv2d(inputs, outputs, size, stride, padding=size // 2)
            return spectral_norm(layer) if spectral else layer

        self.layers = nn.Sequential(
            conv(channels, maps, 3, 2),
            nn.ReLU(),
            conv(maps, second, 3, 2),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=1, padding=1),
            conv(second, third, 3),
            nn.ReLU(),
            conv(third, third, 1),
            nn.ReLU(),
            conv(third, 2, 1),
        )

    def forward(self, pictures: Float[Tensor, "b c h w"]) -> Float[Tensor, "b p q"]:
        """Return the realness of each patch."""
        real_refined: Tensor = self.layers(pictures).float()
        return real_refined[:, 0] - real_refined[:, 1]
