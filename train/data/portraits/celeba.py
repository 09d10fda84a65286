"""CelebA (Liu, Luo, Wang, Tang 2015) as its authors lay it out, or `canthus export format=celeba`.

    list_attr_celeba.txt       count / names / "NNNNNN.jpg" and 40 times 1 or -1; columns are found by their names
    identity_CelebA.txt        "NNNNNN.jpg" and a person's number; where it is absent nobody is told apart
    list_eval_partition.txt    "NNNNNN.jpg" and 0 to train on, 1 to validate on, 2 to test on; may be absent
    img_align_celeba/          178x218, turned and enlarged so that the eyes are in the same places in all

The cut is one square of the aligned picture: where the cuts of our own shards (train/data/face_marks/square.py) lie on
the average once their pictures are aligned so.  On 436 drawn faces turned by up to 30 degrees its middle is at
(88.1, 128.7) px, its side 161.7; single ones deviate by 12, 5 and 15 px, since the distance of two eyes tells the size
of a face no better.

The key of a face is its file name.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Int8

from adapt.portraits import UNKNOWN, Portraits
from synth.errors import DataError
from synth.export.face.celeba import ALIGNED_HEIGHT, ALIGNED_WIDTH
from synth.label.celeba import ATTRIBUTES
from synth.shards.encode import decode_picture
from train.data.portraits.gather import Look, Portrait, gather
from train.data.sift import Found, OnError

ATTRIBUTE_LIST, PEOPLE, PARTITION = "list_attr_celeba.txt", "identity_CelebA.txt", "list_eval_partition.txt"
PICTURES = "img_align_celeba"
SQUARE_PX = np.array([8.0, 48.0, 170.0, 210.0])
"""Of an aligned picture: left, top, right, bottom."""
PARTS = (0, 1, 2)

Numbers = Mapping[str, tuple[int, ...]] | None
"""Of each picture, by its file name; None where there is no list."""


def read_celeba(folder: Path, size: int, on_error: OnError = OnError.stop) -> Found[Portraits]:
    """Return every face of the list of attributes, `size` x `size`.

    Raises:
        DataError: A list is absent or damaged; or a picture is and `on_error` is stop; the message names the file.
    """
    return gather(_looks(folder), str(folder), size, on_error)


def _looks(folder: Path) -> Iterator[Look]:
    attributes = read_attributes(folder / ATTRIBUTE_LIST)
    people, parts = (read_numbers(folder / name, 1) for name in (PEOPLE, PARTITION))
    for name in attributes:
        yield partial(face_in, folder, name, attributes[name], people, parts)


def face_in(folder: Path, name: str, attributes: Int8[np.ndarray, "40"], people: Numbers, parts: Numbers) -> Portrait:
    """Return the face of a picture."""
    path = folder / PICTURES / name
    if not path.is_file():
        raise DataError(f"{path}: there is no such file, but {ATTRIBUTE_LIST} names it")
    picture = decode_picture(path.read_bytes(), str(path))
    height, width = picture.shape[:2]
    if (width, height) != (ALIGNED_WIDTH, ALIGNED_HEIGHT):
        raise DataError(f"{path}: {width}x{height}; an aligned picture has {ALIGNED_WIDTH}x{ALIGNED_HEIGHT}")
    return Portrait(
        key=name,
        picture=picture,
        square_px=SQUARE_PX,
        attributes=attributes,
        person=_number(people, name, folder / PEOPLE),
        part=_number(parts, name, folder / PARTITION, PARTS),
    )


def _number(numbers: Numbers, name: str, path: Path, among: tuple[int, ...] | None = None) -> int:
    """Return the number of a picture in a list; `UNKNOWN` where there is no list."""
    if numbers is None:
        return UNKNOWN
    if name not in numbers:
        raise DataError(f"{path}: has no line for {name}")
    (value,) = numbers[name]
    if value < 0 or (among is not None and value not in among):
        raise DataError(f"{path}: {name} has {value}; expected {'a number from 0' if among is None else among}")
    return value


def read_attributes(path: Path) -> dict[str, Int8[np.ndarray, "40"]]:
    """Return the attributes of each picture, 1 or 0, in CelebA's order.

    Raises:
        DataError: The list is damaged, or lacks an attribute.
    """
    lines = _lines(path)
    if len(lines) < 2 or not lines[0].isdecimal():
        raise DataError(f"{path}: expected a number of pictures, then the names of attributes")
    names = lines[1].split()
    if absent := [name for name in ATTRIBUTES if name not in names]:
        raise DataError(f"{path}: has no {absent[0]}; expected CelebA's {len(ATTRIBUTES)} attributes")
    columns = [names.index(name) for name in ATTRIBUTES]
    rows = _numbers(path, lines[2:], len(names))
    if len(rows) != int(lines[0]):
        raise DataError(f"{path}: says {lines[0]} pictures and has {len(rows)}")
    found = {}
    for name, values in rows.items():
        if not set(values) <= {1, -1}:
            raise DataError(f"{path}: {name}: expected 1 or -1 for each attribute")
        found[name] = (np.array(values)[columns] > 0).astype(np.int8)
    return found


def read_numbers(path: Path, n: int) -> Numbers:
    """Return the n numbers of each picture of a list without a head; None where there is none.

    Raises:
        DataError: It is damaged.
    """
    return _numbers(path, _lines(path), n) if path.exists() else None


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text(encoding="ascii").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as text ({type(error).__name__})") from error


def _numbers(path: Path, lines: list[str], n: int) -> dict[str, tuple[int, ...]]:
    rows: dict[str, tuple[int, ...]] = {}
    for line in lines:
        name, *words = line.split()
        try:
            values = tuple(map(int, words))
        except ValueError as error:
            raise DataError(f"{path}: {name}: expected whole numbers, found {' '.join(words)[:60]}") from error
        if len(values) != n or name in rows or "/" in name:
            raise DataError(f"{path}: {name}: expected one line of a file name and {n} numbers")
        rows[name] = values
    return rows
