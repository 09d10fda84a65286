"""Hair on a whole subject: brows lie on the skin, lashes start at the lids' edges and stay out of the eye."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from assets.eyeball import surface_radius_m
from assets.growth import brow_weights
from assets.person import ExpressionSpec
from assets.placement import SIDES
from assets.subject import build
from synth.geometry.eye_pose import eye_rotations
from tests.assets.people import adult, eye

PEOPLE = [
    (adult(), (0.0, 0.0, -0.6)),
    (adult(eye(blink=0.3), eye(squint=0.6), age_years=70.0), (0.2, 0.2, -0.5)),
    (adult(asian=1.0, caucasian=0.0, gender_female=1.0), (-0.2, -0.15, -0.5)),
]


@pytest.fixture(scope="module", params=range(len(PEOPLE)))
def subject(request):
    spec, target = PEOPLE[request.param]
    return build(spec, eye_rotations(spec, np.array(target)))


def hairs(subject, name):
    return next(strands for strands in subject.strands if strands.name == name)


def surface_points(part, rng, count=60000):
    """Random points of a mesh, dense about the eyes, and the normals of their faces."""
    near = part.vertices_head[part.faces].mean(axis=1)
    faces = part.faces[(np.abs(near[:, 0]) < 0.07) & (near[:, 1] > -0.05) & (near[:, 1] < 0.03) & (near[:, 2] < 0.02)]
    corners = part.vertices_head[faces]
    area = np.linalg.norm(np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]), axis=1)
    area = area + np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    chosen = corners[rng.choice(len(corners), count, p=area / area.sum())]
    u, v = rng.uniform(size=(2, count, 1))
    return (
        (1 - u) * (1 - v) * chosen[:, 0]
        + u * (1 - v) * chosen[:, 1]
        + u * v * chosen[:, 2]
        + (1 - u) * v * chosen[:, 3]
    )


def test_brows_lie_on_the_skin(subject):
    skin = next(part for part in subject.parts if part.name == "skin")
    tree = cKDTree(surface_points(skin, np.random.default_rng(0)))
    for side in SIDES:
        points = hairs(subject, f"brow_{side}").points_head
        away = tree.query(points.reshape(-1, 3))[0].reshape(points.shape[:2])
        assert away[:, 0].max() < 1.0e-3, "roots"
        assert np.percentile(away, 99) < 1.5e-3
        centre = subject.eyes[side].centre_head
        assert (points[..., 1] < centre[1] - 0.006).all(), "above the eye"


def test_lashes_start_at_the_edge_of_the_lid_and_stay_out_of_the_globe(subject):
    for side in SIDES:
        held = subject.eyes[side]
        axis = -held.head_from_eye[:, 2]
        for lid in ("upper", "lower"):
            points = hairs(subject, f"lash_{lid}_{side}").points_head
            edge = held.from_orbit(held.orbit.skin[4])
            gap = np.linalg.norm(points[:, 0, None] - edge, axis=-1).min(axis=1)
            assert gap.max() < 1.2e-3
            away = points - held.centre_head
            radius = np.linalg.norm(away, axis=-1)
            angle = np.arccos(np.clip(away @ axis / radius, -1, 1))
            assert (radius - surface_radius_m(held.ball, angle)).min() > 0


def test_brows_go_up_with_their_skin():
    plain, raised = (
        build(spec, eye_rotations(spec, np.array([0.0, 0.0, -0.6])))
        for spec in (adult(), adult(expression=ExpressionSpec("", (("browInnerUp", 1.0),))))
    )
    rise = hairs(plain, "brow_left").points_head - hairs(raised, "brow_left").points_head
    assert rise[:, 0, 1].max() > 2e-3 and rise[:, 0, 1].min() > -1e-3


@pytest.mark.parametrize("side", SIDES)
def test_the_weights_of_a_brow_meet_its_grid_and_stay_between_near_vertices(side):
    rng = np.random.default_rng(1)
    skin, eye_centre = rng.uniform(-0.06, 0.06, (4000, 3)), np.array([0.0, 0.01, 0.06])
    weights = brow_weights(skin, eye_centre, side)
    grid = (weights @ skin).reshape(21, 24, 3)
    heights = np.broadcast_to(0.01 - np.linspace(-0.004, 0.036, 21)[:, None], (21, 24))
    np.testing.assert_allclose(grid[..., 1], heights, atol=1e-12)
    temporal = np.abs(grid[:, -1, 0]) > np.abs(grid[:, 0, 0])
    assert temporal.all() and np.ptp(grid[..., 0], axis=0).max() < 1e-12
    assert weights.data.min() > -1e-9
    np.testing.assert_allclose(np.asarray(weights.sum(axis=1)), 1.0)
    used = weights.indices.reshape(-1, 3)
    assert np.linalg.norm(skin[used][..., :2] - grid.reshape(-1, 1, 3)[..., :2], axis=-1).max() < 0.01
