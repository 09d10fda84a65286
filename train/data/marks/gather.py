"""From single eyes as a file holds them to a batch of normalised left eyes with landmarks."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8

from adapt.marked_eyes import MarkedEyes
from synth.errors import DataError
from synth.export.eye_patch import warp_grey
from synth.geometry.gaze import mirror_pitch_yaw
from train.data.marks.points import EyePoints, Marks


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


def gather(eyes: Iterable[MarkedEye], where: str, size: tuple[int, int], marks: Marks) -> MarkedEyes:
    """Return the eyes as one batch in memory, warped to height and width, mirrored where they ask for it.

    Raises:
        DataError: There is none; or a landmark that is asked for, or the radius or gaze, is not a finite number.
    """
    height, width = size
    images, landmarks, seen, radii, widths, gazes, right, mirrored, keys = [], [], [], [], [], [], [], [], []
    for eye in eyes:
        image = warp_grey(eye.picture, eye.warp, width, height)[0]
        points, gaze = eye.points.warped(eye.warp), eye.gaze_pitch_yaw_rad
        if eye.mirror:
            image, points, gaze = np.fliplr(image), points.mirrored(width), mirror_pitch_yaw(gaze)
        picked_px, visible = points.picked(marks)
        if not np.isfinite(picked_px).all():
            raise DataError(f"{where}: {eye.key}: has no landmarks of the {marks.name}")
        if not np.isfinite([eye.radius_px, points.width_px, *gaze]).all():
            raise DataError(f"{where}: {eye.key}: its radius, width or gaze is not a finite number")
        images.append(image)
        landmarks.append(picked_px)
        seen.append(visible)
        radii.append(eye.radius_px)
        widths.append(points.width_px)
        gazes.append(gaze)
        right.append(eye.right)
        mirrored.append(eye.mirror)
        keys.append(eye.key)
    if not keys:
        raise DataError(f"{where}: holds no eyes")
    return MarkedEyes(
        images_u8=torch.from_numpy(np.stack(images)),
        landmarks_px=torch.from_numpy(np.stack(landmarks).astype(np.float32)),
        visible=torch.from_numpy(np.stack(seen)),
        radius_px=torch.tensor(radii, dtype=torch.float32),
        eye_width_px=torch.tensor(widths, dtype=torch.float32),
        gaze_pitch_yaw_rad=torch.from_numpy(np.stack(gazes).astype(np.float32)),
        right=torch.tensor(right),
        mirrored=torch.tensor(mirrored),
        keys=tuple(keys),
    )
