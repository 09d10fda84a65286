"""Torch gazes against the numpy ones they repeat, and the roll against a rotated vector."""

import numpy as np
import torch

from adapt.gaze import angle_between, pitch_yaw_from_vector, roll, vector_from_pitch_yaw
from synth.geometry import gaze
from synth.geometry.rotation import rotation_z

PAIRS = np.random.default_rng(0).uniform(-1, 1, (50, 2))


def test_agrees_with_numpy() -> None:
    pairs = torch.from_numpy(PAIRS)
    np.testing.assert_allclose(vector_from_pitch_yaw(pairs), gaze.vector_from_pitch_yaw(PAIRS), atol=1e-14)
    np.testing.assert_allclose(pitch_yaw_from_vector(vector_from_pitch_yaw(pairs)), PAIRS, atol=1e-14)
    vectors = gaze.vector_from_pitch_yaw(PAIRS)
    expected = gaze.angle_between(vectors, np.roll(vectors, 1, axis=0))
    np.testing.assert_allclose(angle_between(pairs, pairs.roll(1, 0)), expected, atol=1e-12)


def test_angle_has_a_finite_gradient_at_zero() -> None:
    a = torch.zeros(3, 2, requires_grad=True)
    torch.autograd.backward(angle_between(a, torch.zeros(3, 2)).sum())
    assert a.grad is not None and torch.isfinite(a.grad).all()


def test_roll_turns_the_vector() -> None:
    angles = np.linspace(-0.5, 0.5, 50)
    turned = roll(torch.from_numpy(PAIRS), torch.from_numpy(angles))
    expected = [rotation_z(a) @ v for a, v in zip(angles, gaze.vector_from_pitch_yaw(PAIRS), strict=True)]
    np.testing.assert_allclose(vector_from_pitch_yaw(turned), np.array(expected), atol=1e-12)
