"""Where the changes of chain.py take landmarks, and which of them stay visible; px of these pictures.

Crop, lens and shutter move them, to the last digit.  What a bar covers is no longer visible; all else stays as it was,
also of landmarks that leave the picture.
"""

from jaxtyping import Bool, Float
from torch import Tensor

from adapt.augment.bars import hidden
from adapt.augment.changes import Changes


def moved(
    points_px: Float[Tensor, "b n 2"], visible: Bool[Tensor, "b n"], changes: Changes, width: int, height: int
) -> tuple[Float[Tensor, "b n 2"], Bool[Tensor, "b n"]]:
    """Return where the changed pictures show landmarks, and whether they do."""
    points_px = changes.crop.points(points_px, width, height)
    if changes.bars is not None:
        visible = visible & ~hidden(points_px, changes.bars, width, height)
    if changes.bend is not None:
        points_px = changes.bend.points(points_px, width, height)
    return points_px, visible
