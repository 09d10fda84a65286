"""Head pose as 300W-LP and AFLW2000 write it.

`Pose_Para` is [pitch, yaw, roll (rad), tx, ty, tz (px), scale] of

    V' = scale R V + t,    y_img = H - 1 - V'_y

V are the head's points in micrometres, x right and y up in the picture of a head that faces the camera, z towards the
camera: diag(1, -1, -1) `head`.  R is `cam_from_head` in such axes.  The angles are the pair of the two possible ones
that keeps the head upright, so that a yaw can exceed 90 deg.

`HeadPose` says of which rotation the angles are.  A picture cut around a face does not show where the lens' axis was:
the same face looks turned by the angle at which it stands beside it.  `camera` is the rotation in the camera, exactly
`cam_from_head`; `sight` is the one against the line of sight to the head, all that a network which sees the face alone
can tell.  They are the same for a head on the axis.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from jaxtyping import Float

from synth.export.face.faces import Face
from synth.geometry.frames import apply, inverse
from synth.geometry.rotation import facing_rotation, geodesic_angle, pitch_yaw_roll_upright

UP = np.array([1.0, -1.0, -1.0])
UNITS_PER_M = 1e6
FURTHEST_DEG = 99.0
"""Beyond this the protocols of these sets leave a picture out."""


class HeadPose(Enum):
    """Whose rotation is written: see the module."""

    camera = "camera"
    sight = "sight"


POSES = {
    HeadPose.camera: "of the head in the camera (cam_from_head)",
    HeadPose.sight: "of the head against the line of sight from the lens to it",
}


@dataclass
class Tally:
    """How far the two rotations were apart, for a README."""

    angles_deg: list[float]

    def add(self, face: Face) -> None:
        """Count a face."""
        apart = geodesic_angle(rotation_of(face, HeadPose.camera), rotation_of(face, HeadPose.sight))
        self.angles_deg.append(float(np.degrees(apart)))

    def text(self, pose: HeadPose) -> str:
        """Say which rotation is written, and how far from the other it is."""
        mean = np.mean(self.angles_deg) if self.angles_deg else 0.0
        other = {HeadPose.camera: HeadPose.sight, HeadPose.sight: HeadPose.camera}[pose]
        return f"{POSES[pose]};\n      pose={other.value} would differ by {mean:.1f} deg on average"


def rotation_of(face: Face, pose: HeadPose) -> Float[np.ndarray, "3 3"]:
    """Return the rotation of a head that is written."""
    rotation = face.cam_from_head[:3, :3]
    if pose is HeadPose.camera:
        return rotation
    return facing_rotation(face.ibug68_cam.mean(axis=0)).T @ rotation


def angles_of(face: Face, pose: HeadPose) -> Float[np.ndarray, "3"]:
    """Return [pitch, yaw, roll], radians."""
    return pitch_yaw_roll_upright(rotation_of(face, pose))


def pose_para(face: Face, pose: HeadPose) -> Float[np.ndarray, "7"]:
    """Return `Pose_Para`: scale and t fit the iBUG points best, tz is 0 at the head's origin."""
    turned, at = _turned(face, pose), _upwards(face)
    centred, offset = turned[:, :2] - turned[:, :2].mean(axis=0), at - at.mean(axis=0)
    scale = float((centred * offset).sum() / (centred**2).sum())
    tx, ty = at.mean(axis=0) - scale * turned[:, :2].mean(axis=0)
    return np.array([*angles_of(face, pose), tx, ty, 0.0, scale])


def points_3d(face: Face, pose: HeadPose) -> Float[np.ndarray, "3 68"]:
    """Return `pt3d_68`: x and y (down) where iBUG's points are in the picture, the jaw on the bone; z towards it."""
    scale = pose_para(face, pose)[6]
    return np.stack([*face.ibug68.T, scale * _turned(face, pose)[:, 2]])


def region(face: Face) -> np.ndarray:
    """Return `roi`: left, top, right, bottom of the face, whole pixels counted from 1, int16 (1, 4)."""
    left, top, right, bottom = face.box
    return np.array([[np.floor(left) + 1, np.floor(top) + 1, np.ceil(right), np.ceil(bottom)]]).astype(np.int16)


def _turned(face: Face, pose: HeadPose) -> Float[np.ndarray, "68 3"]:
    """Return R V."""
    head = apply(inverse(face.cam_from_head), face.ibug68_cam)
    return UNITS_PER_M * (head @ rotation_of(face, pose).T) * UP


def _upwards(face: Face) -> Float[np.ndarray, "68 2"]:
    return np.stack([face.ibug68[:, 0], face.size[1] - 1 - face.ibug68[:, 1]], axis=1)
