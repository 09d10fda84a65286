"""What lies on and under the skin in single places: moles, spots, a scar, veins, the hollow below the eye."""

from dataclasses import dataclass
from typing import Any

from synth.blender.nodes import Graph

MARK_CELL_M = 0.018
"""Side of the squares of skin that have one mole, pimple or spot of age each, or none."""
TROUGH_M = (-0.0195, 0.0095)
"""Middle of the hollow under the eye, from the outer corner: temporal, down."""


@dataclass(frozen=True)
class Place:
    """Where a point of skin is, as sockets of the graph; see the module for the attributes."""

    where: Any
    """`rest` with the subject's own offset: the place in all noise."""
    lid: Any
    margin: Any
    lips: Any
    mucosa: Any
    creases: Any
    lid_u: Any
    temporal: Any
    """`corner`, m."""
    down: Any
    melanin: Any
    """`dyes`: above the subject's mean, in steps; `gloss` is roughness."""
    blood: Any
    gloss: Any
    sheet: Any
    sun: Any


def marks(g: Graph, place: Place) -> tuple[Any, Any]:
    """Return steps of melanin and of blood: moles and spots of age, pimples and what they leave behind."""
    node = g.node(
        "ShaderNodeTexVoronoi",
        {"Vector": g.vector("ADD", place.sheet, g.offset("offset")), "Scale": 1 / MARK_CELL_M},
        voronoi_dimensions="2D",
    )
    distance = node.outputs["Distance"]
    kind, size, tone = g.node("ShaderNodeSeparateXYZ", {0: node.outputs["Color"]}).outputs
    # Moles to one end of the cells' numbers, pimples to the other, spots of age between.
    mole = g.mul(
        g.math("LESS_THAN", kind, g.value("moles")),
        g.smooth(distance, g.add(0.055, g.mul(size, size, 0.05)), g.add(0.02, g.mul(size, size, 0.04))),
        g.add(3.0, g.mul(tone, 5.0)),
        g.value("has_moles"),
    )
    spot = g.mul(
        g.math("LESS_THAN", g.math("ABSOLUTE", g.sub(kind, 0.5)), g.value("age_spots")),
        g.smooth(distance, g.add(0.09, g.mul(size, 0.16)), g.add(0.05, g.mul(size, 0.08))),
        g.add(0.8, g.mul(tone, 1.6)),
        place.sun,
        g.value("has_age_spots"),
    )
    pimple = g.mul(
        g.math("GREATER_THAN", kind, g.sub(1.0, g.value("pimples"))),
        g.smooth(distance, g.add(0.09, g.mul(size, 0.08)), 0.02),
        g.add(2.0, g.mul(tone, 5.0)),
        g.value("has_pimples"),
    )
    bare = g.math("MAXIMUM", g.sub(1.0, g.add(g.mul(place.lid, 3.0), place.lips)), 0.0)
    return g.mul(g.add(mole, spot), bare), g.mul(pimple, bare)


def scar(g: Graph, place: Place) -> Any:
    """Return 0 to 1: one line of paler, redder skin."""
    off = g.vector("SUBTRACT", place.sheet, g.offset("scar_at"))
    along, across = (
        g.vector("DOT_PRODUCT", off, g.offset("scar_way")),
        g.vector("DOT_PRODUCT", off, g.offset("scar_side")),
    )
    waver = g.mul(g.math("SINE", g.mul(along, 420.0)), 0.0004)
    line = g.smooth(g.math("ABSOLUTE", g.add(across, waver)), 0.0013, 0.0004)
    return g.mul(line, g.smooth(g.math("ABSOLUTE", along), 0.011, 0.006), g.value("scar"))


def trough(g: Graph, place: Place) -> Any:
    """Return 0 to 1: the hollow under the eye, whose thin skin is darker than the cheek's."""
    across = g.mul(g.add(place.temporal, -TROUGH_M[0], g.mul(g.add(place.down, -TROUGH_M[1]), -0.7)), 1 / 0.014)
    down = g.mul(g.add(place.down, -TROUGH_M[1]), 1 / 0.0075)
    return g.smooth(g.add(g.mul(across, across), g.mul(down, down)), 1.0, 0.0)


def veins(g: Graph, place: Place) -> Any:
    """Return 0 to 1: a few soft branching lines below the skin of lids and temples."""
    warped = g.vector("ADD", place.where, g.vector("MULTIPLY", noise3(g, place.where, 180.0), (0.004, 0.004, 0.004)))
    line = g.smooth(crest(g, g.noise(warped, 150.0, 1.0)), 0.90, 1.0)
    return g.mul(line, g.smooth(g.noise(place.where, 60.0, 1.0), 0.45, 0.62), g.sub(1.0, place.margin))


def crest(g: Graph, noise: Any, width: float = 0.5) -> Any:
    """Return 1 along the lines where noise crosses its mean, 0 where it is `width` away: noise made into a net."""
    return g.math("MAXIMUM", g.sub(1.0, g.mul(g.math("ABSOLUTE", g.sub(noise, 0.5)), 1.0 / width)), 0.0)


def noise3(g: Graph, where: Any, scale: float) -> Any:
    """Return noise of three components about 0."""
    node = g.node("ShaderNodeTexNoise", {"Vector": where, "Scale": scale, "Detail": 1.0})
    return g.vector("SUBTRACT", node.outputs["Color"], (0.5, 0.5, 0.5))
