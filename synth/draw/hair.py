"""Hair of the head and beards: style by gender and ancestry, hairline and baldness by gender and age."""

from collections.abc import Mapping

import numpy as np

from assets.beard import SHAVEN
from assets.hair import BALD
from assets.person import BeardSpec, ScalpHairSpec
from synth.draw.chance import clip01, draw_normal, draw_seed, draw_uniform, draw_yes, normal_at, shifted
from synth.draw.traits import Traits
from synth.ranges.hair import BeardRanges, ScalpHairRanges

HANGING = ("medium", "long", "bob", "swept", "short")
CROPPED = ("shaved", "crew", "short")
BALDING = 0.3
"""Above this baldness a man's hair is cropped."""


def draw_scalp_hair(rng: np.random.Generator, ranges: ScalpHairRanges, traits: Traits) -> ScalpHairSpec:
    """Return the hair of the head.  Every person takes the same numbers from `rng`, whatever they come to."""
    style = _draw_style(rng, ranges.shares_female if traits.female else ranges.shares_male)
    curl = _curl(rng, ranges, traits)
    straightened = draw_yes(rng, ranges.straightened_probability) and traits.female
    straight_to = float(rng.uniform(0.05, 0.3))
    z = float(rng.standard_normal())
    recession = draw_normal(rng, shifted(ranges.recession, ranges.recession_per_year * (traits.age_years - 30)))
    baldness = normal_at(shifted(ranges.baldness, ranges.baldness_per_year * (traits.age_years - 30)), z)
    male = not traits.female and traits.age_years > 20
    recession = recession if male else 0.25 * recession
    baldness = clip01(baldness) if male else 0.0
    cropped = CROPPED[int(rng.integers(len(CROPPED)))]
    if style == "bald":
        return BALD
    if baldness > BALDING and style not in CROPPED:
        style = cropped
    if curl > ranges.coily and style in HANGING:
        if straightened:
            curl = straight_to
        else:
            style = "afro"
    elif style == "afro" and curl < 0.45:
        style = "medium"
    length = draw_uniform(rng, ranges.length_m[style])
    fringed = draw_yes(rng, ranges.fringe_probability_female if traits.female else ranges.fringe_probability_male)
    fringe = draw_uniform(rng, ranges.fringe)
    return ScalpHairSpec(
        style=style,
        length_m=length,
        curl=curl,
        volume=draw_uniform(rng, ranges.volume),
        parting=draw_normal(rng, ranges.parting),
        fringe=fringe if fringed and style in ("medium", "long", "bob") else 0.0,
        hairline_up_m=draw_normal(rng, ranges.hairline_up_m),
        recession=recession,
        baldness=baldness,
        density=draw_uniform(rng, ranges.density) * (1 - 0.004 * traits.years_above(50)),
        seed=draw_seed(rng),
    )


def draw_beard(rng: np.random.Generator, ranges: BeardRanges, traits: Traits, grey: float) -> BeardSpec:
    """Return the beard of a man whose hair is grey by `grey`; women and boys have none."""
    style = _draw_style(rng, ranges.shares)
    if traits.female or traits.age_years < 17 or style == "none":
        return SHAVEN
    if traits.age_years < 20:
        style = "stubble"
    ahead = draw_uniform(rng, ranges.grey_ahead)
    return BeardSpec(
        style=style,
        length_m=draw_uniform(rng, ranges.length_m[style]),
        density=draw_uniform(rng, ranges.density),
        patchiness=draw_uniform(rng, ranges.patchiness),
        cheek_down_m=draw_normal(rng, ranges.cheek_down_m),
        grey=clip01(grey + ahead * min(1.0, 20 * grey)),
        seed=draw_seed(rng),
    )


def _draw_style(rng: np.random.Generator, shares: Mapping[str, float]) -> str:
    weights = np.array(list(shares.values()))
    return str(rng.choice(list(shares), p=weights / weights.sum()))


def _curl(rng: np.random.Generator, ranges: ScalpHairRanges, traits: Traits) -> float:
    z = float(np.clip(rng.standard_normal(), -2.5, 2.5))
    kinds = (ranges.curl_african, ranges.curl_asian, ranges.curl_caucasian)
    parts = (traits.african, traits.asian, traits.caucasian)
    return clip01(sum(part * normal_at(kind, z) for part, kind in zip(parts, kinds, strict=True)))
