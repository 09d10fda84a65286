"""Tasks whose network can meet unlabelled pictures in training: a step, and the few words that an adaptation knows.

A step: draw the changes of a batch, apply them; predict, compare (train/tasks/averaged.py has the rest).  Where an
adaptation takes part, real pictures are drawn and changed too, after the rendered ones, whose changes are therefore
those of a training without, and join these: one pass of the network sees both sides, so that batch normalisation knows
one mean for both, while it trains as well as later.  The rendered ones come first.

What an adaptation asks of a task, knowing neither its pictures nor its network:

    completed   unlabelled pictures with what else the network is told
    altered     pictures after changes, which are drawn, with their labels moved; and the changes
    outputs     what a network says of pictures
    labelled    one view of pictures with the labels that follow from what a network says of another
    loss        how far outputs are from labels
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from adapt.augment.strengths import Strengths
from adapt.rows import Rows, joined
from train.tasks.averaged import AveragedTask, Recipe

Some = TypeVar("Some", bound=Rows)


@dataclass(frozen=True)
class View(Generic[Some]):
    """Real pictures after changes, which are known."""

    pictures: Some
    changes: Any


@dataclass(frozen=True)
class Met(Generic[Some]):
    """What a step learns from where both sides meet, on the network's device.

    Attributes:
        pictures: The rendered ones, then the first view of the real ones.
        rendered: How many are rendered.
        views: Of the same real pictures.
    """

    pictures: Some
    rendered: int
    views: tuple[View[Some], ...]

    def to(self, device: torch.device) -> "Met[Some]":
        """Return itself: Lightning would move it, and it was made where it is needed."""
        return self


class AdaptableTask(AveragedTask, Generic[Some]):
    """Trains a network on rendered pictures, and beside them on real ones where `adapting` is given."""

    def __init__(self, network: nn.Module, recipe: Recipe, strengths: Strengths) -> None:
        """Keep the network and a copy of it that will hold the average."""
        super().__init__(network, recipe, strengths)
        self.adapting: Adapting[Some] | None = None

    @abstractmethod
    def altered(self, batch: Some, generator: torch.Generator) -> tuple[Some, Any]:
        """Draw changes and return the changed pictures, their labels moved, and the changes."""

    @abstractmethod
    def outputs(self, network: nn.Module, batch: Some) -> Float[Tensor, "b ..."]:
        """Return what a network says of pictures, as `loss` takes it, in single precision."""

    @abstractmethod
    def loss(self, outputs: Float[Tensor, "b ..."], batch: Some) -> Float[Tensor, ""]:
        """Return what training minimises on labelled pictures."""

    @abstractmethod
    def error_rad(self, outputs: Float[Tensor, "b ..."], batch: Some) -> Float[Tensor, " b"]:
        """Return the angles between outputs and labels."""

    @abstractmethod
    def labelled(self, view: View[Some], other: View[Some], outputs: Float[Tensor, "b ..."]) -> Some:
        """Return a view with labels: what outputs say of another, moved back by its changes and on by the view's."""

    def completed(self, real: Some, batch: Some, rows: Int[Tensor, " n"]) -> Some:
        """Return unlabelled pictures with what else the network is told, from these rows of a labelled batch."""
        return real

    def change(self, batch: Some, generator: torch.Generator) -> Some | Met[Some]:
        """Return a changed batch, with real pictures where an adaptation takes part."""
        changed, _ = self.altered(batch, generator)
        if self.adapting is None:
            return changed
        real = self.adapting.drawn(generator)
        rows = torch.randint(len(batch), (len(real),), generator=generator, device=generator.device)
        real = self.completed(real, batch, rows)
        views = tuple(View(*self.altered(real, generator)) for _ in range(self.adapting.views))
        return Met(joined([changed, views[0].pictures]), len(batch), views)

    def training_step(self, batch: Some | Met[Some], index: int) -> Float[Tensor, ""]:
        """Return the loss of a changed batch, and of the adaptation."""
        pictures = batch.pictures if isinstance(batch, Met) else batch
        outputs = self.outputs(self.network, pictures)
        rendered = pictures.take(range(batch.rendered)) if isinstance(batch, Met) else pictures
        n = len(rendered)
        loss = self.loss(outputs[:n], rendered)
        self.log_epoch("train/loss", loss, n)
        error = self.error_rad(outputs[:n].detach(), rendered).rad2deg().mean()
        self.log_epoch("train/error_deg", error, n, prog_bar=True)
        if isinstance(batch, Met):
            assert self.adapting is not None
            loss = loss + self.adapting.loss(self, outputs, batch)
        return loss

    def validation_step(self, batch: Some, index: int) -> None:
        """Log the averaged network's error on unchanged pictures."""
        error = self.error_rad(self.outputs(self.average, batch), batch).rad2deg().mean()
        self.log("validation/error_deg", error, prog_bar=True, batch_size=len(batch))

    @property
    def progress(self) -> float:
        """The part of the training that is done."""
        return self.global_step / max(self.recipe.steps, 1)


class Adapting(nn.Module, ABC, Generic[Some]):
    """How unlabelled pictures take part in the steps of a task; what it learns itself is trained along.

    Attributes:
        views: How often the real pictures of a step are changed.
    """

    views = 1

    def __init__(self, real: Some, batch_size: int) -> None:
        """Keep the pictures, of which each step draws so many."""
        super().__init__()
        self.real, self.batch_size = real, batch_size

    def drawn(self, generator: torch.Generator) -> Some:
        """Draw the real pictures of a step, none twice where there are enough."""
        n, size, device = len(self.real), self.batch_size, generator.device
        if n < size:
            rows = torch.randint(n, (size,), generator=generator, device=device)
        else:
            rows = torch.randperm(n, generator=generator, device=device)[:size]
        return self.real.take(rows.cpu()).to(device)

    @abstractmethod
    def loss(self, task: AdaptableTask[Some], outputs: Float[Tensor, "b ..."], met: Met[Some]) -> Float[Tensor, ""]:
        """Return what is added to the loss of the rendered pictures; outputs are those of all."""
