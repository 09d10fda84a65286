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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
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
from train.data.gather import Eye, Look, gather
from train.data.sift import Found, OnError

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


def read_mpiigaze(root: Path, on_error: OnError = OnError.stop) -> Found[Batch]:
    """Return the eyes of every person under a MPIIGaze folder.

    A damaged day that is skipped counts once for each line of the lists that names an eye of it, without lists once.

    Raises:
        DataError: The folder is another; or a file or a listed picture is absent or damaged and `on_error` is stop;
            the message names file and key.
    """
    return gather(iterate(root), str(root), on_error)


def iterate(root: Path) -> Iterator[Look]:
    """Yield looks at the eyes, person by person, in the order of the lists."""
    if not (root / NORMALIZED).is_dir():
        raise DataError(f"{root}: holds no {NORMALIZED}; name the folder that MPIIGaze unpacks to")
    lists = sorted((root / LISTS).glob("p[0-9][0-9].txt"))
    if not lists:
        for path in sorted((root / NORMALIZED).glob("p[0-9][0-9]/day[0-9][0-9].mat")):
            yield from iterate_day(path)
        return
    for path in lists:
        lines = path.read_text(encoding="utf-8").splitlines()
        read = cache(day_or_fault)  # of one person: no more days than these are in memory
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield partial(listed_eye, root, path, number, line, read)


def iterate_day(path: Path) -> Iterator[Look]:
    """Yield looks at all eyes of a day, or one at a damaged day."""
    found = day_or_fault(path)
    if isinstance(found, DataError):
        yield partial(eye_of, found, path, "", SIDES[0])
        return
    for side in SIDES:
        for name in found.row_of:
            yield partial(eye_of, found, path, name, side)


def listed_eye(root: Path, path: Path, number: int, line: str, read: Callable[[Path], Day | DataError]) -> Eye:
    """Return the eye that a line of one person's list names."""
    picture, _, side = line.strip().rpartition(" ")
    folder, _, name = picture.partition("/")
    if side not in SIDES or not name:
        raise DataError(f"{path}: line {number} is {line[:80]!r}; expected 'dayYY/NNNN.jpg left' or '... right'")
    day_path = root / NORMALIZED / path.stem / f"{folder}.mat"
    day = read(day_path)
    if isinstance(day, Day) and name not in day.row_of:
        raise DataError(f"{day_path}: holds no {name}, which line {number} of {path} names")
    return eye_of(day, day_path, name, side)


def day_or_fault(path: Path) -> Day | DataError:
    """Return a day, or what is wrong with it."""
    try:
        return read_day(path)
    except DataError as error:
        return error


def eye_of(day: Day | DataError, path: Path, name: str, side: str) -> Eye:
    """Return one eye of a day's file, or raise what is wrong with the day."""
    if isinstance(day, DataError):
        raise day
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
