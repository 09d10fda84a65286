"""The two curves: where they begin and end, how far they open, and that both sides of a face are one."""

import numpy as np
import pytest

from assets import eyeball as balls
from assets.lids import Gazing, margin_curve, margin_heights_m, support_radius_m
from tests.assets.people import LIDS, eye

XI = np.linspace(-1, 1, 33)
GAZES = [Gazing(np.radians(up), np.radians(out)) for up, out in ((0, 0), (20, -30), (-30, 35))]


def both(spec, gazing=GAZES[0]):
    ball = balls.eyeball(spec.ball, "left")
    return [margin_curve(spec, ball, gazing, XI, upper=upper) for upper in (True, False)]


@pytest.mark.parametrize("gazing", GAZES)
@pytest.mark.parametrize("blink", [0.0, 0.5, 1.0])
def test_both_margins_run_from_canthus_to_canthus(gazing, blink):
    inner = [-LIDS.inner_canthus_nasal_m, -LIDS.inner_canthus_down_m, LIDS.inner_canthus_forward_m]
    outer = [LIDS.outer_canthus_temporal_m, -LIDS.outer_canthus_down_m, LIDS.outer_canthus_forward_m]
    for curve in both(eye(blink=blink), gazing):
        np.testing.assert_allclose(curve[[0, -1]], [inner, outer], atol=1e-9)
        assert (np.diff(curve[:, 0]) > 0).all()


def test_at_rest_the_gap_is_the_one_asked_for():
    upper, lower = margin_heights_m(eye(), GAZES[0])
    assert upper == pytest.approx(LIDS.upper_height_m)
    assert lower == pytest.approx(-LIDS.lower_depth_m)
    above, below = both(eye())
    assert above[:, 1].max() == pytest.approx(LIDS.upper_height_m, abs=2e-4)
    assert below[:, 1].min() == pytest.approx(-LIDS.lower_depth_m, abs=2e-4)


@pytest.mark.parametrize("gazing", GAZES)
def test_more_blink_and_more_squint_never_open(gazing):
    def gap(**state):
        upper, lower = margin_heights_m(eye(**state), gazing)
        return upper - lower

    for name in ("blink", "squint"):
        gaps = [gap(**{name: value}) for value in np.linspace(0, 1, 9)]
        assert (np.diff(gaps) <= 1e-12).all()
    assert gap(blink=1.0) < 1e-4
    assert gap(squint=-1.0) > gap()


@pytest.mark.parametrize("gazing", GAZES)
def test_margins_rest_on_the_eye_or_stand_off_it_a_little(gazing):
    spec = eye()
    ball = balls.eyeball(spec.ball, "left")
    for curve in both(spec, gazing):
        middle = curve[np.abs(XI) < 0.4]
        radius = np.linalg.norm(middle, axis=1)
        support = support_radius_m(ball, gazing, middle / radius[:, None])
        assert (radius > support - 2e-5).all()
        assert (radius < support + 1.5e-3).all()


def test_support_is_a_function_of_the_angle_from_the_axis():
    ball = balls.eyeball(eye().ball, "left")
    gazing = GAZES[1]
    turn = np.linspace(0, 2 * np.pi, 12)
    axis = gazing.axis_orbit
    side = np.cross(axis, [0, 1, 0])
    side /= np.linalg.norm(side)
    up = np.cross(side, axis)
    ring = np.cos(0.5) * axis + np.sin(0.5) * (np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * up)
    radius = support_radius_m(ball, gazing, ring)
    np.testing.assert_allclose(radius, radius[0], atol=1e-12)
    assert np.linalg.norm(axis) == pytest.approx(1)
