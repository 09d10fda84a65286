"""What keeps a refined picture the one that its labels are of: a loss between it and the rendered one.

Self-regularisation (Shrivastava et al. 2017, equation 3): mean |psi(refined) - psi(rendered)|, in a feature space psi

    identity        the picture itself
    channel_mean    the mean of its channels: colours are free, brightness is not
    gradient        differences of neighbours, to the right and down: an even shift of brightness is free
    shading         the same, squared: a steep edge of the change costs more than many slight ones, so that what is
                    changed is light and shade, not what is drawn (not in the paper; ours)

The paper names all three and uses the identity for eyes; its norm is a sum over pixels, here it is their mean.

`PatchNCE` (adapt/refine/patch_nce.py) is the other way of keeping.
"""

from abc import ABC, abstractmethod
from enum import Enum

import torch
from jaxtyping import Float
from torch import Tensor, nn

from adapt.refine import Refiner


class Keep(Enum):
    """In what a refined picture is to be like the rendered one."""

    identity = "identity"
    channel_mean = "channel_mean"
    gradient = "gradient"
    shading = "shading"
    contrast = "contrast"


class Keeping(nn.Module, ABC):
    """A loss that keeps; it may have weights, which are trained with the refiner's."""

    @abstractmethod
    def forward(
        self,
        refiner: Refiner,
        rendered: Float[Tensor, "b c h w"],
        refined: Float[Tensor, "b c h w"],
        real: Float[Tensor, "a c h w"],
        generator: torch.Generator,
    ) -> Float[Tensor, ""]:
        """Return the loss.

        Args:
            refiner: The network that refined them.
            rendered: Pictures before.
            refined: The same after.
            real: Photographs, which have nothing to do with these.
            generator: Of what is drawn, on the pictures' device.
        """


class SelfRegularisation(Keeping):
    """See the module."""

    def __init__(self, keep: Keep) -> None:
        """Compare in this space."""
        super().__init__()
        self.keep = keep

    def forward(
        self,
        refiner: Refiner,
        rendered: Float[Tensor, "b c h w"],
        refined: Float[Tensor, "b c h w"],
        real: Float[Tensor, "a c h w"],
        generator: torch.Generator,
    ) -> Float[Tensor, ""]:
        """Return the mean difference."""
        difference = refined - rendered  # psi is linear in all of them
        if self.keep is Keep.identity:
            return difference.abs().mean()
        if self.keep is Keep.channel_mean:
            return difference.mean(dim=1).abs().mean()
        cost = torch.square if self.keep is Keep.shading else torch.abs
        right, down = cost(difference.diff(dim=3)), cost(difference.diff(dim=2))
        return (right.sum() + down.sum()) / (right.numel() + down.numel())
