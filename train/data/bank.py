"""The bank of real pictures that a task mixes its own with (adapt/augment/mixing.py): unlabelled, read once."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from synth.errors import DataError
from train.data.unlabelled import fitted_pictures


def read_bank(folder: Path, height: int, width: int, colour: bool) -> Float[Tensor, "n c h w"]:
    """Return the pictures of a folder in [0, 1], of this size, grey or in colour.

    Raises:
        DataError: There is no such folder, it is empty, or a picture does not do.
    """
    like = np.empty((height, width, 3) if colour else (height, width), dtype=np.uint8)
    found = fitted_pictures(folder, like)
    if not found:
        raise DataError(f"{folder}: holds no pictures (png, jpg) to mix with")
    pictures = torch.from_numpy(np.stack(found)).float() / 255
    return pictures.movedim(-1, 1).contiguous() if colour else pictures[:, None]
