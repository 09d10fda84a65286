"""Files that are whole or absent: written aside in the same folder, flushed to the disk, then renamed.

A name that starts with a dot and ends in `.part` is a file in the making, of one process: its machine and number are in
the name, so that no two write into one file, not even a worker that outlives its killed run.  A full disk loses only
the file in the making.
"""

import errno
import os
import platform
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from synth.errors import ConfigError, ProjectError

MACHINE = re.sub(r"[^\w-]", "-", platform.node()) or "here"
FULL_DISK = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the largest allowed file size is reached",
}
NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
"""What file systems without hard links say."""


@contextmanager
def replacing(path: Path, *, first: bool = False) -> Iterator[BinaryIO]:
    """Open a file that takes the place of `path` when the block ends well, and vanishes when it does not.

    Args:
        path: The file.
        first: Whether to leave a file alone that came to be there meanwhile.

    Raises:
        ProjectError: The disk is full.
        ConfigError: The folder cannot be written.
    """
    part = path.with_name(f".{path.name}.{_owner(os.getpid())}.part")
    with naming_full_disk(path):
        try:
            with part.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            if first:
                _place_first(part, path)
            else:
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


def remove_parts(folder: Path, pid: int | None = None) -> None:
    """Delete the files in the making of a process of this machine that has ended, or of all where none is given."""
    for part in folder.glob(".*.part" if pid is None else f".*.{_owner(pid)}.part"):
        part.unlink(missing_ok=True)


def _owner(pid: int) -> str:
    return f"{MACHINE}.{pid}"


def _place_first(part: Path, path: Path) -> None:
    try:
        os.link(part, path)
    except FileExistsError:
        return
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        part.replace(path)


def write_whole(path: Path, data: bytes, *, first: bool = False) -> None:
    """Write a file at once or not at all; `first`: only if no other did."""
    with replacing(path, first=first) as file:
        file.write(data)


def sync_folder(folder: Path) -> None:
    """Flush a folder's names to the disk, so that a rename survives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
