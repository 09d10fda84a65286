"""WIDER FACE (Yang et al. 2016) as it is handed out, and our export of that name.

    ROOT/WIDER_val/images/EVENT/NAME.jpg                  or WIDER_train
    ROOT/wider_face_split/wider_face_val_bbx_gt.txt       for each picture: its path, the number of its faces, and for
                                                          each "x y w h blur expression illumination invalid
                                                          occlusion pose"; of no face, one line of ten zeros
    ROOT/wider_face_split/wider_easy_val.mat, ...medium..., ...hard...
                                                          of the authors' evaluation: which faces count; optional

x, y is the upper left corner, px.  Faces marked invalid are ignored, and so are those of 10 px or narrower, which the
annotators did not have to mark; boxes without a size are not told.  Without the three lists level.py's rule stands in
for them.  The key of a picture is its path below `images`.

Which part: the path is ROOT, where only one part is there, or the text file itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from scipy.io import loadmat

from adapt.detection_batch import DetectionBatch
from synth.errors import DataError
from synth.shards.encode import decode_picture
from train.data.detection.gather import Look, Marked, Picture, gather, large_enough, no_points
from train.data.detection.level import NAMES, level_by_height
from train.data.sift import Found, OnError

SPLIT = "wider_face_split"
TEXTS = "wider_face_*_bbx_gt.txt"
INVALID = 7
"""Column of the flag."""
COLUMNS = 10

Lists = Mapping[str, Mapping[str, tuple[int, ...]]]
"""Name of a set to the key of a picture to the rows of its faces that count, from 0."""


@dataclass(frozen=True)
class Entry:
    """A picture and the rows of its faces."""

    key: str
    rows: Float[np.ndarray, "n 10"]


def read_widerface(path: Path, side: int, on_error: OnError = OnError.stop) -> Found[DetectionBatch]:
    """Return the pictures of a part, squares of at most `side`.

    Raises:
        DataError: The text is absent or damaged; or a picture is and `on_error` is stop; or none is left.
    """
    text = text_of(path)
    return gather(_looks(text), str(path), side, on_error)


def text_of(path: Path) -> Path:
    """Return the text file that a path names."""
    if path.is_file():
        return path
    found = sorted((path / SPLIT).glob(TEXTS))
    if len(found) != 1:
        raise DataError(f"{path}: holds {len(found)} files {SPLIT}/{TEXTS}; name the one to read as data=")
    return found[0]


def _looks(text: Path) -> Iterator[Look]:
    part = text.name.removeprefix("wider_face_").removesuffix("_bbx_gt.txt")
    folder = text.parent.parent / f"WIDER_{part}" / "images"
    lists = read_lists(text.parent, part)
    for entry in entries(text):
        yield partial(picture_of, folder, entry, lists)


def entries(text: Path) -> Iterator[Entry]:
    """Yield what the text says of each picture.

    Raises:
        DataError: It is damaged.
    """
    try:
        lines = [line.strip() for line in text.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{text}: not a readable text ({error})") from error
    at = 0
    while at < len(lines):
        key = lines[at]
        count = lines[at + 1] if at + 1 < len(lines) else ""
        if "/" not in key or not count.isdigit():
            raise DataError(f"{text}: line {at + 1}: expected a picture's path and then the number of its faces")
        given = lines[at + 2 : at + 2 + max(int(count), 1)]
        # Of a picture without faces WIDER FACE itself has a line of zeros; who writes the format may leave it out.
        if int(count) == 0 and given and len(given[0].split()) < COLUMNS:
            given = []
        rows = [row_of(line, text, at + 3 + i) for i, line in enumerate(given)]
        if len(rows) < int(count):
            raise DataError(f"{text}: {key}: says {count} faces and tells {len(rows)}")
        yield Entry(key, np.array(rows[: int(count)], dtype=np.float64).reshape(-1, COLUMNS))
        at += 2 + len(given)


def row_of(line: str, text: Path, number: int) -> list[float]:
    """Return the numbers of a face's line."""
    try:
        row = [float(word) for word in line.split()]
    except ValueError:
        row = []
    if len(row) != COLUMNS or not np.isfinite(row).all():
        raise DataError(f"{text}: line {number}: {line[:60]!r}; expected x y w h and six flags")
    return row


def picture_of(folder: Path, entry: Entry, lists: Lists) -> Picture:
    """Return a picture with its faces."""
    path, rows = folder / entry.key, entry.rows
    try:
        picture = decode_picture(path.read_bytes(), str(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    boxes = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:4]], axis=1)
    wanted = large_enough(boxes) & (rows[:, INVALID] == 0)
    level = level_by_height(boxes, wanted)
    if lists:
        level = level_by_lists(entry.key, len(rows), lists)
        wanted = wanted | (level > 0)
    told = (rows[:, 2:4] > 0).all(axis=1)
    faces = Marked(boxes[told], no_points(int(told.sum())), wanted[told], level[told])
    return Picture(entry.key, picture, faces)


def level_by_lists(key: str, n: int, lists: Lists) -> UInt8[np.ndarray, " n"]:
    """Return in how many of the three sets each of n faces counts."""
    level = np.zeros(n, dtype=np.uint8)
    for of in lists.values():
        rows = of.get(key, ())
        if any(not 0 <= row < n for row in rows):
            raise DataError(f"{key}: the lists of what counts name face {max(rows) + 1}, and it has {n}")
        level[list(rows)] += 1
    return level


def read_lists(folder: Path, part: str) -> Lists:
    """Return which faces count, of all three sets; empty where there are no lists.

    Raises:
        DataError: One of the three is absent or damaged.
    """
    paths = {name: folder / f"wider_{name}_{part}.mat" for name in NAMES}
    absent = [path for path in paths.values() if not path.is_file()]
    if len(absent) == len(paths):
        return {}
    if absent:
        raise DataError(f"{absent[0]}: there is no such file, and lists of the other sets are there")
    return {name: read_list(path) for name, path in paths.items()}


def read_list(path: Path) -> Mapping[str, tuple[int, ...]]:
    """Return the rows of faces that count, by the key of their picture.

    The file has cells: event_list (E, 1) of names, file_list (E, 1) of cells of names without their ending, gt_list
    (E, 1) of cells of numbers from 1.
    """
    try:
        cells = loadmat(path)
        events, files, rows = (cells[name].ravel() for name in ("event_list", "file_list", "gt_list"))
        return {
            f"{event.item()}/{name.item()}.jpg": tuple(int(i) - 1 for i in kept.ravel())
            for event, names, of in zip(events, files, rows, strict=True)
            for name, kept in zip(names.ravel(), of.ravel(), strict=True)
        }
    except (ValueError, KeyError, TypeError, AttributeError, OSError, NotImplementedError) as error:
        raise DataError(f"{path}: no list of faces that count ({error})") from error
