"""BIWI Kinect Head Pose (Fanelli et al. 2013): 24 videos of 20 people before a depth camera.

    ROOT/NN/frame_FFFFF_rgb.png     640x480
    ROOT/NN/frame_FFFFF_pose.txt    three lines of R, an empty line, the head's centre T in mm, both in the depth camera
    ROOT/NN/rgb.cal                 three lines of K; distortion; three lines of R and one of T (mm), from the depth
                                    camera to this one; width and height; with empty lines between them

R is `cam_from_head` in axes x right, y down, z away: the evaluators' angles (synth.geometry.rotation
.pitch_yaw_roll_from_biwi) are 300W-LP's of that very matrix.  It is taken as it stands, as all published figures do,
though the picture is of the camera beside it, which rgb.cal says is turned a little.

The published cuts are those of a face detector (MTCNN's box widened by 0.4 of its size, data/TYY_create_db_biwi.py of
shamangary/FSA-Net); frames in which it found none are not in the figures.  No detector is asked here: the square stands
about T in the picture and is as wide as crop.py's on a grown-up head.  Whoever wants the published cuts reads FSA-Net's
npz (fsanet_npz.py).

Protocol 1 tests on all videos what was trained on other sets.  Protocol 2 trains on 16 videos and tests on 8.  Which 8
FSA-Net drew at random; ours are fixed, and nobody is in both parts (four people were filmed twice: videos 2 and 21, 3
and 15, 5 and 18, 7 and 22).

The key of a face is "NN/frame_FFFFF".
"""

from collections.abc import Iterator
from enum import Enum
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float

from adapt.face_batch import FaceBatch
from synth.errors import DataError
from synth.export.face.faces import HALF_PIXEL
from synth.geometry.rotation import pitch_yaw_roll_upright
from synth.shards.encode import decode_picture
from train.data.pose.gather import FAR, Look, PoseFace, gather, refuse_no_rotation, too_far
from train.data.sift import Found, LeftOut, OnError

TEST = ("01", "04", "07", "10", "13", "17", "22", "23")
"""Videos of every third of the people: F01, F04, M01 (twice), M04, M07, M10, M13."""
SIDE_M = 0.26
"""Width of the square in the plane of the head's centre."""


class Part(Enum):
    """Which videos are read: all (protocol 1), or those for training or testing (protocol 2)."""

    all = "all"
    train = "train"
    test = "test"


def read_biwi(folder: Path, size: int, part: Part = Part.all, on_error: OnError = OnError.stop) -> Found[FaceBatch]:
    """Return the faces of the videos, `size` x `size`.

    Raises:
        DataError: A file is absent or damaged and `on_error` is stop; or none is left.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder")
    return gather(_looks(folder, part), str(folder), size, on_error)


def _looks(folder: Path, part: Part) -> Iterator[Look]:
    for video in sorted(folder.glob("[0-9][0-9]")):
        if part is Part.all or (video.name in TEST) is (part is Part.test):
            for picture in sorted(video.glob("frame_*_rgb.png")):
                yield partial(read_frame, picture)


def read_frame(picture: Path) -> PoseFace | LeftOut:
    """Return the face of one frame."""
    video, frame = picture.parent, picture.name.removesuffix("_rgb.png")
    pose = rows(video / f"{frame}_pose.txt", (3, 3, 3, 3))
    rotation, centre_m = np.stack(pose[:3]), pose[3] / 1000
    refuse_no_rotation(rotation, str(video / f"{frame}_pose.txt"))
    if too_far(pitch_yaw_roll_upright(rotation)):
        return LeftOut(FAR)
    return PoseFace(
        key=f"{video.name}/{frame}",
        picture=decode_picture(picture.read_bytes(), str(picture)),
        square_px=head_square(rows(video / "rgb.cal", (3, 3, 3, None, 3, 3, 3, 3, 2)), centre_m, picture),
        rotation=rotation,
    )


def head_square(
    calibration: list[Float[np.ndarray, "..."]], centre_m: Float[np.ndarray, "3"], picture: Path
) -> Float[np.ndarray, "4"]:
    """Return the square about a head whose centre is known in the depth camera.

    Args:
        calibration: The rows of rgb.cal.
        centre_m: Of the head.
        picture: For messages.
    """
    k, rotation, at_m = np.stack(calibration[:3]), np.stack(calibration[4:7]), calibration[7] / 1000
    x, y, z = rotation @ centre_m + at_m
    if z <= 0:
        raise DataError(f"{picture}: its head lies {-z:.2f} m behind the camera: pose.txt or rgb.cal is of another set")
    # OpenCV's K names pixels by integer centres.
    middle = np.array([k[0, 0] * x / z + k[0, 2], k[1, 1] * y / z + k[1, 2]]) + HALF_PIXEL
    half = k[0, 0] * SIDE_M / (2 * z)
    return np.concatenate([middle - half, middle + half])


def rows(path: Path, lengths: tuple[int | None, ...]) -> list[Float[np.ndarray, "..."]]:
    """Return the lines of numbers of a text file, empty ones apart.

    Args:
        path: Of the file.
        lengths: How many numbers each line must hold, None for any.

    Raises:
        DataError: The file is absent or holds something else.
    """
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        found = [np.array([float(word) for word in line.split()]) for line in lines if line.strip()]
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file") from error
    except (ValueError, OSError) as error:
        raise DataError(f"{path}: not a text of numbers ({error})") from error
    expected = ", ".join("any" if n is None else str(n) for n in lengths)
    if len(found) != len(lengths) or any(n not in (None, len(row)) for n, row in zip(lengths, found, strict=True)):
        raise DataError(f"{path}: has lines of {[len(row) for row in found]} numbers; expected {expected}")
    if not all(np.isfinite(row).all() for row in found):
        raise DataError(f"{path}: holds what is not a finite number")
    return found
