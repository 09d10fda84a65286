"""From single eyes as a file holds them to a batch in which every eye is a left one; damage stops it or is told."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float, UInt8

from adapt.batch import Batch
from synth.errors import DataError
from synth.geometry.gaze import mirror_pitch_yaw
from train.data.sift import Found, OnError, sift

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


Look = Callable[[], Eye]
"""Opens the files of one eye; a DataError says that they are damaged."""


def gather(looks: Iterable[Look], where: str, on_error: OnError) -> Found[Batch]:
    """Return the eyes as one batch in memory, mirrored where they ask for it.

    Raises:
        DataError: An eye is damaged, or an angle of it not finite, and `on_error` is stop; or none is left.
    """
    found = sift((partial(_checked, look, where) for look in looks), where, "eyes", on_error)
    eyes = found.pictures
    heads = [mirror_pitch_yaw(e.head_pitch_yaw_rad) if e.mirror else e.head_pitch_yaw_rad for e in eyes]
    gazes = [mirror_pitch_yaw(e.gaze_pitch_yaw_rad) if e.mirror else e.gaze_pitch_yaw_rad for e in eyes]
    batch = Batch(
        images_u8=torch.from_numpy(np.stack([np.fliplr(e.image_u8) if e.mirror else e.image_u8 for e in eyes])),
        head_pitch_yaw_rad=torch.from_numpy(np.stack(heads).astype(np.float32)),
        gaze_pitch_yaw_rad=torch.from_numpy(np.stack(gazes).astype(np.float32)),
        right=torch.tensor([e.right for e in eyes]),
        mirrored=torch.tensor([e.mirror for e in eyes]),
        keys=tuple(e.key for e in eyes),
    )
    return Found(batch, found.left_out, found.damaged)


def _checked(look: Look, where: str) -> Eye:
    eye = look()
    if not np.isfinite(eye.head_pitch_yaw_rad).all() or np.isinf(eye.gaze_pitch_yaw_rad).any():
        raise DataError(f"{where}: {eye.key}: an angle of head or gaze is not a finite number")
    return eye
