"""The quarrel between refiner and discriminator, patch by patch: losses, who is right, and a penalty.

With s the realness of a patch (adapt/refine/__init__.py), all are means over patches and pictures:

                    discriminator                                refiner             a patch is taken for real where
    cross_entropy   softplus(-s_real) + softplus(s_refined)      softplus(-s)        s > 0
    least_squares   (s_real - 1)^2 / 2 + s_refined^2 / 2         (s - 1)^2           s > 1/2
    hinge           max(0, 1 - s_real) + max(0, 1 + s_refined)   -s                  s > 0

cross_entropy is Shrivastava et al. 2017, equations 1 to 4; theirs are sums over the patches, so that a learning rate
and a weight of theirs are as many times larger here.  least_squares: Mao et al. 2017 with the labels 0 and 1, halved as
CycleGAN does.  hinge: Lim and Ye 2017, Miyato et al. 2018.

The penalty is R1 (Mescheder, Geiger, Nowozin 2018, equation 9): gamma / 2 times the squared length of the gradient of
the realness with respect to a *real* picture.  Of a discriminator of n patches it is taken of their sum and divided by
n: where patches do not overlap, that is the mean over patches, whatever the picture's size.
"""

from enum import Enum

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


class Adversary(Enum):
    """Which losses the two networks minimise; see the module."""

    cross_entropy = "cross_entropy"
    least_squares = "least_squares"
    hinge = "hinge"


def discriminator_loss(
    real: Float[Tensor, "a p q"], refined: Float[Tensor, "b p q"], adversary: Adversary
) -> Float[Tensor, ""]:
    """Return what the discriminator minimises, from the realness of real and of refined pictures."""
    if adversary is Adversary.cross_entropy:
        return functional.softplus(-real).mean() + functional.softplus(refined).mean()
    if adversary is Adversary.least_squares:
        return ((real - 1).square().mean() + refined.square().mean()) / 2
    return functional.relu(1 - real).mean() + functional.relu(1 + refined).mean()


def refiner_loss(refined: Float[Tensor, "b p q"], adversary: Adversary) -> Float[Tensor, ""]:
    """Return what the refiner minimises, from the realness of its pictures."""
    if adversary is Adversary.cross_entropy:
        return functional.softplus(-refined).mean()
    if adversary is Adversary.least_squares:
        return (refined - 1).square().mean()
    return -refined.mean()


def accuracy(real: Float[Tensor, "a p q"], refined: Float[Tensor, "b p q"], adversary: Adversary) -> Float[Tensor, ""]:
    """Return the part of the patches that the discriminator is right about, each side counting half."""
    threshold = 0.5 if adversary is Adversary.least_squares else 0.0
    return ((real > threshold).float().mean() + (refined <= threshold).float().mean()) / 2


def r1_penalty(realness: Float[Tensor, "b p q"], real: Float[Tensor, "b c h w"]) -> Float[Tensor, ""]:
    """Return the squared length of the gradient, for a patch, mean over pictures; its graph is kept.

    Args:
        realness: Of the real pictures.
        real: These, which require gradients.
    """
    (gradient,) = torch.autograd.grad(realness.sum(), real, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3)).mean() / realness[0].numel()
