"""HDF5 files as others write them: opened and read, with a DataError that names file and key where one is damaged."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import h5py
import numpy as np

from synth.errors import DataError

CACHE_BYTES = 64 * 2**20
"""Of unpacked chunks: one of MATLAB's may hold a part of many pictures, and would be unpacked anew for each of them."""
MOST_PACKED = 1032
"""Times that gzip packs at most; a file that says that it holds more is damaged, and would fill the memory."""
Kind = Literal["uint8", "floating", "number"]
"""numpy's name of one or more types of number."""
Shape = tuple[int | None, ...]
"""Lengths of a data set's axes, None for any."""


def opened(path: Path) -> h5py.File:
    """Return a file that is open for reading, to be closed by `with`.

    Raises:
        DataError: It is absent, or no HDF5 file.
    """
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    try:
        return h5py.File(path, "r", rdcc_nbytes=CACHE_BYTES)
    except OSError as error:
        raise DataError(f"{path}: not a readable HDF5 file ({error}); fetch it again") from error


def names(file: h5py.File, group: str, path: Path) -> list[str]:
    """Return what is in a group, sorted; `path`, the file's, is for messages.

    Raises:
        DataError: There is no group of that name, or it is damaged.
    """
    with _whole(f"{path}: {group}"):
        found = file.get(group)
        if not isinstance(found, h5py.Group):
            raise DataError(f"{path}: holds no group {group}")
        return sorted(map(str, found))  # a damaged name may be bytes


def data_set(file: h5py.File, name: str, kind: Kind, shape: Shape, path: Path) -> h5py.Dataset:
    """Return a data set, not read yet.

    Raises:
        DataError: There is none of that name, or it is of another kind or shape, or damaged.
    """
    expected = f"expected {kind} ({', '.join('any' if n is None else str(n) for n in shape)})"
    with _whole(f"{path}: {name}"):
        found = file.get(name)
        if not isinstance(found, h5py.Dataset):
            raise DataError(f"{path}: holds no {name}; {expected}")
        dtype, lengths = found.dtype, found.shape or ()
    fits = len(lengths) == len(shape) and all(n in (None, has) for n, has in zip(shape, lengths, strict=True))
    if not fits or not np.issubdtype(dtype, getattr(np, kind)):
        raise DataError(f"{path}: {name} is {dtype} {lengths}; {expected}")
    if dtype.itemsize * math.prod(lengths) > MOST_PACKED * path.stat().st_size:
        raise DataError(f"{path}: {name} is {dtype} {lengths}, more than the file can hold; fetch it again")
    return found


def array(file: h5py.File, name: str, kind: Kind, shape: Shape, path: Path) -> np.ndarray:
    """Return the whole of a data set.

    Raises:
        DataError: As `data_set`; or it cannot be read.
    """
    found = data_set(file, name, kind, shape, path)
    with _whole(f"{path}: {name}"):
        return np.asarray(found[()])


def row_of(found: h5py.Dataset, row: int, where: str) -> np.ndarray:
    """Return one row of a data set.

    Raises:
        DataError: It cannot be read; the message begins with `where`.
    """
    with _whole(where):
        return np.asarray(found[row])


@contextmanager
def _whole(where: str) -> Iterator[None]:
    """Raise DataError for what h5py raises of a file that is damaged."""
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(f"{where} cannot be read ({error}); fetch the file again") from error
