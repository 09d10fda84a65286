"""Where light crosses the cornea and the lenses of glasses: points seen through them, and lamps mirrored in the eye.

By Fermat's principle light takes the path whose optical length, the sum of index times length over its straight pieces,
is stationary.  Every surface here is a graph z = h(x, y) in a frame of its own, so a path across m surfaces has 2 m
unknowns, which Newton's method finds; a glint is a path that meets the cornea with the same index on both sides.  What
is seen appears where its path leaves the last surface, since from there to the camera it is straight.  Blender's path
tracer, which knows only Snell's law at a mesh, is the check (tests/agreement).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from assets.eye import EyeGeometry
from assets.eyeball import AQUEOUS_INDEX, Eyeball
from assets.glasses import LENS_INDEX, LensOptics

FRONT, BACK = 0, 1


class Heights(NamedTuple):
    """A graph at n places: z, its gradient and its matrix of second derivatives."""

    z: Float[np.ndarray, " n"]
    slope: Float[np.ndarray, "n 2"]
    bend: Float[np.ndarray, "n 2 2"]


@dataclass(frozen=True)
class Cornea:
    """The conicoid of assets/eyeball.py: z = -apex + (R - sqrt(R^2 - k rho^2)) / k, k = 1 + Q, in frame `eye`."""

    step_m: ClassVar[float] = 0.5e-3
    ball: Eyeball
    axes_head: Float[np.ndarray, "3 3"]
    origin_head: Float[np.ndarray, "3"]

    @classmethod
    def of(cls, eye: EyeGeometry) -> Cornea:
        """Return the cornea of an eye in its place."""
        return cls(eye.ball, eye.head_from_eye, eye.centre_head)

    def heights(self, xy: Float[np.ndarray, "n 2"]) -> Heights:
        """Return the conicoid; dz/dx = x / root and d2z = I / root + k xy xy^T / root^3."""
        k, r = 1.0 + self.ball.asphericity, self.ball.cornea_radius_m
        root = np.sqrt(r**2 - k * np.sum(xy**2, axis=-1))
        bend = np.eye(2) / root[:, None, None] + k * xy[:, :, None] * xy[:, None, :] / root[:, None, None] ** 3
        return Heights((r - root) / k - self.ball.apex_axial_m, xy / root[:, None], bend)

    def clamped(self, xy: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
        """Keep to where the root is real."""
        limit = 0.97 * self.ball.cornea_radius_m / np.sqrt(1.0 + self.ball.asphericity)
        return np.asarray(xy * np.minimum(1.0, limit / np.maximum(np.linalg.norm(xy, axis=-1, keepdims=True), 1e-12)))

    def holds(self, xy: Float[np.ndarray, "n 2"]) -> Bool[np.ndarray, " n"]:
        """Return what lies within the limbus."""
        return np.asarray(np.linalg.norm(xy, axis=-1) <= self.ball.limbus_radial_m)


@dataclass(frozen=True)
class LensFace:
    """The front or the back of a lens: a paraboloid of assets/glasses.py."""

    step_m: ClassVar[float] = 5e-3
    optics: LensOptics
    which: int

    @property
    def axes_head(self) -> Float[np.ndarray, "3 3"]:
        """Return the lens' axes."""
        return self.optics.head_from_lens

    @property
    def origin_head(self) -> Float[np.ndarray, "3"]:
        """Return the lens' middle."""
        return self.optics.origin_head

    def heights(self, xy: Float[np.ndarray, "n 2"]) -> Heights:
        """Return the paraboloid."""
        bend = self.optics.curvature_per_m[self.which]
        slope = bend * xy + [self.optics.slope, 0.0]
        return Heights(self.optics.surface_m(self.which, xy), slope, np.broadcast_to(bend * np.eye(2), (len(xy), 2, 2)))

    def clamped(self, xy: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
        """Keep to a disc well beyond every outline."""
        return np.asarray(xy * np.minimum(1.0, 0.1 / np.maximum(np.linalg.norm(xy, axis=-1, keepdims=True), 1e-12)))

    def holds(self, xy: Float[np.ndarray, "n 2"]) -> Bool[np.ndarray, " n"]:
        """Return what lies within the outline: an odd number of its edges cross the ray towards +x."""
        a, b = self.optics.outline_m, np.roll(self.optics.outline_m, -1, axis=0)
        x, y = xy[:, 0, None], xy[:, 1, None]
        spans = (a[:, 1] <= y) != (b[:, 1] <= y)
        rise = np.where(a[:, 1] == b[:, 1], 1.0, b[:, 1] - a[:, 1])
        beyond = x < a[:, 0] + (y - a[:, 1]) / rise * (b[:, 0] - a[:, 0])
        return np.asarray(np.sum(spans & beyond, axis=-1) % 2 == 1)


Surface = Cornea | LensFace
"""A graph z = h(x, y) in a frame of its own, placed in `head`, whose outer side is that of lesser z.

`step_m` is how far Newton's method may move on it at once: small against its curvature.
"""


class Path(NamedTuple):
    """Where light meets surfaces on its way.

    `points_head` (m, n, 3): the crossings in order; `good`: a stationary path was found whose crossings all lie on the
    surfaces that are there.  Where not, the points belong to the extended surfaces and mean nothing.
    """

    points_head: Float[np.ndarray, "m n 3"]
    good: Bool[np.ndarray, " n"]


def through_cornea(cornea: Cornea, points_head: Float[np.ndarray, "n 3"], camera_head: Float[np.ndarray, "3"]) -> Path:
    """Return where the light of points inside an eye leaves it towards the camera, by the side that faces it.

    Args:
        cornea: The eye's cornea.
        points_head: Points between cornea and iris, metres.
        camera_head: The camera's lens, metres, outside the eye.
    """
    inside, camera = _local(cornea, points_head), _local(cornea, camera_head)
    toward = camera - inside
    # Start between the point's own place and where the straight line to the camera meets a plane below the apex.
    step = np.clip((cornea.ball.apex_axial_m - 1e-3 + inside[:, 2]) / -toward[:, 2], 0.0, None)
    start = inside[:, :2] + 0.7 * step[:, None] * toward[:, :2]
    return _stationary([cornea], [AQUEOUS_INDEX, 1.0], points_head, camera_head, [start])


def lens_is_near(lens: LensOptics, points_head: Float[np.ndarray, "n 3"], camera_head: Float[np.ndarray, "3"]) -> bool:
    """Return whether a straight line from any point to the camera passes a lens, or little beside it."""
    reach = 2.0 * np.linalg.norm(lens.outline_m, axis=-1).max()
    return bool((np.linalg.norm(_meet(LensFace(lens, FRONT), points_head, camera_head), axis=-1) < reach).any())


def stands_before(
    lens: LensOptics, points_head: Float[np.ndarray, "n 3"], camera_head: Float[np.ndarray, "3"]
) -> Bool[np.ndarray, " n"]:
    """Return which points' straight lines to the camera pass a lens: if none of their paths does, they are not seen."""
    before = np.ones(len(points_head), dtype=bool)
    for surface in _of(lens):
        xy = _meet(surface, points_head, camera_head)
        at = _place(surface, xy, surface.heights(xy))
        before &= surface.holds(xy) & (np.sum((at - points_head) * (camera_head - at), axis=-1) > 0)
    return before


def through_lens(lens: LensOptics, points_head: Float[np.ndarray, "n 3"], camera_head: Float[np.ndarray, "3"]) -> Path:
    """Return where light passes the back and the front of a lens on its way from points behind it."""
    start = [_meet(surface, points_head, camera_head) for surface in _of(lens)]
    return _stationary(_of(lens), [1.0, LENS_INDEX, 1.0], points_head, camera_head, start)


def through_cornea_and_lens(
    cornea: Cornea,
    lens: LensOptics,
    points_head: Float[np.ndarray, "n 3"],
    camera_head: Float[np.ndarray, "3"],
    bare: Path,
) -> Path:
    """Return where light from inside an eye crosses its cornea, then a lens' back and its front.

    `bare` is its path without the lens (`through_cornea`), from which the search begins.
    """
    indices = [AQUEOUS_INDEX, 1.0, LENS_INDEX, 1.0]
    start = _with_lens(cornea, lens, bare, camera_head)
    return _stationary([cornea, *_of(lens)], indices, points_head, camera_head, start)


def mirrored(cornea: Cornea, lamps_head: Float[np.ndarray, "n 3"], camera_head: Float[np.ndarray, "3"]) -> Path:
    """Return where lamps are mirrored in a cornea."""
    ends = _local(cornea, lamps_head), _local(cornea, camera_head)
    # A sphere of the cornea's radius mirrors about where its normal is the half vector.
    half = np.add(*(end / np.linalg.norm(end, axis=-1, keepdims=True) for end in ends))
    half /= np.maximum(np.linalg.norm(half, axis=-1, keepdims=True), 1e-9)
    return _stationary([cornea], [1.0, 1.0], lamps_head, camera_head, [cornea.ball.cornea_radius_m * half[:, :2]])


def mirrored_through_lens(
    cornea: Cornea,
    lens: LensOptics,
    lamps_head: Float[np.ndarray, "n 3"],
    camera_head: Float[np.ndarray, "3"],
    bare: Path,
) -> Path:
    """Return where lamps are mirrored in a cornea, and where that light passes a lens' back and front.

    Light on its way to the eye goes straight through lenses, as it does in the pictures (synth/blender/glasses.py).
    `bare` is the path without the lens (`mirrored`), from which the search begins.
    """
    start = _with_lens(cornea, lens, bare, camera_head)
    return _stationary([cornea, *_of(lens)], [1.0, 1.0, LENS_INDEX, 1.0], lamps_head, camera_head, start)


def _of(lens: LensOptics) -> list[LensFace]:
    return [LensFace(lens, BACK), LensFace(lens, FRONT)]


def _with_lens(
    cornea: Cornea, lens: LensOptics, bare: Path, camera_head: Float[np.ndarray, "3"]
) -> list[Float[np.ndarray, "n 2"]]:
    """Return where to begin when a lens is put into a path that left the cornea for the camera."""
    leaves = bare.points_head[0]
    return [_local(cornea, leaves)[:, :2], *(_meet(surface, leaves, camera_head) for surface in _of(lens))]


def faces(
    surface: Surface, points_head: Float[np.ndarray, "n 3"], toward_head: Float[np.ndarray, "*n 3"]
) -> Bool[np.ndarray, " n"]:
    """Return at which points of a surface its outer side looks at `toward_head`: not hidden by its own bulge."""
    local = _local(surface, points_head)
    slope = surface.heights(surface.clamped(local[:, :2])).slope
    outward = np.concatenate([slope, -np.ones((len(slope), 1))], axis=-1)
    return np.asarray(np.sum(outward * (_local(surface, toward_head) - local), axis=-1) > 0)


def _local(surface: Surface, points_head: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
    return np.asarray((points_head - surface.origin_head) @ surface.axes_head)


def _meet(
    surface: Surface, points_head: Float[np.ndarray, "n 3"], camera_head: Float[np.ndarray, "3"]
) -> Float[np.ndarray, "n 2"]:
    """Return where straight lines to the camera meet a graph that is nearly flat."""
    start = _local(surface, points_head)
    way = _local(surface, camera_head) - start
    reach = np.zeros(len(start))
    for _ in range(6):
        at = start + reach[:, None] * way
        found = surface.heights(surface.clamped(at[:, :2]))
        reach -= (at[:, 2] - found.z) / (way[:, 2] - np.sum(found.slope * way[:, :2], axis=-1))
    return np.asarray((start + reach[:, None] * way)[:, :2])


def _stationary(
    surfaces: Sequence[Surface],
    indices: Sequence[float],
    start_head: Float[np.ndarray, "n 3"],
    end_head: Float[np.ndarray, "3"],
    guess_xy: Sequence[Float[np.ndarray, "n 2"]],
) -> Path:
    """Return the stationary paths from `start_head` across `surfaces` to `end_head`, by Newton's method.

    Args:
        surfaces: In the order in which light meets them.
        indices: Refractive index of each piece of the path, one more than there are surfaces.
        start_head: n starts, metres.
        end_head: One end, metres.
        guess_xy: For each surface n places in its frame to begin with.
    """
    places, gradient = np.stack(guess_xy, axis=1), np.zeros((len(start_head), len(surfaces), 2))
    ends = np.broadcast_to(end_head, start_head.shape)
    moving = np.arange(len(start_head))
    for _ in range(40):
        for k, surface in enumerate(surfaces):
            places[moving, k] = surface.clamped(places[moving, k])
        slope, bend = _derivatives(surfaces, indices, start_head[moving], ends[moving], places[moving])
        size = 2 * len(surfaces)
        move = np.linalg.solve(bend.reshape(-1, size, size), slope.reshape(-1, size, 1)).reshape(slope.shape)
        # Short steps keep Newton inside the bowl it starts in.
        over = np.stack([np.linalg.norm(move[:, k], axis=-1) / s.step_m for k, s in enumerate(surfaces)]).max(axis=0)
        places[moving] -= move / np.maximum(over, 1.0)[:, None, None]
        gradient[moving] = slope
        moving = moving[np.abs(move).max(axis=(1, 2)) > 1e-12]
        if len(moving) == 0:
            break
    good = np.linalg.norm(gradient, axis=(1, 2)) < 1e-6
    nodes = [start_head, ends]
    for k, surface in enumerate(surfaces):
        xy = surface.clamped(places[:, k])
        good &= surface.holds(places[:, k])
        nodes.insert(-1, _place(surface, xy, surface.heights(xy)))
    for k, surface in enumerate(surfaces):
        # Equations alone would let light turn back where it should cross, and cross where it should turn back.
        mirror = indices[k] == indices[k + 1]
        good &= faces(surface, nodes[k + 1], nodes[k + 2]) & (faces(surface, nodes[k + 1], nodes[k]) == mirror)
    return Path(np.stack(nodes[1:-1]), good)


def _derivatives(
    surfaces: Sequence[Surface],
    indices: Sequence[float],
    starts: Float[np.ndarray, "n 3"],
    ends: Float[np.ndarray, "n 3"],
    places: Float[np.ndarray, "n m 2"],
) -> tuple[Float[np.ndarray, "n m 2"], Float[np.ndarray, "n m 2 m 2"]]:
    """Return gradient and matrix of second derivatives of the optical length by the crossings' x and y."""
    count, many = places.shape[:2]
    graphs = [surface.heights(places[:, k]) for k, surface in enumerate(surfaces)]
    crossings = [_place(*each) for each in zip(surfaces, places.swapaxes(0, 1), graphs, strict=True)]
    nodes = [starts, *crossings, ends]
    # How a crossing moves in `head` with its x and y.
    tangents = [
        surface.axes_head[:, :2].T + graph.slope[:, :, None] * surface.axes_head[:, 2]
        for surface, graph in zip(surfaces, graphs, strict=True)
    ]
    gradient, hessian = np.zeros((count, many, 2)), np.zeros((count, many, 2, many, 2))
    for piece, index in enumerate(indices):
        way = nodes[piece + 1] - nodes[piece]
        length = np.linalg.norm(way, axis=-1)
        unit = way / length[:, None]
        # The piece ends on surface `piece` and begins on the one before; outermost ends do not move.
        moved = [(k, sign) for k, sign in ((piece, 1.0), (piece - 1, -1.0)) if 0 <= k < many]
        along = {k: np.einsum("nij,nj->ni", tangents[k], unit) for k, _ in moved}
        for k, sign in moved:
            gradient[:, k] += index * sign * along[k]
            lift = unit @ surfaces[k].axes_head[:, 2]
            hessian[:, k, :, k, :] += index * sign * lift[:, None, None] * graphs[k].bend
            for other, other_sign in moved:
                flat = tangents[k] @ tangents[other].swapaxes(1, 2)
                flat -= along[k][:, :, None] * along[other][:, None, :]
                hessian[:, k, :, other, :] += index * sign * other_sign * flat / length[:, None, None]
    return gradient, hessian


def _place(surface: Surface, xy: Float[np.ndarray, "n 2"], graph: Heights) -> Float[np.ndarray, "n 3"]:
    return np.asarray(np.column_stack([xy, graph.z]) @ surface.axes_head.T + surface.origin_head)
