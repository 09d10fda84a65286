"""Glasses: a frame and two lenses, fitted to a face.

Frame `head`, metres (x to the subject's left, y to the chin, z into the head).  The front is drawn flat in the plane of
its two lenses, (across, down) about the middle of the bridge, then bent onto the lenses' base curve, tilted so that its
lower edge comes nearer to the cheeks, and set before the corneas.  Every piece is a closed surface of quads with its
faces counter-clockwise from outside; a triangle repeats its last index.

Sizes are those that opticians mark on frames: A and B the width and height of a lens, DBL the distance between lenses
(ISO 8624).  Lenses have a power P = (n - 1) (1 / R_front - 1 / R_back), the thin-lens formula.  Their surfaces are the
paraboloids of `LensOptics`, at whose points the meshes' vertices lie, so that labels bend light at what is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from assets.person import GlassesSpec
from assets.sweep import closed_outward, ellipsoid, sweep
from synth.errors import ConfigError

LENS_INDEX = 1.5
VERTEX_DISTANCE_M = 0.013
"""Back of the lens to the cornea's apex; opticians aim at 12 to 14 mm."""
_BASE_CURVE_M = 0.125  # about 4 dioptres on the front
_PANTOSCOPIC_RAD = 0.10
_WRAP = 0.1
"""Slope by which each lens turns its outer edge back (face form angle, about 6 degrees)."""
_MOST_PUSHED_M = 5e-3
_OUTLINE = 64
_RADII = np.append(np.linspace(0.0, 0.97, 18)[1:], [0.99, 1.0])
"""Rings of a lens' mesh: a fold of its edge would tilt the shaded normals, and so the light, one ring inwards."""
_PAIR = (("left", 1.0), ("right", -1.0))
_TILT = np.array(
    [
        [1.0, 0.0, 0.0],
        [0.0, np.cos(_PANTOSCOPIC_RAD), -np.sin(_PANTOSCOPIC_RAD)],
        [0.0, np.sin(_PANTOSCOPIC_RAD), np.cos(_PANTOSCOPIC_RAD)],
    ]
)
"""`head` from (across, down, depth)."""


@dataclass(frozen=True)
class Frame:
    """A style, in metres for a face with 63 mm between the pupils."""

    width_m: float
    height_m: float
    bridge_m: float
    square: float
    """Exponent of the superellipse: 2 is an ellipse, 5 nearly a rectangle."""
    wing_m: float = 0.0
    """How far the outer upper corner is drawn up."""
    drop_m: float = 0.0
    """How far the lower edge is drawn down towards the nose's side."""
    rim: float = 1.0
    """Rim's thickness against the usual one."""
    rimless_below: bool = False


FRAMES = {
    "rectangular": Frame(0.053, 0.034, 0.018, 4.5),
    "round": Frame(0.048, 0.045, 0.021, 2.0, rim=0.85),
    "aviator": Frame(0.057, 0.047, 0.016, 2.5, drop_m=0.004, rim=0.6),
    "cat_eye": Frame(0.053, 0.038, 0.018, 2.6, wing_m=0.010, rim=1.2),
    "half_rim": Frame(0.054, 0.033, 0.017, 3.5, rimless_below=True),
}


class LensOptics(NamedTuple):
    """The refracting surfaces of one lens, in a frame of its own: x aside, y down, z in; metres.

    A surface is z = height + slope x + curvature (x^2 + y^2) / 2, its height, slope and curvature given for the front
    and the back; `outline` (x, y) is the edge of both.
    """

    head_from_lens: Float[np.ndarray, "3 3"]
    origin_head: Float[np.ndarray, "3"]
    height_m: tuple[float, float]
    slope: float
    curvature_per_m: tuple[float, float]
    outline_m: Float[np.ndarray, "k 2"]

    def surface_m(self, which: int, xy: Float[np.ndarray, "*n 2"]) -> Float[np.ndarray, "*n"]:
        """Return z of the front (0) or the back (1)."""
        height, bend = self.height_m[which], self.curvature_per_m[which]
        return np.asarray(height + self.slope * xy[..., 0] + 0.5 * bend * np.sum(xy**2, axis=-1))

    def outward_head(self, which: int, xy: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 3"]:
        """Return unit normals of the front or the back, out of the glass, in `head`."""
        slope = self.curvature_per_m[which] * xy + [self.slope, 0.0]
        normal = np.column_stack([slope, -np.ones(len(xy))]) @ self.head_from_lens.T
        return np.asarray((1.0 - 2.0 * which) * normal / np.linalg.norm(normal, axis=1, keepdims=True))

    def to_head(self, points: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
        """Carry points of the lens' frame to `head`."""
        return np.asarray(points @ self.head_from_lens.T + self.origin_head)


class Fit(NamedTuple):
    """What the glasses rest on: all in `head`, metres."""

    corneas_head: Float[np.ndarray, "2 3"]
    """Apices of the corneas at primary gaze, left and right."""
    skin_head: Float[np.ndarray, "n 3"]
    """Points of the face and temples without the ears, any order: the frame stays clear of them."""
    ears_head: Float[np.ndarray, "2 3"]
    """Where the temples rest, above the ears' roots, left and right."""


class Piece(NamedTuple):
    """One closed surface; `attributes` are per vertex."""

    name: str
    vertices_head: Float[np.ndarray, "n 3"]
    faces: Int[np.ndarray, "f 4"]
    material: str
    attributes: dict[str, Float[np.ndarray, "n *d"]]


def measure(vertices_head: Float[np.ndarray, "n 3"], ears: Float[np.ndarray, " n"], corneas: np.ndarray) -> Fit:
    """Return the fit of a head's vertices; `ears` is the head basis' mask of that name."""
    skin = (ears < 0.05) & (np.abs(vertices_head[:, 1]) < 0.045) & (vertices_head[:, 2] < 0.09)
    rests = []
    for sign in (1.0, -1.0):
        ear = vertices_head[(ears > 0.5) & (sign * vertices_head[:, 0] > 0)]
        # Temples lie in the fold between skull and ear, over its foremost third.
        near = sign * np.quantile(sign * ear[:, 0], 0.05)
        rests.append([near + sign * 1e-3, ear[:, 1].min() + 4e-3, np.quantile(ear[:, 2], 0.3)])
    return Fit(np.asarray(corneas), vertices_head[skin], np.array(rests))


def build_glasses(spec: GlassesSpec, fit: Fit) -> tuple[list[Piece], tuple[LensOptics, LensOptics]]:
    """Return the pieces of a pair of glasses on a face, and what its left and right lens do to light.

    Raises:
        ConfigError: There is no frame of that name.
    """
    if spec.frame not in FRAMES:
        raise ConfigError(f"no glasses named {spec.frame!r}: choose one of {', '.join(FRAMES)}")
    front = _Front(spec, FRAMES[spec.frame], fit)
    pieces = []
    lenses = (front.optics(1.0), front.optics(-1.0))
    for (side, sign), lens in zip(_PAIR, lenses, strict=True):
        pieces += [
            _frame_piece(f"rim_{side}", *front.rim(sign)),
            _frame_piece(f"temple_{side}", *front.temple(sign, fit)),
            _frame_piece(f"endpiece_{side}", *front.endpiece(sign)),
            _frame_piece(f"pad_arm_{side}", *front.pad_arm(sign)),
            _frame_piece(f"pad_{side}", *front.pad(sign)),
            *front.lens(side, lens),
        ]
    return [_frame_piece("bridge", *front.bridge(fit)), *pieces], lenses


def _clearance(arm: Float[np.ndarray, "k 3"], skin: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " k"]:
    """Return how far each point of a left arm must move outwards to pass 2 mm beside the head, smoothly."""
    near = np.linalg.norm((skin[None] - arm[:, None])[..., 1:], axis=-1) < 0.009
    width = np.where(near, skin[None, :, 0], -np.inf).max(axis=1)
    need = np.maximum(width + 2e-3 - arm[:, 0], 0.0)
    # The hinge stays; a smooth arm needs the greatest push of its neighbourhood.
    need = np.array([need[max(k - 2, 0) : k + 3].max() for k in range(len(arm))])
    need[0] = 0.0
    return (
        np.convolve(np.pad(need, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
        * np.minimum(np.arange(len(arm)), 2)
        / 2
    )


def _frame_piece(name: str, vertices: np.ndarray, faces: np.ndarray) -> Piece:
    return Piece(f"glasses_{name}", vertices, faces, "glasses_frame", {"rest": vertices.copy()})


class _Front:
    """The front's plane and its sizes for one face; the methods build the pieces."""

    def __init__(self, spec: GlassesSpec, frame: Frame, fit: Fit) -> None:
        pupils = fit.corneas_head
        self.scale = spec.width_scale * float(abs(pupils[0, 0] - pupils[1, 0])) / 0.063
        self.frame, self.spec = frame, spec
        self.a, self.b = 0.5 * frame.width_m * self.scale, 0.5 * frame.height_m * self.scale
        self.centre_across = 0.5 * (frame.width_m + frame.bridge_m) * self.scale
        forward = VERTEX_DISTANCE_M + spec.forward_m + 2e-3  # the front surface is a lens' thickness further out
        self.origin = np.array(
            [pupils[:, 0].mean(), pupils[:, 1].mean() + 2e-3 + spec.down_m, pupils[:, 2].min() - forward]
        )
        plastic = not spec.metal
        self.rim_width = frame.rim * (1.7e-3 if plastic else 0.7e-3)
        self.rim_depth = 1.8e-3 if plastic else 1.1e-3
        self.origin[2] -= self._pushed_forward(fit.skin_head)

    def _pushed_forward(self, skin: np.ndarray) -> float:
        """Return how far a strong brow or a full cheek pushes the front away from the eyes."""
        over = skin - self.origin
        aside = (np.abs(over[:, 0]) - self.centre_across) / (self.a + 2e-3)
        # The nose's flank, at the inner edge, is left to the pads.
        covered = (aside > -0.6) & (aside < 1) & (np.abs(over[:, 1]) < self.b + 2e-3) & (over[:, 2] < 0.02)
        if not covered.any():
            return 0.0
        behind = over[covered, 2] - (self.at(over[covered, 0], over[covered, 1])[:, 2] - self.origin[2])
        return float(np.clip(self.rim_depth + 1.5e-3 - behind.min(), 0.0, _MOST_PUSHED_M))

    def at(self, across: np.ndarray, down: np.ndarray, back_m: np.ndarray | float = 0.0) -> np.ndarray:
        """Return points of the front in `head`: bent onto the base curve, tilted, set before the eyes."""
        # Bent about each lens' own axis, whose plane turns back from its inner edge on: a slight wrap.
        aside = np.abs(across) - self.centre_across
        bend = (aside**2 + down**2) / (2 * _BASE_CURVE_M) + _WRAP * np.maximum(aside, -self.a)
        depth = np.broadcast_to(bend + back_m, np.shape(across))
        return np.asarray(self.origin + np.stack([across, down, depth], axis=-1) @ _TILT.T)

    def optics(self, sign: float) -> LensOptics:
        """Return the surfaces of one lens: front on the base curve, back by its power."""
        across, down = self.outline(sign)
        outline = np.stack([across - sign * self.centre_across, down], axis=-1)
        power = self.spec.lens_power_dioptre
        # Back minus front sagitta is -P rho^2 / (2 (n - 1)): thinner in the middle when P < 0.
        bend = -power / (LENS_INDEX - 1)
        thinnest = 0.5 * np.minimum(bend * np.sum(outline**2, axis=-1).max(), 0.0)
        thickness = (1.5e-3 if power <= 0 else 1.0e-3) - thinnest
        middle = self.origin + _TILT @ np.array([sign * self.centre_across, 0.0, 0.0])
        return LensOptics(
            _TILT, middle, (0.0, thickness), sign * _WRAP, (1 / _BASE_CURVE_M, 1 / _BASE_CURVE_M + bend), outline
        )

    def outline(self, sign: float, radius: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        """Return (across, down) of a lens' edge, evenly spaced, starting at its outer end."""
        turn = np.linspace(0, 2 * np.pi, 16 * _OUTLINE + 1)
        bend = 2 / self.frame.square
        x = np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** bend
        y = np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** bend
        out = np.clip((x - 0.1) / 0.9, 0.0, 1.0)
        up = 0.5 * (1 - y)
        outer = self.a * x
        lower = self.b * y - self.frame.wing_m * out**2 * up + self.frame.drop_m * np.maximum(y, 0.0) * (0.5 - 0.8 * x)
        length = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(outer), np.diff(lower)))])
        even = np.arange(_OUTLINE) / _OUTLINE * length[-1]
        outer, lower = np.interp(even, length, outer), np.interp(even, length, lower)
        return sign * (self.centre_across + radius * outer), radius * lower

    def rim(self, sign: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the rim of one lens: a ring, or its upper part alone."""
        across, down = self.outline(sign)
        closed = not self.frame.rimless_below
        if not closed:
            # From the lowest point round, so that what is kept is one run.
            order = np.roll(np.arange(_OUTLINE), -int(np.argmax(down)))
            keep = order[down[order] < 0.15 * self.b]
            across, down = across[keep], down[keep]
        path = self.at(across, down, 1.0e-3)
        inside = self.at(0.9 * across + 0.1 * sign * self.centre_across, 0.9 * down, 1.0e-3)
        return sweep(path, path - inside, self.rim_width, self.rim_depth, closed=closed)

    def bridge(self, fit: Fit) -> tuple[np.ndarray, np.ndarray]:
        """Return the bar over the nose, clear of its ridge."""
        t = np.linspace(-1.0, 1.0, 13)
        reach = self.centre_across - 0.93 * self.a
        down = np.full_like(t, -0.32 * self.b) - 2.5e-3 * (1 - t**2)
        path = self.at(reach * t, down, 1.0e-3)
        # The front's bend belongs to the lenses: between them the bar runs straight.
        path[:, 2] = path[[0, -1], 2].mean()
        ridge = fit.skin_head[np.abs(fit.skin_head[:, 0]) < 4e-3]
        near = np.abs(ridge[:, 1] - path[:, 1].mean()) < 6e-3
        if near.any():
            clear = path[0, 2] - (ridge[near, 2].min() - 3e-3)
            path[:, 2] -= max(float(clear), 0.0) * (1 - t**2)
        return sweep(path, np.tile([0.0, 1.0, 0.0], (len(t), 1)), 0.9 * self.rim_width, 0.9 * self.rim_depth)

    def _hinge(self, sign: float) -> np.ndarray:
        across = sign * (self.centre_across + 1.0 * self.a + 2.5e-3)
        wing = self.frame.wing_m * 0.6
        return self.at(np.array(across), np.array(-0.42 * self.b - wing), 3e-3)

    def endpiece(self, sign: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the block that joins rim and temple."""
        across, down = self.outline(sign)
        hinge = self._hinge(sign)
        rim = self.at(across, down, 1.0e-3)
        start = rim[np.argmin(np.linalg.norm(rim - hinge, axis=1))]
        path = start + np.linspace(0.0, 1.0, 4)[:, None] * (hinge - start)
        return sweep(path, np.tile([0.0, 1.0, 0.0], (4, 1)), 1.6e-3, 1.3e-3)

    def temple(self, sign: float, fit: Fit) -> tuple[np.ndarray, np.ndarray]:
        """Return the arm from the hinge over the ear, and down behind it."""
        hinge, ear = self._hinge(sign), fit.ears_head[0 if sign > 0 else 1]
        t = np.linspace(0.0, 1.0, 14)[:, None]
        arm = hinge + t * (ear - hinge)
        arm[:, 0] += sign * _clearance(arm * [sign, 1.0, 1.0], fit.skin_head * [sign, 1.0, 1.0])
        turn = np.linspace(0.15, 1.0, 7)[:, None] * 0.9
        hook = arm[-1] + 0.035 * np.hstack([-sign * 0.12 * turn, 0.75 * turn**2, turn * 0.75])
        path = np.concatenate([arm, hook])
        high = 0.8e-3 if self.spec.metal else 2.2e-3
        return sweep(path, np.tile([0.0, 1.0, 0.0], (len(path), 1)), high, 0.8e-3)

    def _pad_centre(self, sign: float) -> np.ndarray:
        across = sign * (self.centre_across - self.a - 0.5e-3)
        return self.at(np.array(across), np.array(0.25 * self.b), 5e-3)

    def pad_arm(self, sign: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the wire from the rim to the pad on the nose."""
        across, down = self.outline(sign)
        centre = self._pad_centre(sign)
        rim = self.at(across, down, 1.0e-3)
        start = rim[np.argmin(np.linalg.norm(rim - centre, axis=1))]
        path = start + np.linspace(0.0, 1.0, 4)[:, None] * (centre - start)
        return sweep(path, np.tile([0.0, 1.0, 0.0], (4, 1)), 0.5e-3, 0.5e-3)

    def pad(self, sign: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the pad: it leans against the flank of the nose."""
        lean = np.array([[0.88, 0.18 * sign, -0.45 * sign], [0.0, 1.0, 0.0], [0.45 * sign, 0.0, 0.88]])
        return ellipsoid(self._pad_centre(sign), lean.T * np.array([1.1e-3, 5.5e-3, 3.2e-3])[:, None])

    def lens(self, side: str, optics: LensOptics) -> list[Piece]:
        """Return one lens and its ground edge, which lets nothing through.

        `down01` runs from the upper to the lower edge; `across_normal` is the other surface's normal, out of the glass,
        and `apart` how far away that surface is, m.
        """
        xy = np.concatenate([np.zeros((1, 2)), *(radius * optics.outline_m for radius in _RADII)])
        faces_of = [optics.to_head(np.column_stack([xy, optics.surface_m(which, xy)])) for which in (0, 1)]
        count = len(xy)
        i = np.arange(_OUTLINE)
        j = (i + 1) % _OUTLINE
        faces = [np.stack([np.zeros_like(i), 1 + i, 1 + j, 1 + j], -1)]
        for ring in range(len(_RADII) - 1):
            base = 1 + ring * _OUTLINE
            faces.append(np.stack([base + i, base + _OUTLINE + i, base + _OUTLINE + j, base + j], -1))
        front = np.concatenate(faces)
        back = front[:, ::-1] + count
        back[:_OUTLINE] = front[:_OUTLINE][:, [0, 2, 1, 1]] + count
        last = count - _OUTLINE
        wall = np.stack([last + i, last + i + count, last + j + count, last + j], -1)
        vertices, faces_all = closed_outward(np.concatenate(faces_of), np.concatenate([front, back, wall]))
        down01 = np.clip(0.5 + 0.5 * np.tile(xy[:, 1], 2) / self.b, 0.0, 1.0)
        # Blender shades, and bends light, by the attribute of this name rather than by means of the faces around.
        normals = np.concatenate([optics.outward_head(which, xy) for which in (0, 1)])
        across = np.roll(normals, count, axis=0)
        apart_m = np.tile(np.linalg.norm(faces_of[0] - faces_of[1], axis=1), 2)
        attributes = {"rest": vertices.copy(), "down01": down01, "custom_normal": normals}
        attributes |= {"across_normal": across, "apart": apart_m}
        edge, compact = np.unique(faces_all[-_OUTLINE:], return_inverse=True)
        return [
            Piece(f"glasses_lens_{side}", vertices, faces_all[:-_OUTLINE], "glasses_lens", attributes),
            _frame_piece(f"edge_{side}", vertices[edge], compact.reshape(-1, 4)),
        ]
