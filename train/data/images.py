"""A folder of eye pictures (png, jpg), with what is known of them in an optional `labels.json` beside them.

    labels.json    {"NAME.png": {"side": "left" | "right", "head_pitch_yaw_rad": [p, y], "gaze_pitch_yaw_rad": [p, y]}}

Every entry may be absent: the side is then left, the head pose zero, and there is no gaze to compare with.  Angles are
those of the stored picture in `norm`; right eyes are mirrored by this reader.  Pictures are grey or RGB, of an eye in
MPIIGaze's normalised camera; another size than 60x36 is resized.  The key of an eye is its file name.
"""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from adapt.batch import Batch
from synth.errors import DataError
from synth.export.eye_patch import warp_grey
from synth.geometry.normalisation import MPIIGAZE_EYE
from synth.shards.encode import decode_picture
from train.data.gather import NO_GAZE, Eye, Look, gather
from train.data.shards import scaling
from train.data.sift import Found, OnError

ENDINGS = (".png", ".jpg", ".jpeg")
LABELS = "labels.json"


def picture_paths(folder: Path) -> list[Path]:
    """Return the pictures of a folder by name."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)


def read_images(folder: Path, on_error: OnError = OnError.stop) -> Found[Batch]:
    """Return every picture of a folder.

    Raises:
        DataError: There is none, or labels.json is damaged; or a picture or its entry is and `on_error` is stop; the
            message names it.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder")
    return gather(iterate(folder), str(folder), on_error)


def iterate(folder: Path) -> Iterator[Look]:
    """Yield looks at the pictures by name."""
    labels = read_labels(folder / LABELS)
    paths = picture_paths(folder)
    if stray := labels.keys() - {path.name for path in paths}:
        raise DataError(f"{folder / LABELS}: names {min(stray)}, which is not in the folder")
    for path in paths:
        yield partial(eye_in, path, labels.get(path.name, {}))


def eye_in(path: Path, known: dict[str, Any]) -> Eye:
    """Return the eye of a picture; `known` is its entry of labels.json."""
    folder = path.parent
    side = known.get("side", "left")
    if side not in ("left", "right"):
        raise DataError(f"{folder / LABELS}: {path.name}: side is {side!r}; expected left or right")
    picture = decode_picture(path.read_bytes(), str(path))
    warp = scaling(picture.shape[1], picture.shape[0])
    return Eye(
        key=path.name,
        image_u8=warp_grey(picture, warp, MPIIGAZE_EYE.width, MPIIGAZE_EYE.height)[0],
        head_pitch_yaw_rad=angles(known, "head_pitch_yaw_rad", np.zeros(2), folder, path.name),
        gaze_pitch_yaw_rad=angles(known, "gaze_pitch_yaw_rad", NO_GAZE, folder, path.name),
        right=side == "right",
        mirror=side == "right",
    )


def read_labels(path: Path) -> dict[str, dict[str, Any]]:
    """Return labels.json, empty where there is none."""
    if not path.exists():
        return {}
    try:
        labels = json.loads(path.read_bytes())
    except ValueError as error:
        raise DataError(f"{path}: not JSON ({error})") from error
    if not isinstance(labels, dict) or not all(isinstance(known, dict) for known in labels.values()):
        raise DataError(f"{path}: expected a mapping of file names to mappings")
    return labels


def angles(known: dict[str, Any], name: str, default: np.ndarray, folder: Path, key: str) -> np.ndarray:
    """Return two angles of an entry, or the default."""
    if name not in known:
        return default
    try:
        value = np.asarray(known[name], dtype=np.float64)
    except (TypeError, ValueError):
        value = np.empty(0)
    if value.shape != (2,) or not np.isfinite(value).all():
        raise DataError(f"{folder / LABELS}: {key}: {name} is {known[name]!r}; expected [pitch, yaw] in radians")
    return value
