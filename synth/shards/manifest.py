"""manifest.json: what a finished data set is, so that anyone can say whether two are equal.

It holds the configuration, the versions, counts, why scenes were rejected, and the sha256 of every shard, and neither
time nor host: a run that was killed and continued ends with the same manifest as one that was not.

Beside it lies SHA256SUMS, in the form that `sha256sum --check` reads: config.json, the shards, index.parquet and
manifest.json itself.  With two that name each checksum it can be told which file is damaged (synth/verify).

    format 1    without SHA256SUMS
    format 2    with it
"""

import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from synth.errors import DataError
from synth.sample import Sample, sample_key
from synth.shards.atomic import write_whole
from synth.shards.encode import ordered_json
from synth.shards.index import index_row
from synth.shards.output import Output
from synth.shards.place import Folder, Place
from synth.shards.plan import ShardPlan, shard_name
from synth.shards.read import iterate_shard

FORMAT = 2
CONFIG, INDEX, MANIFEST, SUMS = "config.json", "index.parquet", "manifest.json", "SHA256SUMS"


@dataclass(frozen=True)
class File:
    """What is told of a file: its name, size and checksum."""

    name: str
    size_bytes: int
    sha256: str

    def to_json(self) -> dict[str, Any]:
        """Return how the manifest spells it."""
        return {"name": self.name, "bytes": self.size_bytes, "sha256": self.sha256}


@dataclass(frozen=True)
class ShardContent:
    """What index and manifest say of one shard.

    Attributes:
        file: The shard.
        samples: How many it holds.
        scenes: Of how many scenes, each of which is whole in one shard.
        table: A row for each.
        rejections: Scenes thrown away, by cause.
    """

    file: File
    samples: int
    scenes: int
    table: pa.Table
    rejections: Mapping[str, int]


def finish(
    output: Output,
    plan: ShardPlan,
    seed: int,
    progress: Callable[[int], None] | None = None,
    place: Place | None = None,
) -> dict[str, Any]:
    """Read every shard back, write index.parquet, SHA256SUMS and then manifest.json, and return the manifest.

    Args:
        output: The open data set.
        plan: How it is cut into shards, all of which must be there.
        seed: Of the data set.
        progress: Told the number of samples read, after each shard.
        place: Where the data set belongs; the folder of the output if it is not given.

    Raises:
        DataError: A shard is missing or damaged, or not of this data set.
    """
    place = place or Folder(output.folder)
    missing = plan.absent(place.names())
    if missing:
        raise DataError(f"{output.folder}: {len(missing)} shards are missing, the first is {shard_name(missing[0])}")
    contents = []
    for shard in range(plan.shards):
        with place.at(shard_name(shard)) as path:
            contents.append(shard_content(path, iterate_shard(path), plan, shard, seed))
        if progress:
            progress(plan.indices(shard).stop)
    index = index_bytes(contents, output.folder)
    manifest = manifest_bytes(output.config, output.versions, plan, seed, contents, file_of(INDEX, index))
    config = file_of(CONFIG, (output.folder / CONFIG).read_bytes())
    shards = [content.file for content in contents]
    sums = sums_bytes([config, *shards, file_of(INDEX, index), file_of(MANIFEST, manifest)])
    for name, data in ((INDEX, index), (SUMS, sums), (MANIFEST, manifest)):
        write_whole(output.folder / name, data)
        place.bring(name)
        place.settle()  # one after the other: the manifest says that all is there
    document: dict[str, Any] = json.loads(manifest)
    return document


def file_of(name: str, data: bytes) -> File:
    """Return what is told of a file of this content."""
    return File(name, len(data), hashlib.sha256(data).hexdigest())


def file_at(path: Path) -> File:
    """Return what is told of a file that is there."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return File(path.name, path.stat().st_size, digest)


def shard_content(path: Path, samples: Iterable[Sample], plan: ShardPlan, shard: int, seed: int) -> ShardContent:
    """Return what index and manifest say of a shard.

    Args:
        path: Of the shard.
        samples: What it holds.
        plan: Of the data set.
        shard: Its number.
        seed: Of the data set.

    Raises:
        DataError: The shard is damaged, or not the one of this place and data set.
    """
    rows, scenes, rejections = [], set[Any](), Counter[str]()
    for sample in samples:
        if sample.seed != seed:
            raise DataError(f"{path}: {sample.key}: has seed {sample.seed}, the data set {seed}")
        try:
            rows.append(index_row(sample, path.name))
            scenes.add(sample.index if sample.scene is None else sample.scene.get("index"))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(
                f"{path}: {sample.key}.json: no row of the index ({type(error).__name__}: {error})"
            ) from error
        rejections.update(sample.rejected)
    if [row["key"] for row in rows] != [sample_key(index) for index in plan.indices(shard)]:
        raise DataError(f"{path}: does not hold the samples of its place; delete it and run the same command again")
    return ShardContent(file_at(path), len(rows), len(scenes), _table(rows, path), rejections)


def manifest_bytes(
    config: Mapping[str, Any],
    versions: Mapping[str, str],
    plan: ShardPlan,
    seed: int,
    contents: Sequence[ShardContent],
    index: File,
) -> bytes:
    """Return manifest.json."""
    rejections = Counter[str]()
    for content in contents:
        rejections.update(content.rejections)
    manifest = {
        "format": FORMAT,
        "seed": seed,
        "samples": plan.n,
        "shard_size": plan.shard_size,
        "config": config,
        "versions": versions,
        "scenes_drawn": sum(content.scenes for content in contents) + sum(rejections.values()),
        "rejections": dict(sorted(rejections.items())),
        "shards": [{**content.file.to_json(), "samples": content.samples} for content in contents],
        "index": index.to_json(),
    }
    text = json.dumps(json.loads(ordered_json(manifest, where="manifest")), indent=1)
    return text.encode() + b"\n"


def sums_bytes(files: Iterable[File]) -> bytes:
    """Return SHA256SUMS."""
    return "".join(f"{file.sha256}  {file.name}\n" for file in files).encode()


def _table(rows: list[dict[str, Any]], path: Path) -> pa.Table:
    names = sorted({name for row in rows for name in row})
    try:
        return pa.table({name: pa.array([row.get(name) for row in rows]) for name in names})
    except pa.ArrowException as error:
        raise DataError(f"{path}: labels of one name differ in type ({error})") from error


def index_bytes(contents: Sequence[ShardContent], folder: Path) -> bytes:
    """Return index.parquet: a row group a shard, columns by name with `key` first; errors name `folder`.

    Raises:
        DataError: Labels of one name differ in type between shards.
    """
    tables = [content.table for content in contents]
    try:
        schema = pa.unify_schemas([table.schema for table in tables], promote_options="permissive")
    except pa.ArrowException as error:
        raise DataError(f"{folder}: labels of one name differ in type between shards ({error})") from error
    first = ["key", "shard", "index", "seed"]
    names = [name for name in first if name in schema.names] + sorted(set(schema.names) - set(first))
    schema = pa.schema([schema.field(name) for name in names])
    buffer = io.BytesIO()
    with pq.ParquetWriter(buffer, schema, compression="zstd") as writer:
        for table in tables:
            absent = [name for name in names if name not in table.column_names]
            for name in absent:
                table = table.append_column(name, pa.nulls(len(table)))
            writer.write_table(table.select(names).cast(schema))
    return buffer.getvalue()
