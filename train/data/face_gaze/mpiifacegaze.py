"""MPIIFaceGaze (Zhang et al. 2017), normalised: as its authors publish it, and in the common PyTorch benchmark's file.

    ROOT/pXX.mat          MATLAB 7.3, which is HDF5; axes in numpy's order
        Data/data         (n, 3, 448, 448), channels first, blue first, upright; 0..255 in any type of number
        Data/label        (n, 16): [pitch, yaw] of the gaze, [pitch, yaw] of the head; six landmarks, not read
    MPIIFaceGaze.h5       the same, a data set for each face
        pXX/image/NNNN    (448, 448, 3), blue first
        pXX/pose/NNNN     [pitch, yaw] of the head
        pXX/gaze/NNNN     [pitch, yaw] of the gaze

Channels and columns are those that tools/preprocess_mpiifacegaze.py of hysts/pytorch_mpiigaze takes for the second form
from the first.  The data set's page says that the authors swapped the channels and transposed the pictures; numpy,
which reads MATLAB's axes backwards, sees them upright.

Angles are radians.  Mode direction: so the data's author says of these files (xucong-zhang/ETH-XGaze, issue 26).  Signs
of the gaze are ours: the authors' own OpenGaze turns what a network of this data says into
-(cos p sin y, sin p, cos p cos y), and the benchmark does likewise.  Of the head's no source says anything; they are
taken for those of MPIIGaze.  None of the three was checked on the files themselves.

The key of a face is "pXX/NNNNNN", its row or number in six digits.  Whether some faces are mirrored the files do not
say: what is read, and predicted, is what is stored.  A person's pictures, 1.8 GB, are read one by one.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import h5py
import numpy as np
from jaxtyping import Float, Shaped

from adapt.face_gaze_batch import FaceGazeBatch
from synth.errors import DataError
from train.data.face_gaze.gather import GazeFace, Look, gather, normalised_cut
from train.data.hdf5 import array, data_set, names, opened, row_of
from train.data.sift import Found, OnError

PERSONS = "p[0-9][0-9].mat"
PICTURES, LABELS = "Data/data", "Data/label"
IMAGE, HEAD, GAZE = "image", "pose", "gaze"


def read_mpiifacegaze(path: Path, side: int, on_error: OnError = OnError.stop) -> Found[FaceGazeBatch]:
    """Return the faces of a folder of pXX.mat, of one of them, or of the benchmark's file, `side` x `side`.

    Raises:
        DataError: There is no file, or one is no HDF5 file or of another layout; a face is damaged and `on_error` is
            stop; or none is left.
    """
    files = sorted(path.glob(PERSONS)) if path.is_dir() else [path]
    if not files:
        raise DataError(f"{path}: holds no pXX.mat of MPIIFaceGaze")
    return gather(_looks(files, side), str(path), on_error)


def _looks(files: list[Path], side: int) -> Iterator[Look]:
    for path in files:
        with opened(path) as file:
            yield from (of_person if path.suffix == ".mat" else of_benchmark)(file, path, side)


def of_person(file: h5py.File, path: Path, side: int) -> Iterator[Look]:
    """Yield looks at the rows of a person's .mat."""
    pictures = data_set(file, PICTURES, "number", (None, 3, None, None), path)
    labels = array(file, LABELS, "floating", (len(pictures), 16), path)
    for row in range(len(pictures)):
        yield partial(face_of_row, path, pictures, row, labels[row], side)


def face_of_row(path: Path, pictures: h5py.Dataset, row: int, label: Float[np.ndarray, "16"], side: int) -> GazeFace:
    """Return the face of one row of a person's .mat."""
    where = f"{path}: row {row}"
    picture = row_of(pictures, row, f"{where}: {PICTURES}").transpose(1, 2, 0)
    return face_of(f"{path.stem}/{row:06d}", picture, label[:2], label[2:4], side, where)


def of_benchmark(file: h5py.File, path: Path, side: int) -> Iterator[Look]:
    """Yield looks at the faces of the benchmark's file, also at those that a part is missing of."""
    for person in names(file, "/", path):
        numbers = {number for part in (IMAGE, HEAD, GAZE) for number in names(file, f"{person}/{part}", path)}
        for number in sorted(numbers):
            yield partial(face_of_number, file, path, person, number, side)


def face_of_number(file: h5py.File, path: Path, person: str, number: str, side: int) -> GazeFace:
    """Return one face of the benchmark's file."""
    picture = array(file, f"{person}/{IMAGE}/{number}", "number", (None, None, 3), path)
    gaze, head = (array(file, f"{person}/{part}/{number}", "floating", (2,), path) for part in (GAZE, HEAD))
    return face_of(f"{person}/{number:0>6}", picture, gaze, head, side, f"{path}: {person}, {number}")


def face_of(
    key: str,
    picture: Shaped[np.ndarray, "h w 3"],
    gaze: Float[np.ndarray, "2"],
    head: Float[np.ndarray, "2"],
    side: int,
    where: str,
) -> GazeFace:
    """Return a face of a picture that is blue first, or raise DataError that names what is impossible."""
    for name, angles in ((GAZE, gaze), (HEAD, head)):
        if not (np.abs(angles) <= np.pi).all():  # NaN is not below it either
            raise DataError(f"{where}: its {name} is {angles.tolist()}; expected [pitch, yaw] in radians")
    if not ((picture >= 0) & (picture <= 255)).all():
        raise DataError(f"{where}: its picture holds what is not in 0..255")
    if picture.dtype != np.uint8:
        picture = np.rint(picture).astype(np.uint8)
    image = normalised_cut(np.ascontiguousarray(picture[..., ::-1]), side, where)
    return GazeFace(key, image, head_pitch_yaw_rad=head, gaze_pitch_yaw_rad=gaze)
