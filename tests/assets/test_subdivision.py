"""Oracles: the uniform bicubic B-spline, affine maps, and the partition of unity."""

import numpy as np
import pytest
from scipy.interpolate import BSpline

from assets.head import load_head
from assets.subdivision import bspline_rows, refine


def grid(rows, columns, wrap=False):
    """Quads of a sheet of points; a torus with `wrap`."""
    i, j = np.meshgrid(np.arange(rows - (not wrap)), np.arange(columns - (not wrap)), indexing="ij")
    a, b = (i + 1) % rows, (j + 1) % columns
    return np.stack([i * columns + j, i * columns + b, a * columns + b, a * columns + j], -1).reshape(-1, 4)


CUBE = np.array([[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]])


@pytest.mark.parametrize(("faces", "count"), [(grid(5, 7), 35), (grid(6, 6, wrap=True), 36), (CUBE, 8), (CUBE, 11)])
def test_rows_sum_to_one_and_affine_maps_pass_through(faces, count):
    step = refine(faces, count)
    np.testing.assert_allclose(np.asarray(step.limit.sum(axis=1)).ravel(), 1.0, atol=1e-12)
    rng = np.random.default_rng(0)
    points, matrix, shift = rng.normal(size=(count, 3)), rng.normal(size=(3, 3)), rng.normal(size=3)
    np.testing.assert_allclose(step.limit @ (points @ matrix + shift), step.limit @ points @ matrix + shift, atol=1e-12)


def test_the_heads_own_refinement_is_affine():
    head = load_head()
    step = refine(head.faces, len(head.base_head))
    np.testing.assert_allclose(np.asarray(step.limit.sum(axis=1)).ravel(), 1.0, atol=1e-9)


def test_the_limit_of_a_regular_sheet_is_the_bicubic_bspline():
    n = 8
    points = np.random.default_rng(1).normal(size=(n, n, 3))
    step = refine(grid(n, n, wrap=True), n * n)
    fine = step.limit @ points.reshape(-1, 3)
    half = bspline_rows(np.arange(2 * n) / 2, n, periodic=True)
    surface = np.einsum("ra,cb,abk->rck", half, half, points)
    np.testing.assert_allclose(fine[: n * n].reshape(n, n, 3), surface[::2, ::2], atol=1e-12)
    for (low, high), vertex in step.edge_vertex.items():
        # Neighbours across the rim wrap round: their middle lies beyond the last row.
        ends = zip(divmod(low, n), divmod(high, n), strict=True)
        row, column = (2 * n - 1 if abs(a - b) > 1 else a + b for a, b in ends)
        np.testing.assert_allclose(fine[vertex], surface[row, column], atol=1e-12)


def test_the_limit_of_a_cube_keeps_its_symmetry_and_faces_outwards():
    corners = np.array([[x, y, z] for z in (-1, 1) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))], dtype=float)
    step = refine(CUBE, 8)
    fine = step.limit @ corners
    np.testing.assert_allclose(np.sort(np.abs(fine[:8]).ravel()), np.full(24, np.abs(fine[0, 0])), atol=1e-12)
    a, b, c = (fine[step.faces[:, k]] for k in range(3))
    assert (np.einsum("fi,fi->f", np.cross(b - a, c - a), a + b + c) > 0).all()


def test_vertices_of_no_face_stay():
    step = refine(CUBE, 10)
    points = np.random.default_rng(2).normal(size=(10, 3))
    np.testing.assert_array_equal((step.limit @ points)[8:10], points[8:])


@pytest.mark.parametrize("periodic", [True, False])
def test_bspline_rows_are_a_partition_of_unity_and_those_of_scipy(periodic):
    count = 11
    at = np.random.default_rng(3).uniform(1, count - 2, 200)
    rows = bspline_rows(at, count, periodic=periodic)
    np.testing.assert_allclose(rows.sum(axis=1), 1.0, atol=1e-12)
    assert (rows >= 0).all()
    control = np.random.default_rng(4).normal(size=(count, 3))
    # Parameter i lies at control point i: scipy's knots then start at -2.
    curve = BSpline(np.arange(count + 4) - 2.0, control, 3)
    np.testing.assert_allclose(rows @ control, curve(at), atol=1e-12)
    np.testing.assert_allclose(rows @ np.arange(count), at, atol=1e-12)
