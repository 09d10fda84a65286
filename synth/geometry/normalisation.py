"""Gaze normalisation: the virtual camera in which every eye is seen straight on, upright and from one distance.

Zhang, Sugano, Bulling, "Revisiting data normalization for appearance-based gaze estimation" (ETRA 2018).  With e the
eye's centre in `cam`, d = |e|, R_h = `cam_from_head` of the head frame that the data set uses:

    z = e / d,  y = unit(z x R_h[:, 0]),  x = unit(y x z),   R = rows [x; y; z]   (norm_from_cam, a rotation)
    S = diag(1, 1, d_n / d)                                  (brings the eye to the distance d_n)
    W = C_n S R C^-1                                         (picture of the real camera to the virtual one, px)

The frame `norm` has the axes of `cam`: x right, y down, z forward; the eye stands at (0, 0, d_n).  Head: R_h' = R R_h,
in this order.  Gaze, by the set's mode:

    GazeMode.direction      g' = R g              (2018; MPIIFaceGaze, ETH-XGaze: directions have no distance)
    GazeMode.mpiigaze_2015  g' = unit(S R g)      (MPIIGaze Normalized; at yaw 20 deg and 400 mm 6.4 deg off the other)

A head pose in two angles is v = R_h'[:, 2], pitch = asin(v_y), yaw = atan2(v_x, v_z).  Right eyes are turned into left
ones by flipping the picture and negating the yaws of gaze and head.  Lengths are metres, angles radians.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from jaxtyping import Float

from synth.geometry.gaze import pitch_yaw_from_vector


class GazeMode(Enum):
    """How a set turns a gaze into the normalised frame; the names are those written in configs."""

    direction = "direction"
    mpiigaze_2015 = "mpiigaze_2015"


@dataclass(frozen=True)
class NormCamera:
    """A virtual camera: focal length in px, distance of the eye or face in metres, picture size in px."""

    focal_px: float
    distance_m: float
    width: int
    height: int

    @property
    def matrix(self) -> Float[np.ndarray, "3 3"]:
        """C_n; the principal point is the picture's middle, (0, 0) being the corner of the first pixel."""
        return np.array([[self.focal_px, 0.0, self.width / 2], [0.0, self.focal_px, self.height / 2], [0.0, 0.0, 1.0]])


def eye_camera(width: int, height: int) -> NormCamera:
    """Return MPIIGaze's virtual camera of an eye with more pixels: as wide a view in `width` px as it has in 60."""
    return NormCamera(16.0 * width, 0.6, width, height)


MPIIGAZE_EYE = eye_camera(60, 36)
MPIIFACEGAZE_FACE = NormCamera(1600.0, 1.0, 224, 224)
XGAZE_FACE = NormCamera(960.0, 0.6, 224, 224)


@dataclass(frozen=True)
class Normalisation:
    """The virtual view of one eye.

    Attributes:
        norm_from_cam: R, a rotation.
        scale: The diagonal of S, (1, 1, d_n / d).
        warp: W, takes homogeneous px of the real picture to px of the virtual one.
    """

    norm_from_cam: Float[np.ndarray, "3 3"]
    scale: Float[np.ndarray, "3"]
    warp: Float[np.ndarray, "3 3"]

    def stretch(self, mode: GazeMode) -> Float[np.ndarray, "3"]:
        """Return what a mode multiplies R g by before it is made a unit vector: the diagonal of S, or ones."""
        return self.scale if mode is GazeMode.mpiigaze_2015 else np.ones(3)

    def gaze(self, gaze_cam: Float[np.ndarray, "3"], mode: GazeMode) -> Float[np.ndarray, "3"]:
        """Return the unit gaze in `norm` of a gaze of any length in `cam`."""
        gaze_norm = self.stretch(mode) * (self.norm_from_cam @ gaze_cam)
        return gaze_norm / np.linalg.norm(gaze_norm)

    def gaze_to_cam(self, gaze_norm: Float[np.ndarray, "3"], mode: GazeMode) -> Float[np.ndarray, "3"]:
        """Return the unit gaze in `cam` of one in `norm`: the inverse of `gaze`."""
        gaze_cam = self.norm_from_cam.T @ (gaze_norm / self.stretch(mode))
        return gaze_cam / np.linalg.norm(gaze_cam)

    def head(self, cam_from_head: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "3 3"]:
        """Return `norm_from_head` = R R_h."""
        return self.norm_from_cam @ cam_from_head


def normalise(
    centre_cam: Float[np.ndarray, "3"],
    cam_from_head: Float[np.ndarray, "3 3"],
    camera_matrix: Float[np.ndarray, "3 3"],
    norm_camera: NormCamera = MPIIGAZE_EYE,
) -> Normalisation:
    """Return R, S and W for an eye (or face) centre in metres and the set's head rotation R_h."""
    distance_m = float(np.linalg.norm(centre_cam))
    z = centre_cam / distance_m
    y = np.cross(z, cam_from_head[:, 0])
    y = y / np.linalg.norm(y)
    x = np.cross(y, z)  # unit already: y and z are unit and at right angles
    rotation = np.stack([x, y, z])
    scale = np.array([1.0, 1.0, norm_camera.distance_m / distance_m])
    warp = norm_camera.matrix @ (scale[:, None] * rotation) @ inverse_3x3(camera_matrix)
    return Normalisation(rotation, scale, warp)


def inverse_3x3(matrix: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "3 3"]:
    """Return the inverse by cross products of the rows.

    numpy's goes through LAPACK, whose threads cost milliseconds a call on a busy machine; one is wanted for every eye.
    """
    columns = np.stack(
        [np.cross(matrix[1], matrix[2]), np.cross(matrix[2], matrix[0]), np.cross(matrix[0], matrix[1])], axis=1
    )
    return columns / (matrix[0] @ columns[:, 0])


def head_pitch_yaw(norm_from_head: Float[np.ndarray, "*n 3 3"]) -> Float[np.ndarray, "*n 2"]:
    """Return (pitch, yaw) of the head's z axis (out of the back of the head): asin(v_y), atan2(v_x, v_z).

    It is the gaze formula for the direction -v, the way the face points: +pitch looks up, +yaw to the image's left.
    """
    return pitch_yaw_from_vector(-norm_from_head[..., :, 2])


def face_triangle(
    right_eye_mid: Float[np.ndarray, "3"], left_eye_mid: Float[np.ndarray, "3"], mouth_mid: Float[np.ndarray, "3"]
) -> Float[np.ndarray, "3 3"]:
    """Return MPIIGaze's head axes as columns x, y, z, in the frame of the three points given.

    x from the (subject's) right eye's midpoint to the left one's, y in the triangle's plane at right angles to x
    towards the mouth, z = x x y, backwards out of the face.  An eye's midpoint is the mean of its two corners.
    """
    x = left_eye_mid - right_eye_mid
    x = x / np.linalg.norm(x)
    down = mouth_mid - (right_eye_mid + left_eye_mid) / 2
    y = down - (down @ x) * x
    y = y / np.linalg.norm(y)
    return np.stack([x, y, np.cross(x, y)], axis=1)


@dataclass(frozen=True)
class NormalisedTargets:
    """What a gaze network is given and asked for: (pitch, yaw) of gaze and head in `norm`, radians, not mirrored."""

    gaze_pitch_yaw_rad: Float[np.ndarray, "2"]
    head_pitch_yaw_rad: Float[np.ndarray, "2"]
    normalisation: Normalisation


def normalised_targets(
    gaze_cam: Float[np.ndarray, "3"],
    centre_cam: Float[np.ndarray, "3"],
    cam_from_head: Float[np.ndarray, "*a b"],
    face_triangle_head: Float[np.ndarray, "3 3"],
    camera_matrix: Float[np.ndarray, "3 3"],
    mode: GazeMode,
    norm_camera: NormCamera = MPIIGAZE_EYE,
) -> NormalisedTargets:
    """Return the labels a published set would carry for one eye.

    Args:
        gaze_cam: What the set calls the gaze, of any length: target minus eye centre for MPIIGaze, or an axis.
        centre_cam: Mean of the eye's two corners (MPIIGaze) or the face's centre, metres.
        cam_from_head: 4x4 pose or its 3x3 rotation, of our head frame.
        face_triangle_head: The set's head axes in our head frame, as columns (see `face_triangle`).
        camera_matrix: K of the picture, px.
        mode: How the set normalises the gaze.
        norm_camera: The set's virtual camera.
    """
    cam_from_face = cam_from_head[:3, :3] @ face_triangle_head
    view = normalise(centre_cam, cam_from_face, camera_matrix, norm_camera)
    return NormalisedTargets(
        gaze_pitch_yaw_rad=pitch_yaw_from_vector(view.gaze(gaze_cam, mode)),
        head_pitch_yaw_rad=head_pitch_yaw(view.head(cam_from_face)),
        normalisation=view,
    )
