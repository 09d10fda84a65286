"""The neck: the head keeps still, the shoulders turn whole, and nothing between tears or folds."""

import dataclasses

import numpy as np
import pytest

from assets.neck import Neck
from assets.placement import place
from assets.subject import build
from synth.geometry.rotation import rotation_from_vector
from tests.assets.people import adult

AHEAD = {"left": np.eye(3), "right": np.eye(3)}
TURNS = [(0.0, 0.7, 0.0), (-0.35, 0.0, 0.0), (0.3, 0.0, 0.0), (0.0, 0.0, 0.3), (0.2, -0.6, 0.15)]


def skin(shoulders_rad):
    spec = dataclasses.replace(adult(), shoulders_rad=shoulders_rad)
    return next(part for part in build(spec, AHEAD).parts if part.name == "skin")


@pytest.fixture(scope="module")
def straight():
    return skin((0.0, 0.0, 0.0))


@pytest.fixture(scope="module")
def neck():
    return Neck.of(place(adult()).rest_head)


def test_shares_run_from_the_head_to_the_shoulders(straight, neck):
    share = neck.below(straight.vertices_head)
    assert share.min() == 0.0 and share.max() > 0.99
    y, z = straight.vertices_head[:, 1], straight.vertices_head[:, 2]
    assert (share[(y < 0.11) & (z < 0.03)] < 0.02).all(), "the face"
    assert (share[y > 0.24] > 0.97).all(), "the shoulders"
    np.testing.assert_allclose(neck.below(np.array([neck.nape, neck.throat])), 0.03, atol=0.05)
    np.testing.assert_allclose(neck.below(np.array([neck.vertebra, neck.notch])), 0.97, atol=0.05)


@pytest.mark.parametrize("turn", TURNS)
def test_the_head_keeps_still_and_the_shoulders_turn_whole(straight, neck, turn):
    turned, share = skin(turn).vertices_head, neck.below(straight.vertices_head)
    still = share == 0
    assert still.mean() > 0.7
    assert np.array_equal(turned[still], straight.vertices_head[still])
    low = share > 0.99
    rigid = (straight.vertices_head[low] - neck.middle) @ rotation_from_vector(np.array(turn)).T + neck.middle
    assert np.abs(turned[low] - rigid).max() < 0.006


@pytest.mark.parametrize("turn", TURNS)
def test_no_face_of_the_skin_turns_inside_out(straight, turn):
    """Normals of neighbouring places stay on the same side, but for the folds that a bent neck has."""
    turned = skin(turn)

    def normals(vertices):
        a, b, c = (vertices[turned.faces[:, i]] for i in range(3))
        return np.cross(b - a, c - a)

    share = Neck.of(place(adult()).rest_head).below(straight.vertices_head)[turned.faces].mean(axis=1)
    rotation = np.array([rotation_from_vector(s * np.array(turn)) for s in share])
    expected = np.einsum("fij,fj->fi", rotation, normals(straight.vertices_head))
    assert (np.einsum("fi,fi->f", expected, normals(turned.vertices_head)) < 0).mean() < 0.002


def test_straight_shoulders_change_nothing(straight, neck):
    assert neck.turned(straight.vertices_head, (0.0, 0.0, 0.0)) is straight.vertices_head


def test_turns_to_either_side_mirror_each_other(straight):
    mirror = np.array([-1.0, 1.0, 1.0])
    left, right = skin((0.0, 0.5, 0.0)).vertices_head, skin((0.0, -0.5, 0.0)).vertices_head
    twin = np.abs(straight.vertices_head[:2000, None] * mirror - straight.vertices_head[None]).sum(-1).argmin(axis=1)
    gap = np.abs(straight.vertices_head[:2000] * mirror - straight.vertices_head[twin]).max(axis=1)
    even = gap < 1e-6
    np.testing.assert_allclose(left[:2000][even] * mirror, right[twin][even], atol=1e-6)
