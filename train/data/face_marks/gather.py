"""From single faces as a file holds them to a batch of cuts with landmarks, and the count of those left out."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8

from adapt.marked_faces import MarkedFaces
from synth.errors import DataError
from train.data.pose.crop import cut_out
from train.data.sift import Found, LeftOut, OnError, sift


@dataclass(frozen=True)
class MarkedFace:
    """A face as its file holds it.

    Attributes:
        key: Its name in the source.
        picture: Grey or RGB, u8.
        square_px: What of the picture is cut out; see square.py.
        points_px: In the picture, (0, 0) the corner of its first pixel; NaN where the source has none.
        depth_px: As `MarkedFaces` has it, in px of this picture; NaN where the source has none.
        visible: Whether a point is seen.
        traits: What is known of the person.
    """

    key: str
    picture: UInt8[np.ndarray, "..."]
    square_px: Float[np.ndarray, "4"]
    points_px: Float[np.ndarray, "n 2"]
    depth_px: Float[np.ndarray, " n"]
    visible: Bool[np.ndarray, " n"]
    traits: Mapping[str, str] = field(default_factory=dict)


Look = Callable[[], MarkedFace | LeftOut]
"""Opens the files of one face; a DataError says that they are damaged."""


def unknown(n: int) -> Float[np.ndarray, " n"]:
    """Return depths that a source does not have."""
    return np.full(n, np.nan)


def gather(looks: Iterable[Look], where: str, size: int, on_error: OnError) -> Found[MarkedFaces]:
    """Return the faces as one batch in memory, cut out and reduced to `size` x `size`, the landmarks along with them.

    Raises:
        DataError: A face is damaged and `on_error` is stop; or none is left.
    """
    found = sift((partial(_cut, look, where, size) for look in looks), where, "faces", on_error)
    faces = found.pictures

    def stacked(name: str) -> torch.Tensor:
        return torch.from_numpy(np.stack([getattr(face, name) for face in faces]).astype(np.float32))

    batch = MarkedFaces(
        images_u8=torch.from_numpy(np.stack([face.picture for face in faces])),
        points_px=stacked("points_px"),
        depth_px=stacked("depth_px"),
        visible=torch.from_numpy(np.stack([face.visible for face in faces])),
        present=torch.ones(len(faces), dtype=torch.bool),
        square_px=stacked("square_px"),
        traits=tuple(face.traits for face in faces),
        keys=tuple(face.key for face in faces),
    )
    return Found(batch, found.left_out, found.damaged)


def _cut(look: Look, where: str, size: int) -> MarkedFace | LeftOut:
    """Return a face with the cut in place of its picture, and its landmarks in px of the cut."""
    face = look()
    if isinstance(face, LeftOut):
        return face
    try:
        picture = cut_out(face.picture, face.square_px, size)
    except DataError as error:
        raise DataError(f"{where}: {face.key}: {error}") from error
    factor = size / (face.square_px[2] - face.square_px[0])
    points_px = (face.points_px - face.square_px[:2]) * factor
    return replace(face, picture=picture, points_px=points_px, depth_px=face.depth_px * factor)
