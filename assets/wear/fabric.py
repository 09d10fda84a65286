"""Cloth as grids of points: rows along the fall of it, columns around; faces, normals, folds, thickness, smoothing.

A closed grid's last column joins its first.  Faces look to the side from which columns run to the right and rows
downwards, which is outside for azimuths that grow to the subject's left.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

Grid = Float[np.ndarray, "_ _ 3"]
Field = Float[np.ndarray, "_ _"]


class Sheet(NamedTuple):
    """A mesh of quads; `weave` (n, 3) is (across, along, 0) in metres of cloth, for pattern and weave."""

    vertices_head: Float[np.ndarray, "n 3"]
    faces: Int[np.ndarray, "f 4"]
    weave: Float[np.ndarray, "n 3"]


def grid_faces(rows: int, columns: int, *, closed: bool) -> Int[np.ndarray, "f 4"]:
    """Return the quads of a grid."""
    i, k = np.meshgrid(np.arange(rows - 1), np.arange(columns if closed else columns - 1), indexing="ij")
    after = (k + 1) % columns
    quads = np.stack([i * columns + k, (i + 1) * columns + k, (i + 1) * columns + after, i * columns + after], -1)
    return quads.reshape(-1, 4)


def weave_of(points: Grid, *, closed: bool) -> Float[np.ndarray, "n 3"]:
    """Return lengths along the cloth: across by the mean circumference, along down each column."""
    down = np.linalg.norm(np.diff(points, axis=0), axis=-1)
    along = np.concatenate([np.zeros((1, points.shape[1])), np.cumsum(down, axis=0)])
    steps = np.linalg.norm(np.roll(points, -1, axis=1) - points, axis=-1)
    steps = steps if closed else steps[:, :-1]
    across = np.arange(points.shape[1]) * np.median(steps)
    return np.stack([np.broadcast_to(across, along.shape), along, np.zeros_like(along)], -1).reshape(-1, 3)


def sheet(points: Grid, *, closed: bool) -> Sheet:
    """Return a grid as a mesh."""
    rows, columns = points.shape[:2]
    return Sheet(points.reshape(-1, 3), grid_faces(rows, columns, closed=closed), weave_of(points, closed=closed))


def joined(sheets: list[Sheet]) -> Sheet:
    """Return several meshes as one."""
    starts = np.cumsum([0, *(len(piece.vertices_head) for piece in sheets)])
    faces = np.concatenate([piece.faces + start for piece, start in zip(sheets, starts[:-1], strict=True)])
    return Sheet(
        np.concatenate([piece.vertices_head for piece in sheets]),
        faces,
        np.concatenate([piece.weave for piece in sheets]),
    )


def normals(points: Grid, *, closed: bool) -> Grid:
    """Return unit normals of a grid, on the side that its faces look to."""
    across = np.roll(points, -1, axis=1) - np.roll(points, 1, axis=1) if closed else np.gradient(points, axis=1)
    normal = np.cross(np.gradient(points, axis=0), across)
    length = np.linalg.norm(normal, axis=-1, keepdims=True)
    return np.asarray(normal / np.maximum(length, 1e-12))


def dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the scalar products of vectors: numpy's own sums are slow over three numbers."""
    return np.asarray(np.einsum("...k,...k->...", a, b))


def relaxed(points: Grid, *, closed: bool, fixed_rows: int = 1) -> Grid:
    """Return a grid with each point half way to the middle of its neighbours; the first and last rows stay."""
    padded = np.concatenate([points[:, -1:], points, points[:, :1]], 1)
    if not closed:
        padded[:, 0], padded[:, -1] = 2 * points[:, 0] - points[:, 1], 2 * points[:, -1] - points[:, -2]
    sides = 0.5 * (padded[:, :-2] + padded[:, 2:])
    out = points.copy()
    inner = slice(fixed_rows, len(points) - 1)
    ends = 0.5 * (points[fixed_rows - 1 : -2] + points[fixed_rows + 1 :])
    out[inner] = 0.5 * points[inner] + 0.25 * (sides[inner] + ends)
    return out


def draped(body: Grid, offset_m: Field, outward: Grid, *, closed: bool, passes: int, fixed_rows: int = 1) -> Grid:
    """Return cloth over a body: pulled smooth over its hollows, nowhere nearer to it than `offset_m`."""
    cloth = body + offset_m[..., None] * outward
    for _ in range(passes):
        cloth = relaxed(cloth, closed=closed, fixed_rows=fixed_rows)
        short = offset_m - dot(cloth - body, outward)
        cloth += np.maximum(short, 0.0)[..., None] * outward
    return cloth


def waves(seed: int, across: Field, along: Field, *, finest: float, terms: int = 10) -> Field:
    """Return smooth folds of about -1 to 1: sums of sines, periodic in `across` (rad), slow in `along` (rad).

    Sharp crests: cloth bends in ridges rather than in waves.
    """
    rng = np.random.default_rng(seed)
    total = np.zeros(np.broadcast_shapes(across.shape, along.shape))
    for _ in range(terms):
        turns = rng.integers(1, int(finest) + 1)
        slant, phase = rng.uniform(-0.8, 0.8) * finest * 0.5, rng.uniform(0, 2 * np.pi)
        bend = 0.6 * np.sin(along * rng.uniform(0.5, 2.0) + rng.uniform(0, 2 * np.pi))
        ridge = 1 - 2 * np.abs(np.sin(0.5 * (turns * across + slant * along + phase + bend)))
        total = total + ridge * (2.0 / (2.0 + turns / 3.0))
    return np.asarray(total / np.sqrt(terms))


def shell(outer: Grid, thickness_m: float, *, closed: bool) -> Sheet:
    """Return a grid as cloth of two sides joined along every edge: a closed surface."""
    inner = outer - thickness_m * normals(outer, closed=closed)
    rows, columns = outer.shape[:2]
    count = rows * columns
    faces = grid_faces(rows, columns, closed=closed)
    blocks = [faces, faces[:, ::-1] + count]
    k = np.arange(columns if closed else columns - 1)
    after = (k + 1) % columns
    top = np.stack([k, after, after + count, k + count], -1)
    low = (rows - 1) * columns
    blocks += [top, np.stack([low + after, low + k, low + k + count, low + after + count], -1)]
    if not closed:
        i = np.arange(rows - 1) * columns
        first = np.stack([i + columns, i, i + count, i + columns + count], -1)
        last = np.stack([i, i + columns, i + columns + count, i + count], -1) + columns - 1
        blocks += [first, last]
    weave = weave_of(outer, closed=closed)
    return Sheet(
        np.concatenate([outer.reshape(-1, 3), inner.reshape(-1, 3)]),
        np.concatenate(blocks),
        np.concatenate([weave, weave]),
    )


def rotated(points: np.ndarray, axis: np.ndarray, angle_rad: np.ndarray | float) -> np.ndarray:
    """Return vectors turned about a unit axis (Rodrigues' formula)."""
    angle = np.asarray(angle_rad)[..., None]
    along = np.sum(points * axis, -1, keepdims=True)
    return np.asarray(
        points * np.cos(angle) + np.cross(axis, points) * np.sin(angle) + axis * along * (1 - np.cos(angle))
    )
