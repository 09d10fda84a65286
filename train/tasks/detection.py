"""The task of detection: whole pictures in, boxes of faces with five points out, as a Lightning module.

A step: draw windows, collages and the camera's changes for a batch, apply them; let the network say how wrong it is
(`loss` of train/models/detection; train/tasks/averaged.py has the rest).
"""

from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor

from adapt.augment.detection import augment_pictures, draw_detection_changes
from adapt.augment.strengths import Strengths
from adapt.detection_batch import DetectionBatch, at_side
from adapt.face_batch import to_rgb
from train.models.detection import DetectionNetwork, Detections
from train.tasks.averaged import AveragedTask, Recipe

VALIDATED = 0
"""Seed of what the loss of a validation draws."""


class DetectionTask(AveragedTask):
    """Trains a detector."""

    def __init__(self, network: DetectionNetwork, recipe: Recipe, strengths: Strengths) -> None:
        """Keep the network and a copy of it that will hold the average."""
        super().__init__(network, recipe, strengths)

    def forward(self, batch: DetectionBatch) -> Detections:
        """Return what the averaged network finds, px of pictures of its `test_side`."""
        average = cast(DetectionNetwork, self.average)
        return average.find(to_rgb(at_side(batch, average.test_side).images_u8))

    def change(self, batch: DetectionBatch, generator: torch.Generator) -> DetectionBatch:
        """Return a changed batch, of the side that the network learns from."""
        side = cast(DetectionNetwork, self.network).side
        bank = self.bank(batch.images_u8.new_empty(1, side, side, 3))
        return augment_pictures(batch, draw_detection_changes(generator, self.strengths, batch, side, bank), side)

    def training_step(self, batch: DetectionBatch, index: int) -> Float[Tensor, ""]:
        """Return the loss of a changed batch."""
        network, device = cast(DetectionNetwork, self.network), batch.images_u8.device
        # From torch's own generator, which each step seeds, as dropout is.
        generator = torch.Generator(device).manual_seed(int(torch.randint(2**62, ())))
        loss = network.loss(to_rgb(batch.images_u8), batch.faces, generator)
        self.log_epoch("train/loss", loss.detach(), len(batch), prog_bar=True)
        return loss

    def validation_step(self, batch: DetectionBatch, index: int) -> None:
        """Log the averaged network's loss on whole pictures; its boxes are compared when the training is over."""
        average = cast(DetectionNetwork, self.average)
        shown = at_side(batch, average.side)
        generator = torch.Generator(shown.images_u8.device).manual_seed(VALIDATED)
        loss = average.loss(to_rgb(shown.images_u8), shown.faces, generator)
        self.log("validation/loss", loss, prog_bar=True, batch_size=len(batch))
