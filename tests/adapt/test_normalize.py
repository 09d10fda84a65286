"""Virtual views on torch against the algebra in numpy, and their pictures against surfaces known by a formula."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from adapt.camera import Cameras, cameras
from adapt.normalize import Views, virtual_views
from synth.errors import DataError
from synth.export.warp import warped
from synth.geometry.camera import project
from synth.geometry.gaze import mirror_pitch_yaw, pitch_yaw_from_vector
from synth.geometry.normalisation import (
    MPIIFACEGAZE_FACE,
    MPIIGAZE_EYE,
    XGAZE_FACE,
    GazeMode,
    NormCamera,
    head_pitch_yaw,
    normalise,
)
from synth.geometry.rotation import mirror_rotation, rotation_from_pitch_yaw_roll
from tests.adapt import scenery
from tests.adapt.scenery import LENS, Surface, matrix, poses, psnr

CAMERAS = [MPIIGAZE_EYE, MPIIFACEGAZE_FACE, XGAZE_FACE]
MODES = list(GazeMode)
ROWS = 12
HALF_MIRRORED = np.arange(ROWS) % 2 == 1


def seen(views: Views, pictures: np.ndarray, real: Cameras) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (b, h, w) as the views show them, and how much is covered."""
    found, covered = views.pictures(torch.from_numpy(pictures)[:, None], real)
    return found[:, 0].numpy(), covered.numpy()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("camera", CAMERAS)
def test_labels_are_those_of_the_algebra(camera: NormCamera, mode: GazeMode) -> None:
    centres, heads = poses(ROWS)
    gazes = np.random.default_rng(1).normal([0, 0, -0.6], 0.2, (ROWS, 3))
    views = virtual_views(centres, heads, camera, mode, HALF_MIRRORED)
    told, turned = views.gaze(torch.from_numpy(gazes)), views.head(torch.from_numpy(heads))
    for i, mirrored in enumerate(HALF_MIRRORED):
        view = normalise(centres[i], heads[i], matrix(500, 640, 480), camera)
        gaze, head = pitch_yaw_from_vector(view.gaze(gazes[i], mode)), view.head(heads[i])
        np.testing.assert_allclose(told[i], mirror_pitch_yaw(gaze) if mirrored else gaze, atol=1e-9)
        np.testing.assert_allclose(turned[i], mirror_rotation(head) if mirrored else head, atol=1e-9)
        assert head_pitch_yaw(turned[i].numpy()).shape == (2,)


@pytest.mark.parametrize(("mode", "tangent"), [(GazeMode.direction, 1.0), (GazeMode.mpiigaze_2015, 1.5)])
def test_the_two_modes_by_hand(mode: GazeMode, tangent: float) -> None:
    """Brought from 400 to 600 mm, a gaze of 20 degrees keeps its angle, or has it flattened by S = diag(1, 1, 1.5)."""
    views = virtual_views(np.array([[0.0, 0.0, 0.4]]), np.eye(3)[None], MPIIGAZE_EYE, mode)
    gaze = torch.tensor([[-np.tan(np.radians(20)), 0.0, -1.0]])
    np.testing.assert_allclose(views.gaze(gaze)[0].tan(), [0.0, np.tan(np.radians(20)) / tangent], atol=1e-9)


@pytest.mark.parametrize("mode", MODES)
def test_what_a_network_tells_comes_back(mode: GazeMode) -> None:
    centres, heads = poses(ROWS, 2)
    gazes = np.random.default_rng(3).normal([0, 0, -0.6], 0.2, (ROWS, 3))
    unit = gazes / np.linalg.norm(gazes, axis=1, keepdims=True)
    views = virtual_views(centres, heads, MPIIGAZE_EYE, mode, HALF_MIRRORED)
    told = views.gaze(torch.from_numpy(gazes))
    np.testing.assert_allclose(views.gaze_to_cam(told), unit, atol=1e-9)
    np.testing.assert_allclose(views.head_to_cam(views.head(torch.from_numpy(heads))), heads, atol=1e-9)
    # Networks tell float32.
    np.testing.assert_allclose(views.gaze_to_cam(told.float()), unit, atol=1e-6)
    assert views.gaze_to_cam(told.requires_grad_()).requires_grad


@pytest.mark.parametrize("camera", CAMERAS)
def test_a_point_is_where_the_virtual_camera_projects_it(camera: NormCamera) -> None:
    centres, heads = poses(ROWS, 4)
    k = matrix(500, 640, 480)
    views = virtual_views(centres, heads, camera, GazeMode.direction, HALF_MIRRORED)
    around = centres[:, None] + np.random.default_rng(5).normal(0, 0.02, (ROWS, 40, 3))
    points = np.concatenate([centres[:, None], around], 1)
    real = cameras(np.stack([k] * ROWS), LENS)
    stored = real.project(torch.from_numpy(points))
    virtual = np.empty((ROWS, 41, 2))
    for i in range(ROWS):
        view = normalise(centres[i], heads[i], k, camera)
        virtual[i] = project(camera.matrix, points[i] @ (view.scale[:, None] * view.norm_from_cam).T)
    np.testing.assert_allclose(virtual[:, 0], [[camera.width / 2, camera.height / 2]] * ROWS, atol=1e-9)
    virtual[HALF_MIRRORED, :, 0] = camera.width - virtual[HALF_MIRRORED, :, 0]
    np.testing.assert_allclose(views.points(stored, real), virtual, atol=1e-6)
    np.testing.assert_allclose(views.points_to_px(torch.from_numpy(virtual), real), stored, atol=1e-6)


@pytest.mark.parametrize("surface", [scenery.plane, scenery.sphere])
@pytest.mark.parametrize("camera", [NormCamera(180.0, 0.6, 22, 18), MPIIGAZE_EYE], ids=["smaller", "larger"])
def test_pictures_are_what_the_virtual_camera_sees(camera: NormCamera, surface: Callable[[float], Surface]) -> None:
    """Waves of 25 px of the stored picture; one view makes them half as large, the other three times larger."""
    shown, k = surface(0.04), matrix(350.0, 200, 170)
    stored = np.stack([scenery.real_picture(k, LENS, 200, 170, shown)] * 2)
    centres = np.array([[0.13, -0.08, 0.6], [-0.09, 0.09, 0.55]])
    heads = np.stack([rotation_from_pitch_yaw_roll(np.array(a)) for a in ([0.1, -0.3, 0.2], [-0.2, 0.2, -0.15])])
    views = virtual_views(centres, heads, camera, GazeMode.direction, np.array([False, True]))
    found, covered = seen(views, stored, cameras(k, LENS))
    np.testing.assert_array_equal(covered, 1.0)
    aside = k.copy()
    aside[:2, 2] += 0.5
    for i in range(2):
        view = normalise(centres[i], heads[i], k, camera)
        expected = scenery.virtual_picture(camera, view.norm_from_cam.T / view.scale, 4, shown)
        expected = expected[:, ::-1] if i else expected
        assert psnr(found[i], expected) > 50
        # Half a pixel of the stored picture, or a lens that is forgotten, would be noticed.
        for wrong in (cameras(aside, LENS), cameras(k)):
            assert psnr(seen(views, stored, wrong)[0][i], expected) < 35


def test_what_is_too_fine_for_the_view_is_averaged() -> None:
    """Waves of a third of a virtual pixel: grey, not a coarse pattern of their own."""
    camera, k = NormCamera(100.0, 0.6, 20, 16), matrix(600.0, 200, 170)
    shown = scenery.plane(0.006)
    stored = scenery.real_picture(k, LENS, 200, 170, shown)
    centre, head = np.array([[0.01, -0.01, 0.6]]), rotation_from_pitch_yaw_roll(np.array([0.1, -0.2, 0.15]))
    views = virtual_views(centre, head[None], camera, GazeMode.direction)
    view = normalise(centre[0], head, k, camera)
    expected = scenery.virtual_picture(camera, view.norm_from_cam.T / view.scale, 16, shown)
    assert psnr(seen(views, stored[None], cameras(k, LENS))[0][0], expected) > 45
    points = scenery.virtual_picture(camera, view.norm_from_cam.T / view.scale, 1, shown)
    assert psnr(points, expected) < 20


@pytest.mark.parametrize("size", [(640, 480), (96, 72)])
def test_without_distortion_it_is_the_warp_of_the_exports(size: tuple[int, int]) -> None:
    k = matrix(0.8 * size[0], *size)
    picture = np.random.default_rng(6).integers(0, 256, (size[1], size[0]), np.uint8)
    centres, heads = poses(4, 7)
    for camera in (MPIIGAZE_EYE, NormCamera(800.0, 1.0, 112, 112)):
        views = virtual_views(centres, heads, camera, GazeMode.direction)
        found, covered = seen(views, np.stack([picture] * 4).astype(np.float64), cameras(k))
        for i in range(4):
            warp = normalise(centres[i], heads[i], k, camera).warp
            expected, share = warped(picture, warp, camera.width, camera.height)
            assert np.abs(found[i] - expected).max() <= 0.5 + 1e-6
            assert covered[i] == pytest.approx(share, abs=1e-9)


def test_a_row_does_not_depend_on_the_others() -> None:
    k, picture = matrix(900.0, 320, 240), np.random.default_rng(8).random((240, 320))
    centres, heads = poses(5, 9)
    centres *= (np.array([0.12, 0.2, 0.3, 0.6, 1.0]) / centres[:, 2])[:, None]
    views = virtual_views(centres, heads, MPIIGAZE_EYE, GazeMode.direction)
    assert len(set(views.looks(cameras(np.stack([k] * 5), LENS)).tolist())) > 2
    together, covered = seen(views, np.stack([picture] * 5), cameras(k, LENS))
    for i in range(5):
        alone, share = seen(views.take([i]), picture[None], cameras(k, LENS))
        np.testing.assert_array_equal(alone[0], together[i])
        assert share[0] == covered[i]


def test_what_the_lens_cannot_show_repeats_its_edge_and_is_not_covered() -> None:
    """Without the lens' reach, the polynomial would show a second, mirrored picture out there."""
    lens = np.array([-0.3, 0.0, 0.0, 0.0, 0.0])  # turns around at r = 1.054, 46.5 degrees
    k = np.array([[100.0, 0, 100], [0, 100, 100], [0, 0, 1]])
    columns = np.tile(np.linspace(0, 1, 200), (200, 1))
    camera = NormCamera(60.0, 0.6, 60, 12)
    views = virtual_views(np.array([[0.3, 0.0, 0.4]]), np.eye(3)[None], camera, GazeMode.direction)
    found, covered = seen(views, columns[None], cameras(k, lens))
    angles = np.degrees(np.arctan(0.75) + np.arctan((np.arange(60) + 0.5 - 30) / 60))
    assert 0 < covered[0] < 1
    middle = found[0, 5:7].mean(0)
    shown = np.diff(middle[angles < 45])
    assert (shown > 0).all()
    np.testing.assert_allclose(middle[angles > 47.5], middle[angles > 47.5][0], atol=1e-2)

    shown_px = views.points_to_px(torch.tensor([[[30.0, 6.0], [59.0, 6.0]]], dtype=torch.float64), cameras(k, lens))
    assert shown_px.isfinite().all(-1).tolist() == [[True, False]]


def test_a_view_that_looks_back_in_part_is_not_covered_there() -> None:
    k, picture = np.array([[20.0, 0, 100], [0, 20, 20], [0, 0, 1]]), np.tile(np.linspace(0, 1, 200), (40, 1))
    views = virtual_views(
        np.array([[0.5, 0.0, 0.1]]), np.eye(3)[None], NormCamera(60.0, 0.6, 60, 12), GazeMode.direction
    )
    found, covered = seen(views, picture[None], cameras(k))
    # The photograph ends where the view has its middle, 79 degrees aside; from 90 on rays look back.
    assert covered[0] == pytest.approx(0.5, abs=0.01)
    np.testing.assert_allclose(found[0, 5:7, 42:], 1.0)
    own_px = torch.tensor([[[100 + 20 * 0.4, 20.0], [100 - 20 * 5.0, 20.0]]], dtype=torch.float64)
    assert views.points(own_px, cameras(k)).isfinite().all(-1).tolist() == [[True, False]]


@pytest.mark.parametrize(
    ("centre", "head", "says"),
    [
        ((0.0, 0.1, -0.6), np.eye(3), "view 1: its centre .* is not before the lens"),
        ((0.0, 0.1, 0.0), np.eye(3), "view 1: its centre .* is not before the lens"),
        ((0.0, np.nan, 0.6), np.eye(3), "view 1: its centre .* is not before the lens"),
        ((10.0, 20.0, 600.0), np.eye(3), "view 1: its centre is 600.417 m away; .* not millimetres"),
        ((0.0, 0.1, 0.6), 1.01 * np.eye(3), "view 1: cam_from_head .* is not a rotation"),
        ((0.0, 0.1, 0.6), np.diag([-1.0, 1.0, 1.0]), "view 1: cam_from_head .* is not a rotation"),
        ((0.0, 0.1, 0.6), np.full((3, 3), np.nan), "view 1: cam_from_head .* is not a rotation"),
        ((0.0, 0.0, 0.6), np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]]), "view 1: .* along the line of its eyes"),
    ],
)
def test_what_cannot_be_aimed_at_is_refused(centre: tuple[float, ...], head: np.ndarray, says: str) -> None:
    with pytest.raises(DataError, match=says) as caught:
        virtual_views(np.array([(0, 0, 0.6), centre]), np.stack([np.eye(3), head]), MPIIGAZE_EYE, GazeMode.direction)
    assert "\n" not in str(caught.value)


def test_a_centre_beyond_the_lens_is_refused() -> None:
    views = virtual_views(np.array([[0.9, 0.0, 0.6]]), np.eye(3)[None], MPIIGAZE_EYE, GazeMode.direction)
    with pytest.raises(DataError, match="view 0: its centre is farther aside than the lens' coefficients hold"):
        seen(views, np.zeros((1, 40, 40)), cameras(matrix(40.0, 40, 40), np.array([-0.3, 0, 0, 0])))
    for centres, heads in ((1, 2), (0, 0)):
        with pytest.raises(DataError, match=f"{centres} centres, {heads} heads, {centres} sides"):
            virtual_views(np.ones((centres, 3)), np.zeros((heads, 3, 3)), MPIIGAZE_EYE, GazeMode.direction)
