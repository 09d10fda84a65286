"""The eye as MPIIGaze gives it to a network: 60x36, grey, histogram-equalised, seen by the normalised camera.

The picture is warped by W = C_n S R C^-1 (synth/geometry/normalisation.py) around the mean of the eye's two corners, in
continuous px: (0, 0) is the corner of the first pixel and C_n has its principal point at (30, 18), the middle of the
patch.  Code that warps with pixel centres at integers puts the same eye half a pixel further right and down, 0.03 deg.

Gaze: from the mean of the corners to the target, mode mpiigaze_2015 (g' = S R g).  Head: R R_h in MPIIGaze's head
frame.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from synth.export.warp import warped
from synth.geometry.gaze import pitch_yaw_from_vector
from synth.geometry.normalisation import MPIIGAZE_EYE, GazeMode, NormCamera, head_pitch_yaw, normalise
from synth.geometry.rotation import mirror_rotation
from synth.sample import Sample

LUMA = np.array([0.299, 0.587, 0.114])  # Rec. 601, as OpenCV's and Pillow's grey


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
    """Return a picture, grey or RGB, as grey in another camera, and the share of it that the picture covers."""
    return warped(picture if picture.ndim == 2 else picture @ LUMA, warp, width, height)


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
