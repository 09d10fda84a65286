"""What 300W-LP and AFLW2000 share: a picture, and a .mat of its name that holds angles and points.

    Pose_Para   1x7, begins with pitch, yaw, roll in radians (synth/export/face/pose.py has the rest)
    points      2xn or 3xn, first x, then y (down), pixels by integer centres

Whether the published files count pixels from 0 or from 1 is not documented; one pixel does not matter to a cut.
"""

import zlib
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from synth.errors import DataError
from synth.export.face.faces import HALF_PIXEL
from synth.geometry.rotation import rotation_from_pitch_yaw_roll
from synth.shards.encode import decode_picture
from train.data.pose.crop import face_square
from train.data.pose.gather import FAR, PoseFace, too_far
from train.data.sift import LeftOut

POSE = "Pose_Para"
OUTLINES = {"pt3d_68": 3, "pt2d": 2}
"""Points of a face's outline and their rows: AFLW2000's, whose pt2d is another, before 300W-LP's."""


def pictures_of(folder: Path) -> list[Path]:
    """Return the .jpg files under a folder by name.

    Raises:
        DataError: There is no such folder, or no .jpg in it.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder")
    paths = sorted(folder.rglob("*.jpg"))
    if not paths:
        raise DataError(f"{folder}: holds no NAME.jpg with a NAME.mat beside it")
    return paths


def read_pair(picture: Path, folder: Path, points: str, rows: int) -> PoseFace | LeftOut:
    """Return the face of a picture and its .mat, named by its path in the folder without extension.

    Args:
        picture: The .jpg file.
        folder: Of the data set.
        points: Name of the 68 points that it is cut by.
        rows: How many coordinates they have, 2 or 3.

    Raises:
        DataError: A file is absent, damaged or of another layout; the message names file and key.
    """
    path = picture.with_suffix(".mat")
    pose, at = read_mat(path, {POSE: (1, 7), points: (rows, 68)})
    pitch_yaw_roll_rad = pose[0, :3]
    if too_far(pitch_yaw_roll_rad):
        return LeftOut(FAR)
    return PoseFace(
        key=picture.relative_to(folder).with_suffix("").as_posix(),
        picture=decode_picture(picture.read_bytes(), str(picture)),
        square_px=face_square(at[:2].T + HALF_PIXEL),
        rotation=rotation_from_pitch_yaw_roll(pitch_yaw_roll_rad),
    )


def outline_px(path: Path) -> Float[np.ndarray, "68 2"] | None:
    """Return the 68 points that either set's faces are cut by, px; None of a .mat that has neither's.

    Raises:
        DataError: The file or the points are damaged.
    """
    content = _content(path, list(OUTLINES))
    for name, rows in OUTLINES.items():
        if isinstance(value := content.get(name), np.ndarray) and value.shape == (rows, 68):
            return _array(value, name, (rows, 68), path)[:2].T + HALF_PIXEL
    return None


def read_mat(path: Path, shapes: dict[str, tuple[int, int]]) -> list[Float[np.ndarray, "r c"]]:
    """Return arrays of a .mat file, of these shapes, finite and float64."""
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    content = _content(path, list(shapes))
    return [_array(content.get(name), name, shape, path) for name, shape in shapes.items()]


def _content(path: Path, names: list[str]) -> dict[str, object]:
    try:
        return dict(loadmat(path, variable_names=names))
    except (
        MatReadError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        OSError,
        NotImplementedError,
        zlib.error,
    ) as error:
        raise DataError(f"{path}: not a readable .mat file ({error}); fetch it again") from error


def _array(value: object, name: str, shape: tuple[int, int], path: Path) -> Float[np.ndarray, "r c"]:
    if not isinstance(value, np.ndarray):
        raise DataError(f"{path}: holds no {name}")
    if value.shape != shape or value.dtype.kind not in "fiu":
        raise DataError(f"{path}: {name} is {value.dtype} {value.shape}; expected numbers {shape}")
    numbers = value.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise DataError(f"{path}: {name} holds what is not a finite number")
    return numbers
