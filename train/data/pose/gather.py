"""From single faces as a file holds them to a batch of cuts, and the count of those that are not in it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from jaxtyping import Float, UInt8

from adapt.face_batch import FaceBatch
from synth.errors import DataError
from synth.export.face.pose import FURTHEST_DEG
from train.data.pose.crop import cut_out
from train.data.sift import Found, LeftOut, OnError, sift

FAR = f"turned by more than {FURTHEST_DEG:.0f} degrees"
"""Why the usual protocol of these sets leaves a face out."""
ORTHOGONAL = 2e-3
"""Files with four digits after the point miss a rotation by no more than this."""


@dataclass(frozen=True)
class PoseFace:
    """A face as its file holds it.

    Attributes:
        key: Its name in the source.
        picture: Grey or RGB, u8.
        square_px: What of the picture is cut out; see crop.py.
        rotation: `cam_from_head`.
    """

    key: str
    picture: UInt8[np.ndarray, "..."]
    square_px: Float[np.ndarray, "4"]
    rotation: Float[np.ndarray, "3 3"]


Look = Callable[[], PoseFace | LeftOut]
"""Opens the files of one face; a DataError says that they are damaged."""


def too_far(pitch_yaw_roll_rad: Float[np.ndarray, "3"]) -> bool:
    """Say whether the usual protocol leaves a face with these angles out."""
    return bool(np.degrees(np.abs(pitch_yaw_roll_rad)).max() > FURTHEST_DEG)


def refuse_no_rotation(rotation: Float[np.ndarray, "3 3"], where: str) -> None:
    """Raise DataError, which names `where`, for a matrix that is no rotation."""
    off = np.abs(rotation @ rotation.T - np.eye(3)).max()
    if not off <= ORTHOGONAL or np.linalg.det(rotation) < 0:  # NaN is not below it either
        raise DataError(f"{where}: its rotation is none: {np.round(rotation, 4).tolist()}")


def gather(looks: Iterable[Look], where: str, size: int, on_error: OnError) -> Found[FaceBatch]:
    """Return the faces as one batch in memory, cut out and reduced to `size` x `size`.

    Raises:
        DataError: A face is damaged and `on_error` is stop; or none is left.
    """
    found = sift((partial(_cut, look, where, size) for look in looks), where, "faces", on_error)
    faces = FaceBatch(
        images_u8=torch.from_numpy(np.stack([face.picture for face in found.pictures])),
        rotation=torch.from_numpy(np.stack([face.rotation for face in found.pictures]).astype(np.float32)),
        keys=tuple(face.key for face in found.pictures),
    )
    return Found(faces, found.left_out, found.damaged)


def _cut(look: Look, where: str, size: int) -> PoseFace | LeftOut:
    """Return a face with the cut in place of its picture."""
    face = look()
    if isinstance(face, LeftOut):
        return face
    try:
        return replace(face, picture=cut_out(face.picture, face.square_px, size))
    except DataError as error:
        raise DataError(f"{where}: {face.key}: {error}") from error
