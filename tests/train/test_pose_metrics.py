"""Metrics of head pose against closed forms and another library."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat
from scipy.spatial.transform import Rotation

from synth.geometry.rotation import pitch_yaw_roll_upright, rotation_from_pitch_yaw_roll
from train.measure.pose_metrics import angles_deg, mean_rotation, pose_errors, pose_score

REAL = Path(__file__).parents[2].parent / "shared" / "real" / "head_pose" / "AFLW2000"


def matrices(angles: np.ndarray) -> np.ndarray:
    """Return Rx(-pitch) Ry(yaw) Rz(roll) of degrees [pitch, yaw, roll], by another library."""
    return Rotation.from_euler("XYZ", np.asarray(angles, float) * [-1, 1, 1], degrees=True).as_matrix()


RNG = np.random.default_rng(0)
TRUE_DEG = RNG.uniform([-40, -80, -40], [40, 80, 40], (150, 3))
TRUE = matrices(TRUE_DEG)


def test_angles_are_those_that_keep_the_head_upright() -> None:
    turns = np.concatenate([TRUE_DEG, [[5, 97, 3], [-8, -98, 10], [0, 0, 80], [80, 10, 0]]])
    np.testing.assert_allclose(angles_deg(matrices(turns)), turns, atol=1e-9)
    each = [np.degrees(pitch_yaw_roll_upright(rotation)) for rotation in TRUE]
    np.testing.assert_allclose(angles_deg(TRUE), each, atol=1e-9)


def test_each_angle_is_its_own_error() -> None:
    found = pose_errors(matrices(TRUE_DEG + np.array([3, -4, 5])), TRUE)
    assert (found.pitch, found.yaw, found.roll, found.mae) == pytest.approx((3, 4, 5, 4))
    one = pose_errors(matrices(np.array([[0, 25, 0]])), matrices(np.array([[0, -5, 0]])))
    assert (one.n, one.geodesic, one.geodesic_median, one.mae) == pytest.approx((1, 30, 30, 10))


def test_differences_wrap_at_360_only() -> None:
    found = pose_errors(matrices(np.array([[0, 0, 179]])), matrices(np.array([[0, 0, -179]])))
    assert found.roll == pytest.approx(2) and found.geodesic == pytest.approx(2)
    over = pose_errors(matrices(np.array([[0, 0, 90]])), matrices(np.array([[0, 0, -89]])))
    assert over.roll == pytest.approx(179)


def test_the_geodesic_is_the_length_of_the_rotation_vector() -> None:
    other = matrices(TRUE_DEG + RNG.normal(0, 20, TRUE_DEG.shape))
    apart = np.degrees(np.linalg.norm(Rotation.from_matrix(np.swapaxes(TRUE, 1, 2) @ other).as_rotvec(), axis=1))
    found = pose_errors(other, TRUE)
    assert (found.geodesic, found.geodesic_median) == pytest.approx((apart.mean(), np.median(apart)))


def test_a_perfect_float32_prediction_scores_zero() -> None:
    found = pose_score(TRUE.astype(np.float32), TRUE.astype(np.float32))
    assert found.raw.mae < 1e-6 and found.raw.geodesic < 1e-6 and found.offset_free.mae < 1e-3


def test_the_mean_rotation_is_scipy_s() -> None:
    near = matrices(RNG.normal(0, 25, (60, 3)))
    np.testing.assert_allclose(mean_rotation(near), Rotation.from_matrix(near).mean().as_matrix(), atol=1e-9)


def test_another_head_frame_is_taken_off() -> None:
    frame = matrices(np.array([[9, -4, 3]]))[0]
    found = pose_score(TRUE @ frame, TRUE)
    assert found.offset_free.mae < 1e-5 and found.offset_free.geodesic < 1e-5
    assert found.raw.geodesic == pytest.approx(found.offset_deg)
    assert found.offset_deg == pytest.approx(np.degrees(np.linalg.norm(Rotation.from_matrix(frame).as_rotvec())))
    turned = pose_score(frame @ TRUE, TRUE)
    assert turned.offset_free.geodesic > 1, "a turned camera is no head frame"


def test_zeros_score_the_mean_of_the_angles() -> None:
    found = pose_score(np.broadcast_to(np.eye(3), TRUE.shape), TRUE)
    pitch, yaw, roll = np.abs(TRUE_DEG).mean(axis=0)
    assert (found.zeros.pitch, found.zeros.yaw, found.zeros.roll) == pytest.approx((pitch, yaw, roll))
    assert found.raw == found.zeros


def test_bins_of_yaw_hold_everybody_once() -> None:
    yaws = np.array([0, 10, -29.9, 30.1, -59.9, 60.1, 98.9, -98.9, 120])
    true = matrices(np.stack([0 * yaws, yaws, 0 * yaws], axis=1))
    score = pose_score(true @ matrices(np.array([[0, 2, 0]]))[0], true)
    assert [(one.low, one.high, one.n) for one in score.by_yaw] == [(0, 30, 3), (30, 60, 2), (60, 99, 3)]
    assert score.beyond == 1
    for one in score.by_yaw:
        assert one.errors is not None and one.errors.n == one.n and one.errors.geodesic == pytest.approx(2)


def test_an_empty_bin_has_no_errors_and_json_no_nan() -> None:
    found = pose_score(np.eye(3)[None], np.eye(3)[None]).to_json()
    assert found["by_yaw"][2] == {"low": 60.0, "high": 99.0, "n": 0, "errors": None}
    assert json.loads(json.dumps(found, allow_nan=False))["raw"]["n"] == 1


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no real labels at {REAL}")
def test_zeros_on_the_real_labels_of_aflw2000() -> None:
    """The angles of the files are those that come back from their rotations, the yaws beyond 90 degrees too."""
    angles = np.array([loadmat(path)["Pose_Para"][0, :3] for path in sorted(REAL.glob("*.mat"))], float)
    angles = angles[(np.abs(np.degrees(angles)) <= 99).all(axis=1)]
    true = np.stack([rotation_from_pitch_yaw_roll(one) for one in angles])
    np.testing.assert_allclose(angles_deg(true), np.degrees(angles), atol=1e-6)
    found = pose_score(true, true)
    assert found.zeros.mae == pytest.approx(np.degrees(np.abs(angles)).mean()) == pytest.approx(19.03, abs=0.01)
    assert sum(one.n for one in found.by_yaw) == 294
