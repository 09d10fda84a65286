"""Skin as the ground that hair grows on: seeds sown once on the untouched head, and what keeps strands out of it.

Seeds are points of the fine mesh's triangles, so that they go with the skin of every person and of every expression.
Strands are kept out by the tangent planes of near skin points: cheap, and right to half a millimetre on a skull.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from jaxtyping import Bool, Float, Int
from scipy.spatial import cKDTree

from assets.scalp import Places, places


@dataclass(frozen=True, eq=False)
class Plot:
    """Seeds on one region, evenly spread; the first `guides` of them are far from each other.

    Attributes:
        corners: (k, 3) vertices of each seed's triangle.
        weights: (k, 3) barycentric.
        at: Their places.
        guides: How many lead: the strands of the others run between those of their guides.
        led_by: (k, 4) guides next to each seed on the untouched head, nearest first.
        apart_m: (k, 4) how far these are.
    """

    corners: Int[np.ndarray, "k 3"]
    weights: Float[np.ndarray, "k 3"]
    at: Places
    guides: int
    led_by: Int[np.ndarray, "k 4"]
    apart_m: Float[np.ndarray, "k 4"]

    def on(self, values: Float[np.ndarray, "n d"], chosen: Int[np.ndarray, " c"]) -> Float[np.ndarray, "c d"]:
        """Return what the mesh's vertices have at some of the seeds."""
        return np.asarray(np.einsum("kc,kcd->kd", self.weights[chosen], values[self.corners[chosen]]))


def sow(
    land: Places,
    faces: Int[np.ndarray, "f 4"],
    fertile: Bool[np.ndarray, " n"],
    count: int,
    guide_apart_m: float,
) -> Plot:
    """Sow seeds on the faces whose corners are all fertile; the same always.

    Args:
        land: Vertices of the untouched fine head.
        faces: Its quads.
        fertile: Vertices of the region.
        count: Of seeds.
        guide_apart_m: Least distance of two guides.
    """
    rng = np.random.default_rng(7)
    quads = faces[fertile[faces].all(axis=1)]
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    a, b, c = np.moveaxis(land.base_head[triangles], 1, 0)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    # Every second of these is thrown away where they crowd, so that no bare patches are left to chance.
    chosen = triangles[rng.choice(len(triangles), 2 * count, p=area / area.sum())]
    u, v = rng.random((2, 2 * count))
    over = u + v > 1
    u, v = np.where(over, 1 - u, u), np.where(over, 1 - v, v)
    weights = np.stack([1 - u - v, u, v], axis=1)
    points = np.einsum("kc,kcd->kd", weights, land.base_head[chosen])
    crowd = cKDTree(points).query(points, k=4)[0][:, 1:].mean(axis=1)
    keep = np.sort(np.argsort(-crowd, kind="stable")[:count])
    lead = _far_apart(points[keep], guide_apart_m)
    rest = np.setdiff1d(np.arange(count), lead)
    order = keep[np.concatenate([lead, rest])]
    points = points[order]
    apart, led_by = cKDTree(points[: len(lead)]).query(points, k=4)
    corners, weights = chosen[order], weights[order]
    ears, lips = (np.einsum("kc,kc->k", weights, mask[corners]) for mask in (land.ears, land.lips))
    return Plot(corners, weights, places(points, ears, lips), len(lead), led_by, apart)


def _far_apart(points: Float[np.ndarray, "n 3"], distance: float) -> Int[np.ndarray, " g"]:
    """Return points in order of which none is nearer than `distance` to one before."""
    near = cKDTree(points).query_ball_point(points, distance)
    free = np.ones(len(points), dtype=bool)
    chosen = []
    for i in range(len(points)):
        if free[i]:
            chosen.append(i)
            free[near[i]] = False
    return np.array(chosen)


@dataclass(frozen=True, eq=False)
class Terrain:
    """Of the fine mesh: which vertices stand for the ground, and how to get their normals.

    Attributes:
        faces: (f, 4) quads of skin.
        around: (n, f) sums the faces about each vertex.
        kept: (k,) vertices that stand for the ground.
    """

    faces: Int[np.ndarray, "f 4"]
    around: sparse.csr_matrix
    kept: Int[np.ndarray, " k"]

    def normals(self, vertices_head: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
        """Return unit normals of all vertices, out of the skin."""
        a, b, c, d = (vertices_head[self.faces[:, i]] for i in range(4))
        p, q = c - a, d - b
        normal = np.asarray(
            self.around
            @ np.stack(
                [
                    p[:, 1] * q[:, 2] - p[:, 2] * q[:, 1],
                    p[:, 2] * q[:, 0] - p[:, 0] * q[:, 2],
                    p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0],
                ],
                axis=1,
            )
        )
        return np.asarray(normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12))


def terrain(base_head: Float[np.ndarray, "n 3"], faces: Int[np.ndarray, "f 4"], apart_m: float = 0.005) -> Terrain:
    """Return the terrain of the fine mesh: one vertex in every cell of `apart_m`."""
    n, f = len(base_head), len(faces)
    around = sparse.csr_matrix((np.ones(4 * f), (faces.ravel(), np.repeat(np.arange(f), 4))), shape=(n, f))
    used = np.unique(faces)
    cells = np.round(base_head[used] / apart_m).astype(int)
    first = np.unique(cells, axis=0, return_index=True)[1]
    return Terrain(faces, around, used[np.sort(first)])


class Ground:
    """One person's skin."""

    def __init__(self, land: Terrain, vertices_head: Float[np.ndarray, "n 3"]) -> None:
        """Measure the skin as it is in this picture."""
        self.vertices = vertices_head
        self.normals = land.normals(vertices_head)
        self.points = vertices_head[land.kept]
        self.outward = self.normals[land.kept]
        self.tree = cKDTree(self.points, balanced_tree=False, compact_nodes=False)

    def under(self, points: Float[np.ndarray, "k 3"]) -> tuple[Float[np.ndarray, "k 3"], Float[np.ndarray, "k 3"]]:
        """Return the tangent plane nearest to each point: a point of it, and its normal."""
        near = self.tree.query(points)[1]
        return self.points[near], self.outward[near]
