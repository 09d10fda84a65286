"""Snell's law at the point that Fermat's principle gave, and the textbook size of a pupil."""

import dataclasses

import numpy as np
import pytest

from assets import eyeball as balls
from synth.refraction import corneal_crossing, corneal_glints
from tests.assets.people import BALL

BALL_LEFT = balls.eyeball(BALL, "left")


def lens(yaw_deg: float, pitch_deg: float = 0.0) -> np.ndarray:
    yaw, pitch = np.radians([yaw_deg, pitch_deg])
    return 0.6 * np.array([np.sin(yaw) * np.cos(pitch), np.sin(pitch), -np.cos(yaw) * np.cos(pitch)])


def normal(q: np.ndarray) -> np.ndarray:
    """Gradient of the conicoid's implicit equation x^2 + y^2 - 2 R s + k s^2, an independent route to the normal."""
    s = BALL_LEFT.apex_axial_m + q[:, 2]
    k = 1 + BALL.cornea_asphericity
    n = np.stack([q[:, 0], q[:, 1], -BALL.cornea_radius_m + k * s], -1)
    return n / np.linalg.norm(n, axis=-1, keepdims=True)


def unit(v: np.ndarray) -> np.ndarray:
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


@pytest.mark.parametrize("yaw", [-60, -30, 0, 15, 45, 70])
@pytest.mark.parametrize("pitch", [-20, 0, 25])
def test_snell_holds_where_light_leaves(yaw: float, pitch: float) -> None:
    pupil = balls.pupil_contour_eye(BALL_LEFT, 32)
    c = lens(yaw, pitch)
    q, good = corneal_crossing(BALL_LEFT, pupil, c)
    assert good.any()
    n = normal(q)
    inside, outside = np.cross(unit(q - pupil), n), np.cross(unit(c - q), n)
    np.testing.assert_allclose(balls.AQUEOUS_INDEX * inside[good], outside[good], atol=1e-12)


def test_a_small_pupil_has_the_paraxial_magnification() -> None:
    """Entrance pupil of a thin bundle: 1 / (1 - d P / n), P = (n - 1) / R; 12 % here, 13 % in Gullstrand's eye."""
    small = balls.eyeball(dataclasses.replace(BALL, pupil_radius_m=5e-5, pupil_decentre_nasal_m=0.0), "left")
    pupil = balls.pupil_contour_eye(small, 32)
    q, _ = corneal_crossing(small, pupil, np.array([0.0, 0.0, -1e4]))
    n, power = balls.AQUEOUS_INDEX, (balls.AQUEOUS_INDEX - 1) / BALL.cornea_radius_m
    # From a lens at infinity a point appears where its ray leaves: at the entrance pupil's radius.
    assert np.ptp(q[:, 0]) / np.ptp(pupil[:, 0]) == pytest.approx(1 / (1 - BALL.iris_depth_m * power / n), rel=1e-3)


def test_glints_obey_the_mirror() -> None:
    c = lens(10)
    lamps = np.array([[0.3, -0.4, -0.8], [-0.5, 0.1, -0.4], [0.0, -0.02, -0.6]])
    q, good = corneal_glints(BALL_LEFT, lamps, c)
    assert good.all()
    n = normal(q)
    half = unit(unit(lamps - q) + unit(c - q))
    np.testing.assert_allclose(np.abs(np.einsum("ni,ni->n", half, n)), 1.0, atol=1e-12)


def test_a_lamp_behind_the_head_leaves_no_glint() -> None:
    assert not corneal_glints(BALL_LEFT, np.array([[0.1, 0.0, 0.9]]), lens(0))[1].any()
