"""Which sample lies in which shard: shard k holds the samples k * shard_size to (k + 1) * shard_size - 1.

Where a scene makes several pictures, scene j makes the samples j * scene_size to (j + 1) * scene_size - 1, all in one
shard.

The plan follows from two numbers, so every process that works on a data set comes to the same one without asking.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from synth.errors import ConfigError

RANGE = re.compile(r"(\d*):(\d*)", re.ASCII)
MANY_SHARDS, SMALL_SHARD, FULL_SHARD = 64, 10, 100
"""Of a data set whose shard size nobody says: how many shards it has, and samples of the smallest and the largest."""


def shard_name(shard: int) -> str:
    """Return the file name of a shard."""
    return f"shard-{shard:06d}.tar"


def usual_shard_size(n: int, scene_size: int = 1) -> int:
    """Return how many samples a shard holds where nobody says so: a 64th of all, but 10 to 100, in whole scenes.

    So a small data set too has shards for many processes.  It follows from what a data set is and not from who makes
    it: the same command elsewhere, or with other processes, makes the same shards.

    Args:
        n: Samples in the data set, at least 1.
        scene_size: Samples of a scene, at least 1.
    """
    return max(1, min(max(n // MANY_SHARDS, SMALL_SHARD), FULL_SHARD) // scene_size) * scene_size


@dataclass(frozen=True)
class ShardPlan:
    """How n samples are cut into shards.

    Attributes:
        n: Samples in the data set, at least 1.
        shard_size: Samples in a shard, at least 1; the last shard may hold fewer.
        scene_size: Samples of a scene, at least 1; the last scene may have fewer.
    """

    n: int
    shard_size: int = 1000
    scene_size: int = 1

    def __post_init__(self) -> None:
        """Refuse sizes that make no data set."""
        if not 1 <= self.n <= 10**8:
            raise ConfigError(f"n={self.n}: a data set has 1 to 100000000 samples")
        if self.shard_size < 1:
            raise ConfigError(f"shard_size={self.shard_size}: a shard holds at least one sample")
        if self.scene_size < 1:
            raise ConfigError(f"scene_size={self.scene_size}: a scene makes at least one sample")
        if self.shard_size % self.scene_size:
            whole = max(1, self.shard_size // self.scene_size) * self.scene_size
            raise ConfigError(
                f"shard_size={self.shard_size}: a shard holds whole scenes, each of {self.scene_size} samples; "
                f"use a multiple, such as {whole}"
            )

    @property
    def shards(self) -> int:
        """Return the number of shards."""
        return -(-self.n // self.shard_size)

    def indices(self, shard: int) -> range:
        """Return the indices of the samples of a shard, in order."""
        if not 0 <= shard < self.shards:
            raise ConfigError(f"shard={shard}: this data set has the shards 0 to {self.shards - 1}")
        return range(shard * self.shard_size, min(self.n, (shard + 1) * self.shard_size))

    def scenes(self, shard: int) -> range:
        """Return the indices of the scenes of a shard, in order."""
        samples = self.indices(shard)
        return range(samples.start // self.scene_size, -(-samples.stop // self.scene_size))

    def samples_of(self, scene: int) -> range:
        """Return the indices of the samples of a scene, in order."""
        return range(scene * self.scene_size, min(self.n, (scene + 1) * self.scene_size))

    def missing(self, folder: Path) -> list[int]:
        """Return the shards that are not in the folder yet; a shard that is there is whole."""
        return self.absent({path.name for path in folder.glob("shard-*.tar") if path.is_file()})

    def absent(self, names: Collection[str]) -> list[int]:
        """Return the shards whose file is none of these."""
        return [shard for shard in range(self.shards) if shard_name(shard) not in names]

    def chosen(self, text: str) -> range:
        """Return the shards from A to B - 1 that "A:B" asks for, either of them may be left out; all for "all".

        Raises:
            ConfigError: It is of another form, or asks for no shard.
        """
        match = RANGE.fullmatch("0:" if text == "all" else text)
        if match is None:
            raise ConfigError(f"shard_range={text}: write A:B, the shards A to B - 1, or all")
        found = range(self.shards)[int(match[1] or 0) : int(match[2]) if match[2] else None]
        if not found:
            raise ConfigError(
                f"shard_range={text}: none of the shards 0 to {self.shards - 1}, {self.shard_size} samples each"
            )
        return found
