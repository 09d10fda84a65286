"""Ranges of the camera, of where the head is before it, and of what the eyes look at.

The *lens* frame is the `cam` frame of the physical camera: x right, y down, z forward.  The camera of the spec stands
in the same place; it is turned towards the eye (`View.normalised`) or is a crop of the same picture (`View.crop`).
Angles of the head are those of 300W-LP against a head that faces the lens upright: pitch > 0 raises the nose, yaw > 0
turns it to the left of the image.
"""

from dataclasses import dataclass
from enum import Enum

from synth.config import Range
from synth.errors import ConfigError
from synth.ranges.motion import MotionRanges
from synth.ranges.normal import Normal

MOST_PEOPLE = 30


class View(Enum):
    """How the picture is cut from what the lens sees."""

    normalised = "normalised"
    """MPIIGaze's virtual camera: turned to the mean of the eye's corners, 60x36 at f = 960 px from 600 mm."""
    crop = "crop"
    """A piece of the device's own picture, enlarged; the principal point lies outside."""
    frame = "frame"
    """The device's own picture, cut above and below to the shape asked for."""


class Aim(Enum):
    """What the middle of the picture is."""

    eye = "eye"
    """The mean of one eye's corners."""
    head = "head"
    """The middle of the head."""
    people = "people"
    """Nothing: the lens stands as it stands, and sees whom it sees (`View.frame`)."""


class Attention(Enum):
    """What the subject looks at."""

    screen = "screen"
    """A point of the screen below the lens; the head follows in part."""
    free = "free"
    """A point in a direction drawn against the head."""


@dataclass
class DeviceRanges:
    """A webcam or a phone's front camera, by what its maker states."""

    name: str
    width: int
    height: int
    diagonal_fov_deg: Range


@dataclass
class ScreenRanges:
    """A laptop's or phone's screen: in the plane of the lens, facing the subject."""

    diagonal_inch: Range
    aspect: Range
    """Width over height."""
    lens_gap_m: Range
    """Lens above the upper edge."""
    margin: float
    """Targets may lie outside by this part of the width and height."""


@dataclass
class PlaceRanges:
    """Where the head is and how it is held."""

    lens_tilt_deg: Normal
    """Lens axis above the horizon."""
    distance_m: Range
    """Lens to the head's origin."""
    right_deg: Normal
    """Direction of the head from the lens axis."""
    down_deg: Normal
    pitch_deg: Normal
    yaw_deg: Normal
    roll_deg: Normal
    follow_pitch: Range
    """Part of the target's pitch that the head takes over."""
    follow_yaw: Range


@dataclass
class GazeRanges:
    """What the eyes do in the head.  Signs of synth/geometry/gaze.py in its frame: yaw > 0 to the subject's right."""

    pitch_deg: Range
    """`Attention.free` only, as are the next two."""
    yaw_deg: Range
    target_distance_m_log: Range
    yaw_limit_deg: float
    """Scenes whose eyes turn further in the head are rejected."""
    pitch_up_limit_deg: float
    pitch_down_limit_deg: float


@dataclass
class SensorRanges:
    """What the sensor does to the picture."""

    blur_px: Range
    """Standard deviation; `View.normalised`: in final pixels; `View.crop`: in the device's own pixels."""
    noise: Range
    shot_noise: Range
    exposure_stops: Normal
    """Against the automatic exposure."""
    contrast_log: Range
    saturation: Range
    metered: Range
    """Middle of the picture that is exposed for: 1 is all of it, 0.4 about the face of a portrait."""

    def __post_init__(self) -> None:
        """Refuse to expose for nothing, or for more than there is."""
        if not 0 < self.metered.low <= self.metered.high <= 1:
            raise ConfigError(f"sensor.metered={self.metered}: above 0, at most 1")
        if self.saturation.low < 0:
            raise ConfigError(f"sensor.saturation={self.saturation}: must not be negative")


@dataclass
class StandingRanges:
    """People who stand on one level ground before a lens above it; poses of heads as `PlaceRanges` says."""

    lens_height_m_log: Range
    near_m: float
    """Nobody is nearer to the lens than this, along the ground."""
    reach_m_log: Range
    """How far away the farthest may be; farther where so many would have no room."""
    room_m2: float
    """Ground that each needs."""
    neck_yaw_deg: Normal
    """Of the head against the shoulders."""
    beyond: float
    """Heads lie up to this part of the picture's size outside of it."""
    away_probability: float
    """Of a person with the back to the lens."""
    away_deg: Range
    """How far such a head is turned from the lens, either way."""
    empty_probability: float
    """Of a picture where all are turned away: one without a face."""

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        for name in ("away_probability", "empty_probability"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"standing.{name}={getattr(self, name)}: must lie between 0 and 1")
        if not 0.3 <= self.near_m < self.reach_m_log.low:
            raise ConfigError(f"standing.near_m={self.near_m}: must be at least 0.3 and below reach_m_log")
        if self.lens_height_m_log.low <= 0 or self.room_m2 <= 0:
            raise ConfigError("standing.lens_height_m_log and standing.room_m2 must be above 0")


@dataclass
class CrowdRanges:
    """How many people are before the lens; each is placed and posed as `PlaceRanges` or `standing` say."""

    count_log: Range
    """Log-uniform, rounded."""
    apart_m: float
    """Least distance between two heads; of people who stand, along the ground."""
    standing: StandingRanges | None

    def __post_init__(self) -> None:
        """Refuse pictures of nobody, and more people than Blender is given slots for."""
        if not 1 <= self.count_log.low <= self.count_log.high <= MOST_PEOPLE:
            raise ConfigError(f"crowd.count_log={self.count_log}: 1 to {MOST_PEOPLE} people")
        if self.apart_m < 0:
            raise ConfigError(f"crowd.apart_m={self.apart_m}: must not be negative")


@dataclass
class CameraRanges:
    """A situation: the device, the person before it, and the picture."""

    view: View
    aim: Aim
    attention: Attention
    width: int
    height: int
    supersample: int
    grey: bool
    devices: list[DeviceRanges]
    crop_width_m: Range
    """`View.crop`: width at the aim's distance that fills the picture."""
    aim_jitter_m: float
    """Error of the aim's detection, sd in x and y each; moves the picture, never the labels."""
    aim_jitter_roll_deg: float
    aim_jitter_distance: float
    """Sd of the relative error of the estimated distance; changes the focal length."""
    screen: ScreenRanges
    place: PlaceRanges
    gaze: GazeRanges
    crowd: CrowdRanges
    motion: MotionRanges | None
    """None: every picture is a scene of its own."""
    sensor: SensorRanges

    def __post_init__(self) -> None:
        """Refuse sizes that cannot be and a crop without a device to crop from."""
        if self.width < 8 or self.height < 8:
            raise ConfigError(f"picture of {self.width}x{self.height}: width and height must be at least 8")
        if self.supersample < 1:
            raise ConfigError(f"supersample={self.supersample}: must be at least 1")
        if not 0 <= self.aim_jitter_distance <= 0.25:
            raise ConfigError(f"aim_jitter_distance={self.aim_jitter_distance}: must lie between 0 and 0.25")
        if self.aim_jitter_m < 0 or self.aim_jitter_roll_deg < 0:
            raise ConfigError("aim_jitter_m and aim_jitter_roll_deg are standard deviations: must not be negative")
        if self.view is View.normalised and self.aim is not Aim.eye:
            raise ConfigError(f"aim={self.aim.value}: view=normalised is turned to an eye")
        if self.aim is Aim.people and self.view is not View.frame:
            raise ConfigError(f"aim=people: view={self.view.value} is turned to one of them; give view=frame")
        if self.crowd.standing is not None and self.view is not View.frame:
            raise ConfigError(f"crowd.standing: needs view=frame, not {self.view.value}")
        alone = self.crowd.count_log.high == 1 and self.crowd.standing is None
        if self.motion is not None and not (alone and self.view is View.frame):
            raise ConfigError("motion: moves one person before a still camera; give view=frame and a crowd of 1")
        if self.view is not View.normalised and not self.devices:
            raise ConfigError(f"devices=[]: view={self.view.value} needs at least one device")
