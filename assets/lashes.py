"""Lashes: tapered, curled hairs in two to three rows along the outer edge of a lid margin.

Frame `head`, metres.  Each hair leaves the margin outwards and a little towards the opening, then curls away from it:
in the plane of `outward` and `up` its tangent turns from -dip to curl - dip.  Along the margin (t = 0 at the inner, 1
at the outer canthus) hairs fan out to both sides and are longest temporally.  None grow along the nasal eighth, where
the tear point is.
Neighbours cluster in twos to fives: hairs of a clump bend towards its leader, most at their tips.

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
_LOWER_CURL = 0.8
_DIP_RAD, _LOWER_DIP_RAD = 0.42, 0.20
_LOWER_RADIUS = 0.7
_TIP = 0.10


class _Hairs(NamedTuple):
    """Per hair (n,): place along the margin, way off it, and the numbers of its curve."""

    t: np.ndarray
    row_m: np.ndarray
    dip_rad: np.ndarray
    curl_rad: np.ndarray
    curling: np.ndarray
    """Where a hair curls: below 1 near its root, above 1 near its tip."""
    side_rad: np.ndarray
    sway_rad: np.ndarray
    """How far it turns aside on its way."""
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
    leaders, pull = _leaders(rng, hairs, spec, upper)
    edge = (margin_head, outward_head, up_head)
    points, towards = _curves(hairs, *edge), _curves(leaders, *edge)
    step = np.linspace(0.0, 1.0, POINTS)
    weight = pull[:, None] * step**1.3
    points = points + weight[..., None] * (towards - points)
    # Lower lashes are finer as well as shorter, and so are those that have just begun to grow.
    young = np.clip(hairs.length_m / (0.8 * (spec.upper_length_m if upper else spec.lower_length_m)), 0.6, 1.0)
    thickness = spec.radius_m * (1.0 if upper else _LOWER_RADIUS) * young
    radius = (thickness * rng.uniform(0.85, 1.2, count))[:, None] * (1 - (1 - _TIP) * step**1.4)
    return points, radius


def _draw_hairs(rng: np.random.Generator, spec: LashSpec, count: int, upper: bool) -> _Hairs:
    """Draw every hair: spread unevenly, in two or three rows, short new ones among the long."""
    even = (np.arange(count) + rng.uniform(-0.8, 0.8, count) + 0.5) / max(count, 1)
    # Density has soft waves, so that gaps and thickets come about without holes.
    phase = rng.uniform(0, 2 * np.pi, 3)
    for size, waves, begin in zip((0.012, 0.010, 0.006), (4, 9, 17), phase, strict=True):
        even = even + size * np.sin(2 * np.pi * waves * even + begin)
    t = np.sort(np.clip(FIRST + (LAST - FIRST) * even, FIRST, LAST))
    rows = rng.integers(0, 3 if upper else 2, count)
    mean_m = spec.upper_length_m if upper else spec.lower_length_m
    # Most are full-grown; the others, a fifth and a tenth, are on their way or have just come through.
    growth = rng.normal(1.03, 0.08, count)
    phase_of_growth = rng.random(count)
    growth = np.where(phase_of_growth < 0.30, rng.uniform(0.60, 0.95, count), growth)
    growth = np.where(phase_of_growth < 0.10, rng.uniform(0.30, 0.60, count), growth)
    curl = spec.curl_rad * (1.0 if upper else _LOWER_CURL)
    return _Hairs(
        t=t,
        row_m=rows * _ROW_GAP_M + rng.uniform(0, 0.1e-3, count),
        dip_rad=rng.normal(_DIP_RAD if upper else _LOWER_DIP_RAD, 0.13, count) - 0.12 * rows,
        curl_rad=curl * rng.normal(1.0, 0.18, count),
        curling=rng.uniform(0.6, 1.3, count),
        side_rad=_fan(t) + rng.normal(0.0, 0.16, count),
        sway_rad=rng.normal(0.0, 0.22, count) + 0.25 * _fan(t),
        length_m=mean_m * _profile(t) * np.clip(growth, 0.3, 1.3),
    )


def _leaders(
    rng: np.random.Generator, hairs: _Hairs, spec: LashSpec, upper: bool
) -> tuple[_Hairs, Float[np.ndarray, " n"]]:
    """Return for every hair the leader of its clump, and how much it yields to it.

    Clumps are of one to five neighbours; some hold together to the tip, others hardly.
    """
    count = len(hairs.t)
    sizes = 1 + rng.binomial(4, 0.25 + 0.5 * spec.clumping, count)
    clump = np.repeat(np.arange(count), sizes)[:count]
    clumps = int(clump[-1]) + 1 if count else 0
    members = np.bincount(clump, minlength=clumps)
    centres = np.bincount(clump, hairs.t, clumps) / np.maximum(members, 1)
    mean_m = spec.upper_length_m if upper else spec.lower_length_m
    leaders = _Hairs(
        t=centres,
        row_m=np.full(clumps, _ROW_GAP_M / 2),
        dip_rad=rng.normal(_DIP_RAD if upper else _LOWER_DIP_RAD, 0.10, clumps) - 0.1,
        curl_rad=spec.curl_rad * (1.0 if upper else _LOWER_CURL) * rng.normal(1.0, 0.15, clumps),
        curling=rng.uniform(0.7, 1.2, clumps),
        side_rad=_fan(centres) + rng.normal(0.0, 0.18, clumps),
        sway_rad=rng.normal(0.0, 0.2, clumps) + 0.25 * _fan(centres),
        length_m=mean_m * _profile(centres),
    )
    held = spec.clumping**0.7 * rng.beta(1.0 + 2.0 * spec.clumping, 0.7, clumps)
    # Never quite together, and the less the more a hair stands apart.
    pull = np.where(members > 1, held, 0.0)[clump] * rng.uniform(0.75, 1.0, count)
    # A short hair reaches its leader's curve at its own length, not at the leader's tip.
    return _Hairs(*(values[clump] for values in leaders))._replace(length_m=hairs.length_m), pull


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
    turn = -hairs.dip_rad[:, None] + hairs.curl_rad[:, None] * middle ** hairs.curling[:, None]
    side = hairs.side_rad[:, None] + hairs.sway_rad[:, None] * middle
    level = np.cos(side)
    tangent = (
        (level * np.cos(turn))[..., None] * outward[:, None]
        + (level * np.sin(turn))[..., None] * up[:, None]
        + np.sin(side)[..., None] * along[:, None]
    )
    points = np.cumsum(hairs.length_m[:, None, None] / (POINTS - 1) * tangent, axis=1)
    start = root + hairs.row_m[:, None] * up
    return np.concatenate([start[:, None], start[:, None] + points], axis=1)


def _at(t: np.ndarray, place: np.ndarray, values: Float[np.ndarray, "k 3"]) -> Float[np.ndarray, "n 3"]:
    """Return vectors interpolated along the margin."""
    return np.stack([np.interp(t, place, values[:, axis]) for axis in range(3)], axis=1)


def _unit(v: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-12)
