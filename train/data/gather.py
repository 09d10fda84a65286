"""From single eyes as a file holds them to a batch in which every eye is a left one."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8

from adapt.batch import Batch
from synth.errors import DataError
from synth.geometry.gaze import mirror_pitch_yaw

NO_GAZE = np.full(2, np.nan)


@dataclass(frozen=True)
class Eye:
    """One eye as its file holds it.

    Attributes:
        key: Its name in the source.
        image_u8: Grey, 36 rows of 60.
        head_pitch_yaw_rad: In `norm`; zeros where the source has none.
        gaze_pitch_yaw_rad: In `norm`; `NO_GAZE` where the source has none.
        right: The subject's right eye.
        mirror: It is to be mirrored, because the file has not done so.
    """

    key: str
    image_u8: UInt8[np.ndarray, "36 60"]
    head_pitch_yaw_rad: Float[np.ndarray, "2"]
    gaze_pitch_yaw_rad: Float[np.ndarray, "2"]
    right: bool
    mirror: bool


def gather(eyes: Iterable[Eye], where: str) -> Batch:
    """Return the eyes as one batch in memory, mirrored where they ask for it.

    Raises:
        DataError: There is none, or an angle is not finite.
    """
    images, heads, gazes, right, mirrored, keys = [], [], [], [], [], []
    for eye in eyes:
        if not np.isfinite(eye.head_pitch_yaw_rad).all() or np.isinf(eye.gaze_pitch_yaw_rad).any():
            raise DataError(f"{where}: {eye.key}: an angle of head or gaze is not a finite number")
        images.append(np.fliplr(eye.image_u8) if eye.mirror else eye.image_u8)
        heads.append(mirror_pitch_yaw(eye.head_pitch_yaw_rad) if eye.mirror else eye.head_pitch_yaw_rad)
        gazes.append(mirror_pitch_yaw(eye.gaze_pitch_yaw_rad) if eye.mirror else eye.gaze_pitch_yaw_rad)
        right.append(eye.right)
        mirrored.append(eye.mirror)
        keys.append(eye.key)
    if not keys:
        raise DataError(f"{where}: holds no eyes")
    return Batch(
        images_u8=torch.from_numpy(np.stack(images)),
        head_pitch_yaw_rad=torch.from_numpy(np.stack(heads).astype(np.float32)),
        gaze_pitch_yaw_rad=torch.from_numpy(np.stack(gazes).astype(np.float32)),
        right=torch.tensor(right),
        mirrored=torch.tensor(mirrored),
        keys=tuple(keys),
    )
