"""Ranges of what people wear and hold before the face.  Shares were set by hand: docs/anatomy.md."""

from dataclasses import dataclass

from assets.wear.spec import CLOTHES, COVERINGS, HAND_POSES, HEADWEAR, PATTERNS
from synth.config import Range
from synth.errors import ConfigError
from synth.ranges.normal import Normal


@dataclass
class Shares:
    """Part of the people who wear each kind, women, men and children under 15; the rest wear none."""

    female: dict[str, float]
    male: dict[str, float]
    child: dict[str, float]

    def check(self, name: str, kinds: tuple[str, ...]) -> None:
        """Refuse unknown kinds and parts of more than everybody.

        Raises:
            ConfigError: Names group, kind and value.
        """
        for group in ("female", "male", "child"):
            shares: dict[str, float] = getattr(self, group)
            for kind, share in shares.items():
                if kind not in kinds:
                    raise ConfigError(f"{name}.{group}: no kind {kind!r}; choose among {', '.join(kinds)}")
                if not 0 <= share <= 1:
                    raise ConfigError(f"{name}.{group}.{kind}={share}: must lie between 0 and 1")
            if sum(shares.values()) > 1 + 1e-9:
                raise ConfigError(
                    f"{name}.{group}: the shares add up to {sum(shares.values()):.3f}, more than everybody"
                )


@dataclass
class WearRanges:
    """Clothes, headwear, and what covers part of the face."""

    clothing: Shares
    headwear: Shares
    covering: Shares
    hand_poses: dict[str, float]
    """Of hands before the face; relative."""
    patterns: dict[str, float]
    """Of cloth; relative."""
    pattern_scale_m: Range
    neckline_m: Range
    looseness: Range
    headwear_lift_m: Normal
    hand_turn_rad: Normal

    def __post_init__(self) -> None:
        """Refuse kinds that do not exist and shares that cannot be."""
        self.clothing.check("wear.clothing", CLOTHES)
        self.headwear.check("wear.headwear", HEADWEAR)
        self.covering.check("wear.covering", COVERINGS)
        for name, shares, kinds in (
            ("hand_poses", self.hand_poses, HAND_POSES),
            ("patterns", self.patterns, PATTERNS),
        ):
            unknown = sorted(set(shares) - set(kinds))
            if unknown:
                raise ConfigError(f"wear.{name}: no kind {unknown[0]!r}; choose among {', '.join(kinds)}")
            if not shares or min(shares.values()) < 0 or sum(shares.values()) <= 0:
                raise ConfigError(f"wear.{name}: needs shares that are not negative and not all 0")
