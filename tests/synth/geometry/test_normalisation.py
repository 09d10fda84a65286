"""Normalisation against hand-placed eyes, the published closed forms, and round trips."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.geometry.gaze import angle_between, mirror_pitch_yaw, vector_from_pitch_yaw
from synth.geometry.normalisation import (
    MPIIGAZE_EYE,
    GazeMode,
    face_triangle,
    head_pitch_yaw,
    inverse_3x3,
    normalise,
    normalised_targets,
)
from synth.geometry.rotation import mirror_rotation, rotation_from_pitch_yaw_roll, rotation_from_vector, rotation_z

CAMERA = np.array([[700.0, 0.0, 320.0], [0.0, 700.0, 240.0], [0.0, 0.0, 1.0]])
small = st.floats(-0.5, 0.5)


def test_an_eye_already_normal_is_left_alone() -> None:
    view = normalise(np.array([0.0, 0.0, 0.6]), np.eye(3), MPIIGAZE_EYE.matrix)
    np.testing.assert_allclose(view.norm_from_cam, np.eye(3), atol=1e-15)
    np.testing.assert_allclose(view.scale, 1, atol=1e-15)
    np.testing.assert_allclose(view.warp, np.eye(3), atol=1e-12)


def test_head_roll_is_undone() -> None:
    view = normalise(np.array([0.0, 0.0, 0.6]), rotation_z(0.3), CAMERA)
    np.testing.assert_allclose(view.norm_from_cam, rotation_z(-0.3), atol=1e-15)


@given(small, small, st.floats(0.3, 1.0), small, small, small)
def test_virtual_camera(x: float, y: float, z: float, pitch: float, yaw: float, roll: float) -> None:
    centre = np.array([x * z, y * z, z])
    head = rotation_from_pitch_yaw_roll(np.array([pitch, yaw, roll]))
    view = normalise(centre, head, CAMERA)
    np.testing.assert_allclose(view.norm_from_cam @ view.norm_from_cam.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(view.norm_from_cam) == pytest.approx(1)
    # The eye comes to (0, 0, d_n), and the head's x axis has no vertical part left.
    np.testing.assert_allclose(view.scale * (view.norm_from_cam @ centre), [0, 0, 0.6], atol=1e-12)
    assert (view.head(head)[:, 0])[1] == pytest.approx(0, abs=1e-12)
    # W takes the picture of any point to the picture of the moved and scaled point.
    point = centre + np.array([0.01, -0.02, 0.015])
    real = CAMERA @ point
    virtual = MPIIGAZE_EYE.matrix @ (view.scale * (view.norm_from_cam @ point))
    warped = view.warp @ real
    np.testing.assert_allclose(warped[:2] / warped[2], virtual[:2] / virtual[2], atol=1e-8)


@pytest.mark.parametrize("mode", list(GazeMode))
def test_gaze_round_trip(mode: GazeMode) -> None:
    view = normalise(np.array([0.1, -0.05, 0.45]), rotation_from_vector(np.array([0.2, 0.4, -0.1])), CAMERA)
    gaze = vector_from_pitch_yaw(np.array([0.2, -0.35]))
    np.testing.assert_allclose(view.gaze_to_cam(view.gaze(2.5 * gaze, mode), mode), gaze, atol=1e-14)


def test_the_two_modes_at_20_deg_and_400_mm() -> None:
    view = normalise(np.array([0.0, 0.0, 0.4]), np.eye(3), CAMERA)
    gaze = vector_from_pitch_yaw(np.radians([0.0, 20.0]))
    apart = angle_between(view.gaze(gaze, GazeMode.direction), view.gaze(gaze, GazeMode.mpiigaze_2015))
    assert np.degrees(apart) == pytest.approx(20 - np.degrees(np.arctan(np.tan(np.radians(20)) / 1.5)), abs=1e-9)
    assert np.degrees(apart) == pytest.approx(6.4, abs=0.05)


@given(small, small)
def test_head_pitch_yaw_follows_the_signs_of_the_euler_angles(pitch: float, yaw: float) -> None:
    # With yaw or pitch alone the two agree; with both the order of rotation matters, so only the signs are shared.
    np.testing.assert_allclose(
        head_pitch_yaw(rotation_from_pitch_yaw_roll(np.array([pitch, 0.0, 0.3]))), [pitch, 0], atol=1e-12
    )
    np.testing.assert_allclose(
        head_pitch_yaw(rotation_from_pitch_yaw_roll(np.array([0.0, yaw, 0.3]))), [0, yaw], atol=1e-12
    )


def test_head_pitch_yaw_is_the_published_formula() -> None:
    head = rotation_from_vector(np.array([0.3, -0.4, 0.2]))
    v = head[:, 2]
    np.testing.assert_allclose(head_pitch_yaw(head), [np.arcsin(v[1]), np.arctan2(v[0], v[2])], atol=1e-14)


def test_face_triangle_of_an_upright_face_is_the_head_frame() -> None:
    right, left = np.array([-0.03, 0.0, 0.0]), np.array([0.03, 0.0, 0.0])
    np.testing.assert_allclose(face_triangle(right, left, np.array([0.004, 0.07, 0.0])), np.eye(3), atol=1e-15)
    # A mouth that lies further back (z into the head) pitches the triangle's face downwards.
    pitched = face_triangle(right, left, np.array([0.0, 0.07, 0.02]))
    assert head_pitch_yaw(pitched)[0] == pytest.approx(-np.arctan2(0.02, 0.07))


@pytest.mark.parametrize("mode", list(GazeMode))
def test_a_mirrored_scene_has_mirrored_targets(mode: GazeMode) -> None:
    flip = np.array([-1.0, 1.0, 1.0])
    triangle = face_triangle(np.array([-0.03, 0, 0]), np.array([0.03, 0, 0]), np.array([0.0, 0.07, 0.01]))
    head = rotation_from_vector(np.array([0.1, 0.3, -0.2]))
    centre, gaze = np.array([0.06, -0.02, 0.5]), np.array([-0.2, 0.1, -0.5])
    one = normalised_targets(gaze, centre, head, triangle, CAMERA, mode)
    two = normalised_targets(flip * gaze, flip * centre, mirror_rotation(head), triangle, CAMERA, mode)
    np.testing.assert_allclose(two.gaze_pitch_yaw_rad, mirror_pitch_yaw(one.gaze_pitch_yaw_rad), atol=1e-14)
    np.testing.assert_allclose(two.head_pitch_yaw_rad, mirror_pitch_yaw(one.head_pitch_yaw_rad), atol=1e-14)


def test_inverse_agrees_with_numpy() -> None:
    matrix = np.random.default_rng(0).normal(size=(3, 3))
    np.testing.assert_allclose(inverse_3x3(matrix), np.linalg.inv(matrix), atol=1e-12)
    np.testing.assert_allclose(inverse_3x3(CAMERA) @ CAMERA, np.eye(3), atol=1e-12)
