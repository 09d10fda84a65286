"""Rotation matrices, rotation vectors and the Euler angles of the head-pose sets.

A rotation is a 3x3 matrix that maps column vectors, named `target_from_source`.  The head's rotation is
`cam_from_head`: identity when the subject faces the lens (both frames x right in the image, y down, z away from the
lens).  Angles are radians.

    rotation_x(a) turns y towards z, rotation_y(a) turns z towards x, rotation_z(a) turns x towards y.

300W-LP, AFLW2000 and BIWI share one decomposition,

    cam_from_head = Rx(-pitch) Ry(yaw) Rz(roll)

    pitch > 0 raises the nose, yaw > 0 turns it to the image's left, roll > 0 turns the head clockwise in the image.
"""

import numpy as np
from jaxtyping import Float

GIMBAL = 1e-9
"""Cosine of a yaw at which pitch and roll are one turn: all of it is called pitch."""


def rotation_x(angle_rad: float) -> Float[np.ndarray, "3 3"]:
    """Return the rotation about x that turns y towards z."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def rotation_y(angle_rad: float) -> Float[np.ndarray, "3 3"]:
    """Return the rotation about y that turns z towards x."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def rotation_z(angle_rad: float) -> Float[np.ndarray, "3 3"]:
    """Return the rotation about z that turns x towards y (clockwise on the screen in `cam`)."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def cross_matrix(v: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3 3"]:
    """Return the matrix [v]x with [v]x w = v x w."""
    return np.array([[0.0, -v[2], v[1]], [v[2], 0.0, -v[0]], [-v[1], v[0], 0.0]])


def rotation_from_vector(vector_rad: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3 3"]:
    """Return the rotation about `vector_rad` by its length (Rodrigues; OpenCV's convention).

    sinc and the half-angle form keep every digit for small angles, the zero vector included.
    """
    vector = np.asarray(vector_rad, dtype=np.float64)
    angle = float(np.linalg.norm(vector))
    k = cross_matrix(vector)
    # np.sinc(t) is sin(pi t) / (pi t).
    return np.eye(3) + np.sinc(angle / np.pi) * k + 0.5 * np.sinc(angle / (2 * np.pi)) ** 2 * (k @ k)


def vector_from_rotation(rotation: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "3"]:
    """Return the rotation vector, of length in [0, pi], by way of the quaternion's largest component.

    Dividing by the largest of the four components keeps the digits at 0 and at pi, where the skew part alone has none
    (Shepperd 1978).
    """
    r = np.asarray(rotation, dtype=np.float64)
    x, y, z = r[0, 0], r[1, 1], r[2, 2]
    squares = np.array([1 + x + y + z, 1 + x - y - z, 1 - x + y - z, 1 - x - y + z])
    d = np.array([r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]])
    s = np.array([r[2, 1] + r[1, 2], r[0, 2] + r[2, 0], r[1, 0] + r[0, 1]])
    rows = np.array(
        [
            [squares[0], d[0], d[1], d[2]],
            [d[0], squares[1], s[2], s[1]],
            [d[1], s[2], squares[2], s[0]],
            [d[2], s[1], s[0], squares[3]],
        ]
    )
    quaternion = rows[int(np.argmax(squares))]
    quaternion = quaternion / np.linalg.norm(quaternion)
    if quaternion[0] < 0:
        quaternion = -quaternion
    sine = float(np.linalg.norm(quaternion[1:]))
    angle = 2 * np.arctan2(sine, quaternion[0])
    return quaternion[1:] * (angle / sine if sine > 1e-12 else 2.0)


def geodesic_angle(a: Float[np.ndarray, "*n 3 3"], b: Float[np.ndarray, "*n 3 3"]) -> Float[np.ndarray, "*n"]:
    """Return the angle of the rotation from `a` to `b`, in [0, pi].

    |a - b| = 2 sqrt(2) sin(angle / 2) in the Frobenius norm, and trace(a' b) = 1 + 2 cos(angle): atan2 of the two
    halves is exact at 0 and at pi, where arccos of the trace is not.
    """
    sine = np.linalg.norm(a - b, axis=(-2, -1)) / (2 * np.sqrt(2.0))
    cosine = np.sqrt(np.maximum(1 + np.sum(a * b, axis=(-2, -1)), 0.0)) / 2
    return np.asarray(2 * np.arctan2(sine, cosine))


def mirror_rotation(cam_from_head: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "3 3"]:
    """Return the rotation of the mirrored head in the picture flipped left to right: M R M with M = diag(-1, 1, 1)."""
    mirror = np.array([-1.0, 1.0, 1.0])
    return mirror[:, None] * cam_from_head * mirror[None, :]


def rotation_from_pitch_yaw_roll(pitch_yaw_roll_rad: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3 3"]:
    """Return `cam_from_head` of the Euler angles of 300W-LP's `Pose_Para`: Rx(-pitch) Ry(yaw) Rz(roll)."""
    pitch, yaw, roll = (float(a) for a in pitch_yaw_roll_rad)
    return rotation_x(-pitch) @ rotation_y(yaw) @ rotation_z(roll)


def pitch_yaw_roll_from_rotation(cam_from_head: Float[np.ndarray, "*n 3 3"]) -> Float[np.ndarray, "*n 3"]:
    """Return [pitch, yaw, roll] as in 300W-LP's and AFLW2000's `Pose_Para`; yaw in [-pi/2, pi/2].

    yaw by atan2 against the length of the rest, which is asin(R02) with all its digits at +-90 deg.  roll is what is
    left when pitch is undone: atan2(-R01, R00), except near +-90 deg.  There pitch and roll are nearly one turn, pitch
    alone comes from noise, and the roll that belongs to it makes up for that.
    """
    r = cam_from_head
    level = np.hypot(r[..., 1, 2], r[..., 2, 2])
    pitch = np.where(level > GIMBAL, np.arctan2(r[..., 1, 2], r[..., 2, 2]), np.arctan2(-r[..., 2, 1], r[..., 1, 1]))
    yaw = np.arctan2(r[..., 0, 2], level)
    c, s = np.cos(pitch), np.sin(pitch)
    roll = np.arctan2(c * r[..., 1, 0] - s * r[..., 2, 0], c * r[..., 1, 1] - s * r[..., 2, 1])
    return np.stack([pitch, yaw, roll], axis=-1)


def pitch_yaw_roll_upright(cam_from_head: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "3"]:
    """Return the [pitch, yaw, roll] of 300W-LP that keep the head upright, of the two that give one rotation.

    (pitch, yaw, roll) and (pitch + pi, pi - yaw, roll + pi) are the same.  A head that is turned by 95 deg has yaw 95
    in the data sets, whose protocols drop what turns further than 99 deg; the arcsine alone would call it upside down.
    """
    first = pitch_yaw_roll_from_rotation(cam_from_head)
    half_turn = np.array([np.pi, np.pi, np.pi])
    other = (first * [1, -1, 1] + half_turn + np.pi) % (2 * np.pi) - np.pi
    return first if np.abs(first[[0, 2]]).sum() <= np.abs(other[[0, 2]]).sum() else other


def facing_rotation(head_cam_m: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3 3"]:
    """Return `cam_from_head` of a head that faces the lens upright: z away from the lens, x level.

    Its transpose takes a head's rotation in the camera to the one against the line of sight.
    """
    z = head_cam_m / np.linalg.norm(head_cam_m)
    x = np.cross([0.0, 1.0, 0.0], z)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z], axis=1)


def pitch_yaw_roll_from_biwi(pose_file_rotation: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "3"]:
    """Return [pitch, yaw, roll] of the 3x3 of a BIWI `_pose.txt`, by the formulas of that set's evaluators.

    They read the transpose: roll = -atan2(R10, R00), yaw = -atan2(-R20, hypot(R21, R22)), pitch = atan2(R21, R22).
    """
    r = np.asarray(pose_file_rotation).T
    pitch = np.arctan2(r[2, 1], r[2, 2])
    yaw = -np.arctan2(-r[2, 0], np.hypot(r[2, 1], r[2, 2]))
    roll = -np.arctan2(r[1, 0], r[0, 0])
    return np.array([pitch, yaw, roll])
