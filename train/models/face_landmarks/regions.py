"""Regions of MediaPipe's 478 points that the attention mesh looks at closely, and the crops that it looks at them in.

A crop is a square of the picture, turned so that the region's two corners lie level, about the middle of its points'
extent and `ROOM` times as wide as that: a spatial transformer (Jaderberg et al. 2015) with the affine map

    place in the cut = middle + half * (x * along + y * down),   x, y from -1 to 1 in the crop

(along and down unit vectors), which is the paper's matrix of scale, shear and translation without shear.  Points are
contours as MediaPipe numbers them: lids, lips (outer, then inner), irises.  The paper's regions have more points, 71 an
eye and 80 of the lips, which it does not list.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

ROOM = 1.5
LEAST = 0.02
"""Half a crop's side, of the picture's, at least: an untrained network puts all points into one place."""

_LIDS = {
    "right_eye": (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    "left_eye": (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
}
_LIPS = (
    *(61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185),
    *(78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191),
)


@dataclass(frozen=True)
class Region:
    """Points of a part of the face.

    Attributes:
        points: Its contour.
        corners: Of those, what lies level in its crop: left in the picture of an upright face, and right.
        iris: Those of its iris; none of lips.
    """

    points: tuple[int, ...]
    corners: tuple[int, int]
    iris: tuple[int, ...] = ()


REGIONS = {
    "right_eye": Region(_LIDS["right_eye"], (33, 133), tuple(range(468, 473))),
    "left_eye": Region(_LIDS["left_eye"], (362, 263), tuple(range(473, 478))),
    "lips": Region(_LIPS, (61, 291)),
}


@dataclass(frozen=True)
class Crop:
    """Squares in pictures, one each; in sides of the picture."""

    middle: Float[Tensor, "b 2"]
    half: Float[Tensor, " b"]
    along: Float[Tensor, "b 2"]

    @property
    def down(self) -> Float[Tensor, "b 2"]:
        """The unit vector a quarter turn clockwise from `along`."""
        return torch.stack([-self.along[:, 1], self.along[:, 0]], dim=-1)

    def placed(self, inside: Float[Tensor, "b m 2"]) -> Float[Tensor, "b m 2"]:
        """Return places of the picture that lie at x, y of the crop, from -1 to 1."""
        x, y = inside[..., :1], inside[..., 1:]
        moved = x * self.along[:, None] + y * self.down[:, None]
        return self.middle[:, None] + self.half[:, None, None] * moved


def crop_about(points: Float[Tensor, "b n 2"], region: Region) -> Crop:
    """Return the crop of a region of all 478 points, in sides of the picture."""
    first, second = (points[:, corner] for corner in region.corners)
    # Where both lie in one place, any direction does.
    along = functional.normalize(second - first + points.new_tensor([1e-6, 0.0]), dim=-1)
    crop = Crop(torch.zeros_like(along), torch.ones_like(along[:, 0]), along)
    axes = torch.stack([along, crop.down], dim=-1)
    seen = points[:, list(region.points)] @ axes
    low, high = seen.amin(1), seen.amax(1)
    middle = (axes @ ((low + high) / 2)[..., None])[..., 0]
    return Crop(middle, (ROOM / 2 * (high - low).amax(-1)).clamp(min=LEAST), along)


def sampled(features: Float[Tensor, "b c h w"], crop: Crop, cells: int) -> Float[Tensor, "b c m m"]:
    """Return `cells` x `cells` features of a crop, bilinear; 0 outside of the picture."""
    at = (torch.arange(cells, device=features.device, dtype=features.dtype) + 0.5) / cells * 2 - 1
    y, x = torch.meshgrid(at, at, indexing="ij")
    inside = torch.stack([x, y], dim=-1).reshape(1, cells * cells, 2).expand(features.shape[0], -1, -1)
    places = (crop.placed(inside) * 2 - 1).reshape(features.shape[0], cells, cells, 2).to(features.dtype)
    return functional.grid_sample(features, places, mode="bilinear", padding_mode="zeros", align_corners=False)
