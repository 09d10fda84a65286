"""The normalised eye: a mark in the picture lands where the virtual camera sees it, grey levels follow the formula."""

import dataclasses

import numpy as np
import pytest

from synth.export.eye_patch import equalised, eye_patch, warp_grey
from synth.geometry.gaze import angle_between, mirror_pitch_yaw
from synth.geometry.normalisation import MPIIGAZE_EYE, GazeMode, normalised_targets
from tests.synth.fake_samples import fake_sample


def centroid_px(image: np.ndarray) -> np.ndarray:
    """Return the centroid of a grey picture in continuous px."""
    v, u = np.indices(image.shape) + 0.5
    weights = image.astype(np.float64)
    return np.array([(u * weights).sum(), (v * weights).sum()]) / weights.sum()


def marked(width: int, height: int, at_px: np.ndarray, sigma_px: float) -> np.ndarray:
    """Return a black picture with a soft white dot."""
    v, u = np.indices((height, width)) + 0.5
    return np.rint(255 * np.exp(-((u - at_px[0]) ** 2 + (v - at_px[1]) ** 2) / (2 * sigma_px**2))).astype(np.uint8)


@pytest.mark.parametrize("size", [(320, 192), (160, 96), (48, 30)])
def test_a_mark_lands_where_the_virtual_camera_sees_it(size: tuple[int, int]) -> None:
    for index in range(5):
        sample = fake_sample(1, index, *size)
        point_cam = sample.eye_array("cornea_centre_cam", 3)
        ray = sample.array("camera_matrix", 3, 3) @ point_cam
        dot = marked(*size, ray[:2] / ray[2], sigma_px=size[0] / 24)
        patch = eye_patch(dataclasses.replace(sample, picture=dot), equalise=False)
        view = normalised_targets(
            point_cam,
            sample.eye_array("centre_of_canthi_cam", 3),
            sample.array("cam_from_head", 4, 4),
            sample.array("face_triangle_head", 3, 3),
            sample.array("camera_matrix", 3, 3),
            GazeMode.mpiigaze_2015,
        ).normalisation
        seen = MPIIGAZE_EYE.matrix @ (view.scale * (view.norm_from_cam @ point_cam))
        # A turned plane squeezes the dot unevenly, by a tenth of a pixel at most; a mistake is half a pixel.
        np.testing.assert_allclose(centroid_px(patch.image), seen[:2] / seen[2], atol=0.12)


def test_labels_are_those_of_the_published_set() -> None:
    for index in range(6):
        sample = fake_sample(2, index)
        patch = eye_patch(sample)
        centre_cam = sample.eye_array("centre_of_canthi_cam", 3)
        targets = normalised_targets(
            sample.array("target_cam", 3) - centre_cam,
            centre_cam,
            sample.array("cam_from_head", 4, 4),
            sample.array("face_triangle_head", 3, 3),
            sample.array("camera_matrix", 3, 3),
            GazeMode.mpiigaze_2015,
        )
        np.testing.assert_allclose(patch.gaze_pitch_yaw_rad, targets.gaze_pitch_yaw_rad, atol=1e-12)
        np.testing.assert_allclose(patch.head_pitch_yaw_rad, targets.head_pitch_yaw_rad, atol=1e-12)
        assert patch.image.shape == (36, 60) and patch.image.dtype == np.uint8


def test_mirroring_flips_the_picture_and_both_yaws() -> None:
    patch = eye_patch(fake_sample(2, 3))
    mirror = patch.mirrored()
    np.testing.assert_array_equal(mirror.image, patch.image[:, ::-1])
    np.testing.assert_allclose(mirror.gaze_pitch_yaw_rad, mirror_pitch_yaw(patch.gaze_pitch_yaw_rad), atol=1e-12)
    np.testing.assert_allclose(mirror.head_pitch_yaw_rad, mirror_pitch_yaw(patch.head_pitch_yaw_rad), atol=1e-12)
    assert {patch.side, mirror.side} == {"left", "right"}
    np.testing.assert_array_equal(mirror.mirrored().image, patch.image)
    assert angle_between(mirror.mirrored().gaze_norm, patch.gaze_norm) < 1e-12


def test_a_picture_of_the_normalised_camera_is_not_resampled() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (36, 60), dtype=np.uint8)
    same, covered = warp_grey(picture, np.eye(3), 60, 36)
    np.testing.assert_array_equal(same, picture)
    assert covered == 1
    shifted, covered = warp_grey(picture, np.array([[1.0, 0, 1], [0, 1, 0], [0, 0, 1]]), 60, 36)
    np.testing.assert_array_equal(shifted[:, 1:], picture[:, :-1])
    assert covered == pytest.approx(59 / 60)


def test_reducing_takes_the_mean_not_a_point() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (144, 240), dtype=np.uint8)
    small, _ = warp_grey(picture, np.diag([0.25, 0.25, 1.0]), 60, 36)
    np.testing.assert_array_equal(small, np.rint(picture.reshape(36, 4, 60, 4).mean(axis=(1, 3))))


def test_equalising_follows_opencvs_formula() -> None:
    image = np.array([[50, 50, 60], [60, 60, 70], [90, 90, 90], [90, 90, 90]], np.uint8)
    # cdf 2, 5, 6, 12; lowest 2; 255 / 10 a step
    wanted = np.array([[0, 0, 76], [76, 76, 102], [255, 255, 255], [255, 255, 255]], np.uint8)
    assert np.abs(equalised(image).astype(int) - wanted).max() <= 1  # 76.5 may be rounded either way
    np.testing.assert_array_equal(equalised(np.full((3, 4), 9, np.uint8)), np.full((3, 4), 9))
