"""What networks of attributes minimise: 40 losses a picture, and what each of them weighs.

equal     binary cross-entropy of each attribute, all alike
moon      squared error on +-1, each picture weighed so that an attribute is as often true as in a target domain:
          Rudd, Gunther, Boult, "MOON: a mixed objective optimization network for the recognition of facial
          attributes" (ECCV 2016), equations 3 and 4 (from memory)
adaptive  cross-entropy; every k steps the attributes are weighed anew by how their losses on validation pictures
          move (He, Wang, Fu, Feng, Jiang, Xue, "Adaptively weighted multi-task deep network for person attribute
          classification", ACM MM 2017; the rule is that of this project's plan)
"""

from typing import Literal

import torch
from jaxtyping import Bool, Float, Int8
from torch import Tensor
from torch.nn import functional

from adapt.portraits import UNKNOWN

Learning = Literal["equal", "moon", "adaptive"]
TINY = 1e-12


def losses_of(
    outputs: Float[Tensor, "b n"], attributes: Int8[Tensor, "b n"], learning: Learning
) -> Float[Tensor, "b n"]:
    """Return the loss of each attribute of each picture; of one that is not known, anything finite."""
    true = (attributes == 1).to(outputs)
    if learning == "moon":
        return (outputs - (2 * true - 1)).square()
    return functional.binary_cross_entropy_with_logits(outputs, true, reduction="none")


def mean_losses(
    losses: Float[Tensor, "b n"], attributes: Int8[Tensor, "b n"], weights: Float[Tensor, "2 n"] | None = None
) -> Float[Tensor, " n"]:
    """Return the mean loss of each attribute over the pictures where it is known; 0 where it is nowhere.

    Args:
        losses: Of each picture.
        attributes: Which of them are known, and true.
        weights: Of pictures where an attribute is false, and where it is true; None for 1.
    """
    known = attributes != UNKNOWN
    weighed = losses if weights is None else losses * torch.where(attributes == 1, weights[1], weights[0])
    return torch.where(known, weighed, 0.0).sum(dim=0) / known.sum(dim=0).clamp(min=1)


def domain_weights(true: Float[Tensor, " n"], target: float) -> Float[Tensor, "2 n"]:
    """Return what pictures weigh where an attribute is false, and where it is true.

    With S the share of a value in the source and T in the target, a value that is too frequent weighs
    p(+1) = S(-1) T(+1) / (S(+1) T(-1)), the other one 1: weighed so, the source has the target's shares.

    Args:
        true: In what part of the source each attribute is true, above 0 and below 1.
        target: In what part of the target.
    """
    ratio = (1 - true) * target / (true * (1 - target))
    return torch.stack([(1 / ratio).clamp(max=1), ratio.clamp(max=1)])


def adaptive_weights(
    before: Float[Tensor, " n"], now: Float[Tensor, " n"], learnt: Bool[Tensor, " n"]
) -> Float[Tensor, " n"]:
    """Return the weights of attributes, of mean 1, by two validation losses of each; 0 for those not learnt.

    trend = |before - now| / now; weight = trend / mean(trend) * now / mean(now), over its mean.  Where nothing moves at
    all the weights are equal.
    """
    old, new = before[learnt], now[learnt].clamp(min=TINY)
    trend = (old - new).abs() / new
    weight = trend / trend.mean().clamp(min=TINY) * new / new.mean()
    weights = torch.zeros_like(now)
    weights[learnt] = weight / weight.mean() if weight.mean() > 0 else torch.ones_like(weight)
    return weights
