"""COCO keypoints of faces (train/data/coco.py) as cuts with landmarks.

    images         id, file_name
    annotations    image_id, category_id, keypoints 3 x 68 [x, y, v]
    categories     id, name, keypoints: those of 68 keypoints are read, whatever their name

v = 1 is hidden, 2 seen.  A face some of whose points were not marked is left out and counted: its extent, which it is
cut by, is not known.  Our own export is of this form (synth/export/coco.py).  The key of a face is its picture's
file_name, of several with "/1", "/2", ...

The path is the .json, or a folder with `annotations.json`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from adapt.marked_faces import MarkedFaces
from synth.errors import DataError
from synth.export.face.faces import HALF_PIXEL
from synth.shards.encode import decode_picture
from train.data.coco import annotations_of, file_of, folder_of
from train.data.face_marks.gather import Look, MarkedFace, gather, unknown
from train.data.face_marks.square import face_box, square_about
from train.data.sift import Found, LeftOut, OnError

POINTS = 68


def read_coco(path: Path, size: int, on_error: OnError = OnError.stop) -> Found[MarkedFaces]:
    """Return the faces of a file, `size` x `size`.

    Raises:
        DataError: The file is absent, damaged or of another kind; or a face is damaged and `on_error` is stop; or none
            is left.
    """
    return gather(_looks(file_of(path)), str(path), size, on_error)


def _looks(file: Path) -> Iterator[Look]:
    with annotations_of(file) as document:
        kinds = {one["id"] for one in document["categories"] if len(one.get("keypoints", ())) == POINTS}
        names = {image["id"]: str(image["file_name"]) for image in document["images"]}
        marked = [(names[one["image_id"]], one) for one in document["annotations"] if one["category_id"] in kinds]
    folder, seen = folder_of(file), Counter[str]()
    for name, annotation in marked:
        yield partial(face_of, folder / name, f"{name}/{seen[name]}" if seen[name] else name, annotation, file)
        seen[name] += 1


def face_of(path: Path, key: str, annotation: Mapping[str, Any], file: Path) -> MarkedFace | LeftOut:
    """Return the face of an annotation."""
    try:
        table = np.array(annotation["keypoints"], dtype=np.float64).reshape(POINTS, 3)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{file}: {key}: its keypoints are damaged ({type(error).__name__}: {error})") from error
    if not np.isfinite(table).all():
        raise DataError(f"{file}: {key}: a keypoint is not finite")
    if not (table[:, 2] > 0).all():
        return LeftOut("not all points marked")
    try:
        picture = decode_picture(path.read_bytes(), str(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    points_px = table[:, :2] + HALF_PIXEL
    return MarkedFace(
        key=key,
        picture=picture,
        square_px=square_about(face_box(points_px)),
        points_px=points_px,
        depth_px=unknown(POINTS),
        visible=table[:, 2] == 2,
    )
