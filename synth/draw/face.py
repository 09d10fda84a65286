"""Skin, brows, hair colour, make-up and glasses."""

from dataclasses import dataclass
from math import exp

import numpy as np

from assets.person import BrowSpec, GlassesSpec, HairColour, SkinSpec, Vector3
from synth.draw.chance import (
    clip01,
    draw_normal,
    draw_seed,
    draw_uniform,
    draw_whole,
    draw_yes,
    shifted,
)
from synth.draw.traits import Traits
from synth.ranges.subject import BrowRanges, GlassesRanges, SkinRanges


@dataclass(frozen=True)
class MakeUp:
    """What of make-up a person wears, each 0 to 1."""

    eyeshadow: float
    eyeshadow_hue: float
    eyeliner: float
    mascara: float
    lipstick: float
    lipstick_hue: float
    blush: float


def draw_makeup(rng: np.random.Generator, ranges: SkinRanges, traits: Traits) -> MakeUp:
    """Return the make-up; children under 15 wear none."""
    chance = ranges.makeup_probability_female if traits.female else ranges.makeup_probability_male
    worn = draw_yes(rng, chance) and traits.age_years > 15
    parts = [
        strength if worn and present else 0.0
        for present, strength in [
            (draw_yes(rng, chance_of_part), float(rng.uniform(0.15, 1.0)))
            for chance_of_part in (
                ranges.eyeshadow_probability,
                ranges.eyeliner_probability,
                ranges.mascara_probability,
            )
        ]
    ]
    hue = float(rng.random())
    # After what only eyes show, whose make-up must not depend on whether a mouth is painted.
    lipstick, blush = (
        strength if worn and present else 0.0
        for present, strength in [
            (draw_yes(rng, chance_of_part), float(rng.uniform(0.3, 1.0)))
            for chance_of_part in (ranges.lipstick_probability, ranges.blush_probability)
        ]
    )
    return MakeUp(
        eyeshadow=parts[0],
        eyeshadow_hue=hue,
        eyeliner=parts[1],
        mascara=parts[2],
        lipstick=lipstick,
        lipstick_hue=float(rng.random()),
        blush=blush,
    )


def draw_skin(rng: np.random.Generator, ranges: SkinRanges, traits: Traits, makeup: MakeUp) -> SkinSpec:
    """Return the skin: melanin is the ancestries' mean by their parts, with one deviation for the person."""
    parts = (traits.african, traits.asian, traits.caucasian)
    kinds = (ranges.melanin_african, ranges.melanin_asian, ranges.melanin_caucasian)
    z = float(np.clip(rng.standard_normal(), -2.5, 2.5))
    melanin = sum(
        part * min(max(kind.mean + kind.sd * z, kind.low), kind.high) for part, kind in zip(parts, kinds, strict=True)
    )
    freckled = draw_yes(rng, ranges.freckles_probability * (1 - melanin))
    wrinkles = shifted(ranges.wrinkles, ranges.wrinkles_per_year * (traits.age_years - 30))
    return SkinSpec(
        melanin=clip01(melanin),
        haemoglobin=draw_normal(rng, ranges.haemoglobin),
        roughness=draw_uniform(rng, ranges.roughness),
        oil=draw_uniform(rng, ranges.oil),
        freckles=draw_uniform(rng, ranges.freckles) if freckled else 0.0,
        blotchiness=draw_uniform(rng, ranges.blotchiness),
        pores=draw_uniform(rng, ranges.pores),
        wrinkles=draw_normal(rng, wrinkles),
        lid_darkness=draw_normal(rng, ranges.lid_darkness),
        eyeshadow=makeup.eyeshadow,
        eyeshadow_hue=makeup.eyeshadow_hue,
        eyeliner=makeup.eyeliner,
        texture_seed=draw_seed(rng),
        marks=draw_uniform(rng, ranges.marks),
        acne=draw_acne(rng, ranges, traits.age_years),
        scar=float(rng.uniform(0.4, 1.0)) * draw_yes(rng, ranges.scar_probability),
        lipstick=makeup.lipstick,
        lipstick_hue=makeup.lipstick_hue,
        blush=makeup.blush,
    )


def draw_acne(rng: np.random.Generator, ranges: SkinRanges, age_years: float) -> float:
    """Return how much acne there is: most at 15, seldom in grown-ups, never in children."""
    share = float(np.interp(age_years, [8, 13, 18, 35, 60], [0, 1, 1, 0.1, 0.05]))
    return float(rng.beta(1.2, 3.0)) * draw_yes(rng, ranges.acne_probability * share)


def draw_brow(rng: np.random.Generator, ranges: BrowRanges, traits: Traits) -> BrowSpec:
    """Return the brows: a man's lower and thicker, a woman's arched (van den Bosch 1999)."""
    return BrowSpec(
        count=draw_whole(rng, ranges.count) + round(ranges.count_male * (1 - traits.gender_female)),
        length_m=draw_normal(rng, ranges.length_m),
        thickness_m=draw_normal(rng, shifted(ranges.thickness_m, ranges.thickness_male_m * (1 - traits.gender_female))),
        arch=draw_normal(rng, shifted(ranges.arch, ranges.arch_female * traits.gender_female)),
        lift_m=draw_normal(rng, shifted(ranges.lift_m, 1e-3 * (2 * traits.gender_female - 1))),
        radius_m=draw_normal(rng, ranges.radius_m),
        seed=draw_seed(rng),
    )


def draw_hair(rng: np.random.Generator, ranges: BrowRanges, traits: Traits) -> HairColour:
    """Return the colour of all hair: fair needs Caucasian ancestry on both sides, grey comes with age."""
    fair = draw_yes(rng, ranges.fair_probability * traits.caucasian**2)
    melanin = draw_normal(rng, ranges.hair_melanin_fair if fair else ranges.hair_melanin_dark)
    half_grey = draw_normal(rng, ranges.grey_age_years)
    return HairColour(
        melanin=melanin,
        redness=draw_uniform(rng, ranges.hair_redness) * traits.caucasian,
        grey=1 / (1 + exp(-(traits.age_years - half_grey) / ranges.grey_span_years)),
    )


def draw_glasses(rng: np.random.Generator, ranges: GlassesRanges) -> GlassesSpec | None:
    """Return a pair of glasses, or None."""
    if not draw_yes(rng, ranges.probability):
        return None
    metal = draw_yes(rng, ranges.metal_probability)
    tinted = draw_yes(rng, ranges.tinted_probability)
    return GlassesSpec(
        frame=str(rng.choice(ranges.frames)),
        width_scale=draw_normal(rng, ranges.width_scale),
        down_m=draw_normal(rng, ranges.down_m),
        forward_m=draw_normal(rng, ranges.forward_m),
        colour=_frame_colour(rng, metal),
        metal=metal,
        lens_power_dioptre=draw_normal(rng, ranges.lens_power_dioptre),
        tint=draw_uniform(rng, ranges.tint) if tinted else 0.0,
        tint_colour=_tint_colour(rng),
        coating=draw_uniform(rng, ranges.coating),
    )


def _frame_colour(rng: np.random.Generator, metal: bool) -> Vector3:
    """Return linear RGB: gold to steel for metal; mostly black and browns, now and then any colour, for plastic."""
    if metal:
        gold, bright = float(rng.random()), float(rng.uniform(0.35, 0.9))
        return bright, bright * (1 - 0.2 * gold), bright * (1 - 0.6 * gold)
    kind, dark = float(rng.random()), float(rng.uniform(0.005, 0.08))
    if kind < 0.5:
        return dark, dark, dark
    if kind < 0.8:
        return 3 * dark, 1.5 * dark, 0.6 * dark
    red, green, blue = (float(v) for v in rng.uniform(0.01, 0.5, 3))
    return red, green, blue


def _tint_colour(rng: np.random.Generator) -> Vector3:
    """Return the lens' linear RGB: grey, brown or green glass."""
    kind = int(rng.integers(3))
    return ((0.5, 0.5, 0.52), (0.5, 0.36, 0.22), (0.4, 0.5, 0.38))[kind]
