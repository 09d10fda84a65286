"""The ground that people stand on."""

import colorsys

import numpy as np

from synth.draw.chance import draw_seed
from synth.draw.light import Surroundings
from synth.spec import GroundSpec, LightSpec

OUTDOORS = ("city", "courtyard", "forest", "sunrise", "sunset")
"""Skies over open ground."""
KINDS = {  # whether it lies under open skies; hue, saturation, value: each from, to
    "stone": (True, (0.06, 0.14), (0.02, 0.12), (0.40, 0.75)),
    "asphalt": (True, (0.55, 0.65), (0.0, 0.06), (0.28, 0.50)),
    "grass": (True, (0.14, 0.22), (0.25, 0.50), (0.28, 0.48)),
    "earth": (True, (0.07, 0.12), (0.15, 0.35), (0.35, 0.6)),
    "tiles": (False, (0.06, 0.60), (0.0, 0.10), (0.45, 0.85)),
    "wood": (False, (0.05, 0.09), (0.30, 0.55), (0.3, 0.65)),
    "carpet": (False, (0.0, 1.0), (0.05, 0.30), (0.2, 0.6)),
}


def draw_ground(rng: np.random.Generator, around: Surroundings, light: LightSpec) -> GroundSpec | None:
    """Return the ground, or None where people stand on none."""
    if around.ground_m is None:
        return None
    outdoors = light.backdrop is None and light.sky in OUTDOORS
    kinds = [extents for open_air, *extents in KINDS.values() if open_air == outdoors]
    hue, saturation, value = (float(rng.uniform(*extent)) for extent in kinds[int(rng.integers(len(kinds)))])
    red, green, blue = (c**2.2 for c in colorsys.hsv_to_rgb(hue, saturation, value))
    return GroundSpec(
        down_m=around.ground_m,
        colour=(red, green, blue),
        grain_m=float(np.exp(rng.uniform(np.log(0.02), np.log(0.4)))),
        spots=float(rng.uniform(0.1, 0.8)),
        reach_m=around.reach_m + float(rng.uniform(2.0, 8.0)),
        seed=draw_seed(rng),
    )
