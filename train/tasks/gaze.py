"""The gaze task: pictures and head angles in, gaze angles out, as a Lightning module.

A step: draw the changes of a batch, apply them; equalise, predict, compare (train/tasks/averaged.py has the rest).
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from adapt.augment import augment, draw_changes
from adapt.batch import Batch
from adapt.equalise import to_network
from adapt.gaze import angle_between
from train.tasks.averaged import AveragedTask, Loss


class GazeTask(AveragedTask):
    """Trains a network of gaze."""

    def forward(self, batch: Batch) -> Float[Tensor, "b 2"]:
        """Return the averaged network's gaze angles of a batch."""
        return predict(self.average, batch)

    def change(self, batch: Batch, generator: torch.Generator) -> Batch:
        """Return a changed batch."""
        return augment(batch, draw_changes(generator, self.strengths, len(batch)))

    def training_step(self, batch: Batch, index: int) -> Float[Tensor, ""]:
        """Return the loss of a changed batch."""
        predicted = predict(self.network, batch)
        loss = loss_of(predicted, batch.gaze_pitch_yaw_rad, self.recipe.loss)
        error = angle_between(predicted.detach(), batch.gaze_pitch_yaw_rad).rad2deg().mean()
        self.log_epoch("train/loss", loss, len(batch))
        self.log_epoch("train/error_deg", error, len(batch), prog_bar=True)
        return loss

    def validation_step(self, batch: Batch, index: int) -> None:
        """Log the averaged network's error on unchanged eyes."""
        error = angle_between(self(batch), batch.gaze_pitch_yaw_rad).rad2deg().mean()
        self.log("validation/error_deg", error, prog_bar=True, batch_size=len(batch))


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
