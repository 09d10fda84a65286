import numpy as np

from synth.geometry import frames
from synth.geometry.rotation import rotation_from_vector


def test_a_level_camera_sees_the_world_upright():
    world_from_cam = np.array(frames.WORLD_FROM_LEVEL_CAM)
    np.testing.assert_array_equal(world_from_cam @ frames.DOWN_CAM, -np.array(frames.UP_WORLD))
    np.testing.assert_array_equal(world_from_cam @ frames.FORWARD_CAM, [0, 1, 0])
    assert np.linalg.det(world_from_cam) == 1


def test_a_facing_head_looks_into_the_lens():
    np.testing.assert_array_equal(frames.FACING_HEAD, -np.array(frames.FORWARD_CAM))
    np.testing.assert_array_equal(frames.GAZE_EYE, frames.FACING_HEAD)
    np.testing.assert_array_equal(frames.SUBJECT_LEFT_HEAD, frames.RIGHT_CAM)


def test_the_inverse_brings_points_back():
    rng = np.random.default_rng(0)
    matrix = frames.transform(rotation_from_vector(rng.normal(size=3)), rng.normal(size=3))
    points = rng.normal(size=(5, 3))
    there = frames.apply(matrix, points)
    np.testing.assert_allclose(frames.apply(frames.inverse(matrix), there), points, atol=1e-14)
    np.testing.assert_allclose(frames.inverse(matrix) @ matrix, np.eye(4), atol=1e-14)


def test_a_point_is_turned_before_it_is_moved():
    matrix = frames.transform(np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]), np.array([10.0, 0, 0]))
    np.testing.assert_allclose(frames.apply(matrix, np.array([1.0, 0, 0])), [10, 1, 0])
