"""Cornea and tears: what refracts, and what mirrors the sky, windows and lamps.

One surface of index 1.336 stands for the cornea (assets/eyeball.py), so what the camera sees of pupil and iris is bent
as the labels bend it.
Light on its way to the iris goes straight through: caustics would cost many samples and show little.

The mirror is not perfectly sharp: with a roughness above zero Cycles meets small bright lamps by sampling them, not by
chance.  On a sphere of 7.8 mm the blur is below a tenth of a millimetre.
"""

from typing import Any

from assets.eyeball import AQUEOUS_INDEX
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


def unseen(g: Graph) -> Any:
    """Return 1 for rays that carry light rather than sight: shadow rays and rays after a diffuse bounce."""
    path = g.node("ShaderNodeLightPath")
    return g.math("MAXIMUM", path.outputs["Is Shadow Ray"], path.outputs["Is Diffuse Ray"])


def build_cornea(name: str) -> tuple[Any, Graph]:
    """Return the refracting, mirroring surface."""
    material, g = new_material(name)
    refract = g.node(
        "ShaderNodeBsdfRefraction", {"Color": (1.0, 1.0, 1.0), "Roughness": 0.0, "IOR": AQUEOUS_INDEX}
    ).outputs[0]
    seen = g.mix_shader(fresnel(g, AQUEOUS_INDEX), refract, mirror(g, MIRROR_ROUGHNESS))
    g.surface(g.mix_shader(unseen(g), seen, g.node("ShaderNodeBsdfTransparent").outputs[0]))
    return material, g


def build_tear(name: str) -> tuple[Any, Graph]:
    """Return the meniscus: too thin to bend what is behind it, it only mirrors."""
    material, g = new_material(name)
    clear = g.node("ShaderNodeBsdfTransparent").outputs[0]
    seen = g.mix_shader(fresnel(g, TEAR_INDEX), clear, mirror(g, 0.14))
    g.surface(g.mix_shader(unseen(g), seen, clear))
    return material, g
