"""Lashes and brows: two layers, a coloured body and a narrow highlight.

The hair shaders of Cycles scatter light from strand to strand, which on a few hundred hairs costs much and shows
little.  Colours are those of hair_dyes.
"""

from typing import Any

import numpy as np

from synth.blender.engine import EngineSpec
from synth.blender.hair_dyes import VARIES, fine_colour, head_colours
from synth.blender.nodes import Graph, new_material
from synth.spec import SceneSpec


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
    # Temples turn before the top.
    where = g.node("ShaderNodeTexCoord").outputs["Object"]
    down = g.smooth(g.node("ShaderNodeSeparateXYZ", {0: where}).outputs[1], -0.085, -0.020, -1.0, 1.0)
    turned = g.add(turned, g.mul(down, g.value("grey_temples")))
    turned = g.math("MINIMUM", g.math("MAXIMUM", turned, 0.0), 1.0)
    colour = g.mix(turned, g.mix(shade, g.colour("colour"), g.colour("pale_colour")), g.colour("grey_colour"))
    root = g.smooth(info["Intercept"], 0.0, 0.45, 0.55, 1.0)
    # Broad strands are the mass under the fine ones: darker, and striped along as if of many hairs.
    broad = g.smooth(info["Thickness"], 0.0010, 0.0022)
    place = g.node("ShaderNodeSeparateXYZ", {0: g.node("ShaderNodeNewGeometry").outputs["Parametric"]}).outputs
    across = g.add(place[0], place[1])
    stripe = g.node(
        "ShaderNodeCombineXYZ", {0: g.mul(across, 3.5), 1: g.mul(info["Intercept"], 1.5), 2: g.mul(chance, 90.0)}
    )
    grain = g.smooth(g.noise(stripe.outputs[0], 1.0, 1.0), 0.3, 0.7, 0.35, 1.0)
    # Locks differ too, in streaks that run down as hair does.
    streak = g.vector("MULTIPLY", where, (130.0, 14.0, 130.0))
    root = g.mul(root, g.smooth(g.noise(streak, 1.0, 1.0), 0.3, 0.7, 0.72, 1.22))
    light = g.mul(root, g.add(0.8, g.mul(shade, 0.4)), g.sub(1.0, g.mul(broad, g.sub(1.0, grain))))
    grey = g.node("ShaderNodeCombineXYZ", {0: light, 1: light, 2: light}).outputs[0]
    body = g.node("ShaderNodeBsdfDiffuse", {"Color": g.vector("MULTIPLY", colour, grey)}).outputs[0]
    # Light that a hair's surface sends back is white and towards the root; what went through it, coloured, broad and
    # towards the tip (Marschner et al., "Light scattering from human hair fibers", 2003).
    gloss = g.mul(g.value("gloss", 0.1), g.sub(1.0, g.mul(0.5, broad)))
    seen = g.mix_shader(g.mul(gloss, 1.3), body, _lobe(g, g.colour("glow"), -0.12, 0.65))
    seen = g.mix_shader(g.mul(gloss, 0.6), seen, _lobe(g, g.colour("shine"), 0.08, 0.42))
    # Light that comes to hair by way of something else ends there: from strand to strand it would go on for long, to
    # little effect.
    again = g.node("ShaderNodeLightPath").outputs["Diffuse Depth"]
    g.surface(g.node("ShaderNodeMixShader", {0: g.math("GREATER_THAN", again, 0.5), 1: seen}).outputs[0])
    return material, g


def _lobe(g: Graph, colour: Any, offset_rad: float, roughness: float) -> Any:
    """Return light that comes back from a strand, turned along it by an angle."""
    inputs = {"Color": colour, "Offset": offset_rad, "RoughnessU": roughness, "RoughnessV": 0.9}
    return g.node("ShaderNodeBsdfHair", inputs, component="Reflection").outputs[0]


def _put(g: Graph, spec: SceneSpec, darker: float, grey: float, painted: float) -> None:
    colour = fine_colour(spec.subject.hair, darker, grey, painted, spec.light.infrared)
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


def _put_head(g: Graph, spec: SceneSpec, grey: float, temples: float, redder: float, gloss: float) -> None:
    colour, grey_colour = head_colours(spec.subject, spec.light.infrared, redder, -VARIES)
    pale = head_colours(spec.subject, spec.light.infrared, redder, VARIES)[0]
    g.set("colour", tuple(colour))
    g.set("pale_colour", tuple(pale))
    g.set("grey_colour", tuple(grey_colour))
    g.set("grey", grey)
    # Where half have turned, few strands are of one mixed shade: pepper and salt.
    g.set("grey_spread", 2.0 * min(grey, 1 - grey))
    g.set("grey_temples", temples * min(grey, 1 - grey))
    g.set("shine", tuple(0.15 + 0.6 * colour))
    g.set("glow", tuple(0.9 * pale**0.6))
    g.set("gloss", gloss)


def put_hair(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set the colour of the hair of the head; coils shine less than what lies smooth."""
    worn = spec.subject.scalp_hair
    # What hangs from the top lies over the temples.
    temples = 0.6 * float(np.clip(2 - worn.length_m / 0.05, 0.0, 1.0))
    _put_head(g, spec, spec.subject.hair.grey, temples, 0.0, 0.09 - 0.05 * worn.curl)


def put_beard(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set the colour of the beard: a little redder than the hair."""
    _put_head(g, spec, spec.subject.beard.grey, 0.0, 0.12, 0.07)
