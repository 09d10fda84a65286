"""What the tasks of portraits share: cuts are changed as cameras and files change them (adapt/augment/faces.py).

What a face looks like and who it is stay as they are; only what a picture shows of it becomes less.
"""

from abc import ABC
from dataclasses import replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from adapt.augment.faces import changed_pictures, draw_face_changes
from adapt.portraits import UNKNOWN, Portraits
from train.tasks.averaged import AveragedTask


class PortraitTask(AveragedTask, ABC):
    """Trains a network on portraits."""

    def change(self, batch: Portraits, generator: torch.Generator) -> Portraits:
        """Return a changed batch."""
        size, bank = batch.images_u8.shape[1], self.bank(batch.images_u8)
        changes = draw_face_changes(generator, self.strengths, len(batch), size, bank=bank)
        return replace(batch, images_u8=changed_pictures(batch.images_u8, changes))


def shares(faces: Portraits) -> Float[Tensor, "40"]:
    """Return in what part of the faces each attribute is true, of those where it is known; NaN where it nowhere is."""
    known = (faces.attributes != UNKNOWN).sum(dim=0)
    return (faces.attributes == 1).sum(dim=0) / known.where(known > 0, torch.nan)


def varying(faces: Portraits) -> Bool[Tensor, "40"]:
    """Return which attributes are true of some faces and false of others: what can be learnt, or measured."""
    true = shares(faces)
    return (true > 0) & (true < 1)
