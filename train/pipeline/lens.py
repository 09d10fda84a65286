"""The camera that took a frame: calibrated by its owner, or guessed.

guessed       a pinhole whose focal length is the frame's longer side (53 degrees across it, as of many webcams and
              phones), its axis through the middle.  An error of f by a factor is one of distances by that factor,
              and of gazes by a part of the angle at which the face stands aside; eyes are cut out the same.
camera=FILE   JSON as OpenCV calibrates: {"matrix": K, "distortion": [k1, k2, p1, p2(, k3)], "width", "height"},
              the centre of the first pixel at (0, 0); distortion may be left out.  A frame of another size but the
              same shape is taken for the same picture scaled.
"""

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from adapt.camera import Cameras, cameras, cameras_of_opencv
from synth.errors import DataError

SHAPE = 0.01
"""Share by which a frame may be longer or shorter than a calibrated one of its width."""


@dataclass(frozen=True)
class Lens:
    """What is known of the camera of all frames.

    Attributes:
        calibrated: Its camera, None of one that is guessed.
        size: Width and height of the frames that it was calibrated with.
    """

    calibrated: Cameras | None = None
    size: tuple[int, int] = (0, 0)

    def of(self, width: int, height: int) -> Cameras:
        """Return the camera of frames of a size.

        Raises:
            DataError: Frames of this shape are no scaled frames of the calibrated camera.
        """
        if self.calibrated is None:
            return guessed(width, height)
        factor = width / self.size[0]
        if abs(factor * self.size[1] - height) > max(1.0, SHAPE * height):
            raise DataError(f"a frame of {width}x{height}: the camera was calibrated at {self.size[0]}x{self.size[1]}")
        scale = torch.tensor([factor, height / self.size[1], 1.0], dtype=torch.float64)
        return replace(self.calibrated, matrix=scale[:, None] * self.calibrated.matrix)


@lru_cache(maxsize=16)
def guessed(width: int, height: int) -> Cameras:
    """Return the camera that frames of a size are taken to come from."""
    focal = float(max(width, height))
    return cameras(np.array([[focal, 0.0, width / 2], [0.0, focal, height / 2], [0.0, 0.0, 1.0]]))


def read_lens(path: Path) -> Lens:
    """Return the camera of a file.

    Raises:
        DataError: It is not such a file.
    """
    try:
        told = json.loads(path.read_bytes())
        matrix = np.asarray(told["matrix"], dtype=np.float64)
        bends = np.asarray(told.get("distortion", [0.0] * 5), dtype=np.float64)
        width, height = int(told["width"]), int(told["height"])
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f'{path}: expected {{"matrix": K, "distortion": [...], "width": w, "height": h}}') from error
    if matrix.shape != (3, 3) or width < 1 or height < 1:
        raise DataError(f"{path}: matrix has shape {matrix.shape}, frames {width}x{height}; expected 3x3, at least 1x1")
    try:
        return Lens(cameras_of_opencv(matrix, bends), (width, height))
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def shifted(camera: Cameras, left_top_px: Float[np.ndarray, "2"]) -> Cameras:
    """Return the camera of a piece of its frames that begins at a place."""
    matrix = camera.matrix.clone()
    matrix[:, :2, 2] -= torch.from_numpy(left_top_px)
    return replace(camera, matrix=matrix)
