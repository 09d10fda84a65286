"""COCO's annotations of faces (train/data/coco.py) as pictures with boxes.

    images         id, file_name
    annotations    image_id, category_id, bbox [x, y, w, h], iscrowd, keypoints 3 K [x, y, v], optional
    categories     id, name: the one named "face", or the only one

bbox is continuous px, as ours.  Of 5 keypoints the order is ours; of iBUG's 68 (our export) the five are the means of
the lids, 30, 48 and 54; of any other number there are no points.  A crowd (iscrowd) is ignored, and so are boxes of
10 px or narrower.

The key of a picture is its file_name.  The path is the .json, or a folder with `annotations.json`.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from adapt.detection_batch import DetectionBatch
from synth.errors import DataError
from synth.export.face.faces import HALF_PIXEL
from synth.shards.encode import decode_picture
from train.data.coco import annotations_of, file_of, folder_of
from train.data.detection.gather import Look, Marked, Picture, gather, large_enough, no_points
from train.data.detection.level import level_by_height
from train.data.sift import Found, OnError

FACE = "face"


def read_coco(path: Path, side: int, on_error: OnError = OnError.stop) -> Found[DetectionBatch]:
    """Return the pictures of a file, squares of at most `side`.

    Raises:
        DataError: The file is absent, damaged or of another kind; or a picture is and `on_error` is stop; or none is
            left.
    """
    return gather(_looks(file_of(path)), str(path), side, on_error)


def _looks(file: Path) -> Iterator[Look]:
    with annotations_of(file) as document:
        category = category_of(document["categories"], file)
        of: dict[Any, list[Mapping[str, Any]]] = {image["id"]: [] for image in document["images"]}
        for annotation in document["annotations"]:
            if annotation["category_id"] == category:
                of[annotation["image_id"]].append(annotation)
        named = [(str(image["file_name"]), of[image["id"]]) for image in document["images"]]
    folder = folder_of(file)
    for name, annotations in named:
        yield partial(picture_of, folder, name, annotations, file)


def category_of(categories: list[Mapping[str, Any]], file: Path) -> Any:
    """Return the id of the category of faces."""
    faces = [one["id"] for one in categories if one["name"] == FACE] or [one["id"] for one in categories]
    if len(faces) != 1:
        raise DataError(f"{file}: none of its {len(faces)} categories is named {FACE!r}")
    return faces[0]


def picture_of(folder: Path, name: str, annotations: list[Mapping[str, Any]], file: Path) -> Picture:
    """Return a picture with its faces."""
    try:
        boxes = np.array([one["bbox"] for one in annotations], dtype=np.float64).reshape(-1, 4)
        crowd = np.array([bool(one.get("iscrowd", 0)) for one in annotations], dtype=bool)
        points = [five_of(np.array(one.get("keypoints", []), dtype=np.float64)) for one in annotations]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{file}: {name}: an annotation is damaged ({type(error).__name__}: {error})") from error
    if not np.isfinite(boxes).all():
        raise DataError(f"{file}: {name}: a bbox is not finite")
    boxes[:, 2:] += boxes[:, :2]
    path = folder / name
    try:
        picture = decode_picture(path.read_bytes(), str(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    wanted = large_enough(boxes) & ~crowd
    faces = Marked(boxes, np.stack(points) if points else no_points(0), wanted, level_by_height(boxes, wanted))
    return Picture(name, picture, faces)


def five_of(keypoints: Float[np.ndarray, " k"]) -> Float[np.ndarray, "5 2"]:
    """Return the five points of an annotation's keypoints, NaN where they are not told."""
    table = keypoints.reshape(-1, 3)
    points = np.where(table[:, 2:] > 0, table[:, :2] + HALF_PIXEL, np.nan)
    if len(points) == 5:
        return points
    if len(points) == 68:
        return np.stack([points[36:42].mean(axis=0), points[42:48].mean(axis=0), *points[[30, 48, 54]]])
    return no_points(1)[0]
