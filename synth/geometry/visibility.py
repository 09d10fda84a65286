"""What hides a point from the camera: the first triangle in front of it, by geometry alone.

Triangles are culled by their box in the picture, so a few thousand tests decide a hundred points.  What is seen through
a lens of glasses has a second piece of path, behind the lens, that no single projection shows: it is tested as a
segment in space.  Nothing is rasterised and Blender is not asked; its id mask is the check (tests/agreement).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from assets.part import Part

EYE_MATERIALS = ("sclera", "cornea")
"""The eyeball's own surface hides skin behind it, never what is seen on it."""
TOLERANCE_M = 1.5e-4
"""A triangle nearer to the point than this is taken for the surface the point lies on."""
BEHIND_M = 1e-3
"""Corners no further than this in front of the lens have no place in the picture."""


class Body(NamedTuple):
    """What of one person hides: meshes in `head`, and the head's pose."""

    parts: Sequence[Part]
    cam_from_head: Float[np.ndarray, "4 4"]


class Occluders:
    """Opaque parts of all subjects as seen by one camera."""

    def __init__(
        self,
        bodies: Sequence[Body],
        camera_matrix: Float[np.ndarray, "3 3"],
        size_px: tuple[int, int] | None = None,
    ) -> None:
        """Carry the triangles of all bodies into the picture.

        Args:
            bodies: Who hides.
            camera_matrix: K, px.
            size_px: Width and height of a picture to whose points alone `hidden` then applies: faster.
        """
        self._bodies = bodies
        self._spaces: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = {}
        corners, depths, eyes = [], [], []
        for part, cam_from_head in ((part, body.cam_from_head) for body in bodies for part in body.parts):
            cam = part.vertices_head @ cam_from_head[:3, :3].T + cam_from_head[:3, 3]
            px = (cam @ camera_matrix.T)[:, :2] / cam[:, 2:]
            faces = part.faces if size_px is None else part.faces[_reach(part.faces, px, cam[:, 2], size_px)]
            triangles = _triangles(faces)
            corners.append(px[triangles])
            depths.append(cam[triangles, 2])
            eyes.append(np.full(len(triangles), part.material in EYE_MATERIALS))
        self._corners_px = np.concatenate(corners)
        self._depth_m = np.concatenate(depths)
        # Three columns are compared one by one: numpy reduces short rows far more slowly.
        d0, d1, d2 = self._depth_m.T
        front = (d0 > BEHIND_M) & (d1 > BEHIND_M) & (d2 > BEHIND_M)
        self._corners_px, self._depth_m = self._corners_px[front], self._depth_m[front]
        self._of_eye = np.concatenate(eyes)[front]
        a, b, c = (np.ascontiguousarray(self._corners_px[:, i].T) for i in range(3))
        self._low_px = np.minimum(np.minimum(a, b), c)
        self._high_px = np.maximum(np.maximum(a, b), c)

    def pose(self, body: int) -> Float[np.ndarray, "4 4"]:
        """Return `cam_from_head` of a body."""
        return self._bodies[body].cam_from_head

    def hidden(
        self,
        points_px: Float[np.ndarray, "n 2"],
        depth_m: Float[np.ndarray, " n"],
        *,
        on_eye: bool,
        tolerance_m: float | Float[np.ndarray, " n"] = TOLERANCE_M,
    ) -> Bool[np.ndarray, " n"]:
        """Return which points have a triangle before them.

        Args:
            points_px: Where they appear.
            depth_m: Their z in `cam`.
            on_eye: Whether they lie on an eyeball's surface, which then hides none of them.
            tolerance_m: How near a triangle is taken for the surface that a point lies on; 0 for points on none.
        """
        hidden = np.zeros(len(points_px), dtype=bool)
        if len(points_px) == 0:
            return hidden
        (low_u, low_v), (high_u, high_v) = self._low_px, self._high_px
        (left, top), (right, bottom) = points_px.min(0), points_px.max(0)
        about = (high_u >= left) & (low_u <= right) & (high_v >= top) & (low_v <= bottom)
        near = np.flatnonzero(about & ~self._of_eye if on_eye else about)
        point, candidate = _pairs(points_px[:, 1], low_v[near], high_v[near])
        triangle = near[candidate]
        u = points_px[point, 0]
        inside = (u >= low_u[triangle]) & (u <= high_u[triangle])
        point, triangle = point[inside], triangle[inside]
        a, b, c = (self._corners_px[triangle, i] for i in range(3))
        p = points_px[point]
        area = _cross(b - a, c - a)
        with np.errstate(divide="ignore", invalid="ignore"):
            w1 = _cross(p - a, c - a) / area
            w2 = _cross(b - a, p - a) / area
            w0 = 1.0 - w1 - w2
        nearest = (depth_m - tolerance_m)[point]
        # 1 / z is linear in the picture, z is not.
        with np.errstate(invalid="ignore"):
            z0, z1, z2 = self._depth_m[triangle].T
            z = 1.0 / (w0 / z0 + w1 / z1 + w2 / z2)
            hit = (w0 >= 0) & (w1 >= 0) & (w2 >= 0) & (z < nearest)
        hidden[point[hit]] = True
        return hidden

    def _in_space(self, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Corners of a body's triangles in `head`, their boxes (3, t), and whether they are an eyeball's."""
        if number not in self._spaces:
            self._spaces[number] = self._space(self._bodies[number].parts)
        return self._spaces[number]

    @staticmethod
    def _space(parts: Sequence[Part]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        corners = [part.vertices_head[_triangles(part.faces)] for part in parts]
        of_eye = [np.full(len(c), p.material in EYE_MATERIALS) for c, p in zip(corners, parts, strict=True)]
        every = np.concatenate(corners)
        a, b, c = (np.ascontiguousarray(every[:, i].T) for i in range(3))
        lowest, highest = np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)
        return every, lowest, highest, np.concatenate(of_eye)

    def between(
        self,
        starts_head: Float[np.ndarray, "n 3"],
        ends_head: Float[np.ndarray, "n 3"],
        *,
        on_eye: bool,
        tolerance_m: Float[np.ndarray, " n"],
        body: int = 0,
    ) -> Bool[np.ndarray, " n"]:
        """Return which segments, pieces of paths on their way to the camera, meet a triangle of one body.

        Args:
            starts_head: The points that are seen, or where their light was last bent.
            ends_head: Where it is bent next.
            on_eye: As in `hidden`.
            tolerance_m: As in `hidden`, at each start.
            body: Number of the body whose frame `head` is.
        """
        blocked = np.zeros(len(starts_head), dtype=bool)
        if len(starts_head) == 0:
            return blocked
        low, high = np.minimum(starts_head, ends_head), np.maximum(starts_head, ends_head)
        corners, lowest, highest, of_eye = self._in_space(body)
        about = ~of_eye if on_eye else np.ones(len(corners), dtype=bool)
        for axis in range(3):
            about &= (lowest[axis] <= high[:, axis].max()) & (highest[axis] >= low[:, axis].min())
        some = np.flatnonzero(about)
        near = np.ones((len(starts_head), len(some)), dtype=bool)
        for axis in range(3):
            near &= (low[:, axis, None] <= highest[axis, some]) & (high[:, axis, None] >= lowest[axis, some])
        triangles = corners[some]
        segment, triangle = np.nonzero(near)
        # Moeller & Trumbore 1997, along the whole segment: t in metres from the point.
        way = ends_head[segment] - starts_head[segment]
        length = np.linalg.norm(way, axis=-1)
        a, b, c = triangles[triangle].transpose(1, 0, 2)
        across = np.cross(way, c - a)
        determinant = np.einsum("ni,ni->n", b - a, across)
        away = starts_head[segment] - a
        turned = np.cross(away, b - a)
        with np.errstate(divide="ignore", invalid="ignore"):
            u = np.einsum("ni,ni->n", away, across) / determinant
            v = np.einsum("ni,ni->n", way, turned) / determinant
            t = np.einsum("ni,ni->n", c - a, turned) / determinant * length
            hit = (u >= 0) & (v >= 0) & (u + v <= 1) & (t > tolerance_m[segment]) & (t < length)
        blocked[segment[hit]] = True
        return blocked


def _pairs(
    values: Float[np.ndarray, " n"], low: Float[np.ndarray, " t"], high: Float[np.ndarray, " t"]
) -> tuple[Int[np.ndarray, " k"], Int[np.ndarray, " k"]]:
    """Return all pairs of a value and an interval that holds it, as their numbers.

    By order instead of one by one: a small triangle's rows hold few of the points, all points times all triangles are
    millions.
    """
    order = np.argsort(values)
    first = np.searchsorted(values[order], low, side="left")
    counts = np.searchsorted(values[order], high, side="right") - first
    interval = np.repeat(np.arange(len(low)), counts)
    within = np.arange(len(interval)) - np.repeat(np.cumsum(counts) - counts, counts)
    return order[first[interval] + within], interval


def _reach(
    quads: Int[np.ndarray, "f 4"], px: Float[np.ndarray, "n 2"], depth_m: Float[np.ndarray, " n"], size: tuple[int, int]
) -> Bool[np.ndarray, " f"]:
    """Leave out quads whose corners all lie beyond the same edge of the picture (Cohen & Sutherland's codes)."""
    beyond = np.stack([px[:, 0] < 0, px[:, 0] > size[0], px[:, 1] < 0, px[:, 1] > size[1]], -1)
    beyond[depth_m <= BEHIND_M] = False  # what lies behind the lens has no place in the picture
    code = np.packbits(beyond, axis=-1)[:, 0][quads]
    return np.asarray((code[:, 0] & code[:, 1] & code[:, 2] & code[:, 3]) == 0)


def _triangles(quads: Int[np.ndarray, "f 4"]) -> Int[np.ndarray, "t 3"]:
    whole = quads[:, 2] != quads[:, 3]
    return np.concatenate([quads[:, [0, 1, 2]], quads[whole][:, [0, 2, 3]]])


def _cross(a: Float[np.ndarray, "n 2"], b: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, " n"]:
    return np.asarray(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
