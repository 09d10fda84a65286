"""One finished data set to look through, however large: nothing is read before it is asked for.

Columns of index.parquet are read one by one and kept; of a shard the headers are read once, and then single samples
where they lie.  Nothing outside of the data set's folder is opened: shards are called as the index calls them, and it
may call them only by a shard's name; a link that leads elsewhere is refused.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Int

from synth.browse.filter import check, meets, parse
from synth.errors import DataError
from synth.sample import Sample
from synth.shards.seek import Members, members, read_sample

if TYPE_CHECKING:
    import pyarrow as pa

KEY = re.compile(r"[0-9]{8}")
SHARD = re.compile(r"shard-[0-9]{6}\.tar")
COLUMNS_KEPT, SHARDS_KEPT, FILTERS_KEPT = 64, 64, 8


class Corpus:
    """A data set and what was read of it; may be asked by several threads."""

    def __init__(self, folder: Path) -> None:
        """Read which columns and samples there are.

        Raises:
            DataError: There is no finished data set, or its table is damaged.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.folder = folder
        self.table = self.inside("index.parquet")
        try:
            schema = pq.read_schema(self.table)
        except FileNotFoundError as error:
            raise DataError(
                f"{self.table}: absent; the data set is not finished; run the same render command again"
            ) from error
        except pa.ArrowException as error:
            raise self._damaged(error) from error
        self.kinds: Mapping[str, str] = {name: _kind(schema.field(name).type) for name in schema.names}
        if not {"key", "shard"} <= set(self.kinds):
            raise DataError(f"{self.table}: has no columns key and shard")
        self.column = lru_cache(COLUMNS_KEPT)(self._column)
        self.rows = lru_cache(FILTERS_KEPT)(self._rows)
        self._members = lru_cache(SHARDS_KEPT)(self._members_of)
        keys = self.column("key").to_pylist()
        if not all(isinstance(key, str) and KEY.fullmatch(key) for key in keys):
            raise DataError(f"{self.table}: a key is not of eight digits")
        self.indices: Int[np.ndarray, "n"] = np.array(keys, dtype=np.int64)
        if (np.diff(self.indices) <= 0).any():
            raise DataError(f"{self.table}: its keys are not in order")

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.indices)

    @property
    def name(self) -> str:
        """Of the folder."""
        return self.folder.resolve().name

    def inside(self, name: str) -> Path:
        """Return the path of a file of the data set.

        Raises:
            DataError: It leads out of its folder.
        """
        path = self.folder / name
        if path.resolve().parent != self.folder.resolve():
            raise DataError(f"{self.folder}: {name[:80]!r} leads out of the data set")
        return path

    def key(self, row: int) -> str:
        """Return the key of a row."""
        return f"{self.indices[row]:08d}"

    def row_of(self, key: str) -> int:
        """Return the row of a key.

        Raises:
            DataError: There is none.
        """
        if KEY.fullmatch(key):
            row = int(np.searchsorted(self.indices, int(key)))
            if row < len(self) and self.indices[row] == int(key):
                return row
        raise DataError(f"{self.folder}: there is no sample {key[:40]!r}")

    def labels(self, key: str) -> dict[str, Any]:
        """Return what the table says of a sample, column by column, without those that it lacks.

        Raises:
            DataError: There is no such sample.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        row = self.row_of(key)
        try:
            file = pq.ParquetFile(self.table)
            part = 0
            while row >= (rows := file.metadata.row_group(part).num_rows):  # a row group is a shard
                row, part = row - rows, part + 1
            [found] = file.read_row_group(part).slice(row, 1).to_pylist()
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from error
        return {name: value for name, value in found.items() if value is not None}

    def sample(self, key: str) -> Sample:
        """Return a sample.

        Raises:
            DataError: There is none, or it is damaged, or not where the index says.
        """
        shard = self.column("shard")[self.row_of(key)].as_py()
        if not isinstance(shard, str) or not SHARD.fullmatch(shard):
            raise DataError(f"{self.table}: {key} lies in {str(shard)[:80]!r}, which is no shard")
        return read_sample(self.inside(shard), self._members(shard), key)

    def _column(self, name: str) -> "pa.ChunkedArray":
        import pyarrow as pa
        import pyarrow.parquet as pq

        if name not in self.kinds:
            raise DataError(f"{self.table}: has no column {name[:80]}")
        try:
            return pq.ParquetFile(self.table).read(columns=[name]).column(0)
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> DataError:
        return DataError(f"{self.table}: damaged ({str(error).splitlines()[0]})")

    def _rows(self, condition: str) -> Int[np.ndarray, "m"]:
        """Return the rows that meet a condition (filter.py), in order.

        Raises:
            ConfigError: It cannot be read, or names a column that there is not.
        """
        wanted = parse(condition)
        check(wanted, self.kinds)
        if wanted is None:
            return np.arange(len(self))
        return np.flatnonzero(meets(wanted, self.column))

    def _members_of(self, shard: str) -> Members:
        return members(self.inside(shard))


def _kind(of: Any) -> str:
    """Return what a column holds: number, truth, text, or nothing."""
    import pyarrow as pa

    if pa.types.is_boolean(of):
        return "truth"
    if pa.types.is_integer(of) or pa.types.is_floating(of):
        return "number"
    return "text" if pa.types.is_string(of) or pa.types.is_large_string(of) else "nothing"
