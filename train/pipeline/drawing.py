"""What is told of faces, drawn over their frame: boxes, landmarks, the head's axes and the eyes' gazes.

box                            with its score
jaw, brows, nose, eyes, lips   iBUG's points and the lines between them
left, down, forward            the axes of the head from the bridge of the nose, against the line of sight
gaze                           from the middle of each eye, as an arrow of GAZE_M projects: into the lens, a dot
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image, ImageDraw, ImageFont

from adapt.camera import Cameras
from synth.label.ibug import LINES
from synth.report.overlay import FACE_COLOURS, HEAD_AXES
from synth.report.pen import Pen
from train.pipeline.faces import Face, Sight
from train.pipeline.opening import Rgb

GAZE_M = 0.12
AXIS = 0.45
"""Length of a head's axis in widths of its box."""
BRIDGE = 27
"""Of iBUG's points."""
LINE = 320.0
"""A line is a px wide in a frame with so many on its longer side."""
EYE = 4
"""Enlargement of the normalised eyes."""


def draw(picture: Rgb, faces: Sequence[Face], camera: Cameras, gazes: bool = True) -> Rgb:
    """Return a frame with its faces drawn on it."""
    image = Image.fromarray(picture)
    pen = Pen(image, 1.0, max(1.0, max(image.size) / LINE))
    for face in faces:
        _draw_face(pen, face, camera, gazes)
    return np.asarray(image)


def draw_eyes(picture: Rgb, faces: Sequence[Face]) -> Rgb:
    """Return a frame with the normalised eyes of its faces, as networks see them, in its upper left corner."""
    rows = [np.concatenate(list(face.sight.eyes_u8), axis=1) for face in faces if face.sight is not None]
    if not rows:
        return picture
    shown = np.repeat(np.repeat(np.concatenate(rows), EYE, axis=0), EYE, axis=1)
    drawn = picture.copy()
    height, width = (min(a, b) for a, b in zip(shown.shape, drawn.shape, strict=False))
    drawn[:height, :width] = shown[:height, :width, None]
    return drawn


def write_lines(picture: Rgb, lines: Sequence[str]) -> Rgb:
    """Return a frame with lines of text in its lower left corner."""
    image = Image.fromarray(picture)
    size = max(10, max(image.size) // 45)
    draw_on, font = ImageDraw.Draw(image), ImageFont.load_default(size)
    top = image.height - (len(lines) + 0.5) * size * 1.25
    for number, line in enumerate(lines):
        at = (size / 2, top + number * size * 1.25)
        draw_on.text(at, line, fill="white", font=font, stroke_width=max(1, size // 8), stroke_fill="black")
    return np.asarray(image)


def _draw_face(pen: Pen, face: Face, camera: Cameras, gazes: bool) -> None:
    """Draw a face."""
    left, top, right, bottom = face.box_px
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    pen.contour(corners, np.ones(4, dtype=bool), FACE_COLOURS["face box"], dots=False)
    size = max(10.0, 8 * pen.line_px)
    ImageDraw.Draw(pen.picture).text(
        (left, top - 1.3 * size), f"{face.score:.2f}", fill=FACE_COLOURS["face box"], font=ImageFont.load_default(size)
    )
    if face.points_px is not None:
        for line in LINES:
            part = face.points_px[line.first : line.last + 1]
            pen.contour(part, np.ones(len(part), dtype=bool), FACE_COLOURS[line.group], dots=True, closed=line.closed)
        if face.rotation is not None:
            _draw_axes(pen, face.points_px[BRIDGE], face.rotation, AXIS * (right - left))
    if gazes and face.sight is not None:
        for start, end in zip(face.sight.centre_px, ends_px(face.sight, camera), strict=True):
            if np.isfinite(end).all():
                pen.arrow(start, end, FACE_COLOURS["visual axis"])


def _draw_axes(pen: Pen, start_px: Float[np.ndarray, "2"], rotation: Float[np.ndarray, "3 3"], length: float) -> None:
    """Draw a head's axes, the one that comes nearest to the viewer last."""
    ends = {name: rotation @ np.array(axis) for name, axis in HEAD_AXES.items()}
    for name, end in sorted(ends.items(), key=lambda one: -one[1][2]):
        pen.arrow(start_px, start_px + length * end[:2], FACE_COLOURS[name])


def ends_px(sight: Sight, camera: Cameras) -> Float[np.ndarray, "2 2"]:
    """Return where arrows of GAZE_M along the gazes end in the frame; NaN for those that end behind the lens."""
    ends_cam = sight.centre_cam_m + GAZE_M * sight.gaze_cam
    return np.asarray(camera.project(torch.from_numpy(ends_cam)[None])[0].numpy())
