"""Real cameras: pinholes whose lens distorts, as OpenCV calibrates them; a batch of them on torch.

A point of `cam` (metres; x right, y down, z forward) meets the plane z = 1 at x = X / Z, y = Y / Z.  The lens moves it
on that plane by the first five of OpenCV's coefficients (calib3d's documentation; Brown 1966),

    r2 = x^2 + y^2,   a = 1 + k1 r2 + k2 r2^2 + k3 r2^3
    x' = a x + 2 p1 x y + p2 (r2 + 2 x^2)
    y' = a y + p1 (r2 + 2 y^2) + 2 p2 x y

and K takes (x', y', 1) to px.  (0, 0) is the corner of the first pixel, as everywhere here; OpenCV's K counts from its
centre, and `cameras_of_opencv` adds the half pixel.

A lens that is fitted with k1 < 0 bends outer rays more and more until a r turns around: there the polynomial folds back
into the picture what no lens shows there.  `reach` is where it does; what lies outside has no place, NaN, as has what
is behind the lens (synth/geometry/camera.py says why NaN).
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float
from kornia.geometry.transform import remap
from torch import Tensor

from adapt.rows import Rows
from synth.errors import DataError
from synth.export.face.faces import HALF_PIXEL

NEWTON_STEPS = 20
"""More than enough: a barrel's outermost rays take ten, others four."""
CLOSED = 1e-9
"""Of a focal length: how well a found point must come back to the one it was asked for."""
LEAST_DEPTH = 1e-3
"""Of a ray: one that looks sideways or back meets the plane z = 1 far out on its side."""


@dataclass(frozen=True)
class Cameras(Rows):
    """Real cameras, one a row; float64, as px of large pictures have no digits to spare in float32.

    Attributes:
        matrix: K, px of the stored picture.
        distortion: k1, k2, p1, p2, k3, in this order.
        reach: Radius on the plane z = 1 at which the radial polynomial turns around; infinite where it never does.
    """

    matrix: Float[Tensor, "b 3 3"]
    distortion: Float[Tensor, "b 5"]
    reach: Float[Tensor, " b"]

    def px_from_plane(self, plane: Float[Tensor, "b n 2"]) -> Float[Tensor, "b n 2"]:
        """Return where (px) the picture shows rays through points of the plane z = 1; NaN beyond `reach`."""
        bent = torch.where((plane.norm(dim=-1) > self.reach[:, None])[..., None], torch.nan, self._bent(plane))
        return bent @ self.matrix[:, :2, :2].mT + self.matrix[:, None, :2, 2]

    def plane_from_px(self, points_px: Float[Tensor, "b n 2"]) -> Float[Tensor, "b n 2"]:
        """Return the rays that the picture shows at `points_px`, as points of the plane z = 1; NaN where there is none.

        Newton's method on the distortion: OpenCV's fixed-point iteration does not close for wide lenses.
        """
        wanted = torch.linalg.solve(
            self.matrix[:, None, :2, :2], (points_px - self.matrix[:, None, :2, 2])[..., None]
        ).squeeze(-1)
        plane = wanted
        for _ in range(NEWTON_STEPS):
            if torch.equal(self._bent(plane), wanted):  # at once of a pinhole, which bends nothing
                break
            by_each = [
                torch.func.jvp(self._bent, (plane,), (axis.expand_as(plane),))[1] for axis in torch.eye(2).to(plane)
            ]
            # Where the slope is singular nothing is found: the step goes to infinity and the check below says so.
            step, _ = torch.linalg.solve_ex(torch.stack(by_each, -1), (wanted - self._bent(plane))[..., None])
            plane = plane + step.squeeze(-1)
        missed = (self._bent(plane) - wanted).norm(dim=-1)
        found = (missed < CLOSED) & (plane.norm(dim=-1) <= self.reach[:, None])
        return torch.where(found[..., None], plane, torch.nan)

    def project(self, points_cam: Float[Tensor, "b n 3"]) -> Float[Tensor, "b n 2"]:
        """Return where (px) points (m) appear; NaN for those at or behind the lens or beyond its reach."""
        depth = torch.where(points_cam[..., 2:] > 0, points_cam[..., 2:], torch.nan)
        return self.px_from_plane(points_cam[..., :2] / depth)

    def look(
        self, images: Float[Tensor, "b c h w"], rays_cam: Float[Tensor, "b hr wr 3"]
    ) -> tuple[Float[Tensor, "b c hr wr"], Bool[Tensor, "b hr wr"]]:
        """Return what the cameras' pictures show along rays of any length (bilinear), and which of these they do show.

        Along the others the picture's edge is repeated, or the outermost that the lens shows.
        """
        rays = rays_cam.flatten(1, 2)
        plane = rays[..., :2] / rays[..., 2:].clamp(min=LEAST_DEPTH)
        radius, reach = plane.norm(dim=-1), self.reach[:, None]
        inner = torch.where(radius > reach, reach / radius * (1 - 1e-12), 1.0)
        at = self.px_from_plane(plane * inner[..., None])
        size = at.new_tensor([images.shape[3], images.shape[2]])
        inside = (rays[..., 2] > 0) & (radius <= reach) & (at >= 0).all(-1) & (at <= size).all(-1)
        # kornia's pixels have their centres at integers.
        x, y = (at - HALF_PIXEL).to(images.dtype).reshape(*rays_cam.shape[:3], 2).unbind(-1)
        return remap(images, x, y, padding_mode="border", align_corners=True), inside.reshape(rays_cam.shape[:3])

    def _bent(self, plane: Float[Tensor, "b n 2"]) -> Float[Tensor, "b n 2"]:
        """Return where the lens moves points of the plane z = 1."""
        x, y = plane.unbind(-1)
        k1, k2, p1, p2, k3 = self.distortion[:, :, None].unbind(1)
        r2 = x**2 + y**2
        a = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
        aside = 2 * p1 * x * y + p2 * (r2 + 2 * x**2)
        down = p1 * (r2 + 2 * y**2) + 2 * p2 * x * y
        return torch.stack([a * x + aside, a * y + down], -1)


def cameras(matrix: Float[np.ndarray, "*b 3 3"], distortion: Float[np.ndarray, "..."] | None = None) -> Cameras:
    """Return one camera, or one a row.

    Args:
        matrix: K, px, its principal point counted from the corner of the first pixel.
        distortion: k1, k2, p1, p2 and perhaps k3: of all cameras, or a row for each; none are pinholes.

    Raises:
        DataError: K is singular or no camera's, the coefficients are not finite, or there are others than these five.
    """
    k = np.asarray(matrix, dtype=np.float64).reshape(-1, 3, 3)
    given = np.zeros(4) if distortion is None else np.asarray(distortion, dtype=np.float64)
    rows = 1 if given.size in (4, 5) else len(k)
    if given.size not in (4 * rows, 5 * rows):
        raise DataError(
            f"coefficients of distortion of shape {given.shape} for {len(k)} cameras: expected k1, k2, p1, p2 or "
            "k1, k2, p1, p2, k3; calibrate without the rational and the thin prism model"
        )
    given = given.reshape(rows, -1)
    d = np.zeros((len(k), 5))
    d[:, : given.shape[1]] = given
    for i, (one, bends) in enumerate(zip(k, d, strict=True)):
        if not (np.isfinite(one).all() and (np.diag(one) > 0).all() and one[1, 0] == 0 and (one[2] == [0, 0, 1]).all()):
            raise DataError(
                f"camera {i}: K is {one.tolist()}; expected [[fx, s, cx], [0, fy, cy], [0, 0, 1]], fx and fy above zero"
            )
        if not np.isfinite(bends).all():
            raise DataError(f"camera {i}: a coefficient of distortion is not finite: {bends.tolist()}")
    reach = np.array([_reach(bends) for bends in d])
    return Cameras(torch.from_numpy(k), torch.from_numpy(d), torch.from_numpy(reach))


def cameras_of_opencv(
    matrix: Float[np.ndarray, "*b 3 3"], distortion: Float[np.ndarray, "..."] | None = None
) -> Cameras:
    """Return what `cameras` does, of a calibration that puts the centre of the first pixel at (0, 0), as OpenCV's do.

    Raises:
        DataError: As `cameras`.
    """
    found = cameras(matrix, distortion)
    shifted = found.matrix.clone()
    shifted[:, :2, 2] += HALF_PIXEL
    return replace(found, matrix=shifted)


def _reach(distortion: Float[np.ndarray, "5"]) -> float:
    """Return the least r above zero at which the derivative of r + k1 r^3 + k2 r^5 + k3 r^7 is zero."""
    k1, k2, _, _, k3 = distortion
    squares = np.roots([7 * k3, 5 * k2, 3 * k1, 1.0])
    real = squares.real[(np.abs(squares.imag) < 1e-9 * np.abs(squares)) & (squares.real > 0)]
    return float(np.sqrt(real.min())) if len(real) else np.inf
