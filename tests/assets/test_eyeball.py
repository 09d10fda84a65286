"""Oracles: the conicoid's own equation, a sphere where it must be one, and Snell's law for what is seen through it."""

import dataclasses

import numpy as np
import pytest

from assets import eyeball as balls
from tests.assets.people import BALL, eye


@pytest.fixture
def ball() -> balls.Eyeball:
    return balls.eyeball(BALL, "left")


def test_cornea_and_sclera_meet_at_the_limbus(ball: balls.Eyeball) -> None:
    w = ball.limbus_radial_m
    assert balls.cornea_axial_m(ball, np.array([w]))[0] == pytest.approx(ball.limbus_axial_m, abs=1e-12)
    assert np.hypot(w, ball.limbus_axial_m - ball.offset_m) == pytest.approx(BALL.sclera_radius_m, abs=1e-12)


def test_apex_lies_where_anatomy_has_it(ball: balls.Eyeball) -> None:
    assert ball.apex_axial_m == pytest.approx(0.0135, abs=0.0003)


def test_cornea_mesh_lies_on_the_conicoid(ball: balls.Eyeball) -> None:
    x, y, z = balls.cornea_surface(ball).vertices_eye.T
    s = ball.apex_axial_m + z
    conic = 2 * BALL.cornea_radius_m * s - (1 + BALL.cornea_asphericity) * s**2
    np.testing.assert_allclose(x**2 + y**2, conic, atol=1e-12)


def test_surface_radius_agrees_with_both_meshes(ball: balls.Eyeball) -> None:
    for surface in (balls.cornea_surface(ball), balls.sclera_surface(ball)):
        p = surface.vertices_eye
        angle = np.arctan2(np.hypot(p[:, 0], p[:, 1]), -p[:, 2])
        inside = np.abs(angle - ball.limbus_angle_rad) > 1e-6  # at the limbus itself either formula is right
        radius = balls.surface_radius_m(ball, angle[inside])
        np.testing.assert_allclose(radius, np.linalg.norm(p[inside], axis=-1), atol=1e-10)


@pytest.mark.parametrize("half_width", [0.0053, 0.00585, 0.0064])
@pytest.mark.parametrize("radius", [0.0072, 0.0078, 0.0084])
@pytest.mark.parametrize("offset", [0.0, 0.0005, 0.001])
def test_a_lid_rests_outside_the_eye_and_near_it(half_width: float, radius: float, offset: float) -> None:
    spec = eye(cornea_half_width_m=half_width, cornea_radius_m=radius, sphere_offset_m=offset).ball
    ball = balls.eyeball(spec, "left")
    angle = np.linspace(0, 1.5, 500)
    gap = balls.lid_support_radius_m(ball, angle) - balls.surface_radius_m(ball, angle)
    assert gap.min() >= 0
    assert gap.max() < 0.7e-3


def test_meshes_face_outwards(ball: balls.Eyeball) -> None:
    for make in (balls.cornea_surface, balls.sclera_surface):
        surface = make(ball)
        a, b, c = (surface.vertices_eye[surface.faces[:, i]] for i in range(3))
        assert (np.einsum("fi,fi->f", np.cross(b - a, c - a), a + b + c) >= 0).all()


def test_visual_axis_is_nasal_and_up_of_the_optical(ball: balls.Eyeball) -> None:
    left, right = balls.visual_axis_eye(BALL, "left"), balls.visual_axis_eye(BALL, "right")
    assert left[0] < 0 < right[0]  # towards the nose is the subject's right for the left eye
    assert left[1] < 0  # up
    np.testing.assert_allclose(left * [-1, 1, 1], right)
    assert np.linalg.norm(left) == pytest.approx(1)


def test_pupil_moves_with_its_decentration() -> None:
    ball = balls.eyeball(dataclasses.replace(BALL, pupil_decentre_nasal_m=3e-4, pupil_decentre_up_m=1e-4), "right")
    np.testing.assert_allclose(balls.pupil_contour_eye(ball, 32).mean(0)[:2], [3e-4, -1e-4], atol=1e-12)


def test_an_impossible_cornea_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be"):
        balls.eyeball(dataclasses.replace(BALL, cornea_half_width_m=0.0095), "left")
