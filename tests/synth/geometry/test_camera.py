import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from synth.geometry import camera
from synth.spec import CameraSpec

SPEC = CameraSpec(
    width=200, height=100, fx_px=400.0, fy_px=500.0, cx_px=90.0, cy_px=60.0,
    supersample=1, blur_px=0.0, noise=0.0, shot_noise=0.0, exposure_stops=0.0, contrast=1.0, grey=False,
    saturation=1.0, metered=1.0,
)  # fmt: skip
K = camera.camera_matrix(SPEC)


def test_the_optical_axis_meets_the_principal_point():
    np.testing.assert_allclose(camera.project(K, np.array([0.0, 0.0, 0.7])), [90, 60])


def test_right_is_right_and_down_is_down():
    np.testing.assert_allclose(camera.project(K, np.array([[0.1, 0, 1], [0, 0.1, 1]])), [[130, 60], [90, 110]])


def test_the_left_edge():
    np.testing.assert_allclose(camera.project(K, np.array([-90 / 400, 0, 1])), [0, 60], atol=1e-12)


def test_what_is_behind_the_lens_has_no_place():
    assert np.isnan(camera.project(K, np.array([[0.0, 0, -1], [0, 0, 0]]))).all()


def test_the_first_pixel_is_half_a_pixel_from_its_corner():
    centres = camera.pixel_centres_px(200, 100)
    assert centres.shape == (100, 200, 2)
    np.testing.assert_array_equal(centres[0, 0], [0.5, 0.5])
    np.testing.assert_array_equal(centres[-1, 3], [3.5, 99.5])


@given(st.floats(-50, 250), st.floats(-50, 150), st.floats(0.05, 5))
def test_a_place_and_its_depth_are_the_point(u, v, depth):
    point = camera.unproject(K, np.array([u, v]), np.array(depth))
    assert point[2] == depth
    np.testing.assert_allclose(camera.project(K, point), [u, v], atol=1e-9)
    ray = camera.rays(K, np.array([u, v]))
    np.testing.assert_allclose(np.cross(ray, point), 0, atol=1e-12)
