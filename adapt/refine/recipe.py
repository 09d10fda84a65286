"""What a refiner is and how it is trained: the numbers of a `refiner` configuration.

Not frozen, because hydra wants its schemas so; nothing changes one after it was checked.
"""

from dataclasses import dataclass
from enum import Enum

from adapt.refine.adversarial import Adversary
from adapt.refine.keeping import Keep
from synth.errors import ConfigError

LEAST = {
    **{"maps": 2, "blocks": 1, "patch_maps": 3, "k_g": 1, "k_d": 1, "batch_size": 2, "history": 0},
    **{"warm_refiner": 0, "warm_discriminator": 0, "steps": 1, "check_every": 1},
}
"""Of numbers that count something."""


class Network(Enum):
    """Which network refines: at full resolution (adapt/refine/residual.py), or by way of half of it (translator.py)."""

    residual = "residual"
    translator = "translator"


class Optimizer(Enum):
    """What takes the steps: plain gradient descent, as published, or Adam with a momentum of 0.5."""

    sgd = "sgd"
    adam = "adam"


@dataclass
class Refining:
    """How a refiner is built and trained; Algorithm 1 of Shrivastava et al. 2017 with a few choices.

    First come `warm_refiner` steps of the refiner alone, which learns to keep pictures, then `warm_discriminator` steps
    of the discriminator alone, then `steps` rounds of `k_g` steps of the one and `k_d` of the other.

    Attributes:
        network: residual or translator.
        maps: Of the refiner's layers.
        blocks: Of the refiner.
        skip: Of residual: whether it starts as the identity.
        patch_maps: Of the discriminator's first layer.
        spectral: Whether the discriminator's layers are normalised by their largest singular value.
        adversary: cross_entropy, least_squares or hinge.
        r1: gamma of the penalty on the discriminator's gradient at real pictures; 0 is none.
        keep: identity, channel_mean, gradient, shading (self-regularisation) or contrast (PatchNCE).
        lambda_keep: Weight of what keeps, beside the adversarial loss of weight 1.
        k_g: Steps of the refiner a round.
        k_d: Steps of the discriminator a round.
        batch_size: Rendered pictures a step, and real ones.
        history: Refined pictures that are kept for the discriminator; 0 shows it new ones alone.
        average_decay: Of the moving average of the refiner's weights that is saved; 0 is no averaging.
        optimizer: sgd or adam.
        learning_rate: Of the refiner.
        discriminator_learning_rate: Of the discriminator.
        warm_refiner: Steps of the refiner before all others.
        warm_discriminator: Steps of the discriminator thereafter.
        steps: Rounds.
        check_every: Steps or rounds between two checks, checkpoints and rows of metrics.csv.
        mirror: Whether half of the pictures of both sides are mirrored, at random.
    """

    network: Network = Network.residual
    maps: int = 64
    blocks: int = 4
    skip: bool = False
    patch_maps: int = 96
    spectral: bool = False
    adversary: Adversary = Adversary.cross_entropy
    r1: float = 0.0
    keep: Keep = Keep.identity
    lambda_keep: float = 1.0
    k_g: int = 1
    k_d: int = 1
    batch_size: int = 32
    history: int = 0
    average_decay: float = 0.0
    optimizer: Optimizer = Optimizer.adam
    learning_rate: float = 2e-4
    discriminator_learning_rate: float = 2e-4
    warm_refiner: int = 0
    warm_discriminator: int = 0
    steps: int = 1000
    check_every: int = 50
    mirror: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        for name, low in LEAST.items():
            if getattr(self, name) < low:
                raise ConfigError(f"{name}={getattr(self, name)}: at least {low}")
        for name in ("learning_rate", "discriminator_learning_rate"):
            if not 0 < getattr(self, name) < 10:
                raise ConfigError(f"{name}={getattr(self, name)}: between 0 and 10")
        for name in ("r1", "lambda_keep"):
            if not 0 <= getattr(self, name) < 1e6:
                raise ConfigError(f"{name}={getattr(self, name)}: at least 0, below a million")
        if not 0 <= self.average_decay < 1:
            raise ConfigError(f"average_decay={self.average_decay}: at least 0, below 1")
        if self.skip and self.network is not Network.residual:
            raise ConfigError("skip=true: is for network=residual; a translator draws its pictures anew")
        for name in ("warm_refiner", "warm_discriminator", "steps"):
            if getattr(self, name) % self.check_every:
                raise ConfigError(
                    f"{name}={getattr(self, name)}: no multiple of check_every={self.check_every}, which checks whole "
                    "stages"
                )

    @property
    def rounds(self) -> int:
        """The number of steps and rounds of all stages."""
        return self.warm_refiner + self.warm_discriminator + self.steps
