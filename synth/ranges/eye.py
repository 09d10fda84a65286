"""Ranges of one eye: ball, lids, iris, sclera, lashes.  Sources: docs/anatomy.md, by the name of the field."""

from dataclasses import dataclass

from synth.config import Range
from synth.ranges.normal import Normal


@dataclass
class BallRanges:
    """The eyeball and its axes (see assets/person.py EyeballSpec for each length)."""

    left_right_correlation: float
    """Of every length between the two eyes of a person."""
    kappa_left_right_correlation: float
    sclera_radius_m: Normal
    sphere_offset_m: Normal
    cornea_radius_m: Normal
    cornea_asphericity: Normal
    cornea_half_width_m: Normal
    iris_depth_m: Normal
    child_shrink_per_year: float
    """Part of the sclera's radius that is missing for each year below 14 (axial length grows until then)."""
    adapting_luminance_cd_m2_log: Range
    """Luminance that the pupil has adapted to; indoor scenes are 30 to 300 cd/m^2."""
    adapting_area_deg2: float
    """Solid angle of the adapting field, in the formula of the pupil's size."""
    pupil_residual_m: Normal
    """A person's pupil diameter against the formula's."""
    pupil_diameter_m: Range
    """Bounds of the result."""
    pupil_decentre_nasal_m: Normal
    pupil_decentre_up_m: Normal
    kappa_nasal_deg: Normal
    kappa_up_deg: Normal
    offset_head_right_m: Normal
    """Eyeball's place against the one the head's shape gives it; mirrored, so positive is temporal for both eyes."""
    offset_head_down_m: Normal
    offset_head_back_m: Normal


@dataclass
class LidRanges:
    """The opening of the lids at primary gaze, against the rotation centre, as seen from the front."""

    left_right_correlation: float
    inner_canthus_nasal_m: Normal
    outer_canthus_temporal_m: Normal
    canthal_line_down_m: Normal
    """Line through both corners, below the centre of the pupil: it decides where the iris sits in the opening."""
    canthal_tilt_deg: Normal
    """Outer corner above the inner one."""
    canthal_tilt_female_deg: float
    """Added for women."""
    canthal_tilt_asian_deg: float
    """Added, times the Asian part of the ancestry."""
    fissure_shortening_m_per_year: float
    """Width lost at the outer corner for each year above 35."""
    inner_canthus_forward_m: Normal
    outer_canthus_forward_m: Normal
    upper_height_m: Normal
    """Margin reflex distance 1."""
    upper_height_loss_m_per_year: float
    """Drop of the upper lid for each year above 50."""
    lower_depth_m: Normal
    """Margin reflex distance 2."""
    lower_depth_gain_m_per_year: float
    """Sag of the lower lid for each year above 35."""
    upper_peak: Normal
    lower_trough: Normal
    margin_thickness_m: Normal
    single_lid_probability_asian: float
    """No crease; times the Asian part of the ancestry."""
    single_lid_probability_other: float
    crease_height_m: Normal
    """Shown strip of lid between margin and fold, at primary gaze."""
    crease_height_female_m: float
    crease_height_asian_m: float
    crease_depth_m: Normal
    fold_fullness_m: Normal
    fold_fullness_asian_m: float
    fold_fullness_m_per_year: float
    """Loose skin above the crease, for each year above 45."""
    epicanthus_probability_asian: float
    epicanthus_probability_other: float
    epicanthus: Range
    """Strength where there is a fold."""
    bag_m: Normal
    bag_m_per_year: float
    """For each year above 35."""
    caruncle_m: Normal


@dataclass
class IrisRanges:
    """Looks of the iris."""

    left_right_correlation: float
    melanin_african: Normal
    melanin_asian: Normal
    melanin_light: Normal
    """Blue and grey irises, of part `light_probability` of Caucasians; hazel and brown ones follow `melanin_dark`."""
    melanin_mid: Normal
    melanin_dark: Normal
    light_probability: float
    mid_probability: float
    """Green and hazel."""
    warmth: Range
    limbal_ring: Range
    collarette: Normal
    fibre_contrast: Range
    crypts: Range


@dataclass
class ScleraRanges:
    """Looks of the white."""

    redness: Normal
    yellowing: Normal
    yellowing_per_year: float
    """For each year above 25."""
    vessel_density: Normal


@dataclass
class LashRanges:
    """Lashes of one eye."""

    upper_count: Range
    lower_count: Range
    upper_length_m: Normal
    lower_length_m: Normal
    curl_rad: Normal
    curl_asian_rad: float
    clumping: Range
    radius_m: Range
    mascara_radius: float
    """Factor on the radius at full mascara."""


@dataclass
class LidState:
    """How the lids are held in this picture."""

    blink_sd: float
    """Of the half-normal of an open eye."""
    closing_probability: float
    """Pictures caught in a blink or with drooping lids."""
    closing: Range
    blink_asymmetry: float
    """Sd of one eye's blink against the other's, times the blink."""
    squint: Normal
    squint_asymmetry: float
    """Sd of one eye's squint against the other's."""
