"""Another light for a scene: how strong and of which colour each of its layers is (synth/mix.py)."""

import colorsys

import numpy as np

from assets.person import Vector3
from synth.draw.chance import draw_log_uniform, draw_uniform, draw_yes
from synth.draw.light import colour_of_temperature
from synth.mix import LEDS, SKY, Mix, layers_of
from synth.ranges.light import RelightRanges
from synth.spec import LightSpec

OFF: Vector3 = (0.0, 0.0, 0.0)


def draw_mix(rng: np.random.Generator, ranges: RelightRanges, light: LightSpec) -> Mix:
    """Return a mix of a light.  Each layer has a generator of its own: one more lamp does not change the others."""
    names = layers_of(light)
    factors = {}
    for name, own in zip(names, rng.spawn(len(names)), strict=True):
        off = draw_yes(own, ranges.off_probability) and name not in (SKY, LEDS)
        strength = draw_log_uniform(own, ranges.factor_log)
        tint = (1.0, 1.0, 1.0) if light.infrared else _draw_tint(own, ranges)
        factors[name] = OFF if off else (strength * tint[0], strength * tint[1], strength * tint[2])
    return Mix(factors)


def _draw_tint(rng: np.random.Generator, ranges: RelightRanges) -> Vector3:
    """Return linear factors with a mean of 1."""
    warm = np.array(colour_of_temperature(draw_uniform(rng, ranges.temperature_k)))
    hue, saturation = float(rng.random()), draw_uniform(rng, ranges.saturation)
    tint = warm * np.array(colorsys.hsv_to_rgb(hue, saturation if draw_yes(rng, ranges.hue_probability) else 0.0, 1.0))
    red, green, blue = tint / tint.mean()
    return float(red), float(green), float(blue)
