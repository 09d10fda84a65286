"""Mixes: many lights of one scene from the layers of one path trace.

Light adds up.  A scene's picture in linear light is the sum of its *layers*, one for each light that can be changed by
itself: `sky` (all that the world sends, the backdrop that the lens sees included), every lamp by its name, and `leds`,
the point lamps together.  A mix multiplies each layer's red, green and blue by a factor; the sum is what a path tracer
would give were sky and lamps so much stronger and of that colour.  `mixed_spec` writes that light into the spec, so
that what is stored with a picture is the light truly used: strengths and colours differ, places do not.

The world is one layer because Cycles gives it one light group: a backdrop grows and shrinks with the sky that it stands
before.  In an infrared scene, which has one channel, the three factors of a layer are equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from assets.person import Vector3
from synth.spec import BackdropSpec, LampSpec, LightSpec, SceneSpec

SKY, LEDS = "sky", "leds"


@dataclass(frozen=True)
class Mix:
    """A light of a scene: by layer the factors of its linear red, green and blue; (0, 0, 0) is off."""

    factors: Mapping[str, Vector3]

    def to_json(self) -> dict[str, dict[str, float]]:
        """Return plain numbers."""
        return {name: dict(zip(("red", "green", "blue"), rgb, strict=True)) for name, rgb in self.factors.items()}


def layer_of(lamp: LampSpec) -> str:
    """Return the layer that a lamp belongs to."""
    return LEDS if lamp.kind == "point" else lamp.name


def layers_of(light: LightSpec) -> tuple[str, ...]:
    """Return the names of a light's layers: the sky, then the lamps in their order."""
    return (SKY, *dict.fromkeys(layer_of(lamp) for lamp in light.lamps))


def plain(light: LightSpec) -> Mix:
    """Return the mix that leaves a light as it is."""
    return Mix(dict.fromkeys(layers_of(light), (1.0, 1.0, 1.0)))


def mixed(layers: Mapping[str, Float[np.ndarray, "h w 3"]], mix: Mix) -> Float[np.ndarray, "h w 3"]:
    """Return the picture of a mix, linear, from the layers of a scene."""
    total = np.zeros_like(next(iter(layers.values())))
    for name, factors in mix.factors.items():
        total += layers[name] * np.array(factors, dtype=total.dtype)
    return total


def mixed_spec(spec: SceneSpec, mix: Mix, index: int) -> SceneSpec:
    """Return the scene under a mix, as picture `index` of its corpus: its sensor's noise is another one's too."""
    return replace(spec, index=index, light=mixed_light(spec.light, mix))


def mixed_light(light: LightSpec, mix: Mix) -> LightSpec:
    """Return a light with every layer's strength and colour multiplied; lamps that are off are left out."""
    strength, tint = _split(mix.factors[SKY])
    return replace(
        light,
        sky_strength=light.sky_strength * strength,
        sky_tint=_times(light.sky_tint, tint),
        backdrop=None if light.backdrop is None else _lit(light.backdrop, mix.factors[SKY]),
        lamps=tuple(
            _lamp(lamp, mix.factors[layer_of(lamp)]) for lamp in light.lamps if any(mix.factors[layer_of(lamp)])
        ),
    )


def _lamp(lamp: LampSpec, factors: Vector3) -> LampSpec:
    strength, tint = _split(factors)
    return replace(lamp, power_w=lamp.power_w * strength, colour=_times(lamp.colour, tint))


def _lit(backdrop: BackdropSpec, factors: Vector3) -> BackdropSpec:
    first, second, third, fourth, fifth = (_times(colour, factors) for colour in backdrop.radiance)
    return replace(backdrop, radiance=(first, second, third, fourth, fifth))


def _split(factors: Vector3) -> tuple[float, Vector3]:
    """Return a strength and a tint whose mean is 1."""
    strength = sum(factors) / 3
    return strength, _times(factors, (1 / strength,) * 3)


def _times(colour: Vector3, factors: Vector3) -> Vector3:
    return colour[0] * factors[0], colour[1] * factors[1], colour[2] * factors[2]
