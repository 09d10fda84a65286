"""Ranges of hair of the head and of beards.  Sources: docs/anatomy.md."""

from collections.abc import Iterable
from dataclasses import dataclass

from assets import beard, hair
from synth.config import Range
from synth.errors import ConfigError
from synth.ranges.normal import Normal


@dataclass
class ScalpHairRanges:
    """Who wears which hair."""

    shares_male: dict[str, float]
    """Style (assets/hair.py) -> share."""
    shares_female: dict[str, float]
    length_m: dict[str, Range]
    """Of every style."""
    curl_african: Normal
    """0 straight to 1 coily; a person's is the ancestries' mean by their parts, with one deviation."""
    curl_asian: Normal
    curl_caucasian: Normal
    coily: float
    """From this curl on what would hang stands around the head instead."""
    straightened_probability: float
    """Of women with coily hair."""
    volume: Range
    parting: Normal
    fringe_probability_male: float
    fringe_probability_female: float
    fringe: Range
    hairline_up_m: Normal
    recession: Normal
    """Of a man of 30."""
    recession_per_year: float
    baldness: Normal
    """Of a man of 30, before it is cut at 0."""
    baldness_per_year: float
    density: Range

    def __post_init__(self) -> None:
        """Refuse styles that do not exist."""
        for name in ("shares_male", "shares_female"):
            _check(f"scalp_hair.{name}", getattr(self, name), hair.STYLES)
        missing = set(hair.STYLES) - {"bald"} - set(self.length_m)
        if missing:
            raise ConfigError(f"scalp_hair.length_m: {min(missing)!r} has no length")


@dataclass
class BeardRanges:
    """Who wears which beard: men from 17, stubble at most before 20."""

    shares: dict[str, float]
    """Style (assets/beard.py) -> share of men."""
    length_m: dict[str, Range]
    density: Range
    patchiness: Range
    cheek_down_m: Normal
    grey_ahead: Range
    """By how much more of a beard is grey than of the hair, where that has begun."""

    def __post_init__(self) -> None:
        """Refuse styles that do not exist."""
        _check("beard.shares", self.shares, beard.STYLES)
        missing = set(beard.STYLES) - {"none"} - set(self.length_m)
        if missing:
            raise ConfigError(f"beard.length_m: {min(missing)!r} has no length")


def _check(name: str, shares: dict[str, float], styles: Iterable[str]) -> None:
    for style, share in shares.items():
        if style not in styles:
            raise ConfigError(f"{name}: there is no style {style!r}; there are {', '.join(styles)}")
        if share < 0:
            raise ConfigError(f"{name}.{style}={share}: must not be negative")
    if not sum(shares.values()) > 0:
        raise ConfigError(f"{name}: at least one share must be above 0")
