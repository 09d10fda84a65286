"""The task of eye landmarks: pictures in, heatmaps, radius and gaze out, as a Lightning module.

A step: draw the changes of a batch, apply them to pictures and points; equalise, predict; the network says how wrong
its landmarks are (`loss` of train/models/eye), and the gaze's loss is added, which moves only its regressor.
"""

from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor

from adapt.augment.changes import draw_changes
from adapt.augment.marked_eyes import augment_marked
from adapt.augment.strengths import Strengths
from adapt.equalise import to_network
from adapt.gaze import angle_between
from adapt.marked_eyes import MarkedEyes
from train.models.eye import LandmarkNetwork, Reading
from train.tasks.averaged import AveragedTask, Recipe
from train.tasks.gaze import loss_of


class EyeLandmarkTask(AveragedTask):
    """Trains a network of eye landmarks."""

    def __init__(self, network: LandmarkNetwork, recipe: Recipe, strengths: Strengths) -> None:
        """Keep the network and a copy of it that will hold the average."""
        super().__init__(network, recipe, strengths)

    def forward(self, batch: MarkedEyes) -> Reading:
        """Return what the averaged network tells of a batch."""
        return read(cast(LandmarkNetwork, self.average), batch)

    def change(self, batch: MarkedEyes, generator: torch.Generator) -> MarkedEyes:
        """Return a changed batch."""
        height, width = batch.images_u8.shape[1:]
        bank = self.bank(batch.images_u8)
        return augment_marked(batch, draw_changes(generator, self.strengths, len(batch), height, width, bank))

    def training_step(self, batch: MarkedEyes, index: int) -> Float[Tensor, ""]:
        """Return the loss of a changed batch."""
        network = cast(LandmarkNetwork, self.network)
        reading = read(network, batch)
        gaze_loss = loss_of(reading.gaze_pitch_yaw_rad, batch.gaze_pitch_yaw_rad, self.recipe.loss)
        loss = network.loss(reading, batch) + gaze_loss
        self._tell("train", reading, batch)
        self.log_epoch("train/loss", loss.detach(), len(batch))
        return loss

    def validation_step(self, batch: MarkedEyes, index: int) -> None:
        """Log the averaged network's errors on unchanged eyes."""
        self._tell("validation", self(batch), batch)

    def _tell(self, when: str, reading: Reading, eyes: MarkedEyes) -> None:
        miss_px = torch.linalg.vector_norm(reading.landmarks_px.detach() - eyes.landmarks_px, dim=-1).mean()
        gaze = angle_between(reading.gaze_pitch_yaw_rad.detach(), eyes.gaze_pitch_yaw_rad).rad2deg().mean()
        for name, value in (("landmarks_px", miss_px), ("gaze_deg", gaze)):
            self.log_epoch(f"{when}/{name}", value, len(eyes), prog_bar=True)


def read(network: LandmarkNetwork, eyes: MarkedEyes) -> Reading:
    """Return what a network tells of unequalised eyes."""
    reading: Reading = network(to_network(eyes.images_u8).contiguous(memory_format=torch.channels_last))
    return reading
