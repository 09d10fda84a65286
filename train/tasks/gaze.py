"""The gaze task: pictures and head angles in, gaze angles out, as a Lightning module.

A step: draw the changes of a batch, apply them; equalise, predict, compare (train/tasks/adaptable.py has the rest).

Unlabelled eyes come without head angles.  Each is told those of a rendered eye of the same step, drawn anew for every
step: angles that people have, and that say nothing of the picture.
"""

from dataclasses import replace

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from adapt.augment.changes import Changes, draw_changes
from adapt.augment.eyes import augment
from adapt.batch import Batch
from adapt.equalise import to_network
from adapt.gaze import angle_between, roll
from train.tasks.adaptable import AdaptableTask, View
from train.tasks.averaged import Loss


class GazeTask(AdaptableTask[Batch]):
    """Trains a network of gaze."""

    def forward(self, batch: Batch) -> Float[Tensor, "b 2"]:
        """Return the averaged network's gaze angles of a batch."""
        return predict(self.average, batch)

    def altered(self, batch: Batch, generator: torch.Generator) -> tuple[Batch, Changes]:
        """Draw changes and return the changed eyes, and the changes."""
        changes = draw_changes(generator, self.strengths, len(batch), bank=self.bank(batch.images_u8))
        return augment(batch, changes), changes

    def outputs(self, network: nn.Module, batch: Batch) -> Float[Tensor, "b 2"]:
        """Return a network's gaze angles."""
        return predict(network, batch)

    def loss(self, outputs: Float[Tensor, "b 2"], batch: Batch) -> Float[Tensor, ""]:
        """Return the mean loss, of radians."""
        return loss_of(outputs, batch.gaze_pitch_yaw_rad, self.recipe.loss)

    def error_rad(self, outputs: Float[Tensor, "b 2"], batch: Batch) -> Float[Tensor, " b"]:
        """Return the angles between gazes."""
        return angle_between(outputs, batch.gaze_pitch_yaw_rad)

    def labelled(self, view: View[Batch], other: View[Batch], outputs: Float[Tensor, "b 2"]) -> Batch:
        """Return a view with the gazes that outputs say of another, turned back and on."""
        unturned = roll(outputs, -other.changes.crop.turn_rad)
        return replace(view.pictures, gaze_pitch_yaw_rad=roll(unturned, view.changes.crop.turn_rad))

    def completed(self, real: Batch, batch: Batch, rows: Int[Tensor, " n"]) -> Batch:
        """Return unlabelled eyes with the head angles of rendered ones."""
        return replace(real, head_pitch_yaw_rad=batch.head_pitch_yaw_rad[rows])


def predict(network: nn.Module, batch: Batch) -> Float[Tensor, "b 2"]:
    """Return a network's gaze [pitch, yaw] in radians of unequalised eyes."""
    images = to_network(batch.images_u8).contiguous(memory_format=torch.channels_last)
    gaze_pitch_yaw: Tensor = network(images, batch.head_pitch_yaw_rad).float()
    return gaze_pitch_yaw


def loss_of(predicted: Float[Tensor, "b 2"], true: Float[Tensor, "b 2"], loss: Loss) -> Float[Tensor, ""]:
    """Return the mean loss, of radians."""
    if loss is Loss.l1:
        return functional.l1_loss(predicted, true)
    if loss is Loss.mse:
        return functional.mse_loss(predicted, true)
    return angle_between(predicted, true).mean()
