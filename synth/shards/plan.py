"""Which sample lies in which shard: shard k holds the samples k * shard_size to (k + 1) * shard_size - 1.

The plan follows from two numbers, so every process that works on a data set comes to the same one without asking.
"""

from dataclasses import dataclass
from pathlib import Path

from synth.errors import ConfigError


def shard_name(shard: int) -> str:
    """Return the file name of a shard."""
    return f"shard-{shard:06d}.tar"


@dataclass(frozen=True)
class ShardPlan:
    """How n samples are cut into shards.

    Attributes:
        n: Samples in the data set, at least 1.
        shard_size: Samples in a shard, at least 1; the last shard may hold fewer.
    """

    n: int
    shard_size: int = 1000

    def __post_init__(self) -> None:
        """Refuse sizes that make no data set."""
        if not 1 <= self.n <= 10**8:
            raise ConfigError(f"n={self.n}: a data set has 1 to 100000000 samples")
        if self.shard_size < 1:
            raise ConfigError(f"shard_size={self.shard_size}: a shard holds at least one sample")

    @property
    def shards(self) -> int:
        """Return the number of shards."""
        return -(-self.n // self.shard_size)

    def indices(self, shard: int) -> range:
        """Return the indices of the samples of a shard, in order."""
        if not 0 <= shard < self.shards:
            raise ConfigError(f"shard={shard}: this data set has the shards 0 to {self.shards - 1}")
        return range(shard * self.shard_size, min(self.n, (shard + 1) * self.shard_size))

    def missing(self, folder: Path) -> list[int]:
        """Return the shards that are not in the folder yet; a shard that is there is whole."""
        return [shard for shard in range(self.shards) if not (folder / shard_name(shard)).is_file()]
