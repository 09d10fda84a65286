"""Hair (first plain version)."""

from typing import Any

from synth.blender.engine import EngineSpec
from synth.blender.nodes import Graph, new_material
from synth.spec import SceneSpec


def build(name: str) -> tuple[Any, Graph]:
    material, g = new_material(name)
    g.surface(
        g.node(
            "ShaderNodeBsdfPrincipled", {"Base Color": g.colour("colour", (0.02, 0.012, 0.008)), "Roughness": 0.4}
        ).outputs[0]
    )
    return material, g


def put_lash(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    pass


def put_brow(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    pass
