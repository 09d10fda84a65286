"""Ranges of the light.

Strengths of lamps are given as the irradiance they cause at the face, so that near and far lamps compare with each
other and with a sky of strength 1 (about 1 to 3 W/m^2).  Azimuth 0 is behind the camera, positive to the right of the
image; elevation is above the horizon.
"""

from dataclasses import dataclass

from synth.config import Range
from synth.errors import ConfigError


@dataclass
class LampRanges:
    """One family of lamps."""

    count_probabilities: list[float]
    """Probability of 0, 1, 2 ... lamps."""
    azimuth_deg: Range
    """Its size; the side is drawn alike."""
    elevation_deg: Range
    distance_m: Range
    width_m: Range
    height_m: Range
    irradiance_w_m2_log: Range
    temperature_k: Range

    def __post_init__(self) -> None:
        """Refuse probabilities that do not add up."""
        if abs(sum(self.count_probabilities) - 1) > 1e-6 or min(self.count_probabilities, default=-1.0) < 0:
            raise ConfigError(f"count_probabilities={self.count_probabilities}: must not be negative and sum to 1")


@dataclass
class ScreenLightRanges:
    """Light of the screen that is looked at."""

    probability: float
    irradiance_w_m2_log: Range
    temperature_k: Range


@dataclass
class SunRanges:
    """The sun, outdoors only."""

    probability: float
    skies: list[str]
    elevation_deg: Range
    irradiance_w_m2_log: Range


@dataclass
class LedRanges:
    """Near-infrared LEDs about the lens: a ring, or one or two clusters."""

    probability: float
    ring_probability: float
    ring_count: Range
    """Whole numbers."""
    ring_radius_m: Range
    cluster_offset_m: Range
    """Sideways from the lens."""
    led_radius_m: Range
    irradiance_w_m2_log: Range
    """Of all LEDs together."""


@dataclass
class BackdropRanges:
    """What the lens sees behind people in place of the sky."""

    probability: float
    room_probability: float
    """Of a room; otherwise something blurred."""
    blur_rad_log: Range
    half_width_m: Range
    half_depth_m: Range
    half_height_m: Range
    scale_log: Range
    thing_width_m: Range
    thing_height_m: Range
    things: Range
    albedo_log: Range
    saturation: Range
    brightness_log: Range
    """Against what lights the face."""


@dataclass
class LightRanges:
    """All light of a scene."""

    infrared: bool
    skies: list[str]
    """Names in assets/skies.py."""
    sky_strength_log: Range
    windows: LampRanges
    rooms: LampRanges
    screen: ScreenLightRanges
    sun: SunRanges
    leds: LedRanges
    backdrop: BackdropRanges

    def __post_init__(self) -> None:
        """Refuse an empty list of skies."""
        if not self.skies:
            raise ConfigError("skies=[]: name at least one sky")
