"""Our shards as normalised eyes: labels against the definition, sides, and pictures of other cameras."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from synth.errors import DataError
from synth.geometry.gaze import angle_between, mirror_pitch_yaw, pitch_yaw_from_vector, vector_from_pitch_yaw
from synth.geometry.normalisation import MPIIGAZE_EYE, GazeMode
from synth.geometry.rotation import rotation_y, rotation_z
from synth.sample import Sample
from synth.shards import ShardPlan, write_shard
from tests.synth.fake_samples import fake_sample
from train.data.shards import Axis, eye_of, is_near, read_shards


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
    blocks = grey_of(sample).reshape(36, 4, 60, 4).mean(axis=(1, 3))
    assert np.abs(found - blocks).max() <= 1


def test_shards_are_read_and_right_eyes_mirrored(tmp_path: Path) -> None:
    plan = ShardPlan(8, 5)
    samples = [fake_sample(0, i, 60, 36) for i in range(8)]
    for shard in range(plan.shards):
        write_shard(tmp_path, plan, shard, [samples[i] for i in plan.indices(shard)])
    eyes = read_shards(tmp_path, GazeMode.mpiigaze_2015, Axis.visual).pictures
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


def test_an_aim_that_misses_is_kept_and_labelled_in_its_own_camera() -> None:
    exact = normal_sample(60, 36)
    missed = rotation_z(0.05) @ rotation_y(0.004)  # 3 degrees of roll, 4 px to the side
    eye = exact.labels["eyes"][exact.subject_eye]
    moved = {
        **exact.labels,
        "cam_from_head": (np.block([[missed, np.zeros((3, 1))], [np.zeros((1, 3)), np.ones((1, 1))]])).tolist(),
        "eyes": {exact.subject_eye: {**eye, "centre_of_canthi_cam": (missed @ [0.0, 0.0, 0.5]).tolist()}},
        "target_cam": (missed @ [0.1, 0.05, 0.0]).tolist(),
    }
    before = eye_of(exact, GazeMode.mpiigaze_2015, Axis.visual)
    after = eye_of(replace(exact, labels=moved), GazeMode.mpiigaze_2015, Axis.visual)
    assert np.array_equal(after.image_u8, before.image_u8)  # not warped back
    turned = missed @ vector_from_pitch_yaw(before.gaze_pitch_yaw_rad)
    # S stretches along another axis after the turn: 0.004 rad of it at most.
    assert angle_between(vector_from_pitch_yaw(after.gaze_pitch_yaw_rad), turned) < 0.004
    np.testing.assert_allclose(after.head_pitch_yaw_rad, before.head_pitch_yaw_rad, atol=1e-12)


def test_another_camera_is_warped() -> None:
    sample = normal_sample()
    twice = np.array(sample.labels["camera_matrix"]) * [[2.0], [2.0], [1.0]]
    twice[:2, 2] /= 2
    found = eye_of(
        replace(sample, labels={**sample.labels, "camera_matrix": twice.tolist()}), GazeMode.direction, Axis.visual
    )
    assert not is_near(np.diag([0.5, 0.5, 1.0]), 240, 144)
    # Twice the focal length: the 60x36 picture is the picture reduced to half, its edges repeated around it.
    inside = found.image_u8[9:27, 15:45].astype(float)
    blocks = grey_of(sample).reshape(18, 8, 30, 8).mean(axis=(1, 3))
    assert np.abs(inside - blocks).max() <= 1


def grey_of(sample: Sample) -> np.ndarray:
    return np.asarray(sample.picture @ [0.299, 0.587, 0.114])
