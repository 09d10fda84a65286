"""Parts and strands as Blender objects that stay: positions and attributes are written in place.

A part keeps its mesh while its faces stay the same; otherwise the mesh is emptied and filled anew, never replaced, so
that no data-block accumulates.  What a scene lacks (no glasses) is hidden, not deleted.
"""

from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from assets.part import Part, Strands
from synth.blender.frames import blender_matrix


class MeshPool:
    """The objects of one scene by the names of their parts."""

    def __init__(self, scene: Any) -> None:
        """Keep the scene whose collection holds the objects."""
        self.scene = scene
        self.objects: dict[str, Any] = {}
        self.faces: dict[str, np.ndarray] = {}

    def show_only(self, names: set[str]) -> None:
        """Hide every object that this picture lacks."""
        for name, item in self.objects.items():
            if item.hide_render is not (name not in names):
                item.hide_render = name not in names

    def put_part(self, part: Part, matrix: np.ndarray, material: Any, more: dict[str, np.ndarray] | None = None) -> Any:
        """Write a part, with `more` attributes, into its object, made at its first appearance; return the object."""
        item = self.objects.get(part.name)
        if item is None:
            item = self._add(part.name, bpy.data.meshes.new(part.name))
        mesh = item.data
        known = self.faces.get(part.name)
        if known is None or known.shape != part.faces.shape or not np.array_equal(known, part.faces):
            _fill_faces(mesh, len(part.vertices_head), part.faces)
            self.faces[part.name] = np.array(part.faces)
        elif len(mesh.vertices) != len(part.vertices_head):
            _fill_faces(mesh, len(part.vertices_head), part.faces)
        _put(mesh, "position", "FLOAT_VECTOR", part.vertices_head)
        for name, values in (part.attributes | (more or {})).items():
            _put(mesh, name, "FLOAT_VECTOR" if values.ndim == 2 else "FLOAT", values)
        # Attributes written from outside leave the mesh's bounds as they were, by which EEVEE tells what to draw.
        mesh.transform(Matrix.Identity(4))
        mesh.update()
        _dress(item, matrix, material, part.id)
        return item

    def put_strands(self, strands: Strands, matrix: np.ndarray, material: Any) -> Any:
        """Write strands into their curves object, made at its first appearance; return the object."""
        item = self.objects.get(strands.name)
        if item is None:
            item = self._add(strands.name, bpy.data.hair_curves.new(strands.name))
        curves = item.data
        count, points = strands.points_head.shape[:2]
        # All curves of an object have equally many points: asking each would take longer than writing them.
        known = len(curves.curves) == count and len(curves.points) == count * points
        if not known:
            curves.remove_curves()
            if count:
                curves.add_curves([points] * count)
        if count:
            _put(curves, "position", "FLOAT_VECTOR", strands.points_head.reshape(-1, 3))
            _put(curves, "radius", "FLOAT", strands.radius_m.reshape(-1))
            curves.set_types(type="CATMULL_ROM")  # what they are; the bounds are found anew
        curves.update_tag()
        _dress(item, matrix, material, strands.id)
        return item

    def _add(self, name: str, data: Any) -> Any:
        item = bpy.data.objects.new(name, data)
        self.scene.collection.objects.link(item)
        self.objects[name] = item
        return item


def _dress(item: Any, matrix: np.ndarray, material: Any, pass_index: int) -> None:
    """Set place, material and id, each only where it changed."""
    item.matrix_world = blender_matrix(matrix)
    if not item.data.materials:
        item.data.materials.append(material)
    elif item.data.materials[0] is not material:
        item.data.materials[0] = material
    if item.pass_index != pass_index:
        item.pass_index = pass_index


def _put(data: Any, name: str, kind: str, values: np.ndarray) -> None:
    """Write a value for each point, adding the attribute if need be."""
    attribute = data.attributes.get(name)
    if attribute is None:
        attribute = data.attributes.new(name, kind, "POINT")
    flat = np.ascontiguousarray(values, dtype=np.float32).reshape(-1)
    attribute.data.foreach_set("vector" if kind == "FLOAT_VECTOR" else "value", flat)


def _fill_faces(mesh: Any, vertices: int, faces: np.ndarray) -> None:
    """Give an emptied mesh its faces, shaded smooth; a quad that repeats its last vertex is a triangle.

    Quads are cut from their first corner to their third, as the labels cut them.  Blender would cut a bent quad one way
    or the other by the first positions that it saw, and keep to that when the vertices move.
    """
    mesh.clear_geometry()
    corners = np.asarray(faces, dtype=np.int32)
    if corners.shape[1] == 4:
        halves = np.stack([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]], axis=1)
        whole = corners[:, 2] != corners[:, 3]
        corners = halves[np.stack([np.ones_like(whole), whole], axis=1)]
    mesh.vertices.add(vertices)
    mesh.loops.add(corners.size)
    mesh.polygons.add(len(corners))
    mesh.loops.foreach_set("vertex_index", corners.ravel())
    mesh.polygons.foreach_set("loop_start", np.arange(0, corners.size, 3, dtype=np.int32))
    mesh.update(calc_edges=True)
