"""The head: a fixed mesh of quads and seven hundred targets, displacement fields that are added with weights.

Frame `head`: x to the subject's left, y to the chin, z into the head, metres.  Origin: midway between the centres of
the base mesh's own eyes, on the untouched mesh.  Targets that age or shape the whole body also carry the head along
(a young woman's sits 50 mm lower): whoever places eyes takes `old_eye_centres_head` of the *shaped* vertices.

left and right are the subject's.  The mesh has sockets (closed pouches), no eyeballs: `pouch_*` are their faces.
Faces are quads, counter-clockwise seen from outside.  uv is OBJ's: u right, v up, in [0, 1].

About each eye the quads form rings of 28 vertices, `eye_rings[side]` (13, 28).  Row 0 is the inner rim, where the lid
margin meets the pouch; rows 0-3 run forward along the margin's thickness, row 3 is its front edge, rows 4-12 lie on the
skin out to brow and cheek.  Column 0 is the inner canthus, 14 the outer, 1-13 the upper lid from inner to outer,
15-27 the lower lid back; a column follows one line of edges outward.  `pouch_rings[side]` (9, 28) continues inward.

Target names keep their folder: `eyes/l-eye-scale-incr`, `faceunits/eyeBlinkLeft`, `macro/asian-female-young`,
`expression/african/mouth-open`.  See `HeadBasis.targets`, and assets/bake_head.py for where they come from.
"""

import difflib
import lzma
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import numpy as np
from jaxtyping import Bool, Float, Int

from assets.catalog import verified
from synth.errors import AssetError, ConfigError

FACE_UNITS = (
    *("browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight"),
    *("cheekPuff", "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight"),
    *("eyeLookDownLeft", "eyeLookDownRight", "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft"),
    *("eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft", "eyeSquintRight"),
    *("eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight", "mouthClose"),
    *("mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel"),
    *("mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight"),
    *("mouthPucker", "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower"),
    *("mouthShrugUpper", "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight"),
    *("mouthUpperUpLeft", "mouthUpperUpRight", "noseSneerLeft", "noseSneerRight", "tongueOut"),
)
SIDES = ("left", "right")
INNER_CANTHUS, OUTER_CANTHUS = 0, 14  # columns of eye_rings

ANCESTRIES = ("african", "asian", "caucasian")
AGES_YEARS = {"baby": 1.0, "child": 10.0, "young": 25.0, "old": 90.0}

_BASE_M = 1e-5
_DELTA_M = 1e-4


@dataclass(frozen=True, eq=False)
class HeadBasis:
    """The mesh, what is known of its parts, and its targets.

    Attributes:
        base_head: (n, 3) vertices of the untouched mesh, metres.
        faces: (f, 4) quads, sorted by group.
        face_group: (f,) index into `group_names`: body, teeth_upper, teeth_lower, tongue, pouch_left, pouch_right.
        group_names: Names of the groups.
        uv: (t, 2) texture coordinates; `face_uv` (f, 4) picks one for every corner of a face.
        face_uv: See `uv`.
        mirror: (n,) index of each vertex's counterpart across x = 0.
        masks: Name -> (n,) in [0, 1]: lips, eyelids, ears, face, mouth_inside.
        eye_rings: Side -> (13, 28) vertices, see the module's docstring.
        pouch_rings: Side -> (9, 28) vertices, from the rim backwards.
        references: Name -> vertices that no face uses but the targets move: eye_left, joint_jaw, ...; take their mean.
        landmarks: Name -> vertex: mouth_left, mouth_right, nose_tip, chin_tip.
        targets: All target names, sorted.
    """

    base_head: Float[np.ndarray, "n 3"]
    faces: Int[np.ndarray, "f 4"]
    face_group: Int[np.ndarray, " f"]
    group_names: tuple[str, ...]
    uv: Float[np.ndarray, "t 2"]
    face_uv: Int[np.ndarray, "f 4"]
    mirror: Int[np.ndarray, " n"]
    masks: Mapping[str, Float[np.ndarray, " n"]]
    eye_rings: Mapping[str, Int[np.ndarray, "13 28"]]
    pouch_rings: Mapping[str, Int[np.ndarray, "9 28"]]
    references: Mapping[str, Int[np.ndarray, " r"]]
    landmarks: Mapping[str, int]
    targets: tuple[str, ...]
    _stream: Mapping[str, tuple[np.ndarray, np.ndarray]]  # target -> vertices (m,), displacements (m, 3) in 0.1 mm

    def _sparse(self, target: str) -> tuple[np.ndarray, np.ndarray]:
        try:
            return self._stream[target]
        except KeyError:
            near = difflib.get_close_matches(target, self.targets, n=3)
            hint = f"; did you mean {', '.join(near)}?" if near else "; HeadBasis.targets lists them"
            raise ConfigError(f"the head has no target {target!r}{hint}") from None

    def vertices_head(self, weights: Mapping[str, float]) -> Float[np.ndarray, "n 3"]:
        """Return the shaped vertices in metres: base + sum of weight * displacement.

        Raises:
            ConfigError: A target does not exist, or its weight is no finite number.
        """
        shaped = np.zeros_like(self.base_head)
        for target, weight in weights.items():
            vertex, steps = self._sparse(target)
            if not np.isfinite(weight):
                raise ConfigError(f"the weight of the head's target {target!r} is {weight}; it must be finite")
            if len(vertex) == len(shaped):
                shaped += np.multiply(steps, weight, dtype=np.float64)
            else:
                shaped[vertex] += np.multiply(steps, weight, dtype=np.float64)
        shaped *= _DELTA_M
        shaped += self.base_head
        return shaped

    def displacement_head(self, target: str) -> Float[np.ndarray, "n 3"]:
        """Return one target's displacement of every vertex, metres.

        Raises:
            ConfigError: The target does not exist.
        """
        vertex, steps = self._sparse(target)
        dense = np.zeros_like(self.base_head)
        dense[vertex] = steps * _DELTA_M
        return dense

    def old_eye_centres_head(self, vertices_head: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "2 3"]:
        """Return the centres of the mesh's own eyes, left then right, after shaping: linear in the weights."""
        return np.stack([vertices_head[self.references[f"eye_{side}"]].mean(axis=0) for side in SIDES])

    def in_groups(self, *names: str) -> Bool[np.ndarray, " f"]:
        """Return which faces belong to any of the named groups."""
        return np.isin(self.face_group, [self.group_names.index(name) for name in names])


def mirrored_name(target: str) -> str:
    """Return the target that does the same on the other side; the name itself for one that acts on both.

    The shapes mirror each other to 0.1 mm with few exceptions (mouthSmile 1.1 mm), but those of `asym` are drawn for
    each side anew and differ by up to 4 mm.
    """
    folder, _, stem = target.rpartition("/")
    for left, right in (("Left", "Right"), ("-left", "-right")):
        for here, there in ((left, right), (right, left)):
            if stem.endswith(here) or f"{here}-" in stem:
                return f"{folder}/{stem.replace(here, there)}"
    swap = {"l": "r", "r": "l"}
    if stem[:2] in ("l-", "r-"):
        return f"{folder}/{swap[stem[0]]}{stem[1:]}"
    if folder == "asym":
        return f"{folder}/{stem[:-1]}{swap[stem[-1]]}"
    return target


def _hat_weights(value: float, anchors: Mapping[str, float]) -> dict[str, float]:
    """Return linear interpolation's weights of `value` between increasing anchors; zeros left out, sum 1."""
    at = list(anchors.values())
    weights = {name: float(np.interp(value, at, np.eye(len(at))[i])) for i, name in enumerate(anchors)}
    return {name: weight for name, weight in weights.items() if weight > 0}


def macro_weights(
    gender_female: float,
    age_years: float,
    ancestry: Mapping[str, float],
    weight: float = 0.5,
    muscle: float = 0.5,
    proportion: float = 0.5,
) -> dict[str, float]:
    """Return the weights of the macro targets of a person, by MakeHuman's rule.

    Each property is interpolated linearly between its anchors (gender: male, female; age: baby 1, child 10, young 25,
    old 90 years; muscle and weight: min 0, average 0.5, max 1; proportion: uncommon 0, none 0.5, ideal 1), and a
    target named by several properties gets the product of theirs.  So the targets `macro/<ancestry>-<gender>-<age>`
    sum to one, and so do `macro/universal-<gender>-<age>-<muscle>-<weight>`.  Those of `macro/proportions` sum to
    |2 proportion - 1| less the share of babies, for whom there are none.

    Args:
        gender_female: 0 male to 1 female.
        age_years: 1 to 90.
        ancestry: Shares of african, asian and caucasian; missing ones are 0; divided by their sum.
        weight: 0 thin, 0.5 average, 1 heavy.
        muscle: 0 slack, 0.5 average, 1 strong.
        proportion: 0 uncommon, 0.5 as drawn, 1 ideal.

    Raises:
        ConfigError: A value outside its range, an unknown ancestry, or shares that are negative or all zero.
    """
    for name, value, low, high in (
        ("gender_female", gender_female, 0.0, 1.0),
        ("age_years", age_years, AGES_YEARS["baby"], AGES_YEARS["old"]),
        ("weight", weight, 0.0, 1.0),
        ("muscle", muscle, 0.0, 1.0),
        ("proportion", proportion, 0.0, 1.0),
    ):
        if not low <= value <= high:
            raise ConfigError(f"{name} is {value}; it must lie in [{low:g}, {high:g}]")
    shares = np.array([float(ancestry.get(name, 0.0)) for name in ANCESTRIES])
    unknown = sorted(set(ancestry) - set(ANCESTRIES))
    if unknown or not (shares >= 0).all() or not 0 < shares.sum() < np.inf:
        raise ConfigError(f"ancestry is {dict(ancestry)}; it must share out {', '.join(ANCESTRIES)}, not all zero")

    genders = _hat_weights(gender_female, {"male": 0.0, "female": 1.0})
    ages = _hat_weights(age_years, AGES_YEARS)
    muscles = _hat_weights(muscle, {"minmuscle": 0.0, "averagemuscle": 0.5, "maxmuscle": 1.0})
    masses = _hat_weights(weight, {"minweight": 0.0, "averageweight": 0.5, "maxweight": 1.0})
    figures = _hat_weights(proportion, {"uncommonproportions": 0.0, "": 0.5, "idealproportions": 1.0})

    result: dict[str, float] = {}
    for gender, w_gender in genders.items():
        for age, w_age in ages.items():
            w = w_gender * w_age
            for name, share in zip(ANCESTRIES, shares / shares.sum(), strict=True):
                if share > 0:
                    result[f"macro/{name}-{gender}-{age}"] = w * float(share)
            for strength, w_strength in muscles.items():
                for mass, w_mass in masses.items():
                    body = f"{gender}-{age}-{strength}-{mass}"
                    result[f"macro/universal-{body}"] = w * w_strength * w_mass
                    for figure, w_figure in figures.items():
                        if figure and age != "baby":
                            result[f"macro/proportions/{body}-{figure}"] = w * w_strength * w_mass * w_figure
    return result


def read_head(path: Path) -> HeadBasis:
    """Read a baked head.

    Raises:
        AssetError: The file is missing, cut short, or no baked head.
    """
    try:
        # Opened here: np.load leaves a file open that it finds to be no archive.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return _basis_from({name: archive[name] for name in archive.files})
    except FileNotFoundError:
        raise AssetError(f"the head is missing: no file {path}; reinstall canthus") from None
    except (zipfile.BadZipFile, lzma.LZMAError, ValueError, KeyError, EOFError, OSError, IndexError) as error:
        raise AssetError(f"the head {path} is damaged ({error}); reinstall canthus") from error


def _basis_from(arrays: Mapping[str, np.ndarray]) -> HeadBasis:
    def indices(name: str) -> Int[np.ndarray, "..."]:
        return _frozen(arrays[name].astype(np.int64))

    def prefixed(prefix: str) -> dict[str, np.ndarray]:
        return {name.removeprefix(prefix): arrays[name] for name in sorted(arrays) if name.startswith(prefix)}

    base = arrays["base_10um"] * _BASE_M
    references = {name: indices(f"reference_{name}") for name in prefixed("reference_")}
    origin = np.mean([base[references[f"eye_{side}"]].mean(axis=0) for side in SIDES], axis=0)

    ends = np.cumsum(arrays["stream_size"].astype(np.int64))
    low, high = arrays["stream_delta_bytes"].astype(np.uint16)
    steps = np.ascontiguousarray((low | high << 8).view(np.int16).T)
    streams = []
    for begin, end in zip(ends - arrays["stream_size"], ends, strict=True):
        streams.append((np.cumsum(arrays["stream_vertex_gap"][begin:end], dtype=np.int64), _frozen(steps[begin:end])))
    names = tuple(arrays["target_names"].tolist())
    return HeadBasis(
        base_head=_frozen(base - origin),
        faces=indices("faces"),
        face_group=indices("face_group"),
        group_names=tuple(arrays["group_names"].tolist()),
        uv=_frozen(arrays["uv_millionths"] * 1e-6),
        face_uv=indices("face_uv"),
        mirror=indices("mirror"),
        masks=MappingProxyType({name: _frozen(mask / 255.0) for name, mask in prefixed("mask_").items()}),
        eye_rings=MappingProxyType(dict(zip(SIDES, indices("eye_rings"), strict=True))),
        pouch_rings=MappingProxyType(dict(zip(SIDES, indices("pouch_rings"), strict=True))),
        references=MappingProxyType(references),
        landmarks=MappingProxyType({name: int(vertex) for name, vertex in prefixed("landmark_").items()}),
        targets=names,
        _stream=MappingProxyType({name: streams[i] for name, i in zip(names, arrays["target_stream"], strict=True)}),
    )


def _frozen(array: np.ndarray) -> np.ndarray:
    """Forbid writing: one basis is shared by the whole process."""
    array.setflags(write=False)
    return array


@lru_cache(maxsize=1)
def load_head() -> HeadBasis:
    """Return the vendored head, read and checked once a process (about 0.1 s).

    Raises:
        AssetError: The file is missing, damaged or another one.
    """
    return read_head(verified("head"))
