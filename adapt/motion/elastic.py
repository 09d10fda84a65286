"""Thin plates: pictures bent as if they were painted on rubber; points go along, gaze and pose cannot.

A plate (a thin-plate spline; Bookstein, PAMI 1989) is pinned by points of a grid to other places and smooth between; it
is kornia's, whose kernels are centred at those places and not, as Bookstein's, at the pins.  It says of every px of the
new picture which px of the old one it shows; where a point of the old picture went is found by Newton's method.  No
camera and no head makes such a picture, so there is no rotation, no gaze and no K for it: asked for these it raises
ConfigError.
"""

from dataclasses import dataclass
from typing import NoReturn

import torch
from jaxtyping import Float
from kornia.geometry.transform import get_tps_transform, remap, warp_points_tps
from torch import Tensor

from adapt.motion.homography import pixel_centres
from adapt.rows import Rows
from synth.errors import ConfigError
from synth.export.face.faces import HALF_PIXEL

PINS = 4
"""Along either side, from edge to edge."""
NEWTON_STEPS = 12
CLOSED = 1e-6
"""Of a picture's height: how well a found place must come back."""


@dataclass(frozen=True)
class Elastic(Rows):
    """Plates, one a picture; float64, so that points come back.  Lengths are those of pictures of height 1.

    Attributes:
        pins: In the new picture.
        pulled: Where in the old picture the pins are: what they show.
    """

    pins: Float[Tensor, "b p 2"]
    pulled: Float[Tensor, "b p 2"]

    def pictures(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Return the bent pictures."""
        height, width = images.shape[-2:]
        shown = pixel_centres(height, width, self.pins).expand(len(self), -1, -1, -1).flatten(1, 2) / height
        at = (self._back(shown) * height).reshape(len(self), height, width, 2) - HALF_PIXEL
        x, y = at.to(images.dtype).unbind(-1)
        return remap(images, x, y, padding_mode="border", align_corners=True)

    def points(self, points_px: Float[Tensor, "b n 2"], width: int, height: int) -> Float[Tensor, "b n 2"]:
        """Return where the bent pictures show points; NaN where a plate is folded and no single place is found."""
        wanted = points_px.to(self.pins.dtype) / height
        place = wanted
        for _ in range(NEWTON_STEPS):
            slopes = [
                torch.func.jvp(self._back, (place,), (axis.expand_as(place),))[1] for axis in torch.eye(2).to(place)
            ]
            step, _ = torch.linalg.solve_ex(torch.stack(slopes, -1), (wanted - self._back(place))[..., None])
            place = place + step.squeeze(-1)
        missed = (self._back(place) - wanted).norm(dim=-1, keepdim=True)
        return (torch.where(missed < CLOSED, place, torch.nan) * height).to(points_px.dtype)

    def camera(self, camera_matrix: Tensor) -> NoReturn:
        """Refuse: no camera sees this.

        Raises:
            ConfigError: Always.
        """
        raise ConfigError("augment.elastic_px: a picture that is bent like rubber has no camera, gaze or head pose")

    def _back(self, shown: Float[Tensor, "b n 2"]) -> Float[Tensor, "b n 2"]:
        """Return where the old pictures have what the new ones show."""
        weights, affine = get_tps_transform(self.pins, self.pulled)
        return warp_points_tps(shown, self.pulled, weights, affine)


def draw_elastic(generator: torch.Generator, strength: float, batch: int, height: int, width: int) -> Elastic:
    """Draw plates with inner pins pulled by up to `strength` (of the height) along x and y; the outer ones stay."""
    device, aspect = generator.device, width / height
    x = torch.linspace(0, aspect, PINS, dtype=torch.float64, device=device)
    y = torch.linspace(0, 1, PINS, dtype=torch.float64, device=device)
    pins = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)
    pull = 2 * torch.rand(batch, PINS - 2, PINS - 2, 2, generator=generator, device=device, dtype=torch.float64) - 1
    pulled = pins.repeat(batch, 1, 1, 1)
    pulled[:, 1:-1, 1:-1] += strength * pull
    return Elastic(pins.flatten(0, 1).repeat(batch, 1, 1), pulled.flatten(1, 2))
