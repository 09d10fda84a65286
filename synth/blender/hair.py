"""Lashes and brows: two layers, a coloured body and a narrow highlight.

The hair shaders of Cycles scatter light from strand to strand, which on a few hundred hairs costs much and shows
little.  Colour: eumelanin and the redder pheomelanin absorb, after d'Eon et al., "An energy-conserving hair reflectance
model", 2011.
"""

from typing import Any

import numpy as np

from synth.blender.engine import EngineSpec
from synth.blender.nodes import Graph, new_material
from synth.spec import SceneSpec

EUMELANIN = np.array([0.419, 0.697, 1.37])
PHEOMELANIN = np.array([0.187, 0.4, 1.05])
GREY = np.array([0.55, 0.53, 0.50])
MASCARA = np.array([0.004, 0.004, 0.004])


def build(name: str) -> tuple[Any, Graph]:
    """Return the material."""
    material, g = new_material(name)
    body = g.node("ShaderNodeBsdfDiffuse", {"Color": g.colour("colour")}).outputs[0]
    shine = g.node("ShaderNodeBsdfAnisotropic", {"Color": g.colour("shine"), "Roughness": 0.38}).outputs[0]
    g.surface(g.mix_shader(0.06, body, shine))
    return material, g


def hair_colour(melanin: float, redness: float) -> np.ndarray:
    """Return the albedo of hair, from blond (melanin 0) to black (1)."""
    amount = 0.35 + 7.0 * melanin**1.6
    absorbed = amount * ((1 - redness) * EUMELANIN + redness * PHEOMELANIN * 0.9)
    return np.asarray(0.012 + 0.50 * np.exp(-np.sqrt(5.5 * absorbed)))


def _put(g: Graph, spec: SceneSpec, darker: float, grey: float, painted: float) -> None:
    hair = spec.subject.hair
    colour = hair_colour(min(1.0, hair.melanin + darker), hair.redness)
    colour = colour + (GREY - colour) * grey
    colour = colour + (MASCARA - colour) * painted
    if spec.light.infrared:
        # Hair of every colour is paler at 850 nm, the melanin's absorption having fallen by half.
        colour = np.repeat(0.10 + 0.5 * colour.mean(), 3)
    g.set("colour", tuple(colour))
    # Fine dark hairs that shone as strongly as the hair of a head would look silver against the light.
    g.set("shine", tuple(0.12 + 0.6 * colour))


def put_lash(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set the colour of the lashes: darker than the hair, and seldom grey."""
    lashes = getattr(spec.subject, spec.subject_eye).lashes
    _put(g, spec, 0.25, 0.1 * spec.subject.hair.grey**2, lashes.mascara)


def put_brow(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set the colour of the brows."""
    _put(g, spec, 0.0, 0.7 * spec.subject.hair.grey, 0.0)
