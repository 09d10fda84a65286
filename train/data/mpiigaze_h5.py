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
from train.data.gather import Eye, Look, gather
from train.data.hdf5 import array, names, opened
from train.data.sift import Found, OnError


def read_mpiigaze_h5(path: Path, on_error: OnError = OnError.stop) -> Found[Batch]:
    """Return the eyes of every person in the file.

    Raises:
        DataError: The file is absent or damaged, or of another layout; or a row is and `on_error` is stop; the message
            names file and key.
    """
    with opened(path) as file:
        return gather(iterate(file, path), str(path), on_error)


def iterate(file: h5py.File, path: Path) -> Iterator[Look]:
    """Yield looks at the eyes, person by person, in the order of the rows."""
    for person in names(file, "/", path):
        images = array(file, f"{person}/image", "uint8", (None, 36, 60), path)
        n = len(images)
        heads = array(file, f"{person}/pose", "floating", (n, 2), path).astype(np.float64)
        gazes = array(file, f"{person}/gaze", "floating", (n, 2), path).astype(np.float64)
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
