"""Where the edges of lips, lids and jaw run on the skin of a plain adult; for baking landmarks.

Numbers are those of MediaPipe's face mesh, of the subject's left half.
"""

import numpy as np

from assets.bake_surface import SkinSurface, section
from assets.head import HeadBasis
from assets.landmarks import skin_of
from assets.orbit import COLUMNS
from assets.subject import SubjectGeometry, _topology

UPPER_LID = (362, 398, 384, 385, 386, 387, 388, 466, 263)  # inner to outer corner
LOWER_LID = (382, 381, 380, 374, 373, 390, 249)
LIPS_UPPER = (  # outer border to inner edge, each from the midline to the corner
    (0, 267, 269, 270, 409, 291),
    (11, 302, 303, 304, 408, 306),
    (12, 268, 271, 272, 407, 292),
    (13, 312, 311, 310, 415, 308),
)
LIPS_LOWER = (
    (17, 314, 405, 321, 375, 291),
    (16, 315, 404, 320, 307, 306),
    (15, 316, 403, 319, 325, 292),
    (14, 317, 402, 318, 324, 308),
)
RIM_START = 455
"""Vertex of head.npz on the midline above the vermilion: the lips' rings begin one quad outside of it."""
EDGE_END = 0.93
"""Where the model's inner edge ends, as part of the way from the midline to the corner: beyond, lips never part."""
INNER_ROW = 14
"""Row of the lips' grid where they touch; the lower one's edge lies a row further in."""
JAW_SIDE = (
    *((0.002, 0.062), (0.021, 0.063), (0.040, 0.062), (0.058, 0.057)),
    *((0.075, 0.044), (0.090, 0.022), (0.101, 0.004), (0.109, -0.007)),
)
"""300-W's points 16 to 9, down and inward (y, z) on the adult's left side, metres; found by eye: before the ear from
the height of the eyes down, behind the lobe, round the jaw's angle and along its lower border."""
INWARD_M = (0.018, 0.045, 0.045, 0.045, 0.045, 0.040, 0.030, 0.025)
"""How far the parallels of jaw points 0 to 7 lead in, seen from the front: to the eye, over the cheek, to the lips."""
PARALLEL = 25
"""Points of a jaw parallel."""


class Lips:
    """The lips' quads of the subject's left half as a grid of skin vertices.

    Attributes:
        grid: (17, 39) rows from the skin outside the vermilion (0) to the mouth's inside (16); columns from the upper
            lip's midline (0) around the corner to the lower lip's (38).
    """

    def __init__(self, head: HeadBasis, face: SkinSurface) -> None:
        self._head, self._quads, self.face = head, head.faces.tolist(), face
        self._faces: dict[int, list[int]] = {}
        for index, quad in enumerate(self._quads):
            for vertex in quad:
                self._faces.setdefault(vertex, []).append(index)
        across = [362, RIM_START]
        while len(across) < 9:
            across.append(self._straight(*across[-2:]))
        coarse = np.array([self._ring(start) for start in across])
        topology = _topology()
        fine = np.empty((2 * len(coarse) - 1, 2 * coarse.shape[1] - 1), int)
        edge, middle = topology.refinement.edge_vertex, topology.refinement.faces.reshape(-1, 4, 4)[:, 0, 2]
        for i, j in np.ndindex(fine.shape):
            some = {int(coarse[r, c]) for r in {i // 2, (i + 1) // 2} for c in {j // 2, (j + 1) // 2}}
            if len(some) == 1:
                fine[i, j] = some.pop()
            elif len(some) == 2:
                fine[i, j] = edge[min(some), max(some)]
            else:
                fine[i, j] = middle[next(f for f in self._faces[min(some)] if some == set(self._quads[f]))]
        self.grid = np.searchsorted(topology.used, fine)

    def _straight(self, before: int, at: int) -> int:
        """Return the vertex beyond `at`, coming from `before`, on a vertex of four quads."""
        beyond = [set(self._quads[f]) for f in self._faces[at] if before not in self._quads[f]]
        (vertex,) = set.intersection(*beyond) - {at}
        return vertex

    def _ring(self, start: int) -> list[int]:
        left = [self._quads[f] for f in self._faces[start] if self._head.base_head[self._quads[f], 0].max() > 1e-6]
        (side,) = set.intersection(*map(set, left)) - {start}
        ring = [start, side]
        while self._head.mirror[ring[-1]] != ring[-1]:
            ring.append(self._straight(*ring[-2:]))
        return ring

    def places(self, model: np.ndarray) -> dict[int, np.ndarray]:
        """Return where the model's lip vertices belong.

        Across the lips they keep the model's shares of the way from the midline to the corner; between the border and
        the inner edge its shares of the way along the surface.
        """
        found: dict[int, np.ndarray] = {}
        for rings, upper in ((LIPS_UPPER, True), (LIPS_LOWER, False)):
            chain = model[np.array(rings)]
            along = np.cumsum(np.linalg.norm(np.diff(chain, axis=0), axis=-1), axis=0)
            down = np.concatenate([0 * along[:1], along]) / along[-1]
            across = [
                _columns(line, part * chain[end, :, 0] / chain[end, -1, 0], upper=upper)
                for line, end, part in ((self._border(), 0, 1.0), (self._edge(), -1, EDGE_END))
            ]
            for ring, share in zip(rings, down, strict=True):
                column = (1 - share) * across[0] + share * across[1]
                found |= {number: self._between(c, s) for number, c, s in zip(ring, column, share, strict=True)}
        return found

    def _border(self) -> np.ndarray:
        """Return where the vermilion ends in every column, (39, 3)."""
        return np.array([self._down(column)[0] for column in range(self.grid.shape[1])])

    def _edge(self) -> np.ndarray:
        """Return the lips' inner edge in every column, (39, 3): where they meet, and part when the mouth opens."""
        return np.array([self._down(column)[-1] for column in range(self.grid.shape[1])])

    def _down(self, column: int) -> np.ndarray:
        """Return one column of the lips, from the vermilion's border to the inner edge, (m, 3)."""
        skin = skin_of(self.face.subject)
        red, places = skin.attributes["lips"][self.grid[:, column]], skin.vertices_head[self.grid[:, column]]
        row = int(np.argmax(red >= 0.5))
        part = (0.5 - red[row - 1]) / (red[row] - red[row - 1])
        border = places[row - 1] + part * (places[row] - places[row - 1])
        corner = skin.vertices_head[self.grid[INNER_ROW], 0].argmax()
        return np.concatenate([border[None], places[row : INNER_ROW + 1 + int(column > corner + 2)]])

    def _between(self, column: float, share: float) -> np.ndarray:
        """Return the point at a share of the way down the lips, between columns."""
        low = min(int(column), self.grid.shape[1] - 2)
        ends = []
        for path in (self._down(low), self._down(low + 1)):
            along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
            ends.append([np.interp(share * along[-1], along, path[:, k]) for k in range(3)])
        return np.asarray((1 - (column - low)) * np.array(ends[0]) + (column - low) * np.array(ends[1]))


def _columns(line: np.ndarray, share: np.ndarray, *, upper: bool) -> np.ndarray:
    """Return where along one lip's line shares of the way from the midline to the corner are reached, as columns."""
    corner = int(line[:, 0].argmax())
    columns = np.arange(corner + 1) if upper else np.arange(len(line) - 1, corner - 1, -1)
    return np.interp(share, line[columns, 0] / line[corner, 0], columns.astype(float))


def lid_margin(model: np.ndarray, subject: SubjectGeometry) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """Return corners and weights, among one orbit's first row, of the model's left lids: shares of the way across."""
    margin = subject.eyes["left"].orbit.skin[0]
    half = COLUMNS // 2
    found = {}
    for numbers, columns in (
        (UPPER_LID, np.arange(half + 1)),
        (LOWER_LID, np.append(np.arange(COLUMNS, half, -1) % COLUMNS, half)),
    ):
        x = model[list(numbers), 0]
        inner, outer = model[UPPER_LID[0], 0], model[UPPER_LID[-1], 0]
        across = margin[columns, 0]
        share = (across - across[0]) / (across[-1] - across[0])
        place = np.interp((x - inner) / (outer - inner), share, np.arange(len(columns)))
        for number, at in zip(numbers, place, strict=True):
            low = min(int(at), len(columns) - 2)
            part = at - low
            found[number] = columns[[low, low + 1, low]], np.array([1 - part, part, 0.0])
    return found


def jaw(face: SkinSurface, model_places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return corners and weights (17, PARALLEL, 3) of the jaw's points and of parallels that lead inward."""
    starts = np.array([*(face.on_side(*place) for place in JAW_SIDE), model_places[152]])
    corners, weights = np.zeros((17, PARALLEL, 3), int), np.zeros((17, PARALLEL, 3))
    tangents = np.gradient(starts[:, :2], axis=0)
    for level, tangent in enumerate(tangents[:8]):  # from the left ear, 16, to the chin
        outward = np.array([tangent[1], -tangent[0], 0.0])
        outward /= np.linalg.norm(outward)
        found = section(face, starts[level], outward, INWARD_M[level], PARALLEL)
        corners[16 - level], weights[16 - level] = found
        corners[level], weights[level] = face.mirror[found[0]], found[1]
    chin = model_places[[152, 175, 199, 200]]
    rise = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(chin, axis=0), axis=1))])
    steps = np.linspace(0.0, rise[-1], PARALLEL)
    corners[8], weights[8] = face.on_midline(np.stack([np.interp(steps, rise, chin[:, k]) for k in range(3)], -1))
    return corners, weights
