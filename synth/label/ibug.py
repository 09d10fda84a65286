"""The lines that iBUG's 68 points make, numbered from 0 (300-W's order; see assets/landmarks.py)."""

from typing import NamedTuple


class Line(NamedTuple):
    """Points `first` to `last`, joined in order, and back to the first one if it is closed."""

    group: str
    first: int
    last: int
    closed: bool


LINES = (
    Line("jaw", 0, 16, False),
    Line("brows", 17, 21, False),
    Line("brows", 22, 26, False),
    Line("nose", 27, 30, False),
    Line("nose", 31, 35, False),
    Line("eyes", 36, 41, True),
    Line("eyes", 42, 47, True),
    Line("lips", 48, 59, True),
    Line("lips", 60, 67, True),
)
