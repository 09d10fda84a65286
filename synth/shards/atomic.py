"""Files that are whole or absent: written aside in the same folder, flushed to the disk, then renamed.

A name that starts with a dot and ends in `.part` is a file in the making, of one process: its number is in the name, so
that a worker which outlives its killed run never writes into the file of the run that continues.  A full disk loses
only the file in the making.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from synth.errors import ConfigError, ProjectError

FULL_DISK = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the largest allowed file size is reached",
}


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes the place of `path` when the block ends well, and vanishes when it does not.

    Raises:
        ProjectError: The disk is full.
        ConfigError: The folder cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with naming_full_disk(path):
        try:
            with part.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            sync_folder(path.parent)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def naming_full_disk(path: Path) -> Iterator[None]:
    """Turn the errors of a full or closed disk into one line that names the path and the remedy."""
    try:
        yield
    except PermissionError as error:
        raise ConfigError(f"{path}: may not be written here; choose another folder or change its rights") from error
    except OSError as error:
        reason = FULL_DISK.get(error.errno or 0)
        if reason is None:
            raise
        raise ProjectError(f"{path}: {reason}; make room, then continue with the same command") from error


def remove_parts(folder: Path) -> None:
    """Delete what killed runs left of files in the making."""
    for part in folder.glob(".*.part"):
        part.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file at once or not at all."""
    with replacing(path) as file:
        file.write(data)


def sync_folder(folder: Path) -> None:
    """Flush a folder's names to the disk, so that a rename survives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
