"""What comes before part of the face: a mask over nose and mouth, a hand, a phone with the hand that holds it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter
from scipy.spatial import ConvexHull, cKDTree

from assets.sweep import closed_outward, ellipsoid, sweep
from assets.wear.chart import Chart
from assets.wear.fabric import Field, Grid, Sheet, grid_faces, joined, sheet, shell, waves
from assets.wear.hand import FOREARM_M, Posture, arm_path, posed
from assets.wear.spec import CoveringSpec

MASK_ROWS, MASK_COLUMNS = 64, 69
_PLEATS = np.array([0.0, 0.22, 0.38, 0.395, 0.54, 0.555, 0.70, 0.715, 1.0])
_PLEAT_HEIGHTS = np.array([0.0, 0.1, 1.0, 0.15, 1.0, 0.15, 1.0, 0.15, 0.0])
"""How far down, and how high, the folds of a mask for surgery are."""
_MASK_THICK_M = 0.0012
_MASK_OFF_M = 0.0036
"""Least distance of the mask's outside from the skin."""
_SLEEVE_ROWS, SLEEVE_COLUMNS = 44, 28
_LEAST_SLEEVE_M = 0.03
_PRESS_M = 0.0015
"""How deep the nearest part of a hand may dent the face."""


@dataclass(frozen=True)
class Sleeve:
    """A garment's sleeve: where it begins along the arm, over the forearm's length from the wrist, and its folds."""

    start: float
    loose_m: float
    seed: int


SHORT, LONG = 1.55, 0.06
"""Where sleeves begin."""


@dataclass(frozen=True, eq=False)
class Face:
    """What coverings are placed by, `head`, metres."""

    chart: Chart
    skull: Chart
    skin_head: Float[np.ndarray, "n 3"]
    size: float
    """Of the face against the untouched mesh."""
    shoulders_head: Float[np.ndarray, "2 3"]
    """Where a left and a right arm end."""
    sleeve: Sleeve | None
    """Of the garment."""


@dataclass(frozen=True)
class _Pose:
    """A left hand's place before a left face, at size 1.

    `spot` is the face's row and azimuth (rad) that the hand's own point `touch` (in `hand`) comes to lie on.
    """

    spot: tuple[float, float]
    touch: tuple[float, float, float]
    fingers: tuple[float, float, float]
    back: tuple[float, float, float]
    posture: Posture


def _bends(little: float, ring: float, middle: float, index: float, knuckle: float = 1.0) -> np.ndarray:
    curl = np.array([little, ring, middle, index])[:, None]
    return np.asarray(curl * np.array([[knuckle, 1.1, 0.65]]))


_OPEN = Posture(_bends(0.30, 0.26, 0.24, 0.22), 0.4, (0.15, 0.25, 0.2), 0.75, 0.25)
_POSES = {
    "mouth": _Pose(
        (np.radians(115), 0.0),
        (0.0, 0.050, -0.014),
        (-0.90, -0.42, -0.05),
        (0.10, 0.05, -1.0),
        Posture(_bends(0.36, 0.34, 0.32, 0.30, 0.8), 0.3, (0.2, 0.3, 0.2), 0.85, 0.1),
    ),
    "chin": _Pose(
        (np.radians(146), 0.12),
        (0.012, 0.050, -0.010),
        (-0.30, -0.80, 0.25),
        (0.35, 0.15, -0.85),
        Posture(_bends(1.15, 1.1, 1.05, 0.75, 0.8), 0.1, (0.1, 0.5, 0.4), 0.55, 0.35),
    ),
    "cheek": _Pose(
        (np.radians(118), 0.95),
        (0.0, 0.015, -0.016),
        (0.08, -0.97, 0.22),
        (0.88, 0.10, -0.46),
        Posture(_bends(0.42, 0.36, 0.30, 0.26, 0.7), 0.2, (0.1, 0.2, 0.2), 0.8, 0.2),
    ),
    "eye": _Pose(
        (np.radians(60), 0.52),
        (0.0, 0.055, -0.012),
        (-0.22, -0.97, 0.05),
        (0.30, 0.05, -0.95),
        _OPEN,
    ),
}
_HOLDING = Posture(_bends(0.55, 0.50, 0.45, 0.40, 0.6), 0.4, (0.1, 0.35, 0.3), 0.55, 0.75)
_ELBOW = np.array([0.22, 0.46, -0.13])
"""Where a left forearm comes from, at size 1."""


def build_mask(spec: CoveringSpec, chart: Chart, skull: Chart) -> Sheet:
    """Return a mask from the bridge of the nose to below the chin, and its loops behind the ears.

    Args:
        spec: The mask.
        chart: Of the lower face, each place as far out as the skin about it.
        skull: Of the head without its ears.
    """
    surgical = spec.kind == "surgical_mask"
    across = np.linspace(-1.0, 1.0, MASK_COLUMNS)
    azimuth = np.radians(76.0) * across
    # Between these rows at each azimuth; the sides are gathered.
    aside = np.abs(across)
    top = np.radians(65.0 + 20.0 * aside**1.5 + 0.5 * np.sin(np.pi * aside))
    bottom = np.radians(146.0 - 26.0 * aside**1.3)
    down = np.linspace(0.0, 1.0, MASK_ROWS)[:, None]
    row = top[None] + down * (bottom - top)[None]
    skin, _ = chart.at(row, np.broadcast_to(azimuth, row.shape))
    outward = skin - chart.centre()
    reach = np.linalg.norm(outward, axis=-1)
    outward /= reach[..., None]
    # Along rays that stay, so that no point slides off the place that it has to clear: at the edges close to the skin,
    # elsewhere taut from nose to chin and cheeks.
    lowest = reach + _MASK_OFF_M
    taut = _taut(chart.centre() + lowest[..., None] * outward, chart.centre(), outward)
    free = np.clip(down / 0.22, 0.0, 1.0) * np.clip((1 - down) / 0.12, 0.0, 1.0) * np.clip((1 - aside) / 0.22, 0.0, 1.0)
    free = free * free * (3 - 2 * free)
    far = lowest + free * (taut - lowest)
    even = gaussian_filter(far, (1.0, 2.0), mode="nearest")
    # The seams need not follow every hollow of the skin.
    far = np.where(free > 0.05, np.maximum(even, lowest), even)
    cloth = chart.centre() + far[..., None] * outward
    if surgical:
        # Three pleats, each over the next, that the seams at both sides hold flat; above them the wire over the nose.
        inner = (1 - aside**6)[None] * np.clip(down / 0.04, 0.0, 1.0)
        pleat = np.interp(down, _PLEATS, _PLEAT_HEIGHTS)
        cloth += (0.0035 * pleat * inner)[..., None] * outward
        wire = np.exp(-(((down - 0.05) / 0.018) ** 2)) * (aside < 0.42)[None]
        hem = np.exp(-(((down - 0.985) / 0.02) ** 2)) + np.exp(-(((aside[None] - 0.97) / 0.02) ** 2))
        cloth += (0.0011 * wire + 0.0007 * hem)[..., None] * outward
    else:
        # Two halves sewn together over the nose, drawn out to a keel.
        cloth += (0.006 * np.exp(-((across / 0.10) ** 2))[None] * np.sin(np.pi * np.minimum(down * 1.2, 1.0)))[
            ..., None
        ] * outward
    wrinkles = waves(spec.seed, np.broadcast_to(across * 4, row.shape), down * 6, finest=5.0, terms=6)
    cloth += (0.0012 * np.maximum(1 + wrinkles, 0.0) * (0.3 + aside[None]))[..., None] * outward
    mask = shell(cloth, _MASK_THICK_M, closed=False)
    return joined([mask, *_loops(cloth, skull)])


def _taut(points: Grid, centre: Float[np.ndarray, "3"], outward: Grid) -> Field:
    """Return how far from a centre the convex hull of points lies along rays."""
    # Every third point will do; and one behind the centre, which so lies inside.
    behind = centre - 0.03 * outward.mean((0, 1))
    planes = ConvexHull(np.concatenate([points[::3, ::3].reshape(-1, 3), behind[None]])).equations
    facing = np.maximum(outward @ planes[:, :3].T, 1e-9)
    return np.asarray((-(planes[:, 3] + planes[:, :3] @ centre) / facing).min(-1))


def _loops(cloth: Grid, skull: Chart) -> list[Sheet]:
    loops = []
    for column, sign in ((-1, 1.0), (0, -1.0)):
        upper, lower = cloth[2, column], cloth[-3, column]
        rows = np.radians([[99.0, 98.0, 104.0, 118.0, 126.0, 132.0]])
        turns = sign * np.radians([[80.0, 94.0, 112.0, 113.0, 104.0, 90.0]])
        skin, outward = skull.at(rows, turns)
        path = np.concatenate([upper[None], skin[0] + 0.0025 * outward[0], lower[None]])
        at = np.linspace(0.0, 1.0, 30)
        stops = np.linspace(0.0, 1.0, len(path))
        smooth = np.stack([np.interp(at, stops, path[:, k]) for k in range(3)], -1)
        vertices, faces = sweep(smooth, np.tile([0.0, 1.0, 0.3], (30, 1)), 0.0016, 0.0010)
        loops.append(Sheet(vertices, faces, np.zeros_like(vertices)))
    return loops


def build_hand(spec: CoveringSpec, face: Face) -> dict[str, Sheet]:
    """Return a hand before the face, its arm, and the sleeve; the third number of `weave` is 1 on nails."""
    pose = _POSES[spec.pose]
    where, _ = face.chart.at(np.array([[pose.spot[0]]]), np.array([[pose.spot[1]]]))
    return _placed(
        spec,
        face,
        pose.posture,
        np.array(pose.fingers),
        np.array(pose.back),
        np.array(pose.touch),
        where[0, 0],
        rests=True,
    )


def build_phone(spec: CoveringSpec, face: Face) -> dict[str, Sheet]:
    """Return a phone and the hand that holds it, with arm and sleeve."""
    sign = 1.0 if spec.side == "left" else -1.0
    at_ear = spec.kind == "phone_ear"
    if at_ear:
        ear = face.skull.at(np.radians([[108.0]]), np.radians([[88.0]]))[0][0, 0]
        cheek = face.chart.at(np.radians([[112.0]]), np.radians([[62.0]]))[0][0, 0]
        up = ear - cheek
        up /= np.linalg.norm(up)
        aside = np.cross(up, [0.0, 0.62, -0.78])
        aside = np.array([abs(aside[0]), aside[1], aside[2]])
        aside -= up * (aside @ up)
        aside /= np.linalg.norm(aside)
        middle = 0.5 * (ear + cheek) + aside * 0.026 * face.size
    else:
        rng = np.random.default_rng(spec.seed)
        nose = face.chart.at(np.radians([[100.0]]), np.array([[0.0]]))[0][0, 0]
        up = np.array([0.05, -1.0, 0.12])
        up /= np.linalg.norm(up)
        aside = np.array([0.0, -0.12, -1.0])
        aside -= up * (aside @ up)
        aside /= np.linalg.norm(aside)
        middle = nose + np.array([rng.uniform(-0.01, 0.05), rng.uniform(-0.02, 0.05), -rng.uniform(0.07, 0.14)])
    phone = _slab(middle, up, aside)
    # The palm lies on the phone's back, the fingers run across it.
    fingers = up * 0.80 - np.cross(aside, up) * 0.60 * (1.0 if at_ear else -1.0)
    fingers = fingers if not at_ear else up * 0.9 + np.array([0.0, 0.0, 0.45])
    touch = np.array([0.0, 0.030, -0.020])
    spot = middle - up * 0.010 + aside * 0.010
    arm = _placed(spec, face, _HOLDING, fingers, aside, touch, spot, rests=False)
    if sign < 0:
        phone = _mirrored(phone)
    return {"phone": phone, **arm}


def _slab(middle: np.ndarray, up: np.ndarray, out: np.ndarray) -> Sheet:
    """Return a phone, its back to `out`: a rounded slab; the third number of `weave` is 1 on its cameras' glass."""
    wide, long, thick = 0.0365, 0.076, 0.0045
    turn = np.linspace(0.0, 2 * np.pi, 48, endpoint=False)
    c, s = np.cos(turn), np.sin(turn)
    square = (np.abs(c) ** 8 + np.abs(s) ** 8) ** (-1 / 8)
    x, y = square * c, square * s
    aside = np.cross(up, out)
    inset = np.array([0.030, 0.0012, 0.0003, 0.0, 0.0003, 0.0012, 0.030])
    level = np.array([1.0, 1.0, 0.75, 0.0, -0.75, -1.0, -1.0]) * thick
    rings = [
        middle + ((wide - d) * x)[:, None] * aside + ((long - d) * y)[:, None] * up + z * out
        for d, z in zip(inset, level, strict=True)
    ]
    rings = [
        np.broadcast_to(rings[0].mean(0), rings[0].shape),
        *rings,
        np.broadcast_to(rings[-1].mean(0), rings[0].shape),
    ]
    grid = np.stack(rings)
    faces = grid_faces(len(grid), 48, closed=True)
    body = Sheet(grid.reshape(-1, 3), faces, np.zeros((grid.shape[0] * 48, 3)))
    vertices, faces = closed_outward(body.vertices_head, body.faces)
    pieces = [Sheet(vertices, faces, body.weave)]
    for k in range(3):
        spot = middle + out * (thick + 0.0003) + up * (long - 0.014 - 0.019 * k) + aside * (wide - 0.014)
        vertices, faces = ellipsoid(spot, np.stack([0.0075 * aside, 0.0022 * out, 0.0075 * np.cross(out, aside)]))
        pieces.append(Sheet(vertices, faces, np.tile([0.0, 0.0, 1.0], (len(vertices), 1))))
    return joined(pieces)


def _placed(
    spec: CoveringSpec,
    face: Face,
    posture: Posture,
    fingers: np.ndarray,
    back: np.ndarray,
    touch: np.ndarray,
    spot: np.ndarray,
    *,
    rests: bool,
) -> dict[str, Sheet]:
    """Return a hand with its point `touch` at a place of the left face, its arm to the shoulder, and a sleeve.

    A hand that `rests` is moved off the skin, or to it.
    """
    size = face.size
    sign = 1.0 if spec.side == "left" else -1.0
    y = fingers / np.linalg.norm(fingers)
    z = back - y * (back @ y)
    z /= np.linalg.norm(z)
    turn = spec.turn_rad
    x = np.cross(y, z)
    x, y = x * np.cos(turn) - y * np.sin(turn), y * np.cos(turn) + x * np.sin(turn)
    head_from_hand = np.stack([x, y, z], -1)
    origin = spot - head_from_hand @ (touch * size)
    arm = _ELBOW * size - origin
    arm /= np.linalg.norm(arm)
    in_hand = arm @ head_from_hand
    # A wrist bends by some 60 degrees, no further.
    in_hand[1] = min(in_hand[1], -0.55)
    in_hand /= np.linalg.norm(in_hand)
    shoulder = face.shoulders_head[0 if sign > 0 else 1] * [sign, 1.0, 1.0]
    path = arm_path(in_hand, (shoulder - origin) @ head_from_hand / size)
    spread = Posture(
        posture.bend, posture.spread + spec.spread, posture.thumb_bend, posture.thumb_out, posture.thumb_down
    )
    hand, faces, nails = posed(spread, path, face.sleeve.start if face.sleeve is not None else np.inf)
    if rests:
        own = (hand[hand[:, 1] > -0.07] * size) @ head_from_hand.T + origin
        origin = origin + _clear(own, face.skin_head * [sign, 1.0, 1.0], z)
    vertices = (hand * size) @ head_from_hand.T + origin
    made = {"hand": Sheet(vertices, faces, np.column_stack([hand[:, :2], nails]))}
    if face.sleeve is not None:
        made["sleeve"] = _sleeve(face.sleeve, (path * size) @ head_from_hand.T + origin, size)
    return made if sign > 0 else {name: _mirrored(mesh) for name, mesh in made.items()}


def _sleeve(sleeve: Sleeve, arm: Float[np.ndarray, "k 3"], size: float) -> Sheet:
    """Return the cloth about an arm from where it begins to the shoulder, its edge turned in."""
    gone = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(arm, axis=0), axis=1))])
    start = sleeve.start * FOREARM_M * size
    if gone[-1] < start + _LEAST_SLEEVE_M:  # a short upper arm, whose cloth lies on the shoulder: straight on
        last = (arm[-1] - arm[-2]) / (gone[-1] - gone[-2])
        arm = np.concatenate([arm, [arm[-1] + (start + _LEAST_SLEEVE_M - gone[-1]) * last]])
        gone = np.append(gone, start + _LEAST_SLEEVE_M)
    at = np.linspace(start, gone[-1], _SLEEVE_ROWS)
    middle = np.stack([np.interp(at, gone, arm[:, k]) for k in range(3)], -1)
    for _ in range(4):
        middle[1:-1] = 0.5 * middle[1:-1] + 0.25 * (middle[:-2] + middle[2:])
    along = np.gradient(middle, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    side = np.cross(along, [0.0, 0.3, -1.0])
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    up = np.cross(along, side)
    turn = np.linspace(0.0, 2 * np.pi, SLEEVE_COLUMNS, endpoint=False)[None, :, None]
    share = at / (FOREARM_M * size)
    radius = np.interp(share, [0.0, 0.06, 0.16, 0.5, 1.0, 1.6, 2.2], [0.037, 0.037, 0.042, 0.052, 0.060, 0.066, 0.074])
    radius = size * radius + sleeve.loose_m * np.clip((share - sleeve.start) / 0.15, 0.2, 1.0)
    # Rings of folds that crowd in the bend, and the cuff, which lies flat.
    crowded = 0.35 + 0.65 * np.exp(-(((share - 1.0) / 0.35) ** 2)) + 0.5 * np.exp(-(((share - 0.25) / 0.2) ** 2))
    folds = waves(sleeve.seed, np.broadcast_to(turn[..., 0], (len(at), SLEEVE_COLUMNS)), at[:, None] * 60.0, finest=3.0)
    free = np.clip((share - sleeve.start - 0.16) / 0.10, 0.0, 1.0)
    swell = radius[:, None] + 0.007 * size * (crowded * free)[:, None] * np.maximum(folds + 0.4, 0.0)
    points = middle[:, None] + swell[..., None] * (np.cos(turn) * side[:, None] + np.sin(turn) * up[:, None])
    inner = middle[:1, None] + 0.55 * (points[:1] - middle[:1, None]) + 0.004 * along[:1, None]
    edge = points[:1] - 0.002 * along[:1, None] - 0.04 * (points[:1] - middle[:1, None])
    return sheet(np.concatenate([inner, edge, points]), closed=True)


def _clear(vertices: np.ndarray, skin: np.ndarray, out: np.ndarray) -> Float[np.ndarray, "3"]:
    """Return the way along `out` that brings a hand to touch the skin: off it where it dips in, else towards it."""
    # Heights along `out` over a grid of 5 mm across it: the least distance between the two surfaces.
    aside = np.cross(out, [0.0, 1.0, 0.02])
    aside /= np.linalg.norm(aside)
    plane = np.stack([aside, np.cross(out, aside)], -1)
    points, flat = vertices[::3], skin @ plane
    low, high = (points @ plane).min(0) - 0.006, (points @ plane).max(0) + 0.006
    beside = ((flat > low) & (flat < high)).all(1)
    skin = skin[beside]
    if not len(skin):
        return np.zeros(3)
    tree = cKDTree(flat[beside])
    gap, found = tree.query(points @ plane, k=6, distance_upper_bound=0.006)
    heights = np.append(skin @ out, -np.inf)[found]
    # What lies far behind (the other side of the head) does not count: the highest skin below each point does.
    over = np.where(np.isfinite(gap), heights, -np.inf).max(1)
    room = points @ out - over
    return np.asarray(-(room.min() + _PRESS_M) * out) if np.isfinite(room.min()) else np.zeros(3)


def _mirrored(made: Sheet) -> Sheet:
    return Sheet(made.vertices_head * [-1.0, 1.0, 1.0], made.faces[:, ::-1].copy(), made.weave)
