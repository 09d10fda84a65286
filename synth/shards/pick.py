"""A few samples of a data set, evenly spread over it, without decoding the rest."""

from pathlib import Path

import numpy as np

from synth.sample import Sample
from synth.shards.read import count_shard, iterate_shard, shard_paths

SHARDS_LOOKED_AT = 16


def pick(folder: Path, n: int) -> list[Sample]:
    """Return n samples (or all, if there are fewer), in order of index, spread evenly over the data set.

    At most sixteen shards are opened, so that a look at a large data set stays a matter of seconds.

    Raises:
        DataError: There is no data set, or it is damaged.
    """
    paths = shard_paths(folder)
    places = np.unique(np.linspace(0, len(paths) - 1, min(len(paths), SHARDS_LOOKED_AT)).round().astype(int))
    looked_at = [paths[place] for place in places]
    counts = [count_shard(path) for path in looked_at]
    total = sum(counts)
    wanted = np.unique(np.linspace(0, total - 1, min(n, total)).round().astype(int))
    found, start = [], 0
    for path, held in zip(looked_at, counts, strict=True):
        here = {int(place) - start for place in wanted if start <= place < start + held}
        if here:
            found += list(iterate_shard(path, places=here))
        start += held
    return found
