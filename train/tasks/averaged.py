"""What every task shares: a recipe, an optimiser, and a moving average of the weights, which is what is used.

Beside the trained weights an exponential moving average of them is kept; that average is what is validated, saved and
measured, because it wobbles less from step to step than the weights do.

Every random number of a step comes from (seed, step) and, where several processes train together, from which one of
them it is: a continued run repeats an uninterrupted one.
"""

import copy
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import lightning
import torch
from torch import Tensor, nn

from adapt.augment.strengths import Strengths
from synth.seeds import rng
from train.data.bank import read_bank

Network = TypeVar("Network", bound=nn.Module)


class Loss(Enum):
    """What a network of an eye's gaze minimises: l1 and mse of the two angles, or the angle between the gazes."""

    l1 = "l1"
    mse = "mse"
    angular = "angular"


class Schedule(Enum):
    """How the learning rate moves: one_cycle up and down, cosine down only, or constant."""

    one_cycle = "one_cycle"
    cosine = "cosine"
    constant = "constant"


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        loss: What a network of an eye's gaze minimises; networks of faces bring their own.
        learning_rate: The largest, of AdamW.
        weight_decay: Of AdamW.
        schedule: Over `steps`.
        steps: Of the whole training.
        average_decay: Of the moving average of the weights; 0 is no averaging.
        seed: Of everything random.
    """

    loss: Loss
    learning_rate: float
    weight_decay: float
    schedule: Schedule
    steps: int
    average_decay: float
    seed: int


class AveragedTask(lightning.LightningModule, ABC):
    """Trains a network; `average` is the one to use.  Tasks add what changes pictures, and the steps."""

    def __init__(self, network: nn.Module, recipe: Recipe, strengths: Strengths) -> None:
        """Keep the network and a copy of it that will hold the average."""
        super().__init__()
        self.network = channels_last(network)
        self.average = copy.deepcopy(self.network).requires_grad_(False).eval()
        self.recipe = recipe
        self.strengths = strengths
        self._bank: Tensor | None = None

    def meet(self, training: Any, validation: Any | None) -> None:
        """Look at what will be trained and validated on, before the first step; most tasks have nothing to ask.

        Args:
            training: In memory, or a stream.
            validation: In memory; None for none.

        Raises:
            DataError: It is not what the network can learn from.
        """

    @abstractmethod
    def change(self, batch: Any, generator: torch.Generator) -> Any:
        """Return a batch on the generator's device after changes of its pictures and labels that it draws."""

    def changed(self, batch: Any, step: int) -> Any:
        """Return a batch, on the network's device, after the changes of a step; looks at no weights.

        Pictures and labels are changed in single precision, also where a network is trained at half of it: a rotation
        rounded to eight bits is half a degree off.
        """
        generator = torch.Generator(self.device).manual_seed(self._seeds(step)[1])
        with torch.autocast(self.device.type, enabled=False), torch.no_grad():
            return self.change(batch.to(self.device), generator)

    def bank(self, images_u8: Tensor) -> Tensor | None:
        """Return the real pictures that pictures like these are mixed with, read at the first step; None for none.

        Raises:
            DataError: There are none, or they do not do.
        """
        if self._bank is None and self.strengths.mixing_from is not None:
            height, width = images_u8.shape[1:3]
            self._bank = read_bank(Path(self.strengths.mixing_from), height, width, images_u8.ndim == 4)
            self._bank = self._bank.to(images_u8.device)
        return self._bank

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Seed torch's own generator, which dropout draws from: the one place that does."""
        torch.manual_seed(self._seeds(self.global_step)[0])

    def _seeds(self, step: int) -> list[int]:
        name = f"step of rank {self.global_rank}" if self.global_rank else "step"
        return [int(seed) for seed in rng(self.recipe.seed, step, name).integers(2**62, size=2)]

    def log_epoch(self, name: str, value: Tensor, pictures: int, prog_bar: bool = False) -> None:
        """Log a figure of a training step: its mean over the epoch and over all processes is told."""
        self.log(name, value, on_step=False, on_epoch=True, prog_bar=prog_bar, batch_size=pictures, sync_dist=True)

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Move the average towards the weights."""
        follow(self.average, self.network, self.recipe.average_decay, self.global_step)

    def configure_optimizers(self) -> Any:
        """Return AdamW and its schedule; neither biases nor normalisation weights decay."""
        recipe, trained = self.recipe, [p for p in self.parameters() if p.requires_grad]
        groups = [
            {"params": [p for p in trained if p.ndim > 1], "weight_decay": recipe.weight_decay},
            {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(groups, lr=recipe.learning_rate)
        if recipe.schedule is Schedule.constant:
            return optimizer
        scheduler: torch.optim.lr_scheduler.LRScheduler
        if recipe.schedule is Schedule.one_cycle:
            scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.learning_rate, max(recipe.steps, 2))
        else:
            scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(recipe.steps, 1))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}


def follow(average: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    """Move a moving average of weights towards a network's after a step; early on it follows them closely."""
    decay = min(decay, (1 + step) / (10 + step))
    means, values = average.state_dict(), network.state_dict()
    floating = [name for name, value in values.items() if value.is_floating_point()]
    torch._foreach_lerp_([means[name] for name in floating], [values[name] for name in floating], 1 - decay)
    for name in values.keys() - set(floating):  # BatchNorm's counters
        means[name].copy_(values[name])


def channels_last(network: Network) -> Network:
    """Return the network with its weights laid out channels last, which is faster by half on CPUs."""
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
