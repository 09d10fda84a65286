"""The two eyes of a person: balls, lids, irises, lashes.  The same traits drive both; ranges say how alike they are."""

from math import exp, log, radians, tan

import numpy as np

from assets.person import EyeballSpec, IrisSpec, LashSpec, LidSpec, ScleraSpec, Vector3
from synth.draw.chance import (
    Pair,
    clip01,
    draw_both,
    draw_normal,
    draw_pair,
    draw_seed,
    draw_uniform,
    draw_whole,
    draw_yes,
    shifted,
    uniform_at,
)
from synth.draw.traits import Traits
from synth.ranges.eye import BallRanges, IrisRanges, LashRanges, LidRanges, ScleraRanges
from synth.ranges.normal import Normal


def pupil_diameter_mm(luminance_cd_m2: float, area_deg2: float, age_years: float) -> float:
    """Return the light-adapted pupil's diameter of both open eyes.

    Watson & Yellott 2012, "A unified formula for light-adapted pupil size", J. Vision 12(10):12: the formula of
    Stanley & Davies 1995 with F = luminance x area, corrected for age against 28.58 years; stated for 20 to 83 years,
    outside of which the age is held.
    """
    flux = (luminance_cd_m2 * area_deg2 / 846) ** 0.41
    young = 7.75 - 5.75 * flux / (flux + 2)
    age = min(max(age_years, 20.0), 83.0)
    return young + (age - 28.58) * (0.02132 - 0.009562 * young)


def draw_balls(
    rng: np.random.Generator, ranges: BallRanges, traits: Traits, luminance_cd_m2: float
) -> tuple[EyeballSpec, EyeballSpec]:
    """Return the left and the right eyeball.  The two kappas are mirror images but for their own part."""
    alike = ranges.left_right_correlation
    growth = 1 - ranges.child_shrink_per_year * max(14 - traits.age_years, 0.0)
    sclera = draw_both(rng, ranges.sclera_radius_m, alike)
    offset = draw_both(rng, ranges.sphere_offset_m, alike)
    cornea = draw_both(rng, ranges.cornea_radius_m, alike)
    asphericity = draw_both(rng, ranges.cornea_asphericity, alike)
    limbus = draw_both(rng, ranges.cornea_half_width_m, alike)
    depth = draw_both(rng, ranges.iris_depth_m, alike)
    residual = draw_both(rng, ranges.pupil_residual_m, alike)
    decentre_nasal = draw_both(rng, ranges.pupil_decentre_nasal_m, alike)
    decentre_up = draw_both(rng, ranges.pupil_decentre_up_m, alike)
    kappa_nasal = draw_both(rng, ranges.kappa_nasal_deg, ranges.kappa_left_right_correlation)
    kappa_up = draw_both(rng, ranges.kappa_up_deg, ranges.kappa_left_right_correlation)
    expected = pupil_diameter_mm(luminance_cd_m2, ranges.adapting_area_deg2, traits.age_years) * 1e-3
    bounds = ranges.pupil_diameter_m

    def ball(side: int) -> EyeballSpec:
        return EyeballSpec(
            sclera_radius_m=sclera[side] * growth,
            sphere_offset_m=offset[side],
            cornea_radius_m=cornea[side],
            cornea_asphericity=asphericity[side],
            cornea_half_width_m=limbus[side],
            iris_depth_m=depth[side],
            pupil_radius_m=min(max(expected + residual[side], bounds.low), bounds.high) / 2,
            pupil_decentre_nasal_m=decentre_nasal[side],
            pupil_decentre_up_m=decentre_up[side],
            kappa_nasal_rad=radians(kappa_nasal[side]),
            kappa_up_rad=radians(kappa_up[side]),
        )

    return ball(0), ball(1)


def draw_offsets(rng: np.random.Generator, ranges: BallRanges) -> tuple[Vector3, Vector3]:
    """Return each eyeball's place in `head` against the one of the head's shape, mirrored but for its own part."""
    alike = ranges.left_right_correlation
    aside = draw_both(rng, ranges.offset_head_right_m, alike)
    down = draw_both(rng, ranges.offset_head_down_m, alike)
    back = draw_both(rng, ranges.offset_head_back_m, alike)
    return (aside.left, down.left, back.left), (-aside.right, down.right, back.right)


def draw_lids(rng: np.random.Generator, ranges: LidRanges, traits: Traits) -> tuple[LidSpec, LidSpec]:
    """Return the left and the right opening of the lids, with the trends of age, gender and ancestry."""
    alike = ranges.left_right_correlation
    asian = traits.asian

    def both(normal: Normal, trend: float = 0.0) -> Pair:
        return draw_both(rng, shifted(normal, trend), alike)

    nasal = both(ranges.inner_canthus_nasal_m)
    temporal = both(ranges.outer_canthus_temporal_m, -ranges.fissure_shortening_m_per_year * traits.years_above(35))
    line = both(ranges.canthal_line_down_m)
    tilt = both(
        ranges.canthal_tilt_deg,
        ranges.canthal_tilt_female_deg * traits.gender_female + ranges.canthal_tilt_asian_deg * asian,
    )
    inner_forward = both(ranges.inner_canthus_forward_m)
    outer_forward = both(ranges.outer_canthus_forward_m)
    upper = both(ranges.upper_height_m, -ranges.upper_height_loss_m_per_year * traits.years_above(50))
    lower = both(ranges.lower_depth_m, ranges.lower_depth_gain_m_per_year * traits.years_above(35))
    peak = both(ranges.upper_peak)
    trough = both(ranges.lower_trough)
    thickness = both(ranges.margin_thickness_m)
    single = draw_yes(
        rng, asian * ranges.single_lid_probability_asian + (1 - asian) * ranges.single_lid_probability_other
    )
    crease = both(
        ranges.crease_height_m,
        ranges.crease_height_female_m * traits.gender_female + ranges.crease_height_asian_m * asian,
    )
    crease_depth = both(ranges.crease_depth_m)
    fold = both(
        ranges.fold_fullness_m,
        ranges.fold_fullness_asian_m * asian + ranges.fold_fullness_m_per_year * traits.years_above(45),
    )
    folded = draw_yes(
        rng, asian * ranges.epicanthus_probability_asian + (1 - asian) * ranges.epicanthus_probability_other
    )
    strength = draw_pair(rng, alike)
    bag = both(ranges.bag_m, ranges.bag_m_per_year * traits.years_above(35))
    caruncle = both(ranges.caruncle_m)

    def lid(side: int) -> LidSpec:
        rise = tan(radians(tilt[side]))
        return LidSpec(
            inner_canthus_nasal_m=nasal[side],
            inner_canthus_down_m=line[side] + nasal[side] * rise,
            inner_canthus_forward_m=inner_forward[side],
            outer_canthus_temporal_m=temporal[side],
            outer_canthus_down_m=line[side] - temporal[side] * rise,
            outer_canthus_forward_m=outer_forward[side],
            upper_height_m=upper[side],
            lower_depth_m=lower[side],
            upper_peak=peak[side],
            lower_trough=trough[side],
            margin_thickness_m=thickness[side],
            crease_height_m=0.0 if single else crease[side],
            crease_depth_m=0.0 if single else crease_depth[side],
            fold_fullness_m=fold[side],
            epicanthus=uniform_at(ranges.epicanthus, strength[side]) if folded else 0.0,
            bag_m=bag[side],
            caruncle_m=caruncle[side],
        )

    return lid(0), lid(1)


def draw_irises(rng: np.random.Generator, ranges: IrisRanges, traits: Traits) -> tuple[IrisSpec, IrisSpec]:
    """Return the left and the right iris.

    Light irises need Caucasian ancestry on both sides (its part squared): dark is dominant.  Of the dark ones the
    ancestry with the larger part decides the shade.
    """
    kind = float(rng.random())
    fair = traits.caucasian**2
    if kind < ranges.light_probability * fair:
        melanin = ranges.melanin_light
    elif kind < (ranges.light_probability + ranges.mid_probability) * fair:
        melanin = ranges.melanin_mid
    elif traits.caucasian >= max(traits.african, traits.asian):
        melanin = ranges.melanin_dark
    else:
        melanin = ranges.melanin_african if traits.african > traits.asian else ranges.melanin_asian
    shades = draw_both(rng, melanin, ranges.left_right_correlation)
    warmth = draw_uniform(rng, ranges.warmth)
    ring = draw_uniform(rng, ranges.limbal_ring)
    # The ring fades and the pupil's frame blurs with age; a third is gone at 80.
    ring *= 1 - traits.years_above(40) / 120
    collarette = draw_normal(rng, ranges.collarette)
    contrast = draw_uniform(rng, ranges.fibre_contrast)
    crypts = draw_uniform(rng, ranges.crypts)
    seeds = draw_seed(rng), draw_seed(rng)

    def iris(side: int) -> IrisSpec:
        return IrisSpec(
            melanin=clip01(shades[side]),
            warmth=warmth,
            limbal_ring=ring,
            collarette=collarette,
            fibre_contrast=contrast,
            crypts=crypts,
            texture_seed=seeds[side],
        )

    return iris(0), iris(1)


def draw_sclera(rng: np.random.Generator, ranges: ScleraRanges, traits: Traits) -> ScleraSpec:
    """Return the looks of the white of both eyes."""
    return ScleraSpec(
        redness=draw_normal(rng, ranges.redness),
        yellowing=draw_normal(rng, shifted(ranges.yellowing, ranges.yellowing_per_year * traits.years_above(25))),
        vessel_density=draw_normal(rng, ranges.vessel_density),
        texture_seed=draw_seed(rng),
    )


def draw_lashes(
    rng: np.random.Generator, ranges: LashRanges, traits: Traits, mascara: float
) -> tuple[LashSpec, LashSpec]:
    """Return the lashes of the left and the right eye: alike but for the hairs themselves."""
    upper, lower = draw_whole(rng, ranges.upper_count), draw_whole(rng, ranges.lower_count)
    thinning = exp(-log(2) * traits.years_above(40) / 100)  # half are gone at 140, a third at 90
    upper_length = draw_normal(rng, ranges.upper_length_m)
    lower_length = draw_normal(rng, ranges.lower_length_m)
    curl = draw_normal(rng, shifted(ranges.curl_rad, ranges.curl_asian_rad * traits.asian))
    clumping = draw_uniform(rng, ranges.clumping)
    radius = draw_uniform(rng, ranges.radius_m) * (1 + (ranges.mascara_radius - 1) * mascara)
    seeds = draw_seed(rng), draw_seed(rng)

    def lashes(side: int) -> LashSpec:
        return LashSpec(
            upper_count=round(upper * thinning),
            lower_count=round(lower * thinning),
            upper_length_m=upper_length,
            lower_length_m=lower_length,
            curl_rad=curl,
            clumping=clumping,
            radius_m=radius,
            mascara=mascara,
            seed=seeds[side],
        )

    return lashes(0), lashes(1)
