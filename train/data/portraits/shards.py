"""Our own shards (see synth/shards) as portraits: everybody in a picture whose face can be told.

The attributes are those of `labels.face.celeba`, the person `labels.attributes.identity`: several pictures show one
where the data set was rendered with `subject.images_per_identity` of two or more.  Left out, and counted, is whom the
reader of heads leaves out (train/data/pose/shards.py).

The key of a face is the key of its sample, with "/1", "/2", ... for others than the first person.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from adapt.portraits import UNKNOWN, Portraits
from synth.errors import DataError
from synth.export.face.celeba import attributes
from synth.export.face.faces import HALF_PIXEL, face_of, holds_face, people
from synth.export.face.pose import HeadPose, rotation_of
from synth.sample import Sample
from synth.shards import iterate
from train.data.face_marks.square import face_box, square_about
from train.data.portraits.gather import Look, Portrait, gather
from train.data.pose.shards import key_of, not_shown
from train.data.sift import Found, LeftOut, OnError


def read_shards(folder: Path, size: int, on_error: OnError = OnError.stop) -> Found[Portraits]:
    """Return the faces of a data set, `size` x `size`.

    Raises:
        DataError: There is no data set, or a shard is damaged; or a label is and `on_error` is stop; or none is left.
    """
    return gather(_looks(folder), str(folder), size, on_error)


def _looks(folder: Path) -> Iterator[Look]:
    for sample in iterate(folder):
        for number, person in enumerate(people(sample)):
            yield partial(face_in, person, number, folder)


def face_in(person: Sample, number: int, folder: Path) -> Portrait | LeftOut:
    """Return the face of a person, the sample whose labels are theirs; `number` is 0 for the first of a picture."""
    if not holds_face(person):
        return LeftOut("outside of the picture")
    try:
        face = face_of(person)
        square_px = square_about(face_box(face.outline68 + HALF_PIXEL))
        if (left_out := not_shown(face, rotation_of(face, HeadPose.sight), square_px)) is not None:
            return left_out
        return Portrait(
            key=key_of(person, number),
            picture=person.picture,
            square_px=square_px,
            attributes=(np.array(attributes(person)) > 0).astype(np.int8),
            person=identity_of(person),
        )
    except DataError as error:
        raise DataError(f"{folder}: {error}") from error


def identity_of(person: Sample) -> int:
    """Return who it is; `UNKNOWN` of a data set that does not say.

    Raises:
        DataError: The label is no number of a person.
    """
    identity = person.labels.get("attributes", {}).get("identity", UNKNOWN)
    if not isinstance(identity, int) or (identity < 0 and identity != UNKNOWN):
        raise DataError(f"{person.key}: labels.attributes.identity is {identity!r}; expected a number from 0")
    return identity
