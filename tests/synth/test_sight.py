"""What a camera sees of points behind a lens of glasses: where, and whether anything stands in the way."""

import numpy as np
import pytest

from assets.part import Part
from synth.geometry.frames import transform
from synth.geometry.visibility import TOLERANCE_M, Body, Occluders
from synth.sight import View
from tests.synth.geometry.test_refraction import spectacle

K = np.array([[4000.0, 0, 500], [0, 4000.0, 500], [0, 0, 1]])
CAM_FROM_HEAD = transform(np.eye(3), np.array([0.0, 0.0, 0.6]))
BEHIND_M = 0.02


def sheet(z, low=-0.002, high=0.002):
    """A small square across the axis of the lens, at depth z of `head`."""
    corners = np.array([[low, low, z], [high, low, z], [high, high, z], [low, high, z]])
    return Part("sheet", corners, np.array([[0, 1, 2, 3]]), {}, "glasses_frame", 8)


def view(power, *parts):
    lens = spectacle(power, middle_m=3e-3, origin=(0.0, 0.0, 0.0), tilt=(0.0, 0.0, 0.0))
    parts = (*parts, sheet(0.3))  # far behind: there is always a head
    occluders = Occluders([Body(parts, CAM_FROM_HEAD)], K)
    return View((1000, 1000), K, CAM_FROM_HEAD, np.array([0.0, 0.0, -0.6]), (lens,), occluders)


def test_a_point_appears_nearer_to_the_axis_behind_a_minus_lens():
    point = np.array([[0.01, 0.0, BEHIND_M]])
    away = [view(power).see(point).px[0, 0] - 500 for power in (-6.0, 0.0, 3.0)]
    assert away[0] < away[1] < away[2]
    assert all(view(power).see(point).visible.all() for power in (-6.0, 0.0, 3.0))


def test_what_a_lens_stands_before_but_shows_nowhere_is_not_seen():
    """Behind the rim of a strong plus lens lies a ring that neither the lens nor the way beside it shows."""
    ring, beside = np.array([[0.0243, 0.0, BEHIND_M]]), np.array([[0.0262, 0.0, BEHIND_M]])
    assert view(0.0).see(ring).visible.all()
    assert not view(12.0).see(ring).visible.any()
    assert view(12.0).see(beside).visible.all()


@pytest.mark.parametrize(
    ("z", "hides"),
    [
        (-0.5 * TOLERANCE_M, True),  # on the lens, as a rim's front
        (1.5e-3, True),  # in the glass
        (0.01, True),  # between lens and eye
        (BEHIND_M - 0.5 * TOLERANCE_M, False),  # the surface on which the point lies
        (BEHIND_M + 1e-3, False),
    ],
)
def test_whatever_stands_on_any_piece_of_the_path_hides(z, hides):
    seen = view(-6.0, sheet(z)).see(np.array([[5e-4, 3e-4, BEHIND_M]]))
    assert seen.visible.item() is not hides
