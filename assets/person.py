"""A person: the numbers that decide shape and looks of a head and its two eyes.

Units are SI and radians; lengths of anatomy are metres.  "Left" and "right" are the subject's.  "Nasal" means towards
the nose, whichever eye.  Frames are those of synth/geometry/frames.py: `head` has x to the subject's left, y to the
chin, z into the head; ranges and their sources stand in docs/anatomy.md.
"""

from dataclasses import dataclass

from assets.wear.spec import ClothingSpec, CoveringSpec, HeadwearSpec

Vector3 = tuple[float, float, float]


@dataclass(frozen=True)
class EyeballSpec:
    """One eyeball.  Source of the ranges: docs/anatomy.md."""

    sclera_radius_m: float
    sphere_offset_m: float
    """Sclera sphere's centre in front of the rotation centre, along the optical axis."""
    cornea_radius_m: float
    """Apical radius of curvature of the anterior cornea."""
    cornea_asphericity: float
    """Conic Q: rho^2 = 2 R s - (1 + Q) s^2, s behind the apex."""
    cornea_half_width_m: float
    """Radius of the limbus, half of the horizontal visible iris diameter."""
    iris_depth_m: float
    """Iris plane behind the corneal apex."""
    pupil_radius_m: float
    pupil_decentre_nasal_m: float
    pupil_decentre_up_m: float
    kappa_nasal_rad: float
    """Visual axis from optical axis, towards the nose."""
    kappa_up_rad: float


@dataclass(frozen=True)
class LidSpec:
    """The opening between the lids of one eye at primary gaze, and the folds around it.

    Positions are relative to the eyeball's rotation centre, seen from the front.
    """

    inner_canthus_nasal_m: float
    inner_canthus_down_m: float
    inner_canthus_forward_m: float
    outer_canthus_temporal_m: float
    outer_canthus_down_m: float
    outer_canthus_forward_m: float
    upper_height_m: float
    """Margin reflex distance 1: upper margin above the corneal centre."""
    lower_depth_m: float
    """Margin reflex distance 2."""
    upper_peak: float
    """Where the upper lid is highest: -1 inner, +1 outer canthus."""
    lower_trough: float
    margin_thickness_m: float
    crease_height_m: float
    """Crease above the upper margin at primary gaze; 0 for a single lid."""
    crease_depth_m: float
    fold_fullness_m: float
    """How far the fold above the crease hangs forward."""
    epicanthus: float
    """0 none to 1 a fold over the inner corner."""
    bag_m: float
    """Fullness below the lower lid."""
    caruncle_m: float
    """Radius of the caruncle."""


@dataclass(frozen=True)
class IrisSpec:
    """Looks of one iris; `melanin` runs from blue (0) over green and hazel to near black (1)."""

    melanin: float
    warmth: float
    """Yellow pigment of green, hazel and amber irises, 0 to 1."""
    limbal_ring: float
    collarette: float
    """Radius of the collarette between pupil (0) and root (1)."""
    fibre_contrast: float
    crypts: float
    texture_seed: int


@dataclass(frozen=True)
class ScleraSpec:
    """The white of both eyes; all fractions 0 to 1."""

    redness: float
    yellowing: float
    vessel_density: float
    texture_seed: int


@dataclass(frozen=True)
class LashSpec:
    """Lashes of one eye."""

    upper_count: int
    lower_count: int
    upper_length_m: float
    lower_length_m: float
    curl_rad: float
    clumping: float
    radius_m: float
    mascara: float
    seed: int


@dataclass(frozen=True)
class BrowSpec:
    """Both brows."""

    count: int
    length_m: float
    thickness_m: float
    """Height of the band of hairs."""
    arch: float
    lift_m: float
    """Brow above (+) or below its mean place."""
    radius_m: float
    seed: int


@dataclass(frozen=True)
class HairColour:
    """Colour of brows, lashes and hair; fractions 0 to 1."""

    melanin: float
    redness: float
    grey: float


@dataclass(frozen=True)
class ScalpHairSpec:
    """Hair of the head; its colour is `HairColour`.  Fractions 0 to 1."""

    style: str
    """One of STYLES in assets/hair.py; `bald` has no strand."""
    length_m: float
    curl: float
    """0 straight, 0.3 wavy, 0.6 curly, 1 coily."""
    volume: float
    """How far it stands off the skull."""
    parting: float
    """Where it is parted: -1 over the right temple, 0 in the middle, 1 over the left."""
    fringe: float
    """How wide the part over the forehead is that hangs down to the brows; 0 none."""
    hairline_up_m: float
    """Hairline over the forehead above (+) or below its mean place."""
    recession: float
    """Temples gone back."""
    baldness: float
    """Male pattern: 0 none, 0.5 forehead and crown, 1 a horseshoe."""
    density: float
    seed: int


@dataclass(frozen=True)
class BeardSpec:
    """Hair of lip, chin and cheeks; fractions 0 to 1."""

    style: str
    """One of STYLES in assets/beard.py; `none` has no strand."""
    length_m: float
    density: float
    patchiness: float
    """How much sparser it is on cheeks and neck."""
    cheek_down_m: float
    """Its upper border on the cheeks below (+) or above the mean place."""
    grey: float
    """Its own: beards turn before the head."""
    seed: int


@dataclass(frozen=True)
class SkinSpec:
    """Skin from its two dyes.  Both fractions run over the human range 0 to 1."""

    melanin: float
    haemoglobin: float
    roughness: float
    oil: float
    freckles: float
    blotchiness: float
    pores: float
    wrinkles: float
    lid_darkness: float
    """Pigment and thin skin about the lids."""
    eyeshadow: float
    eyeshadow_hue: float
    eyeliner: float
    texture_seed: int
    marks: float
    """How many moles there are."""
    acne: float
    scar: float
    """How plain the one scar is that a face may have; its place goes by the seed."""
    lipstick: float
    lipstick_hue: float
    """0 brownish nude over rose and red to plum (1)."""
    blush: float


@dataclass(frozen=True)
class GlassesSpec:
    """One pair of glasses."""

    frame: str
    """Name of a frame in assets/glasses.py."""
    width_scale: float
    down_m: float
    forward_m: float
    colour: Vector3
    metal: bool
    lens_power_dioptre: float
    tint: float
    """0 clear to 1 dark."""
    tint_colour: Vector3
    coating: float
    """Strength of the anti-reflex coating's residual reflection."""


@dataclass(frozen=True)
class EyeSpec:
    """One eye with its lids."""

    ball: EyeballSpec
    lids: LidSpec
    iris: IrisSpec
    lashes: LashSpec
    offset_head_m: Vector3
    """Eyeball's centre from the place that the head's shape gives it (person to person variation)."""
    blink: float
    """0 open to 1 closed."""
    squint: float
    """Raised lower and lowered upper lid; negative values widen."""


@dataclass(frozen=True)
class ExpressionSpec:
    """What the face does, in the 52 face units of assets/head.py; see assets/expressions.py."""

    name: str
    """Of the library's expressions that it was made from, joined by +; neutral without any."""
    weights: tuple[tuple[str, float], ...]
    """Unit -> weight, 0 to 1.  Lids have moved in `EyeSpec.blink` and `squint` already, theirs included."""


@dataclass(frozen=True)
class StanceSpec:
    """A body that stands, dressed, below what the bust's garment covers."""

    eye_height_m: float
    """Of the eyes above the soles."""
    stride_rad: float
    """How far the left leg is before the right one."""
    hem: float
    """Where the garment of the upper body ends, from the hips (0) to the knees (1)."""
    colour: Vector3
    """Of the trousers, linear."""
    shoes: Vector3
    seed: int


@dataclass(frozen=True)
class SubjectSpec:
    """One person, at one moment."""

    identity: int
    gender_female: float
    age_years: float
    african: float
    asian: float
    caucasian: float
    weight: float
    muscle: float
    shape: tuple[tuple[str, float], ...]
    """Local targets of the head basis, by name, with their weights: who it is, not what the face does."""
    expression: ExpressionSpec
    left: EyeSpec
    right: EyeSpec
    sclera: ScleraSpec
    skin: SkinSpec
    brow: BrowSpec
    hair: HairColour
    glasses: GlassesSpec | None
    shoulders_rad: Vector3
    """How the shoulders are turned under the head: a rotation vector in `head`; see assets/neck.py."""
    scalp_hair: ScalpHairSpec
    beard: BeardSpec
    clothing: ClothingSpec | None
    headwear: HeadwearSpec | None
    covering: CoveringSpec | None
    interpupillary_m: float
    """Distance of the rotation centres; the head is scaled to it."""
    stance: StanceSpec | None = None
    """The body below the bust; None where no picture reaches so far."""
