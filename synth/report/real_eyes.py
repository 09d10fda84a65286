"""Eyes of a real data set, to look at beside rendered ones: grey, 60x36, equalised, mirrored as the set has them.

    folder        every .png and .jpg in it and below, in order of name
    file.h5       pytorch_mpiigaze's layout: pXX/image, and pXX/gaze, pXX/pose as [pitch, yaw] in radians
    file.npz      arrays image, gaze_pitch_yaw, head_pitch_yaw

They are looked at and counted, never learned from.
"""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from synth.errors import DataError
from synth.export.eye_patch import equalised

SIZE = (60, 36)


@dataclass(frozen=True)
class RealEyes:
    """What is known of them.

    Attributes:
        images: A few, evenly spread, u8 (n, 36, 60).
        gaze_rad: [pitch, yaw] of all, normalised, radians; (0, 2) where the set has none.
        head_rad: The same of the head.
        total: How many eyes the set has.
    """

    images: UInt8[np.ndarray, "n 36 60"]
    gaze_rad: Float[np.ndarray, "m 2"]
    head_rad: Float[np.ndarray, "k 2"]
    total: int


def read_real_eyes(path: Path, n: int) -> RealEyes:
    """Return n eyes of a set and the angles of all.

    Raises:
        DataError: There is no such set, or it is of another form.
    """
    try:
        if path.is_dir():
            return _from_folder(path, n)
        if path.suffix in (".h5", ".hdf5"):
            return _from_h5(path, n)
        if path.suffix == ".npz":
            return _from_npz(path, n)
    except (OSError, KeyError, ValueError, BadZipFile) as error:
        raise DataError(f"real={path}: cannot be read ({str(error).splitlines()[0]})") from error
    raise DataError(f"real={path}: give a folder of pictures, an .h5 of pXX/image, or an .npz with image")


def _from_folder(path: Path, n: int) -> RealEyes:
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in (".png", ".jpg", ".jpeg"))
    images = [_shaped(np.asarray(Image.open(files[place]).convert("L"))) for place in _spread(len(files), n, path)]
    return RealEyes(np.stack(images), np.zeros((0, 2)), np.zeros((0, 2)), len(files))


def _from_h5(path: Path, n: int) -> RealEyes:
    import h5py  # not in the core

    with h5py.File(path) as file:
        people = [file[name] for name in sorted(file) if "image" in file[name]]
        if not people:
            raise KeyError("no pXX/image in it")
        images = np.concatenate([person["image"][()] for person in people])
        angles = {name: np.concatenate([person[name][()] for person in people]) for name in ("gaze", "pose")}
    return _chosen(images, angles["gaze"], angles["pose"], n, path)


def _from_npz(path: Path, n: int) -> RealEyes:
    with np.load(path, allow_pickle=False) as file:
        return _chosen(file["image"], file["gaze_pitch_yaw"], file["head_pitch_yaw"], n, path)


def _chosen(images: np.ndarray, gaze: np.ndarray, head: np.ndarray, n: int, path: Path) -> RealEyes:
    if images.ndim != 3:
        raise ValueError(f"pictures are {images.dtype} of shape {images.shape}, expected u8 (n, h, w)")
    chosen = np.stack([_shaped(images[place]) for place in _spread(len(images), n, path)])
    return RealEyes(chosen, gaze.astype(np.float64), head.astype(np.float64), len(images))


def _spread(total: int, n: int, path: Path) -> list[int]:
    if total == 0:
        raise DataError(f"real={path}: holds no picture")
    return [int(place) for place in np.unique(np.linspace(0, total - 1, min(n, total)).round())]


def _shaped(image: np.ndarray) -> UInt8[np.ndarray, "36 60"]:
    if image.dtype != np.uint8 or image.ndim != 2:
        raise ValueError(f"an eye is {image.dtype} of shape {image.shape}, expected u8 (36, 60)")
    if image.shape != SIZE[::-1]:
        image = np.asarray(Image.fromarray(image).resize(SIZE, Image.Resampling.BILINEAR))
    return equalised(image)
