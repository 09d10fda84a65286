"""Named expressions: what a face does, in the 52 face units (ARKit's names), at any strength from 0 to 1.

`expression(name, strength)` gives one of `EXPRESSIONS`; `blended` adds several and applies `humanly`, the limits of
what muscles can do at once.  A unit's weight is `full * strength ** power`: what comes late in a laugh, the dropped
jaw, has a power above 1.  Left and right are the subject's.  What each is made of was set by eye, along the action
units that Ekman & Friesen's FACS names for it (a smile of joy is AU 6 + 12, fear 1 + 2 + 4 + 5 + 20 + 25).

Lids move once, by assets/orbit.py, never by the mesh: `lids_of` turns eyeBlink into `EyeSpec.blink` and eyeSquint less
eyeWide into `EyeSpec.squint`, which whoever draws the person adds to what the lids do anyway; eyeLook is no unit of
any expression, for gaze moves eyes and lids.  On the mesh (`mesh_weights`) all four are therefore left out, but for
one part: a squint also raises the cheek under the orbit, which no lid model does.  Of eyeSquint the mesh takes what
lies beyond the eye's rings (`ORBITAL_RING` onwards, fading in), where the orbit's patch has nearly stopped moving.
cheekSquint, browDown, noseSneer and the smile move rings too, but the patch is anchored to the lids' margins, so they
push skin against the lids and leave the margins alone.
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from jaxtyping import Float

from assets.head import FACE_UNITS, SIDES, load_head
from assets.person import ExpressionSpec
from synth.errors import ConfigError

LID_UNITS = frozenset(unit for unit in FACE_UNITS if unit.startswith(("eyeBlink", "eyeLook", "eyeSquint", "eyeWide")))
"""Units that our own lids do instead of the mesh."""
NEUTRAL = ExpressionSpec("neutral", ())
ORBITAL_RING = 5
"""Ring of the head's mesh about an eye from which on squints move the mesh."""
_SIDED = frozenset(unit.removesuffix("Left") for unit in FACE_UNITS if unit.endswith("Left")) - {"jaw", "mouth"}

Units = dict[str, tuple[float, float]]
"""Unit -> (weight at full strength, power of the strength)."""


def _units(powers: Mapping[str, float] = MappingProxyType({}), /, **full: float) -> Units:
    """Name both sides of a unit by its stem; `powers` are 1 unless given."""
    out: Units = {}
    for stem, weight in full.items():
        for unit in (f"{stem}Left", f"{stem}Right") if stem in _SIDED else (stem,):
            if unit not in FACE_UNITS:
                raise AssertionError(f"no face unit {unit}")
            out[unit] = (weight, powers.get(stem, 1.0))
    return out


def _mirrored(units: Units) -> Units:
    swap = {"Left": "Right", "Right": "Left"}
    return {
        next((unit.removesuffix(a) + b for a, b in swap.items() if unit.endswith(a)), unit): value
        for unit, value in units.items()
    }


_WINK = _units(
    eyeBlinkLeft=1.0, eyeSquintLeft=0.5, cheekSquintLeft=0.7, browDownLeft=0.3, mouthSmileLeft=0.3, eyeSquintRight=0.15,
    mouthDimpleLeft=0.2,
)  # fmt: skip
_SMIRK = _units(mouthSmileLeft=0.65, mouthDimpleLeft=0.5, cheekSquintLeft=0.25, mouthPressRight=0.1)
_MOUTH_ASIDE = _units(mouthLeft=0.8, mouthPressLeft=0.15, mouthPressRight=0.15)
_JAW_ASIDE = _units({"jawOpen": 1.5}, jawLeft=0.8, jawOpen=0.08, mouthPress=0.05)
_SNARL = _units(noseSneerLeft=0.8, mouthUpperUpLeft=0.65, cheekSquintLeft=0.4, browDownLeft=0.5, browDownRight=0.3)

_DRAWN_UP = {"jawOpen": 1.3, "mouthLowerDown": 1.1}

EXPRESSIONS: Mapping[str, Units] = MappingProxyType(
    {
        "neutral": {},
        # Joy.
        "smile_closed": _units(mouthSmile=0.6, mouthDimple=0.15, cheekSquint=0.3, eyeSquint=0.2, mouthPress=0.12),
        "smile_polite": _units(mouthSmile=0.4, mouthDimple=0.3, mouthPress=0.2),
        "smile_teeth": _units(
            _DRAWN_UP,
            mouthSmile=0.7,
            mouthUpperUp=0.6,
            mouthLowerDown=0.4,
            mouthStretch=0.1,
            jawOpen=0.05,
            cheekSquint=0.65,
            eyeSquint=0.45,
        ),
        "laugh": _units(
            _DRAWN_UP,
            mouthSmile=0.75,
            mouthUpperUp=0.45,
            mouthLowerDown=0.35,
            jawOpen=0.42,
            cheekSquint=0.8,
            eyeSquint=0.65,
            browInnerUp=0.15,
            noseSneer=0.1,
        ),
        # Speech: mouths of groups of sounds.
        "say_a": _units(jawOpen=0.38, mouthLowerDown=0.2, mouthUpperUp=0.1),
        "say_e": _units(jawOpen=0.16, mouthStretch=0.35, mouthLowerDown=0.25, mouthSmile=0.12),
        "say_i": _units(jawOpen=0.07, mouthStretch=0.3, mouthSmile=0.3, mouthLowerDown=0.3, mouthUpperUp=0.2),
        "say_o": _units(jawOpen=0.26, mouthFunnel=0.5, mouthPucker=0.2),
        "say_u": _units(jawOpen=0.1, mouthPucker=0.6, mouthFunnel=0.3),
        "say_m": _units(mouthPress=0.3, mouthRollLower=0.15, mouthRollUpper=0.15),
        "say_f": _units(jawOpen=0.05, mouthRollLower=0.45, mouthUpperUp=0.35),
        "say_l": _units(jawOpen=0.22, mouthLowerDown=0.15, tongueOut=0.12),
        "say_sh": _units(jawOpen=0.06, mouthFunnel=0.65, mouthUpperUp=0.1),
        # Lids and brows.
        "squint": _units(eyeSquint=0.9, cheekSquint=0.65, browDown=0.45, noseSneer=0.15),
        "blink": _units(eyeBlink=1.0, cheekSquint=0.05, browDown=0.05),
        "wink_left": _WINK,
        "wink_right": _mirrored(_WINK),
        "brows_up": _units(browInnerUp=0.8, browOuterUp=0.8, eyeWide=0.25),
        "brow_up_left": _units(browOuterUpLeft=0.9, browInnerUp=0.2, browDownRight=0.3),
        "brow_up_right": _units(browOuterUpRight=0.9, browInnerUp=0.2, browDownLeft=0.3),
        # Feelings.
        "surprise": _units(
            {"jawOpen": 1.3}, browInnerUp=0.9, browOuterUp=0.9, eyeWide=0.8, jawOpen=0.38, mouthFunnel=0.1
        ),
        "frown": _units(browDown=0.9, eyeSquint=0.25, mouthFrown=0.35, mouthPress=0.15),
        "anger": _units(
            browDown=1.0,
            eyeWide=0.25,
            eyeSquint=0.3,
            noseSneer=0.35,
            mouthPress=0.5,
            mouthFrown=0.3,
            mouthRollUpper=0.1,
            jawForward=0.15,
        ),
        "disgust": _units(
            noseSneer=0.9,
            mouthUpperUp=0.5,
            browDown=0.6,
            eyeSquint=0.4,
            cheekSquint=0.45,
            mouthFrown=0.3,
            mouthShrugLower=0.25,
            mouthPress=0.1,
        ),
        "sadness": _units(
            browInnerUp=0.8,
            browDown=0.25,
            mouthFrown=0.65,
            mouthShrugLower=0.3,
            eyeSquint=0.2,
            cheekSquint=0.15,
            eyeBlink=0.12,
            mouthPress=0.1,
        ),
        "fear": _units(
            browInnerUp=0.9,
            browOuterUp=0.45,
            browDown=0.3,
            eyeWide=0.9,
            mouthStretch=0.6,
            jawOpen=0.16,
            mouthLowerDown=0.25,
        ),
        "yawn": _units(
            {"eyeBlink": 1.3},
            jawOpen=0.95,
            mouthStretch=0.1,
            eyeBlink=0.85,
            eyeSquint=0.4,
            browInnerUp=0.4,
            browDown=0.3,
            noseSneer=0.2,
            cheekSquint=0.35,
        ),
        "snarl_left": _SNARL,
        "snarl_right": _mirrored(_SNARL),
        # The mouth alone.
        "pout": _units(mouthShrugLower=0.6, mouthPucker=0.35, mouthFrown=0.25, mouthRollLower=0.0, mouthPress=0.1),
        "kiss": _units(mouthPucker=0.95, mouthFunnel=0.05, mouthPress=0.2),
        "lips_pressed": _units(mouthPress=0.7, mouthRollLower=0.2, mouthRollUpper=0.2, mouthDimple=0.1),
        "cheeks_puffed": _units(cheekPuff=0.9, mouthPress=0.35, mouthPucker=0.15),
        "smirk_left": _SMIRK,
        "smirk_right": _mirrored(_SMIRK),
        "mouth_left": _MOUTH_ASIDE,
        "mouth_right": _mirrored(_MOUTH_ASIDE),
        "jaw_left": _JAW_ASIDE,
        "jaw_right": _mirrored(_JAW_ASIDE),
        "mouth_open": _units(jawOpen=0.6),
        "tongue_out": _units(tongueOut=1.0, jawOpen=0.36, mouthLowerDown=0.3),
    }
)
CLOSED_MOUTH = frozenset(
    {
        *("neutral", "smile_closed", "smile_polite", "say_m", "squint", "blink", "wink_left", "wink_right", "brows_up"),
        *(
            "brow_up_left",
            "brow_up_right",
            "frown",
            "anger",
            "sadness",
            "pout",
            "kiss",
            "lips_pressed",
            "cheeks_puffed",
        ),
        *("smirk_left", "smirk_right", "mouth_left", "mouth_right"),
    }
)
"""Expressions whose lips stay shut at every strength."""


def expression(name: str, strength: float) -> ExpressionSpec:
    """Return an expression of the library.

    Raises:
        ConfigError: An unknown name, or a strength outside [0, 1].
    """
    if name not in EXPRESSIONS:
        raise ConfigError(f"there is no expression {name!r}; there are {', '.join(EXPRESSIONS)}")
    if not 0.0 <= strength <= 1.0:
        raise ConfigError(f"the strength of {name} is {strength}; it must lie in [0, 1]")
    weights = {unit: full * strength**power for unit, (full, power) in EXPRESSIONS[name].items()}
    return ExpressionSpec(name, humanly(weights))


def blended(*parts: ExpressionSpec) -> ExpressionSpec:
    """Return the sum of expressions within human limits, named by those that are not neutral."""
    total: dict[str, float] = {}
    for part in parts:
        for unit, weight in part.weights:
            total[unit] = total.get(unit, 0.0) + weight
    names = [part.name for part in parts if part.name != NEUTRAL.name]
    return ExpressionSpec("+".join(names) or NEUTRAL.name, humanly(total))


_OPPOSED = (
    *(("jawLeft", "jawRight"), ("mouthLeft", "mouthRight")),
    *((f"mouthSmile{side}", f"mouthFrown{side}") for side in ("Left", "Right")),
    *((f"eyeWide{side}", f"eyeBlink{side}") for side in ("Left", "Right")),
)
"""Muscles that pull against each other: what is left is the difference."""
_ROUND, _WIDE = ("mouthPucker", "mouthFunnel"), ("mouthSmile", "mouthStretch", "mouthDimple")


def humanly(weights: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """Return weights within [0, 1] and within what a face can do at once; without zeros, in the units' own order.

    Opposed muscles take each other's part.  A rounded mouth is not drawn wide, nor opens the jaw to the full: each
    unit of rounding takes seven tenths of what spreads the lips, and half of the jaw's way.  Lips close only over a
    jaw that is open (mouthClose at most jawOpen); pressed or rolled in, they part in proportion to the jaw.  A wide
    jaw neither slides aside nor forward, and raised and pressed lips do not add up.  A tongue needs a gap.

    Raises:
        ConfigError: An unknown unit.
    """
    unknown = sorted(set(weights) - set(FACE_UNITS))
    if unknown:
        raise ConfigError(f"there is no face unit {unknown[0]!r}; assets.head.FACE_UNITS lists them")
    w = {unit: min(max(float(weights.get(unit, 0.0)), 0.0), 1.0) for unit in FACE_UNITS}
    for one, other in _OPPOSED:
        both = min(w[one], w[other])
        w[one], w[other] = w[one] - both, w[other] - both
    rounded = min(sum(w[unit] for unit in _ROUND), 1.0)
    total = sum(w[unit] for unit in _ROUND)
    for unit in _ROUND:
        w[unit] *= rounded / total if total else 0.0
    w["tongueOut"] = min(w["tongueOut"], 3.0 * w["jawOpen"])
    w["jawOpen"] = min(w["jawOpen"], 1.0 - 0.5 * rounded)
    w["mouthClose"] = min(w["mouthClose"], w["jawOpen"])
    parted = min(max(w["jawOpen"] - w["mouthClose"], 0.0) / 0.25, 1.0)
    for stem in ("jawLeft", "jawRight", "jawForward"):
        w[stem] *= 1.0 - 0.7 * w["jawOpen"]
    for side in ("Left", "Right"):
        for stem in _WIDE:
            w[f"{stem}{side}"] = min(w[f"{stem}{side}"], 1.0 - 0.7 * rounded)
        smile = w[f"mouthSmile{side}"]
        w[f"mouthStretch{side}"] = min(w[f"mouthStretch{side}"], 1.0 - 0.6 * smile)
        w[f"mouthDimple{side}"] = min(w[f"mouthDimple{side}"], 1.0 - 0.6 * smile)
        # Lip raisers: nose and lip share one muscle, and a drawn mouth has less lip to raise.
        w[f"mouthUpperUp{side}"] = min(w[f"mouthUpperUp{side}"], 1.0 - 0.4 * w[f"noseSneer{side}"])
        w[f"mouthPress{side}"] *= 1.0 - parted
    for unit in ("mouthRollLower", "mouthRollUpper"):
        w[unit] *= 1.0 - 0.7 * parted
    return tuple((unit, weight) for unit, weight in w.items() if weight > 0.0)


def lids_of(spec: ExpressionSpec, side: str) -> tuple[float, float]:
    """Return (blink, squint) that an expression adds to those of one eye; a negative squint widens.

    Args:
        spec: The expression.
        side: left or right.
    """
    weights, ending = dict(spec.weights), side.capitalize()
    blink, squint, wide = (weights.get(f"{stem}{ending}", 0.0) for stem in ("eyeBlink", "eyeSquint", "eyeWide"))
    return blink, squint - wide


def mesh_weights(spec: ExpressionSpec) -> dict[str, float]:
    """Return the head's targets of an expression: every unit but those of the lids."""
    return {f"faceunits/{unit}": weight for unit, weight in spec.weights if unit not in LID_UNITS}


def cheeks_head(spec: ExpressionSpec) -> Float[np.ndarray, "n 3"]:
    """Return the displacement of the head's vertices by the part of squints that lies beyond the orbit, metres."""
    head = load_head()
    moved = np.zeros_like(head.base_head)
    for unit, weight in spec.weights:
        if unit.startswith("eyeSquint"):
            moved += weight * head.displacement_head(f"faceunits/{unit}")
    return moved * _beyond_the_orbit()[:, None]


@lru_cache(maxsize=1)
def _beyond_the_orbit() -> Float[np.ndarray, " n"]:
    """0 on the lids and in the sockets, rising from `ORBITAL_RING` to 1 at the last ring and beyond."""
    head = load_head()
    share = np.ones(len(head.base_head))
    for side in SIDES:
        rings = head.eye_rings[side]
        t = np.clip((np.arange(len(rings)) - ORBITAL_RING) / (len(rings) - 1 - ORBITAL_RING), 0.0, 1.0)
        share[rings] = (t * t * (3.0 - 2.0 * t))[:, None]
        share[head.pouch_rings[side]] = 0.0
    return share
