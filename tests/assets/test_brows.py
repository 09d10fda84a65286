import dataclasses

import numpy as np
import pytest

from assets.brows import brow_borders_m, grow_brow
from assets.person import BrowSpec

BROW = BrowSpec(count=400, length_m=0.0095, thickness_m=0.009, arch=0.5, lift_m=0.0, radius_m=4e-5, seed=5)


def patch(bend: float = 0.0):
    """A brow's patch, 45 x 10 mm: x from nose to temple, rows from the lower to the upper border (-y), facing -z."""
    x, y = np.meshgrid(np.linspace(0, 0.045, 20), np.linspace(0.0, -0.010, 7))
    points = np.stack([x, y, 0.5 * bend * x**2], -1)
    normals = np.stack([bend * x, np.zeros_like(x), -np.ones_like(x)], -1)
    return points, normals / np.linalg.norm(normals, axis=-1, keepdims=True)


def grown(bend: float = 0.0, mirrored: bool = False, **changes: object):
    return grow_brow(dataclasses.replace(BROW, **changes), *patch(bend), mirrored=mirrored)


def heading_deg(points: np.ndarray) -> np.ndarray:
    """Angle of root to tip from the way to the temple, towards the forehead."""
    way = points[:, -1] - points[:, 0]
    return np.degrees(np.arctan2(-way[:, 1], way[:, 0]))


def test_hairs_root_in_the_patch_and_lie_on_it():
    points, radius = grown()
    assert points.shape[:2] == radius.shape
    assert len(points) == BROW.count
    roots = points[:, 0]
    assert (roots[:, 0].min() >= 0) and (roots[:, 0].max() <= 0.045)
    inside = (roots[:, 1] <= 0) & (roots[:, 1] >= -0.010)
    assert 0.85 < inside.mean() < 1
    assert np.abs(roots[:, 1] + 0.005).max() < 0.010
    height = -points[..., 2]
    assert height[:, 0] == pytest.approx(0.0)
    assert np.all(height[:, 1:] > 0)
    assert height.max() < 1.5e-3


def test_hairs_follow_a_bent_forehead():
    bend = 12.0
    points, _ = grown(bend)
    inside = points[..., 0] < 0.045
    height = 0.5 * bend * points[..., 0] ** 2 - points[..., 2]
    assert np.all(height[inside] > -0.15e-3)  # the grid's own sagitta
    assert height[inside].max() < 2e-3


def test_directions_vary_along_the_brow():
    points, _ = grown()
    u, v = points[:, 0, 0] / 0.045, -points[:, 0, 1] / 0.010
    angle = heading_deg(points)
    assert angle[u < 0.12].mean() > 40
    assert abs(angle[u > 0.7].mean()) < 15
    body = (u > 0.35) & (u < 0.8)
    assert angle[body & (v < 0.3)].mean() > angle[body & (v > 0.7)].mean() + 20
    assert angle[body & (v > 0.75)].mean() < 0


def test_density_falls_off_at_the_borders():
    points, _ = grown(count=4000)
    v = -points[:, 0, 1] / 0.010
    within = np.abs(v - 0.5) < 0.5
    edge, middle = np.mean(within & ((v < 0.1) | (v > 0.9))), np.mean((v > 0.4) & (v < 0.6))
    assert edge < 0.5 * middle


def test_they_move_with_the_skin():
    points, normals = patch(8.0)
    turn, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))
    there = np.array([0.03, -0.02, 0.01])
    plain, radius = grow_brow(BROW, points, normals)
    moved, radius_moved = grow_brow(BROW, points @ turn.T + there, normals @ turn.T)
    assert moved == pytest.approx(plain @ turn.T + there, abs=1e-12)
    assert np.array_equal(radius, radius_moved)


def test_they_are_a_function_of_their_spec():
    assert np.array_equal(grown()[0], grown()[0])
    assert not np.allclose(grown()[0], grown(mirrored=True)[0])
    assert np.all(np.diff(grown()[1], axis=1) < 0)


def test_borders():
    u = np.linspace(0, 1, 101)
    lower, upper = brow_borders_m(BROW, u)
    assert np.max(upper - lower) == pytest.approx(BROW.thickness_m)
    assert (upper - lower)[-1] < 0.4 * BROW.thickness_m
    assert u[np.argmax(upper + lower)] == pytest.approx(0.62, abs=0.04)
    assert (upper + lower)[-1] < (upper + lower)[0] - 0.012
    lifted = brow_borders_m(dataclasses.replace(BROW, lift_m=0.003), u)
    assert lifted[0] - lower == pytest.approx(0.003)
    flat = brow_borders_m(dataclasses.replace(BROW, arch=0.0), u)
    body = u < 0.6
    assert (flat[0] + flat[1])[body] == pytest.approx(0.0, abs=1e-12)
