"""How FSA-Net makes a few numbers a stage of many features: capsules, NetVLAD, or two plain matrices.

    features   (B, n, 64)   n = 21 representatives, or 192 places where there is no structure
    returns    (B, 3, 16)   one row for each stage of the regression

Sizes as in the authors' code of FSA-Net.
"""

import math
from collections.abc import Callable
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from train.models.pose.stagewise import CHANNELS

Aggregation = Literal["capsule", "netvlad", "none"]
STAGES = 3
AGGREGATED = 16
"""c': numbers a stage."""
ROUTINGS = 2


class Capsules(nn.Module):
    """Sabour, Frosst, Hinton, "Dynamic routing between capsules" (NIPS 2017): one capsule of 16 numbers a stage."""

    def __init__(self, groups: int) -> None:
        """Build the transformations W_ij, started after Glorot."""
        super().__init__()
        self.transform = nn.Parameter(torch.empty(STAGES, groups, AGGREGATED, CHANNELS))
        nn.init.normal_(self.transform, std=math.sqrt(2 / (AGGREGATED + CHANNELS)))

    def forward(self, features: Float[Tensor, "b n 64"]) -> Float[Tensor, "b 3 16"]:
        """Return the capsules after two rounds of routing."""
        votes = torch.einsum("jnoc,bnc->bjno", self.transform, features)  # u^_(j|i) = W_ij u_i, eq. 2: (B, 3, n, 16)
        agreement = votes.new_zeros(votes.shape[:3])
        capsules = self.route(votes, agreement)
        for _ in range(ROUTINGS - 1):
            agreement = agreement + torch.einsum("bjno,bjo->bjn", votes, capsules)  # b_ij += u^_(j|i) . v_j
            capsules = self.route(votes, agreement)
        return capsules

    @staticmethod
    def route(votes: Float[Tensor, "b 3 n 16"], agreement: Float[Tensor, "b 3 n"]) -> Float[Tensor, "b 3 16"]:
        """Return v_j = squash(s_j) with s_j = sum_i c_ij u^_(j|i) and c the softmax over capsules, eq. 2 and 3."""
        return squash(torch.einsum("bjn,bjno->bjo", agreement.softmax(dim=1), votes))


def squash(vectors: Float[Tensor, "*n c"]) -> Float[Tensor, "*n c"]:
    """Return vectors of the same directions and lengths below 1: |s|^2 / (1 + |s|^2) s / |s|, eq. 1.

    Written with one division less, and an epsilon, so that the gradient at zero is finite.
    """
    square = vectors.square().sum(dim=-1, keepdim=True)
    return vectors * torch.sqrt(square + 1e-7) / (1 + square)


class NetVLAD(nn.Module):
    """Arandjelovic, Gronat, Torii, Pajdla, Sivic, "NetVLAD" (CVPR 2016): residuals to three clusters, then a matrix."""

    def __init__(self, groups: int) -> None:
        """Build the layers; they do not depend on the number of features."""
        super().__init__()
        self.assign = nn.Linear(CHANNELS, STAGES)
        self.centres = nn.Parameter(torch.empty(STAGES, CHANNELS))
        nn.init.normal_(self.centres, std=1 / math.sqrt(CHANNELS))
        self.reduce = nn.Linear(STAGES * CHANNELS, STAGES * AGGREGATED, bias=False)

    def forward(self, features: Float[Tensor, "b n 64"]) -> Float[Tensor, "b 3 16"]:
        """Return the reduced descriptor, a row a stage."""
        share = self.assign(features).softmax(dim=-1)  # a_k(x_i), eq. 3: (B, n, 3)
        # V_k = sum_i a_k(x_i) (x_i - c_k), eq. 4: (B, 3, 64)
        residuals = share.mT @ features - share.sum(dim=1)[..., None] * self.centres
        residuals = functional.normalize(residuals, dim=-1, eps=1e-6)  # each cluster by itself
        descriptor = functional.normalize(residuals.flatten(1), dim=-1, eps=1e-6)  # then all
        reduced: Tensor = self.reduce(descriptor).reshape(-1, STAGES, AGGREGATED)
        return reduced


class Matrices(nn.Module):
    """No aggregation method: a matrix across the features and one across their channels."""

    def __init__(self, groups: int) -> None:
        """Build both."""
        super().__init__()
        self.across_channels = nn.Linear(CHANNELS, AGGREGATED, bias=False)
        self.across_features = nn.Linear(groups, STAGES, bias=False)

    def forward(self, features: Float[Tensor, "b n 64"]) -> Float[Tensor, "b 3 16"]:
        """Return the product, a row a stage."""
        rows: Tensor = self.across_features(self.across_channels(features).mT).mT
        return rows


AGGREGATIONS: dict[str, Callable[[int], nn.Module]] = {"capsule": Capsules, "netvlad": NetVLAD, "none": Matrices}
