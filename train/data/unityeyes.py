"""A folder of UnityEyes (Wood et al. 2016): N.jpg and N.json, by the rules that synth/export/unityeyes.py states.

Its files hold px and depths, but neither camera nor eyeball.  Both follow: points with depths are points in space once
the focal length is known, and the iris, a circle of known size, knows it.  With q = (u - W/2, v - H/2) z of a point,
its place is (q / f, z); opposite points of a circle of radius r are 2 r apart:

    sum |dq|^2 / f^2 + dz^2 = 4 r^2        over the 16 pairs, solved for f
    r = iris_size x 5.886 mm,  eyeball centre = iris centre - sqrt(R^2 - r^2) look_vec,  R = 12.08 mm

R is from a file of the program, of 800x600 px: the lens' axis meets its look_vec 10.76 mm behind the iris, where the
eyeball's centre stands 10.00 cm before the lens.  Files that `canthus export` wrote tell their camera, whose axis may
lie beside the picture's middle, and their pupil.  Their iris lies about a millimetre behind the limbus, so that the
centre found is as much too deep, which at a gaze of 20 degrees shows as 0.3 mm.

Gaze is look_vec, the optical axis.  Every eye is a left one already.  The key of an eye is its picture's name.
"""

import json
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from scipy.spatial.transform import Rotation

from adapt.batch import Batch
from synth.errors import DataError
from synth.export.eye_patch import warp_grey
from synth.export.unityeyes import UNIT_IRIS_RADIUS_M, UP
from synth.geometry.camera import unproject
from synth.geometry.gaze import pitch_yaw_from_vector
from synth.geometry.normalisation import MPIIGAZE_EYE, GazeMode, head_pitch_yaw, normalise
from synth.shards.encode import decode_picture
from train.data.gather import Eye, gather
from train.data.sift import Found, OnError

EYEBALL_RADIUS_M = 0.01208
NUMBER = re.compile(r"[0-9]+\.json")


@dataclass(frozen=True)
class UnityEye:
    """A file of UnityEyes in our terms.

    Attributes:
        key: Name of the picture.
        picture: Grey or RGB, u8.
        camera_matrix: Px.
        cam_from_head: Rotation.
        gaze_cam: look_vec, unit.
        lid_margin_cam: Metres; 0 the inner corner, 8 the outer one.
        iris_cam: Metres; as ours begins, at the right of the picture.
        pupil_px: Likewise; NaN where the file, which is then the program's own, has none.
        lid_margin_px: Px.
        iris_px: Px.
    """

    key: str
    picture: UInt8[np.ndarray, "..."]
    camera_matrix: Float[np.ndarray, "3 3"]
    cam_from_head: Float[np.ndarray, "3 3"]
    gaze_cam: Float[np.ndarray, "3"]
    lid_margin_cam: Float[np.ndarray, "16 3"]
    iris_cam: Float[np.ndarray, "32 3"]
    pupil_px: Float[np.ndarray, "32 2"]
    lid_margin_px: Float[np.ndarray, "16 2"]
    iris_px: Float[np.ndarray, "32 2"]

    @property
    def centre_of_canthi_cam(self) -> Float[np.ndarray, "3"]:
        """The mean of the corners of the lids, metres."""
        return self.lid_margin_cam[[0, 8]].mean(axis=0)

    @property
    def eyeball_centre_cam(self) -> Float[np.ndarray, "3"]:
        """The centre of the eyeball, metres."""
        iris_centre_cam = self.iris_cam.mean(axis=0)
        radius_m = np.linalg.norm(self.iris_cam - iris_centre_cam, axis=1).mean()
        return iris_centre_cam - np.sqrt(EYEBALL_RADIUS_M**2 - radius_m**2) * self.gaze_cam


def holds_unityeyes(folder: Path) -> bool:
    """Say whether a folder has a numbered JSON file beside a picture of the same name."""
    return any(path.with_suffix(".jpg").is_file() for path in folder.glob("*.json") if NUMBER.fullmatch(path.name))


def read_unityeyes(folder: Path, on_error: OnError = OnError.stop) -> Found[Batch]:
    """Return every eye of a folder, in pictures of 60x36.

    Raises:
        DataError: There is none; or one is damaged and `on_error` is stop; the message names its file.
    """
    return gather((partial(normalised, path) for path in eye_paths(folder)), str(folder), on_error)


def normalised(path: Path) -> Eye:
    """Return the normalised eye of one JSON file and its picture."""
    return eye_of(read_eye(path))


def eye_paths(folder: Path) -> list[Path]:
    """Return the JSON files of a folder by number.

    Raises:
        DataError: There is none.
    """
    paths = [path for path in folder.glob("*.json") if NUMBER.fullmatch(path.name)]
    if not paths:
        raise DataError(f"{folder}: holds no N.json of UnityEyes")
    return sorted(paths, key=lambda one: int(one.stem))


def read_eye(path: Path) -> UnityEye:
    """Return the eye of one JSON file and the picture beside it.

    Raises:
        DataError: Something is missing in it or impossible.
    """
    beside = path.with_suffix(".jpg")
    if not beside.is_file():
        raise DataError(f"{path}: its picture {beside.name} is missing")
    picture = decode_picture(beside.read_bytes(), str(beside))
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: no JSON of UnityEyes") from error
    height, width = picture.shape[:2]
    lids, iris = (_points(document, name, n, height, path) for name, n in (("interior_margin_2d", 16), ("iris_2d", 32)))
    iris = np.roll(iris, -16, axis=0)
    pupil, radius_m = (
        np.full((32, 3), np.nan),
        UNIT_IRIS_RADIUS_M * _numbers(document, "eye_details.iris_size", 1, path),
    )
    if "canthus" in document:
        pupil = np.roll(_points(document, "canthus.pupil_2d", 32, height, path), -16, axis=0)
        camera_px = _numbers(document, "canthus.camera_matrix", 4, path)
    else:
        focal_px = focal_of(iris, float(radius_m[0]), width, height)
        camera_px = np.array([focal_px, focal_px, width / 2, height / 2])
    if not camera_px[:2].min() > 0:  # NaN is not above it either
        raise DataError(f"{path}: iris_2d is no circle of iris_size before a picture of {width}x{height}")
    camera_matrix = np.array([[camera_px[0], 0.0, camera_px[2]], [0.0, camera_px[1], camera_px[3]], [0.0, 0.0, 1.0]])
    look = _numbers(document, "eye_details.look_vec", 4, path)[:3] * UP
    length = float(np.linalg.norm(look))
    if not abs(length - 1) < 0.01:
        raise DataError(f"{path}: look_vec has the length {length:.3f}; expected 1")
    pitch, yaw, roll = _numbers(document, "head_pose", 3, path)
    head_from_camera = Rotation.from_euler("YXZ", [yaw, pitch, roll], degrees=True).as_matrix()
    return UnityEye(
        key=beside.name,
        picture=picture,
        camera_matrix=camera_matrix,
        cam_from_head=-(head_from_camera * UP).T,
        gaze_cam=look / length,
        lid_margin_cam=unproject(camera_matrix, lids[:, :2], lids[:, 2]),
        iris_cam=unproject(camera_matrix, iris[:, :2], iris[:, 2]),
        pupil_px=pupil[:, :2],
        lid_margin_px=lids[:, :2],
        iris_px=iris[:, :2],
    )


def eye_of(eye: UnityEye) -> Eye:
    """Return the normalised eye of 60x36; the head's angles are those of UnityEyes' own head frame."""
    view = normalise(eye.centre_of_canthi_cam, eye.cam_from_head, eye.camera_matrix)
    return Eye(
        key=eye.key,
        image_u8=warp_grey(eye.picture, view.warp, MPIIGAZE_EYE.width, MPIIGAZE_EYE.height)[0],
        head_pitch_yaw_rad=head_pitch_yaw(view.head(eye.cam_from_head)),
        gaze_pitch_yaw_rad=pitch_yaw_from_vector(view.gaze(eye.gaze_cam, GazeMode.direction)),
        right=False,
        mirror=False,
    )


def focal_of(iris: Float[np.ndarray, "32 3"], radius_m: float, width: int, height: int) -> float:
    """Return the focal length (px) that makes px and depths of an iris a circle of this radius; NaN if none does."""
    places = (iris[:, :2] - [width / 2, height / 2]) * iris[:, 2:]
    across, deep_m = places[:16] - places[16:], iris[:16, 2] - iris[16:, 2]
    left = 16 * (2 * radius_m) ** 2 - (deep_m**2).sum()
    return float(np.sqrt((across**2).sum() / left)) if left > 0 and iris[:, 2].min() > 0 else float("nan")


def _points(document: Any, name: str, n: int, height: int, path: Path) -> Float[np.ndarray, "n 3"]:
    """Return u, v from the top (px) and depth (m) of n points."""
    texts = _entry(document, name, path)
    if not isinstance(texts, list) or len(texts) != n:
        raise DataError(f"{path}: {name} is no list of {n} points")
    x, y, depth_cm = np.array([_parsed(text, 3, name, path) for text in texts]).T
    return np.stack([x, height - y, depth_cm / 100], axis=1)


def _numbers(document: Any, name: str, n: int, path: Path) -> Float[np.ndarray, " n"]:
    """Return the numbers of an entry, "(a, b, c)" or "a"."""
    return _parsed(_entry(document, name, path), n, name, path)


def _entry(document: Any, name: str, path: Path) -> Any:
    """Return the entry of a dotted name."""
    value = document
    for part in name.split("."):
        if not isinstance(value, dict) or part not in value:
            raise DataError(f"{path}: {name} is missing")
        value = value[part]
    return value


def _parsed(text: Any, n: int, name: str, path: Path) -> Float[np.ndarray, " n"]:
    try:
        values = np.array([float(part) for part in str(text).strip().strip("()").split(",")])
    except ValueError:
        values = np.empty(0)
    if values.shape != (n,) or not np.isfinite(values).all():
        raise DataError(f"{path}: {name} has {str(text)[:60]!r} where {n} numbers are expected")
    return values
