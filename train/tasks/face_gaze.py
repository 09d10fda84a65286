"""The task of a face's gaze: square pictures of faces in, gaze angles out, as a Lightning module.

A step: draw the changes of a batch, apply them; predict, and let the network say how wrong it is (`loss` of
train/models/face_gaze; train/tasks/averaged.py has the rest).
"""

from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor

from adapt.augment.faces import augment_face_gaze, draw_face_changes
from adapt.augment.strengths import Strengths
from adapt.face_gaze_batch import FaceGazeBatch
from adapt.gaze import angle_between
from train.models.face_gaze import FaceGazeNetwork
from train.tasks.averaged import AveragedTask, Recipe


class FaceGazeTask(AveragedTask):
    """Trains a network of a face's gaze."""

    def __init__(self, network: FaceGazeNetwork, recipe: Recipe, strengths: Strengths) -> None:
        """Keep the network and a copy of it that will hold the average."""
        super().__init__(network, recipe, strengths)

    def forward(self, batch: FaceGazeBatch) -> Float[Tensor, "b 2"]:
        """Return the averaged network's gaze angles of a batch."""
        return predict(cast(FaceGazeNetwork, self.average), batch)

    def change(self, batch: FaceGazeBatch, generator: torch.Generator) -> FaceGazeBatch:
        """Return a changed batch."""
        changes = draw_face_changes(
            generator, self.strengths, len(batch), batch.images_u8.shape[1], bank=self.bank(batch.images_u8)
        )
        return augment_face_gaze(batch, changes)

    def training_step(self, batch: FaceGazeBatch, index: int) -> Float[Tensor, ""]:
        """Return the loss of a changed batch."""
        network = cast(FaceGazeNetwork, self.network)
        outputs = network(*network.inputs(batch)).float()
        loss = network.loss(outputs, batch)
        error = angle_between(network.gaze(outputs.detach(), batch), batch.gaze_pitch_yaw_rad).rad2deg().mean()
        self.log_epoch("train/loss", loss, len(batch))
        self.log_epoch("train/error_deg", error, len(batch), prog_bar=True)
        return loss

    def validation_step(self, batch: FaceGazeBatch, index: int) -> None:
        """Log the averaged network's error on unchanged faces."""
        error = angle_between(self(batch), batch.gaze_pitch_yaw_rad).rad2deg().mean()
        self.log("validation/error_deg", error, prog_bar=True, batch_size=len(batch))


def predict(network: FaceGazeNetwork, batch: FaceGazeBatch) -> Float[Tensor, "b 2"]:
    """Return a network's gaze [pitch, yaw] in radians."""
    return network.gaze(network(*network.inputs(batch)), batch)
