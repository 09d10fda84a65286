"""The mass of hair: under the fine strands, over the skin, away from the hairline, the same on both sides."""

import numpy as np
import pytest

from assets.hair import STYLES
from assets.mass import sunk
from tests.assets.test_hair import depth_m, strands, with_hair

LEVEL = np.tile([0.0, 0.0, -1.0], (3, 6, 1))
FOOT = np.zeros((3, 6, 3))
T = np.linspace(0, 1, 6)
BOW = np.stack([np.zeros(6), 0.2 * T, -0.02 * np.sin(np.pi * T / 2)], 1)
LINES = BOW + np.array([[-0.01, 0, 0], [0, 0, 0], [0.01, 0, 0]])[:, None]
INSIDE = np.array([0.003, 0.02, 0.05])


def broad(style, **changes):
    hair = strands(with_hair(style, **changes))
    return hair.points_head[hair.radius_m.max(axis=1) > 0.0007]


def test_broad_strands_lie_between_the_skin_and_the_fine_ones():
    points, _ = sunk(LINES, FOOT, LEVEL, 0.002, INSIDE)
    assert np.array_equal(points[:, 0], LINES[:, 0])
    above = -points[..., 2]
    fine = np.stack([np.interp(p[:, 1], line[:, 1], -line[:, 2]) for p, line in zip(points, LINES, strict=True)])
    assert (above >= 0).all() and (above[:, 1:] < fine[:, 1:]).all()
    assert (points[:, -1, 1] < LINES[:, -1, 1]).all()


def test_they_are_thin_along_the_hairline_and_at_their_ends():
    _, radius = sunk(LINES, FOOT, LEVEL, 0.002, INSIDE)
    assert (radius > 0).all() and radius.max() <= 0.002
    assert radius[0].max() < 0.2 * radius[2].max()
    assert (radius[:, -1] < 0.3 * radius.max(axis=1)).all()


@pytest.mark.parametrize("style", ["crew", "shaved"])
def test_cropped_hair_has_none(style):
    assert STYLES[style].mass_m == 0 and not len(broad(style))


@pytest.mark.parametrize("style", ["long", "afro", "ponytail"])
def test_they_stay_out_of_the_head(style):
    points = broad(style)
    assert len(points) > 300
    assert np.percentile(depth_m(with_hair(style), points.reshape(-1, 3)), 98) < 2e-3


def test_hair_parted_in_the_middle_has_as_much_on_either_side():
    points = broad("long", parting=0.0)
    assert 0.44 < (points[..., 0] > 0).mean() < 0.56
