"""Catmull-Clark subdivision as one sparse matrix, and the B-spline patches that agree with it.

One step takes a mesh of quads to its face points, edge points and moved vertices, each pushed on to its place on the
limit surface; all of it is linear in the coarse vertices, so a shaped head is refined by one product (Catmull & Clark
1978; limit masks: Halstead, Kass & DeRose 1993).  Where the mesh is regular the limit surface *is* the uniform bicubic
B-spline of the coarse vertices, which is why a patch evaluated with `bspline_rows` meets it without a seam.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from jaxtyping import Float, Int


@dataclass(frozen=True, eq=False)
class Refinement:
    """One subdivision step.

    Attributes:
        limit: (m, n) takes coarse vertices to fine ones on the limit surface.
        faces: (4 f, 4) quads of the fine mesh; faces 4 i to 4 i + 3 come from coarse face i.
        edge_vertex: Coarse edge (low, high) -> fine vertex; coarse vertex v is fine vertex v.
    """

    limit: sparse.csr_matrix
    faces: Int[np.ndarray, "f 4"]
    edge_vertex: dict[tuple[int, int], int]


def refine(faces: Int[np.ndarray, "f 4"], vertex_count: int) -> Refinement:
    """Build the subdivision step of a mesh of quads; vertices in no face stay where they are."""
    f, n = len(faces), vertex_count
    ends = np.sort(np.stack([faces, np.roll(faces, -1, axis=1)], -1).reshape(-1, 2), axis=1)
    edges, edge_of = np.unique(ends, axis=0, return_inverse=True)
    edge_of = edge_of.reshape(f, 4)
    e = len(edges)
    face_mean = _matrix(np.repeat(np.arange(f), 4), faces.ravel(), 0.25, (f, n))
    edge_mean = _matrix(np.repeat(np.arange(e), 2), edges.ravel(), 0.5, (e, n))
    edge_face = _matrix(edge_of.ravel(), np.repeat(np.arange(f), 4), 1.0, (e, f))
    sides = np.asarray(edge_face.sum(1)).ravel()
    border = sides != 2
    inner = sparse.diags((~border).astype(float))
    edge_points = (
        inner @ (0.5 * edge_mean + 0.25 * edge_face @ face_mean) + sparse.diags(border.astype(float)) @ edge_mean
    )

    vertex_face = _matrix(faces.ravel(), np.repeat(np.arange(f), 4), 1.0, (n, f))
    vertex_edge = _matrix(edges.ravel(), np.repeat(np.arange(e), 2), 1.0, (n, e))
    valence = np.asarray(vertex_edge.sum(1)).ravel()
    on_border = np.asarray(vertex_edge @ border.astype(float)).ravel() > 0
    free = (valence > 0) & ~on_border
    k = np.where(free, np.maximum(valence, 1.0), 1.0)
    moved = (
        sparse.diags(np.where(free, 1.0 / k**2, 0.0)) @ (vertex_face @ face_mean)
        + sparse.diags(np.where(free, 2.0 / k**2, 0.0)) @ (vertex_edge @ edge_mean)
        + sparse.diags(np.where(free, (k - 3.0) / k, 0.0))
    )
    rim_edges = vertex_edge @ sparse.diags(border.astype(float))
    moved = moved + sparse.diags(on_border * 0.5) + sparse.diags(on_border * 0.25) @ (rim_edges @ edge_mean)
    moved = moved + sparse.diags((valence == 0).astype(float))

    step = sparse.vstack([moved, edge_points, face_mean]).tocsr()
    corner = faces
    edge_next, edge_last = n + edge_of, n + np.roll(edge_of, 1, axis=1)
    middle = np.repeat(n + e + np.arange(f)[:, None], 4, axis=1)
    fine = np.stack([corner, edge_next, middle, edge_last], -1).reshape(-1, 4)
    limit = _limit_mask(fine, step.shape[0]) @ step
    edge_vertex = {(int(a), int(b)): n + i for i, (a, b) in enumerate(edges)}
    return Refinement(limit.tocsr(), fine, edge_vertex)


def _matrix(rows: np.ndarray, columns: np.ndarray, value: float, shape: tuple[int, int]) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.full(len(rows), value), (rows, columns)), shape=shape)


def _limit_mask(faces: Int[np.ndarray, "f 4"], n: int) -> sparse.csr_matrix:
    """Weights (k^2, 4, 1) / (k (k + 5)) of a vertex, its neighbours and its faces' far corners; borders stay."""
    near = _matrix(faces.ravel(), np.roll(faces, -1, axis=1).ravel(), 1.0, (n, n))
    # An edge that only one face walks along lies on the border.
    one_way = (near - near.T).tocsr()
    one_way.eliminate_zeros()
    border = np.diff(one_way.indptr) > 0
    both = ((near + near.T) > 0).astype(float)
    far = _matrix(faces.ravel(), np.roll(faces, -2, axis=1).ravel(), 1.0, (n, n))
    valence = np.asarray(both.sum(1)).ravel()
    free = (valence > 0) & ~border
    k = np.where(free, valence, 1.0)
    scale = 1.0 / (k * (k + 5.0))
    smooth = sparse.diags(np.where(free, k**2 * scale, 1.0)) + sparse.diags(np.where(free, 4.0 * scale, 0.0)) @ both
    return (smooth + sparse.diags(np.where(free, scale, 0.0)) @ far).tocsr()


def bspline_rows(at: Float[np.ndarray, " m"], count: int, *, periodic: bool) -> Float[np.ndarray, "m {count}"]:
    """Return weights of the uniform cubic B-spline with `count` control points at parameters `at`.

    Parameter i lies at control point i.  A periodic curve closes after `count`; an open one needs 1 <= at <= count - 2.
    """
    base = np.floor(at).astype(int)
    base = base if periodic else np.minimum(base, count - 3)
    u = at - base
    weights = np.stack([(1 - u) ** 3, 3 * u**3 - 6 * u**2 + 4, -3 * u**3 + 3 * u**2 + 3 * u + 1, u**3], -1) / 6.0
    out = np.zeros((len(at), count))
    for j in range(4):
        column = base - 1 + j
        np.add.at(out, (np.arange(len(at)), column % count if periodic else column), weights[:, j])
    return out
