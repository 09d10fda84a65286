"""MPIIGaze's evaluation subset in one HDF5 file, in the layout of the common PyTorch benchmark.

    pXX/image (n,36,60) u8      histogram-equalised, right eyes already mirrored
    pXX/pose  (n,2), pXX/gaze (n,2)    [pitch, yaw] in radians of head and gaze in `norm`

The file does not say which eyes are right ones.  The benchmark writes a person's left eyes first and as many right ones
after them, so the second half of each person's rows is taken for right eyes; only the report's sides depend on it.

The key of an eye is "pXX/row", the row in six digits.  Nothing is mirrored here: predictions are for what is stored.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import h5py
import numpy as np

from adapt.batch import Batch
from synth.errors import DataError
from train.data.gather import Eye, Look, gather
from train.data.sift import Found, OnError


def read_mpiigaze_h5(path: Path, on_error: OnError = OnError.stop) -> Found[Batch]:
    """Return the eyes of every person in the file.

    Raises:
        DataError: The file is absent or damaged, or of another layout; or a row is and `on_error` is stop; the message
            names file and key.
    """
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    try:
        with h5py.File(path, "r") as file:
            return gather(iterate(file, path), str(path), on_error)
    except OSError as error:
        raise DataError(f"{path}: not a readable HDF5 file ({error}); fetch it again") from error


def iterate(file: h5py.File, path: Path) -> Iterator[Look]:
    """Yield looks at the eyes, person by person, in the order of the rows."""
    for person in sorted(file):
        images = dataset(file, f"{person}/image", (36, 60), "u", path)
        n = len(images)
        heads = dataset(file, f"{person}/pose", (2,), "f", path, n)
        gazes = dataset(file, f"{person}/gaze", (2,), "f", path, n)
        for row in range(n):
            yield partial(
                Eye,
                key=f"{person}/{row:06d}",
                image_u8=images[row],
                head_pitch_yaw_rad=heads[row],
                gaze_pitch_yaw_rad=gazes[row],
                right=row >= n // 2,
                mirror=False,
            )


def dataset(
    file: h5py.File, name: str, shape: tuple[int, ...], kind: str, path: Path, rows: int | None = None
) -> np.ndarray:
    """Return a whole data set of the file, u8 or float64, or raise DataError that names it."""
    found = file.get(name)
    if not isinstance(found, h5py.Dataset):
        raise DataError(f"{path}: holds no {name}; expected pXX/image, pXX/pose and pXX/gaze")
    if found.dtype.kind != kind or found.shape[1:] != shape or found.shape[0] != (rows or found.shape[0]):
        raise DataError(f"{path}: {name} is {found.dtype} {found.shape}; expected ({rows or 'n'}, {shape})")
    return np.asarray(found[()], dtype=np.uint8 if kind == "u" else np.float64)
