"""Lashes: tapered, curled hairs in two to three rows along the outer edge of a lid margin.

Frame `head`, metres.  Each hair leaves the margin outwards and a little towards the opening, then curls away from it:
in the plane of `outward` and `up` its tangent turns from -dip to curl - dip.  Along the margin (t = 0 at the inner, 1
at the outer canthus) hairs fan out to both sides and are longest temporally.  None grow along the nasal eighth, where
the tear point is.
Neighbours cluster: hairs of a clump bend towards its leader, most at their tips, as wet or painted lashes do.

`up` is the direction away from the opening: to the brow for the upper lid, to the cheek for the lower one.  What a hair
is depends on its spec alone, and not on where the lid is: lashes keep their shape while the lid moves.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from assets.person import LashSpec

POINTS = 7
"""Points of a hair, root to tip."""
FIRST, LAST = 0.13, 0.985
"""Part of the margin that bears lashes."""
_ROW_GAP_M = 0.35e-3
_LOWER_CURL = 0.7
_LOWER_RADIUS = 0.7
_TIP = 0.12


class _Hairs(NamedTuple):
    """Per hair (n,): place along the margin, way off it, and the numbers of its curve."""

    t: np.ndarray
    row_m: np.ndarray
    dip_rad: np.ndarray
    curl_rad: np.ndarray
    side_rad: np.ndarray
    length_m: np.ndarray


def grow_lashes(
    spec: LashSpec,
    margin_head: Float[np.ndarray, "k 3"],
    outward_head: Float[np.ndarray, "k 3"],
    up_head: Float[np.ndarray, "k 3"],
    *,
    upper: bool,
) -> tuple[Float[np.ndarray, "n m 3"], Float[np.ndarray, "n m"]]:
    """Return the hairs of one lid as points, root to tip, and their radii.

    Args:
        spec: The lashes of this eye.
        margin_head: Outer edge of the lid margin, from the inner to the outer canthus.
        outward_head: Unit vectors there, away from the eye.
        up_head: Unit vectors there, away from the opening.
        upper: Which lid.
    """
    rng = np.random.default_rng([spec.seed, int(upper)])
    count = spec.upper_count if upper else spec.lower_count
    hairs = _draw_hairs(rng, spec, count, upper)
    leaders = _leaders(rng, hairs, spec, upper)
    edge = (margin_head, outward_head, up_head)
    points, towards = _curves(hairs, *edge), _curves(leaders, *edge)
    step = np.linspace(0.0, 1.0, POINTS)
    # Never quite together, and the less the more a hair stands apart.
    pull = spec.clumping * rng.uniform(0.5, 0.9, count)
    weight = pull[:, None] * step**1.3
    points = points + weight[..., None] * (towards - points)
    # Lower lashes are finer as well as shorter.
    thickness = spec.radius_m * (1.0 if upper else _LOWER_RADIUS)
    radius = thickness * rng.uniform(0.8, 1.15, count)[:, None] * (1 - (1 - _TIP) * step**1.6)
    return points, radius


def _draw_hairs(rng: np.random.Generator, spec: LashSpec, count: int, upper: bool) -> _Hairs:
    """Draw every hair: spread evenly but for jitter and some gaps, in two or three rows."""
    even = (np.arange(count) + rng.uniform(-0.45, 0.45, count) + 0.5) / max(count, 1)
    # Density has soft waves, so that gaps and thickets come about without holes.
    phase = rng.uniform(0, 2 * np.pi, 2)
    even = even + 0.012 * np.sin(2 * np.pi * 4 * even + phase[0]) + 0.008 * np.sin(2 * np.pi * 9 * even + phase[1])
    t = np.clip(FIRST + (LAST - FIRST) * even, FIRST, LAST)
    rows = rng.integers(0, 3 if upper else 2, count)
    mean_m = spec.upper_length_m if upper else spec.lower_length_m
    growth = np.where(rng.random(count) < 0.1, rng.uniform(0.4, 0.8, count), rng.normal(1.0, 0.09, count))
    curl = spec.curl_rad * (1.0 if upper else _LOWER_CURL)
    return _Hairs(
        t=t,
        row_m=rows * _ROW_GAP_M + rng.uniform(0, 0.1e-3, count),
        dip_rad=rng.normal(0.25, 0.10, count) - 0.12 * rows,
        curl_rad=curl * rng.normal(1.0, 0.12, count),
        side_rad=_fan(t) + rng.normal(0.0, 0.10, count),
        length_m=mean_m * _profile(t) * np.clip(growth, 0.35, 1.3),
    )


def _leaders(rng: np.random.Generator, hairs: _Hairs, spec: LashSpec, upper: bool) -> _Hairs:
    """Return for every hair the leader of its clump: one for two to six neighbours."""
    count = len(hairs.t)
    clumps = max(1, round(count / (2 + 4 * spec.clumping)))
    centres = FIRST + (LAST - FIRST) * (np.arange(clumps) + rng.uniform(0.2, 0.8, clumps)) / clumps
    near = np.argmin(np.abs(hairs.t[:, None] - centres), axis=1) if count else np.zeros(0, int)
    mean_m = spec.upper_length_m if upper else spec.lower_length_m
    curl = spec.curl_rad * (1.0 if upper else _LOWER_CURL) * rng.normal(1.0, 0.10, clumps)
    leaders = _Hairs(
        t=centres,
        row_m=np.full(clumps, _ROW_GAP_M / 2),
        dip_rad=rng.normal(0.2, 0.08, clumps),
        curl_rad=curl,
        side_rad=_fan(centres) + rng.normal(0.0, 0.14, clumps),
        length_m=mean_m * _profile(centres),
    )
    # A short hair reaches its leader's curve at its own length, not at the leader's tip.
    return _Hairs(*(values[near] for values in leaders))._replace(length_m=hairs.length_m)


def _fan(t: np.ndarray) -> np.ndarray:
    """Sideways lean: nasal hairs to the nose, temporal hairs away from it, the latter more."""
    across = 2 * t - 1
    return 0.55 * across + 0.20 * np.maximum(across, 0.0) ** 2


def _profile(t: np.ndarray) -> np.ndarray:
    """Length against the mean: short at the nose, longest at two thirds."""
    return np.asarray(0.55 + 0.60 * np.exp(-(((t - 0.68) / 0.36) ** 2)))


def _curves(
    hairs: _Hairs,
    margin_head: Float[np.ndarray, "k 3"],
    outward_head: Float[np.ndarray, "k 3"],
    up_head: Float[np.ndarray, "k 3"],
) -> Float[np.ndarray, "n m 3"]:
    """Return each hair's points in `head`: its tangent summed over POINTS - 1 equal steps."""
    steps = np.linalg.norm(np.diff(margin_head, axis=0), axis=1)
    place = np.concatenate([[0.0], np.cumsum(steps)]) / steps.sum()
    root = _at(hairs.t, place, margin_head)
    outward = _unit(_at(hairs.t, place, outward_head))
    up = _at(hairs.t, place, up_head)
    up = _unit(up - np.sum(up * outward, axis=1, keepdims=True) * outward)
    along = _at(np.clip(hairs.t + 0.01, 0, 1), place, margin_head) - _at(
        np.clip(hairs.t - 0.01, 0, 1), place, margin_head
    )
    along = along - sum(np.sum(along * axis, axis=1, keepdims=True) * axis for axis in (outward, up))
    along = _unit(along)
    middle = (np.arange(POINTS - 1) + 0.5) / (POINTS - 1)
    turn = -hairs.dip_rad[:, None] + hairs.curl_rad[:, None] * middle**0.8
    level = np.cos(hairs.side_rad)[:, None]
    tangent = (
        (level * np.cos(turn))[..., None] * outward[:, None]
        + (level * np.sin(turn))[..., None] * up[:, None]
        + np.sin(hairs.side_rad)[:, None, None] * along[:, None]
    )
    points = np.cumsum(hairs.length_m[:, None, None] / (POINTS - 1) * tangent, axis=1)
    start = root + hairs.row_m[:, None] * up
    return np.concatenate([start[:, None], start[:, None] + points], axis=1)


def _at(t: np.ndarray, place: np.ndarray, values: Float[np.ndarray, "k 3"]) -> Float[np.ndarray, "n 3"]:
    """Return vectors interpolated along the margin."""
    return np.stack([np.interp(t, place, values[:, axis]) for axis in range(3)], axis=1)


def _unit(v: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-12)
