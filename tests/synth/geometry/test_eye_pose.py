"""Listing's law by its own words, and axes that meet the target to the last digit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.eyeball import visual_axis_eye
from assets.placement import SIDES, eye_centres_head
from synth.geometry.eye_pose import eye_rotations, listing_rotation, looking_at
from synth.geometry.rotation import vector_from_rotation
from tests.assets.people import BALL, adult

angle = st.floats(-0.7, 0.7)


def direction(pitch, yaw):
    return -np.array([np.cos(pitch) * np.sin(yaw), np.sin(pitch), np.cos(pitch) * np.cos(yaw)])


@given(angle, angle)
def test_a_listing_rotation_turns_about_an_axis_in_the_frontal_plane(pitch, yaw):
    optical = direction(pitch, yaw)
    rotation = listing_rotation(optical)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)
    np.testing.assert_allclose(rotation @ [0, 0, -1], optical, atol=1e-12)
    assert abs(vector_from_rotation(rotation)[2]) < 1e-12
    # Its angle is that between primary position and the axis: there is no shorter way.
    assert np.linalg.norm(vector_from_rotation(rotation)) == pytest.approx(np.arccos(-optical[2]), abs=1e-7)


@given(angle, angle, st.sampled_from(SIDES))
def test_the_visual_axis_is_carried_to_the_target(pitch, yaw, side):
    visual, wanted = visual_axis_eye(BALL, side), direction(pitch, yaw)
    rotation = looking_at(visual, 0.7 * wanted)
    assert np.abs(rotation @ visual - wanted).max() < 1e-12
    assert abs(vector_from_rotation(rotation)[2]) < 1e-12, "Listing's law holds for the optical axis"


@given(angle, angle, st.floats(0.2, 5.0))
def test_both_visual_axes_meet_at_the_target(pitch, yaw, distance):
    subject, target = adult(), distance * direction(pitch, yaw)
    for i, side in enumerate(SIDES):
        rotation = eye_rotations(subject, target)[side]
        axis = rotation @ visual_axis_eye(BALL, side)
        to_target = target - eye_centres_head(subject)[i]
        assert np.linalg.norm(np.cross(axis, to_target)) < 1e-12 * distance and axis @ to_target > 0


def test_primary_position_is_no_turn():
    np.testing.assert_array_equal(listing_rotation(np.array([0.0, 0.0, -1.0])), np.eye(3))


def test_no_eye_looks_backwards():
    with pytest.raises(ValueError, match="behind the frontal plane"):
        looking_at(visual_axis_eye(BALL, "left"), np.array([0.1, 0.0, 0.5]))
