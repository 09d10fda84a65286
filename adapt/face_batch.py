"""A batch of faces: what every reader of head poses yields and every network of head pose is trained on.

Pictures are square cuts about a face, RGB, u8, all of one size (train/data/pose/crop.py says which square).  The
rotation is the head's as 300W-LP tells it: x right in the picture, y down, z away from the lens, identity where the
face looks straight out of the picture (see synth/geometry/rotation.py).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from adapt.rows import Rows


@dataclass(frozen=True)
class FaceBatch(Rows):
    """Faces with their rotations; also a whole data set in memory (10,000 faces of 64x64 are 123 MB).

    Attributes:
        images_u8: RGB, h = w.
        rotation: `cam_from_head`; NaN where the source has none.
        keys: Name of each face in its source, for reports and predictions.
    """

    images_u8: UInt8[Tensor, "b h w 3"]
    rotation: Float[Tensor, "b 3 3"]
    keys: tuple[str, ...]


def to_rgb(images_u8: UInt8[Tensor, "b h w 3"]) -> Float[Tensor, "b 3 h w"]:
    """Return pictures as networks take them: in [0, 1], channels first, laid out channels last."""
    return (images_u8.permute(0, 3, 1, 2).float() / 255).contiguous(memory_format=torch.channels_last)
