"""People who stand on one level ground before a lens above it: where each stands, how body and head are turned.

The lens stands `height` above the ground and is tilted so that heads of grown-ups come to the picture's middle.  Each
person is put somewhere between the nearest and the farthest distance, evenly along it, where the head comes into the
picture; the body is upright and turned to the lens but for the neck's yaw, the head is turned against the lens as
PlaceRanges says.  A person with the back to the lens shows no face.
"""

from dataclasses import dataclass
from math import atan2, hypot, radians, sqrt

import numpy as np
from jaxtyping import Float

from synth.config import Range
from synth.draw.camera import Pinhole
from synth.draw.chance import draw_log_uniform, draw_normal, draw_uniform, draw_yes
from synth.draw.place import Place, check_comfort, draw_free_gaze, draw_screen
from synth.draw.traits import Traits
from synth.geometry.frames import WORLD_FROM_LEVEL_CAM
from synth.geometry.rotation import rotation_from_pitch_yaw_roll, rotation_x, rotation_y
from synth.ranges.camera import CameraRanges, StandingRanges

EYES_BELOW_CROWN_M = 0.115
STATURE_M = {True: (1.64, 0.065), False: (1.77, 0.07)}
"""Mean and sd of grown women and men (NCD-RisC 2016: between the means of the world and of Europe)."""
GROWN_YEARS, GROWN = (0.0, 2.0, 5.0, 10.0, 13.0, 16.0, 18.0), (0.30, 0.50, 0.63, 0.80, 0.90, 0.98, 1.0)
"""Age in years, and part of the grown stature (WHO growth references, both sexes together)."""
AIM_EYES_M = 1.5
LOOK_AT_LENS = 0.5
"""Part of the lens' elevation that heads which face it take over."""


@dataclass(frozen=True)
class Stand:
    """What all people of a picture share: the lens above the ground."""

    height_m: float
    reach_m: float
    world_from_lens: Float[np.ndarray, "3 3"]
    empty: bool
    """Everybody shows their back."""


def draw_stand(rng: np.random.Generator, ranges: CameraRanges, standing: StandingRanges, count: int) -> Stand:
    """Return the lens' place above the ground, and how far this many people spread before it.

    Args:
        rng: Stream to draw from.
        ranges: The camera's.
        standing: What to draw from.
        count: Of the people.
    """
    height = draw_log_uniform(rng, standing.lens_height_m_log)
    # The field of view is about a radian wide: its sector up to `reach` has half of reach^2.
    room = min(sqrt(2 * count * standing.room_m2 + standing.near_m**2), standing.reach_m_log.high)
    reach = draw_log_uniform(rng, Range(max(room, standing.reach_m_log.low), standing.reach_m_log.high))
    down = atan2(height - AIM_EYES_M, 0.5 * (standing.near_m + reach))
    tilt = radians(draw_normal(rng, ranges.place.lens_tilt_deg)) - down
    world_from_lens = np.array(WORLD_FROM_LEVEL_CAM) @ rotation_x(tilt)
    return Stand(height, reach, world_from_lens, draw_yes(rng, standing.empty_probability))


def draw_eye_height(rng: np.random.Generator, traits: Traits) -> float:
    """Return how high above the ground the eyes of a person who stands are."""
    mean, sd = STATURE_M[traits.female]
    grown = float(np.interp(traits.age_years, GROWN_YEARS, GROWN))
    return (mean + sd * float(np.clip(rng.standard_normal(), -2.5, 2.5))) * grown - EYES_BELOW_CROWN_M


def draw_standing_place(
    rng: np.random.Generator,
    ranges: CameraRanges,
    standing: StandingRanges,
    stand: Stand,
    pinhole: Pinhole,
    eye_height_m: float,
) -> Place | None:
    """Return where a person stands, or None: the head would lie outside the picture.

    Raises:
        RejectedSceneError: An eye would have to turn further than is comfortable.
    """
    size = np.array([ranges.width, ranges.height])
    beyond = standing.beyond
    u = draw_uniform(rng, Range(-beyond, 1 + beyond)) * ranges.width
    away = draw_uniform(rng, Range(standing.near_m, stand.reach_m))
    azimuth = atan2(u - pinhole.cx_px, pinhole.focal_px)
    position = np.array([away * np.sin(azimuth), away * np.cos(azimuth), eye_height_m - stand.height_m])
    head = stand.world_from_lens.T @ position
    px = pinhole.focal_px * head[:2] / head[2] + [pinhole.cx_px, pinhole.cy_px]
    if head[2] <= 0 or (px < -beyond * size).any() or (px > (1 + beyond) * size).any():
        return None
    level = np.array(WORLD_FROM_LEVEL_CAM)
    lens_from_upright = stand.world_from_lens.T @ level @ rotation_y(azimuth)
    pose = ranges.place
    pitch, yaw, roll = (draw_normal(rng, angle) for angle in (pose.pitch_deg, pose.yaw_deg, pose.roll_deg))
    back, turned = draw_yes(rng, standing.away_probability), draw_uniform(rng, standing.away_deg)
    side = 1.0 if draw_yes(rng, 0.5) else -1.0
    neck = draw_normal(rng, standing.neck_yaw_deg)
    lens_above_deg = np.degrees(atan2(stand.height_m - eye_height_m, away))
    if back or stand.empty:
        yaw = side * turned
    else:
        pitch += LOOK_AT_LENS * lens_above_deg
    rotation = lens_from_upright @ rotation_from_pitch_yaw_roll(np.radians([pitch, yaw, roll]))
    body = lens_from_upright @ rotation_from_pitch_yaw_roll(np.radians([0.0, yaw - neck, 0.0]))
    target = head + rotation @ draw_free_gaze(rng, ranges.gaze)
    screen = draw_screen(rng, ranges.screen)
    place = Place(rotation, head, target, stand.world_from_lens, screen, body, eye_height_m)
    check_comfort(place, ranges.gaze)
    return place


def apart_m(place: Place, other: Place) -> float:
    """Return how far apart two people stand, along the ground."""
    across = place.world_from_lens @ (place.head_lens_m - other.head_lens_m)
    return hypot(across[0], across[1])
