"""Randomness: a stream of its own for every (seed, index, attempt, name), and nothing global.

Sample *i* is drawn from these four alone, so it is the same whichever worker draws it, in any order, and adding a draw
to one stream leaves the others as they were.
"""

from zlib import crc32

import numpy as np


def rng(seed: int, index: int, name: str, attempt: int = 0) -> np.random.Generator:
    """Return the generator of the stream `name` of sample `index`; two calls give equal streams."""
    return np.random.default_rng([seed, index, attempt, crc32(name.encode())])
