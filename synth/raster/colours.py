"""Base colours of a subject's parts and hairs: one a part, or one a vertex of skin, white and iris.

Albedos in linear Rec. 709; in the infrared three equal numbers.  They are the means of what Blender's materials vary:
dyes of skin and hair and the painting of the iris are shared with these, reliefs, make-up, patterns and gloss left out.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from assets.part import Part, Strands
from synth.blender import iris_texture, sclera_texture
from synth.blender.hair_dyes import fine_colour, ground_colours, head_colours
from synth.blender.skin_dyes import colour as skin_colour
from synth.spec import SceneSpec, SubjectSpec

PLAIN = {
    "pupil": (0.003, 0.003, 0.003),
    "caruncle": (0.45, 0.19, 0.16),
    "teeth": (0.70, 0.64, 0.52),
    "mouth": (0.25, 0.10, 0.09),
    "tongue": (0.50, 0.16, 0.14),
    "cloth_trim": (0.30, 0.30, 0.30),
}
"""Of what has no colour in the spec."""
UNKNOWN = (0.3, 0.3, 0.3)
IRIS_ROWS, IRIS_COLUMNS = 16, 64
"""Of its painting: about as many texels as the iris has vertices."""

Colour = Float[np.ndarray, "3"]


def of_part(spec: SceneSpec, part: Part) -> Float[np.ndarray, "n 3"]:
    """Return the colour of each vertex of a part of the scene's first person."""
    subject, infrared = spec.subject, spec.light.infrared
    if part.material == "skin":
        return _skin(subject, part.attributes, infrared)
    if part.material == "iris":
        eye = subject.left if part.name.endswith("left") else subject.right
        texels, _ = iris_texture.paint(eye.iris, IRIS_ROWS, IRIS_COLUMNS, infrared)
        row = np.minimum(part.attributes["radius01"] * IRIS_ROWS, IRIS_ROWS - 1).astype(int)
        turn = np.mod(part.attributes["angle"] / (2 * np.pi), 1.0)
        return np.asarray(texels[row, np.minimum(turn * IRIS_COLUMNS, IRIS_COLUMNS - 1).astype(int)])
    return np.tile(_of_material(subject, part.material, infrared), (len(part.vertices_head), 1))


def of_strands(spec: SceneSpec, hairs: Strands) -> Colour:
    """Return the colour of hairs of the scene's first person."""
    subject, infrared = spec.subject, spec.light.infrared
    if hairs.material == "lash":
        lashes = subject.left.lashes if hairs.name.endswith("left") else subject.right.lashes
        return fine_colour(subject.hair, 0.25, 0.0, lashes.mascara, infrared)
    if hairs.material == "brow":
        return fine_colour(subject.hair, -0.10, 0.7 * subject.hair.grey, 0.0, infrared)
    beard = hairs.material == "beard"
    colour, lost = head_colours(subject, infrared, 0.12 if beard else 0.0)
    return np.asarray(colour + (lost - colour) * (subject.beard.grey if beard else subject.hair.grey))


def _skin(
    subject: SubjectSpec, attributes: Mapping[str, Float[np.ndarray, "n *d"]], infrared: bool
) -> Float[np.ndarray, "n 3"]:
    """Return the colour of skin, redder on the lips, and dark or grey where hair stands on it."""
    skin = subject.skin
    bare = skin_colour(skin.melanin, skin.haemoglobin, infrared)
    lip = skin_colour(0.92 * skin.melanin, skin.haemoglobin + 0.8, infrared)
    colour = _mixed(np.tile(bare, (len(attributes["lips"]), 1)), lip, attributes["lips"])
    for field, (cover, tint) in ground_colours(subject, infrared).items():
        colour = _mixed(colour, np.asarray(tint), cover * attributes[field])
    return colour


def _mixed(colour: Float[np.ndarray, "n 3"], other: Colour, share: Float[np.ndarray, "n"]) -> Float[np.ndarray, "n 3"]:
    return np.asarray(colour + share[:, None] * (other - colour))


def _of_material(subject: SubjectSpec, material: str, infrared: bool) -> Colour:
    """Return the one colour of a material."""
    if material in ("sclera", "conjunctiva"):
        white = sclera_texture.white(subject.age_years, subject.skin.melanin)
        return np.full(3, sclera_texture.INFRARED) if infrared else white
    if material == "hand":
        return skin_colour(subject.skin.melanin, subject.skin.haemoglobin, infrared)
    dyed = np.asarray(_dyed(subject).get(material, PLAIN.get(material, UNKNOWN)), dtype=np.float64)
    return np.full(3, dyed.mean()) if infrared else dyed


def _dyed(subject: SubjectSpec) -> dict[str, tuple[float, float, float]]:
    """Return the colours that the spec states, by material."""
    found: dict[str, tuple[float, float, float]] = {}
    if (worn := subject.clothing) is not None:
        found |= {"cloth": worn.colour, "sleeve": worn.colour, "cloth_under": worn.second_colour}
    if (worn_high := subject.headwear) is not None:
        found |= dict.fromkeys(("hat", "scarf", "headphones"), worn_high.colour)
        found["hat_under"] = worn_high.second_colour
    if (held := subject.covering) is not None:
        found |= {"face_mask": held.colour, "phone": held.colour}
    if (glasses := subject.glasses) is not None:
        found["glasses_frame"] = glasses.colour
    if (stance := subject.stance) is not None:
        found |= {"trousers": stance.colour, "shoes": stance.shoes}
    return found
