"""Skin: two dyes that vary from place to place, fine relief, make-up, and light that travels under the surface.

Colours are those of skin_dyes.  A place differs from the subject's mean by `dm` (melanin) and `dh` (haemoglobin); the
albedo is base * melanin_step^dm * blood_step^dh, one step being a tenth of the human range: exact at dm = dh = 0, and
exponential as absorption is.

Attributes of the mesh: `rest` (m, position when the face is at rest, so that texture moves with the skin), `lid`,
`margin`, `lips` (0 to 1) and `lid_u` (m, distance from the lid margin).
"""

import colorsys
from typing import Any

import numpy as np

from synth.blender.engine import EngineSpec
from synth.blender.nodes import Graph, new_material
from synth.blender.skin_dyes import colour
from synth.spec import SceneSpec

STEP = 0.1
SCATTER_M = 0.0014
"""Mean free path of red light; about 1-3 mm in vivo (Jensen 2001, skin1: 3.67 mm)."""
SCATTERED = 0.7
"""Share of the light that goes under the surface; the rest keeps the relief crisp."""
SCATTER_RGB = (1.0, 0.42, 0.24)


LASH_LINE = 0.45
"""Darkness of the row of lash roots and of the pigment along it, on everybody's upper lids."""


def build(name: str) -> tuple[Any, Graph]:
    """Return the material; its parameters are set by `put`."""
    material, g = new_material(name)
    where = g.vector("ADD", g.attribute("rest", "Vector"), g.offset("offset"))
    lid, margin, lips = g.attribute("lid"), g.attribute("margin"), g.attribute("lips")
    lid_u = g.attribute("lid_u")
    albedo = _makeup(g, _albedo(g, where, lid, margin, lips, lid_u), where, lid, lid_u)
    roughness = _roughness(g, where, lid, margin, lips)
    bsdf = g.node(
        "ShaderNodeBsdfPrincipled",
        {
            "Base Color": albedo,
            "Roughness": roughness,
            "IOR": 1.4,
            "Normal": _relief(g, where, lid, margin, lid_u),
            "Subsurface Weight": 0.0,
            "Subsurface Radius": SCATTER_RGB,
            "Subsurface Scale": SCATTER_M,
        },
        name="surface",
        subsurface_method="RANDOM_WALK",
    )
    g.surface(bsdf.outputs[0])
    return material, g


def _albedo(g: Graph, where: Any, lid: Any, margin: Any, lips: Any, lid_u: Any) -> Any:
    """Return the colour of bare skin."""
    blotch = g.sub(g.noise(where, 90.0, 2.0), 0.5)
    redness = g.sub(g.noise(where, 160.0, 3.0), 0.5)
    speckle = g.sub(g.noise(where, 1500.0, 2.0), 0.5)
    spots = g.smooth(g.cells(where, 420.0), 0.30, 0.12)
    strength = g.smooth(g.noise(where, 130.0, 1.0), 0.5, 0.75)
    fade = g.sub(1.0, margin)
    dm = g.add(
        g.mul(blotch, g.value("blotches"), 2.5),
        g.mul(speckle, g.value("speckles"), 2.2),
        g.mul(spots, strength, g.value("freckles"), fade),
        g.mul(lid, g.value("lid_melanin"), fade),
        g.mul(margin, -1.5),
    )
    # The thin skin by the margin shows the blood below it; so does the rim itself.
    near = g.smooth(lid_u, 0.0045, 0.0)
    dh = g.add(
        g.mul(redness, g.value("blotches"), 6.0),
        g.mul(lid, g.value("lid_blood")),
        g.mul(near, 1.2),
        g.mul(margin, 2.5),
        g.mul(lips, 6.0),
    )
    albedo = g.vector("MULTIPLY", g.colour("base"), _power(g, g.colour("melanin_step"), dm))
    return g.vector("MULTIPLY", albedo, _power(g, g.colour("blood_step"), dh))


def _power(g: Graph, colour_step: Any, steps: Any) -> Any:
    exponent = g.node("ShaderNodeCombineXYZ", {0: steps, 1: steps, 2: steps}).outputs[0]
    return g.vector("POWER", colour_step, exponent)


def _makeup(g: Graph, albedo: Any, where: Any, lid: Any, lid_u: Any) -> Any:
    """Return the colour with shadow on the lid and a line along its margin."""
    shadow = g.mul(
        g.smooth(lid_u, 0.011, 0.002), lid, g.value("eyeshadow"), g.add(0.8, g.mul(g.noise(where, 800.0), 0.4))
    )
    albedo = g.mix(shadow, albedo, g.colour("shadow_colour", (0.2, 0.1, 0.1)))
    edge = g.mul(g.sub(g.noise(where, 900.0), 0.5), 0.0006)
    line = g.mul(g.smooth(g.math("ADD", lid_u, edge), 0.0016, 0.0009), _liner(g))
    return g.mix(line, albedo, (0.012, 0.010, 0.010))


def _liner(g: Graph) -> Any:
    """Return the darkness of the lash line: roots and pigment on the upper lid, or what is painted, less below."""
    own = g.mul(g.value("lash_line", LASH_LINE), g.attribute("upper"))
    painted = g.mul(g.value("eyeliner"), g.add(0.3, g.mul(g.attribute("upper"), 0.7)))
    return g.math("MAXIMUM", own, painted)


def _roughness(g: Graph, where: Any, lid: Any, margin: Any, lips: Any) -> Any:
    """Return the roughness: patches of oil, a wet margin, moist lips."""
    patches = g.mul(g.sub(g.noise(where, 350.0, 2.0), 0.5), 0.25)
    dry = g.add(g.value("roughness", 0.5), patches, g.mul(lips, -0.12))
    dry = g.math("MINIMUM", g.math("MAXIMUM", dry, 0.22), 0.85)
    wet = g.smooth(margin, 0.35, 0.9)
    return g.add(g.mul(dry, g.sub(1.0, wet)), g.mul(wet, 0.18))


def _relief(g: Graph, where: Any, lid: Any, margin: Any, lid_u: Any) -> Any:
    """Return the normal: pores, the net of fine lines, and lines that follow the lid."""
    # Pores are pits about 0.6 mm apart, of varying depth; between them a net of fine lines, finer on the lids.
    pores = g.mul(g.smooth(g.cells(where, 1650.0), 0.05, 0.42), 1.0)
    depth = g.noise(where, 700.0, 1.0)
    pores = g.mul(g.sub(pores, 1.0), depth, 1.2)
    warped = g.vector("ADD", where, g.vector("MULTIPLY", _noise3(g, where, 500.0), (0.0012, 0.0012, 0.0012)))
    net = g.math("MINIMUM", g.cells(warped, 1100.0, "DISTANCE_TO_EDGE"), 0.16)
    grain = g.noise(where, 2600.0, 2.0, 0.6)
    waver = g.mul(g.sub(g.noise(where, 320.0, 2.0), 0.5), 0.0022)
    phase = g.mul(g.add(lid_u, waver), 2 * np.pi / 0.00085)
    lines = g.mul(g.math("SINE", phase), lid, g.smooth(lid_u, 0.0008, 0.003), g.noise(where, 260.0))
    smooth = g.sub(1.0, margin)
    height = g.mul(
        g.add(
            g.mul(pores, g.value("pores"), g.sub(1.0, g.mul(lid, 0.6))),
            g.mul(net, 2.2, g.value("net")),
            g.mul(grain, 0.35),
            g.mul(lines, g.value("lines")),
        ),
        smooth,
    )
    node = g.node("ShaderNodeBump", {"Height": height, "Distance": 1.1e-4, "Strength": 0.0}, name="relief")
    return node.outputs[0]


def _noise3(g: Graph, where: Any, scale: float) -> Any:
    """Return noise of three components about 0."""
    node = g.node("ShaderNodeTexNoise", {"Vector": where, "Scale": scale, "Detail": 1.0})
    return g.vector("SUBTRACT", node.outputs["Color"], (0.5, 0.5, 0.5))


def put(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set the parameters of this subject's skin."""
    skin, age = spec.subject.skin, spec.subject.age_years
    infrared = spec.light.infrared
    base = colour(skin.melanin, skin.haemoglobin, infrared)
    g.set("base", tuple(base))
    g.set("melanin_step", tuple(colour(skin.melanin + STEP, skin.haemoglobin, infrared) / base))
    g.set("blood_step", tuple(colour(skin.melanin, skin.haemoglobin + STEP, infrared) / base))
    rng = np.random.default_rng(skin.texture_seed)
    g.set_offset("offset", tuple(rng.uniform(-1.0, 1.0, 3)))
    fine = engine.detail
    g.set("blotches", skin.blotchiness)
    g.set("speckles", fine * (0.25 + 0.5 * skin.blotchiness))
    g.set("freckles", 3.0 * skin.freckles * (1 - 0.6 * skin.melanin))
    g.set("lid_melanin", 1.8 * skin.lid_darkness)
    g.set("lid_blood", 0.6 + 1.6 * skin.lid_darkness)
    g.set("roughness", 0.42 + 0.3 * skin.roughness - 0.24 * skin.oil)
    g.set("eyeshadow", 0.75 * skin.eyeshadow)
    g.set("shadow_colour", _shadow_colour(skin.eyeshadow_hue, infrared))
    g.set("eyeliner", skin.eyeliner)
    old = float(np.clip((age - 20) / 50, 0, 1))
    g.set("pores", fine * (0.25 + 0.75 * skin.pores))
    g.set("net", fine * (0.35 + 0.65 * skin.wrinkles) * (0.6 + 0.6 * old))
    g.set("lines", fine * (0.3 + 0.9 * skin.wrinkles) * (0.5 + 0.8 * old))
    g.set_input("relief", "Strength", float(fine))
    g.set_link("relief", "surface", "Normal", fine > 0)
    g.set_input("surface", "Subsurface Weight", SCATTERED if engine.random_walk else 0.0)


def _shadow_colour(hue: float, infrared: bool) -> tuple[float, float, float]:
    """Return the pigment of an eyeshadow, linear; most pigments are pale in the infrared."""
    return (0.35, 0.35, 0.35) if infrared else colorsys.hsv_to_rgb(hue % 1.0, 0.55, 0.16)
