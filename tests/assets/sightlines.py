"""What lies before the teeth, seen from ahead: the foremost skin on a fine grid, for the tests of mouths."""

from functools import cache

import numpy as np

from assets.subject import build
from synth.geometry.eye_pose import eye_rotations

CELL_M = 0.4e-3
_DENSE = 10


def parts_of(subject):
    """The subject's parts by name, looking ahead."""
    geometry = build(subject, eye_rotations(subject, np.array([0.0, 0.0, -0.8])))
    return {part.name: part for part in geometry.parts}


@cache
def _shares():
    """Barycentric points that lie closer than a cell in any triangle about the mouth."""
    steps = [(i, j, _DENSE - i - j) for i in range(_DENSE + 1) for j in range(_DENSE + 1 - i)]
    return np.array(steps) / _DENSE


def seen_and_outside(parts):
    """Which vertices (n,) of the teeth no skin covers from ahead, and which of them are before the face itself.

    The latter have, as the first skin behind them, no lining of the mouth but its outside, nearer than 8 mm.
    """
    teeth, skin = parts["teeth"].vertices_head, parts["skin"]
    low, high = teeth.min(axis=0) - 2e-3, teeth.max(axis=0) + 2e-3
    whole = skin.faces[:, 2] != skin.faces[:, 3]
    triangles = np.concatenate([skin.faces[:, :3], skin.faces[whole][:, [0, 2, 3]]])
    corners = skin.vertices_head[triangles]
    close = (corners.max(axis=1) > low)[:, :2].all(axis=1) & (corners.min(axis=1) < high)[:, :2].all(axis=1)
    close &= corners[:, :, 2].min(axis=1) < high[2]
    points = np.einsum("sk,tkc->tsc", _shares(), corners[close]).reshape(-1, 3)
    lining = (skin.attributes["mouth_inside"][triangles[close]] @ _shares().T).ravel()
    inside = ((points > low) & (points < high))[:, :2].all(axis=1)
    points, lining = points[inside], lining[inside]
    shape = tuple(np.ceil((high - low)[:2] / CELL_M).astype(int) + 1)

    def cell(p):
        return np.ravel_multi_index(tuple(((p[:, :2] - low[:2]) / CELL_M).astype(int).T), shape)

    order = np.argsort(-points[:, 2])
    foremost = np.full(shape[0] * shape[1], np.inf)
    lines_mouth = np.zeros(shape[0] * shape[1], dtype=bool)
    foremost[cell(points[order])] = points[order, 2]  # the last one written is the nearest to the lens
    lines_mouth[cell(points[order])] = lining[order] > 0.3
    at = cell(teeth)
    seen = foremost[at] > teeth[:, 2]
    return seen, seen & (foremost[at] - teeth[:, 2] < 8e-3) & ~lines_mouth[at]
