"""The mass of hair: broad strands under the fine ones, which stop light and eye where thousands of hairs would.

They follow fine strands closer to the skin, so the outline and what is seen of single hairs stay with the fine ones.
"""

import numpy as np
from jaxtyping import Float

from assets.scalp import step

MASS_SHARE = 2.5
"""Broad strands, of the guides' number: the first seeds, which lie far apart."""
MASS_INSIDE_M = 0.002
"""Along the hairline there are none."""
_DEPTH = 0.45
_SINK_M = 0.007
_REACH = 0.92


def sunk(
    points: Float[np.ndarray, "b m 3"],
    foot: Float[np.ndarray, "b m 3"],
    out: Float[np.ndarray, "b m 3"],
    radius_m: float,
    inside_m: Float[np.ndarray, " b"],
) -> tuple[Float[np.ndarray, "b m 3"], Float[np.ndarray, "b m"]]:
    """Return broad strands and their radii.

    Args:
        points: The fine strands that they run under, root to tip.
        foot: Points of the skin's tangent planes under these.
        out: Normals of these planes.
        radius_m: Where they are broadest.
        inside_m: How far inside the hairline each has its root.
    """
    m = points.shape[1]
    above = np.einsum("bmi,bmi->bm", points - foot, out)
    sink = np.clip(_DEPTH * above, 0.0, _SINK_M)
    sink[:, 0] = 0.0
    low = points - sink[..., None] * out
    # They end before the fine ones do.
    at = _REACH * np.arange(m)
    first = np.minimum(at.astype(int), m - 2)
    rest = (at - first)[None, :, None]
    low = low[:, first] * (1 - rest) + low[:, first + 1] * rest
    t = np.linspace(0, 1, m)
    shape = np.minimum(0.35 + 4.0 * t, 1.0) * (1 - 0.8 * t**4)
    # Cycles draws ribbons that face the ray: where the skin is near, a broad one would cut into it.
    room = np.clip(0.4 + above / (2.0 * radius_m), 0.4, 1.0)
    return low, radius_m * shape * room * step(inside_m, MASS_INSIDE_M - 0.001, 0.014)[:, None]
