"""What the formats of faces take from a sample, in their pixels.

These formats name pixels: a point at an integer lies on a pixel's centre, so it is our px minus one half.  Boxes are
edges, not points, and continuous: (0, 0) is the corner of the first pixel, as ours.

Landmarks are the apparent ones.  `ibug68_px` has the jaw where the bone is, whatever turns away from the camera;
`outline68_px` has points 0-16 on the outline that is seen, as annotators of 300-W mark them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Shaped

from synth.errors import DataError
from synth.sample import Sample

HALF_PIXEL = 0.5
JAW = 17
LEAST_FACING = 0.25
"""A head that shows less of its face is seen from behind: turned by more than about 125 degrees."""


@dataclass(frozen=True)
class Face:
    """A face in a picture; points are pixels by integer centres, boxes continuous px.

    Attributes:
        ibug68: iBUG's points, the jaw on the bone.
        outline68: The same with the jaw on the visible outline.
        outline68_visible: Whether each of them is seen.
        five: Right and left eye, nose tip, right and left corner of the mouth (the subject's).
        five_visible: Whether each of them is seen; an eye, whether half of its lids' points are.
        dense478: MediaPipe's points.
        ibug68_cam: iBUG's points in `cam`, m.
        cam_from_head: Head pose.
        box: Left, top, right, bottom of forehead to chin, not cut at the picture's edge.
        size: Width and height of the picture.
        head_box: Of the whole head, hair and ears included.
        facing: What part of its surface the head shows to the camera.
        inside_fraction: What part of what it shows lies inside the picture.
        visible_fraction: What part of what it shows is seen.
    """

    ibug68: Float[np.ndarray, "68 2"]
    outline68: Float[np.ndarray, "68 2"]
    outline68_visible: Bool[np.ndarray, "68"]
    five: Float[np.ndarray, "5 2"]
    five_visible: Bool[np.ndarray, "5"]
    dense478: Float[np.ndarray, "478 2"]
    ibug68_cam: Float[np.ndarray, "68 3"]
    cam_from_head: Float[np.ndarray, "4 4"]
    box: Float[np.ndarray, "4"]
    size: tuple[int, int]
    head_box: Float[np.ndarray, "4"]
    facing: float
    inside_fraction: float
    visible_fraction: float

    @property
    def box_inside(self) -> Float[np.ndarray, "4"]:
        """The part of the box that lies in the picture."""
        return np.clip(self.box, 0, [*self.size, *self.size])

    @property
    def to_be_found(self) -> bool:
        """Whether a detector should find it: some of it is seen, and it is a face, no back of a head."""
        return self.facing >= LEAST_FACING and self.visible_fraction > 0

    @property
    def hidden_fraction(self) -> float:
        """What part of what lies inside the picture is hidden by others, or by what is held or worn."""
        return 1.0 - self.visible_fraction / self.inside_fraction if self.inside_fraction > 0 else 1.0


def people(sample: Sample) -> list[Sample]:
    """Return a sample for each person of a picture, with the labels of that person; the first is the sample's own."""
    others = sample.labels.get("others") or ()
    return [sample, *(replace(sample, labels=labels) for labels in others)]


def faces_to_find(sample: Sample) -> list[tuple[Sample, Face]]:
    """Return the faces that a detector should find in a picture, each with the labels of its person; maybe none.

    Raises:
        DataError: The picture holds no head at all: it is one of an eye.
    """
    heads = [person for person in people(sample) if holds_face(person)]
    faces = [(person, face_of(person)) for person in heads or [sample]]
    return [(person, face) for person, face in faces if face.to_be_found]


def holds_face(sample: Sample) -> bool:
    """Return whether a sample has labels of a face: whether its picture holds one."""
    return isinstance(sample.labels.get("face"), Mapping)


def face_of(sample: Sample) -> Face:
    """Return the face of a sample.

    Raises:
        DataError: Its picture holds no face, or a label is absent.
    """
    if not holds_face(sample):
        raise DataError(f"{sample.key}: the picture holds no face; this format needs one: render experiment=portrait")
    ibug = apparent(sample, "ibug68", 68)
    outline = apparent(sample, "jaw_outline", JAW)
    five_seen = visible(sample, "five", 5)
    seen, seen_outline = visible(sample, "ibug68", 68), visible(sample, "jaw_outline", JAW)
    # The middle of an eye's opening lies within the eyeball, hidden by it: its lids tell whether the eye is seen.
    five_seen[:2] = [seen[lids].mean() >= 0.5 for lids in (slice(36, 42), slice(42, 48))]
    return Face(
        ibug68=ibug,
        outline68=np.concatenate([outline, ibug[JAW:]]),
        outline68_visible=np.concatenate([seen_outline, seen[JAW:]]),
        five=apparent(sample, "five", 5),
        five_visible=five_seen,
        dense478=apparent(sample, "dense478", 478),
        ibug68_cam=sample.array("face.points.ibug68.cam", 68, 3),
        cam_from_head=sample.array("cam_from_head", 4, 4),
        box=sample.array("face.box_face_px", 4),
        size=(sample.picture.shape[1], sample.picture.shape[0]),
        head_box=sample.array("face.box_head_px", 4),
        facing=float(sample.array("face.facing")),
        inside_fraction=float(sample.array("face.inside_fraction")),
        visible_fraction=float(sample.array("face.visible_fraction")),
    )


def apparent(sample: Sample, name: str, n: int) -> Float[np.ndarray, "n 2"]:
    """Return where points of a face are seen, by integer centres of pixels."""
    return by_centres(sample.array(f"face.apparent.{name}", n, 2))


def visible(sample: Sample, name: str, n: int) -> Bool[np.ndarray, " n"]:
    """Return which points of a face are seen."""
    return sample.array(f"face.points.{name}.visible", n) > 0


def by_centres(points_px: Shaped[np.ndarray, "*n 2"]) -> Float[np.ndarray, "*n 2"]:
    """Return px, which count from a pixel's corner, as places that count from its centre."""
    return np.asarray(points_px, dtype=np.float64) - HALF_PIXEL


def matrix_by_centres(camera_matrix: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "3 3"]:
    """Return K of the same camera for places that count from a pixel's centre."""
    shifted = camera_matrix.copy()
    shifted[:2, 2] -= HALF_PIXEL
    return shifted
