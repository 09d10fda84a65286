"""Head rotations from points: exact projections give the exact rotation, real ones what the method is worth."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.io import loadmat
from scipy.spatial.transform import Rotation

from synth.geometry.rotation import geodesic_angle, rotation_from_pitch_yaw_roll
from tests.synth.fake_faces import fake_face, ibug_head
from train.measure.pose_metrics import pose_score
from train.pnp import head_rotation, mean_head_m, perspective, weak_perspective

REAL = Path(__file__).parents[2].parent / "shared" / "real" / "head_pose" / "AFLW2000"


def apart_deg(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.degrees(geodesic_angle(a, b)))


@given(st.tuples(st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180)), st.floats(50, 5000))
def test_exact_weak_projections_give_everything_back(angles: tuple[float, float, float], scale: float) -> None:
    rotation = Rotation.from_euler("XYZ", angles, degrees=True).as_matrix()
    at = scale * (mean_head_m() @ rotation.T)[:, :2] + [310.0, -40.0]
    found, size, origin_px = weak_perspective(at, mean_head_m())
    assert apart_deg(found, rotation) < 1e-4 and size == pytest.approx(scale, rel=1e-6)
    np.testing.assert_allclose(origin_px, [310, -40], atol=1e-4 * scale)


@pytest.mark.parametrize("index", range(12))
def test_exact_projections_of_our_labels(index: int) -> None:
    sample = fake_face(5, index, aside_m=(0.05 * (index % 3), -0.04 * (index % 2)))
    cam_from_head, k = sample.array("cam_from_head", 4, 4), sample.array("camera_matrix", 3, 3)
    rotation, at_m = perspective(sample.array("face.points.ibug68.px", 68, 2), ibug_head(), k)
    assert apart_deg(rotation, cam_from_head[:3, :3]) < 1e-3
    np.testing.assert_allclose(at_m, cam_from_head[:3, 3], atol=1e-5)
    assert apart_deg(head_rotation(sample.array("face.points.ibug68.px", 68, 2), k, ibug_head()), rotation) < 1e-9


def test_a_profile_near_the_lens() -> None:
    true = rotation_from_pitch_yaw_roll(np.radians([15, 88, -20]))
    cam = mean_head_m() @ true.T + [0.1, -0.05, 0.35]
    k = np.array([[600.0, 0, 320], [0, 600, 240], [0, 0, 1]])
    px = cam @ k.T
    assert apart_deg(head_rotation(px[:, :2] / px[:, 2:], k), true) < 1e-3


def test_without_a_camera_it_is_the_rotation_against_the_line_of_sight() -> None:
    """A head far beside the axis that faces the lens itself: seen from the front, though turned in the camera."""
    turn = Rotation.from_euler("y", np.arctan2(0.9, 3.0)).as_matrix()
    cam = mean_head_m() @ turn.T + [0.9, 0.0, 3.0]
    k = np.array([[2000.0, 0, 320], [0, 2000, 240], [0, 0, 1]])
    px = cam @ k.T
    at = px[:, :2] / px[:, 2:]
    assert apart_deg(head_rotation(at), np.eye(3)) < 3 and apart_deg(head_rotation(at), turn) > 13
    assert apart_deg(head_rotation(at, k), turn) < 1e-3


def test_noise_of_a_pixel_is_a_degree_or_so() -> None:
    rng = np.random.default_rng(0)
    true = rotation_from_pitch_yaw_roll(np.radians([-10, 25, 5]))
    at = 1000 * (mean_head_m() @ true.T)[:, :2]  # a face of 150 px
    found = [apart_deg(head_rotation(at + rng.normal(0, 1, at.shape)), true) for _ in range(20)]
    assert 0.05 < np.mean(found) < 1


def test_the_mean_head_is_symmetric_and_faces_the_lens() -> None:
    model = mean_head_m()
    flipped = model[[*range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1)]] * [-1, 1, 1]
    np.testing.assert_allclose(flipped, model[:36], atol=2e-3)
    assert model[30, 2] == model[:, 2].min() and model[8, 1] == model[:, 1].max() and model[45, 0] > 0 > model[36, 0]


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no real labels at {REAL}")
def test_on_the_real_points_of_aflw2000() -> None:
    """Its own 68 points, every sixth picture: what our mean head costs, most of it a constant in pitch."""
    true, found = [], []
    for path in sorted(REAL.glob("*.mat"))[::6]:
        mat = loadmat(path)
        angles = mat["Pose_Para"][0, :3].astype(float)
        if np.degrees(np.abs(angles)).max() <= 99:
            true.append(rotation_from_pitch_yaw_roll(angles))
            found.append(head_rotation(mat["pt3d_68"][:2].T.astype(float)))
    score = pose_score(np.stack(found), np.stack(true))
    assert score.raw.mae < 3 and score.offset_free.geodesic < score.raw.geodesic < 5
