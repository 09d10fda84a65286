"""Gaze angles against hand-written directions, round trips, and the angle where arccos fails."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.geometry.gaze import angle_between, mirror_pitch_yaw, pitch_yaw_from_vector, vector_from_pitch_yaw

angles = st.floats(-1.4, 1.4)


@pytest.mark.parametrize(
    ("gaze_cam", "pitch_yaw_deg"),
    [
        ([0.0, 0.0, -1.0], [0.0, 0.0]),  # the lens
        ([0.0, -1.0, -1.0], [45.0, 0.0]),  # the ceiling
        ([-1.0, 0.0, -1.0], [0.0, 45.0]),  # the left edge of the image
        ([0.0, 1.0, -1.0], [-45.0, 0.0]),  # the floor
        ([0.0, 0.0, 1.0], [0.0, 180.0]),  # away from the lens
    ],
)
def test_hand_written_directions(gaze_cam: list[float], pitch_yaw_deg: list[float]) -> None:
    found = np.degrees(pitch_yaw_from_vector(np.array(gaze_cam)))
    if pitch_yaw_deg[1] == 180.0:  # the same direction as -180
        found = np.abs(found)
    np.testing.assert_allclose(found, pitch_yaw_deg, atol=1e-12)


@given(angles, angles)
def test_round_trip(pitch: float, yaw: float) -> None:
    vector = vector_from_pitch_yaw(np.array([pitch, yaw]))
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(pitch_yaw_from_vector(3.7 * vector), [pitch, yaw], atol=1e-12)


@given(angles, angles)
def test_mirror_flips_x_and_twice_is_identity(pitch: float, yaw: float) -> None:
    pair = np.array([pitch, yaw])
    mirrored = vector_from_pitch_yaw(mirror_pitch_yaw(pair))
    np.testing.assert_allclose(mirrored, vector_from_pitch_yaw(pair) * [-1, 1, 1], atol=1e-12)
    np.testing.assert_array_equal(mirror_pitch_yaw(mirror_pitch_yaw(pair)), pair)


@pytest.mark.parametrize("angle", [0.0, 1e-6, 1e-4, 0.3, np.pi / 2, 3.0, np.pi])
def test_angle_between_keeps_its_digits_in_float32(angle: float) -> None:
    a = np.array([0.0, 0.0, -1.0], dtype=np.float32)
    b = np.array([np.sin(angle), 0.0, -np.cos(angle)], dtype=np.float32)
    assert float(angle_between(a, b)) == pytest.approx(angle, rel=1e-5, abs=1e-7)


def test_angle_between_broadcasts_over_leading_axes() -> None:
    grid = vector_from_pitch_yaw(np.random.default_rng(0).uniform(-1, 1, (4, 5, 2)))
    assert angle_between(grid, grid).shape == (4, 5)
    assert np.all(angle_between(grid, grid) < 1e-7)
