"""Cornea and tears: what refracts, and what mirrors the sky, windows and lamps.

One surface of index 1.336 stands for the cornea (assets/eyeball.py), so what the camera sees of pupil and iris is bent
as the labels bend it.
Light on its way to the iris goes straight through: caustics would cost many samples and show little.

The mirror is not perfectly sharp: with a roughness above zero Cycles meets small bright lamps by sampling them, not by
chance.  On a sphere of 7.8 mm the blur is below a tenth of a millimetre.
"""

from typing import Any

from assets.eyeball import AQUEOUS_INDEX
from synth.blender import eevee
from synth.blender.nodes import Graph, new_material

TEAR_INDEX = 1.337
MIRROR_ROUGHNESS = 0.09


def mirror(g: Graph, roughness: float, normal: Any = None) -> Any:
    """Return a reflection without colour."""
    node = g.node("ShaderNodeBsdfAnisotropic", {"Color": (1.0, 1.0, 1.0), "Roughness": roughness}, distribution="GGX")
    if normal is not None:
        g.connect(node.inputs["Normal"], normal)
    return node.outputs[0]


def fresnel(g: Graph, index: float, normal: Any = None) -> Any:
    """Return how much is reflected at this angle."""
    node = g.node("ShaderNodeFresnel", {"IOR": index})
    if normal is not None:
        g.connect(node.inputs["Normal"], normal)
    return node.outputs[0]


def seen(g: Graph) -> Any:
    """Return 1 for rays from the camera, also through lens and cornea; 0 for those that carry light to what is seen."""
    path = g.node("ShaderNodeLightPath").outputs
    sight = g.math("MAXIMUM", path["Is Camera Ray"], path["Is Transmission Ray"])
    light = g.math("MAXIMUM", path["Is Shadow Ray"], path["Is Diffuse Ray"])
    return g.math("MULTIPLY", sight, g.sub(1.0, light))


def build_cornea(name: str) -> tuple[Any, Graph]:
    """Return the refracting, mirroring surface."""
    material, g = new_material(name)
    refract = g.node(
        "ShaderNodeBsdfRefraction", {"Color": (1.0, 1.0, 1.0), "Roughness": 0.0, "IOR": AQUEOUS_INDEX}
    ).outputs[0]
    wet = g.mix_shader(fresnel(g, AQUEOUS_INDEX), refract, mirror(g, MIRROR_ROUGHNESS))
    g.surface(g.mix_shader(seen(g), g.node("ShaderNodeBsdfTransparent").outputs[0], wet))
    eevee.refracts(material)
    return material, g


def build_tear(name: str) -> tuple[Any, Graph]:
    """Return the meniscus: too thin to bend what is behind it, it only mirrors."""
    material, g = new_material(name)
    clear = g.node("ShaderNodeBsdfTransparent").outputs[0]
    wet = g.mix_shader(fresnel(g, TEAR_INDEX), clear, mirror(g, 0.14))
    g.surface(g.mix_shader(seen(g), clear, wet))
    return material, g
