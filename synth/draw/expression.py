"""What face and lids do in one picture: moves that go with squint and gaze, and a named expression in them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from assets.expressions import NEUTRAL, blended, expression, lids_of
from assets.person import ExpressionSpec
from synth.draw.chance import Pair, clip01, draw_normal, draw_uniform, draw_yes
from synth.ranges.expression import ExpressionRanges
from synth.ranges.eye import LidState

_SIDES = ("Left", "Right")


@dataclass(frozen=True)
class Expression:
    """What the face and the lids do in one picture."""

    face: ExpressionSpec
    blink: Pair
    squint: Pair


def draw_expression(
    rng: np.random.Generator, ranges: ExpressionRanges, state: LidState, gaze_pitch_head_rad: float
) -> Expression:
    """Return lids and face; an expression adds to what lids, cheeks and brows do by themselves."""
    blink, squint = _draw_lids(rng, state)
    habit = _draw_habit(rng, ranges, squint, gaze_pitch_head_rad)
    face = blended(habit, _draw_named(rng, ranges))
    blinks, squints = [], []
    for i, side in enumerate(("left", "right")):
        closing, squeezing = lids_of(face, side)
        blinks.append(clip01(blink[i] + closing * (1 - blink[i])))
        squints.append(min(max(squint[i] + squeezing, -1.0), 1.0))
    return Expression(face, Pair(*blinks), Pair(*squints))


def _draw_lids(rng: np.random.Generator, state: LidState) -> tuple[Pair, Pair]:
    """Return blink and squint of both eyes."""
    closing = draw_yes(rng, state.closing_probability)
    blink = draw_uniform(rng, state.closing) if closing else abs(state.blink_sd * float(rng.standard_normal()))
    uneven = state.blink_asymmetry * float(rng.standard_normal())
    squint = draw_normal(rng, state.squint)
    bounds = state.squint
    apart = 0.5 * state.squint_asymmetry * float(rng.standard_normal())
    squints = Pair(*(min(max(squint + by, bounds.low), bounds.high) for by in (apart, -apart)))
    return Pair(clip01(blink * (1 + 0.5 * uneven)), clip01(blink * (1 - 0.5 * uneven))), squints


def _draw_habit(
    rng: np.random.Generator, ranges: ExpressionRanges, squint: Pair, gaze_pitch_head_rad: float
) -> ExpressionSpec:
    """Return what every face does: cheeks and frown go with the squint, the brows rise with the gaze."""
    smile, jaw = draw_normal(rng, ranges.smile), draw_normal(rng, ranges.jaw_open)
    brow_up, frown, sneer = (draw_normal(rng, n) for n in (ranges.brow_up, ranges.frown, ranges.sneer))
    lifted = brow_up + ranges.brow_up_per_rad * max(gaze_pitch_head_rad, 0.0)
    cheeks = [ranges.cheek_per_squint * max(s, 0.0) + 0.3 * max(smile, 0.0) for s in squint]
    frowns = [frown + ranges.frown_per_squint * max(s, 0.0) for s in squint]
    units = {"browInnerUp": lifted, "browOuterUpLeft": 0.7 * lifted, "browOuterUpRight": 0.7 * lifted, "jawOpen": jaw}
    for side, cheek, drawn in zip(_SIDES, cheeks, frowns, strict=True):
        units |= {f"cheekSquint{side}": cheek, f"browDown{side}": drawn}
        units |= {f"mouthSmile{side}": smile, f"noseSneer{side}": sneer}
    return ExpressionSpec(NEUTRAL.name, tuple((unit, clip01(weight)) for unit, weight in units.items()))


def _draw_named(rng: np.random.Generator, ranges: ExpressionRanges) -> ExpressionSpec:
    """Return one expression, sometimes two, each unit a little off the book and the two sides a little uneven."""
    strength = draw_uniform(rng, ranges.strength)
    first = expression(_choose(rng, ranges.shares), strength)
    second = expression(_choose(rng, ranges.shares), strength * draw_uniform(rng, ranges.second_strength))
    made = blended(first, second) if draw_yes(rng, ranges.second_probability) else first
    lean = 0.5 * ranges.unevenness_sd * float(np.clip(rng.standard_normal(), -2, 2))
    weights = []
    for unit, weight in made.weights:
        factor = 1 + ranges.unit_sd * float(np.clip(rng.standard_normal(), -2, 2))
        factor *= 1 + lean if unit.endswith("Left") else 1 - lean if unit.endswith("Right") else 1.0
        weights.append((unit, clip01(weight * factor)))
    return ExpressionSpec(made.name, tuple(weights))


def _choose(rng: np.random.Generator, shares: Mapping[str, float]) -> str:
    """Return a name by its share."""
    names = sorted(shares)
    parts = np.cumsum([shares[name] for name in names])
    return names[int(np.searchsorted(parts, float(rng.random()) * parts[-1], side="right"))]
