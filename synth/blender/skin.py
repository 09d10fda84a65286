"""Skin (first plain version)."""

from typing import Any

from synth.blender.engine import EngineSpec
from synth.blender.nodes import Graph, new_material
from synth.spec import SceneSpec


def build(name: str) -> tuple[Any, Graph]:
    """Return the material."""
    material, g = new_material(name)
    bsdf = g.node(
        "ShaderNodeBsdfPrincipled",
        {"Base Color": g.colour("albedo"), "Roughness": 0.5, "Subsurface Weight": 1.0,
         "Subsurface Radius": (0.0036, 0.0014, 0.0009), "Subsurface Scale": 1.0},
        subsurface_method="BURLEY",
    )  # fmt: skip
    g.surface(bsdf.outputs[0])
    return material, g


def put(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set colours."""
    m = spec.subject.skin.melanin
    g.set("albedo", (0.75 - 0.6 * m, 0.5 - 0.42 * m, 0.4 - 0.35 * m))
