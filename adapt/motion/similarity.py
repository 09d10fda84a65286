"""Shift, scale and turn about the picture's middle: how far the crop of a detector is off; a batch of them, float32.

With m the middle, a point p goes to  m + scale Rz(turn) (p - m) + shift.  Whatever the picture's camera was, that is
the same scene seen by a camera turned about its axis by the same angle, with another focal length and principal point
(homography.py): the turn turns gazes and heads, shift and scale keep them.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from kornia.geometry.transform import warp_affine
from torch import Tensor

from adapt.gaze import roll
from adapt.motion.heads import turned
from adapt.motion.homography import Homography
from adapt.rows import Rows


@dataclass(frozen=True)
class Similarity(Rows):
    """Amounts, one a picture.

    Attributes:
        shift_px: To the right and down.
        scale: 1 keeps the size.
        turn_rad: Clockwise.
    """

    shift_px: Float[Tensor, "b 2"]
    scale: Float[Tensor, " b"]
    turn_rad: Float[Tensor, " b"]

    def pictures(self, images: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Return the moved pictures."""
        height, width = images.shape[-2:]
        c, s = self._turn()
        # kornia's pixels have their centres at integers: the picture's middle is at (w - 1) / 2.
        x, y = (width - 1) / 2, (height - 1) / 2
        to_x = x - c * x + s * y + self.shift_px[:, 0]
        to_y = y - s * x - c * y + self.shift_px[:, 1]
        matrix = torch.stack([torch.stack([c, -s, to_x], -1), torch.stack([s, c, to_y], -1)], 1)
        if torch.equal(matrix, torch.eye(3, device=matrix.device)[:2].expand_as(matrix)):
            return images
        return warp_affine(images, matrix, (height, width), padding_mode="border", align_corners=True)

    def points(self, points_px: Float[Tensor, "b n 2"], width: int, height: int) -> Float[Tensor, "b n 2"]:
        """Return where the moved pictures show points."""
        middle = points_px.new_tensor([width / 2, height / 2])
        c, s = (part[:, None] for part in self._turn())
        x, y = (points_px - middle).unbind(-1)
        return torch.stack([c * x - s * y, s * x + c * y], dim=-1) + middle + self.shift_px[:, None]

    def gaze(self, pitch_yaw_rad: Float[Tensor, "b 2"]) -> Float[Tensor, "b 2"]:
        """Return [pitch, yaw] of gazes, or of heads told by two angles, in the moved pictures."""
        return roll(pitch_yaw_rad, self.turn_rad)

    def head(self, cam_from_head: Float[Tensor, "b 3 3"]) -> Float[Tensor, "b 3 3"]:
        """Return the rotations of heads in the moved pictures."""
        return turned(self.turn_rad.to(cam_from_head.dtype)) @ cam_from_head

    def homography(self, width: int, height: int) -> Homography:
        """Return the same as maps of px, float64."""
        c, s = (part.double() for part in self._turn())
        x, y = width / 2, height / 2
        to_x = x - c * x + s * y + self.shift_px[:, 0]
        to_y = y - s * x - c * y + self.shift_px[:, 1]
        zero, one = torch.zeros_like(c), torch.ones_like(c)
        rows = [torch.stack([c, -s, to_x], -1), torch.stack([s, c, to_y], -1), torch.stack([zero, zero, one], -1)]
        return Homography(torch.stack(rows, 1))

    def _turn(self) -> tuple[Float[Tensor, " b"], Float[Tensor, " b"]]:
        return self.scale * self.turn_rad.cos(), self.scale * self.turn_rad.sin()
