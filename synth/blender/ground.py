"""The ground that people stand on: a plane with a colour and spots, which takes their shadows.

In a room it ends at the walls that the backdrop paints; elsewhere it runs, spot by spot, into what is behind it.
"""

from typing import Any

import bpy

from synth.blender.nodes import Graph, new_material
from synth.spec import SceneSpec

HALF_M = 40.0
"""Half of the plane's side."""


class Ground:
    """The plane of one scene; made when a picture first has one, so that others have no trace of it."""

    def __init__(self, scene: Any) -> None:
        """Make plane and material."""
        mesh = bpy.data.meshes.new("ground")
        corners = [(-HALF_M, -HALF_M, 0.0), (HALF_M, -HALF_M, 0.0), (HALF_M, HALF_M, 0.0), (-HALF_M, HALF_M, 0.0)]
        mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
        self.item = bpy.data.objects.new("ground", mesh)
        scene.collection.objects.link(self.item)
        material, self.graph = _build()
        mesh.materials.append(material)

    def put(self, spec: SceneSpec) -> None:
        """Set this picture's ground, or hide it."""
        ground, g = spec.ground, self.graph
        self.item.hide_render = ground is None
        if ground is None:
            return
        self.item.location = (0.0, 0.0, -ground.down_m)
        grey = sum(ground.colour) / 3
        g.set("colour", (grey, grey, grey) if spec.light.infrared else ground.colour)
        g.set("spots", ground.spots)
        g.set("scale", 1.0 / ground.grain_m)
        g.set("reach", ground.reach_m)
        g.set("shift", (ground.seed % 97 * 1.0, ground.seed % 89 * 1.0, 0.0))
        backdrop = spec.light.backdrop
        room = backdrop is not None and backdrop.kind == "room"
        g.set("in_room", float(room))
        if backdrop is not None:
            g.set("turn", backdrop.turn_rad)
            g.set("size", backdrop.half_size_m)
        g.flush()


def _build() -> tuple[Any, Graph]:
    material, g = new_material("ground")
    where = g.node("ShaderNodeTexCoord").outputs["Object"]
    shifted = g.vector("ADD", where, g.offset("shift"))
    fine = g.noise(shifted, g.value("scale", 10.0), 4.0)
    broad = g.noise(shifted, 0.7, 3.0)
    shade = g.add(1.0, g.mul(g.value("spots"), g.sub(g.add(fine, g.mul(0.8, broad)), 0.9), 1.6))
    grey = g.node("ShaderNodeCombineXYZ", {0: shade, 1: shade, 2: shade}).outputs[0]
    colour = g.vector("MULTIPLY", g.colour("colour"), grey)
    bsdf = g.node("ShaderNodeBsdfPrincipled", {"Base Color": colour, "Roughness": 0.75, "Specular IOR Level": 0.2})
    away = g.vector("LENGTH", where)
    reach = g.value("reach", 8.0)
    ragged = g.mul(away, g.add(0.85, g.mul(0.3, broad)))
    far = g.smooth(ragged, g.mul(0.6, reach), reach)
    turned = g.node("ShaderNodeVectorRotate", {"Vector": where, "Angle": g.value("turn")}, rotation_type="Z_AXIS")
    x, y, _ = g.node("ShaderNodeSeparateXYZ", {0: g.vector("ABSOLUTE", turned.outputs[0])}).outputs
    width, depth, _ = g.node("ShaderNodeSeparateXYZ", {0: g.offset("size")}).outputs
    outside = g.math("MAXIMUM", g.math("GREATER_THAN", x, width), g.math("GREATER_THAN", y, depth))
    in_room = g.value("in_room")
    gone = g.add(g.mul(in_room, outside), g.mul(g.sub(1.0, in_room), far))
    clear = g.node("ShaderNodeBsdfTransparent").outputs[0]
    g.surface(g.mix_shader(gone, bsdf.outputs[0], clear))
    return material, g
