"""COCO keypoints: pictures, and one annotation for every eye that is in sight and every face that is to be found.

    images/KEY.png         the picture, pixel for pixel as it was rendered
    annotations.json       COCO's own: images, categories (those that occur), annotations

eye   87 keypoints, from the inner corner: lid margin 16, caruncle 7, iris 32, pupil 32; iris and pupil are the contours
      seen through the cornea.  bbox: the lid margin within the picture; segmentation the lid margin, area its area.
face  68 keypoints of iBUG, the jaw on the visible outline.  bbox: forehead to chin within the picture; segmentation is
      the bbox, area its area; head_bbox the whole head's, visible_fraction what part of the face is seen.  Faces that
      are turned away or wholly hidden have none; a picture without faces has no annotation.

v = 0 outside of the picture (x = y = 0), 1 in it but occluded, 2 seen.  Pixels: a keypoint of COCO names a pixel, its
centre an integer, so a keypoint is our px minus one half.  Boxes and polygons of COCO are continuous with (0, 0) the
corner of the first pixel, as ours: they are not shifted.  bbox is x, y, width, height.
"""

import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from jaxtyping import Bool, Float

from synth.export.face.faces import HALF_PIXEL, Face, faces_to_find, holds_face, people
from synth.label.ibug import LINES
from synth.sample import Sample
from synth.shards.encode import Encoding, encode_picture

GROUPS = (
    ("lid", "apparent.lid_margin_px", "lid_margin", 16),
    ("caruncle", "apparent.caruncle_px", "caruncle", 7),
    ("iris", "apparent.iris_px", "iris", 32),
    ("pupil", "apparent.pupil_px", "pupil", 32),
)
NAMES = [f"{group}_{i}" for group, _, _, n in GROUPS for i in range(n)]
FACE_NAMES = [f"ibug_{i}" for i in range(68)]
FACE_BONES = [
    [i + 1, (i + 1 if i < line.last else line.first) + 1]
    for line in LINES
    for i in range(line.first, line.last + line.closed)
]
EYE, FACE = 1, 2
INFO = {
    "description": "rendered eyes and faces; keypoints name pixels by integer centres, boxes are continuous; "
    "gaze in the camera, optical and visual axis",
    "version": "1",
}
README = """\
COCO keypoints of eyes and faces, rendered: images/ and annotations.json.
{samples} pictures, {eyes} eyes, {faces} faces.
Keypoints of an eye: lid margin 16 (from the inner corner along the upper lid and back), caruncle 7, iris 32, pupil 32;
      iris and pupil as seen through the cornea.  Of a face: iBUG's 68, the jaw on the visible outline.
      x, y name pixels by integer centres (continuous px minus 0.5).  v = 0 outside of the picture, 1 occluded, 2 seen.
      bbox and segmentation: continuous px, (0, 0) the corner; of a face both are the box from forehead to chin.
      head_bbox: the whole head within the picture, hair and ears included; visible_fraction: part of the face seen.
Head: pitch_yaw_roll_rad of each face, 300W-LP's angles of cam_from_head.
Gaze: optical_pitch_yaw_rad and visual_pitch_yaw_rad of each eye, in the camera, not normalised; +pitch looks up,
      +yaw to the left of the image.
"""


def write_coco(samples: Iterable[Sample], folder: Path) -> str:
    """Write the samples into an empty folder and return the text of its README.

    Raises:
        DataError: A label that the format needs is absent.
    """
    (folder / "images").mkdir()
    pictures = 0
    found = {EYE: 0, FACE: 0}
    waiting = folder / "annotations.part"  # so that neither list is ever held in memory
    with (
        (folder / "annotations.json").open("w", encoding="ascii") as file,
        waiting.open("w+", encoding="ascii") as aside,
    ):
        file.write(json.dumps({"info": INFO, "licenses": []})[:-1] + ', "images": [')
        for sample in samples:
            name = f"{sample.key}.png"
            (folder / "images" / name).write_bytes(encode_picture(sample.picture, Encoding()))
            height, width = sample.picture.shape[:2]
            _add(file, {"id": sample.index, "file_name": name, "width": width, "height": height}, first=pictures == 0)
            eyes = (eye for person in people(sample) for eye in annotations(person))
            for annotation in (*eyes, *face_annotations(sample)):
                number = sum(found.values())
                _add(aside, {"id": number + 1, **annotation}, first=number == 0)
                found[annotation["category_id"]] += 1
            pictures += 1
        file.write('], "annotations": [')
        aside.seek(0)
        shutil.copyfileobj(aside, file)
        file.write('], "categories": ' + json.dumps([_category(kind) for kind, n in found.items() if n]) + "}\n")
    waiting.unlink()
    return README.format(samples=pictures, eyes=found[EYE], faces=found[FACE])


def annotations(sample: Sample) -> Iterator[dict[str, Any]]:
    """Yield the annotation (without its id) of each eye of which a point can be seen."""
    size_px = np.array(sample.picture.shape[1::-1], dtype=np.float64)
    for side in ("left", "right"):
        eye = f"eyes.{side}"
        points_px = np.concatenate([sample.array(f"{eye}.{label}", n, 2) for _, label, _, n in GROUPS])
        seen = np.concatenate([sample.array(f"{eye}.points.{kind}.visible", n) > 0 for _, _, kind, n in GROUPS])
        inside = ((points_px >= 0) & (points_px < size_px)).all(axis=1)
        if not (seen & inside).any():
            continue
        lids_px = points_px[:16]
        low, high = (np.clip(edge, 0, size_px) for edge in (lids_px.min(axis=0), lids_px.max(axis=0)))
        yield {
            "image_id": sample.index,
            "category_id": EYE,
            "iscrowd": 0,
            **_keypoints(points_px, seen, inside),
            "bbox": _short(np.concatenate([low, high - low])),
            "segmentation": [_short(lids_px)],
            "area": _area(lids_px),
            "subject_eye": side,
            "optical_pitch_yaw_rad": sample.array(f"{eye}.optical_pitch_yaw_rad", 2).tolist(),
            "visual_pitch_yaw_rad": sample.array(f"{eye}.visual_pitch_yaw_rad", 2).tolist(),
        }


def face_annotations(sample: Sample) -> Iterator[dict[str, Any]]:
    """Yield the annotation (without its id) of each face that is to be found in the picture."""
    if not any(map(holds_face, people(sample))):
        return
    for person, face in faces_to_find(sample):
        yield _face_annotation(person, face)


def _face_annotation(sample: Sample, face: Face) -> dict[str, Any]:
    points_px = face.outline68 + HALF_PIXEL
    inside = ((points_px >= 0) & (points_px < np.array(face.size))).all(axis=1)
    left, top, right, bottom = face.box_inside
    rectangle = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    head = np.clip(face.head_box, 0, [*face.size, *face.size])
    return {
        "image_id": sample.index,
        "category_id": FACE,
        "iscrowd": 0,
        **_keypoints(points_px, face.outline68_visible, inside),
        "bbox": _short(np.array([left, top, right - left, bottom - top])),
        "segmentation": [_short(rectangle)],
        "area": _area(rectangle),
        "head_bbox": _short(np.concatenate([head[:2], head[2:] - head[:2]])),
        "visible_fraction": round(face.visible_fraction, 4),
        "pitch_yaw_roll_rad": sample.array("face.pitch_yaw_roll_rad", 3).tolist(),
    }


def _keypoints(
    points_px: Float[np.ndarray, "n 2"], seen: Bool[np.ndarray, " n"], inside: Bool[np.ndarray, " n"]
) -> dict[str, Any]:
    flags = np.where(inside, np.where(seen, 2, 1), 0)
    at = np.where(inside[:, None], points_px - HALF_PIXEL, 0.0)
    return {"keypoints": _short(np.column_stack([at, flags])), "num_keypoints": int(inside.sum())}


def _category(kind: int) -> dict[str, Any]:
    if kind == FACE:
        return {"id": FACE, "name": "face", "supercategory": "person", "keypoints": FACE_NAMES, "skeleton": FACE_BONES}
    skeleton = []
    for group, n in {"lid": 16, "iris": 32, "pupil": 32}.items():
        start = NAMES.index(f"{group}_0") + 1
        skeleton += [[start + i, start + (i + 1) % n] for i in range(n)]
    return {"id": EYE, "name": "eye", "supercategory": "face", "keypoints": NAMES, "skeleton": skeleton}


def _add(file: TextIO, entry: dict[str, Any], first: bool) -> None:
    file.write(("\n" if first else ",\n") + json.dumps(entry))


def _short(values: np.ndarray) -> list[float | int]:
    """Return the numbers in a row, to a ten thousandth, whole ones as integers."""
    rounded = np.round(values.astype(np.float64), 4).ravel().tolist()
    return [int(value) if value.is_integer() else value for value in rounded]


def _area(polygon_px: np.ndarray) -> float:
    x, y = polygon_px.T
    return round(float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2), 4)
