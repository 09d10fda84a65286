"""The skin of a plain adult as a surface: nearest points, the midline, plane sections; for baking landmarks."""

import numpy as np
from scipy.spatial import cKDTree

from assets.landmarks import skin_of
from assets.subject import SubjectGeometry
from synth.errors import AssetError

FLIP = np.array([-1.0, 1.0, 1.0])


class SkinSurface:
    """The adult's skin: its triangles, its mirror image, and nearest points on its outside.

    Attributes:
        skin: (n, 3) vertices.
        mirror: (n,) each vertex's counterpart.
        triangles: (t, 3) all of them.
        midline: (e, 2) edges that are their own mirror image.
    """

    def __init__(self, subject: SubjectGeometry) -> None:
        part = skin_of(subject)
        self.subject, self.skin = subject, part.vertices_head
        away, self.mirror = cKDTree(self.skin).query(self.skin * FLIP)
        if away.max() > 1e-9 or (self.mirror[self.mirror] != np.arange(len(self.skin))).any():
            raise AssetError("the plain adult's skin is not symmetric")
        quad = part.faces[:, 2] != part.faces[:, 3]
        self.triangles = np.concatenate([part.faces[:, :3], part.faces[quad][:, [0, 2, 3]]])
        centred = self.mirror == np.arange(len(self.skin))
        edges = np.concatenate([self.triangles[:, [k, (k + 1) % 3]] for k in range(3)])
        self.midline = np.unique(np.sort(edges[centred[edges].all(1)], axis=1), axis=0)
        inner = part.attributes["mouth_inside"][self.triangles].max(1) > 0.6
        margin = part.attributes["margin"][self.triangles].max(1) > 0.0
        self.outside = self.triangles[~(inner | margin)]
        a, b, c = self.skin[self.outside].transpose(1, 0, 2)
        normal = np.cross(b - a, c - a)
        self.normal = normal / (np.linalg.norm(normal, axis=1, keepdims=True) + 1e-30)
        self.vertex_normal = np.zeros_like(self.skin)
        for k in range(3):
            np.add.at(self.vertex_normal, self.outside[:, k], normal)
        self.vertex_normal /= np.linalg.norm(self.vertex_normal, axis=1, keepdims=True) + 1e-30
        self.tree = cKDTree((a + b + c) / 3)

    def nearest(
        self, points: np.ndarray, outward: np.ndarray | None = None, triangles: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the corners (p, 3) and weights (p, 3) of the skin's nearest points.

        `outward` (p, 3) are directions that the skin there must not turn away from; `triangles` to look among instead
        of the outside.
        """
        among = self.outside if triangles is None else triangles
        tree = self.tree if triangles is None else cKDTree(self.skin[among].mean(1))
        corners, weights = np.empty((len(points), 3), int), np.empty((len(points), 3))
        for i, point in enumerate(points):
            near = tree.query(point, k=min(60, len(among)))[1]
            if outward is not None:
                facing = near[self.normal[near] @ outward[i] > 0.3]
                near = facing if len(facing) else near
            shares = _closest_shares(self.skin[among[near]], point)
            gap = np.linalg.norm(np.einsum("tk,tki->ti", shares, self.skin[among[near]]) - point, axis=1)
            best = gap.argmin()
            corners[i], weights[i] = among[near[best]], shares[best]
        return corners, weights

    def on_midline(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the same for the nearest points of the midline's own edges."""
        a, b = self.skin[self.midline].transpose(1, 0, 2)
        along = b - a
        share = np.einsum("pei,ei->pe", points[:, None] - a, along) / (along**2).sum(1)
        share = np.clip(share, 0.0, 1.0)
        gap = np.linalg.norm(a + share[..., None] * along - points[:, None], axis=-1)
        best = gap.argmin(1)
        share = share[np.arange(len(points)), best]
        edge = self.midline[best]
        return np.column_stack([edge, edge[:, :1]]), np.column_stack([1 - share, share, 0 * share])

    def on_side(self, down_m: float, inward_m: float) -> np.ndarray:
        """Return the leftmost place of the skin at this height and depth, about."""
        away = np.hypot(self.skin[:, 1] - down_m, self.skin[:, 2] - inward_m)
        near = self.skin[(away < 4e-3) & (self.skin[:, 0] > 0.0)]
        return self.at(*self.nearest(np.array([[near[:, 0].max(), down_m, inward_m]])))[0]

    def at(self, corners: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return the places of points."""
        return np.einsum("pk,pki->pi", weights, self.skin[corners])


def _closest_shares(triangles: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Return the barycentric weights (t, 3) of each triangle's point that is nearest to `point`."""
    a, b, c = triangles.transpose(1, 0, 2)
    u, v, w = b - a, c - a, point - a
    uu, uv, vv = (u * u).sum(1), (u * v).sum(1), (v * v).sum(1)
    uw, vw = (u * w).sum(1), (v * w).sum(1)
    area = np.maximum(uu * vv - uv**2, 1e-30)
    s, t = (vv * uw - uv * vw) / area, (uu * vw - uv * uw) / area
    inside = np.stack([1 - s - t, s, t], -1)
    best, gap = inside, np.where((inside >= 0).all(1), 0.0, np.inf)
    for k in range(3):
        p, q = triangles[:, k], triangles[:, (k + 1) % 3]
        r = np.clip(((point - p) * (q - p)).sum(1) / np.maximum(((q - p) ** 2).sum(1), 1e-30), 0.0, 1.0)
        far = np.linalg.norm(p + r[:, None] * (q - p) - point, axis=1)
        shares = np.zeros_like(inside)
        shares[:, k], shares[:, (k + 1) % 3] = 1 - r, r
        best = np.where((far < gap)[:, None], shares, best)
        gap = np.minimum(far, gap)
    return best


def outward_from_axis(points: np.ndarray) -> np.ndarray:
    """Return a rough direction out of a face, (n, 3): away from an upright axis behind it."""
    away = points * [1.0, 0.0, 1.0] - [0.0, 0.0, 0.06]
    return np.asarray(away / np.linalg.norm(away, axis=1, keepdims=True))


def section(
    face: SkinSurface, start: np.ndarray, outward: np.ndarray, inward_m: float, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Cut the skin by the plane through `start` that holds `outward` and the head's z; walk from `start` to the front.

    Returns corners and weights of `count` points, evenly spaced, until `inward_m` further in as seen from the front.
    """
    (corner,), (share,) = face.nearest(start[None], outward_from_axis(start[None]))
    origin = share @ face.skin[corner]
    height = (face.skin - origin) @ np.cross(outward, [0.0, 0.0, 1.0])
    above = height > 0
    cut = face.outside[above[face.outside].any(1) & ~above[face.outside].all(1)]
    sides: dict[tuple[int, int], list[int]] = {}
    for index, triangle in enumerate(cut.tolist()):
        for edge in _crossed(triangle, above):
            sides.setdefault(edge, []).append(index)

    def crossing(edge: tuple[int, int], triangle: np.ndarray) -> np.ndarray:
        a, b = edge
        part = height[a] / (height[a] - height[b])
        return np.where(triangle == a, 1 - part, np.where(triangle == b, part, 0.0))

    def forwardness(edge: tuple[int, int], triangle: np.ndarray) -> float:
        return float(-(crossing(edge, triangle) @ face.skin[triangle]) @ (outward + np.array([0.0, 0.0, 1.0])))

    at = int(np.flatnonzero((np.sort(cut, axis=1) == np.sort(corner)).all(1))[0])
    leave = max(_crossed(cut[at].tolist(), above), key=lambda edge: forwardness(edge, cut[at]))
    order = [corner.tolist().index(vertex) for vertex in cut[at]]
    steps = [(cut[at], share[order], crossing(leave, cut[at]))]
    while (origin - steps[-1][2] @ face.skin[steps[-1][0]]) @ outward < inward_m:
        beyond = [index for index in sides[leave] if index != at]
        if not beyond:
            break
        at = beyond[0]
        enter, (leave,) = leave, [edge for edge in _crossed(cut[at].tolist(), above) if edge != leave]
        steps.append((cut[at], crossing(enter, cut[at]), crossing(leave, cut[at])))

    triangles, enters, leaves = (np.array(column) for column in zip(*steps, strict=True))
    ends = [np.einsum("pk,pki->pi", weights, face.skin[triangles]) for weights in (enters, leaves)]
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(ends[1] - ends[0], axis=1))])
    wanted = np.linspace(0.0, along[-1] * (1 - 1e-9), count)
    step = np.searchsorted(along, wanted, side="right") - 1
    part = ((wanted - along[step]) / (along[step + 1] - along[step]))[:, None]
    return triangles[step], (1 - part) * enters[step] + part * leaves[step]


def _crossed(triangle: list[int], above: np.ndarray) -> list[tuple[int, int]]:
    """Return the two edges of a triangle, lower number first, whose ends lie on different sides."""
    edges = [(triangle[k - 1], triangle[k]) for k in range(3)]
    return [(min(edge), max(edge)) for edge in edges if above[edge[0]] != above[edge[1]]]
