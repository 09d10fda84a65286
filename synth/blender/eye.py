"""Iris, pupil, sclera and caruncle.

Iris and sclera wear paintings (iris_texture, sclera_texture) of about a texel for each traced pixel.  Their places on
the map are attributes of the mesh made by `attributes`: `polar` (cos, sin, radius01) of the iris, whose angle is taken
in the shader so that the map closes without a seam, and `map` (u, v) of the sclera.
"""

from typing import Any

import numpy as np

from assets import eyeball
from assets.eyeball import Side
from assets.subject import Part
from synth.blender import iris_texture, sclera_texture
from synth.blender.engine import EngineSpec
from synth.blender.images import Painting, map_size
from synth.blender.nodes import Graph, new_material
from synth.spec import SceneSpec

IRIS_ROUND_M, SCLERA_MAP_M = 0.026, 0.042
SCATTER_RGB = (1.0, 0.75, 0.6)


def attributes(part: Part) -> dict[str, np.ndarray]:
    """Return what the shaders need beyond the attributes of the part itself."""
    known = part.attributes
    if part.name.startswith("iris"):
        angle = known["angle"]
        return {"polar": np.stack([np.cos(angle), np.sin(angle), known["radius01"]], axis=1)}
    if part.name.startswith("sclera"):
        return {"map": np.pad(sclera_texture.map_uv(np.asarray(known["rest"], dtype=np.float64)), ((0, 0), (0, 1)))}
    return {}


def build_iris(name: str) -> tuple[Any, Graph]:
    """Return the material of one iris with its own painting."""
    material, g = new_material(name)
    place = g.node("ShaderNodeSeparateXYZ", {0: g.attribute("polar", "Vector")}).outputs
    turn = g.math("ARCTAN2", place[1], place[0])
    u = g.math("FRACT", g.mul(turn, 1 / (2 * np.pi)))
    v = g.sub(1.0, place[2])
    texture = _texture(g, name, g.node("ShaderNodeCombineXYZ", {0: u, 1: v}).outputs[0])
    bump = g.node(
        "ShaderNodeBump", {"Height": texture.outputs["Alpha"], "Distance": 2.5e-4, "Strength": 0.0}, name="relief"
    )
    bsdf = g.node(
        "ShaderNodeBsdfDiffuse", {"Color": texture.outputs["Color"], "Normal": bump.outputs[0]}, name="surface"
    )
    g.surface(bsdf.outputs[0])
    return material, g


def _texture(g: Graph, name: str, where: Any) -> Any:
    texture = g.node("ShaderNodeTexImage", {"Vector": where}, interpolation="Linear")
    g.paintings[name] = Painting(name, texture)
    texture.extension = "REPEAT" if name.startswith("iris") else "EXTEND"
    return texture


def put_iris(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Paint an iris, if it is another one than before."""
    (name,) = g.paintings
    iris = getattr(spec.subject, name.removeprefix("iris_")).iris
    columns = map_size(IRIS_ROUND_M, spec, 64, 1024)
    infrared = spec.light.infrared
    g.paintings[name].put(
        (iris, columns, infrared), lambda: iris_texture.paint(iris, max(columns // 5, 16), columns, infrared)
    )
    g.set_input("relief", "Strength", 0.6)
    g.set_link("relief", "surface", "Normal", columns >= 256)


def build_pupil(name: str) -> tuple[Any, Graph]:
    """Return the dark of the pupil."""
    material, g = new_material(name)
    g.surface(g.node("ShaderNodeBsdfDiffuse", {"Color": (0.0025, 0.002, 0.002)}).outputs[0])
    return material, g


def build_sclera(name: str) -> tuple[Any, Graph]:
    """Return the material of one white of the eye: scattering, under a film of tears with small waves."""
    material, g = new_material(name)
    texture = _texture(
        g,
        name,
        g.node(
            "ShaderNodeMapping",
            {0: g.attribute("map", "Vector"), "Scale": (1.0, -1.0, 1.0), "Location": (0.0, 1.0, 0.0)},
        ).outputs[0],
    )
    waves = g.noise(g.attribute("rest", "Vector"), 420.0, 2.0)
    bump = g.node("ShaderNodeBump", {"Height": waves, "Distance": 2.5e-4, "Strength": 0.0}, name="film")
    bsdf = g.node(
        "ShaderNodeBsdfPrincipled",
        {
            "Base Color": texture.outputs["Color"],
            "Roughness": 0.14,
            "IOR": 1.337,
            "Normal": bump.outputs[0],
            "Subsurface Weight": 0.0,
            "Subsurface Radius": SCATTER_RGB,
            "Subsurface Scale": 0.0008,
        },
        name="surface",
        subsurface_method="RANDOM_WALK",
    )
    g.surface(bsdf.outputs[0])
    return material, g


def put_sclera(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Paint a white of the eye, if it is another one than before."""
    (name,) = g.paintings
    side: Side = "left" if name.endswith("left") else "right"
    eye = getattr(spec.subject, side)
    size = map_size(SCLERA_MAP_M, spec, 64, 1024)
    limbus = eyeball.eyeball(eye.ball, side).limbus_angle_rad
    infrared = spec.light.infrared
    key = (spec.subject.sclera, eye.iris, round(limbus, 4), size, infrared)

    def paint() -> tuple[np.ndarray, np.ndarray]:
        root = root_colour(iris_texture.paint(eye.iris, 16, 64, infrared)[0])
        colour = sclera_texture.paint(spec.subject.sclera, size, limbus, root, int(side == "left"), infrared)
        return colour, np.zeros((size, size))

    g.paintings[name].put(key, paint)
    g.set_input("film", "Strength", 0.35 * engine.detail)
    g.set_link("film", "surface", "Normal", engine.detail > 0)
    g.set_input("surface", "Subsurface Weight", 0.6 if engine.random_walk else 0.0)


def root_colour(iris_albedo: np.ndarray) -> np.ndarray:
    """Return the mean colour of an iris near its root."""
    return np.asarray(iris_albedo[-4:].mean(axis=(0, 1)))


def build_caruncle(name: str) -> tuple[Any, Graph]:
    """Return the pink of caruncle and plica; towards the eye (`nose` 0) it passes into the white."""
    material, g = new_material(name)
    grain = g.noise(g.attribute("rest", "Vector"), 1800.0, 2.0)
    nose = g.attribute("nose")
    flesh = g.mix(grain, g.colour("dark"), g.colour("light"))
    colour = g.mix(g.smooth(nose, 0.0, 0.6), g.colour("floor"), flesh)
    bsdf = g.node(
        "ShaderNodeBsdfPrincipled",
        {
            "Base Color": colour,
            "Roughness": 0.22,
            "IOR": 1.337,
            "Normal": g.bump(grain, 3e-4, 0.4),
            "Subsurface Weight": 0.0,
            "Subsurface Radius": (1.0, 0.4, 0.3),
            "Subsurface Scale": 0.0012,
        },
        name="surface",
        subsurface_method="RANDOM_WALK",
    )
    g.surface(bsdf.outputs[0])
    return material, g


def put_caruncle(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set the colours of the corner's flesh."""
    g.set_input("surface", "Subsurface Weight", 0.8 if engine.random_walk else 0.0)
    if spec.light.infrared:
        for name, value in (("dark", 0.5), ("light", 0.58), ("floor", 0.55)):
            g.set(name, (value,) * 3)
        return
    red = spec.subject.sclera.redness
    g.set("dark", (0.48, 0.19 - 0.06 * red, 0.16 - 0.05 * red))
    g.set("light", (0.62, 0.33 - 0.08 * red, 0.28 - 0.08 * red))
    g.set("floor", (0.55, 0.43 - 0.1 * red, 0.40 - 0.1 * red))
