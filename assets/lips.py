"""Lips at rest touch: the head's mesh, refined, leaves a slit of 0.9 mm between them, more or less by its shape.

The slit is measured on the person's face at rest, between the lowest points of the upper and the highest of the lower
lip, and closed by moving both lips' rims, whose skin follows less and less.  What is added depends on the person, not
on the expression: lips that an expression parts are parted by as much as before, less the slit.

Frame `head` (y to the chin); metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from jaxtyping import Bool, Float, Int

_SEAM_DOWN_M = 0.06755
"""Height of the slit on the untouched mesh, whose lips lie level."""
_CORNER_M = 0.0262
_FADE_M = 3.0e-3
_OVERLAP_M = 0.3e-3
_UPPER_SHARE = 0.4
"""Of the slit; a lower lip is the softer one."""


@dataclass(frozen=True, eq=False)
class Seam:
    """The slit on the refined mesh of `u` vertices.

    Attributes:
        touched: (k,) vertices that move.
        rows: (k, n) their limit positions from the n vertices of the head's mesh.
        follow: (k,) how far each goes along: positive down (upper lip), negative up.
        aside: (k,) their places along the mouth on the untouched mesh, metres.
        at: (b,) places along the mouth where the slit is measured.
        upper, lower: (b,) the rims' points there, as positions in `touched`.
    """

    touched: Int[np.ndarray, " k"]
    rows: sparse.csr_matrix
    follow: Float[np.ndarray, " k"]
    aside: Float[np.ndarray, " k"]
    at: Float[np.ndarray, " b"]
    upper: Int[np.ndarray, " b"]
    lower: Int[np.ndarray, " b"]


def find_seam(limit: sparse.csr_matrix, base_head: Float[np.ndarray, "n 3"], lips: Float[np.ndarray, " u"]) -> Seam:
    """Find both rims on the untouched mesh.

    Args:
        limit: (u, n) limit positions from vertices.
        base_head: The untouched mesh.
        lips: (u,) mask of the red of the lips.
    """
    x, y, z = np.asarray(limit @ base_head).T
    over = y - _SEAM_DOWN_M
    near = (np.abs(over) < 3 * _FADE_M) & (np.abs(x) < _CORNER_M) & (z > -0.040) & (z < -0.010)
    taper = np.clip((_CORNER_M - np.abs(x)) / 3e-3, 0.0, 1.0)
    weight = near * np.exp(-((over / _FADE_M) ** 2)) * taper * taper * (3 - 2 * taper)
    touched = np.flatnonzero(weight > 1e-3)
    upper_lip: Bool[np.ndarray, " k"] = over[touched] < 0
    rim = (np.abs(over[touched]) < 1.2e-3) & (lips[touched] > 0.5)
    at = np.linspace(-0.0232, 0.0232, 17)
    half = 0.5 * (at[1] - at[0])
    uppers, lowers = [], []
    for centre in at:
        here = rim & (np.abs(x[touched] - centre) <= half + 1e-9)
        uppers.append(_extreme(y[touched], here & upper_lip, 1.0))
        lowers.append(_extreme(y[touched], here & ~upper_lip, -1.0))
    share = np.where(upper_lip, _UPPER_SHARE, -(1.0 - _UPPER_SHARE))
    return Seam(touched, limit[touched], share * weight[touched], x[touched], at, np.array(uppers), np.array(lowers))


def _extreme(down: Float[np.ndarray, " k"], among: Bool[np.ndarray, " k"], sign: float) -> int:
    return int(np.argmax(np.where(among, sign * down, -np.inf)))


def slit_m(seam: Seam, rest_head: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " b"]:
    """Return the height of the slit at `seam.at` on a head at rest, negative where the lips overlap."""
    down = np.asarray(seam.rows @ rest_head)[:, 1]
    return np.asarray(down[seam.lower] - down[seam.upper])


def closed(
    seam: Seam, limit_head: Float[np.ndarray, "u 3"], rest_head: Float[np.ndarray, "n 3"]
) -> Float[np.ndarray, "u 3"]:
    """Return the refined head with the slit of its face at rest taken out.

    Args:
        seam: From `find_seam`.
        limit_head: The refined head, in whatever expression.
        rest_head: Vertices of the same person's mesh at rest.
    """
    missing = np.maximum(slit_m(seam, rest_head) + _OVERLAP_M, 0.0)
    out = limit_head.copy()
    out[seam.touched, 1] += seam.follow * np.interp(seam.aside, seam.at, missing)
    return out
