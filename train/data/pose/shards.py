"""Our own shards (see synth/shards) as faces with their rotation: everybody in a picture whose face can be told.

Which rotation: a cut does not show where the axis of the lens was, and a head beside it looks turned by the angle at
which it stands there.  The labels of 300W-LP and AFLW2000 are fits of a face model in weak perspective, which know no
axis either: on drawn portraits such a fit is within a degree of the rotation against the line of sight (`sight`) and
several off the one in the camera (docs/formats.md).  So `sight` is the default; `camera` is `cam_from_head` as it is.

Left out, and counted: who turns further than 99 degrees, who is cut by the picture's edge, who is hidden by half or
more, and faces of so few pixels that a cut only enlarges them.

The key of a face is the key of its sample, with "/1", "/2", ... for others than the first person.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float

from adapt.face_batch import FaceBatch
from synth.errors import DataError
from synth.export.face.faces import HALF_PIXEL, Face, face_of, holds_face, people
from synth.export.face.pose import HeadPose, rotation_of
from synth.geometry.rotation import pitch_yaw_roll_upright
from synth.sample import Sample
from synth.shards import iterate
from train.data.pose.crop import face_square
from train.data.pose.gather import FAR, Look, PoseFace, gather, refuse_no_rotation, too_far
from train.data.sift import Found, LeftOut, OnError, itself

LEAST_INSIDE = 0.9
MOST_HIDDEN = 0.5
LEAST_SIDE_PX = 32.0
"""Of the square that is cut out."""


def read_shards(
    folder: Path, size: int, pose: HeadPose = HeadPose.sight, on_error: OnError = OnError.stop
) -> Found[FaceBatch]:
    """Return the faces of a data set, `size` x `size`.

    Raises:
        DataError: There is no data set, or a shard is damaged; or a label is and `on_error` is stop; or none is left.
    """
    return gather(_looks(folder, pose), str(folder), size, on_error)


def _looks(folder: Path, pose: HeadPose) -> Iterator[Look]:
    for sample in iterate(folder):
        for number, person in enumerate(people(sample)):
            yield partial(face_in, person, number, pose, folder)


def faces_in(sample: Sample, pose: HeadPose, where: Path, size: int) -> FaceBatch | None:
    """Return the faces of a sample, cut; None where there is none that can be told."""
    looks = [partial(face_in, person, number, pose, where) for number, person in enumerate(people(sample))]
    kept = [face for face in (look() for look in looks) if isinstance(face, PoseFace)]
    return gather([partial(itself, face) for face in kept], str(where), size, OnError.stop).pictures if kept else None


def face_in(person: Sample, number: int, pose: HeadPose, folder: Path) -> PoseFace | LeftOut:
    """Return the face of a person, the sample whose labels are theirs; `number` is 0 for the first of a picture."""
    if not holds_face(person):
        return LeftOut("outside of the picture")
    try:
        face = face_of(person)
    except DataError as error:
        raise DataError(f"{folder}: {error}") from error
    rotation = rotation_of(face, pose)
    refuse_no_rotation(rotation, f"{folder}: {person.key}")
    square_px = face_square(face.outline68 + HALF_PIXEL)
    if (left_out := not_shown(face, rotation, square_px)) is not None:
        return left_out
    return PoseFace(key=key_of(person, number), picture=person.picture, square_px=square_px, rotation=rotation)


def not_shown(face: Face, rotation: Float[np.ndarray, "3 3"], square_px: Float[np.ndarray, "4"]) -> LeftOut | None:
    """Return why a face is not shown well enough to learn from, or None where it is.

    Args:
        face: As its picture shows it.
        rotation: Of the head.
        square_px: What would be cut out.
    """
    if too_far(pitch_yaw_roll_upright(rotation)):
        return LeftOut(FAR)
    if face.inside_fraction < LEAST_INSIDE:
        return LeftOut("cut by the picture's edge")
    if face.hidden_fraction >= MOST_HIDDEN:
        return LeftOut("hidden")
    if np.ptp(square_px[[0, 2]]) < LEAST_SIDE_PX:
        return LeftOut("small")
    return None


def key_of(person: Sample, number: int) -> str:
    """Return the key of the face of a picture's person with this number."""
    return person.key if number == 0 else f"{person.key}/{number}"
