"""Our shards as normalised eyes: labels against the definition, sides, and pictures of other cameras."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from synth.errors import DataError
from synth.gaze import mirror_pitch_yaw, pitch_yaw_from_vector
from synth.normalisation import MPIIGAZE_EYE, GazeMode, normalise
from synth.sample import Sample
from synth.shards import ShardPlan, write_shard
from tests.synth.fake_samples import fake_sample
from train.data.picture import grey, is_scaling, normalised_picture, resize
from train.data.shards import Axis, eye_of, read_shards


def normal_sample(width: int = 240, height: int = 144) -> Sample:
    """Return a head that faces us at 0.5 m, its eye's middle on the axis, as the eye's own camera sees it."""
    sample = fake_sample(0, 3, width, height)
    focal_px = MPIIGAZE_EYE.focal_px * (width / 60) * 0.5 / MPIIGAZE_EYE.distance_m
    eye = {**sample.labels["eyes"][sample.subject_eye], "centre_of_canthi_cam": [0.0, 0.0, 0.5]}
    labels = {
        **sample.labels,
        "cam_from_head": np.eye(4).tolist(),
        "face_triangle_head": np.eye(3).tolist(),
        "camera_matrix": [[focal_px, 0, width / 2], [0, focal_px, height / 2], [0, 0, 1]],
        "eyes": {**sample.labels["eyes"], sample.subject_eye: eye},
        "target_cam": [0.1, 0.05, 0.0],
    }
    return replace(sample, labels=labels)


@pytest.mark.parametrize("side", ["left", "right"])
def test_targets_of_a_head_that_faces_the_lens(side: str) -> None:
    sample = normal_sample()
    eye = sample.labels["eyes"][sample.subject_eye]
    sample = replace(sample, labels={**sample.labels, "subject_eye": side, "eyes": {side: eye}})
    direction = eye_of(sample, GazeMode.direction, Axis.visual)
    expected = pitch_yaw_from_vector(np.array([0.1, 0.05, -0.5]))
    np.testing.assert_allclose(direction.gaze_pitch_yaw_rad, expected, atol=1e-12)
    stretched = eye_of(sample, GazeMode.mpiigaze_2015, Axis.visual)
    expected = pitch_yaw_from_vector(np.array([0.1, 0.05, -0.6]))
    np.testing.assert_allclose(stretched.gaze_pitch_yaw_rad, expected, atol=1e-12)
    optical = eye_of(sample, GazeMode.direction, Axis.optical)
    expected = pitch_yaw_from_vector(np.array(eye["optical_axis_cam"]))
    np.testing.assert_allclose(optical.gaze_pitch_yaw_rad, expected, atol=1e-12)
    np.testing.assert_allclose(direction.head_pitch_yaw_rad, 0, atol=1e-12)
    assert direction.right is direction.mirror is (side == "right")


def test_a_picture_of_the_eye_s_camera_is_only_reduced() -> None:
    sample = normal_sample()
    found = eye_of(sample, GazeMode.direction, Axis.visual).image_u8
    blocks = grey(sample.picture).reshape(36, 4, 60, 4).astype(float).mean(axis=(1, 3))
    assert np.abs(found - blocks).max() <= 1  # rows and columns are rounded one after the other


def test_shards_are_read_and_right_eyes_mirrored(tmp_path: Path) -> None:
    plan = ShardPlan(8, 5)
    samples = [fake_sample(0, i, 60, 36) for i in range(8)]
    for shard in range(plan.shards):
        write_shard(tmp_path, plan, shard, [samples[i] for i in plan.indices(shard)])
    eyes = read_shards(tmp_path, GazeMode.mpiigaze_2015, Axis.visual)
    assert eyes.keys == tuple(f"{i:08d}" for i in range(8))
    assert eyes.right.tolist() == [sample.subject_eye == "right" for sample in samples]
    assert 0 < int(eyes.right.sum()) < 8
    for row, sample in enumerate(samples):
        one = eye_of(sample, GazeMode.mpiigaze_2015, Axis.visual)
        image, gaze = one.image_u8, one.gaze_pitch_yaw_rad
        if eyes.right[row]:
            image, gaze = image[:, ::-1], mirror_pitch_yaw(gaze)
        assert np.array_equal(eyes.images_u8[row], image)
        np.testing.assert_allclose(eyes.gaze_pitch_yaw_rad[row], gaze, atol=1e-6)


def test_a_missing_label_names_its_key(tmp_path: Path) -> None:
    sample = fake_sample(0, 0, 60, 36)
    labels = {key: value for key, value in sample.labels.items() if key != "target_cam"}
    write_shard(tmp_path, ShardPlan(1), 0, [replace(sample, labels=labels)])
    with pytest.raises(DataError, match=r"00000000: labels\.target_cam is missing"):
        read_shards(tmp_path, GazeMode.direction, Axis.visual)


def test_a_damaged_shard_is_named(tmp_path: Path) -> None:
    write_shard(tmp_path, ShardPlan(2), 0, [fake_sample(0, i, 60, 36) for i in range(2)])
    path = tmp_path / "shard-000000.tar"
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(DataError, match=r"shard-000000\.tar"):
        read_shards(tmp_path, GazeMode.direction, Axis.visual)


def test_a_picture_of_another_camera_is_warped_to_the_same_one() -> None:
    # One pattern on the plane through the eye, drawn by its formula in a turned camera and in the virtual one.
    centre = np.array([0.05, -0.03, 0.5])
    camera = np.array([[2000.0, 0, 200], [0, 2000.0, 150], [0, 0, 1]])
    camera[:2, 2] -= (camera @ (centre / centre[2]))[:2] - [200, 150]
    view = normalise(centre, np.eye(3), camera)

    def pattern(norm_px: np.ndarray) -> np.ndarray:
        x, y = norm_px[..., 0] / norm_px[..., 2], norm_px[..., 1] / norm_px[..., 2]
        return np.asarray((127 + 60 * np.sin(x / 5) + 60 * np.cos(y / 4)).round(), dtype=np.uint8)

    x, y = np.meshgrid(np.arange(400) + 0.5, np.arange(300) + 0.5)
    picture = pattern(np.stack([x, y, np.ones_like(x)], -1) @ view.warp.T)
    x, y = np.meshgrid(np.arange(60) + 0.5, np.arange(36) + 0.5)
    expected = pattern(np.stack([x, y, np.ones_like(x)], -1))
    assert not is_scaling(view.warp, 400, 300)
    assert np.abs(normalised_picture(picture, view.warp).astype(int) - expected).max() <= 4


def test_resize_averages_areas_and_grey_is_the_luma() -> None:
    checks = np.indices((72, 120)).sum(axis=0) % 2 * 200
    assert (resize(checks.astype(np.uint8)) == 100).all()
    colours = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    assert grey(colours).tolist() == [[76, 150, 29]]
    assert torch.equal(torch.from_numpy(grey(np.full((2, 2), 9, np.uint8))), torch.full((2, 2), 9, dtype=torch.uint8))
