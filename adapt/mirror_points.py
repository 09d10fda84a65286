"""Which landmark of a face takes the place of which in the mirror image: of iBUG's 68, of MediaPipe's 478.

MediaPipe's mesh is symmetric: its pairs are found on the untouched head, whose landmarks are (assets/landmarks.py).
"""

from functools import lru_cache

import numpy as np

from assets.landmarks import load_table
from assets.subject import untouched_skin

IBUG68 = (
    *(*range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1)),
    *(*range(45, 41, -1), 47, 46, *range(39, 35, -1), 41, 40),
    *(*range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), *range(67, 64, -1)),
)
IRISES = (473, 476, 475, 474, 477, 468, 471, 470, 469, 472)
"""Of 468 to 477: an iris' centre, then towards the subject's left, up, right, down; left and right change places."""


@lru_cache(maxsize=1)
def dense478() -> tuple[int, ...]:
    """Return the other side's number of each of MediaPipe's points; those on the midline are their own."""
    points = load_table().dense.on(untouched_skin())
    apart = np.linalg.norm(points[:, None] * [-1.0, 1.0, 1.0] - points, axis=-1)
    return (*apart.argmin(axis=1).tolist(), *IRISES)


def other_side(points: int) -> tuple[int, ...]:
    """Return the other side's number of each of 68 or 478 landmarks."""
    return IBUG68 if points == len(IBUG68) else dense478()
