"""The colour of hair from its pigments, in visible light and in the near infrared.

Eumelanin and the redder pheomelanin absorb, after d'Eon et al., "An energy-conserving hair reflectance model", 2011.
Colours are albedos, linear Rec. 709; in the infrared three equal numbers.
"""

import numpy as np
from jaxtyping import Float

from assets.person import HairColour, SubjectSpec

EUMELANIN = np.array([0.419, 0.697, 1.37])
PHEOMELANIN = np.array([0.187, 0.4, 1.05])
GREY = np.array([0.55, 0.53, 0.50])
"""Of brows and lashes."""
WHITE = np.array([0.62, 0.565, 0.48])
"""Hair without melanin is keratin, which takes some of the blue (CIELAB b* about 10): what is neutral looks blue
beside skin, under any sky."""
VARIES = 0.04
"""Melanin of single strands above or below that of the hair."""
MASCARA = np.array([0.004, 0.004, 0.004])


def hair_colour(melanin: float, redness: float) -> np.ndarray:
    """Return the albedo of hair, from blond (melanin 0) to black (1)."""
    amount = 0.35 + 7.0 * melanin**1.6
    absorbed = amount * ((1 - redness) * EUMELANIN + redness * PHEOMELANIN * 0.9)
    return np.asarray(0.012 + 0.50 * np.exp(-np.sqrt(5.5 * absorbed)))


def fine_colour(hair: HairColour, darker: float, grey: float, painted: float, infrared: bool) -> Float[np.ndarray, "3"]:
    """Return the colour of lashes or brows, by how much darker than the hair they are, how grey, how painted."""
    colour = hair_colour(min(max(hair.melanin + darker, 0.0), 1.0), hair.redness)
    colour = colour + (GREY - colour) * grey
    colour = colour + (MASCARA - colour) * painted
    if infrared:
        # Hair of every colour is paler at 850 nm, the melanin's absorption having fallen by half.
        colour = np.repeat(0.10 + 0.5 * colour.mean(), 3)
    return np.asarray(colour)


def head_colours(spec: SubjectSpec, infrared: bool, redder: float, paler: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return the colour of hair that has its pigment, and of hair that has lost it."""
    hair = spec.hair
    colour, grey = hair_colour(max(hair.melanin - paler, 0.0), min(1.0, hair.redness + redder)), WHITE
    if infrared:
        colour, grey = np.repeat(0.10 + 0.5 * colour.mean(), 3), np.repeat(0.10 + 0.5 * WHITE.mean(), 3)
    return colour, grey


def ground_colours(spec: SubjectSpec, infrared: bool) -> dict[str, tuple[float, tuple[float, ...]]]:
    """Return how much of the skin's colour the hair on it replaces, and by which, for scalp and beard.

    Shaved hair lets the skin through; hair that lies over the skin leaves it dark between the roots.
    """
    out = {}
    for field, length, present, grey, redder in (
        ("scalp", spec.scalp_hair.length_m, spec.scalp_hair.style != "bald", spec.hair.grey, 0.0),
        ("beard", spec.beard.length_m, spec.beard.style != "none", spec.beard.grey, 0.12),
    ):
        colour, lost = head_colours(spec, infrared, redder)
        mean = colour + (lost - colour) * grey
        cover = float(present) * (0.55 + 0.4 * min(1.0, length / 0.012)) * (1.0 if field == "scalp" else 0.7)
        out[field] = (cover, tuple(0.4 * mean))
    return out
