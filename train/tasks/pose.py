"""The head-pose task: square cuts of faces in, rotations out, as a Lightning module.

A step: draw the changes of a batch, apply them; predict, and let the network say how wrong it is (`loss` of
train/models/pose; train/tasks/averaged.py has the rest).
"""

from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor

from adapt.face_augment import augment_faces, draw_face_changes
from adapt.face_batch import FaceBatch, to_rgb
from adapt.strengths import Strengths
from train.models.pose import PoseNetwork
from train.rotations import geodesic_angle
from train.tasks.averaged import AveragedTask, Recipe


class PoseTask(AveragedTask):
    """Trains a network of head pose."""

    def __init__(self, network: PoseNetwork, recipe: Recipe, strengths: Strengths) -> None:
        """Keep the network and a copy of it that will hold the average."""
        super().__init__(network, recipe, strengths)

    def forward(self, batch: FaceBatch) -> Float[Tensor, "b 3 3"]:
        """Return the averaged network's `cam_from_head` of a batch."""
        average = cast(PoseNetwork, self.average)
        return average.rotation(average(to_rgb(batch.images_u8)))

    def change(self, batch: FaceBatch, generator: torch.Generator) -> FaceBatch:
        """Return a changed batch."""
        return augment_faces(batch, draw_face_changes(generator, self.strengths, len(batch), batch.images_u8.shape[1]))

    def training_step(self, batch: FaceBatch, index: int) -> Float[Tensor, ""]:
        """Return the loss of a changed batch."""
        network = cast(PoseNetwork, self.network)
        outputs = network(to_rgb(batch.images_u8)).float()
        loss = network.loss(outputs, batch.rotation)
        error = geodesic_angle(network.rotation(outputs.detach()), batch.rotation).rad2deg().mean()
        self.log_epoch("train/loss", loss, len(batch))
        self.log_epoch("train/error_deg", error, len(batch), prog_bar=True)
        return loss

    def validation_step(self, batch: FaceBatch, index: int) -> None:
        """Log the averaged network's error on unchanged faces."""
        error = geodesic_angle(self(batch), batch.rotation).rad2deg().mean()
        self.log("validation/error_deg", error, prog_bar=True, batch_size=len(batch))
