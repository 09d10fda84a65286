"""A normal distribution cut at both ends: the shape of most measurements of people."""

import math
from dataclasses import dataclass

from synth.errors import ConfigError


@dataclass
class Normal:
    """A truncated normal distribution.

    Attributes:
        mean: Mean of the normal before it is cut.
        sd: Its standard deviation; 0 is a constant.
        low: Smallest value.
        high: Largest value.

    Raises:
        ConfigError: A number is not finite, sd is negative, or the mean is outside [low, high].
    """

    mean: float
    sd: float
    low: float
    high: float

    def __post_init__(self) -> None:
        """Refuse a distribution that cannot be drawn from."""
        shown = f"normal of mean {self.mean}, sd {self.sd}, from {self.low} to {self.high}"
        if not all(math.isfinite(v) for v in (self.mean, self.sd, self.low, self.high)):
            raise ConfigError(f"{shown}: all four must be finite numbers")
        if self.sd < 0:
            raise ConfigError(f"{shown}: sd must not be negative")
        if not self.low <= self.mean <= self.high:
            raise ConfigError(f"{shown}: the mean must lie between low and high")
