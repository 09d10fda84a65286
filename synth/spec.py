"""SceneSpec: everything that decides a picture, and nothing else.

`labels.label(spec)` and `blender.render(spec)` are two independent readings of this one value; both build the same
geometry from it (assets/subject.py) and neither sees the other's result.

Units are SI and radians; lengths of anatomy are metres.  Frames are those of synth/geometry/frames.py: `cam` (x right,
y down, z forward), `head` (x to the subject's left, y to the chin, z into the head), `world` (z up).  "Left" and
"right" are the subject's.  "Nasal" means towards the nose, whichever eye.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_origin, get_type_hints

from assets.person import (
    BeardSpec,
    BrowSpec,
    ExpressionSpec,
    EyeballSpec,
    EyeSpec,
    GlassesSpec,
    HairColour,
    IrisSpec,
    LashSpec,
    LidSpec,
    ScalpHairSpec,
    ScleraSpec,
    SkinSpec,
    StanceSpec,
    SubjectSpec,
    Vector3,
)

__all__ = [
    "BackdropSpec",
    "BeardSpec",
    "BrowSpec",
    "CameraSpec",
    "ExpressionSpec",
    "EyeSpec",
    "EyeballSpec",
    "GlassesSpec",
    "GroundSpec",
    "HairColour",
    "IrisSpec",
    "LampSpec",
    "LashSpec",
    "LidSpec",
    "LightSpec",
    "Matrix3",
    "MomentSpec",
    "PersonSpec",
    "ScalpHairSpec",
    "SceneSpec",
    "ScleraSpec",
    "SkinSpec",
    "StanceSpec",
    "SubjectSpec",
    "Vector3",
    "from_json",
    "to_json",
]

Matrix3 = tuple[Vector3, Vector3, Vector3]
UNWRITTEN_DEFAULT = {"written": "unless default"}
"""Metadata of a field that came later than others: a spec without it is written as it was before there was one."""


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
    saturation: float
    """Factor of the encoded colours' distance from grey: what cameras add to please."""
    metered: float
    """Side of the middle of the picture that the automatic exposure looks at, as a part of the picture's."""


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
class BackdropSpec:
    """What the lens sees behind people in place of the sky."""

    kind: Literal["room", "noise"]
    turn_rad: float
    blur_rad: float
    """Directions are blurred by a cube of this side."""
    half_size_m: Vector3
    """Of the room, whose middle is the lens; the third is the ceiling's height above it."""
    floor_m: float
    """How far the room's floor is below the lens."""
    shift_m: Vector3
    """Where the pattern starts."""
    scale: float
    """Of the pattern."""
    thing_m: tuple[float, float]
    """Width and height of what is on the walls, before `scale`."""
    things: float
    """How much these stand out, 0 to 1."""
    radiance: tuple[Vector3, Vector3, Vector3, Vector3, Vector3]
    """Linear, W/m^2/sr: wall, floor, ceiling, dark things, bright things."""


@dataclass(frozen=True)
class GroundSpec:
    """The ground that people stand on: level, and shaded by them."""

    down_m: float
    """Below the lens."""
    colour: Vector3
    """Linear reflectance."""
    grain_m: float
    """Size of its spots."""
    spots: float
    """How plain they are, 0 to 1."""
    reach_m: float
    """From the lens to where it has run into what the sky or the backdrop shows below the horizon."""
    seed: int


@dataclass(frozen=True)
class LightSpec:
    """All light of a scene: one sky and any number of lamps."""

    infrared: bool
    sky: str
    sky_rotation_rad: float
    sky_strength: float
    backdrop: BackdropSpec | None
    lamps: tuple[LampSpec, ...]
    sky_tint: Vector3 = field(default=(1.0, 1.0, 1.0), metadata=UNWRITTEN_DEFAULT)
    """Linear factors of the sky's colours; `draw_spec` leaves them white, mixes (synth/mix.py) do not."""


@dataclass(frozen=True)
class PersonSpec:
    """One person of a picture: who, where, looking at what."""

    subject: SubjectSpec
    cam_from_head_rotation: Matrix3
    cam_from_head_translation_m: Vector3
    target_cam_m: Vector3
    """What both visual axes meet."""


@dataclass(frozen=True)
class MomentSpec:
    """Which picture of a sequence it is."""

    sequence: int
    frame: int
    """From 0."""


@dataclass(frozen=True)
class SceneSpec:
    """One picture: who is in it, seen by which camera, in which light.

    What is written for one person reads that person as `spec.person`, and is given `spec.alone(i)` for each of many.
    """

    seed: int
    index: int
    attempt: int
    people: tuple[PersonSpec, ...]
    """At least one; the camera is aimed at the first."""
    world_from_cam_rotation: Matrix3
    subject_eye: Literal["left", "right"]
    """Of the first person: what the camera is aimed at, where it is aimed at an eye."""
    camera: CameraSpec
    light: LightSpec
    ground: GroundSpec | None = None
    """None where the picture ends above it."""
    moment: MomentSpec | None = None
    """None of a picture that belongs to no sequence."""

    @property
    def person(self) -> PersonSpec:
        """The first person."""
        return self.people[0]

    @property
    def subject(self) -> SubjectSpec:
        """Who the first person is."""
        return self.person.subject

    def alone(self, number: int) -> SceneSpec:
        """Return the scene without anybody but the person of this number."""
        return dataclasses.replace(self, people=(self.people[number],))


def to_json(value: Any) -> Any:
    """Turn a spec into plain dicts, lists, numbers and strings."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        named = [(item, getattr(value, item.name)) for item in dataclasses.fields(value)]
        return {
            item.name: to_json(part)
            for item, part in named
            if not (item.metadata == UNWRITTEN_DEFAULT and part == item.default)
        }
    if isinstance(value, tuple):
        return [to_json(item) for item in value]
    return value


def from_json(cls: Any, data: Any) -> Any:
    """Rebuild a spec of type `cls` from `to_json`'s output; exact for every finite value.

    Raises:
        TypeError: A field is missing or unknown.
    """
    if isinstance(cls, type) and dataclasses.is_dataclass(cls):
        hints = get_type_hints(cls)
        unknown = set(data) - set(hints)
        if unknown:
            raise TypeError(f"{cls.__name__} has no field {sorted(unknown)[0]!r}")
        return cls(**{name: from_json(hints[name], item) for name, item in data.items()})
    if get_origin(cls) is tuple:
        kinds = get_args(cls)
        kinds = (kinds[0],) * len(data) if kinds[-1] is Ellipsis else kinds
        return tuple(from_json(kind, item) for kind, item in zip(kinds, data, strict=True))
    if type(None) in get_args(cls):
        return None if data is None else from_json(next(k for k in get_args(cls) if k is not type(None)), data)
    return data
