"""Hair drawn back and tied: over the skull to a knot, and from there a tail or a bun."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from assets.ground import Ground
from assets.locks import DOWN, along, curl, unit
from assets.person import ScalpHairSpec


@dataclass(frozen=True)
class Knot:
    """Where hair is tied: a place behind the head, the way out of the head there, and the skull's middle."""

    place: Float[np.ndarray, "3"]
    out: Float[np.ndarray, "3"]
    middle: Float[np.ndarray, "3"]


def tie(roots: Float[np.ndarray, "g 3"], ground: Ground, size: float, rng: np.random.Generator) -> Knot:
    """Draw how high hair is tied."""
    middle = roots.mean(0)
    rise = rng.uniform(-0.2, 0.9)
    aim = np.array([0.0, -np.sin(rise), np.cos(rise)])
    foot, out = (found[0] for found in ground.under((middle + 0.15 * size * aim)[None]))
    return Knot(foot + 0.008 * size * out, out, middle)


def drawn_back(
    count: int, ground: Ground, roots: Float[np.ndarray, "g 3"], knot: Knot, volume: float
) -> tuple[Float[np.ndarray, "g m 3"], tuple[Float[np.ndarray, "g m 3"], Float[np.ndarray, "g m 3"]]]:
    """Return guides that run over the skull to the knot, and the tangent planes of the skin under them."""
    start, end = roots - knot.middle, knot.place - knot.middle
    far, near = np.linalg.norm(start, axis=1), np.linalg.norm(end)
    turn = np.arccos(np.clip(start @ end / (far * near), -0.999, 0.999))[:, None]
    points, feet, outs = [roots], [roots], [unit(start)]
    for i in range(1, count):
        t = i / (count - 1)
        between = (np.sin((1 - t) * turn) * unit(start) + np.sin(t * turn) * unit(end)[None]) / np.sin(turn)
        place = knot.middle + between * (far * (1 - t) + near * t)[:, None]
        foot, out = ground.under(place)
        above = np.einsum("gi,gi->g", place - foot, out)
        # Strands that come from further lie on those that grew nearer to the knot.
        clear = 0.0015 + (0.003 + 0.008 * volume) * np.sin(np.pi * t) * np.minimum(turn[:, 0], 1.5)
        points.append(place + out * (clear - above)[:, None] * (1 - t**6))
        feet.append(foot)
        outs.append(out)
    return np.stack(points, 1), (np.stack(feet, 1), np.stack(outs, 1))


def tail(
    spec: ScalpHairSpec, shape: tuple[int, int], knot: Knot, ground: Ground, rng: np.random.Generator
) -> Float[np.ndarray, "k m 3"]:
    """Return what hangs from the knot: a bundle about one curve, pinched at both ends."""
    k, m = shape
    stride = spec.length_m / (m - 1)
    place, direction = knot.place, unit(knot.out + np.array([0.0, -0.35, 0.2]))
    falls = 1 - np.exp(-stride / (0.045 * (1 + 2 * spec.curl)))
    curve = [place]
    for _ in range(1, m):
        direction = unit(direction * (1 - falls) + DOWN * falls)
        place = place + direction * stride
        foot, out = (found[0] for found in ground.under(place[None]))
        place = place + out * max(0.018 - (place - foot) @ out, 0.0)
        direction = unit(place - curve[-1])
        curve.append(curve[-1] + direction * stride)
    line = np.stack(curve)
    tangent = unit(np.gradient(line, axis=0))
    across = np.array([1.0, 0.0, 0.0])
    over = unit(np.cross(tangent, across))
    t = np.linspace(0, 1, m)
    wide = (0.016 + 0.012 * spec.volume + 0.025 * spec.curl**2) * np.sqrt(np.sin(np.pi * np.clip(0.06 + 0.9 * t, 0, 1)))
    aim = rng.normal(0.0, 0.6, (k, 2))
    aim = aim / np.maximum(np.linalg.norm(aim, axis=1, keepdims=True), 1.0)
    share = rng.uniform(0.75, 1.0, k)
    points = line + (wide * aim[:, :1])[..., None] * across + (wide * aim[:, 1:])[..., None] * over
    points = along(points, share[:, None] * (t * (m - 1)))
    locks = 40
    return curl(spec, points, spec.length_m * share[:, None] * t, rng.integers(locks, size=k), locks, rng)


def bun(
    spec: ScalpHairSpec, shape: tuple[int, int], knot: Knot, size: float, rng: np.random.Generator
) -> Float[np.ndarray, "k m 3"]:
    """Return what is wound up behind the knot: arcs about the way out of the head, one over the other."""
    k, m = shape
    radius = size * (0.020 + 0.16 * spec.length_m)
    centre = knot.place + knot.out * 0.55 * radius
    axis = unit(knot.out + rng.normal(0.0, 0.35, (k, 3)))
    one = unit(np.cross(axis, np.array([0.9, 0.3, 0.1])))
    two = np.cross(axis, one)
    # Latitude on the ball, then a turn and a half at most around it, sinking in at the end.
    rise = rng.uniform(-0.8, 0.95, k)[:, None]
    t = np.linspace(0, 1, m)
    turn = rng.uniform(0, 2 * np.pi, k)[:, None] + rng.uniform(1.5, 3.5, k)[:, None] * t
    shell = radius * rng.uniform(0.6, 1.0, k)[:, None] * (1 - 0.25 * (2 * t - 1) ** 4)
    level = np.sqrt(1 - rise**2)
    points = (
        (level * np.cos(turn) * shell)[..., None] * one[:, None]
        + (level * np.sin(turn) * shell)[..., None] * two[:, None]
        + (0.8 * rise * shell)[..., None] * axis[:, None]
        + centre
    )
    return curl(spec, points, np.broadcast_to(0.05 * t, (k, m)), rng.integers(40, size=k), 40, rng)
