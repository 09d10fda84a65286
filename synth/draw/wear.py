"""What the person wears on shoulders and head, and what they hold before the face."""

import colorsys
from collections.abc import Mapping

import numpy as np

from assets.wear.spec import ClothingSpec, Colour, CoveringSpec, HeadwearSpec
from synth.draw.chance import draw_normal, draw_seed, draw_uniform
from synth.draw.traits import Traits
from synth.ranges.wear import Shares, WearRanges

_CHILD_YEARS = 15.0
_WHITE_PATTERNS = 0.35
"""Part of the second colours that are white."""


def draw_clothing(rng: np.random.Generator, ranges: WearRanges, traits: Traits) -> ClothingSpec | None:
    """Return a garment of the upper body, or None for bare shoulders."""
    kind = _kind(rng, ranges.clothing, traits)
    if kind is None:
        return None
    colour, second = _colours(rng)
    if kind in ("shirt", "jacket"):
        # Shirts are mostly white or pale, and those under jackets nearly always.
        pale = _pale(rng)
        if kind == "jacket":
            second = pale if rng.random() < 0.8 else second
            colour = _sober(rng)
        elif rng.random() < 0.5:
            colour = pale
    return ClothingSpec(
        kind=kind,
        colour=colour,
        second_colour=second,
        pattern=_chosen(rng, ranges.patterns),
        pattern_scale_m=draw_uniform(rng, ranges.pattern_scale_m),
        neckline_m=draw_uniform(rng, ranges.neckline_m),
        looseness=draw_uniform(rng, ranges.looseness),
        seed=draw_seed(rng),
    )


def draw_headwear(rng: np.random.Generator, ranges: WearRanges, traits: Traits) -> HeadwearSpec | None:
    """Return something on the head or about the neck, or None."""
    kind = _kind(rng, ranges.headwear, traits)
    if kind is None:
        return None
    colour, second = _colours(rng)
    return HeadwearSpec(
        kind=kind,
        colour=colour,
        second_colour=second,
        pattern=_chosen(rng, ranges.patterns),
        pattern_scale_m=draw_uniform(rng, ranges.pattern_scale_m),
        lift_m=draw_normal(rng, ranges.headwear_lift_m),
        seed=draw_seed(rng),
    )


def draw_covering(rng: np.random.Generator, ranges: WearRanges, traits: Traits) -> CoveringSpec | None:
    """Return a mask, a hand or a phone before the face, or None."""
    kind = _kind(rng, ranges.covering, traits)
    if kind is None:
        return None
    return CoveringSpec(
        kind=kind,
        pose=_chosen(rng, ranges.hand_poses),
        side="left" if rng.random() < 0.45 else "right",
        colour=_mask_colour(rng) if kind == "surgical_mask" else _colours(rng)[0],
        turn_rad=draw_normal(rng, ranges.hand_turn_rad),
        spread=float(rng.random()),
        seed=draw_seed(rng),
    )


def _kind(rng: np.random.Generator, shares: Shares, traits: Traits) -> str | None:
    """Return one of the kinds that people like this one wear, or None."""
    adults = shares.female if traits.female else shares.male
    of_them = shares.child if traits.age_years < _CHILD_YEARS else adults
    left = float(rng.random())
    for kind, share in of_them.items():
        left -= share
        if left < 0:
            return kind
    return None


def _chosen(rng: np.random.Generator, shares: Mapping[str, float]) -> str:
    """Return a name by its relative share."""
    names = list(shares)
    parts = np.array([shares[name] for name in names])
    return str(names[int(rng.choice(len(names), p=parts / parts.sum()))])


def _colours(rng: np.random.Generator) -> tuple[Colour, Colour]:
    """Return a dye of cloth and one that goes with it: dark, pale, earthen, or of any hue."""
    kind = float(rng.random())
    if kind < 0.36:
        first = _sober(rng)
    elif kind < 0.56:
        first = _pale(rng)
    else:
        earthen = kind < 0.72
        hue = float(rng.uniform(0.02, 0.14) if earthen else rng.random())
        first = _dye(
            hue, float(rng.uniform(0.25, 0.55) if earthen else rng.uniform(0.4, 0.9)), float(rng.uniform(0.2, 0.7))
        )
    other = _dye(float(rng.random()), float(rng.uniform(0.1, 0.8)), float(rng.uniform(0.1, 0.7)))
    return first, _pale(rng) if rng.random() < _WHITE_PATTERNS else other


def _sober(rng: np.random.Generator) -> Colour:
    """Return black, charcoal, navy or brown."""
    return _dye(float(rng.choice([0.6, 0.62, 0.08])), float(rng.uniform(0.0, 0.45)), float(rng.uniform(0.10, 0.32)))


def _pale(rng: np.random.Generator) -> Colour:
    """Return white, grey, pale blue or cream."""
    return _dye(float(rng.choice([0.58, 0.1])), float(rng.uniform(0.0, 0.15)), float(rng.uniform(0.65, 0.9)))


def _mask_colour(rng: np.random.Generator) -> Colour:
    """Return the pale blue of most masks for surgery, white, or black."""
    kind = float(rng.random())
    if kind < 0.65:
        return _dye(float(rng.uniform(0.50, 0.56)), float(rng.uniform(0.2, 0.4)), 0.85)
    return _dye(0.6, 0.03, 0.9 if kind < 0.85 else 0.12)


def _dye(hue: float, saturation: float, value: float) -> Colour:
    """Return a colour as people name it (hue, saturation, value on a screen), in linear light."""
    red, green, blue = (c**2.2 for c in colorsys.hsv_to_rgb(hue % 1.0, saturation, value))
    return red, green, blue
