"""Sequences whose every frame has exact labels: a rendered portrait that moves before the camera, leaves, and returns.

Frame t shows the picture moved by a similarity: turned, scaled and shifted along smooth paths (two sines each, drawn),
about the middle of its face.  From GONE[0] to GONE[1] of the frames it stands aside, out of sight, and its edge fills
the frame.  Labels move by the same map, to the last digit; the head does not turn in itself, and beyond the picture's
edge the edge is repeated.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from synth.export.face.faces import HALF_PIXEL, face_of
from synth.export.warp import moved, warped
from synth.sample import Sample
from train.data.face_marks.square import face_box
from train.pipeline.opening import Rgb

GONE = (0.5, 0.6)
"""Part of the frames in which nobody is seen."""
FACE = 0.4
"""Width of the face over that of the frame where it is not scaled."""
SHIFT, ZOOM, TURN_RAD = 0.12, 0.25, 0.35
"""Largest shift over the frame's size, logarithm of the scale, and turn."""
SLOWEST, FASTEST = 0.5, 2.0
"""Periods of a path in a sequence."""


@dataclass(frozen=True)
class Shot:
    """A frame and what is true of it.

    Attributes:
        picture: The frame.
        points_px: iBUG's points, the jaw on the outline that is seen.
        shown: Whether the face is in it.
    """

    picture: Rgb
    points_px: Float[np.ndarray, "68 2"]
    shown: bool

    @property
    def box_px(self) -> Float[np.ndarray, "4"]:
        """The box from forehead to chin."""
        return face_box(self.points_px)


def sequence_of(
    rng: np.random.Generator, sample: Sample, frames: int, width: int = 320, height: int = 240
) -> Iterator[Shot]:
    """Yield the frames of a sequence.

    Args:
        rng: Draws the paths.
        sample: A portrait.
        frames: How many.
        width: Of the frames.
        height: Of the frames.

    Raises:
        DataError: The sample holds no face.
    """
    points = face_of(sample).outline68 + HALF_PIXEL
    box = face_box(points)
    middle, size = (box[:2] + box[2:]) / 2, np.array([width, height])
    scale = FACE * width / (box[2] - box[0])
    across, down, zoom, turn = (draw_path(rng, frames) for _ in range(4))
    picture = sample.picture if sample.picture.ndim == 3 else np.repeat(sample.picture[..., None], 3, axis=2)
    for t in range(frames):
        gone = GONE[0] * frames <= t < GONE[1] * frames
        shift = SHIFT * size * [across[t], down[t]] + [2.0 * width * gone, 0.0]
        factor, angle = scale * np.exp(ZOOM * zoom[t]), TURN_RAD * turn[t]
        turned = factor * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        frame_from_picture = np.eye(3)
        frame_from_picture[:2, :2], frame_from_picture[:2, 2] = turned, size / 2 + shift - turned @ middle
        yield Shot(warped(picture, frame_from_picture, width, height)[0], moved(frame_from_picture, points), not gone)


def draw_path(rng: np.random.Generator, frames: int) -> Float[np.ndarray, " t"]:
    """Return a smooth path within -1 and 1."""
    t = np.arange(frames) / frames
    periods, phases = rng.uniform(SLOWEST, FASTEST, 2), rng.uniform(0, 2 * np.pi, 2)
    return np.asarray(np.sin(2 * np.pi * periods[:, None] * t + phases[:, None]).mean(axis=0))
