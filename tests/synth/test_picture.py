import dataclasses
from dataclasses import replace

import numpy as np
import pytest

from synth import picture
from synth.spec import CameraSpec

CAMERA = CameraSpec(
    width=12, height=8, fx_px=100.0, fy_px=100.0, cx_px=6.0, cy_px=4.0,
    supersample=2, blur_px=0.0, noise=0.0, shot_noise=0.0, exposure_stops=0.0, contrast=1.0, grey=False,
    saturation=1.0, metered=1.0,
)  # fmt: skip


def develop(linear_rgb, seed=0, **changes):
    infrared = changes.pop("infrared", False)
    camera = dataclasses.replace(CAMERA, **changes)
    return picture.develop_with(linear_rgb, camera, infrared, np.random.default_rng(seed))


def frame(seed=0):
    return np.random.default_rng(seed).uniform(0.05, 1.5, (16, 24, 3)).astype(np.float32)


def test_the_picture_has_the_cameras_shape():
    assert develop(frame()).shape == (8, 12, 3) == picture.picture_shape(CAMERA)
    assert develop(frame(), grey=True).shape == (8, 12)


def test_brighter_light_gives_the_same_picture():
    noisy = {"noise": 0.02, "shot_noise": 0.02, "blur_px": 0.7}
    one, other = develop(frame(), **noisy), develop(frame() * 7, **noisy)
    assert np.abs(one.astype(int) - other).max() <= 1


def test_the_same_seed_gives_the_same_bytes_and_another_other_noise():
    first = develop(frame(), seed=5, noise=0.02)
    np.testing.assert_array_equal(first, develop(frame(), seed=5, noise=0.02))
    assert (first != develop(frame(), seed=6, noise=0.02)).mean() > 0.5


def test_an_infrared_camera_sees_one_channel():
    grey = frame().mean(axis=2, keepdims=True).repeat(3, axis=2)
    np.testing.assert_allclose(develop(grey, infrared=True, grey=True), develop(grey, grey=True), atol=1)


def test_a_stop_doubles_the_light():
    brighter = replace(CAMERA, exposure_stops=1.0)
    assert picture.exposure(frame(), brighter) == pytest.approx(2 * picture.exposure(frame(), CAMERA))


def test_a_metered_middle_is_exposed_as_if_nothing_were_around_it():
    light = np.full((30, 40, 3), 50.0)
    light[10:20, 14:26] = np.random.default_rng(0).uniform(0.1, 1.0, (10, 12, 3))
    middle = replace(CAMERA, metered=0.3)
    assert picture.exposure(light, middle) == pytest.approx(picture.exposure(light[11:19, 14:26], CAMERA), rel=0.05)
    assert picture.exposure(light, middle) > 10 * picture.exposure(light, CAMERA)


def test_saturation_keeps_luma_and_greys_and_stretches_colours():
    colours = np.random.default_rng(0).uniform(0.3, 0.7, (5, 6, 3))
    vivid = picture.saturate(colours, 1.5)
    np.testing.assert_allclose(vivid @ picture.LUMA, colours @ picture.LUMA)
    np.testing.assert_allclose(np.ptp(vivid, axis=-1), 1.5 * np.ptp(colours, axis=-1))
    np.testing.assert_allclose(picture.saturate(colours, 0.0), (colours @ picture.LUMA)[..., None].repeat(3, -1))
    assert picture.saturate(colours, 1.0) is colours


def test_reduction_keeps_the_mean_and_the_place():
    light = np.zeros((4, 6, 3))
    light[2, 5] = 4.0
    small = picture.reduce_area(light, 2)
    np.testing.assert_array_equal(small[1, 2], [1, 1, 1])
    assert small.sum() * 4 == light.sum()


def test_curves_are_monotone_and_hit_black_and_white():
    light = np.linspace(0, picture.WHITE, 1000)
    for curve in (picture.tone, lambda x: picture.encode_srgb(x / picture.WHITE)):
        out = curve(light)
        assert out[0] == 0 and out[-1] == pytest.approx(1)
        assert (np.diff(out) > 0).all()
    np.testing.assert_allclose(picture.contrast(np.array([0, 0.5, 1.0]), 1.7), [0, 0.5, 1])
    step = 1e-5
    slope = (picture.contrast(np.array([0.5 + step]), 1.7) - picture.contrast(np.array([0.5 - step]), 1.7)) / (2 * step)
    assert slope[0] == pytest.approx(1.7, rel=1e-3)


def test_noise_has_the_deviation_that_was_asked_for():
    flat = np.full((400, 600, 3), 0.4, dtype=np.float32)
    big = {"width": 300, "height": 200, "noise": 0.02, "grey": True}
    assert develop(flat, **big).std() / 255 == pytest.approx(0.02, rel=0.05)


def test_a_blur_of_the_optics_is_in_final_pixels():
    light = np.full((80, 80, 3), 0.01)
    light[40, 40] = 100.0
    wide = picture.reduce_area(picture.blur(light, 2.0 * 2), 2)[..., 0]
    x = np.arange(40) + 0.5 - 20.25
    weight = (wide - wide.min()).sum(axis=0)
    assert np.sqrt((weight * x**2).sum() / weight.sum()) == pytest.approx(2.0, rel=0.05)
