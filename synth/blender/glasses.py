"""Glasses: a frame of plastic or metal, and lenses that bend, mirror and tint.

A lens has two surfaces, each of which mirrors with the coating's tint, bends what is seen through it and lets the root
of the lens' tint pass.  Light on its way to the face goes straight through: caustics would cost many samples and show
little.
"""

from typing import Any

import numpy as np

from assets.glasses import LENS_INDEX
from synth.blender.engine import EngineSpec
from synth.blender.nodes import Graph, new_material
from synth.blender.water import fresnel, mirror, seen
from synth.spec import SceneSpec

COATING_TINT = (0.45, 1.0, 0.62)


def build_frame(name: str) -> tuple[Any, Graph]:
    """Return the frame's material."""
    material, g = new_material(name)
    inputs = {"Base Color": g.colour("colour"), "Metallic": g.value("metal"), "Roughness": g.value("roughness", 0.25)}
    g.surface(g.node("ShaderNodeBsdfPrincipled", inputs).outputs[0])
    return material, g


def put_frame(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set colour and finish."""
    glasses = spec.subject.glasses
    if glasses is None:
        return
    colour = np.asarray(glasses.colour)
    g.set("colour", tuple(np.repeat(colour.mean(), 3) if spec.light.infrared else colour))
    g.set("metal", float(glasses.metal))
    g.set("roughness", 0.22 if glasses.metal else 0.30)


def build_lens(name: str) -> tuple[Any, Graph]:
    """Return one surface of a lens, met twice on the way through."""
    material, g = new_material(name)
    tint = g.colour("tint", (1.0, 1.0, 1.0))
    bend = g.node("ShaderNodeBsdfRefraction", {"Color": tint, "Roughness": 0.0, "IOR": LENS_INDEX}).outputs[0]
    shine = mirror(g, 0.05)
    g.connect(shine.node.inputs["Color"], g.colour("coating", (1.0, 1.0, 1.0)))
    clear = g.node("ShaderNodeBsdfTransparent", {0: tint}).outputs[0]
    g.surface(g.mix_shader(seen(g), clear, g.mix_shader(fresnel(g, LENS_INDEX), bend, shine)))
    return material, g


def put_lens(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set tint and coating."""
    glasses = spec.subject.glasses
    if glasses is None:
        return
    # Sunglasses of plastic are nearly clear in the infrared.
    tint = 0.25 * glasses.tint if spec.light.infrared else glasses.tint
    colour = np.asarray(glasses.tint_colour)
    passed = (1 - tint) + tint * 0.5 * (colour.mean() if spec.light.infrared else colour)
    g.set("tint", tuple(np.sqrt(np.broadcast_to(passed, 3))))
    g.set("coating", tuple(glasses.coating * (np.ones(3) if spec.light.infrared else np.array(COATING_TINT))))
