"""One person on the stage: meshes, hairs and materials that stay, and are changed to whoever comes next.

A scene of many has an actor for each; those whom a scene lacks are hidden.  Blender gives equal names a number.
"""

from typing import Any

from assets.part import GeometryLike
from synth.blender.engine import EngineSpec
from synth.blender.frames import world_from_head
from synth.blender.materials import Materials, attributes
from synth.blender.meshes import MeshPool
from synth.culling import in_picture
from synth.spec import SceneSpec


class Actor:
    """The objects and materials of one person at a time."""

    def __init__(self, scene: Any) -> None:
        """Start with nothing: what a person needs is made when it first appears."""
        self.pool = MeshPool(scene)
        self.materials = Materials()

    def put(self, spec: SceneSpec, geometry: GeometryLike, engine: EngineSpec) -> None:
        """Become the first person of this spec, as far as the picture shows them."""
        matrix = world_from_head(spec)
        parts = [part for part in geometry.parts if in_picture(spec, part.name, part.vertices_head)]
        hairs = [strands for strands in geometry.strands if in_picture(spec, strands.name, strands.points_head)]
        for part in parts:
            self.pool.put_part(part, matrix, self.materials.of(part.name), attributes(part, geometry.parts))
        for strands in hairs:
            self.pool.put_strands(strands, matrix, self.materials.of(strands.name))
        shown = {part.name for part in parts} | {strands.name for strands in hairs}
        self.pool.show_only(shown)
        self.materials.put(spec, engine, shown)

    def leave(self) -> None:
        """Be in no picture until put again."""
        self.pool.show_only(set())
