"""Where the head is before the lens, how it is held, and what the eyes look at.

Frame `lens`: the `cam` axes of the physical camera (x right, y down, z forward), origin in the lens.  A screen lies in
the plane z = 0 below the lens and faces the subject, as in a laptop.  Angles of the head are those of 300W-LP against a
head that faces the lens upright; a gaze's angles have the same signs (synth/geometry/gaze.py), so a head that takes
over the part w of a gaze at yaw a turns by w a.
"""

from dataclasses import dataclass
from math import hypot

import numpy as np
from jaxtyping import Float

from synth.config import Range
from synth.draw.chance import draw_log_uniform, draw_normal, draw_uniform
from synth.errors import RejectedSceneError
from synth.geometry.frames import WORLD_FROM_LEVEL_CAM
from synth.geometry.gaze import pitch_yaw_from_vector, vector_from_pitch_yaw
from synth.geometry.rotation import (
    facing_rotation,
    pitch_yaw_roll_upright,
    rotation_from_pitch_yaw_roll,
    rotation_x,
)
from synth.ranges.camera import Attention, CameraRanges, GazeRanges, PlaceRanges, ScreenRanges

METRES_PER_INCH = 0.0254
HALF_PUPILLARY_DISTANCE_M = 0.0315
"""Half of 63 mm (Dodgson 2004): good enough to judge comfort and to aim by."""
SKULL_MIDDLE_HEAD_M = np.array([0.0, -0.01, 0.07])
SKULL_HALF_M = np.array([0.105, 0.16, 0.13])
"""An ellipsoid about any head, nose and ears included, in `head`."""


@dataclass(frozen=True)
class Screen:
    """A screen in the plane of the lens; `centre_lens_m` has z = 0."""

    width_m: float
    height_m: float
    centre_lens_m: Float[np.ndarray, "3"]


@dataclass(frozen=True)
class Place:
    """The geometry of a scene, in the lens' frame."""

    lens_from_head: Float[np.ndarray, "3 3"]
    head_lens_m: Float[np.ndarray, "3"]
    target_lens_m: Float[np.ndarray, "3"]
    world_from_lens: Float[np.ndarray, "3 3"]
    screen: Screen
    lens_from_body: Float[np.ndarray, "3 3"] | None = None
    """How the shoulders of a person who stands are turned; None where they follow the head."""
    eye_height_m: float = 0.0
    """Of a person who stands, above the ground."""

    @property
    def gaze_head(self) -> Float[np.ndarray, "3"]:
        """Direction from between the eyes to the target, in `head`, not normalised."""
        return self.lens_from_head.T @ (self.target_lens_m - self.head_lens_m)

    @property
    def turn_rad(self) -> Float[np.ndarray, "3"]:
        """Pitch, yaw and roll of the head against one that faces the lens upright."""
        return pitch_yaw_roll_upright(facing_rotation(self.head_lens_m).T @ self.lens_from_head)

    @property
    def lens_in_head(self) -> bool:
        """Whether the camera would see a head from inside."""
        lens_head = -self.lens_from_head.T @ self.head_lens_m
        return bool(np.linalg.norm((lens_head - SKULL_MIDDLE_HEAD_M) / SKULL_HALF_M) < 1)


def draw_screen(rng: np.random.Generator, ranges: ScreenRanges) -> Screen:
    """Return a screen below the lens."""
    diagonal_m = draw_uniform(rng, ranges.diagonal_inch) * METRES_PER_INCH
    aspect = draw_uniform(rng, ranges.aspect)
    height_m = diagonal_m / hypot(aspect, 1.0)
    centre = np.array([0.0, draw_uniform(rng, ranges.lens_gap_m) + height_m / 2, 0.0])
    return Screen(aspect * height_m, height_m, centre)


def draw_head_position(rng: np.random.Generator, ranges: PlaceRanges) -> Float[np.ndarray, "3"]:
    """Return the head's origin in the lens' frame, metres."""
    right, down = (np.tan(np.radians(draw_normal(rng, n))) for n in (ranges.right_deg, ranges.down_deg))
    direction = np.array([right, down, 1.0])
    return np.asarray(draw_uniform(rng, ranges.distance_m) * direction / np.linalg.norm(direction))


def draw_screen_target(rng: np.random.Generator, screen: Screen, margin: float) -> Float[np.ndarray, "3"]:
    """Return a point of the screen, or a little off it, in the lens' frame."""
    across, down = rng.uniform(-0.5 - margin, 0.5 + margin, 2)
    return screen.centre_lens_m + np.array([across * screen.width_m, down * screen.height_m, 0.0])


def draw_free_gaze(rng: np.random.Generator, ranges: GazeRanges) -> Float[np.ndarray, "3"]:
    """Return a target in `head`, from between the eyes."""
    angles = np.radians([draw_uniform(rng, ranges.pitch_deg), draw_uniform(rng, ranges.yaw_deg)])
    return draw_log_uniform(rng, ranges.target_distance_m_log) * vector_from_pitch_yaw(angles)


def draw_place(rng: np.random.Generator, ranges: CameraRanges) -> Place:
    """Return head, screen and target.

    Raises:
        RejectedSceneError: An eye would have to turn further than is comfortable.
    """
    tilt_rad = np.radians(draw_normal(rng, ranges.place.lens_tilt_deg))
    screen = draw_screen(rng, ranges.screen)
    head = draw_head_position(rng, ranges.place)
    facing = facing_rotation(head)
    pose_deg = [draw_normal(rng, n) for n in (ranges.place.pitch_deg, ranges.place.yaw_deg, ranges.place.roll_deg)]
    follow = [draw_uniform(rng, part) for part in (ranges.place.follow_pitch, ranges.place.follow_yaw)]
    pose = np.radians(pose_deg)
    if ranges.attention is Attention.screen:
        target = draw_screen_target(rng, screen, ranges.screen.margin)
        pose[:2] += follow * pitch_yaw_from_vector(facing.T @ (target - head))
        rotation = facing @ rotation_from_pitch_yaw_roll(pose)
    else:
        rotation = facing @ rotation_from_pitch_yaw_roll(pose)
        target = head + rotation @ draw_free_gaze(rng, ranges.gaze)
    place = Place(rotation, head, target, np.array(WORLD_FROM_LEVEL_CAM) @ rotation_x(float(tilt_rad)), screen)
    check_comfort(place, ranges.gaze)
    return place


def check_comfort(place: Place, limits: GazeRanges) -> None:
    """Refuse a scene whose eyes turn too far in the head.

    Raises:
        RejectedSceneError: Cause `gaze_out_of_range`.
    """
    eyes_head = np.array([[HALF_PUPILLARY_DISTANCE_M, 0.0, 0.0], [-HALF_PUPILLARY_DISTANCE_M, 0.0, 0.0]])
    angles_deg = np.degrees(pitch_yaw_from_vector(place.gaze_head - eyes_head))
    up = Range(-limits.pitch_down_limit_deg, limits.pitch_up_limit_deg)
    for side, (pitch, yaw) in zip(("left", "right"), angles_deg, strict=True):
        if not (up.low <= pitch <= up.high and abs(yaw) <= limits.yaw_limit_deg):
            raise RejectedSceneError(
                "gaze_out_of_range", f"the {side} eye would turn to pitch {pitch:.0f} and yaw {yaw:.0f} deg in the head"
            )
