"""How an embedding learns to tell people apart: losses that hold what training needs and nobody needs afterwards.

    softmax       cross-entropy of a dense layer with one output for each person of the training set
    center        the same, and half the squared distance to the person's centre, which moves along: Wen, Zhang, Li,
                  Qiao, "A discriminative feature learning approach for deep face recognition" (ECCV 2016)
    arcface       cross-entropy of s cos(angle to each person's vector), the angle to the true one made larger by m:
                  Deng, Guo, Xue, Zafeiriou, "ArcFace: additive angular margin loss for deep face recognition" (CVPR
                  2019)
    contrastive   of pairs: half the squared distance of two pictures of one person, and of two people half the square
                  of what it lacks of a margin: Hadsell, Chopra, LeCun, "Dimensionality reduction by learning an
                  invariant mapping" (CVPR 2006)

Softmax and center take embeddings as they are, as published; ArcFace and contrastive take their directions.  Each is
called with embeddings (B, d) and the number of each one's person (B,), and returns what training minimises.
"""

import math

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn import functional

LEAST = 1e-7
"""Below it a square root has no gradient that could be used."""


class Softmax(nn.Module):
    """Cross-entropy of a dense layer."""

    def __init__(self, features: int, people: int) -> None:
        """Make weights (people, features)."""
        super().__init__()
        self.dense = nn.Linear(features, people)

    def forward(self, embedding: Float[Tensor, "b d"], person: Int64[Tensor, " b"]) -> Float[Tensor, ""]:
        """Return the loss."""
        return functional.cross_entropy(self.dense(embedding), person)


class Center(Softmax):
    """Softmax, with a pull towards each person's centre."""

    centers: Tensor

    def __init__(self, features: int, people: int, pull: float, pace: float) -> None:
        """Make the layer and centres at the origin.

        Args:
            features: Width of the embeddings.
            people: How many.
            pull: The paper's lambda.
            pace: The paper's alpha.
        """
        super().__init__(features, people)
        self.pull, self.pace = pull, pace
        self.register_buffer("centers", torch.zeros(people, features))

    def forward(self, embedding: Float[Tensor, "b d"], person: Int64[Tensor, " b"]) -> Float[Tensor, ""]:
        """Return the loss (equation 5, a mean in place of a sum), and move the centres."""
        apart = embedding - self.centers[person]
        loss = super().forward(embedding, person) + self.pull / 2 * apart.square().sum(dim=1).mean()
        with torch.no_grad():
            # Equations 3 and 4: c -= alpha sum(c - x) / (1 + n) over the n pictures of that person.
            moved = torch.zeros_like(self.centers).index_add_(0, person, apart.detach())
            n = torch.bincount(person, minlength=len(self.centers))[:, None]
            self.centers += self.pace * moved / (1 + n)
        return loss


class ArcFace(nn.Module):
    """Angular margin."""

    def __init__(self, features: int, people: int, scale: float, margin: float) -> None:
        """Make a vector for each person.

        Args:
            features: Width of the embeddings.
            people: How many.
            scale: The paper's s.
            margin: The paper's m, radians.
        """
        super().__init__()
        self.scale, self.margin = scale, margin
        self.vectors = nn.Parameter(torch.empty(people, features))
        nn.init.normal_(self.vectors, std=0.01)

    def forward(self, embedding: Float[Tensor, "b d"], person: Int64[Tensor, " b"]) -> Float[Tensor, ""]:
        """Return the loss (equation 3)."""
        cosine = functional.normalize(embedding) @ functional.normalize(self.vectors).T
        true = cosine.gather(1, person[:, None])
        sine = (1 - true.square()).clamp(min=LEAST).sqrt()
        turned = true * math.cos(self.margin) - sine * math.sin(self.margin)
        # Beyond pi - m the cosine would rise again: from there on it falls in a straight line, as in the authors' code.
        falling = true - self.margin * math.sin(self.margin)
        turned = torch.where(true > -math.cos(self.margin), turned, falling)
        return functional.cross_entropy(self.scale * cosine.scatter(1, person[:, None], turned), person)


class Contrastive(nn.Module):
    """Every pair of pictures of a step."""

    def __init__(self, apart: float) -> None:
        """Keep the margin: how far apart the directions of two people are to be, at most 2."""
        super().__init__()
        self.apart = apart

    def forward(self, embedding: Float[Tensor, "b d"], person: Int64[Tensor, " b"]) -> Float[Tensor, ""]:
        """Return the loss (equation 4), the mean over pairs of one person plus that over pairs of two.

        A step has far more of the second: as one mean they alone would be learnt.
        """
        direction = functional.normalize(embedding)
        first, second = torch.triu_indices(len(person), len(person), 1, device=person.device)
        squared = (direction[first] - direction[second]).square().sum(dim=1)
        same = person[first] == person[second]
        lacking = (self.apart - squared.clamp(min=LEAST).sqrt()).clamp(min=0).square()
        return (mean_where(squared, same) + mean_where(lacking, ~same)) / 2


def mean_where(values: Float[Tensor, " n"], chosen: Tensor) -> Float[Tensor, ""]:
    """Return the mean of the chosen values, 0 of none."""
    return torch.where(chosen, values, 0.0).sum() / chosen.sum().clamp(min=1)
