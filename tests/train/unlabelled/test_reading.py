"""Unlabelled pictures: which of them are chosen, and their checksum.  How they are fitted: refine/test_sides.py."""

import numpy as np
import pytest

from synth.errors import DataError
from train.data.unlabelled import digest, spread


def test_rows_are_spread_evenly_and_a_choice_holds_every_smaller_one() -> None:
    assert spread(8, 4, "") == [0, 2, 4, 6] and spread(8, 3, "") == [0, 2, 4] and spread(5, None, "") == [0, 1, 2, 3, 4]
    for n in (5, 144):
        before: set[int] = set()
        for images in range(1, n + 1):
            chosen = spread(n, images, "")
            assert chosen == sorted(set(chosen)) and len(chosen) == images and before < set(chosen) <= set(range(n))
            before = set(chosen)
            # No gap, the ends' included, is more than four times the mean one.
            assert max(np.diff([-1, *chosen, n])) <= max(4 * n / images, 2)
    assert spread(1, 1, "") == [0]
    with pytest.raises(DataError, match="there: holds 3 pictures, of which 4"):
        spread(3, 4, "there")


def test_a_checksum_knows_levels_sizes_and_order() -> None:
    a, b = np.zeros((2, 3), np.uint8), np.ones((2, 3), np.uint8)
    found = {digest(some) for some in ([a, b], [b, a], [a], [a.reshape(3, 2)], [a.reshape(1, 6)], [])}
    assert len(found) == 6
    assert digest([a, b]) == digest(np.stack([a, b]))
