"""Ranges of what a face does in one picture: small moves that go with lids and gaze, and named expressions."""

from dataclasses import dataclass

from synth.config import Range
from synth.errors import ConfigError
from synth.ranges.normal import Normal


@dataclass
class ExpressionRanges:
    """What the face does (assets/expressions.py); the lids' own share is `LidState`."""

    smile: Normal
    """Cut at 0: half the people do not smile."""
    jaw_open: Normal
    brow_up: Normal
    """Raised brows at level gaze; looking up raises them more."""
    brow_up_per_rad: float
    """Of gaze above the head's level."""
    frown: Normal
    frown_per_squint: float
    cheek_per_squint: float
    sneer: Normal
    shares: dict[str, float]
    """How often each expression of the library is made, against the others; those left out never."""
    strength: Range
    second_probability: float
    """Pictures with a second, weaker expression in the first."""
    second_strength: Range
    """Of the second one, times the first one's."""
    unit_sd: float
    """Of each unit's own factor (normal about 1, cut at two sd): nobody makes a face by the book."""
    unevenness_sd: float
    """Of the left side's factor against the right's, for all units of a face alike."""

    def __post_init__(self) -> None:
        """Refuse shares and probabilities that cannot be."""
        for name, share in self.shares.items():
            if not 0 <= share < float("inf"):
                raise ConfigError(f"expression.shares.{name}={share}: must be a number from 0")
        if not any(self.shares.values()):
            raise ConfigError(f"expression.shares={self.shares}: give at least one expression a share above 0")
        if not (self.strength.low >= 0 and self.strength.high <= 1):
            raise ConfigError(f"expression.strength={self.strength}: must lie between 0 and 1")
        if not (self.second_strength.low >= 0 and self.second_strength.high <= 1):
            raise ConfigError(f"expression.second_strength={self.second_strength}: must lie between 0 and 1")
        if not 0 <= self.second_probability <= 1:
            raise ConfigError(f"expression.second_probability={self.second_probability}: must lie between 0 and 1")
        if self.unit_sd < 0 or self.unevenness_sd < 0:
            raise ConfigError(f"expression.unit_sd={self.unit_sd}, unevenness_sd={self.unevenness_sd}: not below 0")
