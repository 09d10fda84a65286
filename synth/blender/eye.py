"""Eye (first plain version)."""

from typing import Any

from synth.blender.engine import EngineSpec
from synth.blender.nodes import Graph, new_material
from synth.spec import SceneSpec

IOR = 1.336


def _plain(name: str, colour: tuple[float, float, float], roughness: float) -> tuple[Any, Graph]:
    material, g = new_material(name)
    g.surface(
        g.node("ShaderNodeBsdfPrincipled", {"Base Color": g.colour("colour", colour), "Roughness": roughness}).outputs[
            0
        ]
    )
    return material, g


def build_sclera(name: str) -> tuple[Any, Graph]:
    return _plain(name, (0.75, 0.68, 0.62), 0.15)


def put_sclera(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    pass


def build_iris(name: str) -> tuple[Any, Graph]:
    return _plain(name, (0.2, 0.1, 0.05), 0.8)


def put_iris_left(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    m = spec.subject.left.iris.melanin
    g.set("colour", (0.25 - 0.2 * m, 0.3 - 0.28 * m, 0.35 - 0.34 * m))


def put_iris_right(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    m = spec.subject.right.iris.melanin
    g.set("colour", (0.25 - 0.2 * m, 0.3 - 0.28 * m, 0.35 - 0.34 * m))


def build_pupil(name: str) -> tuple[Any, Graph]:
    return _plain(name, (0.004, 0.003, 0.003), 1.0)


def build_caruncle(name: str) -> tuple[Any, Graph]:
    return _plain(name, (0.6, 0.25, 0.2), 0.25)


def put_caruncle(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    pass


def build_teeth(name: str) -> tuple[Any, Graph]:
    return _plain(name, (0.7, 0.65, 0.55), 0.3)


def build_tongue(name: str) -> tuple[Any, Graph]:
    return _plain(name, (0.5, 0.15, 0.13), 0.4)


def put_nothing(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    pass


def water(g: Graph, roughness: float, ior: float = IOR) -> Any:
    refract = g.node("ShaderNodeBsdfRefraction", {"Color": (1.0, 1.0, 1.0), "Roughness": 0.0, "IOR": ior})
    glossy = g.node("ShaderNodeBsdfAnisotropic", {"Color": (1.0, 1.0, 1.0), "Roughness": roughness})
    fresnel = g.node("ShaderNodeFresnel", {"IOR": ior})
    film = g.mix_shader(fresnel.outputs[0], refract.outputs[0], glossy.outputs[0])
    path = g.node("ShaderNodeLightPath")
    straight = g.math("MAXIMUM", path.outputs["Is Shadow Ray"], path.outputs["Is Diffuse Ray"])
    clear = g.node("ShaderNodeBsdfTransparent")
    return g.mix_shader(straight, film, clear.outputs[0])


def build_cornea(name: str) -> tuple[Any, Graph]:
    material, g = new_material(name)
    g.surface(water(g, 0.1))
    return material, g


def put_cornea(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    pass


def build_tear(name: str) -> tuple[Any, Graph]:
    material, g = new_material(name)
    g.surface(water(g, 0.12))
    return material, g
