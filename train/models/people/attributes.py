"""CelebA's attributes from a cut of a face: one trunk for all, one output an attribute, three ways to learn.

Of `learning=equal` and `adaptive` an output is a logit, whose sigmoid is the probability that the attribute is true; of
`moon` it is a regression to +-1, half of which, from a half, is told as the probability.  An attribute is said to be
true above a half.  attribute_losses.py has the three.
"""

import torch
from jaxtyping import Bool, Float, Int8
from torch import Tensor, nn

from synth.errors import ConfigError
from synth.label.celeba import ATTRIBUTES
from train.models.people.attribute_losses import Learning, losses_of
from train.models.people.trunk import Backbone, Head, Side, Trunk


class AttributeHead(nn.Linear):
    """(B, F) -> (B, 40).

    Attributes:
        learnt: Which attributes vary in what the network was trained on: only these mean something.
    """

    learnt: Bool[Tensor, "40"]

    def __init__(self, features: int) -> None:
        """Build the layer; until it is told otherwise all attributes are learnt."""
        super().__init__(features, len(ATTRIBUTES))
        nn.init.normal_(self.weight, std=0.01)
        nn.init.zeros_(self.bias)
        self.register_buffer("learnt", torch.ones(len(ATTRIBUTES), dtype=torch.bool))


class AttributeNetwork(nn.Module):
    """A trunk and a dense layer.

    Attributes:
        size: Height and width in pixels of the pictures that it is made for.
        learning: What it minimises.
        target: Of moon: in what part of the target domain each attribute is true.
        every: Of adaptive: steps between two new weights.
    """

    def __init__(
        self,
        trunk: Backbone = "residual",
        width: float = 1.0,
        side: Side = 64,
        head: Head = "mean",
        learning: Learning = "equal",
        target: float = 0.5,
        every: int = 50,
    ) -> None:
        """Build the layers.

        Raises:
            ConfigError: `target` is no share of a domain that has both, or `every` is no number of steps.
        """
        super().__init__()
        if not 0 < target < 1:
            raise ConfigError(f"model.target={target}: above 0 and below 1")
        if every < 1:
            raise ConfigError(f"model.every={every}: at least 1")
        self.size = (side, side)
        self.learning: Learning = learning
        self.target, self.every = float(target), every
        self.trunk = Trunk(trunk, width, side, head)
        self.told = AttributeHead(self.trunk.width)

    def forward(self, images: Float[Tensor, "b 3 s s"]) -> Float[Tensor, "b 40"]:
        """Return the outputs of RGB pictures in [0, 1]."""
        outputs: Tensor = self.told(self.trunk(images))
        return outputs.float()

    def probability(self, outputs: Float[Tensor, "b 40"]) -> Float[Tensor, "b 40"]:
        """Return how probable each attribute is."""
        return ((outputs + 1) / 2).clamp(0, 1) if self.learning == "moon" else outputs.sigmoid()

    def losses(self, outputs: Float[Tensor, "b 40"], attributes: Int8[Tensor, "b 40"]) -> Float[Tensor, "b 40"]:
        """Return the loss of each attribute of each picture."""
        return losses_of(outputs, attributes, self.learning)
