"""Ranges of the light.

Strengths of lamps are given as the irradiance they cause at the face, so that near and far lamps compare with each
other and with a sky of strength 1 (about 1 to 3 W/m^2).  Azimuth 0 is behind the camera, positive to the right of the
image; elevation is above the horizon.
"""

from dataclasses import dataclass

from synth.config import Range
from synth.errors import ConfigError

COLDEST_K = 1000.0
"""Below it a black body is all but without green and blue."""


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
class RelightRanges:
    """How strengths and colours of a scene's layers of light are drawn anew, where `relight` is above 1."""

    factor_log: Range
    """Of each layer's strength."""
    off_probability: float
    """Of each lamp; sky and LEDs stay on."""
    temperature_k: Range
    """Of the tint of each layer, white at 6500 K."""
    hue_probability: float
    """Of a tint of any hue besides."""
    saturation: Range
    """Of that hue."""

    def __post_init__(self) -> None:
        """Refuse factors without a logarithm, and colours that are none."""
        if self.factor_log.low <= 0:
            raise ConfigError(f"factor_log.low={self.factor_log.low}: must be above 0")
        if self.temperature_k.low < COLDEST_K:
            raise ConfigError(f"temperature_k.low={self.temperature_k.low}: at least {COLDEST_K:g}")
        for name in ("off_probability", "hue_probability"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name}={getattr(self, name)}: a probability lies between 0 and 1")
        if not 0 <= self.saturation.low <= self.saturation.high < 1:
            raise ConfigError(f"saturation={{{self.saturation.low}, {self.saturation.high}}}: from 0 to below 1")


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
    relight: RelightRanges

    def __post_init__(self) -> None:
        """Refuse an empty list of skies."""
        if not self.skies:
            raise ConfigError("skies=[]: name at least one sky")
