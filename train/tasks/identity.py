"""The task of who it is: cuts in, embeddings out, as a Lightning module.

A step: draw the changes of a batch, apply them; embed; compare (train/models/people/identity_losses.py;
train/tasks/averaged.py has the rest).  What compares is trained along and not kept: it knows the people of the training
set alone.

`learning=contrastive` learns from pairs, of which a batch drawn from many people has nearly none: there the second half
of a batch gives way to other pictures of the people of its first half.
"""

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from adapt.augment.strengths import Strengths
from adapt.face_batch import to_rgb
from adapt.portraits import Portraits
from adapt.rows import joined
from synth.seeds import rng
from train.data.portraits.people import refuse_nameless
from train.measure.identity_metrics import MOST, area, similarities, whole_people
from train.models.people.attribute_losses import losses_of, mean_losses
from train.models.people.identity import IdentityNetwork, PersonReading
from train.tasks.averaged import Recipe
from train.tasks.portraits import PortraitTask, varying


class IdentityTask(PortraitTask):
    """Trains a network of who it is.

    Attributes:
        comparing: The loss of embeddings, once the training set is known.
        known: Numbers of the people of the training set, rising: their places are the losses'.
    """

    network: IdentityNetwork
    average: IdentityNetwork
    comparing: nn.Module | None
    known: Tensor

    def __init__(self, network: IdentityNetwork, recipe: Recipe, strengths: Strengths) -> None:
        """Keep the network and a copy of it that will hold the average."""
        super().__init__(network, recipe, strengths)
        self.comparing = None
        self.register_buffer("known", torch.zeros(0, dtype=torch.long))
        self._training: Portraits | None = None
        self._told: list[tuple[Tensor, Tensor]] = []

    def meet(self, training: Portraits, validation: Portraits | None) -> None:
        """Make what compares, for the people of the training set.

        Raises:
            DataError: They cannot be told apart.
        """
        refuse_nameless(training, "the faces to train on")
        self.known = torch.from_numpy(np.unique(training.person.numpy()))
        self._training = training
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(rng(self.recipe.seed, 0, "comparing").integers(2**62)))
            self.comparing = self.network.comparing(len(self.known))
        for network in (self.network, self.average):
            if network.told is not None:
                network.told.learnt.copy_(varying(training))

    def change(self, batch: Portraits, generator: torch.Generator) -> Portraits:
        """Return a changed batch, for pairs with the partners of its first half in place of its second."""
        if self.network.learning == "contrastive":
            assert self._training is not None, "the training set is not known yet"
            half = batch.take(range((len(batch) + 1) // 2))
            rows = partners(half, self._training, generator)
            batch = joined([half, self._training.take(rows).to(batch.images_u8.device)])
        return super().change(batch, generator)

    def forward(self, batch: Portraits) -> PersonReading:
        """Return what the averaged network tells of a batch."""
        return self.average(to_rgb(batch.images_u8))

    def training_step(self, batch: Portraits, index: int) -> Float[Tensor, ""]:
        """Return the loss of a changed batch."""
        assert self.comparing is not None, "the training set is not known yet"
        reading = self.network(to_rgb(batch.images_u8))
        with torch.autocast(reading.embedding.device.type, enabled=False):
            loss = self.comparing(reading.embedding, torch.searchsorted(self.known, batch.person))
            self.log_epoch("train/comparing", loss.detach(), len(batch), prog_bar=True)
            if self.network.told is not None and reading.attributes is not None:
                losses = losses_of(reading.attributes, batch.attributes, "equal")
                learnt = self.network.told.learnt
                of_attributes = (mean_losses(losses, batch.attributes) * learnt).sum() / learnt.sum().clamp(min=1)
                self.log_epoch("train/attributes", of_attributes.detach(), len(batch))
                loss = loss + self.network.weight * of_attributes
        self.log_epoch("train/loss", loss.detach(), len(batch))
        return loss

    def validation_step(self, batch: Portraits, index: int) -> None:
        """Keep the averaged network's embeddings of unchanged faces until the set is through."""
        self._told.append((self(batch).embedding.cpu(), batch.person.cpu()))

    def on_validation_epoch_end(self) -> None:
        """Log the area under the ROC of pairs, percent; nothing where no two pictures show one person."""
        embeddings, people = (torch.cat(parts).numpy() for parts in zip(*self._told, strict=True))
        self._told = []
        rows = whole_people(people, MOST)
        pairs = similarities(embeddings[rows], people[rows])
        if len(pairs.same) and len(pairs.different):
            self.log("validation/auc", area(pairs), prog_bar=True, batch_size=len(people))


def partners(faces: Portraits, others: Portraits, generator: torch.Generator) -> Int64[Tensor, " b"]:
    """Draw for each face the row of another picture of its person; its own where there is no other.

    Args:
        faces: Some of `others`.
        others: All that may be drawn.
        generator: Draws.
    """
    people, keys = faces.person.cpu(), faces.keys
    drawn = torch.rand(len(faces), generator=generator, device=generator.device).cpu()
    rows = []
    for row in range(len(faces)):
        candidates = (others.person == people[row]).nonzero()[:, 0].tolist()
        different = [one for one in candidates if others.keys[one] != keys[row]] or candidates
        rows.append(different[int(drawn[row] * len(different))])
    return torch.tensor(rows)
