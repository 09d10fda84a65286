"""In which grey levels a refiner works, and the way there and back.

    plain        the levels of the file: colour pictures
    equalised    the levels after histogram equalisation (adapt/equalise.py): grey eyes

MPIIGaze's normalised eyes exist only equalised, so a discriminator that saw rendered eyes as their camera gave them
would tell them by their histogram, and the refiner's first and greatest lesson would be to equalise, which costs
nothing to do exactly.  Both sides are therefore equalised before either network sees them (of a set that is equalised
already this moves a level or two).  What is written has the camera's levels again: equalising a picture maps its levels
upwards to others, one by one, and `as_stored` goes that way back, so that light, exposure and noise of an augmentation
still act on what they are meant for.

    x = level / 127.5 - 1        back: round(127.5 (x + 1)), no further than 0 and 255
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from adapt.equalise import equalise
from adapt.rows import Rows


class Space(Enum):
    """See the module; auto is equalised for grey pictures and plain for those in colour."""

    auto = "auto"
    plain = "plain"
    equalised = "equalised"

    def of(self, channels: int) -> "Space":
        """Return what auto stands for."""
        if self is not Space.auto:
            return self
        return Space.equalised if channels == 1 else Space.plain


@dataclass(frozen=True)
class Pictures(Rows):
    """Pictures of one size in a refiner's space; also one whole side in memory (10,000 eyes of 60x36 are 22 MB).

    Attributes:
        images_u8: Grey (c = 1) or RGB (c = 3).
    """

    images_u8: UInt8[Tensor, "b c h w"]

    @property
    def channels(self) -> int:
        """Return 1 or 3."""
        return self.images_u8.shape[1]


def in_space(images_u8: Sequence[np.ndarray], space: Space) -> Pictures:
    """Return pictures as a refiner is shown them.

    Args:
        images_u8: u8, all (h, w) or all (h, w, 3), of one size; at least one.
        space: Not equalised for colour.
    """
    stacked = torch.from_numpy(np.stack(images_u8))
    if stacked.ndim == 4:
        assert space is not Space.equalised
        return Pictures(stacked.permute(0, 3, 1, 2).contiguous())
    return Pictures((stacked if space is Space.plain else equalise(stacked)).unsqueeze(1))


def to_float(images_u8: UInt8[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    """Return levels as networks take them: in [-1, 1], laid out channels last, which CPUs are faster with."""
    return (images_u8.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


def to_levels(pictures: Float[Tensor, "b c h w"]) -> UInt8[Tensor, "b c h w"]:
    """Return the nearest levels."""
    return ((pictures + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def as_stored(
    refined_u8: UInt8[np.ndarray, "h w"], shown_u8: UInt8[np.ndarray, "h w"], stored_u8: UInt8[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h w"]:
    """Return a refined picture in the levels of the one that is stored.

    Args:
        refined_u8: What a refiner made of `shown_u8`.
        shown_u8: The stored picture in the refiner's space.
        stored_u8: That picture.
    """
    shown, first = np.unique(shown_u8, return_index=True)
    return np.interp(refined_u8, shown, stored_u8.ravel()[first]).round().astype(np.uint8)
