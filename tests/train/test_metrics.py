"""Metrics against closed forms."""

import numpy as np
import pytest

from synth.geometry.gaze import vector_from_pitch_yaw
from train.measure.gaze_metrics import errors_deg, score

RNG = np.random.default_rng(0)
TRUE = RNG.uniform(-0.3, 0.3, (200, 2))
RIGHT = np.arange(200) % 2 == 1


def test_a_pure_pitch_or_an_equatorial_yaw_is_its_own_error() -> None:
    zero = np.zeros((1, 2))
    assert errors_deg(np.radians([[7.0, 0.0]]), zero) == pytest.approx(7)
    assert errors_deg(np.radians([[0.0, -9.0]]), zero) == pytest.approx(9)
    # By the spherical law of cosines.
    pair = np.radians([[20.0, 30.0]])
    expected = np.degrees(np.arccos(np.cos(pair[0, 0]) * np.cos(pair[0, 1])))
    assert errors_deg(pair, zero) == pytest.approx(expected)


def test_a_perfect_float32_prediction_scores_zero() -> None:
    found = score(TRUE.astype(np.float32).astype(np.float64), TRUE.astype(np.float32), RIGHT)
    assert found.raw < 1e-6 and not np.isnan(found.raw)


def test_a_shifted_prediction_is_free_of_its_offset() -> None:
    found = score(TRUE + np.array([0.1, -0.05]), TRUE, RIGHT)
    assert found.offset_free == pytest.approx(0, abs=1e-6)
    assert (found.offset_pitch, found.offset_yaw) == pytest.approx((np.degrees(0.1), np.degrees(-0.05)))
    assert found.raw > 5


def test_a_fault_of_one_side_shows_after_the_common_offset() -> None:
    predicted = TRUE + np.where(RIGHT[:, None], [0.0, 0.1], [0.0, -0.1])
    found = score(predicted, TRUE, RIGHT)
    assert found.left is not None and found.right is not None
    assert found.offset_yaw == pytest.approx(0, abs=1e-9)
    assert found.left.offset_free > 5 and found.left.own_offset_free == pytest.approx(0, abs=1e-6)
    assert (found.left.offset_yaw, found.right.offset_yaw) == pytest.approx((np.degrees(-0.1), np.degrees(0.1)))


def test_the_mean_predictor_scores_what_the_constant_scores() -> None:
    mean = TRUE.mean(axis=0)
    constant = np.tile(mean, (200, 1))
    found = score(constant, TRUE, RIGHT)
    assert found.raw == pytest.approx(found.mean_predictor)
    assert found.offset_free == pytest.approx(found.mean_predictor)
    cosines = vector_from_pitch_yaw(TRUE) @ vector_from_pitch_yaw(mean)
    assert found.mean_predictor == pytest.approx(np.degrees(np.arccos(cosines)).mean(), rel=1e-6)


def test_a_set_of_one_side_has_no_other() -> None:
    found = score(TRUE, TRUE, np.zeros(200, dtype=bool))
    assert found.right is None and found.left is not None and found.left.n == 200
