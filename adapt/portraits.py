"""A batch of portraits: what networks of a face's attributes and of who it is are trained on.

Pictures are square cuts about a face, RGB, u8, all of one size (train/data/face_marks/square.py says which square).
Attributes are CelebA's 40 in its order (synth/label/celeba.py).  People are told apart by numbers, which mean nothing
but within one source.
"""

from dataclasses import dataclass

from jaxtyping import Int8, Int64, UInt8
from torch import Tensor

from adapt.rows import Rows

UNKNOWN = -1
"""In place of an attribute, a person or a part that the source does not tell."""


@dataclass(frozen=True)
class Portraits(Rows):
    """Faces with what is known of whom they show; also a whole data set in memory (10,000 of 64x64 are 123 MB).

    Attributes:
        images_u8: RGB, h = w.
        attributes: 1 where an attribute is true, 0 where it is false, or `UNKNOWN`.
        person: Who it is, from 0, or `UNKNOWN`.
        part: Of a source that divides itself: 0 to train on, 1 to validate on, 2 to test on; else `UNKNOWN`.
        keys: Name of each face in its source, for reports and predictions.
    """

    images_u8: UInt8[Tensor, "b h w 3"]
    attributes: Int8[Tensor, "b 40"]
    person: Int64[Tensor, " b"]
    part: Int8[Tensor, " b"]
    keys: tuple[str, ...]
