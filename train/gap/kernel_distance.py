"""Kernel distance of two sets of features (KID), with the error that comes of how few pictures there are.

Binkowski, Sutherland, Arbel, Gretton, "Demystifying MMD GANs" (ICLR 2018): the squared maximum mean discrepancy under
the polynomial kernel k(x, y) = (x.y / d + 1)^3, estimated without bias,

    sum over i != j of k(x_i, x_j) / (m (m - 1))  +  the same of y, n  -  2 sum over i, j of k(x_i, y_j) / (m n)

0 for sets from one distribution (an estimate may be below), the larger the more their means, covariances and third
moments differ.  The paper tells the mean of this over random subsets, whose deviation then stands for its error.  The
mean over *all* subsets of one size is this estimate on everything, so no subset is drawn here.  And where all subsets
come from the same few pictures their deviation tells nothing of other pictures that might have been taken: the error
here is a jackknife over the pictures of both sides (Efron and Stein 1981): every one is left out once.  For equal
distributions, where the estimate is degenerate, a jackknife tells too much rather than too little.

The paper's Frechet counterpart (FID) is left out: it needs the covariance of d features, which fewer than d pictures
do not have, and is biased by the order of d / n.  Real eyes are 144 here, features hundreds.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

Features = Float[np.ndarray, "n d"]
LEAST = 3
"""Pictures of a side: one can be left out, and two make a pair."""


@dataclass(frozen=True)
class Estimate:
    """A figure and its standard error."""

    value: float
    error: float


def kernel(x: Float[np.ndarray, "m d"], y: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "m n"]:
    """Return (x.y / d + 1)^3 of every pair."""
    return (x @ y.T / x.shape[1] + 1.0) ** 3


def kernel_distance(x: Float[np.ndarray, "m d"], y: Float[np.ndarray, "n d"]) -> Estimate:
    """Return the distance of two sets of at least `LEAST` rows each."""
    m, n = len(x), len(y)
    assert min(m, n) >= LEAST
    across = kernel(x, y)
    of_x, of_y = within(x), within(y)
    mean_x, mean_y, mean_across = of_x.sum() / (m * (m - 1)), of_y.sum() / (n * (n - 1)), across.mean()
    # What is left when a row is not there: twice its own pairs are missing inside, once its own across.
    without_x = (of_x.sum() - 2 * of_x) / ((m - 1) * (m - 2)) - 2 * (across.sum() - across.sum(1)) / ((m - 1) * n)
    without_y = (of_y.sum() - 2 * of_y) / ((n - 1) * (n - 2)) - 2 * (across.sum() - across.sum(0)) / ((n - 1) * m)
    error = np.sqrt(jackknife_variance(without_x) + jackknife_variance(without_y))
    return Estimate(float(mean_x + mean_y - 2 * mean_across), float(error))


def within(x: Features) -> Float[np.ndarray, " n"]:
    """Return of every row the sum of its kernels with all others."""
    own = ((x**2).sum(axis=1) / x.shape[1] + 1.0) ** 3
    return np.asarray(kernel(x, x).sum(axis=1) - own)


def jackknife_variance(without: Float[np.ndarray, " n"]) -> float:
    """Return the variance of a figure, given what it is without each row."""
    n = len(without)
    return float((n - 1) / n * ((without - without.mean()) ** 2).sum())
