"""CelebA (Liu et al. 2015): pictures as rendered and aligned by the eyes, 40 attributes, boxes, points, identities.

    img_celeba/NNNNNN.jpg, img_align_celeba/NNNNNN.jpg      N from 1; aligned: 178x218, the eyes at their usual places
    list_attr_celeba.txt               count / names / "NNNNNN.jpg" and 40 times 1 or -1
    list_bbox_celeba.txt               count / "image_id x_1 y_1 width height" / whole px of img_celeba
    list_landmarks_celeba.txt          count / names / five points in img_celeba, whole px
    list_landmarks_align_celeba.txt    the same in img_align_celeba
    identity_CelebA.txt                "NNNNNN.jpg" and who it is
    list_eval_partition.txt            "NNNNNN.jpg" and 0: all to train on

CelebA's left eye and left corner are those on the left of the picture: the subject's right ones.  Attributes are those
of synth/label/celeba.py.  Points are pixels by integer centres.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from jaxtyping import Float

from synth.errors import DataError
from synth.export.face.faces import HALF_PIXEL, by_centres, face_of
from synth.export.warp import moved, warped
from synth.label.celeba import ATTRIBUTES
from synth.sample import Sample
from synth.shards.encode import Encoding, PictureFormat, encode_picture

ALIGNED_WIDTH, ALIGNED_HEIGHT = 178, 218
ALIGNED_EYES = np.array([[69.0, 111.0], [108.0, 111.0]])
"""Where the eyes stand in aligned pictures, pixels by integer centres."""
POINTS = "lefteye_x lefteye_y righteye_x righteye_y nose_x nose_y leftmouth_x leftmouth_y rightmouth_x rightmouth_y"
LISTS = {
    "list_attr_celeba.txt": " ".join(ATTRIBUTES),
    "list_bbox_celeba.txt": "image_id x_1 y_1 width height",
    "list_landmarks_celeba.txt": POINTS,
    "list_landmarks_align_celeba.txt": POINTS,
    "identity_CelebA.txt": None,
    "list_eval_partition.txt": None,
}
"""Texts, and the names of their columns where they begin with a count and names."""
README = """\
CelebA, rendered: img_celeba (as rendered), img_align_celeba (178x218, aligned by the eyes) and its lists.
Attributes: 1 or -1 by rules over what was rendered (synth/label/celeba.py), not by annotators; what no scene decides
      (Attractive, Wearing_Earrings, Wearing_Necklace, Wearing_Necktie) is -1.
Pixels: points by integer centres (continuous px minus 0.5), rounded; boxes from forehead to chin, whole px, cut at the
      picture's edge.  Left is the left of the picture.
Gaze: none.
All are in the training partition: {samples} pictures of {subjects} people.
"""


def write_celeba(samples: Iterable[Sample], folder: Path, quality: int = 98) -> str:
    """Write the samples into an empty folder and return the text of its README.

    Raises:
        DataError: A picture holds no face, or a label that the format needs is absent.
    """
    encoding = Encoding(PictureFormat.jpg, quality)
    for name in ("img_celeba", "img_align_celeba"):
        (folder / name).mkdir()
    rows: dict[str, list[str]] = {name: [] for name in LISTS}
    people = set()
    for sample in samples:
        name = f"{sample.index + 1:06d}.jpg"
        face = face_of(sample)
        warp = aligning(face.five[:2])
        aligned, _ = warped(sample.picture, warp, ALIGNED_WIDTH, ALIGNED_HEIGHT)
        (folder / "img_celeba" / name).write_bytes(encode_picture(sample.picture, encoding))
        (folder / "img_align_celeba" / name).write_bytes(encode_picture(aligned, encoding))
        left, top, right, bottom = np.rint(face.box_inside).astype(int)
        # CelebA counts people from 1.
        person = int(sample.labels.get("attributes", {}).get("identity", sample.index)) + 1
        people.add(person)
        cells = {
            "list_attr_celeba.txt": attributes(sample),
            "list_bbox_celeba.txt": [left, top, right - left, bottom - top],
            "list_landmarks_celeba.txt": np.rint(face.five).astype(int).ravel(),
            "list_landmarks_align_celeba.txt": np.rint(by_centres(moved(warp, face.five + HALF_PIXEL)))
            .astype(int)
            .ravel(),
            "identity_CelebA.txt": [person],
            "list_eval_partition.txt": [0],
        }
        for file, values in cells.items():
            rows[file].append(" ".join([name, *(str(value) for value in values)]))
    for file, lines in rows.items():
        head = [] if LISTS[file] is None else [str(len(lines)), str(LISTS[file])]
        (folder / file).write_text("".join(f"{line}\n" for line in [*head, *lines]), encoding="ascii")
    return README.format(samples=len(rows["identity_CelebA.txt"]), subjects=len(people))


def attributes(sample: Sample) -> list[int]:
    """Return 1 or -1 for each of the 40 attributes."""
    known = sample.labels["face"].get("celeba", {})
    absent = [name for name in ATTRIBUTES if name not in known]
    if absent:
        raise DataError(f"{sample.key}: labels.face.celeba.{absent[0]} is missing; render the data set again")
    return [1 if known[name] else -1 for name in ATTRIBUTES]


def aligning(eyes: Float[np.ndarray, "2 2"]) -> Float[np.ndarray, "3 3"]:
    """Return the map, in continuous px, that turns, enlarges and shifts so that two eyes come to their places."""
    source, target = eyes + HALF_PIXEL, ALIGNED_EYES + HALF_PIXEL
    # Points as complex numbers: a similarity is z -> a z + b.
    (p, q), (r, s) = (points[:, 0] + 1j * points[:, 1] for points in (source, target))
    a = (s - r) / (q - p)
    b = r - a * p
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag], [0.0, 0.0, 1.0]])
