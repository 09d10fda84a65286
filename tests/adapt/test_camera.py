"""Lenses that distort: hand-computed points, kornia's own formula, the way back, and where the polynomial ends."""

import numpy as np
import pytest
import torch
from kornia.geometry.calibration import distort_points

from adapt.camera import cameras, cameras_of_opencv
from synth.errors import DataError

K = np.array([[800.0, 2.0, 330.0], [0.0, 790.0, 235.0], [0.0, 0.0, 1.0]])
BARREL = np.array([-0.31, 0.12, 1.1e-3, -0.8e-3, -0.02])
PINCUSHION = np.array([0.2, 0.05, -0.002, 0.003, 0.01])


def discs(rows: int, radius: float, seed: int = 0, points: int = 200) -> torch.Tensor:
    """Points of the plane z = 1, evenly spread over discs."""
    generator = torch.Generator().manual_seed(seed)
    r, turn = torch.rand(2, rows, points, generator=generator, dtype=torch.float64)
    r, turn = radius * r.sqrt(), 2 * torch.pi * turn
    return torch.stack([r * turn.cos(), r * turn.sin()], -1)


def test_a_point_by_hand() -> None:
    # x 0.5, y -0.25: r2 = 0.3125, a = 1 - 0.2 * 0.3125 + 0.1 * 0.09765625 = 0.947265625
    # x' = 0.4736328125 + 2 * 0.01 * -0.125 + 0.02 * (0.3125 + 0.5) = 0.4873828125
    # y' = -0.23681640625 + 0.01 * (0.3125 + 0.125) + 2 * 0.02 * -0.125 = -0.23744140625
    camera = cameras(np.array([[100.0, 0, 50], [0, 200, 40], [0, 0, 1]]), np.array([-0.2, 0.1, 0.01, 0.02]))
    seen = camera.project(torch.tensor([[[1.0, -0.5, 2.0]]], dtype=torch.float64))
    np.testing.assert_allclose(seen[0, 0], [50 + 48.73828125, 40 - 47.48828125], atol=1e-12)


def test_the_lens_is_the_one_of_another_implementation() -> None:
    camera = cameras(np.stack([K, K]), np.stack([BARREL, PINCUSHION]))
    plane = discs(2, 0.7)
    bent = distort_points(plane, torch.eye(3, dtype=torch.float64).expand(2, 3, 3), camera.distortion)
    expected = bent @ torch.from_numpy(K[:2, :2].T) + torch.from_numpy(K[:2, 2])
    np.testing.assert_allclose(camera.px_from_plane(plane), expected, atol=1e-9)


def test_the_way_back() -> None:
    camera = cameras(np.stack([K, K, K]), np.stack([BARREL, PINCUSHION, np.zeros(5)]))
    plane = discs(3, 0.95 * float(camera.reach.min()))
    np.testing.assert_allclose(camera.plane_from_px(camera.px_from_plane(plane)), plane, atol=1e-10)


def test_where_the_polynomial_turns_around() -> None:
    camera = cameras(np.stack([K, K]), np.array([[-0.3, 0, 0, 0], [0.3, 0, 0, 0]]))
    edge = 1 / np.sqrt(0.9)  # 1 + 3 k1 r^2 = 0
    np.testing.assert_allclose(camera.reach, [edge, np.inf])
    along = torch.tensor([0.99 * edge, 1.01 * edge], dtype=torch.float64)
    seen = camera.px_from_plane(torch.stack([along, 0 * along], -1).expand(2, 2, 2))
    assert seen.isfinite().all(-1).tolist() == [[True, False], [True, True]]
    # Nothing is shown farther out than there: 2/3 of the edge.
    beyond = torch.linspace(2 / 3 * edge + 0.01, 5, 60, dtype=torch.float64)
    found = camera.plane_from_px((torch.stack([330 + 800 * beyond, 235 + 0 * beyond], -1)).expand(2, -1, -1))
    assert not found[0].isfinite().any() and found[1].isfinite().all()


def test_a_lens_that_turns_around_twice_shows_nothing_by_its_outer_branch() -> None:
    # r - 0.3 r^3 + 0.03 r^5 turns at r^2 = (0.9 -+ sqrt(0.21)) / 0.3: up to 0.755, down to 0.547, and then up for ever.
    camera = cameras(np.array([[100.0, 0, 0], [0, 100, 0], [0, 0, 1]]), np.array([-0.3, 0.03, 0, 0]))
    np.testing.assert_allclose(camera.reach, np.sqrt((0.9 - np.sqrt(0.21)) / 0.3))
    along = torch.linspace(1, 300, 300, dtype=torch.float64)
    found = camera.plane_from_px(torch.stack([0 * along, along], -1)[None])[0]
    assert found.isfinite().all(-1).tolist() == (along < 75.5).tolist()


def test_looking_along_rays() -> None:
    picture = torch.arange(12, dtype=torch.float64).reshape(1, 1, 3, 4)
    camera = cameras(np.array([[1.0, 0, 2], [0, 1, 1], [0, 0, 1]]))
    # At px (0.5, 0.5), (2, 1), (3.5, 3) which is the last row's edge, and (9, 1.5); then straight back.
    rays = torch.tensor([[[[-1.5, -0.5, 1], [0, 0, 5], [1.5, 2, 1], [7, 0.5, 1], [0, 0, -1]]]], dtype=torch.float64)
    levels, shown = camera.look(picture, rays)
    np.testing.assert_allclose(levels[0, 0, 0, :4], [0.0, 3.5, 11.0, 7.0], atol=1e-12)
    assert shown[0, 0].tolist() == [True, True, True, False, False]


def test_what_is_behind_the_lens_has_no_place() -> None:
    points = torch.tensor([[[0.1, 0.1, 1.0], [0.1, 0.1, 0.0], [0.1, 0.1, -1.0]]], dtype=torch.float64)
    assert cameras(K, BARREL).project(points).isfinite().all(-1).tolist() == [[True, False, False]]


def test_pixel_centres_of_opencv_are_half_a_pixel_in() -> None:
    point = torch.tensor([[[0.2, -0.1, 1.5]]], dtype=torch.float64)
    ours = cameras_of_opencv(K, BARREL).project(point)
    # A point that OpenCV puts at (0, 0) is the centre of the first pixel, (0.5, 0.5) of ours.
    np.testing.assert_allclose(ours, cameras(K, BARREL).project(point) + 0.5, atol=1e-12)
    at_centre = cameras_of_opencv(np.array([[800.0, 0, 0], [0, 800, 0], [0, 0, 1]]))
    assert at_centre.project(torch.tensor([[[0.0, 0.0, 1.0]]], dtype=torch.float64)).tolist() == [[[0.5, 0.5]]]


@pytest.mark.parametrize("shape", [(5,), (1, 5), (5, 1)])
def test_coefficients_as_calibrations_write_them(shape: tuple[int, ...]) -> None:
    np.testing.assert_array_equal(cameras(K, BARREL.reshape(shape)).distortion, BARREL[None])
    two = cameras(np.stack([K, K]), BARREL.reshape(shape))
    np.testing.assert_array_equal(two.distortion, [BARREL, BARREL])
    np.testing.assert_array_equal(two.take([1]).matrix, K[None])


@pytest.mark.parametrize(
    ("matrix", "distortion", "says"),
    [
        (np.diag([800.0, 0.0, 1.0]), None, "camera 0: K is .*fx and fy above zero"),
        (np.diag([800.0, np.nan, 1.0]), None, "camera 0: K is"),
        (K.T, None, "camera 0: K is"),
        (2 * K, None, "camera 0: K is"),
        (K, np.array([np.inf, 0, 0, 0]), "camera 0: a coefficient of distortion is not finite"),
        (K, np.zeros(8), r"shape \(8,\) for 1 cameras: expected k1, k2, p1, p2"),
        (np.stack([K, K]), np.zeros((3, 5)), "for 2 cameras"),
    ],
)
def test_what_is_no_camera_is_refused(matrix: np.ndarray, distortion: np.ndarray | None, says: str) -> None:
    with pytest.raises(DataError, match=says) as caught:
        cameras(matrix, distortion)
    assert "\n" not in str(caught.value)
