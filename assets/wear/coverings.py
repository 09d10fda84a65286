"""What comes before part of the face: a mask over nose and mouth, a hand, a phone with the hand that holds it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.spatial import cKDTree

from assets.sweep import closed_outward, ellipsoid, sweep
from assets.wear.chart import Chart
from assets.wear.fabric import Grid, Sheet, dot, grid_faces, joined, relaxed, shell, waves
from assets.wear.hand import Posture, posed
from assets.wear.spec import CoveringSpec

_MASK_ROWS, _MASK_COLUMNS = 40, 69
_MASK_THICK_M = 0.0012
_MASK_OFF_M = 0.0036
"""Least distance of the mask's outside from the skin."""
_HAND_LONG_M = 0.185
_PRESS_M = 0.0015
"""How deep the nearest part of a hand may dent the face."""


@dataclass(frozen=True, eq=False)
class Face:
    """What coverings are placed by, `head`, metres."""

    chart: Chart
    skull: Chart
    skin_head: Float[np.ndarray, "n 3"]
    size: float
    """Of the face against the untouched mesh."""


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


def build_mask(spec: CoveringSpec, face: Face) -> Sheet:
    """Return a mask from the bridge of the nose to below the chin, and its loops behind the ears."""
    surgical = spec.kind == "surgical_mask"
    across = np.linspace(-1.0, 1.0, _MASK_COLUMNS)
    azimuth = np.radians(76.0) * across
    # Between these rows at each azimuth; the sides are gathered.
    aside = np.abs(across)
    top = np.radians(65.0 + 20.0 * aside**1.5 - 3.0 * np.sin(np.pi * aside))
    bottom = np.radians(146.0 - 26.0 * aside**1.3)
    down = np.linspace(0.0, 1.0, _MASK_ROWS)[:, None]
    row = top[None] + down * (bottom - top)[None]
    skin, _ = face.chart.at(row, np.broadcast_to(azimuth, row.shape))
    outward = skin - face.chart.centre()
    outward /= np.linalg.norm(outward, axis=-1, keepdims=True)
    cloth = skin + _MASK_OFF_M * outward
    for _ in range(30):
        cloth = relaxed(cloth, closed=False)
        # From nose to chin it stands off; the edges stay where they touch.
        cloth[:, [0, -1]] = skin[:, [0, -1]] + _MASK_OFF_M * outward[:, [0, -1]]
        short = _MASK_OFF_M - dot(cloth - skin, outward)
        cloth += np.maximum(short, 0.0)[..., None] * outward
    if surgical:
        inner = np.sin(np.pi * down) ** 0.5 * (1 - 0.55 * aside[None] ** 4)
        fold = (down * 4.0) % 1.0
        cloth += (0.0042 * fold * inner)[..., None] * outward
    else:
        # Two halves sewn together over the nose, drawn out to a keel.
        cloth += (0.006 * np.exp(-((across / 0.10) ** 2))[None] * np.sin(np.pi * np.minimum(down * 1.2, 1.0)))[
            ..., None
        ] * outward
    wrinkles = waves(spec.seed, np.broadcast_to(across * 4, row.shape), down * 6, finest=5.0, terms=6)
    cloth += (0.0012 * (1 + wrinkles) * (0.3 + aside[None]))[..., None] * outward
    mask = shell(cloth, _MASK_THICK_M, closed=False)
    return joined([mask, *_loops(cloth, face)])


def _loops(cloth: Grid, face: Face) -> list[Sheet]:
    loops = []
    for column, sign in ((-1, 1.0), (0, -1.0)):
        upper, lower = cloth[2, column], cloth[-3, column]
        rows = np.radians([[99.0, 98.0, 104.0, 118.0, 126.0, 132.0]])
        turns = sign * np.radians([[80.0, 94.0, 112.0, 113.0, 104.0, 90.0]])
        skin, outward = face.skull.at(rows, turns)
        path = np.concatenate([upper[None], skin[0] + 0.0025 * outward[0], lower[None]])
        at = np.linspace(0.0, 1.0, 30)
        stops = np.linspace(0.0, 1.0, len(path))
        smooth = np.stack([np.interp(at, stops, path[:, k]) for k in range(3)], -1)
        vertices, faces = sweep(smooth, np.tile([0.0, 1.0, 0.3], (30, 1)), 0.0016, 0.0010)
        loops.append(Sheet(vertices, faces, np.zeros_like(vertices)))
    return loops


def build_hand(spec: CoveringSpec, face: Face) -> Sheet:
    """Return a hand before the face; the third number of `weave` is 1 on nails."""
    pose = _POSES[spec.pose]
    where, _ = face.chart.at(np.array([[pose.spot[0]]]), np.array([[pose.spot[1]]]))
    return _placed(
        spec, face, pose.posture, np.array(pose.fingers), np.array(pose.back), np.array(pose.touch), where[0, 0]
    )


def build_phone(spec: CoveringSpec, face: Face) -> dict[str, Sheet]:
    """Return a phone and the hand that holds it."""
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
    hand = _placed(spec, None, _HOLDING, fingers, aside, touch, spot, size=face.size)
    if sign < 0:
        phone = _mirrored(phone)
    return {"phone": phone, "hand": hand}


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
    face: Face | None,
    posture: Posture,
    fingers: np.ndarray,
    back: np.ndarray,
    touch: np.ndarray,
    spot: np.ndarray,
    size: float = 1.0,
) -> Sheet:
    """Return a hand with its point `touch` at a place of the left face; moved off the skin if there is a face."""
    size = face.size if face is not None else size
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
    spread = Posture(
        posture.bend, posture.spread + spec.spread, posture.thumb_bend, posture.thumb_out, posture.thumb_down
    )
    hand, faces, nails = posed(spread, in_hand)
    vertices = (hand * size) @ head_from_hand.T + origin
    if face is not None:
        vertices = vertices + _clear(vertices, face.skin_head * [sign, 1.0, 1.0], z)
    made = Sheet(vertices, faces, np.column_stack([hand[:, :2], nails]))
    return made if sign > 0 else _mirrored(made)


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
