"""ETH-XGaze's normalised faces (Zhang et al. 2020): one HDF5 file a person, or a folder of them.

    face_patch       (n, 224, 224, 3) u8, blue first; f 960 px, 600 mm; files of 448x448 are read likewise
    face_gaze        (n, 2) [pitch, yaw] in radians, mode direction; absent where the labels are kept back (test)
    face_head_pose   (n, 2) the same of the head

What else is there (face_mat_norm, frame_index, cam_index) is not read.  The key of a face is "NAME/row", NAME being the
file's without extension and the row six digits.  Pictures are read one by one, but all of them stay in memory: of the
whole training set, 750,000 faces, name some files' folder.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import h5py
import numpy as np
from jaxtyping import Float

from adapt.face_gaze_batch import FaceGazeBatch
from synth.errors import DataError
from train.data.face_gaze.gather import UNKNOWN, GazeFace, Look, gather, normalised_cut
from train.data.hdf5 import array, data_set, names, opened, row_of
from train.data.sift import Found, OnError

PATCH, GAZE, HEAD = "face_patch", "face_gaze", "face_head_pose"


def read_xgaze(path: Path, side: int, on_error: OnError = OnError.stop) -> Found[FaceGazeBatch]:
    """Return the faces of a file or of all .h5 files of a folder, `side` x `side`.

    Raises:
        DataError: There is no file, or one is no HDF5 file or of another layout; a row is damaged and `on_error` is
            stop; or none is left.
    """
    files = sorted(path.glob("*.h5")) if path.is_dir() else [path]
    if not files:
        raise DataError(f"{path}: there is no .h5 in the folder")
    return gather(_looks(files, side), str(path), on_error)


def _looks(files: list[Path], side: int) -> Iterator[Look]:
    for path in files:
        with opened(path) as file:
            patches = data_set(file, PATCH, "uint8", (None, None, None, 3), path)
            n = len(patches)
            heads = array(file, HEAD, "floating", (n, 2), path).astype(np.float64)
            gazes = [UNKNOWN] * n
            if GAZE in names(file, "/", path):
                gazes = list(array(file, GAZE, "floating", (n, 2), path).astype(np.float64))
            for row in range(n):
                yield partial(face_of_row, path, patches, row, gazes[row], heads[row], side)


def face_of_row(
    path: Path,
    patches: h5py.Dataset,
    row: int,
    gaze: Float[np.ndarray, "2"],
    head: Float[np.ndarray, "2"],
    side: int,
) -> GazeFace:
    """Return the face of one row; `gaze` is UNKNOWN where the file has none."""
    where = f"{path}: row {row}"
    if gaze is not UNKNOWN and not np.isfinite(gaze).all():
        raise DataError(f"{where}: {GAZE} is {gaze.tolist()}; expected [pitch, yaw] in radians")
    if not np.isfinite(head).all():
        raise DataError(f"{where}: {HEAD} is {head.tolist()}; expected [pitch, yaw] in radians")
    picture = row_of(patches, row, f"{where}: {PATCH}")
    image = normalised_cut(np.ascontiguousarray(picture[..., ::-1]), side, where)
    return GazeFace(f"{path.stem}/{row:06d}", image, head_pitch_yaw_rad=head, gaze_pitch_yaw_rad=gaze)
