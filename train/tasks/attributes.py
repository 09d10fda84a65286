"""The task of a face's attributes: cuts in, 40 outputs out, as a Lightning module.

A step: draw the changes of a batch, apply them; predict; the loss is the mean over the attributes that are learnt of
weight times mean loss (train/models/people/attribute_losses.py; train/tasks/averaged.py has the rest).  Learnt is what
varies in the training set: an attribute that is true of nobody, or of everybody, is left out.

`learning=adaptive` measures, every `network.every` steps, the loss of each attribute on some pictures to validate on,
by the averaged network, and weighs the attributes by the last two of these measurements; until there are two, all
alike.  So those pictures take part in training: a figure that is to be blind needs a set of its own.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from adapt.augment.strengths import Strengths
from adapt.face_batch import to_rgb
from adapt.portraits import UNKNOWN, Portraits
from synth.errors import DataError
from train.models.people.attribute_losses import adaptive_weights, domain_weights, mean_losses
from train.models.people.attributes import AttributeNetwork
from train.tasks.averaged import Recipe
from train.tasks.portraits import PortraitTask, shares, varying

WATCHED, AT_ONCE = 512, 128
"""Pictures that adaptive weights are measured on, spread over those to validate on."""


class AttributeTask(PortraitTask):
    """Trains a network of attributes.

    Attributes:
        weights: Of each attribute.
        domain: What a picture weighs where an attribute is false, and where it is true.
        measured: Validation loss of each attribute when it was last measured; NaN before that.
    """

    network: AttributeNetwork
    average: AttributeNetwork
    weights: Tensor
    domain: Tensor
    measured: Tensor

    def __init__(self, network: AttributeNetwork, recipe: Recipe, strengths: Strengths) -> None:
        """Keep the network and a copy of it that will hold the average."""
        super().__init__(network, recipe, strengths)
        n = len(network.told.learnt)
        self.register_buffer("weights", torch.ones(n))
        self.register_buffer("domain", torch.ones(2, n))
        self.register_buffer("measured", torch.full((n,), torch.nan))
        self._watched: Portraits | None = None

    def meet(self, training: Portraits, validation: Portraits | None) -> None:
        """Find out what can be learnt, how often it is true, and what adaptive weights are measured on.

        Raises:
            DataError: No attribute varies; or there is nothing to validate on, which adaptive weights need.
        """
        learnt = varying(training)
        if not learnt.any():
            raise DataError("no attribute is true of some of the faces to train on and false of others")
        for network in (self.network, self.average):
            network.told.learnt.copy_(learnt)
        if self.network.learning == "moon":
            self.domain = domain_weights(torch.where(learnt, shares(training), 0.5), self.network.target)
        if self.network.learning == "adaptive":
            if validation is None or not len(validation):
                raise DataError("model.learning=adaptive: measures on pictures to validate on; there are none")
            rows = torch.linspace(0, len(validation) - 1, min(WATCHED, len(validation))).round().long()
            self._watched = validation.take(rows)

    def forward(self, batch: Portraits) -> Float[Tensor, "b 40"]:
        """Return the averaged network's outputs of a batch."""
        return self.average(to_rgb(batch.images_u8))

    def training_step(self, batch: Portraits, index: int) -> Float[Tensor, ""]:
        """Return the loss of a changed batch."""
        outputs = self.network(to_rgb(batch.images_u8))
        losses = mean_losses(self.network.losses(outputs, batch.attributes), batch.attributes, self.domain)
        learnt = self.network.told.learnt
        loss = (self.weights * losses)[learnt].mean()
        self.log_epoch("train/loss", loss.detach(), len(batch))
        self.log_epoch("train/accuracy", right(self.network, outputs.detach(), batch), len(batch), prog_bar=True)
        return loss

    def validation_step(self, batch: Portraits, index: int) -> None:
        """Log how often the averaged network is right on unchanged faces."""
        self.log("validation/accuracy", right(self.average, self(batch), batch), prog_bar=True, batch_size=len(batch))

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Move the average, and weigh the attributes anew where it is time."""
        super().on_train_batch_end(outputs, batch, batch_idx)
        if self._watched is not None and self.global_step % self.network.every == 0:
            self.weigh(self.watched_losses())

    def watched_losses(self) -> Float[Tensor, "40"]:
        """Return the averaged network's loss of each attribute on pictures to validate on."""
        assert self._watched is not None
        faces = self._watched.to(self.device)
        with torch.no_grad():
            parts = [self.average(to_rgb(images)) for images in torch.split(faces.images_u8, AT_ONCE)]
            return mean_losses(self.average.losses(torch.cat(parts), faces.attributes), faces.attributes)

    def weigh(self, losses: Float[Tensor, "40"]) -> None:
        """Weigh the attributes by their validation losses now and when these were last measured."""
        if not self.measured.isnan().any():
            self.weights = adaptive_weights(self.measured, losses, self.network.told.learnt)
        self.measured = losses


def right(network: AttributeNetwork, outputs: Float[Tensor, "b 40"], faces: Portraits) -> Float[Tensor, ""]:
    """Return in how many percent of the attributes that are learnt, and known, a network is right."""
    told = network.probability(outputs) > 0.5
    counted = (faces.attributes != UNKNOWN) & network.told.learnt
    return 100 * ((told == (faces.attributes == 1)) & counted).sum() / counted.sum().clamp(min=1)
