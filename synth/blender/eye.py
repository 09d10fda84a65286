"""Iris, pupil, sclera and caruncle.

Iris and sclera wear paintings (iris_texture, sclera_texture) of about a texel for each traced pixel.  Their places on
the map are attributes of the mesh made by `attributes`: `polar` (cos, sin, radius01) of the iris, whose angle is taken
in the shader so that the map closes without a seam, and `map` (u, v) of the sclera.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.spatial import cKDTree

from assets import eyeball
from assets.eyeball import Side
from assets.part import Part
from synth.blender import iris_texture, sclera_texture
from synth.blender.engine import EngineSpec
from synth.blender.images import Painting, map_size
from synth.blender.nodes import Graph, new_material
from synth.spec import SceneSpec

IRIS_ROUND_M, SCLERA_MAP_M = 0.026, 0.042
SCATTER_RGB = (1.0, 0.75, 0.6)
LID_REACH_M = 0.0012
NEAR_LID = (0.60, 0.50, 0.46)
"""What is left of the white's colour where it touches a lid: thicker, redder conjunctiva, and the shade of lashes."""


def attributes(part: Part, parts: Sequence[Part]) -> dict[str, np.ndarray]:
    """Return what the shaders need beyond the attributes of the part itself.

    Args:
        part: Any part.
        parts: All parts of the scene: the white is redder near the lids, wherever these are now, and the flesh of the
            inner corner ends where it meets the white.
    """
    known = part.attributes
    if part.name.startswith("iris"):
        angle = known["angle"]
        return {"polar": np.stack([np.cos(angle), np.sin(angle), known["radius01"]], axis=1)}
    if part.name.startswith("sclera"):
        place = sclera_texture.map_uv(np.asarray(known["rest"], dtype=np.float64))
        return {"map": np.pad(place, ((0, 0), (0, 1))), "lid_near": _lid_near(part, parts)}
    if part.name.startswith("caruncle"):
        sclera = next(other for other in parts if other.name == f"sclera_{part.name.split('_')[-1]}")
        return {"lift": _above_sphere(part.vertices_head, sclera.vertices_head)}
    return {}


def _lid_near(sclera: Part, parts: Sequence[Part]) -> Float[np.ndarray, "n"]:
    """Return 1 where the white touches a lid's margin, falling with the distance."""
    skin = next((part for part in parts if part.name == "skin"), None)
    if skin is None:
        return np.zeros(len(sclera.vertices_head))
    margin = skin.vertices_head[np.asarray(skin.attributes["margin"]) > 0.9]
    far, _ = cKDTree(margin).query(sclera.vertices_head, distance_upper_bound=5 * LID_REACH_M)
    return np.asarray(np.exp(-far / LID_REACH_M))


def _above_sphere(points: Float[np.ndarray, "n 3"], on_sphere: Float[np.ndarray, "m 3"]) -> Float[np.ndarray, "n"]:
    """Return by how much points stand out of the sphere that passes through others, m."""
    sample = on_sphere[:: max(1, len(on_sphere) // 100)]
    middle = sample.mean(axis=0)
    # |x|^2 = 2 c x + k, about the sample's middle for precision.
    shifted = sample - middle
    rows = np.pad(2 * shifted, ((0, 0), (0, 1)), constant_values=1.0)
    x, y, z, k = np.linalg.solve(rows.T @ rows, rows.T @ (shifted**2).sum(axis=1))
    centre = np.array([x, y, z])
    return np.asarray(np.linalg.norm(points - middle - centre, axis=1) - np.sqrt(k + centre @ centre))


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
    # Threads and crypts are what people look at closely: two texels a pixel.
    columns = map_size((1 + engine.detail) * IRIS_ROUND_M, spec, 64, 1024)
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
    near = g.attribute("lid_near")
    near = g.node("ShaderNodeCombineXYZ", {0: near, 1: near, 2: near}).outputs[0]
    colour = g.vector("MULTIPLY", texture.outputs["Color"], g.vector("POWER", g.colour("near_lid", NEAR_LID), near))
    waves = g.noise(g.attribute("rest", "Vector"), 420.0, 2.0)
    bump = g.node("ShaderNodeBump", {"Height": waves, "Distance": 2.5e-4, "Strength": 0.0}, name="film")
    bsdf = g.node(
        "ShaderNodeBsdfPrincipled",
        {
            "Base Color": colour,
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
    size = map_size((1 + 0.4 * engine.detail) * SCLERA_MAP_M, spec, 64, 1024)
    limbus = eyeball.eyeball(eye.ball, side).limbus_angle_rad
    infrared = spec.light.infrared
    white = sclera_texture.white(spec.subject.age_years, spec.subject.skin.melanin)
    key = (spec.subject.sclera, eye.iris, round(limbus, 4), size, tuple(white), infrared)

    def paint() -> tuple[np.ndarray, np.ndarray]:
        root = root_colour(iris_texture.paint(eye.iris, 16, 64, infrared)[0])
        colour = sclera_texture.paint(spec.subject.sclera, size, limbus, root, int(side == "left"), white, infrared)
        return colour, np.zeros((size, size))

    g.paintings[name].put(key, paint)
    g.set("near_lid", (sum(NEAR_LID) / 3,) * 3 if infrared else NEAR_LID)
    g.set_input("film", "Strength", 0.35 * engine.detail)
    g.set_link("film", "surface", "Normal", engine.detail > 0)
    g.set_input("surface", "Subsurface Weight", 0.6 if engine.random_walk else 0.0)


def root_colour(iris_albedo: np.ndarray) -> np.ndarray:
    """Return the mean colour of an iris near its root."""
    return np.asarray(iris_albedo[-4:].mean(axis=(0, 1)))


def build_caruncle(name: str) -> tuple[Any, Graph]:
    """Return the flesh of the inner corner: knobbly caruncle, smooth red plica, and what runs out into the white.

    `nose` is 1 at the corner and 0 where the lids' lining begins; `lift` (m) is the height above the white.
    """
    material, g = new_material(name)
    where, nose, lift = g.attribute("rest", "Vector"), g.attribute("nose"), g.attribute("lift")
    grain = g.noise(where, 2600.0, 2.0)
    patches = g.noise(where, 900.0, 2.0)
    knobs = g.smooth(g.cells(where, 1300.0), 0.75, 0.1)
    high = g.smooth(lift, 0.0008, 0.0020)
    # Vessels of the plica run across it towards the white.
    run = g.node("ShaderNodeMapping", {0: where, "Scale": (350.0, 1900.0, 500.0)}).outputs[0]
    vessel = g.smooth(g.math("ABSOLUTE", g.sub(g.noise(run, 1.0, 2.0, 0.5, 0.6), 0.5)), 0.07, 0.0)
    flesh = g.mix(g.add(g.mul(patches, 0.7), g.mul(knobs, 0.35)), g.colour("dark"), g.colour("light"))
    plica = g.mix(g.mul(vessel, 0.7), g.mix(patches, g.colour("floor"), g.colour("light")), g.colour("dark"))
    corner = g.mix(high, plica, flesh)
    white = g.mix(g.mul(vessel, 0.4), g.colour("white"), g.colour("dark"))
    colour = g.mix(g.mul(g.smooth(nose, 0.0, 0.5), g.smooth(lift, 0.0, 0.0010)), white, corner)
    height = g.add(g.mul(grain, 0.35), g.mul(patches, 0.5), g.mul(knobs, high, 0.9))
    bsdf = g.node(
        "ShaderNodeBsdfPrincipled",
        {
            "Base Color": colour,
            "Roughness": g.add(0.10, g.mul(patches, 0.16)),
            "IOR": 1.337,
            "Normal": g.bump(height, 2.2e-4, 0.6),
            "Subsurface Weight": 0.0,
            "Subsurface Radius": (1.0, 0.4, 0.3),
            "Subsurface Scale": 0.0008,
        },
        name="surface",
        subsurface_method="RANDOM_WALK",
    )
    g.surface(bsdf.outputs[0])
    return material, g


def put_caruncle(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set the colours of the corner's flesh."""
    g.set_input("surface", "Subsurface Weight", 0.7 if engine.random_walk else 0.0)
    if spec.light.infrared:
        for name, value in (
            ("dark", 0.30),
            ("light", 0.40),
            ("floor", 0.36),
            ("white", 0.85 * sclera_texture.INFRARED),
        ):
            g.set(name, (value,) * 3)
        return
    red, melanin = spec.subject.sclera.redness, spec.subject.skin.melanin
    # The conjunctiva of dark people is pigmented most of all at the corner.
    shade = np.array([0.72, 0.66, 0.62]) ** (melanin**2)
    for name, colour in (
        ("dark", (0.40, 0.13 - 0.03 * red, 0.105 - 0.03 * red)),
        ("light", (0.56, 0.31 - 0.08 * red, 0.25 - 0.07 * red)),
        ("floor", (0.51, 0.34 - 0.10 * red, 0.30 - 0.10 * red)),
        ("white", (0.49, 0.405 - 0.08 * red, 0.37 - 0.08 * red)),
    ):
        g.set(name, tuple(shade * colour))
