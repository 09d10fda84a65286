"""Strands as arrays of points: cut, wound to curls, strayed."""

import numpy as np
from jaxtyping import Float, Int

from assets.person import ScalpHairSpec

DOWN = np.array([0.0, 1.0, 0.0])


def unit(v: np.ndarray) -> np.ndarray:
    """Return vectors of length 1."""
    return np.asarray(v / np.maximum(np.sqrt(np.einsum("...i,...i->...", v, v))[..., None], 1e-12))


def along(curves: Float[np.ndarray, "k m 3"], at: Float[np.ndarray, "k n"]) -> Float[np.ndarray, "k n 3"]:
    """Return the points of curves at fractional indices, straight between their own."""
    low = np.clip(at.astype(int), 0, curves.shape[1] - 2)
    share = (at - low)[..., None]
    row = np.arange(len(curves))[:, None]
    return np.asarray(curves[row, low] * (1 - share) + curves[row, low + 1] * share)


def curl(
    spec: ScalpHairSpec,
    points: Float[np.ndarray, "k m 3"],
    way: Float[np.ndarray, "k m"],
    near: Int[np.ndarray, " k"],
    locks: int,
    rng: np.random.Generator,
) -> Float[np.ndarray, "k m 3"]:
    """Wind strands about their way: locks together, coils each for itself; and let a few fly away.

    Args:
        spec: Its `curl`.
        points: Strands as they run without.
        way: Length from the root to each point, metres.
        near: Lock of each strand.
        locks: How many there are.
        rng: Of the hair.
    """
    k, m = points.shape[:2]
    tangent = unit(np.gradient(points, axis=1))
    across = unit(np.cross(tangent, np.array([0.3, 0.1, 0.95])))
    over = np.cross(tangent, across)
    strength = spec.curl
    # A wave of 7 cm, a curl of 2.5 cm, a coil of 1 cm; never shorter than its points can show.
    pitch = max(0.07 * (1 - strength) ** 2.0 + 0.009, float(way[:, -1].max()) * 4.0 / m)
    # Waves that are drawn longer than they are wind as much wider.
    wide = max(0.0035 + 0.004 * strength - 0.003 * strength**2, 0.10 * pitch * min(1.0, strength / 0.5))
    wide = (0.0 if strength < 0.02 else wide) * min(1.0, strength / 0.15)
    loose = np.clip((strength - 0.35) / 0.5, 0.08, 1.0)
    # Waves of neighbours run side by side; curls and coils go each their own way.
    free = np.clip((strength - 0.1) / 0.5, 0.15, 1.0)
    phase = _in_step(points[:, 0], rng) + free * rng.uniform(-np.pi, np.pi, locks)[near]
    phase = phase + loose * rng.normal(0.0, 1.6, k)
    rate = 1 + free * rng.uniform(-0.15, 0.15, locks)[near]
    wide_own = wide * rng.uniform(0.6, 1.3, locks)[near]
    turn = 2 * np.pi * way / pitch * rate[:, None] + phase[:, None]
    grow = wide_own[:, None] * np.clip(way / (0.6 * pitch + 0.005), 0.0, 1.0)
    points = points + (grow * np.cos(turn))[..., None] * across
    points = points + (grow * (0.4 + 0.5 * min(1.0, 2 * strength)) * np.sin(turn))[..., None] * over
    # Every strand strays a little; one in fifty flies away.
    stray = 0.016 + 0.03 * strength + np.where(rng.random(k) < 0.02, 0.035, 0.0)
    aim = rng.normal(0.0, 1.0, (k, 3))
    bend = rng.normal(0.0, 1.0, (k, 3))
    far = np.minimum(way, 0.06 + 0.2 * (way - 0.06))[..., None] * stray[:, None, None]
    t = np.linspace(0, 1, m)[None, :, None]
    return np.asarray(points + far * (aim[:, None] * 0.7 + bend[:, None] * (t - 0.4)))


def _in_step(roots: Float[np.ndarray, "k 3"], rng: np.random.Generator) -> Float[np.ndarray, " k"]:
    """Return phases that are alike for roots a centimetre apart, and differ over several."""
    waves = rng.normal(0.0, 1.0 / 0.03, (4, 3))
    return np.asarray(1.6 * np.sin(roots @ waves.T + rng.uniform(0, 2 * np.pi, 4)).sum(1))
