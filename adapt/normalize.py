"""The virtual camera of gaze normalisation on torch: what goes into a network, and the way back of what it tells.

R, S and both label modes are those of synth/geometry/normalisation.py (Zhang, Sugano, Bulling 2018), one view a row:

    labels      g' = unit(R g), or unit(S R g) in MPIIGaze's mode;   R_h' = R R_h
    back        g = unit(R^T g'), or unit(R^T S^-1 g');              R_h = R^T R_h'
    pictures    each look through the virtual camera meets the plane z = 1 of `cam` at (C_n S R)^-1 (u, v, 1); the real
                camera's lens and K (adapt/camera.py) say where its picture shows that ray, and there it is looked at

So a distorted picture is undistorted and turned in one resampling; no straightened picture lies in between.  Without
distortion this is the warp W = C_n S R C^-1 of the paper.

A mirrored view is that of a right eye shown as a left one, by the rule of all eyes here: picture flipped, yaws negated,
heads mirrored.  All methods know it: what goes in or comes out in `cam` is never mirrored.

Filter.  A pixel of the result is the mean of k x k bilinear looks, evenly spread over it.  k is about the number of the
picture's pixels under its side at the view's middle (synth.export.warp.looks_across): where the warp makes things
smaller, areas are averaged and nothing aliases; where it makes them larger it is bilinear, as that of the published
sets is.  As theirs, it takes means of stored levels, not of linear light.  Px are continuous, (0, 0) being the corner
of the first pixel, in both pictures.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

from adapt.camera import Cameras
from adapt.gaze import mirror, pitch_yaw_from_vector, vector_from_pitch_yaw
from adapt.motion.heads import mirrored
from adapt.rows import Rows
from synth.errors import DataError
from synth.export.warp import looks_across
from synth.geometry.camera import pixel_centres_px
from synth.geometry.normalisation import GazeMode, NormCamera, normalise

LOOKS_AT_ONCE = 4_000_000
"""Rows of a batch are resampled together up to so many looks: a few hundred MB."""
NOT_A_ROTATION = 1e-3
"""So far from orthonormal no rounding of a file brings a rotation."""
SIDEWAYS = 1e-3
"""Sine between the line of sight and the head's x axis below which nobody knows which way is up."""
FARTHEST_M = 100.0
"""Who is farther away was measured in millimetres."""


@dataclass(frozen=True)
class Views(Rows):
    """Virtual views of eyes or faces, one a row; float64.

    Attributes:
        norm_from_cam: R.
        stretch: What the label mode multiplies R g by: the diagonal of S, or ones.
        norm_px_from_plane: C_n S R, from homogeneous points of the plane z = 1 of `cam` to px of an unmirrored view.
        mirrored: Right eyes that are shown as left ones.
        camera: The virtual camera.
    """

    norm_from_cam: Float[Tensor, "b 3 3"]
    stretch: Float[Tensor, "b 3"]
    norm_px_from_plane: Float[Tensor, "b 3 3"]
    mirrored: Bool[Tensor, " b"]
    camera: NormCamera

    def gaze(self, gaze_cam: Float[Tensor, "b 3"]) -> Float[Tensor, "b 2"]:
        """Return [pitch, yaw] in `norm`, radians, of gazes of any length in `cam`."""
        turned = torch.einsum("bij,bj->bi", self.norm_from_cam, gaze_cam.to(self.stretch.dtype))
        told = pitch_yaw_from_vector(self.stretch * turned)
        return torch.where(self.mirrored[:, None], mirror(told), told)

    def gaze_to_cam(self, pitch_yaw_rad: Float[Tensor, "b 2"]) -> Float[Tensor, "b 3"]:
        """Return the unit gazes in `cam` of what a network told: the inverse of `gaze`."""
        told = pitch_yaw_rad.to(self.stretch.dtype)
        told = torch.where(self.mirrored[:, None], mirror(told), told)
        turned = vector_from_pitch_yaw(told) / self.stretch
        return functional.normalize(torch.einsum("bji,bj->bi", self.norm_from_cam, turned), dim=-1)

    def head(self, cam_from_head: Float[Tensor, "b 3 3"]) -> Float[Tensor, "b 3 3"]:
        """Return `norm_from_head`."""
        turned = self.norm_from_cam @ cam_from_head.to(self.stretch.dtype)
        return torch.where(self.mirrored[:, None, None], mirrored(turned), turned)

    def head_to_cam(self, norm_from_head: Float[Tensor, "b 3 3"]) -> Float[Tensor, "b 3 3"]:
        """Return `cam_from_head`: the inverse of `head`."""
        told = norm_from_head.to(self.stretch.dtype)
        return self.norm_from_cam.mT @ torch.where(self.mirrored[:, None, None], mirrored(told), told)

    def points(self, points_px: Float[Tensor, "b n 2"], cameras: Cameras) -> Float[Tensor, "b n 2"]:
        """Return where views show what the cameras' pictures show at `points_px`; NaN for what they cannot show."""
        at = functional.pad(cameras.plane_from_px(points_px), (0, 1), value=1.0) @ self.norm_px_from_plane.mT
        return self._flipped(at[..., :2] / torch.where(at[..., 2:] > 0, at[..., 2:], torch.nan))

    def points_to_px(self, points_norm_px: Float[Tensor, "b n 2"], cameras: Cameras) -> Float[Tensor, "b n 2"]:
        """Return where the cameras' pictures show what views show at `points_norm_px`: the inverse of `points`."""
        return cameras.project(self._rays(points_norm_px))

    def pictures(
        self, images: Float[Tensor, "b c h w"], cameras: Cameras
    ) -> tuple[Float[Tensor, "b c hn wn"], Float[Tensor, " b"]]:
        """Return what the views show, and the share of each that lies in its picture.

        Args:
            images: Pictures of one size, one a view.
            cameras: One for all pictures, or one for each.

        Raises:
            DataError: As `looks`.
        """
        width, height = self.camera.width, self.camera.height
        each = cameras.take([0] * len(self)) if len(cameras) == 1 else cameras
        looks = self.looks(each)
        result = images.new_empty(len(images), images.shape[1], height, width)
        covered = images.new_empty(len(images))
        for count in sorted(set(looks.tolist())):
            chosen = torch.nonzero(looks == count).squeeze(1)
            for rows in torch.split(chosen, max(1, LOOKS_AT_ONCE // (count**2 * width * height))):
                result[rows], covered[rows] = self.take(rows)._resampled(images[rows], each.take(rows), count)
        return result, covered

    def looks(self, cameras: Cameras) -> Int[Tensor, " b"]:
        """Return how many looks across and down a pixel is the mean of: as many as its middle one takes.

        Raises:
            DataError: The middle of a view is nowhere in what its lens can show.
        """
        size, square = [self.camera.width, self.camera.height], [[-1, -1], [1, -1], [1, 1], [-1, 1]]
        around = (self.stretch.new_tensor(size) + self.stretch.new_tensor(square)) / 2
        corners = self.points_to_px(around.expand(len(self), -1, -1), cameras).cpu().numpy()
        if len(bad := np.flatnonzero(~np.isfinite(corners).all((1, 2)))):
            raise DataError(f"view {bad[0]}: its centre is farther aside than the lens' coefficients hold")
        return torch.tensor([looks_across(one, 1) for one in corners])

    def _resampled(
        self, images: Float[Tensor, "b c h w"], cameras: Cameras, looks: int
    ) -> tuple[Float[Tensor, "b c hn wn"], Float[Tensor, " b"]]:
        """Return what `pictures` does, with `looks` across and down a pixel."""
        width, height = self.camera.width * looks, self.camera.height * looks
        lattice = torch.from_numpy(pixel_centres_px(width, height) / looks).to(self.stretch.device)
        rays = self._rays(lattice.flatten(0, 1).expand(len(self), -1, -1))
        seen, inside = cameras.look(images, rays.reshape(-1, height, width, 3))
        return functional.avg_pool2d(seen, looks), inside.to(images.dtype).mean((1, 2))

    def _rays(self, points_norm_px: Float[Tensor, "b n 2"]) -> Float[Tensor, "b n 3"]:
        """Return directions in `cam`, of any length, of what the views show at these px."""
        at = functional.pad(self._flipped(points_norm_px), (0, 1), value=1.0)
        return at @ torch.linalg.inv(self.norm_px_from_plane).mT

    def _flipped(self, points_norm_px: Float[Tensor, "b n 2"]) -> Float[Tensor, "b n 2"]:
        """Return px of mirrored views as px of unmirrored ones, or back."""
        u, v = points_norm_px.unbind(-1)
        return torch.stack([torch.where(self.mirrored[:, None], self.camera.width - u, u), v], -1)


def virtual_views(
    centre_cam: Float[np.ndarray, "b 3"],
    cam_from_head: Float[np.ndarray, "_ 3 3"],
    camera: NormCamera,
    mode: GazeMode,
    mirrored: Bool[np.ndarray, " _"] | None = None,
) -> Views:
    """Return the views of eyes or faces.

    Args:
        centre_cam: What each camera is aimed at, metres: the mean of the eye's corners, the face's centre.
        cam_from_head: R_h, in the head frame that the set uses (synth.geometry.normalisation.face_triangle).
        camera: MPIIGAZE_EYE, MPIIFACEGAZE_FACE, XGAZE_FACE, or another.
        mode: mpiigaze_2015 for MPIIGaze's eyes, direction for all others.
        mirrored: Right eyes that are to be shown as left ones; none if not given.

    Raises:
        DataError: A centre is not before the lens or not in metres, a rotation is none, or its x axis points along
            the line of sight.
    """
    flips = np.zeros(len(centre_cam), bool) if mirrored is None else mirrored
    numbers = (len(centre_cam), len(cam_from_head), len(flips))
    if not numbers[0] or len(set(numbers)) > 1:
        raise DataError("{} centres, {} heads, {} sides: one of each makes a view, none is too few".format(*numbers))
    centres, heads = np.asarray(centre_cam, dtype=np.float64), np.asarray(cam_from_head, dtype=np.float64)
    for i, (centre, head) in enumerate(zip(centres, heads, strict=True)):
        _check(i, centre, head)
    # On the plane z = 1 the real camera's K is the identity: W = C_n S R.
    views = [normalise(centre, head, np.eye(3), camera) for centre, head in zip(centres, heads, strict=True)]
    return Views(
        norm_from_cam=torch.from_numpy(np.stack([view.norm_from_cam for view in views])),
        stretch=torch.from_numpy(np.stack([view.stretch(mode) for view in views])),
        norm_px_from_plane=torch.from_numpy(np.stack([view.warp for view in views])),
        mirrored=torch.tensor(flips),
        camera=camera,
    )


def _check(row: int, centre_cam: Float[np.ndarray, "3"], cam_from_head: Float[np.ndarray, "3 3"]) -> None:
    """Refuse what no virtual camera can be aimed at."""
    distance_m = float(np.linalg.norm(centre_cam))
    if not (np.isfinite(distance_m) and centre_cam[2] > 0):
        raise DataError(f"view {row}: its centre {centre_cam.tolist()} is not before the lens; z of cam is forward")
    if distance_m > FARTHEST_M:
        raise DataError(f"view {row}: its centre is {distance_m:g} m away; lengths are metres, not millimetres")
    off = np.abs(cam_from_head @ cam_from_head.T - np.eye(3)).max()
    if not off < NOT_A_ROTATION or np.linalg.det(cam_from_head) < 0:
        raise DataError(f"view {row}: cam_from_head {cam_from_head.tolist()} is not a rotation, a matrix that turns")
    if np.linalg.norm(np.cross(centre_cam / distance_m, cam_from_head[:, 0])) < SIDEWAYS:
        raise DataError(f"view {row}: the head is seen along the line of its eyes, so no view of it is upright")
