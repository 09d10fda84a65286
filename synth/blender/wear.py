"""Cloth, plastic, and the skin of a hand before the face.

Cloth is rough and paler where it is seen at a grazing angle, for the fibres that stand off it.  Its pattern and its
weave follow `weave`, lengths along the cloth; where the third number is 1 it is knitted in ribs.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from assets.wear.spec import PATTERNS, Colour
from synth.blender.engine import EngineSpec
from synth.blender.nodes import Graph, new_material
from synth.blender.skin_dyes import colour as skin_colour
from synth.spec import SceneSpec

Builder = tuple[Callable[[str], tuple[Any, Graph]], Callable[[Graph, SceneSpec, EngineSpec], None]]
_WHITE, _DARK = (0.75, 0.74, 0.72), (0.02, 0.02, 0.02)
_STITCH_M, _RIB_M, _THREAD_M = 0.0055, 0.0042, 0.0011


def build_cloth(name: str) -> tuple[Any, Graph]:
    """Return a material of cloth."""
    material, g = new_material(name)
    weave = g.attribute("weave", "Vector")
    across, along, rib = (g.node("ShaderNodeSeparateXYZ", {0: weave}).outputs[k] for k in range(3))
    pattern = _pattern(g, weave, across, along)
    relief = g.add(
        g.mul(g.value("knit"), _stitches(g, across, along)),
        g.mul(rib, _wave(g, across, _RIB_M)),
        g.mul(g.value("thread"), g.mul(_wave(g, across, _THREAD_M), _wave(g, along, _THREAD_M))),
    )
    worn = g.add(0.86, g.mul(0.28, g.noise(weave, 14.0, 3.0)))
    dyed = g.mix(pattern, g.colour("colour"), g.colour("second"))
    # What lies deep between stitches and ribs is dark at any size of the picture.
    depth = g.add(1.0, g.mul(g.add(0.45, g.mul(0.25, rib)), g.mul(g.sub(relief, 0.5), g.value("relief_seen"))))
    shaded = g.vector("MULTIPLY", dyed, _grey(g, g.mul(worn, depth)))
    facing = g.node("ShaderNodeLayerWeight", {"Blend": 0.35}).outputs["Facing"]
    fuzz = g.mix(g.mul(facing, facing, g.value("fuzz", 0.4)), shaded, g.colour("fuzz_colour"))
    bump = g.node("ShaderNodeBump", {"Height": relief, "Distance": 0.0012, "Strength": 1.0}, name="relief").outputs[0]
    bsdf = g.node(
        "ShaderNodeBsdfPrincipled",
        {"Base Color": fuzz, "Roughness": 0.85, "Specular IOR Level": 0.18, "Normal": bump},
        name="surface",
    )
    g.surface(bsdf.outputs[0])
    g.name = name
    return material, g


def _wave(g: Graph, x: Any, period_m: float) -> Any:
    """Return 0 to 1 to 0 in every period."""
    return g.math("MULTIPLY_ADD", g.math("SINE", g.mul(x, 2 * np.pi / period_m)), 0.5, 0.5)


def _stitches(g: Graph, across: Any, along: Any) -> Any:
    """Return the height of knitted stitches: columns of V."""
    column = g.math("PINGPONG", across, _STITCH_M / 2)
    slanted = g.add(along, g.mul(column, 1.2))
    return g.mul(_wave(g, across, _STITCH_M), g.add(0.45, g.mul(0.55, _wave(g, slanted, _STITCH_M * 0.8))))


def _pattern(g: Graph, weave: Any, across: Any, along: Any) -> Any:
    """Return how much of the second colour there is."""
    scale = g.value("pattern_m", 0.03)

    def band(x: Any) -> Any:
        return g.math("GREATER_THAN", g.math("FRACT", g.math("DIVIDE", x, scale)), 0.55)

    down, over = band(along), band(across)
    blots = g.smooth(g.noise(weave, g.math("DIVIDE", 1.0, scale), 2.0), 0.50, 0.56)
    return g.add(
        g.mul(down, g.value("stripes")),
        g.mul(g.mul(g.add(down, over), 0.5), g.value("check")),
        g.mul(blots, g.value("noise")),
    )


def _grey(g: Graph, value: Any) -> Any:
    return g.node("ShaderNodeCombineXYZ", {0: value, 1: value, 2: value}).outputs[0]


def _put(
    g: Graph,
    spec: SceneSpec,
    engine: EngineSpec,
    colour: Colour,
    second: Colour,
    pattern: str,
    scale_m: float,
    knit: float,
) -> None:
    dyes = [np.asarray(colour), np.asarray(second)]
    if spec.light.infrared:
        # Dyes of cloth hardly absorb at 850 nm: most garments are pale there.
        dyes = [np.repeat(0.25 + 0.6 * dye.mean(), 3) for dye in dyes]
    g.set("colour", tuple(dyes[0]))
    g.set("second", tuple(dyes[1]))
    g.set("fuzz_colour", tuple(0.25 * dyes[0] + 0.75 * dyes[0].mean() ** 0.7))
    for name in PATTERNS[1:]:
        g.set(name, float(pattern == name))
    g.set("pattern_m", scale_m)
    g.set("knit", knit)
    g.set("thread", engine.detail * (1 - knit) * 0.35)
    g.set("relief_seen", max(knit, 0.6))
    g.set_link("relief", "surface", "Normal", engine.detail > 0)


def put_cloth(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set the garment's colours."""
    worn = spec.subject.clothing
    if worn is None:
        return
    knit = 1.0 if worn.kind in ("sweater", "turtleneck") else 0.0
    pattern = "plain" if worn.kind == "jacket" else worn.pattern
    _put(g, spec, engine, worn.colour, worn.second_colour, pattern, worn.pattern_scale_m, knit)


def put_under(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set the colours of the shirt under a jacket."""
    worn = spec.subject.clothing
    if worn is not None:
        _put(g, spec, engine, worn.second_colour, worn.colour, worn.pattern, worn.pattern_scale_m, 0.0)


def build_plastic(name: str) -> tuple[Any, Graph]:
    """Return smooth plastic of one colour."""
    material, g = new_material(name)
    inputs = {"Base Color": g.colour("colour"), "Roughness": g.value("roughness", 0.4)}
    g.surface(g.node("ShaderNodeBsdfPrincipled", inputs).outputs[0])
    return material, g


def put_trousers(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set the trousers' colour."""
    stance = spec.subject.stance
    if stance is not None:
        _put(g, spec, engine, stance.colour, stance.colour, "plain", 0.03, 0.0)


def put_shoes(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set the shoes' colour."""
    stance = spec.subject.stance
    if stance is not None:
        g.set("colour", _plastic(stance.shoes, spec.light.infrared))


def put_trim(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set buttons and strings: white on dark cloth and dark on white."""
    worn = spec.subject.clothing
    if worn is not None:
        under = worn.second_colour if worn.kind == "jacket" else worn.colour
        g.set("colour", _WHITE if np.mean(under) < 0.3 else _DARK)


def put_headwear(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set the colours of hat, hijab or scarf."""
    worn = spec.subject.headwear
    if worn is None:
        return
    knit = 1.0 if worn.kind in ("beanie", "scarf") else 0.0
    _put(g, spec, engine, worn.colour, worn.second_colour, worn.pattern, worn.pattern_scale_m, knit)


def put_cap(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set the colour of the cap under a hijab."""
    worn = spec.subject.headwear
    if worn is not None:
        _put(g, spec, engine, worn.second_colour, worn.colour, "plain", worn.pattern_scale_m, 0.0)


def put_headphones(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set the plastic's colour."""
    worn = spec.subject.headwear
    if worn is not None:
        g.set("colour", _plastic(worn.colour, spec.light.infrared))
        g.set("roughness", 0.35)


def _plastic(colour: Colour, infrared: bool) -> Colour:
    grey = float(np.mean(colour))
    return (grey, grey, grey) if infrared else colour


def put_mask(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set the colour of a face mask."""
    worn = spec.subject.covering
    if worn is not None:
        _put(g, spec, engine, worn.colour, worn.colour, "plain", 0.03, 0.0)


def build_hand(name: str) -> tuple[Any, Graph]:
    """Return the skin of a hand; nails are paler and smooth."""
    material, g = new_material(name)
    parts = g.node("ShaderNodeSeparateXYZ", {0: g.attribute("weave", "Vector")}).outputs
    nail = g.smooth(parts[2], 0.42, 0.52)
    place = g.attribute("weave", "Vector")
    blotch = g.add(0.88, g.mul(0.24, g.noise(place, 60.0, 3.0)))
    skin = g.vector("MULTIPLY", g.colour("base"), _grey(g, blotch))
    # Knuckles and fingertips are redder than the rest.
    skin = g.mix(g.mul(0.5, g.smooth(g.noise(place, 28.0, 1.0), 0.45, 0.7)), skin, g.colour("ruddy"))
    bsdf = g.node(
        "ShaderNodeBsdfPrincipled",
        {
            "Base Color": g.mix(g.mul(nail, 0.7), skin, g.colour("nail")),
            "Roughness": g.add(0.55, g.mul(nail, -0.25)),
            "Specular IOR Level": 0.4,
        },
    )
    g.surface(bsdf.outputs[0])
    return material, g


def put_hand(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set the hand's skin: that of the face."""
    skin, infrared = spec.subject.skin, spec.light.infrared
    base = skin_colour(skin.melanin, skin.haemoglobin, infrared)
    g.set("base", tuple(base))
    g.set("ruddy", tuple(skin_colour(skin.melanin + 0.03, skin.haemoglobin + 0.25, infrared)))
    g.set("nail", tuple(0.55 * base + 0.45 * skin_colour(0.1, skin.haemoglobin + 0.2, infrared)))


def build_phone(name: str) -> tuple[Any, Graph]:
    """Return a phone's case and the dark glass of its cameras."""
    material, g = new_material(name)
    glass = g.node("ShaderNodeSeparateXYZ", {0: g.attribute("weave", "Vector")}).outputs[2]
    inputs = {"Base Color": g.mix(glass, g.colour("colour"), _DARK), "Roughness": g.sub(0.3, g.mul(glass, 0.25))}
    g.connect(
        (bsdf := g.node("ShaderNodeBsdfPrincipled", {"Roughness": inputs["Roughness"]})).inputs["Base Color"],
        inputs["Base Color"],
    )
    g.surface(bsdf.outputs[0])
    return material, g


def put_phone(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set the case's colour."""
    worn = spec.subject.covering
    if worn is not None:
        g.set("colour", _plastic(worn.colour, spec.light.infrared))


BUILDERS: dict[str, Builder] = {
    "trousers": (build_cloth, put_trousers),
    "shoes": (build_plastic, put_shoes),
    "cloth": (build_cloth, put_cloth),
    "sleeve": (build_cloth, put_cloth),
    "cloth_under": (build_cloth, put_under),
    "cloth_trim": (build_plastic, put_trim),
    "hat": (build_cloth, put_headwear),
    "hat_under": (build_cloth, put_cap),
    "scarf": (build_cloth, put_headwear),
    "face_mask": (build_cloth, put_mask),
    "hand": (build_hand, put_hand),
    "phone": (build_phone, put_phone),
    "headphones": (build_plastic, put_headphones),
}
