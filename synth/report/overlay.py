"""Labels drawn over a picture so exactly that an error of a fraction of a pixel can be seen.

The picture is enlarged to `INK` times the size that is asked for, drawn on, and reduced: lines are smooth and keep
their place.  A px of the result is `scale` times a px of the picture: both count from the corner.

    lid margin, caruncle, iris, pupil   contours; iris and pupil as seen through the cornea; faint where occluded
    optical axis, visual axis           arrows of 20 mm from the pupil's centre, projected: looking at the lens, a dot
    glints                              crosses, those that are seen

A picture that holds a face has less room for each eye, and shows:

    jaw, brows, nose, eyes, lips        iBUG's points and the lines between them, the jaw on the outline that is seen
    face box                            from forehead to chin
    left, down, forward                 arrows of 60 mm from the nose's bridge: the axes of the head
    visual axis                         arrows of 60 mm from the pupils

A picture of many shows, of everybody:

    face box                            of faces to be found; in another colour where more than half of one is hidden
    head box                            of the whole head; in another colour where no face is to be found
    five points                         seen and hidden in two colours
"""

import numpy as np
from jaxtyping import Float
from PIL import Image

from synth.export.face.faces import HALF_PIXEL, face_of, holds_face, people
from synth.label.ibug import LINES
from synth.report.pen import Colour, Pen
from synth.sample import Sample

INK = 3
AXIS_M = 0.02
COLOURS = {
    "lid margin": (255, 200, 70),
    "caruncle": (255, 120, 170),
    "iris": (70, 215, 255),
    "pupil": (190, 150, 255),
    "optical axis": (110, 235, 120),
    "visual axis": (255, 105, 70),
    "glint": (255, 255, 255),
}
HEAD_AXIS_M = 0.06
FACE_COLOURS = {
    "jaw": (255, 200, 70),
    "brows": (255, 120, 170),
    "nose": (190, 150, 255),
    "eyes": (70, 215, 255),
    "lips": (255, 150, 110),
    "face box": (232, 233, 236),
    "left": (240, 70, 70),
    "down": (90, 220, 90),
    "forward": (80, 130, 255),
    "visual axis": (240, 90, 230),
}
CROWD_COLOURS = {
    "face box": (250, 250, 250),
    "face more than half hidden": (255, 150, 60),
    "head box": (90, 170, 255),
    "head without a face to be found": (150, 110, 220),
    "point seen": (90, 235, 120),
    "point hidden": (255, 70, 70),
}
HEAD_AXES = {"left": (1.0, 0.0, 0.0), "down": (0.0, 1.0, 0.0), "forward": (0.0, 0.0, -1.0)}
CONTOURS = (
    ("lid margin", "apparent.lid_margin_px", "lid_margin", 16),
    ("caruncle", "apparent.caruncle_px", "caruncle", 7),
    ("iris", "apparent.iris_px", "iris", 32),
    ("pupil", "apparent.pupil_px", "pupil", 32),
)


def draw_sample(sample: Sample, scale: float, labels: bool = True) -> Image.Image:
    """Return the enlarged picture of a sample, RGB, with its labels."""
    height, width = (max(1, round(scale * length)) for length in sample.picture.shape[:2])
    picture = Image.fromarray(sample.picture).convert("RGB")
    if not labels:
        return picture.resize((width, height), _filter(scale))
    big = picture.resize((width * INK, height * INK), _filter(scale * INK) if scale < 4 else Image.Resampling.NEAREST)
    if is_crowd(sample):
        _draw_crowd(Pen(big, scale * INK, line_px=INK), sample)
    elif holds_face(sample):
        _draw_face(Pen(big, scale * INK, line_px=INK), sample, sample.array("camera_matrix", 3, 3))
    else:
        pen = Pen(big, scale * INK, line_px=1.5 * INK)
        for side in ("left", "right"):
            _draw_eye(pen, sample, f"eyes.{side}", sample.array("camera_matrix", 3, 3))
    return big.resize((width, height), Image.Resampling.BOX)


def _filter(scale: float) -> Image.Resampling:
    """Smooth what is enlarged a little or reduced, but show the pixels of a small picture as they are."""
    return Image.Resampling.NEAREST if scale >= 4 else Image.Resampling.LANCZOS


def _draw_eye(pen: Pen, sample: Sample, eye: str, camera_matrix: Float[np.ndarray, "3 3"]) -> None:
    for name, label, kind, n in CONTOURS:
        seen = sample.array(f"{eye}.points.{kind}.visible", n) > 0
        pen.contour(sample.array(f"{eye}.{label}", n, 2), seen, COLOURS[name], dots=n < 32)
    for axis in ("visual", "optical"):
        _draw_gaze(pen, sample, eye, axis, AXIS_M, COLOURS[f"{axis} axis"], camera_matrix)
    glints_px = sample.array(f"{eye}.glints_px", None, 2)
    for at_px, visible in zip(glints_px, sample.array(f"{eye}.glints_visible", None), strict=True):
        if visible:
            pen.cross(at_px, COLOURS["glint"])


def _draw_gaze(
    pen: Pen,
    sample: Sample,
    eye: str,
    axis: str,
    length_m: float,
    colour: Colour,
    camera_matrix: Float[np.ndarray, "3 3"],
) -> None:
    pupil_cam = sample.array(f"{eye}.pupil_centre_cam", 3)
    along_cam = length_m * sample.array(f"{eye}.{axis}_axis_cam", 3)
    start_px = sample.array(f"{eye}.apparent.pupil_centre_px", 2)
    _draw_arrow(pen, start_px, pupil_cam, along_cam, colour, camera_matrix)


def is_crowd(sample: Sample) -> bool:
    """Return whether a picture is one of several people."""
    return len(people(sample)) > 1


def _draw_crowd(pen: Pen, sample: Sample) -> None:
    faces = [face_of(person) for person in people(sample) if holds_face(person)]
    # The nearest last, as they hide each other.
    for face in sorted(faces, key=lambda face: -face.cam_from_head[2, 3]):
        found = face.to_be_found
        _draw_box(pen, face.head_box, CROWD_COLOURS["head box" if found else "head without a face to be found"])
        if not found:
            continue
        hidden = face.hidden_fraction > 0.5
        _draw_box(pen, face.box, CROWD_COLOURS["face more than half hidden" if hidden else "face box"])
        for at, seen in zip(face.five + HALF_PIXEL, face.five_visible, strict=True):
            pen.dot(at, CROWD_COLOURS["point seen" if seen else "point hidden"])


def _draw_box(pen: Pen, box: Float[np.ndarray, "4"], colour: Colour) -> None:
    left, top, right, bottom = box
    corners_px = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    pen.contour(corners_px, np.ones(4, dtype=bool), colour, dots=False)


def _draw_face(pen: Pen, sample: Sample, camera_matrix: Float[np.ndarray, "3 3"]) -> None:
    face = face_of(sample)
    _draw_box(pen, face.box, FACE_COLOURS["face box"])
    points_px = face.outline68 + HALF_PIXEL
    for line in LINES:
        part = slice(line.first, line.last + 1)
        colour = FACE_COLOURS[line.group]
        pen.contour(points_px[part], face.outline68_visible[part], colour, dots=True, closed=line.closed)
    bridge = 27
    for name, axis in HEAD_AXES.items():
        along_cam = HEAD_AXIS_M * (face.cam_from_head[:3, :3] @ np.array(axis))
        _draw_arrow(pen, points_px[bridge], face.ibug68_cam[bridge], along_cam, FACE_COLOURS[name], camera_matrix)
    for side in ("left", "right"):
        _draw_gaze(pen, sample, f"eyes.{side}", "visual", HEAD_AXIS_M, FACE_COLOURS["visual axis"], camera_matrix)


def _draw_arrow(
    pen: Pen,
    start_px: Float[np.ndarray, "2"],
    start_cam: Float[np.ndarray, "3"],
    along_cam: Float[np.ndarray, "3"],
    colour: Colour,
    camera_matrix: Float[np.ndarray, "3 3"],
) -> None:
    """Draw an arrow from where its start appears, as long and in the direction as it projects."""
    ends = np.stack([start_cam, start_cam + along_cam]) @ camera_matrix.T
    if (ends[:, 2] > 0).all():
        ends_px = ends[:, :2] / ends[:, 2:]
        pen.arrow(start_px, start_px + ends_px[1] - ends_px[0], colour)
