"""WIDER FACE (Yang et al. 2016): pictures, and one text of boxes from forehead to chin.

    WIDER_train/images/0--canthus/KEY.jpg
    wider_face_split/wider_face_train_bbx_gt.txt     path / number of faces / "x y w h" and six flags for each face

    blur          0 clear, 1 normal, 2 heavy: of the optics' blur over the face's width
    expression    0 typical, 1 exaggerated: a face unit is moved by more than half
    illumination  0 normal, 1 extreme: exposed a stop too dark or too bright
    invalid       0
    occlusion     0 none, 1 partial, 2 heavy: share of the inner points behind something that is not the head's own turn
    pose          0 typical, 1 atypical: roll or pitch beyond 30 deg, or yaw beyond 90

x, y is the upper left corner, whole px; a box is cut at the picture's edge.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from synth.export.face.faces import JAW, Face, face_of
from synth.sample import Sample
from synth.shards.encode import Encoding, PictureFormat, encode_picture

EVENT = "0--canthus"
INNER_LIPS = 60
SHARP, CLEAR = 0.006, 0.015
"""Blur over the face's width up to which a face is clear, and not yet heavily blurred."""
README = """\
WIDER FACE, rendered: WIDER_train/images and wider_face_split/wider_face_train_bbx_gt.txt.
Boxes: x y w h from forehead to chin and over both sides of the face, whole px from the upper left corner of the
      picture, cut at its edge.  Then blur expression illumination invalid occlusion pose, by rules over what was
      rendered (see synth/export/face/widerface.py), not by annotators.
Gaze: none.
{samples} pictures, one face each.
"""


def write_widerface(samples: Iterable[Sample], folder: Path, quality: int = 98) -> str:
    """Write the samples into an empty folder and return the text of its README.

    Raises:
        DataError: A picture holds no face, or a label that the format needs is absent.
    """
    pictures = folder / "WIDER_train" / "images" / EVENT
    pictures.mkdir(parents=True)
    (folder / "wider_face_split").mkdir()
    count = 0
    with (folder / "wider_face_split" / "wider_face_train_bbx_gt.txt").open("w", encoding="ascii") as file:
        for sample in samples:
            face = face_of(sample)
            name = f"{sample.key}.jpg"
            (pictures / name).write_bytes(encode_picture(sample.picture, Encoding(PictureFormat.jpg, quality)))
            numbers = (*whole_box(face), *flags(sample, face))
            file.write(f"{EVENT}/{name}\n1\n{' '.join(map(str, numbers))} \n")
            count += 1
    return README.format(samples=count)


def whole_box(face: Face) -> tuple[int, int, int, int]:
    """Return x, y, width, height of a face's part in the picture, whole px."""
    left, top, right, bottom = np.rint(face.box_inside).astype(int).tolist()
    return left, top, max(right - left, 1), max(bottom - top, 1)


def blur(sample: Sample, face: Face) -> float:
    """Return the optics' blur (standard deviation) over the width of the face."""
    return sample.spec_number("camera.blur_px") / float(face.box[2] - face.box[0])


def flags(sample: Sample, face: Face) -> tuple[int, int, int, int, int, int]:
    """Return blur, expression, illumination, invalid, occlusion, pose."""
    stops = sample.spec_number("camera.exposure_stops")
    weights = sample.labels["face"].get("expression_weights", {})
    pitch, yaw, roll = np.degrees(np.abs(sample.array("face.pitch_yaw_roll_rad", 3)))
    softness = blur(sample, face)
    return (
        int(softness > SHARP) + int(softness > CLEAR),
        int(max(weights.values(), default=0.0) > 0.5),
        int(abs(stops) > 1.0),
        0,
        occlusion(face, yaw),
        int(pitch > 30 or roll > 30 or yaw > 90),
    )


def occlusion(face: Face, yaw_deg: float) -> int:
    """Return 0, 1 or 2 for none, up to 30 hundredths or more of the inner points hidden by something."""
    inner = np.arange(JAW, INNER_LIPS)  # shut lips hide their inner points themselves
    inside = ((face.outline68[inner] > -0.5) & (face.outline68[inner] < np.array(face.size) - 0.5)).all(axis=1)
    # A turned head hides its far side by itself: about a hundredth of the points a degree, from 25 degrees on.
    own = np.clip((yaw_deg - 25) / 100, 0, 0.5)
    hidden = float((inside & ~face.outline68_visible[inner]).mean()) - own
    return int(hidden > 0.02) + int(hidden > 0.3)
