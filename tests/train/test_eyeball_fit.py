"""The fit of the eyeball: points of a known eyeball give back its gaze, and the first guess is what a ray says."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from synth.geometry.gaze import vector_from_pitch_yaw
from synth.geometry.normalisation import eye_camera
from train.eyeball_fit import fit_gaze
from train.measure.gaze_metrics import errors_deg

SIZE = (90, 150)
K = eye_camera(150, 90).matrix


def eyeball(
    pitch_yaw_rad: np.ndarray, centre_m: np.ndarray, radius_m: float, iris_m: float, torsion_rad: float
) -> tuple[np.ndarray, float]:
    """Return the 18 landmarks (lids NaN) and the radius in px of a sphere with a circle on it, before a pinhole."""
    # An eye that looks up turns its back down: about x by pitch, then about y by yaw.
    turn = Rotation.from_euler("xy", [-pitch_yaw_rad[0], pitch_yaw_rad[1]]).as_matrix()
    np.testing.assert_allclose(-turn[:, 2], vector_from_pitch_yaw(pitch_yaw_rad), atol=1e-12)
    around = torsion_rad + np.arange(8) * np.pi / 4
    depth_m = np.sqrt(radius_m**2 - iris_m**2)
    ring = np.stack([iris_m * np.cos(around), iris_m * np.sin(around), np.full(8, -depth_m)], axis=1)
    inside = np.concatenate([ring, [[0, 0, -radius_m]], [[0, 0, 0]]]) @ turn.T + centre_m
    px = inside @ K.T
    landmarks = np.concatenate([np.full((8, 2), np.nan), px[:, :2] / px[:, 2:]])
    return landmarks, K[0, 0] * radius_m / centre_m[2]


def draw(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    gaze = rng.uniform([-0.6, -0.7], [0.5, 0.7], (n, 2))
    eyes = [
        eyeball(
            g, rng.normal([0, 0, 0.6], [0.002, 0.002, 0.01]), rng.uniform(0.0115, 0.013), 0.0058, rng.normal(0, 0.2)
        )
        for g in gaze
    ]
    return gaze, np.stack([points for points, _ in eyes]), np.array([radius for _, radius in eyes])


def test_points_of_an_eyeball_give_back_its_gaze() -> None:
    gaze, landmarks, radius = draw(50)
    np.testing.assert_allclose(fit_gaze(landmarks, radius, SIZE), gaze, atol=1e-9)


def test_the_edge_tells_the_gaze_where_the_iris_centre_is_wrong() -> None:
    gaze, landmarks, radius = draw(50)
    moved = landmarks.copy()
    moved[:, 16] += [3.0, 0.0]  # 3 px of 49 are 3.5 degrees and more to a fit of the centre alone
    off = errors_deg(fit_gaze(moved, radius, SIZE), gaze)
    assert 0.2 < off.mean() < 2.5
    noisy = landmarks + np.random.default_rng(1).normal(0, 0.5, landmarks.shape)
    assert errors_deg(fit_gaze(noisy, radius, SIZE), gaze).mean() < 1.5


def test_what_cannot_be_an_eyeball_still_gives_finite_angles() -> None:
    _, landmarks, _ = draw(4)
    landmarks[:, 16] = landmarks[:, 17] + 200  # beyond the sphere
    landmarks[1, 8:16] = 40.0  # no circle at all
    assert np.isfinite(fit_gaze(landmarks, np.array([48.0, 48.0, -5.0, 1.0]), SIZE)).all()


@pytest.mark.parametrize("side", ["left", "right", "up", "down"])
def test_hand_written_directions(side: str) -> None:
    step = {"left": (-12, 0), "right": (12, 0), "up": (0, -12), "down": (0, 12)}[side]
    landmarks = np.zeros((1, 18, 2))
    landmarks[0, 17] = [75, 45]
    landmarks[0, 16] = landmarks[0, 17] + step
    around = np.arange(8) * np.pi / 4
    landmarks[0, 8:16] = landmarks[0, 16] + 22 * np.stack([np.cos(around), np.sin(around)], axis=1)
    pitch, yaw = fit_gaze(landmarks, np.array([48.0]), SIZE)[0]
    found = {"left": yaw, "right": -yaw, "up": pitch, "down": -pitch}[side]
    assert 0.15 < found < 0.35
