"""What iTracker is shown of a face of ours: its eyes and face as squares of the frame, and the point of the screen.

GazeCapture's way (Krafka et al. 2016), whose squares come from a phone's face detector.  Here the face's is that of
head poses (train/data/pose/crop.py), and an eye's stands about the middle of its corners, 1.5 times as wide as they
are apart when seen straight on.  The grid marks each of 25 x 25 cells of the frame that the face's square reaches into.

The point is where the gaze, which begins at the face's centre, meets the plane z = 0 of the camera (adapt/screen.py).
"""

import numpy as np
from jaxtyping import Bool, Float

from adapt.screen import GRID
from synth.export.face.normalised import NormalisedFace
from synth.sample import Sample
from train.data.face_gaze.gather import ScreenCut
from train.data.pose.crop import cut_out
from train.data.sift import LeftOut

EYE_MARGIN = 1.5
FURTHEST_CM = 100.0
"""A point further than this from the lens lies on no screen that it belongs to."""


def screen_cut(
    person: Sample, face: NormalisedFace, square_px: Float[np.ndarray, "4"], side: int
) -> ScreenCut | LeftOut:
    """Return the eyes, `side` x `side`, the grid and the point.

    Args:
        person: The sample.
        face: Of the person.
        square_px: Of the face.
        side: Of the eyes' pictures, px.

    Raises:
        DataError: A label is absent.
    """
    point_cm = point_on_screen(face.centre_cam, face.gaze_cam)
    if not np.hypot(*point_cm) <= FURTHEST_CM:  # NaN is not below it either
        return LeftOut(f"looks at no point within {FURTHEST_CM:.0f} cm of the lens")
    height, width = person.picture.shape[:2]
    squares = {name: eye_square(person, name) for name in ("left", "right")}
    for square in squares.values():
        middle = (square[:2] + square[2:]) / 2
        if not ((middle >= 0) & (middle <= [width, height])).all():
            return LeftOut("an eye outside of the picture")
    return ScreenCut(
        left_u8=cut_out(person.picture, squares["left"], side),
        right_u8=cut_out(person.picture, squares["right"], side),
        grid=face_grid(square_px, width, height),
        point_cm=point_cm,
        centre_cam_m=face.centre_cam,
        norm_from_cam=face.view.norm_from_cam,
    )


def point_on_screen(start_cam: Float[np.ndarray, "3"], gaze_cam: Float[np.ndarray, "3"]) -> Float[np.ndarray, "2"]:
    """Return where a gaze of any length meets the plane z = 0, cm, as adapt/screen.py tells it; NaN for nowhere."""
    if gaze_cam[2] >= 0:
        return np.full(2, np.nan)
    at_cam = start_cam - start_cam[2] / gaze_cam[2] * gaze_cam
    return -100 * at_cam[:2]


def eye_square(person: Sample, name: str) -> Float[np.ndarray, "4"]:
    """Return the square about the subject's left or right eye: left, top, right, bottom, px."""
    inner_cam, outer_cam = person.array(f"eyes.{name}.canthi_cam", 2, 3)
    focal_px = person.array("camera_matrix", 3, 3)[0, 0]
    middle = person.array(f"eyes.{name}.apparent.canthi_px", 2, 2).mean(axis=0)
    depth_m = (inner_cam[2] + outer_cam[2]) / 2
    half = EYE_MARGIN / 2 * focal_px * np.linalg.norm(inner_cam - outer_cam) / depth_m
    return np.concatenate([middle - half, middle + half])


def face_grid(square_px: Float[np.ndarray, "4"], width: int, height: int) -> Bool[np.ndarray, "25 25"]:
    """Return the cells of the frame, row by row, that a square reaches into."""
    left, top, right, bottom = square_px / np.array([width, height, width, height]) * GRID
    cell = np.arange(GRID)
    across = (cell < right) & (cell + 1 > left)
    down = (cell < bottom) & (cell + 1 > top)
    return down[:, None] & across
