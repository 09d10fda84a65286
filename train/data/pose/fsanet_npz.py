"""FSA-Net's npz (Yang et al. 2019), in which 300W-LP, AFLW2000 and BIWI are commonly passed on.

    image (n, h, w, 3) u8, blue first;  pose (n, 3) degrees [yaw, pitch, roll];  img_size, not read

The faces are cut out already, by FSA-Net's wider margins and squeezed to 64x64 (crop.py compares): here they are only
brought to another size.  Its BIWI_noTrack.npz is the test of its protocol 1, BIWI_train.npz and BIWI_test.npz are its
protocol 2, whose people were drawn once and are known from these files alone.  Faces turned by more than 99 degrees are
left out, as in its own training and testing.  The key of a face is its row, six digits.
"""

import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from adapt.face_batch import FaceBatch
from synth.errors import DataError
from synth.geometry.rotation import rotation_from_pitch_yaw_roll
from train.data.pose.gather import FAR, Look, PoseFace, gather, too_far
from train.data.sift import Found, LeftOut, OnError


def read_fsanet(path: Path, size: int, on_error: OnError = OnError.stop) -> Found[FaceBatch]:
    """Return the faces of a file, `size` x `size`.

    Raises:
        DataError: The file is absent, damaged or of another layout; or a row is and `on_error` is stop; or no face is
            left.
    """
    return gather(_looks(path), str(path), size, on_error)


def _looks(path: Path) -> Iterator[Look]:
    images, poses = read_arrays(path)
    for row in range(len(images)):
        yield partial(face_of_row, path, row, images[row], poses[row])


def read_arrays(path: Path) -> tuple[UInt8[np.ndarray, "n h w 3"], Float[np.ndarray, "n 3"]]:
    """Return pictures and poses as the file holds them; a pickle in it is not opened."""
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    try:
        with zipfile.ZipFile(path), np.load(path, allow_pickle=False) as file:  # np.load opens a lone array too
            arrays = {name: np.asarray(file[name]) for name in ("image", "pose") if name in file.files}
    except (ValueError, EOFError, OSError, KeyError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path}: not a readable .npz file ({error}); fetch it again") from error
    for name in ("image", "pose"):
        if name not in arrays:
            raise DataError(f"{path}: holds no {name}; expected FSA-Net's image and pose")
    images, poses = arrays["image"], arrays["pose"]
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3:
        raise DataError(f"{path}: image is {images.dtype} {images.shape}; expected uint8 (n, h, w, 3)")
    if poses.dtype.kind != "f" or poses.shape != (len(images), 3):
        raise DataError(f"{path}: pose is {poses.dtype} {poses.shape}; expected degrees ({len(images)}, 3)")
    return images, poses.astype(np.float64)


def face_of_row(
    path: Path, row: int, image: UInt8[np.ndarray, "h w 3"], pose: Float[np.ndarray, "3"]
) -> PoseFace | LeftOut:
    """Return the face of one row."""
    if not np.isfinite(pose).all():
        raise DataError(f"{path}: row {row}: pose is {pose.tolist()}; expected [yaw, pitch, roll] in degrees")
    yaw, pitch, roll = np.radians(pose)
    angles = np.array([pitch, yaw, roll])
    if too_far(angles):
        return LeftOut(FAR)
    return PoseFace(
        key=f"{row:06d}",
        picture=np.ascontiguousarray(image[..., ::-1]),
        square_px=np.array([0.0, 0.0, image.shape[1], image.shape[0]]),
        rotation=rotation_from_pitch_yaw_roll(angles),
    )
