"""Where hair grows on a subject: lashes from the lid margins, brows from the skin over the eyes.

The brow's place is found once on the untouched head and then goes with its skin, so that it rises and frowns with it.
"""

import numpy as np
import scipy.sparse as sparse
from jaxtyping import Float, Int
from scipy.spatial import Delaunay

from assets.brows import brow_borders_m, grow_brow
from assets.eyeball import Side
from assets.lashes import grow_lashes
from assets.orbit import COLUMNS, MARGIN_ROWS, Orbit
from assets.person import BrowSpec, LashSpec

BROW_HEIGHT_M = 0.0205
"""Middle of the brow over the rotation centre."""
BROW_NASAL_M, BROW_TEMPORAL_M = 0.0195, 0.0278
"""Its ends, from the rotation centre."""
_HEIGHTS_M = np.linspace(-0.004, 0.036, 21)
_ALONG = np.linspace(0.0, 1.0, 24)
_ROWS = 9


def lashes(spec: LashSpec, orbit: Orbit, *, upper: bool) -> tuple[Float[np.ndarray, "n m 3"], Float[np.ndarray, "n m"]]:
    """Return one lid's lashes in `orbit`, metres, and their radii."""
    half = COLUMNS // 2
    columns = np.arange(half + 1) if upper else -np.arange(half + 1) % COLUMNS
    edge = orbit.skin[MARGIN_ROWS, columns]
    radial = edge / np.linalg.norm(edge, axis=-1, keepdims=True)
    # At the sides a lid's edge faces out of the globe's side; lashes there still point forwards.
    forward = radial + np.array([0.0, 0.0, 0.5])
    forward = forward / np.linalg.norm(forward, axis=-1, keepdims=True)
    return grow_lashes(spec, edge, forward, orbit.outward[columns], upper=upper)


def brow_weights(
    base_head: Float[np.ndarray, "n 3"], centre_head: Float[np.ndarray, "3"], side: Side
) -> sparse.csr_matrix:
    """Return the weights (21 x 24, n) that carry skin vertices to the grid of heights and places along a brow.

    Args:
        base_head: Skin vertices of the untouched head.
        centre_head: The eye's centre there.
        side: Whose brow.
    """
    sign = 1.0 if side == "left" else -1.0
    x = sign * np.linspace(-BROW_NASAL_M, BROW_TEMPORAL_M, len(_ALONG)) + centre_head[0]
    y = centre_head[1] - _HEIGHTS_M
    grid = np.stack(np.broadcast_arrays(x[None], y[:, None]), -1).reshape(-1, 2)
    near = np.flatnonzero(
        (np.abs(base_head[:, 0] - centre_head[0]) < 0.045)
        & (np.abs(base_head[:, 1] - y.mean()) < 0.035)
        & (base_head[:, 2] < centre_head[2] + 0.03)
    )
    triangles = Delaunay(base_head[near, :2]).simplices
    weights, found = _barycentric(base_head[near][triangles][..., :2], grid)
    assert (weights > -1e-9).all(), "the brow's grid leaves the face"
    columns = near[triangles[found].ravel()]
    rows = np.repeat(np.arange(len(grid)), 3)
    return sparse.csr_matrix((weights.ravel(), (rows, columns)), shape=(len(grid), len(base_head)))


def _barycentric(
    triangles: Float[np.ndarray, "t 3 2"], points: Float[np.ndarray, "n 2"]
) -> tuple[Float[np.ndarray, "n 3"], Int[np.ndarray, " n"]]:
    """Return each point's weights in the triangle that it lies in, and which that is.

    Delaunay has this too, but calls LAPACK once a triangle, whose threads wait for each other longer than they work.
    """
    a, b, c = np.moveaxis(triangles, 1, 0)
    u, v = b - a, c - a
    area = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    off = points[:, None] - a
    second = (off[..., 0] * v[:, 1] - off[..., 1] * v[:, 0]) / area
    third = (u[:, 0] * off[..., 1] - u[:, 1] * off[..., 0]) / area
    weights = np.stack([1.0 - second - third, second, third], axis=-1)
    found = weights.min(axis=-1).argmax(axis=1)
    return weights[np.arange(len(points)), found], found


def brow_band(
    spec: BrowSpec, weights: sparse.csr_matrix, skin_head: Float[np.ndarray, "n 3"]
) -> Float[np.ndarray, "9 24 3"]:
    """Return the skin that one brow grows on, as it is now: rows from its lower to its upper border, columns outwards.

    `weights` come from `brow_weights`.
    """
    grid = np.asarray(weights @ skin_head).reshape(len(_HEIGHTS_M), len(_ALONG), 3)
    low, high = (BROW_HEIGHT_M + border for border in brow_borders_m(spec, _ALONG))
    at = low + np.linspace(0.0, 1.0, _ROWS)[:, None] * (high - low)
    step = np.clip((at - _HEIGHTS_M[0]) / (_HEIGHTS_M[1] - _HEIGHTS_M[0]), 0.0, len(_HEIGHTS_M) - 1.001)
    row, share = step.astype(int), (step % 1.0)[..., None]
    column = np.arange(len(_ALONG))[None]
    return np.asarray((1 - share) * grid[row, column] + share * grid[row + 1, column])


def brow(
    spec: BrowSpec, band_head: Float[np.ndarray, "9 24 3"], side: Side
) -> tuple[Float[np.ndarray, "k m 3"], Float[np.ndarray, "k m"]]:
    """Return the hairs of one brow in `head` and their radii, grown on `brow_band`."""
    normal = np.cross(np.gradient(band_head, axis=1), np.gradient(band_head, axis=0))
    normal = normal * np.sign(-normal[..., 2:])
    normal = normal / np.linalg.norm(normal, axis=-1, keepdims=True)
    return grow_brow(spec, band_head, normal, mirrored=side == "right")
