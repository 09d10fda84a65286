"""Domain-adversarial training: a classifier learns to tell real from rendered, the features learn to hide it.

Ganin, Ustinova, Ajakan, Germain, Larochelle, Laviolette, Marchand, Lempitsky, "Domain-adversarial training of neural
networks" (JMLR 2016).  With features f of a network G_f, its last layers G_y and a classifier G_d, one looks for the
saddle point of eq. 9,

    E = L_y(G_y(f)) - lambda L_d(G_d(f)),     least in G_f and G_y, greatest in G_d

Gradient descent finds it with a layer R between f and G_d that hands values on and turns gradients round (eq. 16, 17):

    R(f) = f,    dR/df = -lambda I            and the loss   L_y(G_y(f)) + L_d(G_d(R(f)))

Only the features feel lambda; the classifier always learns at full strength, as the paper has it.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional


class _Reversal(torch.autograd.Function):
    """R of eq. 16 and 17."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, strength: float) -> Tensor:
        ctx.strength = strength
        return features.view_as(features)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return -ctx.strength * gradients[0], None


def reversed_gradient(features: Float[Tensor, "*n"], strength: float) -> Float[Tensor, "*n"]:
    """Return features as they are, whose gradient comes back times -strength."""
    turned: Tensor = _Reversal.apply(features, strength)  # type: ignore[no-untyped-call]
    return turned


class DomainClassifier(nn.Module):
    """(B, n) features -> n -> hidden -> 1: a logit that is above 0 for real pictures."""

    def __init__(self, features: int, hidden: int) -> None:
        """Build the layers."""
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, features: Float[Tensor, "b n"]) -> Float[Tensor, " b"]:
        """Return how real each picture is held to be."""
        realness: Tensor = self.layers(features).squeeze(1).float()
        return realness


def domain_loss(of_rendered: Float[Tensor, " m"], of_real: Float[Tensor, " n"]) -> Float[Tensor, ""]:
    """Return the classifier's cross-entropy, both sides counting the same however many there are of each."""
    # -log(1 - sigmoid(x)) = softplus(x), -log(sigmoid(x)) = softplus(-x)
    return (functional.softplus(of_rendered).mean() + functional.softplus(-of_real).mean()) / 2


def domain_accuracy(of_rendered: Float[Tensor, " m"], of_real: Float[Tensor, " n"]) -> Float[Tensor, ""]:
    """Return which part of both sides the classifier is right about; 1/2 is what the features are to bring it to."""
    return ((of_rendered < 0).float().mean() + (of_real > 0).float().mean()) / 2
