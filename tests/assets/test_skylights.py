"""Bright spots of skies that are painted here: where they are, how large, how bright, and that no light is lost."""

import numpy as np
import pytest

from assets.skylights import LUMINANCE, MOST_SPOTS, directions, part, solid_angles_sr

SIZE = (256, 512)
GREY = 0.5


def painted(*discs):
    """An even grey sky with discs of (azimuth, elevation, radius, radiance)."""
    sky = np.full((*SIZE, 3), GREY)
    for azimuth_deg, elevation_deg, radius_deg, radiance_rgb in discs:
        sky[apart_deg(vector(azimuth_deg, elevation_deg)) < radius_deg] = radiance_rgb
    return sky


def vector(azimuth_deg, elevation_deg):
    azimuth, elevation = np.radians([azimuth_deg, elevation_deg])
    return np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])


def apart_deg(direction):
    return np.degrees(np.arccos(np.clip(directions(*SIZE) @ direction, -1, 1)))


def light(sky):
    return (sky * solid_angles_sr(*SIZE)[..., None]).sum(axis=(0, 1))


def test_pixels_cover_the_sphere_once():
    assert solid_angles_sr(*SIZE).sum() * SIZE[1] == pytest.approx(4 * np.pi)
    np.testing.assert_allclose(light(directions(*SIZE)), 0, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(directions(*SIZE), axis=-1), 1)


@pytest.mark.parametrize("where_deg", [(0, 0), (179, 20), (-60, -35), (90, 65)])
def test_a_disc_is_found_where_and_as_large_as_it_is(where_deg):
    radiance = np.array([4000.0, 3000.0, 1000.0])
    ((spot,), rest) = part(painted((*where_deg, 6.0, radiance)))
    assert np.degrees(np.arccos(spot.direction @ vector(*where_deg))) < 0.3
    assert np.degrees(spot.radius_rad) == pytest.approx(6.0, rel=0.05)
    # Light on what faces a disc of the sky, less what the sky keeps of it.
    whole = radiance * np.pi * np.sin(np.radians(6.0)) ** 2
    np.testing.assert_allclose(spot.irradiance_rgb, whole, rtol=0.06)
    mean = light(painted((*where_deg, 6.0, radiance))) @ LUMINANCE / (4 * np.pi)
    assert (rest @ LUMINANCE).max() == pytest.approx(8 * mean)


@pytest.mark.parametrize("seed", range(3))
def test_spots_and_rest_hold_all_of_the_light(seed):
    rng = np.random.default_rng(seed)
    places = [(rng.uniform(-180, 180), rng.uniform(-80, 80), rng.uniform(1, 10)) for _ in range(9)]
    sky = painted(*((*place, rng.uniform(100, 5000, 3)) for place in places))
    spots, rest = part(sky)
    assert 1 < len(spots) <= MOST_SPOTS
    np.testing.assert_allclose(np.sum([s.irradiance_rgb for s in spots], axis=0) + light(rest), light(sky), rtol=1e-9)
    assert (rest <= sky).all() and (rest >= 0).all()
    shine = [np.dot(s.irradiance_rgb, LUMINANCE) for s in spots]
    assert shine == sorted(shine, reverse=True)


def test_two_windows_are_two_spots():
    spots, _ = part(painted((30, 10, 5, 900.0), (120, 10, 5, 300.0)))
    assert [np.round(np.degrees(np.arctan2(s.direction[1], s.direction[0]))) for s in spots] == [30, 120]


@pytest.mark.parametrize("brightness", [1, 0])
def test_an_even_sky_keeps_its_light(brightness):
    sky = painted() * brightness
    spots, rest = part(sky)
    assert spots == () and np.array_equal(rest, sky)
