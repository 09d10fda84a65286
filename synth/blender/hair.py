"""Lashes and brows: two layers, a coloured body and a narrow highlight.

The hair shaders of Cycles scatter light from strand to strand, which on a few hundred hairs costs much and shows
little.  Colour: eumelanin and the redder pheomelanin absorb, after d'Eon et al., "An energy-conserving hair reflectance
model", 2011.
"""

from typing import Any

import numpy as np

from synth.blender.engine import EngineSpec
from synth.blender.nodes import Graph, new_material
from synth.spec import SceneSpec, SubjectSpec

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


def build_head(name: str) -> tuple[Any, Graph]:
    """Return the material of hair and beard: every strand has its own shade, some are grey, roots are darker."""
    material, g = new_material(name)
    info = g.node("ShaderNodeHairInfo").outputs
    chance = info["Random"]
    # One number a strand serves twice: its digits beyond the second are as good as another.
    shade = g.math("FRACT", g.mul(chance, 100.0))
    # A strand stands for a dozen hairs, of which some have turned.
    turned = g.add(g.value("grey"), g.mul(g.sub(chance, 0.5), g.value("grey_spread")))
    turned = g.math("MINIMUM", g.math("MAXIMUM", turned, 0.0), 1.0)
    colour = g.mix(turned, g.colour("colour"), g.colour("grey_colour"))
    root = g.smooth(info["Intercept"], 0.0, 0.45, 0.55, 1.0)
    light = g.mul(root, g.add(0.72, g.mul(shade, 0.56)))
    grey = g.node("ShaderNodeCombineXYZ", {0: light, 1: light, 2: light}).outputs[0]
    body = g.node("ShaderNodeBsdfDiffuse", {"Color": g.vector("MULTIPLY", colour, grey)}).outputs[0]
    shine = g.node(
        "ShaderNodeBsdfHair",
        {"Color": g.colour("shine"), "Offset": 0.06, "RoughnessU": 0.34, "RoughnessV": 0.9},
        component="Reflection",
    ).outputs[0]
    seen = g.mix_shader(g.value("gloss", 0.1), body, shine)
    # Light that comes to hair by way of something else ends there: from strand to strand it would go on for long, to
    # little effect.
    again = g.node("ShaderNodeLightPath").outputs["Diffuse Depth"]
    g.surface(g.node("ShaderNodeMixShader", {0: g.math("GREATER_THAN", again, 0.5), 1: seen}).outputs[0])
    return material, g


def hair_colour(melanin: float, redness: float) -> np.ndarray:
    """Return the albedo of hair, from blond (melanin 0) to black (1)."""
    amount = 0.35 + 7.0 * melanin**1.6
    absorbed = amount * ((1 - redness) * EUMELANIN + redness * PHEOMELANIN * 0.9)
    return np.asarray(0.012 + 0.50 * np.exp(-np.sqrt(5.5 * absorbed)))


def _put(g: Graph, spec: SceneSpec, darker: float, grey: float, painted: float) -> None:
    hair = spec.subject.hair
    colour = hair_colour(min(max(hair.melanin + darker, 0.0), 1.0), hair.redness)
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
    """Set the colour of the brows: fine hairs let light through, and look paler than those of the head."""
    _put(g, spec, -0.10, 0.7 * spec.subject.hair.grey, 0.0)


def _colours(spec: SubjectSpec, infrared: bool, redder: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the colour of hair that has its pigment, and of hair that has lost it."""
    hair = spec.hair
    colour, grey = hair_colour(hair.melanin, min(1.0, hair.redness + redder)), GREY
    if infrared:
        colour, grey = np.repeat(0.10 + 0.5 * colour.mean(), 3), np.repeat(0.10 + 0.5 * GREY.mean(), 3)
    return colour, grey


def _put_head(g: Graph, spec: SceneSpec, grey: float, redder: float, gloss: float) -> None:
    colour, grey_colour = _colours(spec.subject, spec.light.infrared, redder)
    g.set("colour", tuple(colour))
    g.set("grey_colour", tuple(grey_colour))
    g.set("grey", grey)
    g.set("grey_spread", 1.6 * min(grey, 1 - grey))
    g.set("shine", tuple(0.15 + 0.6 * colour))
    g.set("gloss", gloss)


def put_hair(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set the colour of the hair of the head; coils shine less than what lies smooth."""
    _put_head(g, spec, spec.subject.hair.grey, 0.0, 0.09 - 0.05 * spec.subject.scalp_hair.curl)


def put_beard(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set the colour of the beard: a little redder than the hair."""
    _put_head(g, spec, spec.subject.beard.grey, 0.12, 0.07)


def ground_colours(spec: SubjectSpec, infrared: bool) -> dict[str, tuple[float, tuple[float, ...]]]:
    """Return how much of the skin's colour the hair on it replaces, and by which, for scalp and beard.

    Shaved hair lets the skin through; hair that lies over the skin leaves it dark between the roots.
    """
    out = {}
    for field, length, present, grey, redder in (
        ("scalp", spec.scalp_hair.length_m, spec.scalp_hair.style != "bald", spec.hair.grey, 0.0),
        ("beard", spec.beard.length_m, spec.beard.style != "none", spec.beard.grey, 0.12),
    ):
        colour, lost = _colours(spec, infrared, redder)
        mean = colour + (lost - colour) * grey
        cover = float(present) * (0.55 + 0.4 * min(1.0, length / 0.012)) * (1.0 if field == "scalp" else 0.7)
        out[field] = (cover, tuple(0.4 * mean))
    return out
