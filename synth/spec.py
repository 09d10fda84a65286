"""SceneSpec: everything that decides a picture, and nothing else.

`labels.label(spec)` and `blender.render(spec)` are two independent readings of this one value; both build the same
geometry from it (assets/subject.py) and neither sees the other's result.

Units are SI and radians; lengths of anatomy are metres.  Frames are those of synth/frames.py: `cam` (x right, y down,
z forward), `head` (x to the subject's left, y to the chin, z into the head), `world` (z up).  "Left" and "right" are the
subject's.  "Nasal" means towards the nose, whichever eye.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

Vector3 = tuple[float, float, float]
Matrix3 = tuple[Vector3, Vector3, Vector3]


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
    melanin: float
    redness: float
    grey: float


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


@dataclass(frozen=True)
class GlassesSpec:
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
class SubjectSpec:
    identity: int
    gender_female: float
    age_years: float
    african: float
    asian: float
    caucasian: float
    weight: float
    muscle: float
    shape: tuple[tuple[str, float], ...]
    """Local targets and face units of the head basis, by name, with their weights."""
    left: EyeSpec
    right: EyeSpec
    sclera: ScleraSpec
    skin: SkinSpec
    brow: BrowSpec
    hair: HairColour
    glasses: GlassesSpec | None


@dataclass(frozen=True)
class CameraSpec:
    """A pinhole, and what the sensor behind it does to the picture."""

    width: int
    height: int
    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float
    supersample: int
    """The picture is path-traced at this multiple of its size and reduced by area."""
    blur_px: float
    """Standard deviation of the optics' blur, in final pixels."""
    noise: float
    """Read noise, standard deviation in sRGB of 0 to 1."""
    shot_noise: float
    exposure_stops: float
    contrast: float
    grey: bool


@dataclass(frozen=True)
class LampSpec:
    """An area lamp (windows, screens, LEDs) or a sun."""

    kind: Literal["area", "sun", "point"]
    name: str
    position_cam_m: Vector3
    """Ignored for a sun."""
    direction_cam: Vector3
    """The way its light goes."""
    width_m: float
    height_m: float
    """For a sun the width is its angular diameter in radians; for a point lamp its radius."""
    power_w: float
    """Radiant power; irradiance in W/m^2 for a sun."""
    colour: Vector3


@dataclass(frozen=True)
class LightSpec:
    infrared: bool
    sky: str
    sky_rotation_rad: float
    sky_strength: float
    lamps: tuple[LampSpec, ...]


@dataclass(frozen=True)
class SceneSpec:
    seed: int
    index: int
    attempt: int
    subject: SubjectSpec
    cam_from_head_rotation: Matrix3
    cam_from_head_translation_m: Vector3
    world_from_cam_rotation: Matrix3
    target_cam_m: Vector3
    """What both visual axes meet."""
    subject_eye: Literal["left", "right"]
    camera: CameraSpec
    light: LightSpec


def to_json(value: Any) -> Any:
    """Turn a spec into plain dicts, lists, numbers and strings."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [to_json(item) for item in value]
    return value


def from_json(cls: Any, data: Any) -> Any:
    """Rebuild a spec of type `cls` from `to_json`'s output; exact for every finite value.

    Raises:
        TypeError: A field is missing or unknown.
    """
    if dataclasses.is_dataclass(cls):
        hints = get_type_hints(cls)
        unknown = set(data) - set(hints)
        if unknown:
            raise TypeError(f"{cls.__name__} has no field {sorted(unknown)[0]!r}")
        return cls(**{name: from_json(hints[name], item) for name, item in data.items()})  # type: ignore[operator]
    if get_origin(cls) is tuple:
        kinds = get_args(cls)
        kinds = (kinds[0],) * len(data) if kinds[-1] is Ellipsis else kinds
        return tuple(from_json(kind, item) for kind, item in zip(kinds, data, strict=True))
    if type(None) in get_args(cls):
        return None if data is None else from_json(next(k for k in get_args(cls) if k is not type(None)), data)
    return data
