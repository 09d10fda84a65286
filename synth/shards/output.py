"""Open the folder of a data set for writing: new, or the same one continued, by one run or by several that share it.

config.json is written before anything else and says what the folder is.  A run that finds another configuration in it
stops before any work and names the first difference; a run that finds its own continues with what is missing.

A run locks config.json for itself alone, or shares it with others of its kind that make shards and nothing else.
"""

import fcntl
import json
import os
import time
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.errors import ConfigError, DataError
from synth.shards.atomic import naming_full_disk, remove_parts, write_whole
from synth.shards.encode import ordered_json

FORMAT = 1


class BusyError(ConfigError):
    """Another run is writing in a folder."""


@dataclass(frozen=True)
class Output:
    """A folder that this run may write to, until it is closed.

    Attributes:
        folder: Of the data set.
        config: The configuration, as config.json holds it.
        versions: Of the packages that decide the bytes.
        lock: Handle that keeps a second run out; the processes that this one forks hold it too.
    """

    folder: Path
    config: Mapping[str, Any]
    versions: Mapping[str, str]
    lock: int

    def close(self) -> None:
        """Let other runs in."""
        os.close(self.lock)

    def __enter__(self) -> "Output":
        """Return itself, open."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close."""
        self.close()


def open_output(
    folder: Path,
    config: Mapping[str, Any],
    versions: Mapping[str, str] | None = None,
    run_only: Collection[str] = (),
    *,
    shared: bool = False,
) -> Output:
    """Open a folder for a data set of this configuration.

    Args:
        folder: Made if it is absent.
        config: Everything that was configured, as plain mappings, lists and scalars.
        versions: Package to version, of those that decide the bytes.
        run_only: Top-level names of `config` that change no byte of the data set, such as the number of workers; they
            are not stored and may differ when the run is continued.
        shared: Whether other runs may write here at the same time, if they share it too.

    Raises:
        BusyError: The folder is being written by another run.
        ConfigError: The folder holds something else, was made with another configuration or other versions, or cannot
            be written.
    """
    kept = {name: value for name, value in config.items() if name not in run_only}
    # Draws run through mappings of shapes and shares: the order of their keys is part of the configuration.
    ours = ordered_json({"format": FORMAT, "config": kept, "versions": dict(versions or {})}, where="config")
    path = folder / "config.json"
    with naming_full_disk(folder):
        if folder.exists() and not folder.is_dir():
            raise ConfigError(f"out={folder}: is a file; name a folder")
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            if any(not entry.name.startswith(".") for entry in folder.iterdir()):
                raise ConfigError(f"out={folder}: holds other files and no data set; choose an empty or a new folder")
            write_whole(path, ours, first=True)
    _check_same(path, json.loads(ours))
    document, lock = json.loads(ours), _lock(path, shared)
    if not shared:
        remove_parts(folder)
    return Output(folder, document["config"], document["versions"], lock)


def record_timing(folder: Path, shard: int, samples: int, seconds: float, **parts_s: float) -> None:
    """Add a line to timings.jsonl; several processes may do so at once.  `crc32` is that of the line without it."""
    line: dict[str, Any] = {
        "shard": shard,
        "samples": samples,
        "seconds": round(seconds, 3),
        "ended_unix_s": round(time.time(), 1),
    }
    if parts_s:
        line["parts_s"] = {name: round(value, 3) for name, value in parts_s.items()}
    line["crc32"] = timing_crc32(line)
    with naming_full_disk(folder), (folder / "timings.jsonl").open("ab", buffering=0) as file:
        file.write(json.dumps(line).encode() + b"\n")


def timing_crc32(line: Mapping[str, Any]) -> int:
    """Return the checksum of a line of timings.jsonl."""
    return zlib.crc32(json.dumps({name: value for name, value in line.items() if name != "crc32"}).encode())


def _lock(path: Path, shared: bool) -> int:
    with naming_full_disk(path):
        handle = os.open(path, os.O_RDWR)  # locks of NFS want to write
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise BusyError(
            f"out={path.parent}: another run is writing here; wait for it, or choose another folder"
        ) from error
    except OSError as error:
        os.close(handle)
        raise ConfigError(
            f"out={path.parent}: its file system knows no locks ({error.strerror}); choose a folder elsewhere"
        ) from error
    return handle


def _check_same(path: Path, ours: Mapping[str, Any]) -> None:
    try:
        theirs = json.loads(path.read_bytes())
    except ValueError as error:
        raise DataError(f"{path}: not JSON ({error}); choose another folder") from error
    if not isinstance(theirs, dict) or "config" not in theirs:
        raise DataError(f"{path}: is not the config.json of a data set; choose another folder")
    before, now = dict(_leaves(theirs)), dict(_leaves(ours))
    for name in sorted(before.keys() | now.keys()):
        if name not in before or name not in now or before[name] != now[name]:
            was, wanted = before.get(name, "not set"), now.get(name, "not set")
            raise ConfigError(
                f"out={path.parent}: was made with {name.removeprefix('config.')}={was}, now it is {wanted}; "
                "use the same value to continue, or another folder"
            )


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for part in value:
            yield from _leaves(value[part], f"{name}.{part}" if name else str(part))
    elif isinstance(value, list) and value:
        for i, part in enumerate(value):
            yield from _leaves(part, f"{name}[{i}]")
    else:
        yield name, value
