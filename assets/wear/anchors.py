"""Where rays from inside the base head leave it, as weights of the skin's vertices: found once, good for every head.

A ray hits a triangle of the untouched mesh at some weights of its corners.  The same weights of another person's
vertices are the same place of that person, whatever their age, build or face.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from jaxtyping import Bool, Float, Int
from scipy.spatial import cKDTree

_CANDIDATES = 32


@dataclass(frozen=True, eq=False)
class Fan:
    """Rays of a grid from one point, and where they leave a mesh.

    Attributes:
        weights: (rows * columns, n) takes the mesh's vertices to the places.
        base_head: (rows, columns, 3) the places on the untouched mesh.
        hit: (rows, columns) whether the ray meets the mesh; elsewhere the place is the nearest triangle's.
    """

    weights: sparse.csr_matrix
    base_head: Float[np.ndarray, "r c 3"]
    hit: Bool[np.ndarray, "r c"]

    def on(self, vertices_head: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "r c 3"]:
        """Return the places on a person's mesh."""
        return np.asarray(self.weights @ vertices_head).reshape(self.base_head.shape)


def directions(azimuth_rad: Float[np.ndarray, "..."], elevation_rad: Float[np.ndarray, "..."]) -> np.ndarray:
    """Return unit directions in `head`: azimuth 0 is the face's, growing to the subject's left; elevation is up."""
    azimuth, elevation = np.broadcast_arrays(azimuth_rad, elevation_rad)
    c = np.cos(elevation)
    return np.stack([c * np.sin(azimuth), -np.sin(elevation), -c * np.cos(azimuth)], -1)


def fan(
    origin_head: Float[np.ndarray, "3"],
    directions_head: Float[np.ndarray, "r c 3"],
    vertices_head: Float[np.ndarray, "n 3"],
    faces: Int[np.ndarray, "f 4"],
    *,
    outermost: bool,
) -> Fan:
    """Meet a mesh of quads with rays.

    Args:
        origin_head: Where the rays start.
        directions_head: A grid of unit vectors.
        vertices_head: The untouched mesh.
        faces: Its quads.
        outermost: Take the last triangle that a ray meets, otherwise the first.
    """
    triangles = np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]])
    corners = vertices_head[triangles] - origin_head
    middle = corners.mean(1)
    tree = cKDTree(middle / np.linalg.norm(middle, axis=1, keepdims=True))
    rays = directions_head.reshape(-1, 3)
    near = tree.query(rays, k=_CANDIDATES)[1]
    a, b, c = (corners[near, k] for k in range(3))
    # Weights w with w0 a + w1 b + w2 c parallel to the ray: ratios of the volumes that it spans with two corners.
    ray = rays[:, None]
    volumes = np.stack([np.sum(ray * np.cross(p, q), -1) for p, q in ((b, c), (c, a), (a, b))], -1)
    total = volumes.sum(-1, keepdims=True)
    weights = volumes / np.where(np.abs(total) < 1e-18, 1e-18, total)
    inside = (weights >= -1e-3).all(-1)
    along = np.sum(np.einsum("rkj,rkjx->rkx", weights, corners[near]) * ray, -1)
    inside &= along > 0
    last = np.where(inside, along if outermost else -along, -np.inf)
    best = np.where(inside.any(1), last.argmax(1), 0)
    index = np.arange(len(rays))
    chosen = np.clip(weights[index, best], 0.0, 1.0)
    chosen /= chosen.sum(-1, keepdims=True)
    rows = np.repeat(index, 3)
    columns = triangles[near[index, best]].ravel()
    matrix = sparse.csr_matrix((chosen.ravel(), (rows, columns)), shape=(len(rays), len(vertices_head)))
    shape = directions_head.shape
    places = np.asarray(matrix @ vertices_head).reshape(shape)
    return Fan(matrix, places, inside.any(1).reshape(shape[:2]))
