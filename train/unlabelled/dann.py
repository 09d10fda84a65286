"""DANN: features that a classifier cannot tell real pictures from rendered ones by (adapt/unlabelled/reversal.py).

The features are what the last layers of a network are given (train/models/features.py); for eyes that is before the
head angles join them.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from adapt.unlabelled.reversal import DomainClassifier, domain_accuracy, domain_loss, reversed_gradient
from adapt.unlabelled.schedules import reversal_strength
from synth.seeds import rng
from train.models.features import Features, Tap
from train.tasks.adaptable import AdaptableTask, Adapting, Met, Some


class Adversary(Adapting[Some]):
    """Learns to tell both sides apart, and turns its gradient round on its way to the network."""

    def __init__(
        self, real: Some, batch_size: int, place: Features, weight: float, slope: float, hidden: int, seed: int
    ) -> None:
        """Listen at a place of the network that is trained; the classifier's first weights depend on the seed alone."""
        super().__init__(real, batch_size)
        self.tap, self.weight, self.slope = Tap(place), weight, slope
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(rng(seed, 0, "domain classifier").integers(2**62)))
            self.classifier = DomainClassifier(place.width, hidden)

    def loss(self, task: AdaptableTask[Some], outputs: Float[Tensor, "b ..."], met: Met[Some]) -> Float[Tensor, ""]:
        """Return the classifier's loss."""
        strength = self.weight * reversal_strength(task.progress, self.slope)
        realness = self.classifier(reversed_gradient(self.tap.take(), strength))
        of_rendered, of_real = realness[: met.rendered], realness[met.rendered :]
        loss = domain_loss(of_rendered, of_real)
        task.log_epoch("train/domain_loss", loss.detach(), len(realness))
        task.log_epoch("train/domain_accuracy", domain_accuracy(of_rendered, of_real), len(realness))
        return loss
