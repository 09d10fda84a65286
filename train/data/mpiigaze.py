"""MPIIGaze as its authors publish it: normalised eyes in `.mat` files, chosen by the lists of the evaluation subset.

    ROOT/Data/Normalized/pXX/dayYY.mat
        data.{left,right}.{image (n,36,60) u8, gaze (n,3), pose (n,3)}, filenames (n,1)
    ROOT/Evaluation Subset/sample list for eye image/pXX.txt
        lines "dayYY/NNNN.jpg left"

gaze is a vector in `norm` (gaze angles as in synth/geometry/gaze.py), pose the head's rotation vector there.  Right
eyes are not mirrored in these files; they are by this reader.  Without the folder of lists every eye of every file is
read.

The key of an eye is "pXX/dayYY/NNNN.jpg left", its line in the list behind its person.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from adapt.batch import Batch
from synth.errors import DataError
from synth.geometry.gaze import pitch_yaw_from_vector
from synth.geometry.normalisation import head_pitch_yaw
from synth.geometry.rotation import rotation_from_vector
from train.data.gather import Eye, gather

SIDES = ("left", "right")
NORMALIZED = Path("Data", "Normalized")
LISTS = Path("Evaluation Subset", "sample list for eye image")


@dataclass(frozen=True)
class Side:
    """The eyes of one side in one day's file: pictures, gaze vectors and rotation vectors of the head."""

    images_u8: UInt8[np.ndarray, "n 36 60"]
    gaze_norm: Float[np.ndarray, "n 3"]
    pose_rad: Float[np.ndarray, "n 3"]


@dataclass(frozen=True)
class Day:
    """One `.mat` file: the row of each picture's name, and both sides."""

    row_of: dict[str, int]
    sides: dict[str, Side]


def read_mpiigaze(root: Path) -> Batch:
    """Return the eyes of every person under a MPIIGaze folder.

    Raises:
        DataError: A file or a listed picture is absent or damaged; the message names file and key.
    """
    return gather(iterate(root), str(root))


def iterate(root: Path) -> Iterator[Eye]:
    """Yield the eyes, person by person, in the order of the lists."""
    if not (root / NORMALIZED).is_dir():
        raise DataError(f"{root}: holds no {NORMALIZED}; name the folder that MPIIGaze unpacks to")
    lists = sorted((root / LISTS).glob("p[0-9][0-9].txt"))
    if not lists:
        for path in sorted((root / NORMALIZED).glob("p[0-9][0-9]/day[0-9][0-9].mat")):
            day = read_day(path)
            for side in SIDES:
                for name in day.row_of:
                    yield eye_of(day, path, name, side)
        return
    for path in lists:
        yield from iterate_list(root, path)


def iterate_list(root: Path, path: Path) -> Iterator[Eye]:
    """Yield the eyes that one person's list names."""
    days: dict[str, Day] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        picture, _, side = line.strip().rpartition(" ")
        folder, _, name = picture.partition("/")
        if side not in SIDES or not name:
            raise DataError(f"{path}: line {number} is {line[:80]!r}; expected 'dayYY/NNNN.jpg left' or '... right'")
        day_path = root / NORMALIZED / path.stem / f"{folder}.mat"
        if folder not in days:
            days[folder] = read_day(day_path)
        if name not in days[folder].row_of:
            raise DataError(f"{day_path}: holds no {name}, which line {number} of {path} names")
        yield eye_of(days[folder], day_path, name, side)


def eye_of(day: Day, path: Path, name: str, side: str) -> Eye:
    """Return one eye of a day's file."""
    row, eyes = day.row_of[name], day.sides[side]
    return Eye(
        key=f"{path.parent.name}/{path.stem}/{name} {side}",
        image_u8=eyes.images_u8[row],
        head_pitch_yaw_rad=head_pitch_yaw(rotation_from_vector(eyes.pose_rad[row])),
        gaze_pitch_yaw_rad=pitch_yaw_from_vector(eyes.gaze_norm[row]),
        right=side == "right",
        mirror=side == "right",
    )


def read_day(path: Path) -> Day:
    """Return one `.mat` file.

    Raises:
        DataError: It is absent, damaged or of another layout; the message names file and key.
    """
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    try:
        content: dict[str, Any] = loadmat(path, simplify_cells=True)
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
    names = np.atleast_1d(field(content, "filenames", path))
    data = field(content, "data", path)
    sides = {}
    for side in SIDES:
        eyes = field(data, side, path, "data.")
        sides[side] = Side(
            images_u8=array(eyes, "image", (len(names), 36, 60), path, side, np.uint8),
            gaze_norm=array(eyes, "gaze", (len(names), 3), path, side, np.float64),
            pose_rad=array(eyes, "pose", (len(names), 3), path, side, np.float64),
        )
    return Day({str(name): row for row, name in enumerate(names)}, sides)


def field(content: Any, name: str, path: Path, prefix: str = "") -> Any:
    """Return a field of a struct, or raise DataError that names it."""
    if not isinstance(content, dict) or name not in content:
        raise DataError(f"{path}: holds no {prefix}{name}; expected MPIIGaze's normalised layout")
    return content[name]


def array(eyes: Any, name: str, shape: tuple[int, ...], path: Path, side: str, kind: type[Any]) -> np.ndarray:
    """Return an array of this shape and kind of number, or raise DataError that names it."""
    value = np.asarray(field(eyes, name, path, f"data.{side}."))
    if value.size == np.prod(shape):
        value = value.reshape(shape)  # a file of one eye loses its first axis on the way
    if value.shape != shape or value.dtype.kind not in ("u" if kind is np.uint8 else "fiu"):
        raise DataError(f"{path}: data.{side}.{name} is {value.dtype} {value.shape}; expected {kind.__name__} {shape}")
    return value.astype(kind, copy=False)
