"""Hair of the head and beard on one person: the fields of the fine mesh, what grows there, and how dense it is."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from assets.beard import grow_beard
from assets.ground import Ground, Plot, Terrain, sow, terrain
from assets.hair import grow_hair
from assets.person import SubjectSpec
from assets.scalp import Places, beard_density, scalp_density

HAIR_FIELDS = ("scalp", "beard")
"""Attributes of the skin: density of the hair on it, 0 to 1."""

_SCALP_SEEDS, _BEARD_SEEDS = 8500, 8000
_GUIDES_APART_M = 0.011


@dataclass(frozen=True, eq=False)
class Fields:
    """Where hair of the head and beards may grow on the fine mesh.

    Attributes:
        at: All its vertices.
        scalp: Those that may have hair; `beard` likewise.
        beard: See `scalp`.
        land: The skin as ground.
        scalp_plot: Seeds.
        beard_plot: Seeds.
    """

    at: Places
    scalp: Int[np.ndarray, " s"]
    beard: Int[np.ndarray, " b"]
    land: Terrain
    scalp_plot: Plot
    beard_plot: Plot


def sow_fields(at: Places, skin: Int[np.ndarray, "f 4"]) -> Fields:
    """Return the fields of a mesh whose vertices are at these places, and whose faces of skin are these."""
    y, z = at.base_head[:, 1], at.base_head[:, 2]
    scalp = (y < np.interp(z, [0.03, 0.06, 0.10, 0.14], [-0.02, 0.03, 0.055, 0.08])) & ((y < -0.035) | (z > 0.02))
    beard = (y > np.interp(z, [-0.03, 0.03, 0.06], [0.036, 0.03, 0.0])) & (y < 0.14) & (z < 0.095)
    return Fields(
        at,
        np.flatnonzero(scalp),
        np.flatnonzero(beard),
        terrain(at.base_head, skin),
        sow(at, skin, scalp, _SCALP_SEEDS, _GUIDES_APART_M),
        sow(at, skin, beard, _BEARD_SEEDS, 3 * _GUIDES_APART_M),
    )


def has_hair(spec: SubjectSpec) -> bool:
    """Return whether anything grows."""
    return spec.scalp_hair.style != "bald" or spec.beard.style != "none"


def grow(
    fields: Fields, spec: SubjectSpec, skin_head: Float[np.ndarray, "n 3"]
) -> dict[str, tuple[Float[np.ndarray, "k m 3"], Float[np.ndarray, "k m"]]]:
    """Return the strands of `hair` and `beard` in `head`, root to tip, with their radii; what is absent is left out.

    Args:
        fields: Of the mesh.
        spec: The person.
        skin_head: The fine mesh's vertices as they are in this picture.
    """
    ground = Ground(fields.land, skin_head)
    scalp = fields.scalp
    size = float(np.ptp(skin_head[scalp, 2]) / np.ptp(fields.at.base_head[scalp, 2]))
    out = {}
    if spec.scalp_hair.style != "bald":
        out["hair"] = grow_hair(spec.scalp_hair, fields.scalp_plot, ground, size)
    if spec.beard.style != "none":
        out["beard"] = grow_beard(spec.beard, fields.beard_plot, ground, size)
    return out


def densities(fields: Fields, spec: SubjectSpec, count: int) -> dict[str, Float[np.ndarray, " n"]]:
    """Return `HAIR_FIELDS` at the fine mesh's `count` vertices; what is absent is left out."""
    out = {}
    if spec.scalp_hair.style != "bald":
        out["scalp"] = np.zeros(count)
        out["scalp"][fields.scalp] = scalp_density(spec.scalp_hair, fields.at.some(fields.scalp))
    if spec.beard.style != "none":
        out["beard"] = np.zeros(count)
        out["beard"][fields.beard] = beard_density(spec.beard, fields.at.some(fields.beard))
    return out
