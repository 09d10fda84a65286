"""Who is in the picture: age, gender, ancestry, build, and the personal shape of the head."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

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
    lean = float(rng.beta(1.2, 6.0))
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


def target_names(pattern: str) -> Iterator[tuple[str, str]]:
    """Yield the (negative, positive) targets of a pattern, one pair or the left and the right one.

    `nose/nose-hump-decr|incr` names one pair; a `?` stands for l, then r.
    """
    for side in ("l", "r") if "?" in pattern else ("",):
        first, _, last = pattern.replace("?", side).partition("|")
        yield first, first[: first.rindex("-") + 1] + last


def draw_shape(rng: np.random.Generator, ranges: FaceRanges) -> tuple[tuple[str, float], ...]:
    """Return local targets with positive weights: a few of the pairs, each to one of its sides."""
    shape = []
    for pattern, sd in ranges.shape_sd.items():
        # Drawn for every pattern, so that leaving one out does not change the others of the same person.
        present = draw_yes(rng, ranges.shape_probability)
        common, difference = rng.standard_normal(2)
        if not present:
            continue
        for sign, (negative, positive) in zip((0.5, -0.5), target_names(pattern), strict=False):
            aside = sign * ranges.asymmetry_sd * difference if "?" in pattern else 0.0
            weight = float(np.clip(sd * common + aside, -ranges.shape_limit, ranges.shape_limit))
            shape.append((positive if weight > 0 else negative, abs(weight)))
    return tuple(shape)
