"""Snell's law at the points that Fermat's principle gave, and what textbooks say of pupils and of spectacles."""

import dataclasses

import numpy as np
import pytest

from assets import eyeball as balls
from assets.glasses import LENS_INDEX, LensOptics
from synth.geometry.refraction import (
    Cornea,
    lens_is_near,
    mirrored,
    mirrored_through_lens,
    stands_before,
    through_cornea,
    through_cornea_and_lens,
    through_lens,
)
from synth.geometry.rotation import rotation_from_vector
from tests.assets.people import BALL

BALL_LEFT = balls.eyeball(BALL, "left")
TURN = rotation_from_vector(np.array([0.2, -0.3, 0.1]))
PLACE = np.array([0.03, -0.01, 0.002])
CIRCLE = 0.024 * np.stack([np.cos(np.arange(64) / 64 * 2 * np.pi), np.sin(np.arange(64) / 64 * 2 * np.pi)], -1)


def cornea_of(ball):
    """A cornea turned and shifted in the head."""
    return Cornea(ball, TURN, PLACE)


def to_head(points_eye):
    return points_eye @ TURN.T + PLACE


def spectacle(power_dioptre, slope=0.0, base=8.0, middle_m=2e-3, origin=(0.03, -0.01, -0.03), tilt=(0.1, 0.0, 0.0)):
    bend = -power_dioptre / (LENS_INDEX - 1)
    return LensOptics(
        rotation_from_vector(np.array(tilt)), np.array(origin), (0.0, middle_m), slope, (base, base + bend), CIRCLE
    )


def in_eye(points_head):
    return (points_head - PLACE) @ TURN


def lens(yaw_deg: float, pitch_deg: float = 0.0) -> np.ndarray:
    yaw, pitch = np.radians([yaw_deg, pitch_deg])
    return 0.6 * np.array([np.sin(yaw) * np.cos(pitch), np.sin(pitch), -np.cos(yaw) * np.cos(pitch)])


def normal(q: np.ndarray) -> np.ndarray:
    """Gradient of the conicoid's implicit equation x^2 + y^2 - 2 R s + k s^2, an independent route to the normal."""
    s = BALL_LEFT.apex_axial_m + q[:, 2]
    k = 1 + BALL.cornea_asphericity
    n = np.stack([q[:, 0], q[:, 1], -BALL.cornea_radius_m + k * s], -1)
    return n / np.linalg.norm(n, axis=-1, keepdims=True)


def unit(v: np.ndarray) -> np.ndarray:
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


@pytest.mark.parametrize("yaw", [-60, -30, 0, 15, 45, 70])
@pytest.mark.parametrize("pitch", [-20, 0, 25])
def test_snell_holds_where_light_leaves(yaw: float, pitch: float) -> None:
    cornea, pupil = cornea_of(BALL_LEFT), balls.pupil_contour_eye(BALL_LEFT, 32)
    c = lens(yaw, pitch)
    path = through_cornea(cornea, to_head(pupil), to_head(c))
    q, good = in_eye(path.points_head[0]), path.good
    assert good.any()
    n = normal(q)
    inside, outside = np.cross(unit(q - pupil), n), np.cross(unit(c - q), n)
    np.testing.assert_allclose(balls.AQUEOUS_INDEX * inside[good], outside[good], atol=1e-12)


def test_a_small_pupil_has_the_paraxial_magnification() -> None:
    """Entrance pupil of a thin bundle: 1 / (1 - d P / n), P = (n - 1) / R; 12 % here, 13 % in Gullstrand's eye."""
    small = balls.eyeball(dataclasses.replace(BALL, pupil_radius_m=5e-5, pupil_decentre_nasal_m=0.0), "left")
    cornea, pupil = cornea_of(small), balls.pupil_contour_eye(small, 32)
    q = in_eye(through_cornea(cornea, to_head(pupil), to_head(np.array([0.0, 0.0, -1e4]))).points_head[0])
    n, power = balls.AQUEOUS_INDEX, (balls.AQUEOUS_INDEX - 1) / BALL.cornea_radius_m
    # From a lens at infinity a point appears where its ray leaves: at the entrance pupil's radius.
    assert np.ptp(q[:, 0]) / np.ptp(pupil[:, 0]) == pytest.approx(1 / (1 - BALL.iris_depth_m * power / n), rel=1e-3)


def test_glints_obey_the_mirror() -> None:
    cornea, c = cornea_of(BALL_LEFT), lens(10)
    lamps = np.array([[0.3, -0.4, -0.8], [-0.5, 0.1, -0.4], [0.0, -0.02, -0.6]])
    path = mirrored(cornea, to_head(lamps), to_head(c))
    assert path.good.all()
    q = in_eye(path.points_head[0])
    half = unit(unit(lamps - q) + unit(c - q))
    np.testing.assert_allclose(np.abs(np.einsum("ni,ni->n", half, normal(q))), 1.0, atol=1e-12)


def test_a_lamp_behind_the_head_leaves_no_glint() -> None:
    cornea = cornea_of(BALL_LEFT)
    assert not mirrored(cornea, to_head(np.array([[0.1, 0.0, 0.9]])), to_head(lens(0))).good.any()


def snell(direction, against, ratio):
    """Vector form of Snell's law (Glassner 1989): `against` is the unit normal that faces the ray."""
    cosine = -np.einsum("ni,ni->n", direction, against)[:, None]
    return ratio * direction + (ratio * cosine - np.sqrt(1 - ratio**2 * (1 - cosine**2))) * against


def lens_normal(optics, which, points_head):
    """Towards the camera's side, from differences of the surface's heights."""
    xy = ((points_head - optics.origin_head) @ optics.head_from_lens)[:, :2]
    step = 1e-5
    slope = [
        (optics.surface_m(which, xy + step * e) - optics.surface_m(which, xy - step * e)) / (2 * step)
        for e in np.eye(2)
    ]
    return unit(np.column_stack([*slope, -np.ones(len(xy))])) @ optics.head_from_lens.T


@pytest.mark.parametrize("power", [-8.0, -2.0, 0.0, 4.0])
@pytest.mark.parametrize("camera", [(0.0, 0.0, -0.6), (0.2, -0.1, -0.3), (-0.25, 0.15, -0.5)])
def test_light_bends_at_cornea_and_both_faces_of_a_lens(power, camera):
    """The path found by Fermat's principle, walked again by Snell's law from the pupil out."""
    cornea, optics = cornea_of(BALL_LEFT), spectacle(power, slope=0.1)
    pupil, c = to_head(balls.pupil_contour_eye(BALL_LEFT, 16)), np.array(camera)
    path = through_cornea_and_lens(cornea, optics, pupil, c, through_cornea(cornea, pupil, c))
    assert path.good.all()
    q, back, front = path.points_head
    outward = normal(in_eye(q)) @ TURN.T
    outward *= np.sign(np.einsum("ni,ni->n", outward, q - PLACE))[:, None]
    ray = snell(unit(q - pupil), -outward, balls.AQUEOUS_INDEX)
    np.testing.assert_allclose(ray, unit(back - q), atol=1e-9)
    ray = snell(ray, -lens_normal(optics, 1, back), 1 / LENS_INDEX)
    np.testing.assert_allclose(ray, unit(front - back), atol=1e-9)
    ray = snell(ray, -lens_normal(optics, 0, front), LENS_INDEX)
    np.testing.assert_allclose(ray, unit(c - front), atol=1e-8)


@pytest.mark.parametrize("power", [-6.0, -1.5, 2.0, 4.0])
def test_a_thin_lens_has_its_power(power):
    """Seen from afar, d behind a thin lens: size 1 / (1 - d P)."""
    optics, d = spectacle(power, middle_m=1e-6, origin=(0.0, 0.0, 0.0), tilt=(0.0, 0.0, 0.0)), 0.02
    square = 1e-4 * np.array([[1.0, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0]]) + [0, 0, d]
    camera = np.array([0.0, 0.0, -1e3])
    path = through_lens(optics, square, camera)
    assert path.good.all() and stands_before(optics, square, camera).all()
    assert np.ptp(path.points_head[-1, :, 0]) / 2e-4 == pytest.approx(1 / (1 - d * power), rel=1e-3)


def test_a_flat_pane_shifts_and_does_not_turn():
    """t sin(i) (1 - cos(i) / sqrt(n^2 - sin^2(i))) aside (Born & Wolf, 4.6)."""
    pane = spectacle(0.0, base=0.0, middle_m=4e-3, origin=(0.0, 0.0, 0.0), tilt=(0.0, 0.0, 0.0))
    angle = np.radians(40)
    toward = np.array([np.sin(angle), 0.0, -np.cos(angle)])
    point, camera = np.array([[-0.01, 0.0, 0.015]]), 1e5 * toward
    path = through_lens(pane, point, camera)
    assert path.good.all()
    away = path.points_head[-1, 0] - point[0]
    aside = np.linalg.norm(away - (away @ toward) * toward)
    expected = 4e-3 * np.sin(angle) * (1 - np.cos(angle) / np.sqrt(LENS_INDEX**2 - np.sin(angle) ** 2))
    assert aside == pytest.approx(expected, rel=1e-4)


def test_a_glint_is_seen_where_its_mirrored_light_passes_the_lens():
    cornea, optics, c = cornea_of(BALL_LEFT), spectacle(-4.0), to_head(lens(8))
    lamps = to_head(np.array([[0.3, -0.4, -0.8], [-0.2, 0.1, -0.4]]))
    path = mirrored_through_lens(cornea, optics, lamps, c, mirrored(cornea, lamps, c))
    assert path.good.all()
    q, back, _ = path.points_head
    n = normal(in_eye(q)) @ TURN.T
    half = unit(unit(lamps - q) + unit(back - q))
    np.testing.assert_allclose(np.abs(np.einsum("ni,ni->n", half, n)), 1.0, atol=1e-10)


def test_what_lies_beside_or_before_a_lens_is_not_seen_through_it():
    optics = spectacle(-2.0)
    beside, ahead = np.array([[0.09, -0.01, 0.0]]), np.array([[0.03, -0.01, -0.05]])
    camera = np.array([0.03, -0.01, -0.6])
    for point in (beside, ahead):
        assert not through_lens(optics, point, camera).good.any() and not stands_before(optics, point, camera).any()
    # From behind the head nothing is seen through it either.
    eye, behind = np.array([[0.03, -0.01, 0.0]]), np.array([0.03, -0.01, 0.6])
    assert not through_lens(optics, eye, behind).good.any() and not stands_before(optics, eye, behind).any()
    assert lens_is_near(optics, eye, camera) and not lens_is_near(optics, beside + 0.05, camera)
