"""The kernel distance against its closed form for Gaussians, sums by hand, and the deviation of many estimates."""

from itertools import combinations

import numpy as np
import pytest

from train.gap.kernel_distance import kernel, kernel_distance


def third_moments(mean: np.ndarray, variance: float) -> np.ndarray:
    """E x_i x_j x_k of a Gaussian with the same variance in all directions."""
    one = np.eye(len(mean))
    mixed = sum(np.einsum(f"i,jk->{order}", mean, one) for order in ("ijk", "jik", "jki"))
    return np.einsum("i,j,k->ijk", mean, mean, mean) + variance * mixed


def expected_kernel(a: np.ndarray, a_variance: float, b: np.ndarray, b_variance: float) -> float:
    """E (x.y / d + 1)^3 of independent Gaussians, from their moments."""
    d = len(a)
    second = [np.outer(mean, mean) + v * np.eye(d) for mean, v in ((a, a_variance), (b, b_variance))]
    third = third_moments(a, a_variance), third_moments(b, b_variance)
    return float((third[0] * third[1]).sum() / d**3 + 3 * (second[0] * second[1]).sum() / d**2 + 3 * a @ b / d + 1)


@pytest.mark.parametrize(("shift", "variance"), [(0.0, 1.0), (0.7, 1.0), (0.0, 1.6)])
def test_gaussians_are_as_far_apart_as_their_moments_say(shift: float, variance: float) -> None:
    rng, d = np.random.default_rng(1), 4
    a, b = np.zeros(d), np.full(d, shift)
    closed = (
        expected_kernel(a, 1, a, 1) + expected_kernel(b, variance, b, variance) - 2 * expected_kernel(a, 1, b, variance)
    )
    assert (closed == 0) == (shift == 0 and variance == 1)
    found = [kernel_distance(rng.normal(a, 1, (150, d)), rng.normal(b, np.sqrt(variance), (60, d))) for _ in range(120)]
    values, errors = np.array([one.value for one in found]), np.array([one.error for one in found])
    assert abs(values.mean() - closed) < 4 * values.std() / np.sqrt(len(values))
    if closed:
        assert 0.85 < np.sqrt((errors**2).mean()) / values.std() < 1.2
    else:  # degenerate: too much rather than too little
        assert 1.0 < np.sqrt((errors**2).mean()) / values.std() < 2.0
        assert (np.abs(values) < 3 * errors).mean() > 0.95


def test_it_is_the_sum_over_pairs_and_its_error_that_over_who_is_left_out() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, (5, 3)), rng.normal(0.5, 1, (4, 3))

    def slow(x: np.ndarray, y: np.ndarray) -> float:
        def mean(pairs: list[tuple[np.ndarray, np.ndarray]]) -> float:
            return float(np.mean([(p @ q / len(p) + 1) ** 3 for p, q in pairs]))

        return mean([*combinations(x, 2)]) + mean([*combinations(y, 2)]) - 2 * mean([(p, q) for p in x for q in y])

    found = kernel_distance(x, y)
    assert found.value == pytest.approx(slow(x, y))
    without_x = np.array([slow(np.delete(x, i, 0), y) for i in range(5)])
    without_y = np.array([slow(x, np.delete(y, i, 0)) for i in range(4)])
    assert found.error**2 == pytest.approx(4 * without_x.var() + 3 * without_y.var())


def test_the_mean_over_all_subsets_of_one_size_is_the_estimate_on_everything() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, (6, 2)), rng.normal(1, 1, (5, 2))
    subsets = [
        kernel_distance(x[list(some)], y[list(others)]).value
        for some in combinations(range(6), 3)
        for others in combinations(range(5), 3)
    ]
    assert np.mean(subsets) == pytest.approx(kernel_distance(x, y).value)


def test_the_kernel_by_hand() -> None:
    assert kernel(np.array([[1.0, 2.0]]), np.array([[3.0, 0.5]])) == pytest.approx(np.array([[27.0]]))
