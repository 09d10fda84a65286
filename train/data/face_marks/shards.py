"""Our own shards (see synth/shards) as faces with landmarks: everybody in a picture whose face can be told.

Landmarks are the apparent ones, through glasses and the cornea; of iBUG's the jaw is on the outline that is seen, as
300-W's annotators mark it.  Left out, and counted, is whom the reader of heads leaves out (train/data/pose/shards.py).

The key of a face is the key of its sample, with "/1", "/2", ... for others than the first person.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float

from adapt.marked_faces import MarkedFaces
from synth.errors import DataError
from synth.export.face.faces import HALF_PIXEL, JAW, Face, face_of, holds_face, people, visible
from synth.export.face.pose import HeadPose, rotation_of
from synth.sample import Sample
from synth.shards import iterate
from train.data.face_marks.gather import Look, MarkedFace, gather
from train.data.face_marks.points import FaceMarks
from train.data.face_marks.square import face_box, square_about
from train.data.face_marks.traits import traits_of
from train.data.pose.shards import key_of, not_shown
from train.data.sift import Found, LeftOut, OnError, itself


def read_shards(folder: Path, size: int, marks: FaceMarks, on_error: OnError = OnError.stop) -> Found[MarkedFaces]:
    """Return the faces of a data set, `size` x `size`.

    Raises:
        DataError: There is no data set, or a shard is damaged; or a label is and `on_error` is stop; or none is left.
    """
    return gather(_looks(folder, marks), str(folder), size, on_error)


def _looks(folder: Path, marks: FaceMarks) -> Iterator[Look]:
    for sample in iterate(folder):
        for number in range(len(people(sample))):
            yield partial(face_in, sample, number, marks, folder)


def faces_in(sample: Sample, size: int, marks: FaceMarks, where: Path) -> MarkedFaces | None:
    """Return the faces of a sample, cut; None where there is none that can be told."""
    looks = [face_in(sample, number, marks, where) for number in range(len(people(sample)))]
    kept = [partial(itself, face) for face in looks if isinstance(face, MarkedFace)]
    return gather(kept, str(where), size, OnError.stop).pictures if kept else None


def face_in(sample: Sample, number: int, marks: FaceMarks, folder: Path) -> MarkedFace | LeftOut:
    """Return the face of a person of a picture; the first one's number is 0."""
    person = people(sample)[number]
    if not holds_face(person):
        return LeftOut("outside of the picture")
    try:
        face = face_of(person)
        square_px = square_about(face_box(face.outline68 + HALF_PIXEL))
        if (left_out := not_shown(face, rotation_of(face, HeadPose.sight), square_px)) is not None:
            return left_out
        points_px, points_cam = landmarks(person, face, marks)
        seen = face.outline68_visible if marks is FaceMarks.ibug68 else visible(person, "dense478", marks.n)
        return MarkedFace(
            key=key_of(person, number),
            picture=person.picture,
            square_px=square_px,
            points_px=points_px,
            depth_px=depths_px(points_cam, float(person.array("camera_matrix", 3, 3)[0, 0])),
            visible=seen,
            traits=traits_of(sample, number),
        )
    except DataError as error:
        raise DataError(f"{folder}: {error}") from error


def landmarks(
    person: Sample, face: Face, marks: FaceMarks
) -> tuple[Float[np.ndarray, "n 2"], Float[np.ndarray, "n 3"]]:
    """Return a network's landmarks in px of the picture and in `cam`, metres."""
    if marks is FaceMarks.dense478:
        return face.dense478 + HALF_PIXEL, person.array("face.points.dense478.cam", marks.n, 3)
    jaw_cam = person.array("face.points.jaw_outline.cam", JAW, 3)
    return face.outline68 + HALF_PIXEL, np.concatenate([jaw_cam, face.ibug68_cam[JAW:]])


def depths_px(points_cam: Float[np.ndarray, "n 3"], focal_px: float) -> Float[np.ndarray, " n"]:
    """Return how far points lie behind their mean, px of a picture that shows them as large as it does there."""
    z = points_cam[:, 2]
    return np.asarray(focal_px * (z - z.mean()) / z.mean())
