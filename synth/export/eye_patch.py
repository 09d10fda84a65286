"""The eye as MPIIGaze gives it to a network: 60x36, grey, histogram-equalised, seen by the normalised camera.

The picture is warped by W = C_n S R C^-1 (synth/geometry/normalisation.py) around the mean of the eye's two corners, in
continuous px: (0, 0) is the corner of the first pixel and C_n has its principal point at (30, 18), the middle of the
patch.  Code that warps with pixel centres at integers puts the same eye half a pixel further right and down, 0.03 deg.

Gaze: from the mean of the corners to the target, mode mpiigaze_2015 (g' = S R g).  Head: R R_h in MPIIGaze's head
frame.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Shaped, UInt8
from scipy.ndimage import map_coordinates

from synth.geometry.gaze import pitch_yaw_from_vector
from synth.geometry.normalisation import MPIIGAZE_EYE, GazeMode, NormCamera, head_pitch_yaw, normalise
from synth.geometry.rotation import mirror_rotation
from synth.sample import Sample

LUMA = np.array([0.299, 0.587, 0.114])  # Rec. 601, as OpenCV's and Pillow's grey
SAME_PX = 1e-2
"""A warp that moves no pixel by more than this is none: the picture was rendered by the normalised camera itself."""


@dataclass(frozen=True)
class EyePatch:
    """One normalised eye, as it is in the picture (not mirrored).

    Attributes:
        image: Grey, equalised, u8 (36, 60).
        gaze_norm: Unit gaze in `norm`.
        norm_from_head: Head rotation in `norm`, MPIIGaze's head frame.
        side: The subject's eye, left or right.
        covered: Share of the patch that lies in the picture; the rest repeats the picture's edge.
    """

    image: UInt8[np.ndarray, "h w"]
    gaze_norm: Float[np.ndarray, "3"]
    norm_from_head: Float[np.ndarray, "3 3"]
    side: str
    covered: float

    @property
    def gaze_pitch_yaw_rad(self) -> Float[np.ndarray, "2"]:
        """Return (pitch, yaw) of the gaze."""
        return pitch_yaw_from_vector(self.gaze_norm)

    @property
    def head_pitch_yaw_rad(self) -> Float[np.ndarray, "2"]:
        """Return (pitch, yaw) of the head."""
        return head_pitch_yaw(self.norm_from_head)

    def mirrored(self) -> "EyePatch":
        """Return the same eye of the mirrored person: left becomes right, both yaws change their sign."""
        return EyePatch(
            image=np.ascontiguousarray(self.image[:, ::-1]),
            gaze_norm=self.gaze_norm * np.array([-1.0, 1.0, 1.0]),
            norm_from_head=mirror_rotation(self.norm_from_head),
            side="right" if self.side == "left" else "left",
            covered=self.covered,
        )


def eye_patch(sample: Sample, camera: NormCamera = MPIIGAZE_EYE, equalise: bool = True) -> EyePatch:
    """Return the eye that the picture is centred on, normalised.

    Raises:
        DataError: A label that it needs is absent.
    """
    centre_cam = sample.eye_array("centre_of_canthi_cam", 3)
    cam_from_face = sample.array("cam_from_head", 4, 4)[:3, :3] @ sample.array("face_triangle_head", 3, 3)
    view = normalise(centre_cam, cam_from_face, sample.array("camera_matrix", 3, 3), camera)
    image, covered = warp_grey(sample.picture, view.warp, camera.width, camera.height)
    return EyePatch(
        image=equalised(image) if equalise else image,
        gaze_norm=view.gaze(sample.array("target_cam", 3) - centre_cam, GazeMode.mpiigaze_2015),
        norm_from_head=view.head(cam_from_face),
        side=sample.subject_eye,
        covered=covered,
    )


def warp_grey(
    picture: UInt8[np.ndarray, "..."], warp: Float[np.ndarray, "3 3"], width: int, height: int
) -> tuple[UInt8[np.ndarray, "h w"], float]:
    """Return a picture as grey in another camera, u8 (height, width), and the share of it that the picture covers.

    Args:
        picture: u8 (h, w) or (h, w, 3), sRGB.
        warp: Homogeneous px of the picture to px of the result.
        width: Of the result.
        height: Of the result.

    Each result pixel is the mean of as many bilinear looks as the picture has pixels under it: no aliasing, no loss.
    """
    grey = picture.astype(np.float64) if picture.ndim == 2 else picture @ LUMA
    inverse = np.linalg.inv(warp)
    corners = _move(inverse, np.array([[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]]))
    if grey.shape == (height, width) and _is_identity(corners, width, height):
        return np.rint(grey).astype(np.uint8), 1.0
    looks = max(1, int(np.ceil(np.sqrt(_area(corners) / (width * height)) - 0.01)))
    u = (np.arange(width * looks) + 0.5) / looks
    v = (np.arange(height * looks) + 0.5) / looks
    at = _move(inverse, np.stack(np.meshgrid(u, v), axis=-1).reshape(-1, 2))
    # map_coordinates has pixel centres at integers.
    values = map_coordinates(grey, [at[:, 1] - 0.5, at[:, 0] - 0.5], order=1, mode="nearest")
    covered = ((at >= 0) & (at <= [grey.shape[1], grey.shape[0]])).all(axis=1).mean()
    means = values.reshape(height, looks, width, looks).mean(axis=(1, 3))
    return np.rint(np.clip(means, 0, 255)).astype(np.uint8), float(covered)


def equalised(image: UInt8[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
    """Return a grey picture with its histogram equalised by OpenCV's formula.

    level -> round(255 (cdf(level) - cdf_min) / (n - cdf_min)); a picture of one level stays as it is.
    """
    cumulative = np.cumsum(np.bincount(image.ravel(), minlength=256))
    lowest = cumulative[image.min()]
    if lowest == image.size:
        return image
    table = np.rint((cumulative - lowest) * (255 / (image.size - lowest)))
    return np.clip(table, 0, 255).astype(np.uint8)[image]


def _move(matrix: Float[np.ndarray, "3 3"], points_px: Shaped[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
    moved = points_px @ matrix[:, :2].T + matrix[:, 2]
    return moved[:, :2] / moved[:, 2:]


def _area(corners_px: Float[np.ndarray, "4 2"]) -> float:
    x, y = corners_px.T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def _is_identity(corners_px: Float[np.ndarray, "4 2"], width: int, height: int) -> bool:
    unmoved = np.array([[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]])
    return bool(np.abs(corners_px - unmoved).max() < SAME_PX)
