"""The head-pose task: square cuts of faces in, rotations out, as a Lightning module.

A step: draw the changes of a batch, apply them; predict, and let the network say how wrong it is (`loss` of
train/models/pose; train/tasks/adaptable.py has the rest).
"""

from dataclasses import replace
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from adapt.augment.faces import FaceChanges, augment_faces, draw_face_changes
from adapt.augment.strengths import Strengths
from adapt.face_batch import FaceBatch, to_rgb
from adapt.motion.heads import mirrored, turned
from train.models.pose import PoseNetwork
from train.rotations import geodesic_angle
from train.tasks.adaptable import AdaptableTask, View
from train.tasks.averaged import Recipe


class PoseTask(AdaptableTask[FaceBatch]):
    """Trains a network of head pose."""

    def __init__(self, network: PoseNetwork, recipe: Recipe, strengths: Strengths) -> None:
        """Keep the network and a copy of it that will hold the average."""
        super().__init__(network, recipe, strengths)

    def forward(self, batch: FaceBatch) -> Float[Tensor, "b 3 3"]:
        """Return the averaged network's `cam_from_head` of a batch."""
        return self._rotation(self.outputs(self.average, batch))

    def altered(self, batch: FaceBatch, generator: torch.Generator) -> tuple[FaceBatch, FaceChanges]:
        """Draw changes and return the changed faces, and the changes."""
        size, bank = batch.images_u8.shape[1], self.bank(batch.images_u8)
        changes = draw_face_changes(generator, self.strengths, len(batch), size, bank=bank)
        return augment_faces(batch, changes), changes

    def outputs(self, network: nn.Module, batch: FaceBatch) -> Float[Tensor, "b ..."]:
        """Return a network's raw outputs."""
        outputs: Tensor = network(to_rgb(batch.images_u8)).float()
        return outputs

    def loss(self, outputs: Float[Tensor, "b ..."], batch: FaceBatch) -> Float[Tensor, ""]:
        """Return the network's own loss."""
        return cast(PoseNetwork, self.network).loss(outputs, batch.rotation)

    def error_rad(self, outputs: Float[Tensor, "b ..."], batch: FaceBatch) -> Float[Tensor, " b"]:
        """Return the angles between rotations."""
        return geodesic_angle(self._rotation(outputs), batch.rotation)

    def labelled(self, view: View[FaceBatch], other: View[FaceBatch], outputs: Float[Tensor, "b ..."]) -> FaceBatch:
        """Return a view with the rotations that outputs say of another, turned and mirrored back and on."""
        with torch.autocast(outputs.device.type, enabled=False):  # as all labels are moved
            upright = turned(-other.changes.common.crop.turn_rad) @ self._rotation(outputs)
            # Mirroring twice is none: where one of the two is mirrored and the other is not, the label is mirrored.
            differ = (other.changes.mirrored ^ view.changes.mirrored)[:, None, None]
            upright = torch.where(differ, mirrored(upright), upright)
            return replace(view.pictures, rotation=turned(view.changes.common.crop.turn_rad) @ upright)

    def _rotation(self, outputs: Float[Tensor, "b ..."]) -> Float[Tensor, "b 3 3"]:
        return cast(PoseNetwork, self.network).rotation(outputs)
