"""UnityEyes (train/data/unityeyes.py) as normalised eyes with landmarks; it does not say which points are visible."""

from functools import partial
from pathlib import Path

import numpy as np

from adapt.marked_eyes import MarkedEyes
from synth.geometry.camera import project
from synth.geometry.gaze import pitch_yaw_from_vector
from synth.geometry.normalisation import GazeMode, eye_camera, normalise
from train.data.marks.gather import MarkedEye, gather
from train.data.marks.points import EyePoints, Marks
from train.data.sift import Found, OnError
from train.data.unityeyes import EYEBALL_RADIUS_M, UnityEye, eye_paths, read_eye


def read_unityeyes(
    folder: Path, size: tuple[int, int], marks: Marks, on_error: OnError = OnError.stop
) -> Found[MarkedEyes]:
    """Return every eye of a folder, in pictures of this height and width.

    Raises:
        DataError: There is none; or one is damaged, or has no pupil and one is asked for, and `on_error` is stop.
    """
    return gather((partial(normalised, path, size) for path in eye_paths(folder)), str(folder), size, marks, on_error)


def normalised(path: Path, size: tuple[int, int]) -> MarkedEye:
    """Return the eye of one JSON file and its picture."""
    return eye_of(read_eye(path), size)


def eye_of(eye: UnityEye, size: tuple[int, int]) -> MarkedEye:
    """Return the eye with the map that normalises it."""
    height, width = size
    camera = eye_camera(width, height)
    view = normalise(eye.centre_of_canthi_cam, eye.cam_from_head, eye.camera_matrix, camera)
    centre_cam = eye.eyeball_centre_cam
    inside_cam = np.stack([centre_cam + EYEBALL_RADIUS_M * eye.gaze_cam, centre_cam])
    iris_centre_px, eyeball_centre_px = project(eye.camera_matrix, inside_cam)
    return MarkedEye(
        key=eye.key,
        picture=eye.picture,
        points=EyePoints(
            lid_margin_px=eye.lid_margin_px,
            iris_px=eye.iris_px,
            pupil_px=eye.pupil_px,
            iris_centre_px=iris_centre_px,
            eyeball_centre_px=eyeball_centre_px,
            lid_margin_seen=np.ones(16, dtype=bool),
            iris_seen=np.ones(32, dtype=bool),
            pupil_seen=np.ones(32, dtype=bool),
        ),
        warp=view.warp,
        radius_px=camera.focal_px * EYEBALL_RADIUS_M / float((view.scale * (view.norm_from_cam @ centre_cam))[2]),
        gaze_pitch_yaw_rad=pitch_yaw_from_vector(view.gaze(eye.gaze_cam, GazeMode.direction)),
        right=False,
        mirror=False,
    )
