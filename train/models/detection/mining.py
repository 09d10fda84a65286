"""Hard examples: of thousands of places without a face those that a network takes for one, and how they weigh.

hard_negatives   SSD's (Liu 2016, section 2.2): of each picture the negatives with the largest loss, so many for
                 each positive
hardest          the given part of all examples with the largest loss (Shrivastava's OHEM; MTCNN takes 70 %)
focal            every example, weighed down by how well it is told: FL = -a_t (1 - p_t)^g log p_t (Lin 2017,
                 "Focal loss for dense object detection", eq. 5)
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

ALPHA, GAMMA = 0.25, 2.0
"""Lin's choice."""


def hard_negatives(
    losses: Float[Tensor, "b a"],
    positive: Bool[Tensor, "b a"],
    negative: Bool[Tensor, "b a"],
    ratio: float,
    least: int,
) -> Bool[Tensor, "b a"]:
    """Return the negatives that are learnt from.

    Args:
        losses: Of taking each for no face.
        positive: Which have a face.
        negative: Which have none.
        ratio: Negatives for each positive.
        least: Negatives of every picture, also of one without a face.
    """
    count = (ratio * positive.sum(1, keepdim=True)).clamp(min=least)
    order = losses.masked_fill(~negative, -torch.inf).argsort(dim=1, descending=True)
    rank = torch.empty_like(order).scatter_(
        1, order, torch.arange(order.shape[1], device=order.device).expand_as(order)
    )
    return negative & (rank < count)


def hardest(losses: Float[Tensor, " n"], chosen: Bool[Tensor, " n"], part: float) -> Bool[Tensor, " n"]:
    """Return the part of the chosen examples that have the largest losses, at least one of any."""
    count = int(chosen.sum())
    kept = min(count, max(1, round(part * count)))
    order = losses.masked_fill(~chosen, -torch.inf).argsort(descending=True)
    found = torch.zeros_like(chosen)
    found[order[:kept]] = True
    return found


def focal(logits: Float[Tensor, "b a"], face: Bool[Tensor, "b a"]) -> Float[Tensor, "b a"]:
    """Return the focal loss of each example."""
    truth = face.to(logits.dtype)
    told = torch.sigmoid(logits)
    right = torch.where(face, told, 1 - told)
    weight = torch.where(face, ALPHA, 1 - ALPHA) * (1 - right) ** GAMMA
    return weight * functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
