"""Our own shards (see synth/shards) as faces with their gaze: everybody in a picture whose face can be told.

A face is warped by its labels into the normalised camera of MPIIFaceGaze, which is that of ETH-XGaze too: W depends on
f / d_n alone, 1.6 px a mm in both.  Its gaze goes from there to the target (synth/export/face/normalised.py).
For networks that tell a point of a screen (`on_screen`) it is cut out of the frame instead (screen.py).

Left out are the same faces as of head poses (train/data/pose/shards.py), and with `on_screen` those that look past
every screen.  The key of a face is the key of its sample, with "/1", "/2", ... for others than the first person.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from adapt.face_gaze_batch import FaceGazeBatch
from synth.errors import DataError
from synth.export.face.faces import HALF_PIXEL, face_of, holds_face, people
from synth.export.face.normalised import normalised_face
from synth.export.face.pose import HeadPose, rotation_of
from synth.export.warp import warped
from synth.geometry.gaze import pitch_yaw_from_vector
from synth.geometry.normalisation import MPIIFACEGAZE_FACE, NormCamera, head_pitch_yaw
from synth.sample import Sample
from synth.shards import iterate
from train.data.face_gaze.gather import GazeFace, Look, gather
from train.data.face_gaze.screen import screen_cut
from train.data.pose.crop import cut_out, face_square
from train.data.pose.shards import key_of, not_shown
from train.data.sift import Found, LeftOut, OnError, itself


def read_shards(
    folder: Path,
    side: int,
    on_screen: bool = False,
    on_error: OnError = OnError.stop,
) -> Found[FaceGazeBatch]:
    """Return the faces of a data set, `side` x `side`.

    Args:
        folder: Of the data set.
        side: Of the pictures, px.
        on_screen: Cut them out of the frame, with their eyes, and tell the point of the screen.
        on_error: What a damaged label does.

    Raises:
        DataError: There is no data set, or a shard is damaged; or a label is and `on_error` is stop; or none is left.
    """
    return gather(_looks(folder, reduced(MPIIFACEGAZE_FACE, side), on_screen), str(folder), on_error)


def _looks(folder: Path, camera: NormCamera, on_screen: bool) -> Iterator[Look]:
    for sample in iterate(folder):
        for number, person in enumerate(people(sample)):
            yield partial(face_in, person, number, camera, on_screen, folder)


def faces_in(sample: Sample, side: int, on_screen: bool, where: Path) -> FaceGazeBatch | None:
    """Return the faces of a sample; None where there is none that can be told."""
    camera = reduced(MPIIFACEGAZE_FACE, side)
    looks = (face_in(one, number, camera, on_screen, where) for number, one in enumerate(people(sample)))
    kept = [face for face in looks if isinstance(face, GazeFace)]
    return gather([partial(itself, face) for face in kept], str(where), OnError.stop).pictures if kept else None


def face_in(person: Sample, number: int, camera: NormCamera, on_screen: bool, folder: Path) -> GazeFace | LeftOut:
    """Return the face of a person, the sample whose labels are theirs; `number` is 0 for the first of a picture."""
    if not holds_face(person):
        return LeftOut("outside of the picture")
    try:
        face = face_of(person)
        square_px = face_square(face.outline68 + HALF_PIXEL)
        if (left_out := not_shown(face, rotation_of(face, HeadPose.sight), square_px)) is not None:
            return left_out
        normalised = normalised_face(person, camera)
        screen = screen_cut(person, normalised, square_px, camera.width) if on_screen else None
        if isinstance(screen, LeftOut):
            return screen
        if screen is None:
            image = rgb(warped(person.picture, normalised.view.warp, camera.width, camera.height)[0])
        else:
            image = cut_out(person.picture, square_px, camera.width)
    except DataError as error:
        raise DataError(f"{folder}: {error}") from error
    return GazeFace(
        key=key_of(person, number),
        image_u8=image,
        head_pitch_yaw_rad=head_pitch_yaw(normalised.norm_from_face),
        gaze_pitch_yaw_rad=pitch_yaw_from_vector(normalised.gaze_norm),
        screen=screen,
    )


def reduced(camera: NormCamera, side: int) -> NormCamera:
    """Return the camera that shows the same in `side` x `side` pixels."""
    return NormCamera(camera.focal_px * side / camera.width, camera.distance_m, side, side)


def rgb(picture: UInt8[np.ndarray, "..."]) -> UInt8[np.ndarray, "h w 3"]:
    """Return a picture, grey or RGB, as RGB."""
    return picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)
