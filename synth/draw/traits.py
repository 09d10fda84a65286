"""Who is in the picture: age, gender, ancestry, build, and the personal shape of the head."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np

from assets.head import load_head
from synth.draw.chance import draw_normal, draw_yes, shifted
from synth.ranges.subject import FaceRanges, SubjectRanges


@dataclass(frozen=True)
class Traits:
    """What the draws of all parts of one person share."""

    age_years: float
    gender_female: float
    african: float
    asian: float
    caucasian: float
    weight: float
    muscle: float

    @property
    def female(self) -> bool:
        """Whether the person counts as a woman for make-up and the like."""
        return self.gender_female > 0.5

    def years_above(self, age_years: float) -> float:
        """Return by how many years the person is older than an age, at least 0."""
        return max(self.age_years - age_years, 0.0)


def draw_traits(rng: np.random.Generator, ranges: SubjectRanges) -> Traits:
    """Return a person's traits; the head's gender is continuous, most people being near one of its ends."""
    age = draw_normal(rng, ranges.age_years)
    female = draw_yes(rng, ranges.female_probability)
    lean = float(rng.beta(1.2, ranges.gender_purity))
    mix = rng.dirichlet([ranges.ancestry_concentration] * 3)
    return Traits(
        age_years=age,
        gender_female=1 - lean if female else lean,
        african=float(mix[0]),
        asian=float(mix[1]),
        caucasian=float(max(1 - mix[0] - mix[1], 0.0)),
        weight=draw_normal(rng, ranges.face.weight),
        muscle=draw_normal(rng, ranges.face.muscle),
    )


def draw_interpupillary(rng: np.random.Generator, ranges: FaceRanges, traits: Traits) -> float:
    """Return the distance of the rotation centres: a little less in women, and in children until 18."""
    apart = shifted(ranges.interpupillary_m, ranges.interpupillary_female_m * (traits.gender_female - 0.5))
    return draw_normal(rng, apart) * (1 - ranges.interpupillary_child_per_year * max(18 - traits.age_years, 0.0))


def target_names(pattern: str) -> Iterator[tuple[str | None, str]]:
    """Yield the (negative, positive) targets of a pattern, one pair or the left and the right one.

    `nose/nose-hump-decr|incr` names one pair; a `?` stands for l, then r.  A target without a counterpart has no
    negative.
    """
    for side in ("l", "r") if "?" in pattern else ("",):
        first, bar, last = pattern.replace("?", side).partition("|")
        yield (first, first[: first.rindex("-") + 1] + last) if bar else (None, first)


def draw_factors(rng: np.random.Generator, ranges: FaceRanges) -> dict[str, float]:
    """Return a standard normal for each factor that several of the head's shapes share."""
    return {name: float(np.clip(rng.standard_normal(), -2.5, 2.5)) for name in ranges.shape_factors}


def draw_shape(
    rng: np.random.Generator, ranges: FaceRanges, factors: Mapping[str, float], gender_female: float
) -> tuple[tuple[str, float], ...]:
    """Return local targets with positive weights: what all have, and some of the pairs, each to one of its sides.

    Args:
        rng: Of the person.
        ranges: The pairs, and how they correlate with the factors.
        factors: From `draw_factors`.
        gender_female: From 0, a man, to 1; moves the means.
    """
    shape = list(ranges.shape_mean.items())
    for pattern, sd in ranges.shape_sd.items():
        # Drawn for every pattern, so that leaving one out does not change the others of the same person.
        present = draw_yes(rng, ranges.shape_probability)
        own, difference = rng.standard_normal(2)
        mean = gender_female * ranges.shape_female.get(pattern, 0.0)
        mean += (1 - gender_female) * ranges.shape_male.get(pattern, 0.0)
        if not present and mean == 0:
            continue
        loads = {name: ranges.shape_factors[name].get(pattern, 0.0) for name in factors}
        shared = sum(load * factors[name] for name, load in loads.items())
        common = shared + sqrt(max(1 - sum(load**2 for load in loads.values()), 0.0)) * own
        for sign, (negative, positive) in zip((0.5, -0.5), target_names(pattern), strict=False):
            aside = sign * ranges.asymmetry_sd * difference if "?" in pattern else 0.0
            own_weight = sd * common + aside if present else 0.0
            weight = float(np.clip(mean + own_weight, -ranges.shape_limit, ranges.shape_limit))
            target = positive if weight > 0 else negative
            if target is not None:
                shape.append((target, abs(weight)))
    return tuple(shape)


def draw_unevenness(rng: np.random.Generator, ranges: FaceRanges) -> tuple[tuple[str, float], ...]:
    """Return the head's own asymmetries, each on the left, on the right or not at all."""
    if ranges.uneven_sd == 0:
        return ()
    shape = []
    for name in (target for target in load_head().targets if target.startswith("asym/") and target.endswith("-l")):
        weight = ranges.uneven_sd * float(np.clip(rng.standard_normal(), -2.5, 2.5))
        shape.append((name if weight > 0 else name[:-1] + "r", abs(weight)))
    return tuple(shape)
