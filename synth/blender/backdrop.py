"""What the lens sees behind people in place of the sky, which goes on to light them: a room, or something blurred.

It is painted on the world and so costs nothing: for the direction d of a ray, the room is a box about the lens whose
wall is met at p = t d with t = min(size_i / |d_i|); on its walls hang and stand rectangles.  Out of focus, every path
looks a little aside; the denoiser makes that a blur.
"""

from typing import Any

from synth.blender.nodes import Graph
from synth.spec import LightSpec

COLOURS = ("wall", "floor", "ceiling", "dark", "bright")


def build(g: Graph, sky: Any) -> Any:
    """Return the world's colour: `sky` for all rays but those that come from the lens, there the backdrop if any."""
    ray = g.node("ShaderNodeLightPath").outputs
    # Through the lenses of glasses the same is seen.
    seen = g.math("MAXIMUM", ray["Is Camera Ray"], ray["Is Transmission Ray"])
    direction = g.node("ShaderNodeTexCoord").outputs["Generated"]
    # No two paths of a pixel have quite the same direction, so this is another number for each of them.
    aside = g.node("ShaderNodeTexWhiteNoise", {"Vector": g.scaled(direction, 1e5)}, noise_dimensions="3D")
    spread = g.vector("SUBTRACT", aside.outputs["Color"], (0.5, 0.5, 0.5))
    direction = g.vector("ADD", direction, g.scaled(spread, g.value("blur")))
    direction = g.node(
        "ShaderNodeVectorRotate", {"Vector": direction, "Angle": g.value("turn")}, rotation_type="Z_AXIS"
    )
    place, floor, ceiling = _box(g, direction.outputs[0])
    colour = g.mix(g.value("is_room"), _noise(g, direction.outputs[0]), _room(g, place, floor, ceiling))
    return g.mix(g.mul(seen, g.value("backdrop")), sky, colour)


def _box(g: Graph, direction: Any) -> tuple[Any, Any, Any]:
    """Return where the ray meets the room, and whether it meets floor or ceiling."""
    up = g.math("GREATER_THAN", g.node("ShaderNodeSeparateXYZ", {0: direction}).outputs[2], 0.0)
    width, depth, above = g.node("ShaderNodeSeparateXYZ", {0: g.offset("size")}).outputs
    below = g.value("floor_down", 1.0)
    height = g.add(below, g.mul(up, g.sub(above, below)))
    size = g.node("ShaderNodeCombineXYZ", {0: width, 1: depth, 2: height}).outputs[0]
    away = g.node("ShaderNodeSeparateXYZ", {0: g.vector("DIVIDE", size, g.vector("ABSOLUTE", direction))}).outputs
    nearest = g.math("MINIMUM", away[0], away[1])
    level = g.math("LESS_THAN", away[2], nearest)
    place = g.scaled(direction, g.math("MINIMUM", nearest, away[2]))
    return place, g.mul(level, g.sub(1.0, up)), g.mul(level, up)


def _room(g: Graph, place: Any, floor: Any, ceiling: Any) -> Any:
    """Return the colour of walls with things on them, floor and ceiling."""
    xyz = g.node("ShaderNodeSeparateXYZ", {0: g.vector("ADD", place, g.offset("shift"))}).outputs
    along = g.node("ShaderNodeCombineXYZ", {0: g.add(xyz[0], xyz[1]), 1: xyz[2]}).outputs[0]
    bricks = g.node(
        "ShaderNodeTexBrick",
        {
            "Vector": along,
            "Color1": (0.0, 0.0, 0.0),
            "Color2": (1.0, 1.0, 1.0),
            "Mortar": (0.5, 0.5, 0.5),
            "Scale": g.value("scale", 1.0),
            "Mortar Size": 0.06,
            "Mortar Smooth": 0.0,
            "Brick Width": g.value("thing_width", 0.8),
            "Row Height": g.value("thing_height", 0.5),
        },
        offset=0.37,
    )
    shade = g.node("ShaderNodeRGBToBW", {0: bricks.outputs["Color"]}).outputs[0]
    dark = g.smooth(shade, 0.18, 0.10)
    bright = g.smooth(shade, 0.82, 0.90)
    stain = g.add(0.8, g.mul(g.noise(place, 1.3, 3.0), 0.4))
    wall = g.mix(g.mul(dark, g.value("things")), g.colour("wall"), g.colour("dark"))
    wall = g.mix(g.mul(bright, g.value("things")), wall, g.colour("bright"))
    colour = g.mix(ceiling, g.mix(floor, wall, g.colour("floor")), g.colour("ceiling"))
    return g.vector("MULTIPLY", colour, g.node("ShaderNodeCombineXYZ", {0: stain, 1: stain, 2: stain}).outputs[0])


def _noise(g: Graph, direction: Any) -> Any:
    """Return soft patches of the five colours."""
    where = g.vector("ADD", direction, g.offset("shift"))
    first = g.smooth(g.noise(where, g.value("scale", 1.0), 2.0), 0.35, 0.65)
    second = g.smooth(g.noise(g.scaled(where, 2.3), g.value("scale", 1.0), 3.0), 0.4, 0.6)
    third = g.smooth(g.cells(where, g.value("scale", 1.0)), 0.3, 0.25)
    colour = g.mix(first, g.colour("wall"), g.colour("floor"))
    colour = g.mix(second, colour, g.colour("dark"))
    return g.mix(g.mul(third, g.value("things")), colour, g.colour("bright"))


def put(g: Graph, light: LightSpec) -> None:
    """Set this picture's backdrop."""
    backdrop = light.backdrop
    g.set("backdrop", float(backdrop is not None))
    if backdrop is None:
        return
    g.set("is_room", float(backdrop.kind == "room"))
    g.set("turn", backdrop.turn_rad)
    g.set("blur", backdrop.blur_rad)
    g.set("size", backdrop.half_size_m)
    g.set("floor_down", backdrop.floor_m)
    g.set("shift", backdrop.shift_m)
    g.set("scale", backdrop.scale)
    g.set("thing_width", backdrop.thing_m[0])
    g.set("thing_height", backdrop.thing_m[1])
    g.set("things", backdrop.things)
    for name, colour in zip(COLOURS, backdrop.radiance, strict=True):
        g.set(name, colour)
