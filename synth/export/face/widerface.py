"""WIDER FACE (Yang et al. 2016): pictures, and one text of boxes from forehead to chin.

    WIDER_train/images/0--canthus/KEY.jpg
    wider_face_split/wider_face_train_bbx_gt.txt     path / number of faces / "x y w h" and six flags for each face

    blur          0 clear, 1 normal, 2 heavy: of the optics' blur over the face's width
    expression    0 typical, 1 exaggerated: a face unit is moved by more than half
    illumination  0 normal, 1 extreme: exposed a stop too dark or too bright
    invalid       0, 1 for what no one could find: less than a tenth of it is seen, or it is 10 px or narrower
    occlusion     0 none, 1 partial, 2 heavy: less than 1, up to 30 or more hundredths of the face's area
                  inside the picture lie behind others, hands, masks; what the head's own turn hides does not count
    pose          0 typical, 1 atypical: roll or pitch beyond 30 deg, or yaw beyond 90

The borders of occlusion, pose and size are those that WIDER FACE's authors give.

x, y is the upper left corner, whole px.  A box is that of the whole face, hidden or not, cut at the picture's edge.
Backs of heads, and faces of which nothing is seen, are not listed; a picture without faces has the number 0 and, as in
WIDER FACE itself, one line of ten zeros.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from synth.export.face.faces import Face, faces_to_find
from synth.sample import Sample
from synth.shards.encode import Encoding, PictureFormat, encode_picture

EVENT = "0--canthus"
PARTLY, HEAVILY = 0.01, 0.3
"""Hidden part of a face from which it is partly and heavily occluded."""
LEAST_SEEN, LEAST_PX = 0.1, 10.0
"""What is seen of a face below which, and how wide it is up to which, nobody is asked to find it."""
SHARP, CLEAR = 0.006, 0.015
"""Blur over the face's width up to which a face is clear, and not yet heavily blurred."""
NOTHING = (0,) * 10
README = """\
WIDER FACE, rendered: WIDER_train/images and wider_face_split/wider_face_train_bbx_gt.txt.
Boxes: x y w h from forehead to chin and over both sides of the face, whole px from the upper left corner of the
      picture, cut at its edge.  Then blur expression illumination invalid occlusion pose, by rules over what was
      rendered (see synth/export/face/widerface.py), not by annotators.
Gaze: none.
{samples} pictures, {faces} faces.
"""


def write_widerface(samples: Iterable[Sample], folder: Path, quality: int = 98) -> str:
    """Write the samples into an empty folder and return the text of its README.

    Raises:
        DataError: A picture holds no face, or a label that the format needs is absent.
    """
    pictures = folder / "WIDER_train" / "images" / EVENT
    pictures.mkdir(parents=True)
    (folder / "wider_face_split").mkdir()
    count = found = 0
    with (folder / "wider_face_split" / "wider_face_train_bbx_gt.txt").open("w", encoding="ascii") as file:
        for sample in samples:
            faces = faces_to_find(sample)
            name = f"{sample.key}.jpg"
            (pictures / name).write_bytes(encode_picture(sample.picture, Encoding(PictureFormat.jpg, quality)))
            lines = [(*whole_box(face), *flags(person, face)) for person, face in faces] or [NOTHING]
            rows = "".join(" ".join(map(str, line)) + " \n" for line in lines)
            file.write(f"{EVENT}/{name}\n{len(faces)}\n{rows}")
            count, found = count + 1, found + len(faces)
    return README.format(samples=count, faces=found)


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
    softness, hidden = blur(sample, face), face.hidden_fraction
    left, _, right, _ = face.box_inside
    return (
        int(softness > SHARP) + int(softness > CLEAR),
        int(max(weights.values(), default=0.0) > 0.5),
        int(abs(stops) > 1.0),
        int(face.visible_fraction < LEAST_SEEN or right - left <= LEAST_PX),
        int(hidden > PARTLY) + int(hidden > HEAVILY),
        int(pitch > 30 or roll > 30 or yaw > 90),
    )
