"""The task of a face's landmarks: square cuts in, points out, as a Lightning module.

A step: draw the changes of a batch, apply them to pictures and points, of a network that tells whether there is a face
also so that some cuts miss theirs; predict, and let the network say how wrong it is (`loss` of
train/models/face_landmarks; train/tasks/averaged.py has the rest).
"""

from dataclasses import replace
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor

from adapt.augment.faces import draw_face_changes
from adapt.augment.marked_faces import augment_marked_faces, away
from adapt.augment.strengths import Strengths
from adapt.face_batch import to_rgb
from adapt.marked_faces import MarkedFaces
from train.models.face_landmarks import FaceLandmarkNetwork, FaceReading
from train.tasks.averaged import AveragedTask, Recipe


class FaceLandmarkTask(AveragedTask):
    """Trains a network of a face's landmarks."""

    def __init__(self, network: FaceLandmarkNetwork, recipe: Recipe, strengths: Strengths) -> None:
        """Keep the network and a copy of it that will hold the average."""
        super().__init__(network, recipe, strengths)

    def forward(self, batch: MarkedFaces) -> FaceReading:
        """Return what the averaged network tells of a batch."""
        return read(cast(FaceLandmarkNetwork, self.average), batch)

    def change(self, batch: MarkedFaces, generator: torch.Generator) -> MarkedFaces:
        """Return a changed batch."""
        size, share = batch.images_u8.shape[1], cast(FaceLandmarkNetwork, self.network).absent
        changes = draw_face_changes(generator, self.strengths, len(batch), size, bank=self.bank(batch.images_u8))
        if share:
            changes, missed = away(generator, changes, share, size)
            batch = replace(batch, present=batch.present & ~missed)
        return augment_marked_faces(batch, changes)

    def training_step(self, batch: MarkedFaces, index: int) -> Float[Tensor, ""]:
        """Return the loss of a changed batch."""
        network = cast(FaceLandmarkNetwork, self.network)
        reading = read(network, batch)
        loss = network.loss(reading, batch)
        self.log_epoch("train/loss", loss.detach(), len(batch))
        self.log_epoch("train/nme", nme(reading, batch), len(batch), prog_bar=True)
        return loss

    def validation_step(self, batch: MarkedFaces, index: int) -> None:
        """Log the averaged network's error on unchanged faces."""
        self.log("validation/nme", nme(self(batch), batch), prog_bar=True, batch_size=len(batch))


def read(network: FaceLandmarkNetwork, faces: MarkedFaces) -> FaceReading:
    """Return what a network tells of faces."""
    reading: FaceReading = network(to_rgb(faces.images_u8))
    return reading


def nme(reading: FaceReading, faces: MarkedFaces) -> Float[Tensor, ""]:
    """Return the mean error of those present over sqrt(w h) of their points' box, percent; 0 where nobody is."""
    extent = faces.points_px.amax(1) - faces.points_px.amin(1)
    apart = torch.linalg.vector_norm(reading.points_px.detach() - faces.points_px, dim=-1).mean(1)
    shown = faces.present.float()
    return 100 * (shown * apart / extent.prod(-1).sqrt()).sum() / shown.sum().clamp(min=1)
