"""A folder of pictures of normalised faces (png, jpg), squares of any size, without labels: for predictions.

They are in the camera of MPIIFaceGaze or ETH-XGaze (synth/geometry/normalisation.py); a face that was cut in another
way is seen as another gaze.  The key of a face is its file name; head and gaze are unknown, NaN.
"""

from functools import partial
from pathlib import Path

from adapt.face_gaze_batch import FaceGazeBatch
from synth.shards.encode import decode_picture
from train.data.face_gaze.gather import UNKNOWN, GazeFace, gather, normalised_cut
from train.data.images import picture_paths
from train.data.sift import Found, OnError


def read_images(folder: Path, side: int, on_error: OnError = OnError.stop) -> Found[FaceGazeBatch]:
    """Return every picture of a folder, not of folders in it, `side` x `side`.

    Raises:
        DataError: There is no picture; or one is damaged, or no square, and `on_error` is stop; the message names it.
    """
    return gather((partial(face_in, path, side) for path in picture_paths(folder)), str(folder), on_error)


def face_in(path: Path, side: int) -> GazeFace:
    """Return the face of a picture."""
    image = normalised_cut(decode_picture(path.read_bytes(), str(path)), side, str(path))
    return GazeFace(path.name, image, head_pitch_yaw_rad=UNKNOWN, gaze_pitch_yaw_rad=UNKNOWN)
