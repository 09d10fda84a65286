"""Facial hair: stubble, moustache, goatee, beards; short strands that leave the skin of lip, chin and cheeks.

On the lip hair parts to the sides, on the cheeks it runs down and forward, on the neck down; what is long falls and
gathers to locks.
"""

import numpy as np
from jaxtyping import Float

from assets.ground import Ground, Plot
from assets.locks import DOWN, unit
from assets.person import BeardSpec
from assets.scalp import beard_density, step

STYLES = {"none": 0.0, "stubble": 0.8, "moustache": 1.0, "goatee": 1.0, "short": 0.85, "full": 0.9}
"""Style -> share of the seeds that come up where a beard is dense."""
SHAVEN = BeardSpec("none", 0.0, 0.0, 0.0, 0.0, 0.0, 0)
"""No facial hair."""

_POINTS = 5


def grow_beard(
    spec: BeardSpec, plot: Plot, ground: Ground, size: float
) -> tuple[Float[np.ndarray, "k m 3"], Float[np.ndarray, "k m"]]:
    """Return the strands in `head`, root to tip, and their radii; see `assets.hair.grow_hair`."""
    rng = np.random.default_rng([spec.seed, 4])
    density = beard_density(spec, plot.at)
    chosen = np.flatnonzero(rng.random(len(density)) < density * STYLES[spec.style])
    # The lip's field is small, and its hair the densest: three strands about every seed.
    on_lip = (plot.at.base_head[chosen, 1] < 0.066) & (plot.at.base_head[chosen, 2] < 0.01)
    chosen = np.repeat(chosen, np.where(on_lip & (spec.length_m > 0.004), 3, 1))
    x, y, z = plot.at.base_head[chosen].T
    roots, normals = plot.on(ground.vertices, chosen), unit(plot.on(ground.normals, chosen))
    lip = step(y, 0.066, 0.060) * step(z, 0.01, 0.0)
    aside = rng.normal(0.0, 0.0007, roots.shape) * lip[:, None]
    roots = roots + aside - np.einsum("ki,ki->k", aside, normals)[:, None] * normals
    chin = step(y, 0.085, 0.10) * step(z, 0.02, 0.0)
    length = spec.length_m * size * rng.uniform(0.6, 1.1, len(chosen))
    if spec.style in ("full", "short", "goatee"):
        # Longest on the chin; on the lip it is trimmed, or it would hang over the mouth.
        length = np.minimum(length * (0.55 + 0.45 * chin), np.where(lip > 0.5, 0.009, np.inf))
    length = np.minimum(length, np.where(lip > 0.5, 0.012, np.inf))
    comb = np.stack([np.zeros(len(x)), np.ones(len(x)), -0.35 * step(z, 0.0, 0.04)], 1)
    aside = np.stack([1.3 * np.tanh(x / 0.004), np.full(len(x), 0.75), np.zeros(len(x))], 1)
    comb = lip[:, None] * aside + (1 - lip[:, None]) * comb + rng.normal(0.0, 0.22, (len(x), 3))
    comb = unit(comb - np.einsum("ki,ki->k", comb, normals)[:, None] * normals)
    lift = 0.45 if spec.length_m < 0.004 else 0.32
    direction = unit(comb * (1 - lift) + normals * lift)
    stride = (length / (_POINTS - 1))[:, None]
    falls = (1 - np.exp(-stride / 0.03)) * (1 - 0.6 * lip[:, None])
    wild = rng.normal(0.0, 1.0, (len(x), 3))
    points = [roots]
    for i in range(1, _POINTS):
        turn = np.sin(2.2 * i + wild) * wild[:, ::-1] * 0.16
        direction = unit(direction * (1 - falls) + (DOWN + normals * 0.25) * falls + turn)
        place = points[-1] + direction * stride
        above = np.einsum("ki,ki->k", place - roots, normals)
        points.append(place + normals * np.clip(0.0005 - above, 0.0, 0.003)[:, None])
    t = np.linspace(0, 1, _POINTS)
    radius = (0.00014 if spec.style == "stubble" else 0.00022) * rng.uniform(0.7, 1.2, len(chosen))
    return np.stack(points, 1), np.asarray(radius[:, None] * (1 - 0.7 * t**2))
