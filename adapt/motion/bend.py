"""A lens that bends and a sensor that reads row by row: points move, the scene and its `cam` do not; a batch, float32.

    lens      a point at distance r from the picture's middle, half its diagonal being 1, is shown at r' with
              r = r' / (1 + bend r'^2): the division model (Fitzgibbon, CVPR 2001, equation 4), below zero a barrel;
              closed both ways, r' = 2 r / (1 + sqrt(1 - 4 bend r^2))
    shutter   rows are read one after another while the picture moves aside evenly: the row at height y, from 0 at the
              top to 1, is shown shifted by shear (y - 1/2)

The lens comes first.  Gaze, head and all that is told in `cam` are those of the scene, which stays; what follows from
the pinhole, K, holds before the lens.  Sizes at the picture's middle stay too: there the lens' slope is one, and a
shear keeps areas.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Shaped
from kornia.geometry.transform import remap
from torch import Tensor

from adapt.motion.homography import pixel_centres
from adapt.rows import Rows
from synth.export.face.faces import HALF_PIXEL

STRAIGHTEST = 0.24
"""The strongest bend: from 1/4 on, a pincushion has no place for the corners."""


@dataclass(frozen=True)
class Bend(Rows):
    """Amounts, one a picture.

    Attributes:
        bend: Of the lens; about how much nearer to the middle, of its distance, a corner is shown for bend < 0.
        shear_px: How far the last row is to the right of the first.
    """

    bend: Float[Tensor, " b"]
    shear_px: Float[Tensor, " b"]

    def pictures(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Return the pictures that lens and sensor give, bilinear; what comes in from outside repeats the edge."""
        if len(chosen := torch.nonzero((self.bend != 0) | (self.shear_px != 0)).squeeze(1)) == 0:
            return images
        x, y = self.take(chosen)._places(*images.shape[-2:]).unbind(-1)
        changed = images.clone()
        changed[chosen] = remap(images[chosen], x, y, padding_mode="border", align_corners=True)
        return changed

    def masks(self, masks: Shaped[Tensor, "b h w"]) -> Shaped[Tensor, "b h w"]:
        """Return the masks, of each pixel's middle the nearest pixel of the old one."""
        rows, columns = masks.shape[-2:]
        at = self._places(rows, columns).round().long()
        x, y = at[..., 0].clamp(0, columns - 1), at[..., 1].clamp(0, rows - 1)
        return masks[torch.arange(len(masks), device=masks.device)[:, None, None], y, x]

    def points(self, points_px: Float[Tensor, "b n 2"], width: int, height: int) -> Float[Tensor, "b n 2"]:
        """Return where points are shown; NaN where a pincushion shows them nowhere."""
        middle, half = _frame(points_px, width, height)
        away = (points_px - middle) / half
        # Beyond the root's end there is no place: the root is NaN there.
        root = (1 - 4 * self.bend[:, None] * (away**2).sum(-1)).sqrt()
        bent = middle + half * away * (2 / (1 + root))[..., None]
        return bent + self._aside(bent, height)

    def _places(self, height: int, width: int) -> Float[Tensor, "b h w 2"]:
        """Return where the old pictures show the pixels, by kornia's count."""
        shown = pixel_centres(height, width, self.bend).expand(len(self), -1, -1, -1).flatten(1, 2)
        middle, half = _frame(shown, width, height)
        away = (shown - self._aside(shown, height) - middle) / half
        at = middle + half * away / (1 + self.bend[:, None, None] * (away**2).sum(-1, keepdim=True))
        return at.reshape(len(self), height, width, 2) - HALF_PIXEL

    def _aside(self, points_px: Float[Tensor, "b n 2"], height: int) -> Float[Tensor, "b n 2"]:
        shift = self.shear_px[:, None] * (points_px[..., 1] / height - 0.5)
        return torch.stack([shift, torch.zeros_like(shift)], -1)


def _frame(like: Tensor, width: int, height: int) -> tuple[Float[Tensor, "2"], float]:
    """Return the picture's middle and half its diagonal, px."""
    return like.new_tensor([width / 2, height / 2]), 0.5 * float(width**2 + height**2) ** 0.5
