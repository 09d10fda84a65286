"""Draws from ranges, by way of standard normal numbers.

Every value is a monotone function of a standard normal z: uniform ranges through the normal's distribution function,
truncated normals through their quantiles.  Two values correlate when their z do (a Gaussian copula), whatever their
distributions are; each keeps its own margin exactly.
"""

import math
from dataclasses import replace
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from synth.config import Range
from synth.ranges.normal import Normal

_STANDARD = NormalDist()


class Pair(NamedTuple):
    """One number for each of the subject's two eyes."""

    left: float
    right: float


def normal_at(normal: Normal, z: float) -> float:
    """Return the truncated normal's value at the quantile of the standard normal z."""
    if normal.sd == 0:
        return normal.mean
    below = _STANDARD.cdf((normal.low - normal.mean) / normal.sd)
    above = _STANDARD.cdf((normal.high - normal.mean) / normal.sd)
    quantile = below + (above - below) * _STANDARD.cdf(z)
    # 0 and 1 are at infinity; far out in a tail only the bounds are left of the distribution.
    value = normal.mean + normal.sd * _STANDARD.inv_cdf(min(max(quantile, 1e-12), 1 - 1e-12))
    return min(max(value, normal.low), normal.high)


def uniform_at(extent: Range, z: float) -> float:
    """Return the value of a uniform range at the quantile of the standard normal z."""
    return extent.low + (extent.high - extent.low) * _STANDARD.cdf(z)


def shifted(normal: Normal, by: float) -> Normal:
    """Return the normal with its mean moved, but not beyond its bounds."""
    return replace(normal, mean=min(max(normal.mean + by, normal.low), normal.high))


def draw_pair(rng: np.random.Generator, correlation: float) -> Pair:
    """Return two standard normals that correlate by `correlation` (0 to 1)."""
    common, left, right = rng.standard_normal(3)
    own = math.sqrt(1 - correlation)
    shared = math.sqrt(correlation) * common
    return Pair(float(shared + own * left), float(shared + own * right))


def draw_both(rng: np.random.Generator, normal: Normal, correlation: float) -> Pair:
    """Return two values of a normal, one for each eye."""
    z = draw_pair(rng, correlation)
    return Pair(normal_at(normal, z.left), normal_at(normal, z.right))


def draw_normal(rng: np.random.Generator, normal: Normal) -> float:
    """Return a value of a truncated normal."""
    return normal_at(normal, float(rng.standard_normal()))


def draw_uniform(rng: np.random.Generator, extent: Range) -> float:
    """Return a value of a uniform range."""
    return float(rng.uniform(extent.low, extent.high))


def draw_log_uniform(rng: np.random.Generator, extent: Range) -> float:
    """Return a value whose logarithm is uniform; both bounds must be positive."""
    return math.exp(rng.uniform(math.log(extent.low), math.log(extent.high)))


def draw_whole(rng: np.random.Generator, extent: Range) -> int:
    """Return a whole number of a range, both bounds included."""
    return int(rng.integers(round(extent.low), round(extent.high), endpoint=True))


def draw_yes(rng: np.random.Generator, probability: float) -> bool:
    """Return True with a probability."""
    return bool(rng.random() < probability)


def draw_seed(rng: np.random.Generator) -> int:
    """Return a seed for a texture or for hair."""
    return int(rng.integers(2**31))


def clip01(value: float) -> float:
    """Return the value, at least 0 and at most 1."""
    return min(max(value, 0.0), 1.0)
