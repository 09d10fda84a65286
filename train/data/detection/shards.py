"""Our own shards (see synth/shards) as pictures with boxes of faces, or of heads: everybody who is to be found in them.

    box=face    forehead to chin (`box_face_px`) of everybody whose face the picture shows: of a head that shows a
                quarter of its face or more and is not hidden entirely (synth/export/face/faces.py)
    box=head    the whole head with its hair (`box_head_px`) of everybody, seen from behind too; without a face in the
                picture there are no points

Boxes are cut at the picture's edge.  Told but ignored are those of whom less than a tenth is seen, and boxes of 10 px
or narrower: WIDER FACE's `invalid`, as our export writes it.  The points are all five, hidden or not, where the camera
sees them or would.

The key of a picture is that of its sample.  A picture with more people than `MOST` is left out and counted.
"""

from collections.abc import Iterator
from enum import Enum
from functools import partial
from pathlib import Path

import numpy as np

from adapt.detection_batch import DetectionBatch
from synth.errors import DataError
from synth.export.face.faces import HALF_PIXEL, LEAST_FACING, Face, face_of, holds_face, people
from synth.export.face.widerface import LEAST_SEEN
from synth.sample import Sample
from synth.shards import iterate
from train.data.detection.gather import Look, Marked, Picture, gather, large_enough, no_points, nobody
from train.data.detection.level import level_by_height
from train.data.sift import Found, LeftOut, OnError, itself

MOST = 64
"""Rows of faces that every picture of ours has; a crowd has at most 30 people."""


class Box(Enum):
    """What of a person is boxed in our own shards: the face from forehead to chin, or the whole head."""

    face = "face"
    head = "head"


def read_shards(
    folder: Path, side: int, box: Box = Box.face, on_error: OnError = OnError.stop
) -> Found[DetectionBatch]:
    """Return the pictures of a data set, squares of at most `side`.

    Raises:
        DataError: There is no data set, or a shard is damaged; or a label is and `on_error` is stop; or none is left.
    """
    return gather(_looks(folder, box), str(folder), side, on_error, MOST)


def _looks(folder: Path, box: Box) -> Iterator[Look]:
    for sample in iterate(folder):
        yield partial(picture_in, sample, box, folder)


def pictures_in(sample: Sample, box: Box, where: Path, side: int) -> DetectionBatch | None:
    """Return the picture of a sample; None where it is left out."""
    found = picture_in(sample, box, where)
    if isinstance(found, LeftOut):
        return None
    return gather([partial(itself, found)], str(where), side, OnError.stop, MOST).pictures


def picture_in(sample: Sample, box: Box, where: Path) -> Picture | LeftOut:
    """Return the picture of a sample with all who are to be found in it."""
    persons = people(sample)
    if len(persons) > MOST:
        return LeftOut(f"more than {MOST} people")
    try:
        faces = [face_of(person) for person in persons if holds_face(person)]
    except DataError as error:
        raise DataError(f"{where}: {error}") from error
    return Picture(sample.key, sample.picture, marked(faces, box))


def marked(faces: list[Face], box: Box) -> Marked:
    """Return who is to be found, and who may be."""
    if box is Box.face:
        faces = [face for face in faces if face.to_be_found]
    if not faces:
        return nobody()
    edge = np.array([*faces[0].size, *faces[0].size], dtype=np.float64)
    whole = np.stack([face.box if box is Box.face else face.head_box for face in faces])
    boxes = np.clip(whole, 0, edge)
    turned = np.array([face.facing < LEAST_FACING for face in faces])
    seen = np.array([face.visible_fraction for face in faces])
    # How much of a head is seen that shows no face is not told; its box is then wanted as it is.
    wanted = large_enough(boxes) & ((seen >= LEAST_SEEN) | turned)
    points = np.stack([face.five for face in faces]) + HALF_PIXEL
    points[turned] = no_points(int(turned.sum()))
    return Marked(boxes, points, wanted, level_by_height(boxes, wanted))
