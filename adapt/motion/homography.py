"""Maps of homogeneous px, one a picture, and the camera that sees what the mapped picture shows; float64.

A camera K sees a point X of `cam` at K X.  The map H shows it at H K X, and any H K is a camera of its own: with the
decomposition

    H K = K' R         K' upper triangular, R a rotation                    (det H > 0)
    H K = K' R F       F = diag(-1, 1, 1): the same of the mirrored scene   (det H < 0)

the moved picture is what a camera K' sees that was turned by R, from the same place, of the scene, or of the scene in a
mirror that was held at its side.  So every label moves exactly, with any H: points by H, all that is told in `cam` by
R (and F).  Crops, shifts and scales change K alone; a turn about any point is R = Rz where pixels are square; the turn
of a camera that keeps its K is H = K R K^-1 (Hartley and Zisserman, Multiple View Geometry, section 8.4.2).

The decomposition is Gram-Schmidt on the rows, from the last: H K has rows k11 r1 + k12 r2 + k13 r3, k22 r2 + k23 r3,
k33 r3.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Shaped
from kornia.geometry.transform import remap
from torch import Tensor
from torch.nn import functional

from adapt.gaze import pitch_yaw_from_vector, vector_from_pitch_yaw
from adapt.motion.heads import mirrored as mirrored_heads
from adapt.rows import Rows
from synth.export.face.faces import HALF_PIXEL


@dataclass(frozen=True)
class Turn(Rows):
    """How what is told in `cam` moves: X' = R F X where it is mirrored, R X elsewhere.

    Attributes:
        rotation: R, the new `cam` from the old one, or from the old one's mirror image.
        mirrored: Whether the scene is mirrored first, x changing its sign.
    """

    rotation: Float[Tensor, "b 3 3"]
    mirrored: Bool[Tensor, " b"]

    def vectors(self, old_cam: Float[Tensor, "b n 3"]) -> Float[Tensor, "b n 3"]:
        """Return points or directions, any length, in the new `cam`."""
        sign = old_cam.new_tensor([-1.0, 1.0, 1.0])
        seen = torch.where(self.mirrored[:, None, None], sign * old_cam, old_cam)
        return seen @ self.rotation.to(old_cam.dtype).mT

    def gaze(self, pitch_yaw_rad: Float[Tensor, "b 2"]) -> Float[Tensor, "b 2"]:
        """Return [pitch, yaw] of gazes, or of heads told by two angles, in the new `cam`."""
        return pitch_yaw_from_vector(self.vectors(vector_from_pitch_yaw(pitch_yaw_rad)[:, None])[:, 0])

    def head(self, cam_from_head: Float[Tensor, "b 3 3"]) -> Float[Tensor, "b 3 3"]:
        """Return `cam_from_head`; a mirrored head has a mirrored frame: R F R_h F."""
        seen = torch.where(self.mirrored[:, None, None], mirrored_heads(cam_from_head), cam_from_head)
        return self.rotation.to(cam_from_head.dtype) @ seen


@dataclass(frozen=True)
class Homography(Rows):
    """Maps of px of pictures to px of others.

    Attributes:
        matrix: H, of any scale but zero; what the new picture shows has a positive third coordinate.
    """

    matrix: Float[Tensor, "b 3 3"]

    def then(self, after: "Homography") -> "Homography":
        """Return both, this one first."""
        return Homography(after.matrix @ self.matrix)

    def points(self, points_px: Float[Tensor, "b n 2"]) -> Float[Tensor, "b n 2"]:
        """Return where the moved pictures show points; NaN for what they have behind them."""
        at = functional.pad(points_px.to(self.matrix.dtype), (0, 1), value=1.0) @ self.matrix.mT
        return at[..., :2] / torch.where(at[..., 2:] > 0, at[..., 2:], torch.nan)

    def boxes(self, boxes_px: Float[Tensor, "b 4"]) -> Float[Tensor, "b 4"]:
        """Return boxes [left, top, right, bottom] about the moved corners of boxes.

        That is the box itself under flips, crops, shifts and scales; under all else it holds what the box held, but who
        knows what it was drawn about draws it anew.
        """
        corners = self.points(boxes_px[:, [[0, 1], [2, 1], [2, 3], [0, 3]]])
        return torch.cat([corners.amin(1), corners.amax(1)], 1)

    def camera(self, camera_matrix: Float[Tensor, "b 3 3"]) -> tuple[Float[Tensor, "b 3 3"], Turn]:
        """Return K' of the cameras that see the moved pictures, and how `cam` turned.

        K' has a skew where pixels that are not square were turned, or a map of no camera was given.
        """
        turn = torch.linalg.det(self.matrix) < 0
        a = self.matrix @ camera_matrix.to(self.matrix.dtype)
        flip = torch.where(turn[:, None], a.new_tensor([-1.0, 1.0, 1.0]), a.new_ones(3))
        a1, a2, a3 = (a * flip[:, None]).unbind(1)
        k33 = a3.norm(dim=-1)
        r3 = a3 / k33[:, None]
        k23 = (a2 * r3).sum(-1)
        rest = a2 - k23[:, None] * r3
        k22 = rest.norm(dim=-1)
        r2 = rest / k22[:, None]
        r1 = torch.linalg.cross(r2, r3)
        k11, k12, k13 = ((a1 * r).sum(-1) for r in (r1, r2, r3))
        zero = torch.zeros_like(k33)
        rows = [torch.stack(row, -1) for row in ([k11, k12, k13], [zero, k22, k23], [zero, zero, k33])]
        return torch.stack(rows, 1) / k33[:, None, None], Turn(torch.stack([r1, r2, r3], 1), turn)

    def pictures(
        self, images: Float[Tensor, "b c h w"], width: int | None = None, height: int | None = None
    ) -> Float[Tensor, "b c hn wn"]:
        """Return the moved pictures, as large as they were or as said."""
        x, y = self._places(height or images.shape[-2], width or images.shape[-1]).to(images.dtype).unbind(-1)
        return remap(images, x, y, padding_mode="border", align_corners=True)

    def masks(
        self, masks: Shaped[Tensor, "b h w"], width: int | None = None, height: int | None = None
    ) -> Shaped[Tensor, "b hn wn"]:
        """Return the moved masks: of each pixel's middle the nearest pixel of the old one, of any kind of number."""
        rows, columns = masks.shape[-2:]
        at = self._places(height or rows, width or columns).round().long()
        x, y = at[..., 0].clamp(0, columns - 1), at[..., 1].clamp(0, rows - 1)
        return masks[torch.arange(len(masks), device=masks.device)[:, None, None], y, x]

    def _places(self, height: int, width: int) -> Float[Tensor, "b hn wn 2"]:
        """Return where the old pictures show the new ones' pixels, by kornia's count: centres at integers."""
        centres = pixel_centres(height, width, self.matrix)
        back = Homography(torch.linalg.inv(self.matrix))
        at = back.points(centres.expand(len(self), -1, -1, -1).flatten(1, 2))
        return (at.reshape(len(self), height, width, 2) - HALF_PIXEL).nan_to_num(-1.0)


def pixel_centres(height: int, width: int, like: Tensor) -> Float[Tensor, "h w 2"]:
    """Return the px of every pixel's centre, in the numbers and on the device of a tensor."""
    y, x = (torch.arange(side, dtype=like.dtype, device=like.device) + HALF_PIXEL for side in (height, width))
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)


def flip(rows: int, width: int) -> Homography:
    """Return mirror images of pictures of this width."""
    return _same(rows, [[-1.0, 0.0, width], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


def crop(box_px: Float[Tensor, "b 4"], width: int, height: int) -> Homography:
    """Return boxes [left, top, right, bottom] as whole pictures of this size."""
    left, top, right, bottom = box_px.double().unbind(1)
    x, y, zero, one = width / (right - left), height / (bottom - top), torch.zeros_like(left), torch.ones_like(left)
    rows = [torch.stack(row, -1) for row in ([x, zero, -x * left], [zero, y, -y * top], [zero, zero, one])]
    return Homography(torch.stack(rows, 1))


def camera_turn(camera_matrix: Float[Tensor, "b 3 3"], rotation: Float[Tensor, "b 3 3"]) -> Homography:
    """Return what cameras K see after they were turned, x_new = R x_old: H = K R K^-1."""
    k = camera_matrix.double()
    return Homography(k @ rotation.double() @ torch.linalg.inv(k))


def small_turns(angles_rad: Float[Tensor, "b 3"]) -> Float[Tensor, "b 3 3"]:
    """Return the rotations about axes by angles, both told by rotation vectors; float64."""
    x, y, z = angles_rad.double().unbind(-1)
    zero = torch.zeros_like(x)
    rows = [torch.stack(row, -1) for row in ([zero, -z, y], [z, zero, -x], [-y, x, zero])]
    return torch.linalg.matrix_exp(torch.stack(rows, 1))


def _same(rows: int, matrix: list[list[float]]) -> Homography:
    return Homography(torch.tensor(matrix, dtype=torch.float64).expand(rows, 3, 3))
