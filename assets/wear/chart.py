"""Charts of the skin: grids of places that are the same on everybody, over rows and azimuths, and what lies between.

Garments are patches of a chart, lifted off it.  A chart of the untouched mesh (`Places`) is made once; a person's
(`Chart`) is one product of matrices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.ndimage import maximum_filter
from scipy.spatial import cKDTree

from assets.wear.anchors import Fan
from assets.wear.fabric import Field, Grid, dot, normals


@dataclass(frozen=True, eq=False)
class Chart:
    """One person's skin: points and unit normals (r, c, 3) at `rows` (r,), increasing, and `azimuth_rad` (c,).

    Azimuths are even; a chart that runs all round is `closed` and leaves out the last, which is its first.
    """

    points: Grid
    outward: Grid
    rows: Float[np.ndarray, " r"]
    azimuth_rad: Float[np.ndarray, " c"]
    closed: bool

    def centre(self) -> Float[np.ndarray, "3"]:
        """Return a point inside, from which the places look outwards."""
        return np.asarray(0.5 * (self.points.max((0, 1)) + self.points.min((0, 1))))

    def at(self, row: Field, azimuth_rad: Field) -> tuple[Grid, Grid]:
        """Return points and unit normals at places of the chart, linear between its own."""
        count, columns = self.points.shape[:2]
        at_row = np.interp(row, self.rows, np.arange(count))
        i = np.minimum(at_row.astype(int), count - 2)
        column = (azimuth_rad - self.azimuth_rad[0]) / (self.azimuth_rad[1] - self.azimuth_rad[0])
        if not self.closed:
            column = np.clip(column, 0.0, columns - 1.001)
        k = np.floor(column).astype(int)
        s, t = (at_row - i)[..., None], (column - k)[..., None]
        k, after = k % columns, (k + 1) % columns

        def between(grid: Grid) -> Grid:
            upper = grid[i, k] * (1 - t) + grid[i, after] * t
            lower = grid[i + 1, k] * (1 - t) + grid[i + 1, after] * t
            return np.asarray(upper * (1 - s) + lower * s)

        normal = between(self.outward)
        return between(self.points), normal / np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-12)


@dataclass(frozen=True, eq=False)
class Places:
    """A chart of the untouched mesh; see `Chart`."""

    fan: Fan
    rows: Float[np.ndarray, " r"]
    azimuth_rad: Float[np.ndarray, " c"]
    closed: bool
    nearest: Int[np.ndarray, " n"]
    """Of every vertex of the mesh its place on the chart (row * columns + column), or -1 off it."""

    def on(self, vertices_head: Float[np.ndarray, "n 3"]) -> Chart:
        """Return a person's chart."""
        points = self.fan.on(vertices_head)
        return Chart(points, outward_of(points, closed=self.closed), self.rows, self.azimuth_rad, self.closed)

    def over(self, vertices_head: Float[np.ndarray, "n 3"], chart: Chart) -> Chart:
        """Return a person's chart with each place as far out as the skin about it: noses and ears lie within."""
        known = np.flatnonzero(self.nearest >= 0)
        rays = chart.points - chart.centre()
        length = np.linalg.norm(rays, axis=-1, keepdims=True)
        rays = rays / length
        place = self.nearest[known]
        above = dot(vertices_head[known] - chart.points.reshape(-1, 3)[place], rays.reshape(-1, 3)[place])
        lift = np.zeros(rays.shape[0] * rays.shape[1])
        np.maximum.at(lift, place, above)
        lift = maximum_filter(lift.reshape(rays.shape[:2]), 3, mode="nearest")
        points = chart.points + lift[..., None] * rays
        return Chart(points, outward_of(points, closed=self.closed), self.rows, self.azimuth_rad, self.closed)

    def pressed(
        self,
        vertices_head: Float[np.ndarray, "n 3"],
        chart: Chart,
        depth_m: Callable[[np.ndarray, np.ndarray], np.ndarray],
    ) -> Float[np.ndarray, "n 3"]:
        """Return a person's skin, moved inwards by a depth that depends on (row, azimuth)."""
        columns = len(self.azimuth_rad)
        row, azimuth = self.rows[self.nearest // columns], self.azimuth_rad[self.nearest % columns]
        depth = np.where(self.nearest >= 0, depth_m(row, azimuth), 0.0)
        moved = np.flatnonzero(depth > 0)
        _, outward = chart.at(row[moved][None], azimuth[moved][None])
        out = vertices_head.copy()
        out[moved] -= depth[moved, None] * outward[0]
        return out

    def cut(self, height: Float[np.ndarray, " c"], slope: float) -> Float[np.ndarray, " c"]:
        """Return the row where each column of the untouched mesh first comes below a plane.

        Args:
            height: y of the plane at z = 0.10, for each column.
            slope: Rise of the plane per metre towards the back.
        """
        points = self.fan.base_head
        over = height[None, :] - slope * (points[..., 2] - 0.10) - points[..., 1]
        first = np.argmax(over < 0, axis=0)
        first = np.where((over < 0).any(0), np.maximum(first, 1), len(points) - 1)
        k = np.arange(points.shape[1])
        a, b = over[first - 1, k], over[first, k]
        share = np.clip(a / np.maximum(a - b, 1e-9), 0.0, 1.0)
        return np.asarray(np.interp(first - 1 + share, np.arange(len(points)), self.rows[: len(points)]))


def outward_of(points: Grid, *, closed: bool) -> Grid:
    """Return unit normals; where a row shrinks to a point they are the next row's mean."""
    outward = normals(points, closed=closed)
    if np.ptp(points[0], axis=0).max() < 1e-6:
        pole = outward[1].mean(0)
        outward[0] = pole / np.linalg.norm(pole)
    return outward


def nearest_place(
    met: Fan, vertices_head: Float[np.ndarray, "n 3"], where: Bool[np.ndarray, " n"]
) -> Int[np.ndarray, " n"]:
    """Return `Places.nearest` for the vertices that `where` picks."""
    places = cKDTree(met.base_head.reshape(-1, 3)).query(vertices_head)[1]
    return np.where(where, places, -1)
