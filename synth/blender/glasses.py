"""Glasses (first plain version)."""

from typing import Any

from synth.blender.engine import EngineSpec
from synth.blender.nodes import Graph, new_material
from synth.spec import SceneSpec


def build_frame(name: str) -> tuple[Any, Graph]:
    material, g = new_material(name)
    bsdf = g.node(
        "ShaderNodeBsdfPrincipled", {"Base Color": g.colour("colour"), "Roughness": 0.25, "Metallic": g.value("metal")}
    )
    g.surface(bsdf.outputs[0])
    return material, g


def put_frame(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    if spec.subject.glasses is not None:
        g.set("colour", spec.subject.glasses.colour)
        g.set("metal", float(spec.subject.glasses.metal))


def build_lens(name: str) -> tuple[Any, Graph]:
    material, g = new_material(name)
    clear = g.node("ShaderNodeBsdfTransparent", {0: g.colour("tint", (1.0, 1.0, 1.0))})
    glossy = g.node("ShaderNodeBsdfAnisotropic", {"Roughness": 0.05})
    fresnel = g.node("ShaderNodeFresnel", {"IOR": 1.5})
    g.surface(g.mix_shader(fresnel.outputs[0], clear.outputs[0], glossy.outputs[0]))
    return material, g


def put_lens(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    pass
