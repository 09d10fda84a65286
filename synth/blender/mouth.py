"""Teeth, tongue and the inside of the mouth: seldom in the picture, so plain."""

from typing import Any

from synth.blender.engine import EngineSpec
from synth.blender.nodes import Graph, new_material
from synth.spec import SceneSpec

COLOURS = {"teeth": (0.70, 0.64, 0.52), "tongue": (0.50, 0.16, 0.14), "mouth": (0.45, 0.20, 0.17)}


def build(name: str) -> tuple[Any, Graph]:
    """Return the material of one of `COLOURS`."""
    material, g = new_material(name)
    inputs = {"Base Color": g.colour("colour", COLOURS[name]), "Roughness": 0.35}
    g.surface(g.node("ShaderNodeBsdfPrincipled", inputs).outputs[0])
    g.name = name
    return material, g


def put(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set the colour: grey in the infrared."""
    g.set("colour", (0.5, 0.5, 0.5) if spec.light.infrared else COLOURS[g.name])
