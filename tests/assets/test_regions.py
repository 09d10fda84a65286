"""Regions of the skin: landmarks lie where their names say, both sides alike, and the map of the head does not fold."""

import numpy as np
import pytest
from scipy.spatial import KDTree

from assets.landmarks import load_table
from assets.regions import REGION, globe_uv
from assets.subject import build
from tests.assets.people import adult

STRAIGHT = {"left": np.eye(3), "right": np.eye(3)}
NOSE = (1, 2, 4, 5, 6, 195, 197, 48, 115, 131, 278, 344, 360)
BESIDE = (50, 280, 205, 425, 9, 151, 0, 164, 10, 152, 61, 291)
"""Of MediaPipe's mesh: ridge, tip and wings; cheeks, forehead, over the lip, chin and corners of the mouth."""


@pytest.fixture(scope="module")
def skin():
    return next(part for part in build(adult(), STRAIGHT).parts if part.name == "skin")


def at(skin, places, name):
    return np.einsum("...k,...kc->...c", places.weights, skin.attributes[name][places.corners])


def test_the_nose_holds_its_landmarks_and_nobody_elses(skin):
    table = load_table()
    field = at(skin, table.dense, "borders")[:, 0]
    assert (field[list(NOSE)] > 0).all() and (at(skin, table.ridge, "borders")[:, 0] > 0).all()
    assert (field[list(BESIDE)] < 0).all()


def test_the_neck_begins_at_the_jaw(skin):
    jaw = at(skin, load_table().jaw, "borders")[:, 0, 1]
    assert np.abs(jaw[3:14]).max() < 1.5e-3
    assert (at(skin, load_table().dense, "borders")[:, 1] < 2e-3).all(), "the face lies above"


def test_lips_part_at_their_seam(skin):
    over = at(skin, load_table().dense, "brows")[:, 2]
    assert (over[[39, 37, 0, 267, 269, 81, 82, 13, 312, 311]] > 0).all()
    assert (over[[321, 314, 17, 84, 91, 178, 87, 14, 317, 402]] < 0).all()


def test_brows_are_as_thick_as_their_person_has_them(skin):
    """Where the middle line crosses the mesh, twice the half is the thickness, which tapers to a quarter."""
    over, half, _ = skin.attributes["brows"].T
    on = np.abs(over) < half
    x = skin.attributes["untouched"][on, 0]
    thickness = adult().brow.thickness_m
    assert 2 * half[on].max() == pytest.approx(thickness, rel=0.05) and 2 * half[on].min() > 0.05 * thickness
    assert (np.abs(x) > 0.008).all() and (np.abs(x) < 0.065).all()
    assert (x > 0).sum() > 40 and (x < 0).sum() > 40


def test_both_sides_are_alike(skin):
    untouched = skin.attributes["untouched"]
    fields = np.concatenate([skin.attributes["borders"][:, :2], skin.attributes["brows"]], axis=1)
    right, left = untouched[:, 0] < -1e-3, untouched[:, 0] > 1e-3
    away, twin = KDTree(untouched[left]).query(untouched[right] * [-1, 1, 1])
    close = away < 1e-6
    assert close.mean() > 0.9
    np.testing.assert_allclose(fields[right][close], fields[left][twin[close]], atol=1e-5)


def test_regions_have_numbers_that_the_renderer_can_emit():
    assert sorted(REGION.values()) == list(range(len(REGION)))
    assert 2 * max(REGION.values()) + 1 < 32


def test_the_map_of_the_head_does_not_fold_on_the_face(skin):
    uv = globe_uv(skin.attributes["untouched"])
    assert ((uv >= 0) & (uv <= 1)).all() and (uv[:, 1] > 0).all()
    table = load_table().dense
    tip, left_cheek, forehead, chin = globe_uv(at(skin, table, "untouched"))[[4, 280, 10, 152]]
    assert tip[0] == pytest.approx(0.5, abs=1e-3) and left_cheek[0] > 0.55
    assert forehead[1] < tip[1] < chin[1]
    corners = skin.faces[:, :3]
    a, b, c = np.moveaxis(uv[corners], 1, 0)
    area = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    x, y, z = skin.attributes["untouched"][corners].mean(axis=1).T
    face = (z < 0.03) & (np.abs(y) < 0.1) & (skin.attributes["mouth_inside"][corners].max(axis=1) < 0.1)
    face &= (np.abs(np.abs(x) - 0.010) > 0.008) | (np.abs(y - 0.041) > 0.009)  # nostrils
    face &= skin.attributes["margin"][corners].max(axis=1) < 0.1
    assert face.sum() > 5000
    assert (np.sign(area[face]) == np.sign(np.median(area[face]))).mean() > 0.98
