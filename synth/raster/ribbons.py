"""Hairs as ribbons that face the lens, each as broad as the hair is thick: what OpenGL draws of them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True)
class Ribbons:
    """Two vertices for each point of each hair, in `cam`.

    Attributes:
        points_cam: Left edges of all points, then right edges.
        triangles: Between neighbours.
        normals_cam: Unit; across the hair and away from `middle_cam`, as a head of hair is lit.
    """

    points_cam: Float[np.ndarray, "n 3"]
    triangles: Int[np.ndarray, "t 3"]
    normals_cam: Float[np.ndarray, "n 3"]


def ribbons(
    hairs_cam: Float[np.ndarray, "k m 3"], radius_m: Float[np.ndarray, "k m"], middle_cam: Float[np.ndarray, "3"]
) -> Ribbons:
    """Return the ribbons of hairs of two points and more.

    Args:
        hairs_cam: Their points.
        radius_m: Half of how thick they are.
        middle_cam: What they stand about: the middle of the head.
    """
    count, length = hairs_cam.shape[:2]
    along = _unit(np.gradient(hairs_cam, axis=1))
    aside = _unit(np.cross(along, hairs_cam)) * radius_m[..., None]
    points = np.concatenate([(hairs_cam - aside).reshape(-1, 3), (hairs_cam + aside).reshape(-1, 3)])
    start = (np.arange(count)[:, None] * length + np.arange(length - 1)).ravel()
    other = start + count * length
    triangles = np.concatenate(
        [np.stack([start, other, other + 1], axis=1), np.stack([start, other + 1, start + 1], axis=1)]
    )
    outwards = hairs_cam - middle_cam
    outwards = _unit(outwards - (outwards * along).sum(axis=-1, keepdims=True) * along).reshape(-1, 3)
    return Ribbons(points, triangles, np.concatenate([outwards, outwards]))


def _unit(vectors: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
    """Return vectors of length 1; what has no direction stays nearly nothing."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12))
