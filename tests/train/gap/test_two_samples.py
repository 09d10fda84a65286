"""Classifier two-sample tests: equal sets, sets that never touch, Gaussians as far apart as their best judge allows."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from train.gap.two_samples import FOLDS, classifier, held_out_accuracy, told_apart


def test_equal_sets_cannot_be_told_apart_and_separate_ones_always() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, (150, 6)), rng.normal(0, 1, (90, 6))
    equal = told_apart(rng, x, y)
    assert equal.rows == 90 and equal.error == pytest.approx(np.sqrt(0.25 / 180), rel=0.05)
    assert abs(equal.accuracy - 0.5) < 4 * equal.error and abs(equal.null - 0.5) < 2 * equal.error
    assert 0.4 * equal.error < equal.null_deviation < 2.5 * equal.error
    apart = told_apart(rng, x, y + 12, draws=2)
    assert apart.accuracy == 1 and apart.error == 0 and abs(apart.null - 0.5) < 0.15


def test_shifted_gaussians_are_told_apart_as_often_as_they_can_be() -> None:
    rng, shift = np.random.default_rng(2), 1.5
    x, y = rng.normal(0, 1, (240, 3)), rng.normal([shift, 0, 0], 1, (240, 3))
    found = told_apart(rng, x, y, draws=1)
    assert found.accuracy == pytest.approx(norm.cdf(shift / 2), abs=3 * found.error)


def test_the_same_seed_gives_the_same_figures() -> None:
    x, y = np.random.default_rng(0).normal(0, 1, (40, 3)), np.random.default_rng(1).normal(0.5, 1, (30, 3))
    first, second = (told_apart(np.random.default_rng(5), x, y, draws=2) for _ in range(2))
    assert first == second


def test_neighbours_that_show_one_person_are_held_out_together() -> None:
    # Four rows of each of 24 persons, who are alike on both sides: whoever knew a person again would be right.
    rng = np.random.default_rng(0)
    x, y = (np.repeat(rng.normal(0, 1, (24, 80)), 4, axis=0) + rng.normal(0, 0.05, (96, 80)) for _ in range(2))
    assert told_apart(rng, x, y, draws=1).accuracy < 0.7
    shuffled = told_apart(rng, x[rng.permutation(96)], y[rng.permutation(96)], draws=1)
    assert shuffled.accuracy > 0.9


def test_the_classifier_is_penalised_logistic_regression() -> None:
    rng = np.random.default_rng(0)
    x, truth = rng.normal(0, 1, (30, 3)), np.sign(rng.normal(0.2, 1, 30))

    def loss(w: np.ndarray) -> float:
        return float(np.logaddexp(0, -truth * (x @ w)).sum() + w @ w / 2)

    best = minimize(loss, np.zeros(3), tol=1e-12).x
    assert x.T @ classifier(x @ x.T, truth) == pytest.approx(best, abs=1e-4)


def test_who_cannot_decide_is_right_half_of_the_time() -> None:
    fold = np.arange(12) * FOLDS // 12
    assert held_out_accuracy(np.zeros((12, 12)), np.tile([1.0, -1.0], 6), fold) == 0.5
