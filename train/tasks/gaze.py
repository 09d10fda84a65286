"""The gaze task: pictures and head angles in, gaze angles out, as a Lightning module.

A step: draw the changes of this batch, apply them, equalise, predict, compare.  Beside the trained weights an
exponential moving average of them is kept; that average is what is validated, saved and measured, because it wobbles
less from step to step than the weights do.

Every random number of a step comes from (seed, step), so that a continued run repeats an uninterrupted one.
"""

import copy
from dataclasses import dataclass
from enum import Enum
from typing import Any

import lightning
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from adapt.augment import augment, draw_changes
from adapt.batch import Batch
from adapt.equalise import to_network
from adapt.gaze import angle_between
from adapt.strengths import Strengths
from synth.seeds import rng


class Loss(Enum):
    """What is minimised: l1 and mse of the two angles, or the angle between the gazes."""

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
        loss: What is minimised.
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


class GazeTask(lightning.LightningModule):
    """Trains a network; `average` is the one to use."""

    def __init__(self, network: nn.Module, recipe: Recipe, strengths: Strengths) -> None:
        """Keep the network and a copy of it that will hold the average."""
        super().__init__()
        self.network = channels_last(network)
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        self.recipe = recipe
        self.strengths = strengths

    def forward(self, batch: Batch) -> Float[Tensor, "b 2"]:
        """Return the averaged network's gaze angles of a batch."""
        return predict(self.average, batch)

    def training_step(self, batch: Batch, index: int) -> Float[Tensor, ""]:
        """Return the loss of a changed batch."""
        seeds = rng(self.recipe.seed, self.global_step, "step").integers(2**62, size=2)
        torch.manual_seed(int(seeds[0]))  # dropout draws from torch's own generator: the one place that seeds it
        generator = torch.Generator(batch.images_u8.device).manual_seed(int(seeds[1]))
        changed = augment(batch, draw_changes(generator, self.strengths, len(batch)))
        predicted = predict(self.network, changed)
        loss = loss_of(predicted, changed.gaze_pitch_yaw_rad, self.recipe.loss)
        error = angle_between(predicted.detach(), changed.gaze_pitch_yaw_rad).rad2deg().mean()
        self.log("train/loss", loss, on_step=False, on_epoch=True, batch_size=len(batch))
        self.log("train/error_deg", error, on_step=False, on_epoch=True, prog_bar=True, batch_size=len(batch))
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:
        """Move the average towards the weights; early on it follows them closely."""
        step = self.global_step
        decay = min(self.recipe.average_decay, (1 + step) / (10 + step))
        means, values = self.average.state_dict(), self.network.state_dict()
        floating = [name for name, value in values.items() if value.is_floating_point()]
        torch._foreach_lerp_([means[name] for name in floating], [values[name] for name in floating], 1 - decay)
        for name in values.keys() - set(floating):  # BatchNorm's counters
            means[name].copy_(values[name])

    def validation_step(self, batch: Batch, index: int) -> None:
        """Log the averaged network's error on unchanged eyes."""
        error = angle_between(self(batch), batch.gaze_pitch_yaw_rad).rad2deg().mean()
        self.log("validation/error_deg", error, prog_bar=True, batch_size=len(batch))

    def configure_optimizers(self) -> Any:
        """Return AdamW and its schedule; neither biases nor normalisation weights decay."""
        recipe = self.recipe
        groups = [
            {"params": [p for p in self.network.parameters() if p.ndim > 1], "weight_decay": recipe.weight_decay},
            {"params": [p for p in self.network.parameters() if p.ndim <= 1], "weight_decay": 0.0},
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


def channels_last(network: nn.Module) -> nn.Module:
    """Return the network with its weights laid out channels last, which is faster by half on CPUs."""
    moved: nn.Module = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return moved


def predict(network: nn.Module, batch: Batch) -> Float[Tensor, "b 2"]:
    """Return a network's gaze [pitch, yaw] in radians of unequalised eyes."""
    images = to_network(batch.images_u8).contiguous(memory_format=torch.channels_last)
    gaze_pitch_yaw: Tensor = network(images, batch.head_pitch_yaw_rad)
    return gaze_pitch_yaw


def loss_of(predicted: Float[Tensor, "b 2"], true: Float[Tensor, "b 2"], loss: Loss) -> Float[Tensor, ""]:
    """Return the mean loss, of radians."""
    if loss is Loss.l1:
        return functional.l1_loss(predicted, true)
    if loss is Loss.mse:
        return functional.mse_loss(predicted, true)
    return angle_between(predicted, true).mean()
