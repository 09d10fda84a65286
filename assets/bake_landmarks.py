"""Bake the places of face landmarks on the skin: which triangle, and where in it.

    python -m assets.bake_landmarks TASK [OUT]

TASK is MediaPipe's `face_landmarker.task`; of it only the canonical face model is read (468 vertices, centimetres,
x to the subject's left, y up, z out of the face).  Its vertices are carried to a plain adult of ours: a similarity,
then a biharmonic warp that takes known places to known places (lid margins, the lips' borders, nose, brows, chin),
then, in turn, the nearest points of the skin and a smoother warp to them (closest points with a stiffness that falls,
as in Amberg, Romdhani & Vetter 2007, with radial functions in place of a mesh).  Only the subject's left half is
fitted; the right one is its mirror image, vertex by vertex, and what lies on the midline stays on the midline's edges.
"""

import hashlib
import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from scipy.interpolate import RBFInterpolator
from scipy.spatial import cKDTree

from assets.bake_edges import LOWER_LID, UPPER_LID, Lips, jaw, lid_margin
from assets.bake_head import write_npz
from assets.bake_surface import FLIP, SkinSurface, outward_from_axis
from assets.beard import SHAVEN
from assets.catalog import sha256_of
from assets.expressions import NEUTRAL
from assets.hair import BALD
from assets.head import load_head
from assets.landmarks import WEIGHT_STEPS, brow_points
from assets.orbit import COLUMNS
from assets.person import (
    BrowSpec,
    EyeballSpec,
    EyeSpec,
    HairColour,
    IrisSpec,
    LashSpec,
    LidSpec,
    ScleraSpec,
    SkinSpec,
    SubjectSpec,
)
from assets.subject import SubjectGeometry, _topology, build
from synth.errors import AssetError

MODEL = "geometry_pipeline_metadata_landmarks.binarypb"
MODEL_SHA256 = "bdbcda96dfcb7da883da124aaa2c55dee49770d934f0fcc71747f8c21bdc75b4"
# Where vertices of the model (the subject's left) belong, found by eye: first on vertices of head.npz (base and root of
# the nose, top of the forehead, chin, outer side and base of the nostril's wing), then near places of the plain adult,
# metres in `head` (the nose's tip, fold and front of the chin, under the jaw, hair line, before the ear, jaw).  Tip,
# chin and jaw were moved by 2 to 6 mm to where the network that goes with the model finds them on faces of ours seen
# from the front.
KNOWN = {2: 317, 168: 136, 10: 244, 152: 1880, 358: 4050, 327: 2725}
KNOWN_AT = {
    **{4: (0.0, 0.0342, -0.0405), 1: (0.0, 0.0400, -0.0405)},
    **{18: (0.0, 0.0855, -0.0245), 200: (0.0, 0.0905, -0.0221), 175: (0.0, 0.1035, -0.0195)},
    **{397: (0.0549, 0.0802, 0.0311), 379: (0.0375, 0.0946, 0.0075)},
    **{297: (0.033, -0.049, -0.011), 356: (0.071, 0.002, 0.054), 454: (0.072, 0.017, 0.056)},
    **{323: (0.070, 0.033, 0.055), 361: (0.066, 0.050, 0.052), 288: (0.058, 0.069, 0.042)},
}
# Vertices above the upper lid, and those of the lid that they stand over.  The model has the inner row close to the
# lid; the network that goes with it puts both rows between crease and brow, and so do we: at these shares of the way.
OVER_LID = {
    0.50: ((259, 387), (257, 386), (258, 385)),
    0.70: ((444, 388), (443, 386), (442, 385)),
}
BROW_LOWER = (285, 295, 282, 283, 276)
# Metres: how much nearest points are distrusted, in turn.
STIFFNESS = (3e-2, 1e-2, 3e-3, 1e-3)


def read_model(data: bytes) -> np.ndarray:
    """Return the canonical face model's vertices (468, 3), metres, head axes, from a protobuf GeometryPipelineMetadata.

    Wire format: field 1 is the mesh; its field 3, packed or not, holds x, y, z, u, v of each vertex as float32.
    """
    mesh = next(value for field, value in _fields(data) if field == 1 and isinstance(value, bytes))
    numbers = b"".join(value for field, value in _fields(mesh) if field == 3 and isinstance(value, bytes))
    return np.frombuffer(numbers, "<f4").reshape(-1, 5)[:, :3] * np.array([1e-2, -1e-2, -1e-2])


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
            continue
        size = {1: 8, 5: 4}.get(key & 7) or varint()
        yield key >> 3, data[at : at + size]
        at += size


def adult() -> SubjectGeometry:
    """Return a plain, exactly symmetric adult without folds about the eyes, looking straight ahead."""
    ball = EyeballSpec(0.012, 0.0005, 0.0078, -0.26, 0.00585, 0.0033, 0.0018, 0.0, 0.0, 0.0, 0.0)
    lids = LidSpec(
        *(0.0150, 0.0028, 0.0080, 0.0147, 0.0016, 0.0038),
        *(0.0044, 0.0056, 0.0, 0.1, 0.0018, 0.0, 0.0, 0.0, 0.0, 0.0, 0.002),
    )
    iris, lashes = IrisSpec(0.5, 0.4, 0.5, 0.35, 0.5, 0.4, 1), LashSpec(1, 1, 0.009, 0.007, 1.0, 0.4, 4e-5, 0.2, 1)
    eye = EyeSpec(ball, lids, iris, lashes, (0.0, 0.0, 0.0), 0.0, 0.0)
    spec = SubjectSpec(
        *(0, 0.5, 30.0, 1 / 3, 1 / 3, 1 / 3, 0.5, 0.5, (), NEUTRAL, eye, eye),
        ScleraSpec(0.3, 0.2, 0.4, 1),
        SkinSpec(*(0.3,) * 12, 1, *(0.0,) * 6),
        BrowSpec(1, 0.009, 0.009, 0.3, 0.0, 5e-5, 1),
        HairColour(0.7, 0.2, 0.05),
        None,
        (0.0, 0.0, 0.0),
        BALD,
        SHAVEN,
        *(None, None, None),
        0.0615,
    )
    return build(spec, {"left": np.eye(3), "right": np.eye(3)})


def fit(face: SkinSurface, model: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return corners (468, 3) and weights (468, 3) of the model's vertices on the skin."""
    head, subject = load_head(), face.subject
    mirror = cKDTree(model).query(model * FLIP)[1]
    left, middle = np.flatnonzero(model[:, 0] > 1e-6), np.flatnonzero(np.abs(model[:, 0]) <= 1e-6)
    corners, weights = np.zeros((len(model), 3), int), np.zeros((len(model), 3))
    known = {number: face.skin[np.searchsorted(_topology().used, vertex)] for number, vertex in KNOWN.items()}
    beside = face.at(*face.nearest(np.array(list(KNOWN_AT.values()))))
    known |= dict(zip(KNOWN_AT, beside, strict=True))
    lips = Lips(head, face).places(model)
    # The folds beside the lids are no landmark: the brow's band is found on the skin as the hairs are.
    known |= lips | {number: at for number, at in brow_points(subject, "left").items() if number in left}
    first = len(face.skin) - 2 * COLUMNS * (len(subject.eyes["left"].orbit.skin) - 1)
    for number, (columns, share) in lid_margin(model, subject).items():
        corners[number], weights[number] = first + columns, share
        known[number] = share @ face.skin[corners[number]]

    brow = np.array([known[number] for number in BROW_LOWER])
    for part, pairs in OVER_LID.items():
        for number, lid in pairs:
            over = np.array([np.interp(known[lid][0], brow[:, 0], brow[:, k]) for k in range(3)])
            chord = known[lid] + part * (over - known[lid])
            known[number] = face.at(*face.nearest(chord[None]))[0]

    numbers = np.array(sorted(known))
    targets = np.array([known[number] for number in numbers])
    targets[np.isin(numbers, middle), 0] = 0.0
    sided = np.isin(numbers, left)
    fixed = np.concatenate([numbers, mirror[numbers[sided]]])
    goals = np.concatenate([targets, targets[sided] * FLIP])
    start = similarity(model[fixed], goals)(model)
    places = RBFInterpolator(start[fixed], goals, kernel="linear", degree=1)(start)
    free = np.setdiff1d(np.concatenate([left, middle]), numbers)
    free_left, free_middle = free[np.isin(free, left)], free[np.isin(free, middle)]
    for stiffness in STIFFNESS:
        near = np.concatenate(
            [
                face.at(*face.nearest(places[free_left], outward_from_axis(places[free_left]))),
                face.at(*face.on_midline(places[free_middle])),
            ]
        )
        sources = np.concatenate([fixed, free_left, free_middle, mirror[free_left]])
        ends = np.concatenate([goals, near, near[: len(free_left)] * FLIP])
        smoothing = np.where(np.arange(len(sources)) < len(fixed), 0.0, stiffness)
        places = RBFInterpolator(start[sources], ends, smoothing=smoothing, kernel="linear", degree=1)(start)

    places[numbers] = targets
    loose = left[~np.isin(left, [*UPPER_LID, *LOWER_LID])]
    on_lips = np.isin(loose, list(lips))
    outward = outward_from_axis(places[loose])
    for these, way in ((loose[on_lips], None), (loose[~on_lips], outward[~on_lips])):
        corners[these], weights[these] = face.nearest(places[these], way)
    corners[middle], weights[middle] = face.on_midline(places[middle])
    corners[mirror[left]], weights[mirror[left]] = face.mirror[corners[left]], weights[left]
    return corners, weights


def similarity(source: np.ndarray, target: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return the similarity that takes one set of points nearest to another (Umeyama 1991)."""
    a, b = source - source.mean(0), target - target.mean(0)
    u, s, vt = np.linalg.svd(b.T @ a)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * sign) @ vt
    scale = (s * sign).sum() / (a**2).sum()
    return lambda points: np.asarray(scale * (points - source.mean(0)) @ rotation.T + target.mean(0))


def ridge(face: SkinSurface, model_places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the four points of the nose's ridge: evenly from its root to the tip."""
    tip = 0.8 * model_places[4] + 0.2 * model_places[1]
    chain = np.concatenate([model_places[[168, 6, 197, 195, 5]], tip[None]])
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(chain, axis=0), axis=1))])
    # 300-W's uppermost mark is a little below the root's deepest point, its lowest a little above the tip's middle.
    at = np.linspace(0.037, 0.977, 4) * along[-1]
    return face.on_midline(np.stack([np.interp(at, along, chain[:, k]) for k in range(3)], -1))


def bake(model: np.ndarray) -> dict[str, np.ndarray]:
    """Return the arrays of landmarks.npz."""
    face = SkinSurface(adult())
    dense = fit(face, model)
    places = face.at(*dense)
    found = {"dense": dense, "ridge": ridge(face, places), "jaw": jaw(face, places)}
    arrays = {"skin_vertices": np.array(len(face.skin), "<u4")}
    for name, (corners, weights) in found.items():
        arrays[f"{name}_corners"] = corners.astype("<u2")
        arrays[f"{name}_weights"] = np.rint(weights[..., 1:] * WEIGHT_STEPS).astype("<u2")
    return arrays


def main(task: Path, folder: Path) -> None:
    """Bake `landmarks.npz` and `landmarks.sources.json` into a folder.

    Raises:
        AssetError: The file is missing, or holds another model.
    """
    try:
        with zipfile.ZipFile(task) as archive:
            data = archive.read(MODEL)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise AssetError(f"{task} is no face_landmarker.task of MediaPipe ({error})") from error
    found = hashlib.sha256(data).hexdigest()
    if found != MODEL_SHA256:
        raise AssetError(f"{MODEL} in {task} is another model: sha256 {found[:12]}, expected {MODEL_SHA256[:12]}")
    write_npz(bake(read_model(data)), folder / "landmarks.npz")
    sources = {
        "source": {
            "task": "https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/"
            "face_landmarker.task",
            "member": MODEL,
            "member_sha256": MODEL_SHA256,
            "licence": "Apache-2.0; the MediaPipe authors",
        },
        "command": "python -m assets.bake_landmarks TASK",
        "files": {
            "landmarks.npz": {
                "sha256": sha256_of(folder / "landmarks.npz"),
                "licence": "Apache-2.0",
                "note": "where on the skin of head.npz the vertices of the canonical face model lie, fitted, and our "
                "own points of nose and jaw; no coordinate of the model is kept",
            }
        },
    }
    (folder / "landmarks.sources.json").write_text(json.dumps(sources, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).parent / "data")
    except IndexError:
        sys.exit("usage: python -m assets.bake_landmarks TASK [OUT]")
    except AssetError as error:
        sys.exit(str(error))
