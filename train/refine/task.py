"""The training of a refiner, round by round, as a Lightning module that takes its steps itself.

Algorithm 1 of Shrivastava et al. 2017, and before it the two of its section 3 that train each network alone:

    stage 1    the refiner learns to keep pictures
    stage 2    the discriminator learns to tell the refiner's from real ones
    stage 3    k_g steps of the refiner, which is to deceive it and to keep, then k_d of the discriminator

Each step draws its own pictures.  An epoch is `check_every` steps or rounds of one stage: Lightning's batches are their
numbers within it.  At its end the averaged refiner is looked at (adapt/refine/alarms.py).  All that is drawn comes from
(seed, round); all else that a continued run needs is in the state of this module.
"""

import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import lightning
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from adapt.refine.adversarial import accuracy, discriminator_loss, r1_penalty, refiner_loss
from adapt.refine.alarms import ALARMS, Limits, Signs, raised, signs, told
from adapt.refine.build import Parts
from adapt.refine.recipe import Optimizer, Refining
from adapt.refine.space import Pictures, to_float
from synth.errors import TrainingError
from synth.seeds import rng
from train.refine.sides import Sides
from train.tasks.averaged import channels_last, follow

PROBE = 64
"""Rendered pictures that every check looks at."""
BETAS = (0.5, 0.999)
"""Of Adam."""


@dataclass(frozen=True)
class Chance:
    """What a round draws from: rows on the CPU, places on the device."""

    rows: np.random.Generator
    places: torch.Generator


class RefineTask(lightning.LightningModule):
    """Trains a refiner; `average` is the one to use."""

    running: Tensor

    def __init__(self, parts: Parts, sides: Sides, recipe: Refining, limits: Limits, seed: int) -> None:
        """Keep the parts, and a copy of the refiner that will hold the average of its weights."""
        super().__init__()
        self.automatic_optimization = False
        self.refiner = channels_last(parts.refiner)
        self.average = copy.deepcopy(self.refiner).requires_grad_(False)
        self.discriminator = channels_last(parts.discriminator)
        self.keeping = parts.keeping
        self.history = parts.history
        self.sides, self.recipe, self.limits, self.seed = sides, recipe, limits, seed
        self.probe = sides.rendered.take(torch.linspace(0, len(sides.rendered) - 1, min(PROBE, len(sides.rendered))))
        self.real_means = channel_means(sides.real)
        self.right: list[Tensor] = []
        self.found: Signs | None = None
        # How many checks running each alarm has been raised in.
        self.register_buffer("running", torch.zeros(len(ALARMS), dtype=torch.long))

    def forward(self, pictures: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Return what the averaged refiner makes of pictures."""
        refined: Tensor = self.average(pictures)
        return refined

    def on_train_epoch_start(self) -> None:
        """Forget the figures of the epoch before: a stage that is over would go on telling its last ones."""
        self.trainer.callback_metrics.clear()

    def training_step(self, batch: int, index: int) -> None:
        """Take the steps of a round; `batch` is its number within the epoch."""
        recipe = self.recipe
        number = self.current_epoch * recipe.check_every + batch
        chance = Chance(
            rng(self.seed, number, "rows of a round"),
            torch.Generator(self.device).manual_seed(int(rng(self.seed, number, "round").integers(2**62))),
        )
        if number < recipe.warm_refiner:
            self.refiner_step(chance, number, deceive=False)
        elif number < recipe.warm_refiner + recipe.warm_discriminator:
            self.discriminator_step(chance)
        else:
            for _ in range(recipe.k_g):
                self.refiner_step(chance, number, deceive=True)
            for _ in range(recipe.k_d):
                self.discriminator_step(chance)
        if batch + 1 == recipe.check_every:
            self.check()

    def refiner_step(self, chance: Chance, number: int, deceive: bool) -> None:
        """Teach the refiner to keep, and to deceive the discriminator."""
        rendered, real = self.drawn(self.sides.rendered, chance), self.drawn(self.sides.real, chance)
        with frozen(self.discriminator):
            refined = self.refiner(rendered)
            kept = self.keeping(self.refiner, rendered, refined, real, chance.places)
            loss = self.recipe.lambda_keep * kept
            self.told("refiner/keep", kept)
            if deceive:
                deceived = refiner_loss(self.discriminator(refined), self.recipe.adversary)
                loss = loss + deceived
                self.told("refiner/deceive", deceived)
            self.learn(0, loss)
        follow(self.average, self.refiner, self.recipe.average_decay, number)

    def discriminator_step(self, chance: Chance) -> None:
        """Teach the discriminator, by refined pictures of which half are of the history."""
        recipe = self.recipe
        rendered, real = self.drawn(self.sides.rendered, chance), self.drawn(self.sides.real, chance)
        with torch.no_grad():
            refined = self.refiner(rendered)
        shown = self.history.mix(refined, chance.places)
        real.requires_grad_(recipe.r1 > 0)
        realness = self.discriminator(torch.cat([real, shown]))
        of_real, of_refined = realness[: len(real)], realness[len(real) :]
        loss = discriminator_loss(of_real, of_refined, recipe.adversary)
        self.told("discriminator/loss", loss)
        if recipe.r1 > 0:
            penalty = r1_penalty(of_real, real)
            loss = loss + recipe.r1 / 2 * penalty
            self.told("discriminator/r1", penalty)
        self.learn(1, loss)
        self.history.add(refined, chance.places)
        self.right.append(accuracy(of_real.detach(), of_refined.detach(), recipe.adversary))
        self.told("discriminator/accuracy", self.right[-1])

    def drawn(self, side: Pictures, chance: Chance) -> Float[Tensor, "b c h w"]:
        """Return a batch of one side, with no picture twice where there are enough."""
        size = self.recipe.batch_size
        rows = chance.rows.choice(len(side), size, replace=len(side) < size)
        pictures = to_float(side.take(torch.from_numpy(rows)).images_u8.to(self.device))
        if self.recipe.mirror:
            mirrored = torch.from_numpy(chance.rows.random(size) < 0.5).to(self.device)
            pictures = torch.where(mirrored[:, None, None, None], pictures.flip(3), pictures)
        return pictures

    def learn(self, which: int, loss: Float[Tensor, ""]) -> None:
        """Take a step of the refiner's (0) or the discriminator's (1) optimiser."""
        optimizer = self.optimizers()[which]  # type: ignore[index]
        optimizer.zero_grad()
        self.manual_backward(loss)
        optimizer.step()

    def told(self, name: str, value: float | Tensor) -> None:
        """Log a figure; its mean over the epoch is told."""
        self.log(name, value, on_step=False, on_epoch=True, batch_size=1)

    def check(self) -> None:
        """Look at the averaged refiner and count its alarms, which `on_train_epoch_end` then heeds."""
        rendered = to_float(self.probe.images_u8.to(self.device))
        with torch.no_grad():
            at_once = range(0, len(rendered), self.recipe.batch_size)
            refined = torch.cat([self(rendered[at : at + self.recipe.batch_size]) for at in at_once])
        right = float(torch.stack(self.right).mean()) if self.right else 0.0
        self.right = []
        self.found = signs(refined, rendered, self.real_means.to(self.device), right)
        for name in ("spread", "ends", "drift"):
            self.told(f"check/{name}", getattr(self.found, name))
        quarrelling = (self.current_epoch + 1) * self.recipe.check_every > self.recipe.rounds - self.recipe.steps
        now = torch.tensor(raised(self.found, self.limits), device=self.device)
        self.running = torch.where(now & quarrelling, self.running + 1, 0)

    def on_train_epoch_end(self) -> None:
        """Stop at an alarm; the figures are written by now, the checkpoint is still the one before.

        Raises:
            TrainingError: The training leads to no refiner.
        """
        assert self.found is not None
        where = f"step {(self.current_epoch + 1) * self.recipe.check_every} of {self.recipe.rounds}"
        if not all(math.isfinite(value) for value in asdict(self.found).values()):
            raise TrainingError(f"{where}: refined pictures are not finite; lower the learning rates")
        for alarm, checks in zip(ALARMS, self.running.tolist(), strict=True):
            if checks >= self.limits.checks:
                raise TrainingError(f"{where}: {told(alarm, self.found, self.limits)}")

    def configure_optimizers(self) -> list[torch.optim.Optimizer]:
        """Return those of the refiner, with what keeps, and of the discriminator."""
        recipe = self.recipe
        trained = ([*self.refiner.parameters(), *self.keeping.parameters()], [*self.discriminator.parameters()])
        rates = (recipe.learning_rate, recipe.discriminator_learning_rate)
        if recipe.optimizer is Optimizer.sgd:
            return [torch.optim.SGD(some, lr=rate) for some, rate in zip(trained, rates, strict=True)]
        return [torch.optim.Adam(some, lr=rate, betas=BETAS) for some, rate in zip(trained, rates, strict=True)]


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Let gradients pass through a network and not into its weights."""
    network.requires_grad_(False)
    try:
        yield
    finally:
        network.requires_grad_(True)


def channel_means(side: Pictures) -> Float[Tensor, " c"]:
    """Return the mean level of each channel of a side, in [-1, 1]."""
    count = side.images_u8.numel() // side.channels
    return side.images_u8.sum(dim=(0, 2, 3), dtype=torch.long).double().div(count).float() / 127.5 - 1
