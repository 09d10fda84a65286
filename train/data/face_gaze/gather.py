"""From single faces with their gaze to a batch of them, and the count of those that are not in it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from functools import partial

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8

from adapt.face_gaze_batch import FaceGazeBatch
from adapt.screen import Screen
from synth.errors import DataError
from train.data.pose.crop import cut_out
from train.data.sift import Found, LeftOut, OnError, sift

UNKNOWN = np.full(2, np.nan)


@dataclass(frozen=True)
class ScreenCut:
    """What `adapt.screen.Screen` has of one face."""

    left_u8: UInt8[np.ndarray, "h w 3"]
    right_u8: UInt8[np.ndarray, "h w 3"]
    grid: Bool[np.ndarray, "25 25"]
    point_cm: Float[np.ndarray, "2"]
    centre_cam_m: Float[np.ndarray, "3"]
    norm_from_cam: Float[np.ndarray, "3 3"]


@dataclass(frozen=True)
class GazeFace:
    """One face, cut out.

    Attributes:
        key: Its name in the source.
        image_u8: RGB, square.
        head_pitch_yaw_rad: In `norm`; `UNKNOWN` where the source has none.
        gaze_pitch_yaw_rad: In `norm`, mode direction; `UNKNOWN` where the source has none.
        screen: Where networks of points on a screen are read for.
    """

    key: str
    image_u8: UInt8[np.ndarray, "h w 3"]
    head_pitch_yaw_rad: Float[np.ndarray, "2"]
    gaze_pitch_yaw_rad: Float[np.ndarray, "2"]
    screen: ScreenCut | None = None


Look = Callable[[], GazeFace | LeftOut]
"""Opens the files of one face; a DataError says that they are damaged."""


def gather(looks: Iterable[Look], where: str, on_error: OnError) -> Found[FaceGazeBatch]:
    """Return the faces as one batch in memory.

    Raises:
        DataError: A face is damaged, or an angle is infinite, and `on_error` is stop; or none is left.
    """
    found = sift((partial(_finite, look, where) for look in looks), where, "faces", on_error)
    screens = [face.screen for face in found.pictures if face.screen is not None]
    faces = FaceGazeBatch(
        images_u8=torch.from_numpy(np.stack([face.image_u8 for face in found.pictures])),
        head_pitch_yaw_rad=_floats([face.head_pitch_yaw_rad for face in found.pictures]),
        gaze_pitch_yaw_rad=_floats([face.gaze_pitch_yaw_rad for face in found.pictures]),
        keys=tuple(face.key for face in found.pictures),
        screen=_screen(screens) if screens else None,
    )
    return Found(faces, found.left_out, found.damaged)


def normalised_cut(picture: UInt8[np.ndarray, "..."], side: int, where: str) -> UInt8[np.ndarray, "side side 3"]:
    """Return a face that its set has normalised already, `side` x `side`.

    Raises:
        DataError: It is no square.
    """
    height, width = picture.shape[:2]
    if width != height:
        raise DataError(f"{where}: is {width}x{height}; a normalised face is a square")
    return cut_out(picture, np.array([0.0, 0.0, width, height]), side)


def _finite(look: Look, where: str) -> GazeFace | LeftOut:
    face = look()
    if isinstance(face, GazeFace) and np.isinf([face.head_pitch_yaw_rad, face.gaze_pitch_yaw_rad]).any():
        raise DataError(f"{where}: {face.key}: an angle of head or gaze is infinite")
    return face


def _floats(rows: list[np.ndarray]) -> torch.Tensor:
    return torch.from_numpy(np.stack(rows).astype(np.float32))


def _screen(cuts: list[ScreenCut]) -> Screen:
    columns = {field.name: np.stack([getattr(cut, field.name) for cut in cuts]) for field in fields(ScreenCut)}
    return Screen(
        **{
            name: torch.from_numpy(column if column.dtype in (np.uint8, np.bool_) else column.astype(np.float32))
            for name, column in columns.items()
        }
    )
