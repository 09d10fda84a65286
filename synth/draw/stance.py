"""The body of a person who stands: what it wears below the hips, and its step."""

import colorsys

import numpy as np

from assets.person import StanceSpec, Vector3
from synth.draw.chance import draw_seed


def draw_stance(rng: np.random.Generator, eye_height_m: float) -> StanceSpec:
    """Return a body of this height."""
    return StanceSpec(
        eye_height_m=eye_height_m,
        stride_rad=float(np.clip(0.12 * rng.standard_normal(), -0.35, 0.35)),
        hem=float(rng.beta(1.0, 6.0)),
        colour=_trousers(rng),
        shoes=_linear(float(rng.choice([0.08, 0.6])), float(rng.uniform(0.0, 0.4)), float(rng.beta(1.0, 2.2))),
        seed=draw_seed(rng),
    )


def _trousers(rng: np.random.Generator) -> Vector3:
    """Return black, charcoal, denim, beige, or anything."""
    kind = float(rng.random())
    if kind < 0.35:
        return _linear(0.6, float(rng.uniform(0.0, 0.2)), float(rng.uniform(0.08, 0.3)))
    if kind < 0.7:
        return _linear(float(rng.uniform(0.58, 0.64)), float(rng.uniform(0.3, 0.6)), float(rng.uniform(0.2, 0.6)))
    if kind < 0.88:
        return _linear(float(rng.uniform(0.07, 0.12)), float(rng.uniform(0.15, 0.4)), float(rng.uniform(0.35, 0.75)))
    return _linear(float(rng.random()), float(rng.uniform(0.1, 0.7)), float(rng.uniform(0.2, 0.85)))


def _linear(hue: float, saturation: float, value: float) -> Vector3:
    """Return a colour as people name it, in linear light."""
    red, green, blue = (c**2.2 for c in colorsys.hsv_to_rgb(hue % 1.0, saturation, value))
    return red, green, blue
