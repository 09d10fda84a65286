"""Who it is, as a vector: two pictures show one person where the cosine between their embeddings is large.

    embedding = batch normalisation(dense(features of the trunk)), as in ArcFace (Deng et al. 2019)

`attributes` above 0 trains CelebA's attributes along with that weight, from the same features: cross-entropy, all
attributes alike (attributes.py).
"""

from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

from synth.errors import ConfigError
from train.models.people.attributes import AttributeHead
from train.models.people.identity_losses import ArcFace, Center, Contrastive, Softmax
from train.models.people.trunk import Backbone, Head, Side, Trunk

Comparing = Literal["arcface", "softmax", "center", "contrastive"]


@dataclass(frozen=True)
class PersonReading:
    """What a network tells of a batch: embeddings, and logits of attributes of one that learns them."""

    embedding: Float[Tensor, "b d"]
    attributes: Float[Tensor, "b 40"] | None = None


class IdentityNetwork(nn.Module):
    """A trunk, a dense layer and its normalisation.

    Attributes:
        size: Height and width in pixels of the pictures that it is made for.
        features: Width of an embedding.
        learning: How it learns to tell people apart.
        weight: Of the attributes' loss.
        told: What tells attributes; None of a network that learns none.
    """

    def __init__(
        self,
        trunk: Backbone = "residual",
        width: float = 1.0,
        side: Side = 64,
        head: Head = "flat",
        features: int = 128,
        learning: Comparing = "arcface",
        scale: float = 64.0,
        margin: float = 0.5,
        pull: float = 0.003,
        pace: float = 0.5,
        apart: float = 1.0,
        attributes: float = 0.0,
    ) -> None:
        """Build the layers.

        Args:
            trunk: See trunk.py.
            width: Likewise.
            side: Of the pictures.
            head: See trunk.py.
            features: Width of an embedding.
            learning: See identity_losses.py.
            scale: Of arcface: s.
            margin: Of arcface: m, radians.
            pull: Of center: lambda.
            pace: Of center: alpha.
            apart: Of contrastive: the margin.
            attributes: Weight of the attributes' loss; 0 learns none.

        Raises:
            ConfigError: A number is out of its range.
        """
        super().__init__()
        for name, value, low, high in (
            ("features", features, 2, 4096),
            ("scale", scale, 1, 1000),
            ("margin", margin, 0, 1.5),
            ("pace", pace, 0, 1),
            ("apart", apart, 0, 2),
        ):
            if not low <= value <= high:
                raise ConfigError(f"model.{name}={value}: from {low} to {high}")
        self.size, self.features, self.learning = (side, side), features, learning
        self.scale, self.margin, self.pull, self.pace, self.apart = scale, margin, pull, pace, apart
        self.trunk = Trunk(trunk, width, side, head)
        self.dense = nn.Linear(self.trunk.width, features, bias=False)
        self.norm = nn.BatchNorm1d(features)
        self.weight = float(attributes)
        self.told = AttributeHead(self.trunk.width) if attributes else None

    def forward(self, images: Float[Tensor, "b 3 s s"]) -> PersonReading:
        """Return what is told of RGB pictures in [0, 1]."""
        features = self.trunk(images)
        embedding = self.norm(self.dense(features)).float()
        return PersonReading(embedding, None if self.told is None else self.told(features).float())

    def comparing(self, people: int) -> nn.Module:
        """Return the loss for a training set of so many people, with fresh weights."""
        if self.learning == "contrastive":
            return Contrastive(self.apart)
        if self.learning == "arcface":
            return ArcFace(self.features, people, self.scale, self.margin)
        if self.learning == "center":
            return Center(self.features, people, self.pull, self.pace)
        return Softmax(self.features, people)
