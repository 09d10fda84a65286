"""manifest.json: what a finished data set is, so that anyone can say whether two are equal.

It holds the configuration, the versions, counts, why scenes were rejected, and the sha256 of every shard, and neither
time nor host: a run that was killed and continued ends with the same manifest as one that was not.
"""

import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from synth.errors import DataError
from synth.shards.atomic import replacing, write_whole
from synth.shards.encode import canonical_json
from synth.shards.index import index_row
from synth.shards.output import FORMAT, Output
from synth.shards.plan import ShardPlan, shard_name
from synth.shards.read import iterate_shard


def finish(output: Output, plan: ShardPlan, seed: int, progress: Callable[[int], None] | None = None) -> dict[str, Any]:
    """Read every shard back, write index.parquet and then manifest.json, and return the manifest.

    Args:
        output: The open data set.
        plan: How it is cut into shards, all of which must be there.
        seed: Of the data set.
        progress: Told the number of samples read, after each shard.

    Raises:
        DataError: A shard is missing or damaged, or not of this data set.
    """
    missing = plan.missing(output.folder)
    if missing:
        raise DataError(f"{output.folder}: {len(missing)} shards are missing, the first is {shard_name(missing[0])}")
    shards, tables, rejections = [], [], Counter[str]()
    scenes, last = 0, None
    for shard in range(plan.shards):
        path = output.folder / shard_name(shard)
        rows = []
        for sample in iterate_shard(path):
            if sample.seed != seed:
                raise DataError(f"{path}: {sample.key}: has seed {sample.seed}, the data set {seed}")
            rows.append(index_row(sample, path.name))
            rejections.update(sample.rejected)
            scene = sample.index if sample.scene is None else sample.scene.get("index")
            scenes, last = scenes + (scene != last), scene
        if [row["key"] for row in rows] != [f"{index:08d}" for index in plan.indices(shard)]:
            raise DataError(f"{path}: does not hold the samples of its place; delete it and run the same command again")
        tables.append(_table(rows, path))
        shards.append(_facts(path, len(rows)))
        if progress:
            progress(plan.indices(shard).stop)
    index = _parquet(tables, output.folder)
    write_whole(output.folder / "index.parquet", index)
    manifest = {
        "format": FORMAT,
        "seed": seed,
        "samples": plan.n,
        "shard_size": plan.shard_size,
        "config": output.config,
        "versions": output.versions,
        "scenes_drawn": scenes + sum(rejections.values()),
        "rejections": dict(rejections),
        "shards": shards,
        "index": {"name": "index.parquet", "bytes": len(index), "sha256": hashlib.sha256(index).hexdigest()},
    }
    text = json.dumps(json.loads(canonical_json(manifest, where="manifest")), indent=1, sort_keys=True)
    with replacing(output.folder / "manifest.json") as file:
        file.write(text.encode() + b"\n")
    return manifest


def _facts(path: Path, samples: int) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"name": path.name, "samples": samples, "bytes": path.stat().st_size, "sha256": digest}


def _table(rows: list[dict[str, Any]], path: Path) -> pa.Table:
    names = sorted({name for row in rows for name in row})
    try:
        return pa.table({name: pa.array([row.get(name) for row in rows]) for name in names})
    except pa.ArrowException as error:
        raise DataError(f"{path}: labels of one name differ in type ({error})") from error


def _parquet(tables: list[pa.Table], folder: Path) -> bytes:
    """Return the table as a parquet file; a row group a shard, columns by name with `key` first."""
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
