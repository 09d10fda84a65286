"""From single eyes as a file holds them to a batch of normalised left eyes with landmarks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float, UInt8

from adapt.marked_eyes import MarkedEyes
from adapt.rows import joined
from synth.errors import DataError
from synth.export.eye_patch import warp_grey
from synth.geometry.gaze import mirror_pitch_yaw
from train.data.marks.points import EyePoints, Marks
from train.data.sift import Found, OnError, sift


@dataclass(frozen=True)
class MarkedEye:
    """One eye as its file holds it, and the map that normalises it.

    Attributes:
        key: Its name in the source.
        picture: Grey or RGB, u8, of any size.
        points: In px of that picture.
        warp: Takes homogeneous px of the picture to px of the normalised one.
        radius_px: Of the eyeball in the normalised picture.
        gaze_pitch_yaw_rad: In the normalised camera.
        right: The subject's right eye.
        mirror: It is to be mirrored, because the file has not done so.
    """

    key: str
    picture: UInt8[np.ndarray, "..."]
    points: EyePoints
    warp: Float[np.ndarray, "3 3"]
    radius_px: float
    gaze_pitch_yaw_rad: Float[np.ndarray, "2"]
    right: bool
    mirror: bool


Look = Callable[[], MarkedEye]
"""Opens the files of one eye; a DataError says that they are damaged."""


def gather(
    looks: Iterable[Look], where: str, size: tuple[int, int], marks: Marks, on_error: OnError
) -> Found[MarkedEyes]:
    """Return the eyes as one batch in memory, warped to height and width, mirrored where they ask for it.

    Raises:
        DataError: An eye is damaged; or a landmark that is asked for, or the radius or gaze, is not a finite number,
            and `on_error` is stop; or none is left.
    """
    found = sift((partial(_normalised, look, where, size, marks) for look in looks), where, "eyes", on_error)
    return Found(joined(found.pictures), found.left_out, found.damaged)


def _normalised(look: Look, where: str, size: tuple[int, int], marks: Marks) -> MarkedEyes:
    """Return the batch of one eye."""
    eye, (height, width) = look(), size
    image = warp_grey(eye.picture, eye.warp, width, height)[0]
    points, gaze = eye.points.warped(eye.warp), eye.gaze_pitch_yaw_rad
    if eye.mirror:
        image, points, gaze = np.fliplr(image), points.mirrored(width), mirror_pitch_yaw(gaze)
    picked_px, visible = points.picked(marks)
    if not np.isfinite(picked_px).all():
        raise DataError(f"{where}: {eye.key}: has no landmarks of the {marks.name}")
    if not np.isfinite([eye.radius_px, points.width_px, *gaze]).all():
        raise DataError(f"{where}: {eye.key}: its radius, width or gaze is not a finite number")
    return MarkedEyes(
        images_u8=torch.from_numpy(image[None].copy()),
        landmarks_px=torch.from_numpy(picked_px[None].astype(np.float32)),
        visible=torch.from_numpy(visible[None]),
        radius_px=torch.tensor([eye.radius_px], dtype=torch.float32),
        eye_width_px=torch.tensor([points.width_px], dtype=torch.float32),
        gaze_pitch_yaw_rad=torch.from_numpy(gaze[None].astype(np.float32)),
        right=torch.tensor([eye.right]),
        mirrored=torch.tensor([eye.mirror]),
        keys=(eye.key,),
    )
