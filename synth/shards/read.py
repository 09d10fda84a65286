"""Read a data set back, trusting nothing: every damage is one line that names shard and key.

Only regular files named KEY.extension are accepted, arrays are read without pickle, and a shard must end with the two
empty blocks that end a tar: one that was cut short says so rather than seem shorter.
"""

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from synth.errors import DataError
from synth.sample import Sample
from synth.shards.encode import PICTURE_EXTENSIONS, RASTERS, decode_sample

if TYPE_CHECKING:
    import pyarrow as pa

MEMBER_NAME = re.compile(
    r"(\d{8})\.(" + "|".join(map(re.escape, (*PICTURE_EXTENSIONS, "json", *RASTERS.values()))) + r")", re.ASCII
)
END_OF_TAR_BYTES = 1024
REMEDY = "delete it and render again with the same command"


def iterate(folder: Path, *, verify: bool = False) -> Iterator[Sample]:
    """Yield the samples of a data set in order of index, one in memory at a time.

    An unfinished data set (no manifest yet) yields what its whole shards hold.

    Args:
        folder: Of the data set.
        verify: First compare the sha256 of every shard with the manifest.

    Raises:
        DataError: There is no data set, or it is damaged.
    """
    paths = shard_paths(folder)
    counts = _counts(folder)
    if verify:
        verify_shards(folder)
    for path in paths:
        read = 0
        for sample in iterate_shard(path):
            read += 1
            yield sample
        if path.name in counts and read != counts[path.name]:
            raise DataError(f"{path}: holds {read} samples, the manifest says {counts[path.name]}")


def iterate_shard(path: Path, places: Collection[int] | None = None) -> Iterator[Sample]:
    """Yield the samples of one shard, all or only those at the given places (0 is its first).

    Raises:
        DataError: The shard is damaged, or holds what no shard of ours holds.
    """
    try:
        with path.open("rb") as file:
            yield from iterate_tar(file, path.stat().st_size, str(path), places)
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such shard") from error


def iterate_tar(
    file: BinaryIO | io.BytesIO, size: int, where: str, places: Collection[int] | None = None
) -> Iterator[Sample]:
    """Yield the samples of an open shard of `size` bytes; `where` is what errors name.

    Raises:
        DataError: The shard is damaged, or holds what no shard of ours holds.
    """
    try:
        with tarfile.open(fileobj=file, mode="r:") as tar:
            for place, (key, files) in enumerate(_grouped(tar, where, size)):
                if places is None or place in places:
                    yield decode_sample(key, files, where)
            _check_end(file, tar.offset, where)
    except tarfile.TarError as error:
        raise DataError(f"{where}: damaged shard ({error}); {REMEDY}") from error


def iterate_files(path: Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Yield key and files of every sample of a shard, extension to bytes, without decoding them.

    Raises:
        DataError: The shard is damaged from here on, or holds what no shard of ours holds.
    """
    try:
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r:") as tar:
            yield from _grouped(tar, str(path), path.stat().st_size)
            _check_end(file, tar.offset, str(path))
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such shard") from error
    except tarfile.TarError as error:
        raise DataError(f"{path}: damaged shard ({error}); {REMEDY}") from error


def _grouped(tar: tarfile.TarFile, where: str, size: int) -> Iterator[tuple[str, dict[str, bytes]]]:
    key, files, done = "", dict[str, bytes](), set[str]()
    for member in tar:
        match = MEMBER_NAME.fullmatch(member.name)
        if match is None or member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.size > size:
            raise DataError(f"{where}: {member.name[:80]!r} is no file of a sample")
        if match[1] != key and files:
            yield key, files
            done.add(key)
            files = {}
        key, extension = match[1], match[2]
        if key in done or extension in files:
            raise DataError(f"{where}: {member.name} is there twice")
        content = tar.extractfile(member)
        data = content.read() if content else b""
        if len(data) != member.size:
            raise DataError(f"{where}: {key}: cut short at {member.name}; {REMEDY}")
        files[extension] = data
    if files:
        yield key, files


def _check_end(file: BinaryIO | io.BytesIO, offset: int, where: str) -> None:
    file.seek(offset)
    rest = file.read()
    if len(rest) < END_OF_TAR_BYTES or any(rest):
        raise DataError(f"{where}: damaged at byte {offset}; {REMEDY}")


def shard_paths(folder: Path) -> list[Path]:
    """Return the shards of a data set in order.

    Raises:
        DataError: The folder is absent or holds no shard, or the manifest names a shard that is not there.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder")
    paths = sorted(folder.glob("shard-??????.tar"))
    absent = _counts(folder).keys() - {path.name for path in paths}
    if absent:
        raise DataError(
            f"{folder}: {min(absent)} is in the manifest but not in the folder; render again with the same command"
        )
    if not paths:
        raise DataError(f"{folder}: holds no shard-000000.tar; name the folder that `canthus render out=...` wrote")
    return paths


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return manifest.json of a finished data set, or raise DataError."""
    return _read_document(folder / "manifest.json", "the data set is not finished; run the same render command again")


def read_config(folder: Path) -> dict[str, Any]:
    """Return {"format", "config", "versions"} of a data set, finished or not, or raise DataError."""
    return _read_document(folder / "config.json", "name the folder that `canthus render out=...` wrote")


def _read_document(path: Path, remedy: str) -> dict[str, Any]:
    if not path.is_file():
        raise DataError(f"{path}: absent; {remedy}")
    try:
        document = json.loads(path.read_bytes())
    except ValueError as error:
        raise DataError(f"{path}: not JSON ({error}); delete it and run the same render command again") from error
    if not isinstance(document, dict):
        raise DataError(f"{path}: is not a mapping")
    return document


def read_index(folder: Path) -> "pa.Table":
    """Return index.parquet, one row a sample and one column a scalar label, as a pyarrow table, or raise DataError."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / "index.parquet"
    if not path.is_file():
        raise DataError(f"{path}: absent; the data set is not finished; run the same render command again")
    try:
        return pq.read_table(path)
    except pa.ArrowException as error:
        raise DataError(f"{path}: damaged ({str(error).splitlines()[0]})") from error


def count(folder: Path) -> int:
    """Return how many samples a data set holds; an unfinished one is counted shard by shard."""
    return sum(count_shard(path) for path in shard_paths(folder))


def count_shard(path: Path) -> int:
    """Return how many samples a shard holds, without decoding them."""
    known = _counts(path.parent).get(path.name)
    if known is not None:
        return known
    try:
        with tarfile.open(path, mode="r:") as tar:
            return len({member.name.partition(".")[0] for member in tar})
    except tarfile.TarError as error:
        raise DataError(f"{path}: damaged shard ({error}); delete it and render again with the same command") from error


def verify_shards(folder: Path) -> None:
    """Compare every shard with the sha256 of the manifest, and raise DataError at the first that differs."""
    for facts in read_manifest(folder)["shards"]:
        path = folder / facts["name"]
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != facts["sha256"]:
                raise DataError(f"{path}: its sha256 is not the one in the manifest; delete it and render again")


def _counts(folder: Path) -> dict[str, int]:
    if not (folder / "manifest.json").is_file():
        return {}
    try:
        return {str(facts["name"]): int(facts["samples"]) for facts in read_manifest(folder)["shards"]}
    except (KeyError, TypeError) as error:
        raise DataError(f"{folder / 'manifest.json'}: lists no shards") from error
