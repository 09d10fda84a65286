"""What a person wears: the numbers that decide cut, colour and pattern.  Lengths in metres, colours linear RGB."""

from dataclasses import dataclass

Colour = tuple[float, float, float]

CLOTHES = ("t_shirt", "shirt", "hoodie", "sweater", "turtleneck", "jacket", "dress")
HEADWEAR = ("cap", "beanie", "scarf", "hijab", "headphones", "sun_hat")
COVERINGS = ("surgical_mask", "cloth_mask", "hand", "phone_ear", "phone_face")
HAND_POSES = ("chin", "cheek", "mouth", "eye")
PATTERNS = ("plain", "stripes", "check", "noise")


@dataclass(frozen=True)
class ClothingSpec:
    """A garment of the upper body; a person without one is bare to the edge of the bust."""

    kind: str
    """One of `CLOTHES`."""
    colour: Colour
    second_colour: Colour
    """Of the pattern; of a jacket's shirt."""
    pattern: str
    """One of `PATTERNS`."""
    pattern_scale_m: float
    """Distance from one stripe to the next."""
    neckline_m: float
    """How much lower than usual the neckline runs."""
    looseness: float
    """0 close to the body to 1 wide."""
    seed: int


@dataclass(frozen=True)
class HeadwearSpec:
    """Something on the head or about the neck."""

    kind: str
    """One of `HEADWEAR`."""
    colour: Colour
    second_colour: Colour
    pattern: str
    pattern_scale_m: float
    lift_m: float
    """How much higher than usual it sits; negative values pull it down."""
    seed: int


@dataclass(frozen=True)
class CoveringSpec:
    """Something before part of the face."""

    kind: str
    """One of `COVERINGS`."""
    pose: str
    """One of `HAND_POSES`; of a hand alone."""
    side: str
    """Whose hand it is: left or right."""
    colour: Colour
    """Of mask or phone."""
    turn_rad: float
    """How far the hand is turned from its usual place."""
    spread: float
    """How far the fingers are apart, 0 to 1."""
    seed: int
