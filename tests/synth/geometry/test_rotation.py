"""Rotations against scipy, hand-written heads, and round trips over the whole range."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from synth.geometry.rotation import (
    geodesic_angle,
    mirror_rotation,
    pitch_yaw_roll_from_biwi,
    pitch_yaw_roll_from_rotation,
    rotation_from_pitch_yaw_roll,
    rotation_from_vector,
    rotation_x,
    rotation_y,
    rotation_z,
    vector_from_rotation,
)

half_turns = st.floats(-1.5, 1.5)
components = st.floats(-1.8, 1.8)


@given(half_turns)
def test_axes_agree_with_scipy(angle: float) -> None:
    for name, turn in (("x", rotation_x), ("y", rotation_y), ("z", rotation_z)):
        np.testing.assert_allclose(turn(angle), Rotation.from_euler(name, angle).as_matrix(), atol=1e-14)


@given(components, components, components)
def test_vector_round_trip_and_scipy(x: float, y: float, z: float) -> None:
    vector = np.array([x, y, z])
    matrix = rotation_from_vector(vector)
    np.testing.assert_allclose(matrix, Rotation.from_rotvec(vector).as_matrix(), atol=1e-12)
    np.testing.assert_allclose(rotation_from_vector(vector_from_rotation(matrix)), matrix, atol=1e-12)


@pytest.mark.parametrize("angle", [0.0, 1e-12, 1e-7, np.pi - 1e-7, np.pi])
def test_vector_at_the_ends_of_the_range(angle: float) -> None:
    axis = np.array([0.6, -0.48, 0.64])
    found = vector_from_rotation(rotation_from_vector(axis * angle))
    found = found if found @ axis >= 0 else -found  # at pi both signs are the same rotation
    np.testing.assert_allclose(found, axis * angle, atol=1e-14 if angle < 1 else 1e-8)


@given(half_turns, half_turns, st.floats(-3.1, 3.1))
def test_euler_round_trip_and_biwi_agrees(pitch: float, yaw: float, roll: float) -> None:
    angles = np.array([pitch, yaw, roll])
    matrix = rotation_from_pitch_yaw_roll(angles)
    np.testing.assert_allclose(pitch_yaw_roll_from_rotation(matrix), angles, atol=1e-9)
    np.testing.assert_allclose(pitch_yaw_roll_from_biwi(matrix), angles, atol=1e-9)


def test_signs_of_the_euler_angles() -> None:
    nose_head = np.array([0.0, 0.0, -1.0])
    crown_head = np.array([0.0, -1.0, 0.0])
    assert (rotation_from_pitch_yaw_roll(np.array([0.3, 0.0, 0.0])) @ nose_head)[1] < 0  # up in the image
    assert (rotation_from_pitch_yaw_roll(np.array([0.0, 0.3, 0.0])) @ nose_head)[0] < 0  # left in the image
    assert (rotation_from_pitch_yaw_roll(np.array([0.0, 0.0, 0.3])) @ crown_head)[0] > 0  # clockwise in the image


@given(half_turns, half_turns, half_turns)
def test_mirror_negates_yaw_and_roll(pitch: float, yaw: float, roll: float) -> None:
    mirrored = mirror_rotation(rotation_from_pitch_yaw_roll(np.array([pitch, yaw, roll])))
    np.testing.assert_allclose(pitch_yaw_roll_from_rotation(mirrored), [pitch, -yaw, -roll], atol=1e-9)


@pytest.mark.parametrize("angle", [0.0, 1e-9, 1e-4, 1.0, 3.0, np.pi - 1e-6, np.pi])
def test_geodesic_angle(angle: float) -> None:
    start = rotation_from_vector(np.array([0.2, -0.7, 0.4]))
    end = start @ rotation_from_vector(angle * np.array([0.0, 0.6, 0.8]))
    assert float(geodesic_angle(start, end)) == pytest.approx(angle, rel=1e-6, abs=3e-8)
