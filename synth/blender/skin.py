"""Skin: two dyes that vary from place to place, fine relief, make-up, and light that travels under the surface.

Colours are those of skin_dyes.  A place differs from the subject's mean by `dm` (melanin) and `dh` (haemoglobin); the
albedo is base * melanin_step^dm * blood_step^dh, one step being a tenth of the human range: exact at dm = dh = 0, and
exponential as absorption is.

Attributes of the mesh: `rest` (m, position when the face is at rest, so that texture moves with the skin), `lid`,
`margin` (0 to 1), `lid_u` (m, distance from the lid margin), `dyes`, `sheet` and `places` of assets/complexion.py, and
`corner`, made here by `attributes`.
"""

import colorsys
from typing import Any

import numpy as np

from assets.part import Part
from synth.blender.engine import EngineSpec
from synth.blender.hair_dyes import ground_colours
from synth.blender.nodes import Graph, new_material
from synth.blender.skin_dyes import colour
from synth.blender.skin_marks import Place, crest, marks, scar, trough, veins
from synth.spec import SceneSpec

STEP = 0.1
SCATTER_M = 0.0010
"""Mean free path of red light; about 1-3 mm in vivo (Jensen 2001, skin1: 3.67 mm), less in the thin skin of lids."""
SCATTERED = 0.6
"""Share of the light that goes under the surface; the rest keeps the relief crisp."""
SCATTER_RGB = (1.0, 0.42, 0.24)
LASH_LINE = 0.45
"""Darkness of the row of lash roots and of the pigment along it, on everybody's upper lids."""
VEIN = (0.80, 0.90, 0.97)
"""What a vein under thin skin leaves of each colour: scattering above it keeps the blue."""
CROW_CENTRE_M = 0.006
"""Crow's feet fan out from a point this far inside the outer corner."""
LIPSTICKS = np.array([[0.36, 0.17, 0.12], [0.45, 0.13, 0.14], [0.38, 0.02, 0.025], [0.12, 0.015, 0.04]])
"""Nude, rose, red, plum; linear."""


def attributes(part: Part) -> dict[str, np.ndarray]:
    """Return `corner`: how far temporal of and below the outer corner of the eye on its side a point is, (n, 3), m.

    Measured in the face at rest; the third component is 0.
    """
    rest, on_margin = np.asarray(part.attributes["rest"]), np.asarray(part.attributes["margin"]) > 0.9
    corner = np.zeros((len(rest), 3))
    for side in (1, -1):
        mine = rest[:, 0] * side > 0
        margin = rest[on_margin & mine]
        if len(margin):
            canthus = margin[np.argmax(margin[:, 0] * side)]
            corner[mine, :2] = (rest[mine] - canthus)[:, :2] * (side, 1)
    return {"corner": corner}


def build(name: str) -> tuple[Any, Graph]:
    """Return the material; its parameters are set by `put`."""
    material, g = new_material(name)
    corner = g.node("ShaderNodeSeparateXYZ", {0: g.attribute("corner", "Vector")}).outputs
    dyes, places = (
        g.node("ShaderNodeSeparateXYZ", {0: g.attribute(name, "Vector")}).outputs for name in ("dyes", "places")
    )
    sheet = g.attribute("sheet", "Vector")
    place = Place(
        where=g.vector("ADD", g.attribute("rest", "Vector"), g.offset("offset")),
        lid=g.attribute("lid"),
        margin=g.attribute("margin"),
        lips=places[0],
        mucosa=places[1],
        creases=places[2],
        lid_u=g.attribute("lid_u"),
        temporal=corner[0],
        down=corner[1],
        melanin=dyes[0],
        blood=dyes[1],
        gloss=dyes[2],
        sheet=sheet,
        sun=g.node("ShaderNodeSeparateXYZ", {0: sheet}).outputs[2],
    )
    grooves = _grooves(g, place)
    bare = g.vector("MULTIPLY", _albedo(g, place), _grey(g, g.sub(1.0, g.mul(grooves, g.value("groove_shade")))))
    bsdf = g.node(
        "ShaderNodeBsdfPrincipled",
        {
            "Base Color": _haired(g, _makeup(g, bare, place)),
            "Roughness": _roughness(g, place),
            "IOR": 1.4,
            # A groove mirrors less than the ridge beside it; on the rim most of the mirror is the tears' own.
            "Specular IOR Level": _dulled(
                g, g.sub(0.45, g.add(g.mul(grooves, g.value("groove_dull")), g.mul(place.margin, 0.15)))
            ),
            "Normal": _relief(g, place, grooves),
            "Subsurface Weight": 0.0,
            "Subsurface Radius": SCATTER_RGB,
            "Subsurface Scale": SCATTER_M,
        },
        name="surface",
        subsurface_method="RANDOM_WALK",
    )
    g.surface(bsdf.outputs[0])
    return material, g


def _albedo(g: Graph, place: Place) -> Any:
    """Return the colour of bare skin."""
    where, lid, margin = place.where, place.lid, place.margin
    blotch = g.sub(g.noise(where, 90.0, 2.0), 0.5)
    redness = g.sub(g.noise(where, 160.0, 3.0), 0.5)
    mottle = g.sub(g.noise(where, 420.0, 3.0, 0.6), 0.5)
    flush = g.sub(g.noise(where, 560.0, 2.0, 0.6), 0.5)
    speckle = g.sub(g.noise(where, 1500.0, 2.0), 0.5)
    spots = g.smooth(g.cells(where, 420.0), 0.30, 0.12)
    strength = g.smooth(g.noise(where, 130.0, 1.0), 0.5, 0.75)
    fade = g.sub(1.0, margin)
    hollow = trough(g, place)
    brown, red = marks(g, place)
    cut = scar(g, place)
    dm = g.add(
        place.melanin,
        brown,
        g.mul(cut, -1.5),
        g.mul(blotch, g.value("blotches"), 2.5),
        g.mul(mottle, g.value("mottle"), 2.4),
        g.mul(speckle, g.value("speckles"), 2.2),
        g.mul(spots, strength, g.value("freckles"), fade, place.sun),
        # The rim keeps the lid's pigment but for a little, or it would shine out of a dark face; a pale one's is pink.
        g.mul(lid, g.value("lid_melanin")),
        g.mul(hollow, g.value("trough_melanin")),
        g.mul(margin, g.value("rim_melanin")),
    )
    # The thin skin by the margin shows the blood below it; so does the rim itself.
    near = g.smooth(place.lid_u, 0.0045, 0.0)
    dh = g.add(
        place.blood,
        red,
        g.mul(cut, 2.5),
        g.mul(redness, g.value("blotches"), 6.0),
        g.mul(flush, g.value("mottle"), 4.5),
        g.mul(lid, g.value("lid_blood")),
        g.mul(hollow, g.value("trough_blood")),
        g.mul(near, 1.2),
        g.mul(margin, g.add(1.6, g.mul(flush, g.value("mottle"), 5.0))),
    )
    albedo = g.vector("MULTIPLY", g.colour("base"), _power(g, g.colour("melanin_step"), dm))
    albedo = g.vector("MULTIPLY", albedo, _power(g, g.colour("blood_step"), dh))
    blue = g.add(g.mul(veins(g, place), g.value("veins")), g.mul(hollow, g.value("trough_blue")))
    albedo = g.vector("MULTIPLY", albedo, _power(g, g.colour("vein", VEIN), blue))
    albedo = g.vector("MULTIPLY", albedo, _power(g, g.colour("lip_step"), place.lips))
    return g.mix(place.mucosa, albedo, g.colour("mucosa"))


def _grey(g: Graph, value: Any) -> Any:
    return g.node("ShaderNodeCombineXYZ", {0: value, 1: value, 2: value}).outputs[0]


def _power(g: Graph, colour_step: Any, steps: Any) -> Any:
    exponent = g.node("ShaderNodeCombineXYZ", {0: steps, 1: steps, 2: steps}).outputs[0]
    return g.vector("POWER", colour_step, exponent)


def _makeup(g: Graph, albedo: Any, place: Place) -> Any:
    """Return the colour with lipstick, shadow on the lid, and a line along its margin."""
    where, lid_u = place.where, place.lid_u
    albedo = g.mix(g.mul(place.lips, g.value("lipstick")), albedo, g.colour("lipstick_colour"))
    shadow = g.mul(
        g.smooth(lid_u, 0.011, 0.002), place.lid, g.value("eyeshadow"), g.add(0.8, g.mul(g.noise(where, 800.0), 0.4))
    )
    albedo = g.mix(shadow, albedo, g.colour("shadow_colour", (0.2, 0.1, 0.1)))
    edge = g.mul(g.sub(g.noise(where, 900.0), 0.5), 0.0006)
    # Hairs and pencil stop at the outer edge of the rim, where `margin` is a half.
    inner = g.sub(1.0, g.mul(g.smooth(place.margin, 0.5, 1.0), 0.75))
    line = g.mul(g.smooth(g.math("ADD", lid_u, edge), 0.0016, 0.0009), inner, _liner(g, place))
    return g.mix(line, albedo, (0.012, 0.010, 0.010))


def _haired(g: Graph, albedo: Any) -> Any:
    """Return the colour with the hair that stands on it: roots, stubble, and what is between strands."""
    for field in ("scalp", "beard"):
        cover = g.mul(g.attribute(field), g.value(f"{field}_cover"))
        albedo = g.mix(cover, albedo, g.colour(f"{field}_colour"))
    return albedo


def _dulled(g: Graph, specular: Any) -> Any:
    """Return the strength of the reflection, which hair takes off the scalp: a parting would glare."""
    return g.mul(specular, g.sub(1.0, g.mul(g.attribute("scalp"), g.value("scalp_cover"))))


def _liner(g: Graph, place: Place) -> Any:
    """Return the darkness of the lash line: roots and pigment on the upper lid, or what is painted, less below."""
    # No lashes grow on the nasal eighth of the lid.
    own = g.mul(g.value("lash_line", LASH_LINE), g.attribute("upper"), g.smooth(place.temporal, -0.027, -0.021))
    painted = g.mul(g.value("eyeliner"), g.add(0.3, g.mul(g.attribute("upper"), 0.7)))
    return g.math("MAXIMUM", own, painted)


def _roughness(g: Graph, place: Place) -> Any:
    """Return the roughness: patches of oil, their fine grain, a moist margin, moist lips."""
    patches = g.mul(g.sub(g.noise(place.where, 350.0, 2.0), 0.5), 0.25)
    grain = g.mul(g.sub(g.noise(place.where, 1900.0, 1.0), 0.5), g.value("rough_grain"))
    dry = g.add(g.value("roughness", 0.5), patches, grain, place.gloss, g.mul(place.lid, 0.06))
    dry = g.add(dry, g.mul(place.lips, g.value("lip_gloss", -0.12)), g.mul(place.mucosa, -0.3))
    dry = g.math("MINIMUM", g.math("MAXIMUM", dry, 0.25), 0.85)
    wet = g.smooth(place.margin, 0.5, 1.0)
    return g.add(g.mul(dry, g.sub(1.0, wet)), g.mul(wet, 0.26))


def _grooves(g: Graph, place: Place) -> Any:
    """Return the depth of fine lines, 0 to about 2: a criss-cross net, crepe along the lids, crow's feet."""
    net = g.add(
        *(
            g.smooth(crest(g, g.noise(_stretched(g, place.where, turn), 1.0, 1.0), 0.16), 0.2, 1.0)
            for turn in (0.55, -0.75)
        )
    )
    # Crepe: short irregular lines, along the margin on the whole, lower and more temporal away from it.
    waver = g.mul(g.sub(g.noise(place.where, 220.0, 2.0), 0.5), 0.003)
    along = g.add(g.mul(place.temporal, 150.0), g.mul(waver, 60.0))
    across = g.mul(g.add(place.lid_u, waver, g.mul(place.temporal, -0.22)), 720.0)
    band = g.node("ShaderNodeCombineXYZ", {0: along, 1: across}).outputs[0]
    crepe = crest(g, g.noise(g.vector("ADD", band, g.offset("offset")), 1.0, 1.0), 0.13)
    on_lid = g.mul(g.smooth(place.lid, 0.0, 0.45), g.smooth(place.lid_u, 0.0008, 0.003))
    on_lid = g.mul(on_lid, g.smooth(g.noise(place.where, 130.0, 1.0), 0.3, 0.6, 0.25, 1.0))
    # Crow's feet: lines at angles about a point inside the outer corner.
    out = g.add(place.temporal, CROW_CENTRE_M)
    turn = g.math("ARCTAN2", place.down, out)
    reach = g.math("SQRT", g.add(g.mul(place.down, place.down), g.mul(out, out)))
    fan = g.node(
        "ShaderNodeCombineXYZ", {0: g.add(g.mul(turn, 6.5), g.mul(waver, 160.0)), 1: g.mul(reach, 55.0)}
    ).outputs[0]
    feet = crest(g, g.noise(g.vector("ADD", fan, g.offset("offset")), 1.0, 2.0), 0.11)
    there = g.mul(
        g.smooth(place.temporal, -0.001, 0.006),
        g.smooth(reach, 0.036, 0.018),
        g.smooth(g.math("ABSOLUTE", turn), 1.15, 0.7),
    )
    # Lines across the forehead waver by a few millimetres along their way.
    lines = g.vector("MULTIPLY", place.sheet, (11.0, 95.0, 0.0))
    brow_lines = crest(g, g.noise(g.vector("ADD", lines, g.offset("offset")), 1.0, 1.0), 0.07)
    return g.add(
        g.mul(brow_lines, place.creases, g.value("brow_lines")),
        g.mul(net, g.value("net"), g.sub(1.0, place.margin)),
        g.mul(crepe, on_lid, g.value("crepe")),
        g.mul(feet, there, g.value("feet")),
    )


def _stretched(g: Graph, where: Any, turn_rad: float) -> Any:
    """Return places in which a feature is half a millimetre across and 2 mm long, turned in the frontal plane."""
    c, s = float(np.cos(turn_rad)), float(np.sin(turn_rad))
    along = g.vector("DOT_PRODUCT", where, (c * 560.0, s * 560.0, 0.0))
    across = g.vector("DOT_PRODUCT", where, (-s * 2000.0, c * 2000.0, 400.0))
    deep = g.vector("DOT_PRODUCT", where, (0.0, 0.0, 900.0))
    return g.node("ShaderNodeCombineXYZ", {0: along, 1: across, 2: deep}).outputs[0]


def _relief(g: Graph, place: Place, grooves: Any) -> Any:
    """Return the normal: pores, fine lines, and grain."""
    where = place.where
    # Pores are pits about 0.7 mm apart, of varying depth, on the cheeks and hardly on the lids.
    pores = g.sub(g.smooth(g.cells(where, 1400.0), 0.05, 0.34), 1.0)
    pores = g.mul(pores, g.noise(where, 700.0, 1.0), g.value("pores"), g.sub(1.0, g.mul(place.lid, 0.85)))
    grain = g.mul(g.noise(where, 2400.0, 2.0, 0.6), 0.45)
    height = g.mul(g.add(pores, g.mul(grooves, -1.6), grain), g.sub(1.0, g.mul(place.margin, 0.8)))
    node = g.node("ShaderNodeBump", {"Height": height, "Distance": 1.1e-4, "Strength": 0.0}, name="relief")
    return node.outputs[0]


def put(g: Graph, spec: SceneSpec, engine: EngineSpec) -> None:
    """Set the parameters of this subject's skin."""
    skin, age = spec.subject.skin, spec.subject.age_years
    infrared = spec.light.infrared
    base = colour(skin.melanin, skin.haemoglobin, infrared)
    g.set("base", tuple(base))
    g.set("melanin_step", tuple(colour(skin.melanin + STEP, skin.haemoglobin, infrared) / base))
    g.set("blood_step", tuple(colour(skin.melanin, skin.haemoglobin + STEP, infrared) / base))
    # Lips have a thin skin over much blood, and little pigment of their own.
    lip = colour(0.92 * skin.melanin, skin.haemoglobin + 0.8, infrared) * (1.0 if infrared else 0.88)
    g.set("lip_step", tuple(lip / base))
    g.set("mucosa", tuple(0.45 * colour(0.25 * skin.melanin, 1.6, infrared)))
    g.set("lipstick", 0.85 * skin.lipstick)
    g.set("lipstick_colour", _lipstick_colour(skin.lipstick_hue, infrared))
    rng = np.random.default_rng(skin.texture_seed)
    g.set("offset", tuple(rng.uniform(-1.0, 1.0, 3)))
    fine = engine.detail
    old = float(np.clip((age - 20) / 50, 0, 1))
    pale = 1 - skin.melanin
    g.set("blotches", skin.blotchiness)
    g.set("mottle", fine * (0.5 + 0.5 * skin.blotchiness))
    g.set("speckles", fine * (0.25 + 0.5 * skin.blotchiness))
    g.set("freckles", 3.0 * skin.freckles * (1 - 0.6 * skin.melanin))
    # Lentigines come with age and light, on skin that melanin does not protect.
    spotted = 0.25 * float(np.clip((age - 45) / 35, 0, 1)) * pale
    for name, share in (("moles", 0.16 * skin.marks), ("age_spots", spotted), ("pimples", 0.6 * skin.acne)):
        g.set(name, share)
        g.set(f"has_{name}", float(share > 0))
    turn = float(rng.uniform(0, np.pi))
    g.set("scar", skin.scar)
    g.set("scar_at", (*rng.uniform((-0.06, -0.075), (0.06, 0.10)), 0.0))
    g.set("scar_way", (np.cos(turn), np.sin(turn), 0.0))
    g.set("scar_side", (-np.sin(turn), np.cos(turn), 0.0))
    g.set("lid_melanin", 1.8 * skin.lid_darkness)
    g.set("rim_melanin", -0.25 - 1.6 * skin.lid_darkness * pale)
    g.set("lid_blood", 0.6 + 1.6 * skin.lid_darkness)
    g.set("trough_melanin", 0.8 * skin.lid_darkness)
    g.set("trough_blood", 0.3 + 1.0 * skin.lid_darkness)
    g.set("trough_blue", 0.0 if infrared else 0.1 + 0.4 * skin.lid_darkness)
    # The skin of children and of the old is thin.
    g.set("veins", 0.0 if infrared else fine * pale**2 * (0.25 + 0.35 * abs(2 * old - 1)))
    # Sebum falls with age.
    g.set("roughness", 0.47 + 0.3 * skin.roughness - 0.24 * skin.oil * (1 - 0.5 * old))
    g.set("rough_grain", 0.35 * fine)
    g.set("eyeshadow", 0.75 * skin.eyeshadow)
    g.set("shadow_colour", _shadow_colour(skin.eyeshadow_hue, infrared))
    g.set("eyeliner", skin.eyeliner)
    for field, (cover, tint) in ground_colours(spec.subject, infrared).items():
        g.set(f"{field}_cover", cover)
        g.set(f"{field}_colour", tint)
    g.set("pores", fine * (0.4 + 0.8 * skin.pores))
    g.set("net", fine * (0.16 + 0.14 * skin.wrinkles))
    g.set("crepe", fine * (0.10 + 1.15 * skin.wrinkles) * (0.6 + 0.4 * old))
    weights = dict(spec.subject.expression.weights)
    squint = 0.5 * sum(weights.get(f"cheekSquint{side}", 0.0) for side in ("Left", "Right"))
    g.set("feet", fine * (1.6 * skin.wrinkles * old + 0.6 * squint * (0.15 + 0.85 * old)))
    g.set("brow_lines", 1.8 * fine)
    g.set("lip_gloss", -0.12 - 0.1 * skin.lipstick)
    # What lies in a groove is lit less; more is seen of it on pale skin.
    g.set("groove_shade", 0.0 if infrared else fine * (0.07 + 0.07 * pale))
    g.set("groove_dull", 0.2 * fine)
    # At 850 nm light goes far below the surface and fills the lines.
    g.set_input("relief", "Strength", fine * (0.5 if infrared else 1.0))
    g.set_link("relief", "surface", "Normal", fine > 0)
    g.set_input("surface", "Subsurface Weight", SCATTERED if engine.random_walk else 0.0)


def _shadow_colour(hue: float, infrared: bool) -> tuple[float, float, float]:
    """Return the pigment of an eyeshadow, linear; most pigments are pale in the infrared."""
    return (0.35, 0.35, 0.35) if infrared else colorsys.hsv_to_rgb(hue % 1.0, 0.55, 0.16)


def _lipstick_colour(hue: float, infrared: bool) -> tuple[float, ...]:
    """Return the pigment of a lipstick, linear; pale in the infrared."""
    at = np.linspace(0, 1, len(LIPSTICKS))
    return (0.45, 0.45, 0.45) if infrared else tuple(float(np.interp(hue, at, c)) for c in LIPSTICKS.T)
