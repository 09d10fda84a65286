"""From single portraits as a file holds them to a batch of cuts, and the count of those left out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from jaxtyping import Float, Int8, UInt8

from adapt.portraits import UNKNOWN, Portraits
from synth.errors import DataError
from synth.label.celeba import ATTRIBUTES
from train.data.pose.crop import cut_out
from train.data.sift import Found, LeftOut, OnError, sift

UNKNOWN_ATTRIBUTES = np.full(len(ATTRIBUTES), UNKNOWN, dtype=np.int8)


@dataclass(frozen=True)
class Portrait:
    """A face as its file holds it; what is not known is as `Portraits` has it.

    Attributes:
        key: Its name in the source.
        picture: Grey or RGB, u8.
        square_px: What of the picture is cut out: left, top, right, bottom.
        attributes: In CelebA's order.
        person: Who it is.
        part: Which part of the source it belongs to.
    """

    key: str
    picture: UInt8[np.ndarray, "..."]
    square_px: Float[np.ndarray, "4"]
    attributes: Int8[np.ndarray, "40"]
    person: int = UNKNOWN
    part: int = UNKNOWN


Look = Callable[[], Portrait | LeftOut]
"""Opens the files of one face; a DataError says that they are damaged."""


def gather(looks: Iterable[Look], where: str, size: int, on_error: OnError) -> Found[Portraits]:
    """Return the faces as one batch in memory, cut out and reduced to `size` x `size`.

    Raises:
        DataError: A face is damaged and `on_error` is stop; or none is left.
    """
    found = sift((partial(_cut, look, where, size) for look in looks), where, "faces", on_error)
    faces = found.pictures
    batch = Portraits(
        images_u8=torch.from_numpy(np.stack([face.picture for face in faces])),
        attributes=torch.from_numpy(np.stack([face.attributes for face in faces])),
        person=torch.tensor([face.person for face in faces]),
        part=torch.tensor([face.part for face in faces], dtype=torch.int8),
        keys=tuple(face.key for face in faces),
    )
    return Found(batch, found.left_out, found.damaged)


def _cut(look: Look, where: str, size: int) -> Portrait | LeftOut:
    """Return a face with the cut in place of its picture."""
    face = look()
    if isinstance(face, LeftOut):
        return face
    try:
        return replace(face, picture=cut_out(face.picture, face.square_px, size))
    except DataError as error:
        raise DataError(f"{where}: {face.key}: {error}") from error
