"""Shader node trees written as expressions, and the parameters of a material set in place.

A tree is built once.  What differs from picture to picture is a named parameter: one or all of the three inputs of a
node, which are written only when they change, because every change makes Cycles compile that shader again.  Cycles
folds constants, so what is multiplied by a parameter of 0 costs nothing.
"""

from collections.abc import Mapping
from typing import Any

import bpy
import numpy as np

from synth.blender.images import Painting

Input = Any  # a socket, a number, or a tuple of numbers


class _Slot:
    """Three numbers that are written at once."""

    def __init__(self, node: Any) -> None:
        """Take a node whose inputs they are."""
        self.node = node
        self.wanted = [0.0, 0.0, 0.0]
        self.written = [0.0, 0.0, 0.0]

    def place(self, index: int, number: float) -> None:
        """Set one of the numbers, in single precision as Blender holds it."""
        self.wanted[index] = float(np.float32(number))

    def flush(self) -> bool:
        """Write them, if one changed; return whether."""
        if self.wanted == self.written:
            return False
        # All at once and unseen: written one by one, each would send Blender through the whole tree.
        self.node.inputs.foreach_set("default_value", self.wanted)
        self.written = list(self.wanted)
        return True


class Graph:
    """One node tree under construction, and its parameters afterwards."""

    def __init__(self, tree: Any) -> None:
        """Start from an empty tree."""
        self.tree = tree
        tree.nodes.clear()
        self.parameters: dict[str, tuple[_Slot, int | None, Any]] = {}
        """Its slot, which number of the three it is (None for all), and the output to read it from."""
        self.slots: list[_Slot] = []
        self.free: list[tuple[_Slot, int, Any]] | None = None
        """Places for numbers in the last slot that holds numbers."""
        self.paintings: dict[str, Painting] = {}
        self.name = ""

    def node(self, kind: str, inputs: Mapping[Any, Input] | None = None, **settings: Any) -> Any:
        """Add a node, set its properties, connect or fill its inputs; return the node."""
        node = self.tree.nodes.new(kind)
        for setting, value in settings.items():
            setattr(node, setting, value)
        for name, value in (inputs or {}).items():
            self.connect(node.inputs[name], value)
        return node

    def connect(self, socket: Any, value: Input) -> None:
        """Feed an input from a socket, or give it a constant."""
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, socket)
        elif isinstance(value, tuple) and len(value) == 3 and len(getattr(socket, "default_value", ())) == 4:
            socket.default_value = (*value, 1.0)
        else:
            socket.default_value = value

    def value(self, name: str, default: float = 0.0) -> Any:
        """Return the output of the parameter of this name, a number."""
        if name not in self.parameters:
            if self.free is None:
                slot = self._slot()
                parts = self.node("ShaderNodeSeparateXYZ", {0: slot.node.outputs[0]}).outputs
                self.free = [(slot, index, parts[index]) for index in range(3)]
            slot, index, output = self.free.pop(0)
            self.free = self.free or None
            slot.place(index, default)
            self.parameters[name] = (slot, index, output)
        return self.parameters[name][2]

    def colour(self, name: str, default: tuple[float, float, float] = (0.5, 0.5, 0.5)) -> Any:
        """Return the output of the parameter of this name, a linear colour."""
        if name not in self.parameters:
            slot = self._slot()
            for index, number in enumerate(default):
                slot.place(index, number)
            self.parameters[name] = (slot, None, slot.node.outputs[0])
        return self.parameters[name][2]

    def offset(self, name: str) -> Any:
        """Return the output of the parameter of this name, a vector."""
        return self.colour(name, (0.0, 0.0, 0.0))

    def _slot(self) -> "_Slot":
        slot = _Slot(self.node("ShaderNodeCombineXYZ"))
        self.slots.append(slot)
        return slot

    def set_input(self, node: str, name: str, value: float) -> None:
        """Write an unconnected input of a named node, if it changed."""
        self._write(self.tree.nodes[node].inputs[name], value)

    def set_setting(self, node: str, name: str, value: Any) -> None:
        """Write a setting of a named node, if it changed."""
        if getattr(self.tree.nodes[node], name) != value:
            setattr(self.tree.nodes[node], name, value)

    def set_link(self, source: str, target: str, name: str, wanted: bool) -> None:
        """Connect or part a named node's first output and an input of another, if it changed.

        A relief of strength 0 is still computed; one that is not connected is not.
        """
        socket = self.tree.nodes[target].inputs[name]
        if wanted and not socket.is_linked:
            self.tree.links.new(self.tree.nodes[source].outputs[0], socket)
        elif not wanted and socket.is_linked:
            self.tree.links.remove(socket.links[0])

    @staticmethod
    def _write(socket: Any, value: float) -> None:
        if socket.default_value != np.float32(value):
            socket.default_value = value

    def set(self, name: str, value: float | tuple[float, ...]) -> None:
        """Give a parameter a value, which `flush` writes."""
        slot, index, _ = self.parameters[name]
        numbers = value if isinstance(value, tuple | list) else (value,)
        for place, number in enumerate(numbers, start=index or 0):
            slot.place(place, number)

    def flush(self) -> None:
        """Write the parameters that changed, and tell Blender once."""
        if any([slot.flush() for slot in self.slots]):
            self.tree.update_tag()

    def attribute(self, name: str, kind: str = "Fac") -> Any:
        """Return an attribute of the mesh: `Fac` a number, `Vector`, or `Color`."""
        return self.node("ShaderNodeAttribute", attribute_name=name).outputs[kind]

    def math(self, operation: str, a: Input, b: Input = 0.0, c: Input = 0.0, clamp: bool = False) -> Any:
        """Return a number computed from numbers."""
        node = self.node("ShaderNodeMath", operation=operation, use_clamp=clamp)
        for socket, value in zip(node.inputs, (a, b, c), strict=True):
            self.connect(socket, value)
        return node.outputs[0]

    def add(self, *terms: Input) -> Any:
        """Return the sum of numbers."""
        total = terms[0]
        for term in terms[1:]:
            total = self.math("ADD", total, term)
        return total

    def mul(self, *factors: Input) -> Any:
        """Return the product of numbers."""
        product = factors[0]
        for factor in factors[1:]:
            product = self.math("MULTIPLY", product, factor)
        return product

    def sub(self, a: Input, b: Input) -> Any:
        """Return a - b."""
        return self.math("SUBTRACT", a, b)

    def vector(self, operation: str, a: Input, b: Input = (0.0, 0.0, 0.0)) -> Any:
        """Return a vector computed from vectors; LENGTH, DISTANCE and DOT_PRODUCT return a number."""
        node = self.node("ShaderNodeVectorMath", {0: a, 1: b}, operation=operation)
        return node.outputs["Value" if operation in ("LENGTH", "DISTANCE", "DOT_PRODUCT") else "Vector"]

    def scaled(self, vector: Input, factor: Input) -> Any:
        """Return a vector times a number."""
        node = self.node("ShaderNodeVectorMath", {0: vector}, operation="SCALE")
        self.connect(node.inputs["Scale"], factor)
        return node.outputs[0]

    def smooth(self, x: Input, low: Input, high: Input, to_low: Input = 0.0, to_high: Input = 1.0) -> Any:
        """Return the smooth step of x from low (to_low) to high (to_high)."""
        node = self.node(
            "ShaderNodeMapRange",
            {"Value": x, "From Min": low, "From Max": high, "To Min": to_low, "To Max": to_high},
            interpolation_type="SMOOTHSTEP",
        )
        return node.outputs[0]

    def mix(self, factor: Input, a: Input, b: Input, blend: str = "MIX") -> Any:
        """Return the blend of two colours."""
        node = self.node("ShaderNodeMix", data_type="RGBA", blend_type=blend)
        self.connect(node.inputs[0], factor)
        self.connect(node.inputs[6], a)
        self.connect(node.inputs[7], b)
        return node.outputs[2]

    def noise(self, where: Input, scale: Input, detail: float = 2.0, roughness: float = 0.5, warp: float = 0.0) -> Any:
        """Return fractal noise of about 0 to 1 with mean 0.5; `scale` is per unit of `where`."""
        node = self.node(
            "ShaderNodeTexNoise",
            {"Vector": where, "Scale": scale, "Detail": detail, "Roughness": roughness, "Distortion": warp},
        )
        return node.outputs[0]

    def cells(self, where: Input, scale: Input, feature: str = "F1", randomness: float = 1.0) -> Any:
        """Return the distance to the nearest of random points (F1) or to the border between their cells."""
        node = self.node(
            "ShaderNodeTexVoronoi", {"Vector": where, "Scale": scale, "Randomness": randomness}, feature=feature
        )
        return node.outputs["Distance"]

    def bump(self, height: Input, distance_m: Input = 1.0, strength: Input = 1.0, normal: Any = None) -> Any:
        """Return the normal bent by a height field."""
        node = self.node("ShaderNodeBump", {"Height": height, "Distance": distance_m, "Strength": strength})
        if normal is not None:
            self.connect(node.inputs["Normal"], normal)
        return node.outputs[0]

    def mix_shader(self, factor: Input, a: Any, b: Any) -> Any:
        """Return the blend of two shaders."""
        return self.node("ShaderNodeMixShader", {0: factor, 1: a, 2: b}).outputs[0]

    def surface(self, shader: Any, renderer: str = "ALL") -> None:
        """Make this the shader of the material, for one renderer alone where it is named."""
        self.node("ShaderNodeOutputMaterial", {"Surface": shader}, target=renderer)


def new_material(name: str) -> tuple[Any, Graph]:
    """Return an empty material and its graph."""
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    return material, Graph(material.node_tree)
