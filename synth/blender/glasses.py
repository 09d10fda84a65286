"""Glasses: a frame of plastic or metal, and lenses that bend, mirror and tint.

A lens has two surfaces, each of which mirrors with the coating's tint, bends what is seen through it and lets the root
of the lens' tint pass.  Light on its way to the face goes straight through: caustics would cost many samples and show
little.
"""

from typing import Any

import numpy as np

from assets.glasses import LENS_INDEX
from synth.blender import eevee
from synth.blender.engine import EngineSpec
from synth.blender.nodes import Graph, new_material
from synth.blender.water import fresnel, mirror, seen
from synth.spec import SceneSpec

COATING_TINT = (0.45, 1.0, 0.62)
BEHIND_M = 0.020
"""From the back of a lens to lids and corners of the eye, about."""


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
    g.surface(g.mix_shader(seen(g), clear, g.mix_shader(fresnel(g, LENS_INDEX), bend, shine)), "CYCLES")
    both = g.mix_shader(fresnel(g, LENS_INDEX), _bent_twice(g, tint), shine)
    g.surface(g.mix_shader(seen(g), clear, both), "EEVEE")
    eevee.refracts(material)
    return material, g


def _bent_twice(g: Graph, tint: Any) -> Any:
    """Return what is seen through both surfaces, bent and tinted by the nearer alone, as EEVEE meets no other.

    The ray goes from the nearer surface to the place that light really comes from, `BEHIND_M` behind the lens.  A ray i
    is bent to o by one surface of index n if its normal is along i - n o (Snell's law: what lies in the surface is the
    same of i and of n o).
    """
    geometry = g.node("ShaderNodeNewGeometry").outputs
    across = g.node(
        "ShaderNodeVectorTransform",
        {0: g.attribute("across_normal", "Vector")},
        vector_type="NORMAL",
        convert_from="OBJECT",
        convert_to="WORLD",
    ).outputs[0]
    ray = g.scaled(geometry["Incoming"], -1.0)
    inside = _refracted(g, ray, geometry["Normal"], 1 / LENS_INDEX)
    leaves = _refracted(g, inside, g.scaled(across, -1.0), LENS_INDEX)
    reach = g.vector("ADD", g.scaled(inside, g.attribute("apart")), g.scaled(leaves, BEHIND_M))
    bent = g.vector("NORMALIZE", reach)
    normal = g.vector("NORMALIZE", g.vector("SUBTRACT", ray, g.scaled(bent, LENS_INDEX)))
    inputs = {"Color": g.vector("MULTIPLY", tint, tint), "Roughness": 0.0, "IOR": LENS_INDEX, "Normal": normal}
    return g.node("ShaderNodeBsdfRefraction", inputs).outputs[0]


def _refracted(g: Graph, ray: Any, normal: Any, ratio: float) -> Any:
    """Return a unit ray beyond a surface, whose normal is against it, by the ratio of the indices before and behind."""
    node = g.node("ShaderNodeVectorMath", {0: ray, 1: normal}, operation="REFRACT")
    node.inputs["Scale"].default_value = ratio
    return node.outputs["Vector"]


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
