"""A folder of eye pictures (png, jpg), with what is known of them in an optional `labels.json` beside them.

    labels.json    {"NAME.png": {"side": "left" | "right", "head_pitch_yaw_rad": [p, y], "gaze_pitch_yaw_rad": [p, y]}}

Every entry may be absent: the side is then left, the head pose zero, and there is no gaze to compare with.  Angles are
those of the stored picture in `norm`; right eyes are mirrored by this reader.  Pictures are grey or RGB, of an eye in
MPIIGaze's normalised camera; another size than 60x36 is resized.  The key of an eye is its file name.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from adapt.batch import Batch
from synth.errors import DataError
from synth.export.eye_patch import warp_grey
from synth.geometry.normalisation import MPIIGAZE_EYE
from synth.shards.encode import decode_picture
from train.data.gather import NO_GAZE, Eye, gather
from train.data.pose.gather import OnError
from train.data.shards import scaling

ENDINGS = (".png", ".jpg", ".jpeg")
LABELS = "labels.json"


def picture_paths(folder: Path) -> list[Path]:
    """Return the pictures of a folder by name."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)


@dataclass(frozen=True)
class EyeSet:
    """What a folder holds.

    Attributes:
        eyes: By name.
        damaged: What was wrong with each picture that could not be read, where these are skipped.
    """

    eyes: Batch
    damaged: tuple[str, ...]


def read_images(folder: Path, on_error: OnError = OnError.stop) -> EyeSet:
    """Return every picture of a folder.

    Raises:
        DataError: None is left; or one is damaged and `on_error` is stop, or labels.json is: the message names it.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder")
    damaged: list[str] = []
    eyes = gather(iterate(folder, None if on_error is OnError.stop else damaged), str(folder))
    return EyeSet(eyes, tuple(damaged))


def iterate(folder: Path, damaged: list[str] | None) -> Iterator[Eye]:
    """Yield the pictures by name; what is wrong with one is added to `damaged`, or raised where that is None."""
    labels = read_labels(folder / LABELS)
    paths = picture_paths(folder)
    if stray := labels.keys() - {path.name for path in paths}:
        raise DataError(f"{folder / LABELS}: names {min(stray)}, which is not in the folder")
    for path in paths:
        known = labels.get(path.name, {})
        side = known.get("side", "left")
        if side not in ("left", "right"):
            raise DataError(f"{folder / LABELS}: {path.name}: side is {side!r}; expected left or right")
        try:
            picture = decode_picture(path.read_bytes(), str(path))
        except DataError as error:
            if damaged is None:
                raise
            damaged.append(str(error))
            continue
        warp = scaling(picture.shape[1], picture.shape[0])
        yield Eye(
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
