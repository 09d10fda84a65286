"""Rotations on tensors against those of synth/geometry/rotation.py, and gradients where arccos has none."""

import math

import numpy as np
import pytest
import torch

from synth.geometry import rotation as numpy_rotation
from train.rotations import (
    geodesic_angle,
    pitch_yaw_roll_from_rotation,
    pitch_yaw_roll_upright,
    rotation_from_pitch_yaw_roll,
    rotation_from_sixd,
)


def draw_angles(n: int, most_deg: float = 180.0) -> torch.Tensor:
    rng = np.random.default_rng(0)
    return torch.from_numpy(np.radians(rng.uniform(-most_deg, most_deg, (n, 3))))


def test_matrices_of_angles_are_those_of_numpy() -> None:
    angles = draw_angles(50)
    wanted = np.stack([numpy_rotation.rotation_from_pitch_yaw_roll(a) for a in angles.numpy()])
    assert np.abs(rotation_from_pitch_yaw_roll(angles).numpy() - wanted).max() < 1e-14


def test_angles_of_matrices_are_those_of_numpy() -> None:
    rotations = rotation_from_pitch_yaw_roll(draw_angles(50))
    wanted = numpy_rotation.pitch_yaw_roll_from_rotation(rotations.numpy())
    assert np.abs(pitch_yaw_roll_from_rotation(rotations).numpy() - wanted).max() < 1e-12
    upright = np.stack([numpy_rotation.pitch_yaw_roll_upright(r) for r in rotations.numpy()])
    assert np.abs(pitch_yaw_roll_upright(rotations).numpy() - upright).max() < 1e-12


def test_a_head_turned_past_the_side_stays_upright() -> None:
    angles = torch.tensor([[0.1, math.radians(95), -0.2]])
    assert torch.allclose(pitch_yaw_roll_upright(rotation_from_pitch_yaw_roll(angles)), angles, atol=1e-5)


@pytest.mark.parametrize("yaw_deg", [90.0, -90.0, 89.9999])
def test_float32_angles_at_the_gimbal_still_give_the_rotation(yaw_deg: float) -> None:
    rotation = rotation_from_pitch_yaw_roll(torch.deg2rad(torch.tensor([[20.0, yaw_deg, 35.0]])))
    again = rotation_from_pitch_yaw_roll(pitch_yaw_roll_from_rotation(rotation))
    assert torch.allclose(again, rotation, atol=1e-6)


def test_gram_schmidt_keeps_rotations_and_mends_what_is_none() -> None:
    rotations = rotation_from_pitch_yaw_roll(draw_angles(20))
    columns = rotations.mT[:, :2].flatten(1)
    assert torch.allclose(rotation_from_sixd(columns), rotations, atol=1e-14)
    # Lengths do not matter, nor how much of the first column is in the second.
    a1, a2 = columns[:, :3], columns[:, 3:]
    assert torch.allclose(rotation_from_sixd(torch.cat([3 * a1, 0.2 * a2 - 5 * a1], dim=1)), rotations, atol=1e-12)
    found = rotation_from_sixd(torch.tensor([[1.0, 2.0, 3.0, -1.0, 0.5, 2.0]]))
    assert torch.allclose(found.mT @ found, torch.eye(3), atol=1e-6) and torch.linalg.det(found) > 0


@pytest.mark.parametrize("angle_rad", [0.0, 1e-5, 0.3, math.pi / 2, 3.0, math.pi - 1e-4, math.pi])
def test_the_angle_left_is_that_of_numpy_and_of_the_turn(angle_rad: float) -> None:
    axis = np.array([0.6, -0.48, 0.64])
    a = numpy_rotation.rotation_from_pitch_yaw_roll(np.array([0.3, -0.8, 1.1]))
    b = a @ numpy_rotation.rotation_from_vector(axis * angle_rad)
    assert float(geodesic_angle(torch.from_numpy(a), torch.from_numpy(b))) == pytest.approx(angle_rad, abs=1e-9)
    assert float(numpy_rotation.geodesic_angle(a, b)) == pytest.approx(angle_rad, abs=1e-7)
    singles = torch.from_numpy(a).float(), torch.from_numpy(b).float()
    assert float(geodesic_angle(*singles)) == pytest.approx(angle_rad, abs=1e-6)


@pytest.mark.parametrize("angle_deg", [0.001, 1.0, 90.0, 179.0, 179.99])
def test_the_gradient_of_the_angle_has_length_one(angle_deg: float) -> None:
    turn = torch.tensor(math.radians(angle_deg), dtype=torch.float64, requires_grad=True)
    angles = torch.stack([torch.zeros_like(turn), torch.zeros_like(turn), turn])
    angle = geodesic_angle(torch.eye(3, dtype=torch.float64), rotation_from_pitch_yaw_roll(angles))
    (gradient,) = torch.autograd.grad(angle, turn)
    assert float(gradient) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("roll_deg", [0.0, 180.0])
def test_the_gradient_is_finite_where_it_has_no_direction(roll_deg: float) -> None:
    sixd = torch.tensor([1.0, 0.0, 0.0, 0.0, 1.0, 0.0], requires_grad=True)
    target = rotation_from_pitch_yaw_roll(torch.tensor([0.0, 0.0, math.radians(roll_deg)]))
    (gradient,) = torch.autograd.grad(geodesic_angle(rotation_from_sixd(sixd), target), sixd)
    assert gradient.isfinite().all()
