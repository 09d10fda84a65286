"""Bars, rings and pads: closed surfaces of quads, their faces counter-clockwise seen from outside.

A quad that is a triangle repeats its last index.
"""

import numpy as np
from jaxtyping import Float, Int

Mesh = tuple[Float[np.ndarray, "n 3"], Int[np.ndarray, "f 4"]]

SECTION = 8
_CAP = np.array([[0, 1, 2, 3], [0, 3, 4, 7], [4, 5, 6, 7]])


def signed_volume(vertices: Float[np.ndarray, "n 3"], faces: Int[np.ndarray, "f 4"]) -> float:
    """Return the volume inside a closed surface, negative when its faces are turned inwards (divergence theorem)."""
    a, b, c, d = (vertices[faces[:, k]] for k in range(4))
    # A repeated last index adds a triangle of no area.
    return float(np.sum(a * np.cross(b, c)) + np.sum(a * np.cross(c, d))) / 6


def closed_outward(vertices: Float[np.ndarray, "n 3"], faces: Int[np.ndarray, "f 4"]) -> Mesh:
    """Return the surface with its faces turned outwards, all of them if need be."""
    if signed_volume(vertices, faces) >= 0:
        return vertices, faces
    triangle = faces[:, 2] == faces[:, 3]
    turned = faces[:, ::-1].copy()
    turned[triangle] = faces[triangle][:, [0, 2, 1, 1]]
    return vertices, turned


def sweep(
    path: Float[np.ndarray, "k 3"],
    across: Float[np.ndarray, "k 3"],
    half_width_m: float,
    half_depth_m: float,
    *,
    closed: bool = False,
) -> Mesh:
    """Return a bar of a rounded rectangular section along a path.

    Args:
        path: Middle of the bar.
        across: The direction of the section's width at each point; need not be of unit length nor quite normal.
        half_width_m: Half of the section along `across`.
        half_depth_m: Half of it at right angles to the path and to `across`.
        closed: Whether the last point joins the first; otherwise both ends are capped.
    """
    ahead, behind = np.roll(path, -1, axis=0), np.roll(path, 1, axis=0)
    if not closed:
        ahead[-1], behind[0] = path[-1], path[0]
    tangent = _unit(ahead - behind)
    wide = _unit(across - np.sum(across * tangent, axis=1, keepdims=True) * tangent)
    deep = np.cross(tangent, wide)
    turn = (np.arange(SECTION) + 0.5) * (2 * np.pi / SECTION)
    # A superellipse of exponent 4 through eight points: a rectangle with its corners cut.
    c, s = np.cos(turn), np.sin(turn)
    x, y = np.sign(c) * np.sqrt(np.abs(c)), np.sign(s) * np.sqrt(np.abs(s))
    section = half_width_m * x[:, None] * wide[:, None] + half_depth_m * y[:, None] * deep[:, None]
    vertices = (path[:, None] + section).reshape(-1, 3)
    count = len(path)
    i, k = np.meshgrid(np.arange(count if closed else count - 1), np.arange(SECTION), indexing="ij")
    here, there, nxt = i * SECTION, (i + 1) % count * SECTION, (k + 1) % SECTION
    faces = np.stack([here + k, here + nxt, there + nxt, there + k], -1).reshape(-1, 4)
    if not closed:
        faces = np.concatenate([faces, _CAP[:, ::-1], _CAP + (count - 1) * SECTION])
    return closed_outward(vertices, faces)


def ellipsoid(centre: Float[np.ndarray, "3"], axes: Float[np.ndarray, "3 3"]) -> Mesh:
    """Return an ellipsoid whose three half axes are the rows of `axes`."""
    rings, segments = 5, 10
    polar = np.arange(1, rings + 1) * np.pi / (rings + 1)
    turn = np.arange(segments) * (2 * np.pi / segments)
    ring = np.stack(
        [
            np.sin(polar)[:, None] * np.cos(turn),
            np.broadcast_to(np.cos(polar)[:, None], (rings, segments)),
            np.sin(polar)[:, None] * np.sin(turn),
        ],
        -1,
    ).reshape(-1, 3)
    vertices = centre + np.concatenate([ring, [[0.0, 1.0, 0.0], [0.0, -1.0, 0.0]]]) @ axes
    i, k = np.meshgrid(np.arange(rings - 1), np.arange(segments), indexing="ij")
    nxt = (k + 1) % segments
    side = np.stack([i * segments + k, i * segments + nxt, (i + 1) * segments + nxt, (i + 1) * segments + k], -1)
    top, bottom, last = rings * segments, rings * segments + 1, (rings - 1) * segments
    k, nxt = np.arange(segments), (np.arange(segments) + 1) % segments
    caps = [
        np.stack([np.full(segments, top), nxt, k, k], -1),
        np.stack([np.full(segments, bottom), last + k, last + nxt, last + nxt], -1),
    ]
    return closed_outward(vertices, np.concatenate([side.reshape(-1, 4), *caps]))


def _unit(v: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-12)
