"""RetinaFace's marks of WIDER FACE (Deng et al. 2020) and our export of that name: boxes with five points.

    ROOT/label.txt     "# EVENT/NAME.jpg", then for each face "x y w h", five times "x y hidden", and one more number
    ROOT/images/...

Points name pixels by integer centres: 0.5 is added.  A point whose three numbers are -1 was not marked; a face without
its points is learnt by its box alone.  A line may end after x y w h (files of boxes alone exist).  Faces of 10 px or
narrower are ignored.  The key of a picture is its path below `images`.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float

from adapt.detection_batch import DetectionBatch
from synth.errors import DataError
from synth.export.face.faces import HALF_PIXEL
from synth.shards.encode import decode_picture
from train.data.detection.gather import Look, Marked, Picture, gather, large_enough, no_points
from train.data.detection.level import level_by_height
from train.data.sift import Found, OnError

LABELS = "label.txt"
BOX, WITH_POINTS = 4, 19
"""Numbers of a line of a box alone, and with its points; the last one, if it is there, is not read."""
NOT_MARKED = -1.0


def read_retinaface(folder: Path, side: int, on_error: OnError = OnError.stop) -> Found[DetectionBatch]:
    """Return the pictures of a folder, squares of at most `side`.

    Raises:
        DataError: label.txt is absent or damaged; or a picture is and `on_error` is stop; or none is left.
    """
    return gather(_looks(folder), str(folder), side, on_error)


def _looks(folder: Path) -> Iterator[Look]:
    text = folder / LABELS
    try:
        lines = text.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{text}: not a readable text ({error})") from error
    starts = [number for number, line in enumerate(lines) if line.startswith("#")]
    if lines and (not starts or starts[0] > 0):
        raise DataError(f"{text}: line 1: expected '# ' and a picture's path")
    for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
        numbered = [(number + 1, line) for number, line in enumerate(lines)][start + 1 : stop]
        rows = [row_of(line, text, number) for number, line in numbered if line.strip()]
        yield partial(picture_of, folder, lines[start][1:].strip(), rows)


def row_of(line: str, text: Path, number: int) -> Float[np.ndarray, "19"]:
    """Return box and points of a line; points that are absent are not marked."""
    try:
        row = [float(word) for word in line.split()]
    except ValueError:
        row = []
    if len(row) not in (BOX, WITH_POINTS, WITH_POINTS + 1) or not np.isfinite(row).all():
        raise DataError(f"{text}: line {number}: {line[:60]!r}; expected x y w h and five times x y hidden")
    return np.array((row + [NOT_MARKED] * WITH_POINTS)[:WITH_POINTS])


def picture_of(folder: Path, key: str, rows: list[Float[np.ndarray, "19"]]) -> Picture:
    """Return a picture with its faces."""
    path = folder / "images" / key
    try:
        picture = decode_picture(path.read_bytes(), str(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    table = np.array(rows).reshape(-1, WITH_POINTS)
    table = table[(table[:, 2:4] > 0).all(axis=1)]
    boxes = np.concatenate([table[:, :2], table[:, :2] + table[:, 2:4]], axis=1)
    marks = table[:, BOX:].reshape(-1, 5, 3)
    points = np.where((marks[..., :1] == NOT_MARKED) & (marks[..., 1:2] == NOT_MARKED), np.nan, marks[..., :2])
    wanted = large_enough(boxes)
    faces = Marked(boxes, points + HALF_PIXEL if len(points) else no_points(0), wanted, level_by_height(boxes, wanted))
    return Picture(key, picture, faces)
