"""Landmarks of a face: places on the skin that mean the same on everybody and go with it.

    dense478  MediaPipe's order: 468 places of its face mesh, then the right iris (468 centre, 469-472 towards the
              subject's left, up, right, down), then the left one (473, 474-477 likewise)
    ibug68    300-W's order, from 0: jaw 0-16 from the right ear over the chin to the left, brows 17-26 from the right
              brow's tail to the left one's, nose 27-35, right eye 36-41, left eye 42-47, outer lips 48-59, inner 60-67
    five      middles of the right and the left eye's opening, nose tip, right and left corner of the mouth

Left and right are the subject's, so a right point lies left in the picture of a face that looks at the camera.
Most are fixed points of the skin's triangles, or means of two or three such that are close
(assets/bake_landmarks.py): those about the eyes lie on the inner edges of the lid margins, those of the lips on the
vermilion's border and where the lips touch.  Brows are where the hairs grow.

300-W marks the *visible* outline of the jaw: where the face's edge hides its own jaw line, the mark slides along a
parallel to the outline (Zhu, Lei, Yan, Yi & Li 2015, "landmark marching").  `jaw_outline` does that for a camera.
"""

import lzma
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import Delaunay

from assets.brows import on_patch
from assets.catalog import verified
from assets.eyeball import Side, limbus_eye, pupil_contour_eye
from assets.part import Part
from assets.subject import SubjectGeometry, untouched_skin
from synth.errors import AssetError

WEIGHT_STEPS = 65535
BROW_IBUG_ALONG = (0.02, 0.285, 0.55, 0.82, 0.98)
BROW_IBUG_UP = (0.55, 0.85, 0.85, 0.93, 0.90)
"""Where in a brow's band 300-W's points lie, from the nose to the temple: along it, and from its lower border up."""
BROW_DENSE = {  # height in the band -> places along it and the numbers of the left and the right brow's points
    0.85: ((0.08, 0.39, 0.65, 0.85, 0.95), (336, 296, 334, 293, 300), (107, 66, 105, 63, 70)),
    0.15: ((0.03, 0.35, 0.58, 0.77, 0.90), (285, 295, 282, 283, 276), (55, 65, 52, 53, 46)),
}
_BROW_IBUG: dict[Side, tuple[int, int]] = {"right": (21, -1), "left": (22, 1)}
"""Number of the brow's point at the nose, and the step to the next outwards."""
_IRIS_FIRST: dict[Side, int] = {"right": 468, "left": 473}
_ROLLED_M, _ROLL_Z_M = 0.09, 0.08
"""Radius of the cylinder on which a face is rolled flat, and how far its axis is behind the eyes."""
_OUTLINE_SHAPE = 0.65
"""Half the width of the outline below the eyes over its height."""
_IRIS_ORDER = [0, 3, 2, 1]  # the contour runs left, down, right, up

IBUG_FROM_DENSE: dict[int, tuple[int, ...]] = {
    **dict(zip(range(31, 36), ((98, 98, 75), (97,), (2, 2, 2, 164), (326,), (327, 327, 305)), strict=True)),
    **dict(zip(range(36, 39), ((33,), (160,), (158, 158, 158, 159)), strict=True)),
    **dict(zip(range(39, 42), ((173, 155, 154), (153, 153, 145), (144,)), strict=True)),
    **dict(zip(range(42, 45), ((398, 382, 381), (385, 385, 385, 386), (387,)), strict=True)),
    **dict(zip(range(45, 48), ((263,), (373,), (380, 380, 374)), strict=True)),
    **dict(zip(range(48, 52), ((61,), (39, 39, 39, 40), (37,), (0, 11)), strict=True)),
    **dict(zip(range(52, 56), ((267,), (269, 269, 269, 270), (291,), (321, 405)), strict=True)),
    **dict(zip(range(56, 60), ((314,), (17,), (84,), (181, 91)), strict=True)),
    **dict(zip(range(60, 64), ((78, 78, 191, 95), (82, 82, 82, 81), (13,), (312, 312, 312, 311)), strict=True)),
    **dict(zip(range(64, 68), ((308, 308, 415, 324), (317, 317, 317, 402), (14,), (87, 87, 87, 178)), strict=True)),
}
"""Points of ibug68 as means of points of dense478, repeated where they weigh more: where 300-W's annotators put their
marks (docs/labels.md).  Jaw, brows and the nose's ridge (27-30) have their own places."""


@dataclass(frozen=True, eq=False)
class Place:
    """Points of the skin: `corners` (..., 3) are vertices of the part "skin", `weights` (..., 3) sum to 1."""

    corners: Int[np.ndarray, "*n 3"]
    weights: Float[np.ndarray, "*n 3"]

    def on(self, skin_head: Float[np.ndarray, "v 3"]) -> Float[np.ndarray, "*n 3"]:
        """Return where the points are on a skin."""
        return np.asarray(np.einsum("...k,...ki->...i", self.weights, skin_head[self.corners]))


@dataclass(frozen=True, eq=False)
class Table:
    """What is baked: MediaPipe's mesh (468), the nose's ridge (4), jaw parallels (17, k), outermost point first."""

    skin_vertices: int
    dense: Place
    ridge: Place
    jaw: Place


def read_table(path: Path) -> Table:
    """Read baked landmarks.

    Raises:
        AssetError: The file is missing or damaged.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            places = {}
            for name in ("dense", "ridge", "jaw"):
                rest = archive[f"{name}_weights"] / WEIGHT_STEPS
                weights = np.concatenate([1.0 - rest.sum(-1, keepdims=True), rest], -1)
                places[name] = Place(archive[f"{name}_corners"].astype(np.int64), weights)
            return Table(int(archive["skin_vertices"]), places["dense"], places["ridge"], places["jaw"])
    except FileNotFoundError:
        raise AssetError(f"the landmarks are missing: no file {path}; reinstall canthus") from None
    except (zipfile.BadZipFile, lzma.LZMAError, ValueError, KeyError, EOFError, OSError) as error:
        raise AssetError(f"the landmarks {path} are damaged ({error}); reinstall canthus") from error


@lru_cache(maxsize=1)
def load_table() -> Table:
    """Return the vendored table, read and checked once a process.

    Raises:
        AssetError: The file is missing, damaged or another one.
    """
    return read_table(verified("landmarks"))


def skin_of(subject: SubjectGeometry) -> Part:
    """Return the part that landmarks lie on."""
    return next(part for part in subject.parts if part.name == "skin")


def brow_points(subject: SubjectGeometry, side: Side) -> dict[int, Float[np.ndarray, "3"]]:
    """Return MediaPipe's points of one brow, by number: the borders of the band where its hairs grow."""
    found: dict[int, Float[np.ndarray, "3"]] = {}
    for height, (along, left, right) in BROW_DENSE.items():
        points = on_patch(subject.brow_bands_head[side], np.array(along), np.full(len(along), height))
        found |= dict(zip(left if side == "left" else right, points, strict=True))
    return found


def landmarks_head(subject: SubjectGeometry) -> dict[str, Float[np.ndarray, "n 3"]]:
    """Return the landmarks of a face in `head`, metres: "ibug68", "dense478" and "five".

    Raises:
        AssetError: The skin is not the one that the landmarks were baked for.
    """
    table, skin = load_table(), skin_of(subject).vertices_head
    if len(skin) != table.skin_vertices:
        raise AssetError(
            f"the landmarks know a skin of {table.skin_vertices} vertices, not {len(skin)}: bake them again"
        )
    dense = np.empty((478, 3))
    dense[:468] = table.dense.on(skin)
    ibug = np.empty((68, 3))
    ibug[:17] = table.jaw.on(skin)[:, 0]
    for side, (first, step) in _BROW_IBUG.items():
        eye = subject.eyes[side]
        for number, point in brow_points(subject, side).items():
            dense[number] = point
        band = subject.brow_bands_head[side]
        ibug[first : first + 5 * step : step] = on_patch(band, np.array(BROW_IBUG_ALONG), np.array(BROW_IBUG_UP))
        iris = _IRIS_FIRST[side]
        dense[iris] = eye.to_head(pupil_contour_eye(eye.ball, 32).mean(axis=0))
        dense[iris + 1 : iris + 5] = eye.to_head(limbus_eye(eye.ball, 4))[_IRIS_ORDER]
    ibug[27:31] = table.ridge.on(skin)
    for number, means in IBUG_FROM_DENSE.items():
        ibug[number] = dense[list(means)].mean(axis=0)
    five = np.stack([ibug[36:42].mean(axis=0), ibug[42:48].mean(axis=0), ibug[30], ibug[48], ibug[54]])
    return {"ibug68": ibug, "dense478": dense, "five": five}


@lru_cache(maxsize=1)
def face_triangles() -> Int[np.ndarray, "t 3"]:
    """Return triangles between the first 468 of dense478 that cover a face, wound as the skin's own: its surface.

    Found on the untouched face, rolled flat about a vertical axis; they go with the points of any other.
    """
    return np.asarray(Delaunay(rolled(load_table().dense.on(untouched_skin()))).simplices)


def rolled(points_head: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 2"]:
    """Return points of a face, metres, on the chart in which it is rolled flat about a vertical axis."""
    x, y, z = np.moveaxis(points_head, -1, 0)
    return np.stack([_ROLLED_M * np.arctan2(x, _ROLL_Z_M - z), y], axis=-1)


def jaw_outline(subject: SubjectGeometry, camera_head: Float[np.ndarray, "3"]) -> Float[np.ndarray, "17 3"]:
    """Return points 0-16 of ibug68 as the outline that a camera sees, in `head`.

    Each point walks along its parallel, from the jaw inwards, to where the face ends for this camera: outermost as seen
    along the direction that leads outwards there.  Turned towards the camera, that is the jaw itself.

    Args:
        subject: The face.
        camera_head: Where the camera is.
    """
    parallels = load_table().jaw.on(skin_of(subject).vertices_head)
    forward = parallels[:, 0].mean(axis=0) - camera_head
    forward = forward / np.linalg.norm(forward)
    side = np.cross([0.0, 1.0, 0.0], forward)
    side = side / np.linalg.norm(side)
    down = np.cross(forward, side)
    # Seen from the front the outline is about half an ellipse; a turned head makes it narrower and steeper, so that
    # its normals turn to the side.
    turn = np.pi * np.arange(17) / 16
    narrow = _OUTLINE_SHAPE * np.sqrt(max(1.0 - forward[0] ** 2, 0.0))
    outward = -np.cos(turn)[:, None] * side + narrow * np.sin(turn)[:, None] * down
    rays = parallels - camera_head
    reach = np.einsum("pki,pi->pk", rays, outward) / (rays @ forward)
    return parallels[np.arange(17), reach.argmax(axis=1)]
