"""How somebody moves through the frames of a sequence: a still scene, and smooth paths that are added to it.

A path is the mean of two sines whose periods and phases are drawn: smooth, between -1 and 1, and around 0.  Head and
gaze take one each in place, turn and direction, times the largest that MotionRanges allows.  Once the head goes aside,
beyond the picture's edge, and comes back where its path has brought it meanwhile; it goes on looking where it looked.
The face passes from the expression of the scene to another and back, and the lids blink.

The camera, the lamps, the backdrop and who it is are those of the still scene.  A sequence is drawn as a whole and
refused as a whole: whichever of its frames is asked for, the same attempt gives it.
"""

from dataclasses import dataclass, replace
from math import pi

import numpy as np
from jaxtyping import Float

from assets.person import ExpressionSpec, EyeSpec, SubjectSpec
from synth.draw.camera import Pinhole
from synth.draw.chance import draw_uniform, draw_yes
from synth.draw.expression import Expression
from synth.draw.place import Place, check_comfort
from synth.errors import RejectedSceneError
from synth.geometry.gaze import pitch_yaw_from_vector, vector_from_pitch_yaw
from synth.geometry.rotation import facing_rotation, rotation_from_pitch_yaw_roll
from synth.ranges.camera import GazeRanges
from synth.ranges.motion import MotionRanges

CLEAR_M = 0.3
"""From the picture's edge to between the eyes of a head that is out of sight: its own half, hair and hats."""

Path = Float[np.ndarray, " t"]


@dataclass(frozen=True)
class Acting:
    """What the face does in each frame.

    Attributes:
        other: Part of the other expression in what the face shows, 0 to 1.
        closing: How far the lids are closed beyond what they would be, 0 to 1.
    """

    other: Path
    closing: Path


def draw_path(rng: np.random.Generator, ranges: MotionRanges) -> Path:
    """Return a smooth path between -1 and 1, a value a frame."""
    periods = np.array([draw_uniform(rng, ranges.period_frames) for _ in range(2)])
    phases = rng.uniform(0, 2 * pi, 2)
    return np.asarray(np.sin(2 * pi * np.arange(ranges.frames)[:, None] / periods + phases).mean(axis=1))


def draw_absence(rng: np.random.Generator, ranges: MotionRanges) -> Path:
    """Return how far aside the head is in each frame: 0 at its own place, 1 out of sight."""
    part = draw_uniform(rng, ranges.absent)
    room = 0.5 - part / 2 - ranges.leaving
    # A whole frame: of a short sequence, too, one at least shows nobody.
    middle = round((ranges.frames - 1) * (0.5 + float(rng.uniform(-room, room))))
    if part == 0:
        return np.zeros(ranges.frames)
    beyond = np.maximum(np.abs(np.arange(ranges.frames) - middle) - part * ranges.frames / 2, 0)
    share = np.clip(1 - beyond / max(ranges.leaving * ranges.frames, 1e-9), 0, 1)
    return np.asarray(share**2 * (3 - 2 * share))


def draw_blinks(rng: np.random.Generator, ranges: MotionRanges) -> Path:
    """Return how far blinks close the lids in each frame."""
    closing, at = np.zeros(ranges.frames), float(rng.uniform(0, ranges.blink_every_frames.high))
    while at < ranges.frames:
        apart = (np.arange(ranges.frames) - at) / max(ranges.blink_frames, 1e-9)
        closing = np.maximum(closing, np.where(np.abs(apart) < 0.5, 0.5 + 0.5 * np.cos(2 * pi * apart), 0))
        at += draw_uniform(rng, ranges.blink_every_frames)
    return closing


def draw_acting(rng: np.random.Generator, ranges: MotionRanges) -> Acting:
    """Return what the face does."""
    return Acting(0.5 + 0.5 * draw_path(rng, ranges), draw_blinks(rng, ranges))


def draw_moves(
    rng: np.random.Generator, ranges: MotionRanges, still: Place, pinhole: Pinhole, width: int, limits: GazeRanges
) -> list[Place]:
    """Return where the head is in each frame, and what the eyes look at.

    Args:
        rng: Stream to draw from.
        ranges: What to draw from.
        still: The place in the scene.
        pinhole: The camera; its axes are the lens'.
        width: Of its pictures, px.
        limits: Of the eyes in the head.

    Raises:
        RejectedSceneError: In some frame the eyes would turn too far (`gaze_out_of_range`) or the lens would lie in the
            head (`lens_in_head`).
    """
    largest_m = np.array([ranges.right_m, ranges.down_m, ranges.away_m])
    largest_rad = np.radians([ranges.pitch_deg, ranges.yaw_deg, ranges.roll_deg])
    largest_gaze_rad = np.radians([ranges.gaze_pitch_deg, ranges.gaze_yaw_deg])
    shift, turn, glance = (
        np.stack([draw_path(rng, ranges) for _ in largest], axis=1) * largest
        for largest in (largest_m, largest_rad, largest_gaze_rad)
    )
    aside = draw_absence(rng, ranges)
    to_the_right = draw_yes(rng, 0.5)
    edge = (width - pinhole.cx_px if to_the_right else -pinhole.cx_px) / pinhole.focal_px
    gaze, far = pitch_yaw_from_vector(still.gaze_head), float(np.linalg.norm(still.gaze_head))
    places = []
    for t, share in enumerate(aside):
        head = still.head_lens_m + shift[t]
        rotation = facing_rotation(head) @ rotation_from_pitch_yaw_roll(still.turn_rad + turn[t])
        out = edge * head[2] + (CLEAR_M if to_the_right else -CLEAR_M)
        head = np.array([(1 - share) * head[0] + share * out, head[1], head[2]])
        target = head + far * rotation @ vector_from_pitch_yaw(gaze + glance[t])
        places.append(replace(still, lens_from_head=rotation, head_lens_m=head, target_lens_m=target))
    for place in places:
        check_comfort(place, limits)
        if place.lens_in_head:
            raise RejectedSceneError("lens_in_head", "the lens would be inside the head in a frame of the sequence")
    return places


def acted(subject: SubjectSpec, other: Expression, share: float, closing: float) -> SubjectSpec:
    """Return a person with a part of another expression, the lids closed further.

    Args:
        subject: Who makes a face.
        other: What another face would be.
        share: Its part, 0 to 1.
        closing: 0 leaves the lids, 1 shuts them.
    """
    mine, theirs = dict(subject.expression.weights), dict(other.face.weights)
    units = tuple(
        (unit, (1 - share) * mine.get(unit, 0.0) + share * theirs.get(unit, 0.0)) for unit in sorted({*mine, *theirs})
    )
    name = subject.expression.name if share < 0.5 else other.face.name

    def eye(side: int) -> EyeSpec:
        own = (subject.left, subject.right)[side]
        blink = (1 - share) * own.blink + share * other.blink[side]
        squint = (1 - share) * own.squint + share * other.squint[side]
        return replace(own, blink=blink + closing * (1 - blink), squint=squint)

    return replace(subject, expression=ExpressionSpec(name, units), left=eye(0), right=eye(1))
