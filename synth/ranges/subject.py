"""Ranges of a person: who they are, the face, skin, hair, make-up and glasses.  Sources: docs/anatomy.md."""

from dataclasses import dataclass

from synth.config import Range
from synth.errors import ConfigError
from synth.ranges.expression import ExpressionRanges
from synth.ranges.eye import BallRanges, IrisRanges, LashRanges, LidRanges, LidState, ScleraRanges
from synth.ranges.hair import BeardRanges, ScalpHairRanges
from synth.ranges.normal import Normal
from synth.ranges.wear import WearRanges


@dataclass
class FaceRanges:
    """Shape of the head."""

    interpupillary_m: Normal
    """Distance of the rotation centres, adults."""
    interpupillary_female_m: float
    """A woman's against a man's."""
    interpupillary_child_per_year: float
    """Part that is missing for each year below 18."""
    weight: Normal
    muscle: Normal
    shape_mean: dict[str, float]
    """Weight of targets that everybody has, by full name: what the head's own mean gets wrong."""
    shape_sd: dict[str, float]
    """Weight's standard deviation of each pair of local targets, named `folder/stem-negative|positive`; of a single
    target, named in full, half the people have none."""
    shape_female: dict[str, float]
    """Mean of the signed weight of a pair (negative: its first target) in women; of those of `shape_sd`."""
    shape_male: dict[str, float]
    """The same in men."""
    shape_factors: dict[str, dict[str, float]]
    """What varies together: factor -> pattern of `shape_sd` -> correlation with it, -1 to 1."""
    shape_probability: float
    """Part of the pairs that a person has at all; the others are 0."""
    shape_limit: float
    """Largest size of a weight."""
    asymmetry_sd: float
    """Of the difference between the left and the right target of a pair (half of it to each side)."""
    uneven_sd: float
    """Of the weight of each of the head's `asym` targets; 0 for a face that is even but for pairs."""

    def __post_init__(self) -> None:
        """Refuse means and factors of what is not drawn, and correlations that cannot be."""
        named = {f"shape_factors.{name}": loads for name, loads in self.shape_factors.items()}
        named |= {"shape_female": self.shape_female, "shape_male": self.shape_male}
        for name, loads in named.items():
            for pattern in loads:
                if pattern not in self.shape_sd:
                    raise ConfigError(f"face.{name}: {pattern!r} is not in face.shape_sd")
        for pattern in self.shape_sd:
            shared = sum(loads.get(pattern, 0.0) ** 2 for loads in self.shape_factors.values())
            if shared > 1:
                raise ConfigError(f"face.shape_factors: the squared correlations of {pattern!r} add up to {shared:.2f}")


@dataclass
class NeckRanges:
    """How the neck holds the head against the shoulders."""

    share: Range
    """Part of the head's turn against the lens that the neck does; the body does the rest."""
    pitch_deg: Normal
    """Added to that, and the whole kept within low and high."""
    yaw_deg: Normal
    roll_deg: Normal


@dataclass
class SkinRanges:
    """Looks of the skin; the fractions run over the human range 0 to 1."""

    melanin_african: Normal
    melanin_asian: Normal
    melanin_caucasian: Normal
    haemoglobin: Normal
    roughness: Range
    oil: Range
    freckles_probability: float
    freckles: Range
    blotchiness: Range
    pores: Range
    wrinkles: Normal
    """At age 30."""
    wrinkles_per_year: float
    lid_darkness: Normal
    makeup_probability_female: float
    """Of women above 15."""
    makeup_probability_male: float
    eyeshadow_probability: float
    """Of those with make-up."""
    eyeliner_probability: float
    mascara_probability: float
    lipstick_probability: float
    blush_probability: float
    marks: Range
    acne_probability: float
    """Of people of 15; falls to a tenth by 35 and to nothing at 8."""
    scar_probability: float


@dataclass
class BrowRanges:
    """One pair of brows and the colour of the hair."""

    count: Range
    """A woman's."""
    count_male: int
    """How many more a man has."""
    length_m: Normal
    thickness_m: Normal
    thickness_male_m: float
    arch: Normal
    arch_female: float
    lift_m: Normal
    radius_m: Normal
    hair_melanin_dark: Normal
    """Hair of Africans and Asians and of the dark-haired."""
    hair_melanin_fair: Normal
    fair_probability: float
    """Fair hair, times the Caucasian part of the ancestry squared."""
    hair_redness: Range
    grey_age_years: Normal
    """Age at which half of a person's hair is grey."""
    grey_span_years: float


@dataclass
class GlassesRanges:
    """Who wears which glasses, and how."""

    probability: float
    frames: list[str]
    """Names in assets/glasses.py."""
    width_scale: Normal
    down_m: Normal
    forward_m: Normal
    """Extra distance from the eyes (slid down the nose)."""
    metal_probability: float
    lens_power_dioptre: Normal
    tinted_probability: float
    tint: Range
    coating: Range


@dataclass
class SubjectRanges:
    """A person."""

    images_per_identity: int
    """Consecutive pictures that share one person."""
    age_years: Normal
    female_probability: float
    gender_purity: float
    """Second parameter of Beta(1.2, .), by which a head's gender falls short of its end: large for clear ones."""
    ancestry_concentration: float
    """Of the Dirichlet distribution of (african, asian, caucasian): small gives mostly one, 1 every mix alike."""
    ball: BallRanges
    lids: LidRanges
    iris: IrisRanges
    sclera: ScleraRanges
    lashes: LashRanges
    state: LidState
    face: FaceRanges
    expression: ExpressionRanges
    skin: SkinRanges
    brow: BrowRanges
    glasses: GlassesRanges
    neck: NeckRanges
    scalp_hair: ScalpHairRanges
    beard: BeardRanges
    wear: WearRanges

    def __post_init__(self) -> None:
        """Refuse counts and probabilities that cannot be."""
        if self.images_per_identity < 1:
            raise ConfigError(f"images_per_identity={self.images_per_identity}: must be at least 1")
        if not 0 <= self.glasses.probability <= 1:
            raise ConfigError(f"glasses.probability={self.glasses.probability}: must lie between 0 and 1")
        if self.glasses.probability > 0 and not self.glasses.frames:
            raise ConfigError("glasses.frames=[]: name at least one frame, or set glasses.probability=0")
        if self.ancestry_concentration <= 0:
            raise ConfigError(f"ancestry_concentration={self.ancestry_concentration}: must be above 0")
