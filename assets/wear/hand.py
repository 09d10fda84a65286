"""A hand with its arm: a cage of boxes, one for each stretch of a finger, refined twice by Catmull-Clark.

Frame `hand`, metres, of a left hand: origin in the middle of the palm, x to the thumb's side, y to the fingers, z out
of the back of the hand.  x cross y is z; a right hand is the mirror image in `head`.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.sparse as sparse
from jaxtyping import Float, Int

from assets.subdivision import refine
from assets.wear.fabric import rotated

_PALM_LONG, _PALM_WIDE = 0.092, 0.080
_ACROSS = np.array([-1.0, -0.52, 0.0, 0.50, 0.96]) * (_PALM_WIDE / 2)
"""Edges between little, ring, middle and index finger, from the little finger's side."""
_FRONT = np.array([-0.012, 0.002, 0.005, 0.003, -0.006])
"""How far the knuckles' line bows forward."""
_LENGTHS = np.array([[0.033, 0.021, 0.019], [0.041, 0.027, 0.021], [0.045, 0.029, 0.022], [0.040, 0.025, 0.021]])
"""Three bones of little, ring, middle and index finger (guess, on a hand of 185 mm; the knuckle is in the palm)."""
_RADII = np.array(
    [[0.0080, 0.0070, 0.0062], [0.0090, 0.0080, 0.0070], [0.0093, 0.0083, 0.0073], [0.0092, 0.0081, 0.0070]]
)
_THUMB_LENGTHS = np.array([0.044, 0.033, 0.027])
_THUMB_RADII = np.array([0.0140, 0.0105, 0.0092])
FOREARM_M = 0.25
"""From wrist to elbow."""
_CAGE = 1.24
"""Half of a box's side over the radius of the tube that the refined surface makes of it."""
_RINGS = 9
ARM_RINGS = 14


@dataclass(frozen=True)
class Posture:
    """Angles of a hand, radians: each row of `bend` is a finger's three joints, from the little one to the index."""

    bend: Float[np.ndarray, "4 3"]
    spread: float
    thumb_bend: tuple[float, float, float]
    thumb_out: float
    """Of the thumb from the index finger's direction, in the plane of the palm."""
    thumb_down: float
    """Of the thumb out of that plane, towards the palm."""


def posed(
    posture: Posture, arm: Float[np.ndarray, "14 3"], sleeve_start: float
) -> tuple[Float[np.ndarray, "n 3"], Int[np.ndarray, "f 4"], Float[np.ndarray, " n"]]:
    """Return the refined hand in frame `hand`: vertices, faces and how much of a nail each vertex is.

    Args:
        posture: Its joints.
        arm: Middles of its rings from the wrist to the shoulder, in `hand`; see `arm_path`.
        sleeve_start: From where on, over the forearm's length, a sleeve hides the arm, which keeps well inside it.
    """
    cage = _cage(posture, arm, sleeve_start)
    nails = _faces()[1]
    matrix, fine = _refined()
    return np.asarray(matrix @ cage), fine, np.asarray(matrix @ nails)


def arm_path(wrist_direction: Float[np.ndarray, "3"], shoulder: Float[np.ndarray, "3"]) -> Float[np.ndarray, "14 3"]:
    """Return the middles of the arm's rings: from the wrist to the elbow, round it, and on to the shoulder.

    Args:
        wrist_direction: Where the forearm goes, unit vector in `hand`.
        shoulder: Where the arm ends, in `hand`.
    """
    wrist = np.array([0.0, -_PALM_LONG / 2, 0.0])
    elbow = wrist + FOREARM_M * wrist_direction
    fore = wrist + np.array([0.022, 0.05, 0.10, 0.15, 0.195])[:, None] * wrist_direction
    upper = shoulder - elbow
    reach = float(np.linalg.norm(upper))
    upper /= max(reach, 1e-6)
    before, after = elbow - 0.05 * wrist_direction, elbow + min(0.05, 0.3 * reach) * upper
    t = np.linspace(0.0, 1.0, 5)[:, None]
    bend = (1 - t) ** 2 * before + 2 * t * (1 - t) * elbow + t**2 * after
    rest = after + np.linspace(0.0, 1.0, ARM_RINGS - 9)[1:, None] * (shoulder - after)
    return np.concatenate([fore, bend, rest])


def _ring(centre: np.ndarray, side: np.ndarray, back: np.ndarray, half: float) -> np.ndarray:
    """Return four corners: back at the little finger's side, back at the thumb's, then below, thumb's side first."""
    return centre + half * np.stack([-side + back, side + back, side - back, -side - back])


def _finger(
    root: np.ndarray, along: np.ndarray, side: np.ndarray, bends: np.ndarray, lengths: np.ndarray, radii: np.ndarray
) -> np.ndarray:
    """Return `_RINGS` rings of corners of a finger that bends about `side`, towards the palm."""
    back = np.cross(side, along)
    centre, rings = root, []
    for joint in range(3):
        along, back = rotated(along, side, -bends[joint]), rotated(back, side, -bends[joint])
        half, length = _CAGE * radii[joint], lengths[joint]
        thinner = _CAGE * (radii[min(joint + 1, 2)] if joint < 2 else 0.86 * radii[2])
        stops = (
            ((0.20, half), (0.55, 0.96 * half), (0.88, 1.02 * thinner))
            if joint < 2
            else ((0.22, half), (0.62, half), (1.0, 0.8 * half))
        )
        for share, size in stops:
            rings.append(_ring(centre + share * length * along, side, back, size))
        centre = centre + length * along
    return np.concatenate(rings)


def _cage(posture: Posture, arm: np.ndarray, sleeve_start: float) -> np.ndarray:
    """Return the corners of the boxes."""
    y = np.linspace(-_PALM_LONG / 2, _PALM_LONG / 2, 4)
    thick = np.array([0.016, 0.0165, 0.0145, 0.0115]) * 1.15
    x_scale = np.array([0.74, 0.94, 1.03, 1.0])
    back, front = [], []
    for j in range(4):
        across = _ACROSS * x_scale[j]
        arch = 0.004 * (1 - (across / (0.5 * _PALM_WIDE)) ** 2)
        level = y[j] + _FRONT * j / 3
        back.append(np.column_stack([across, level, 0.9 * thick[j] + arch]))
        front.append(np.column_stack([across, level, -thick[j] + 0.5 * arch]))
    # The ball of the thumb.
    front[0][4] += [0.004, 0.0, -0.006]
    front[1][4] += [0.006, 0.0, -0.010]
    front[1][3] += [0.0, 0.0, -0.006]
    front[0][0] += [0.0, 0.0, -0.004]
    front[1][0] += [-0.002, 0.0, -0.004]
    corners = [*back, *front]
    for finger in range(4):
        root = 0.25 * (back[3][finger] + back[3][finger + 1] + front[3][finger] + front[3][finger + 1])
        turn = posture.spread * (finger - 1.6) * -0.11
        along = rotated(np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0]), turn)
        side = rotated(np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0]), turn)
        corners.append(_finger(root, along, side, posture.bend[finger], _LENGTHS[finger], _RADII[finger]))
    along = rotated(np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0]), -posture.thumb_out)
    side = np.array([along[1], -along[0], 0.0])
    # The thumb faces the other fingers: its own back looks aside.
    along = rotated(along, side, -posture.thumb_down)
    side = rotated(side, along, 0.9)
    root = 0.25 * (back[0][4] + back[1][4] + front[0][4] + front[1][4])
    corners.append(_finger(root, along, side, np.array(posture.thumb_bend), _THUMB_LENGTHS, _THUMB_RADII))
    # The arm: the palm's last section turned along it and swollen.
    section = np.concatenate([back[0], front[0][::-1]])
    flat = section - section.mean(0)
    ahead = np.gradient(np.concatenate([section.mean(0)[None], arm]), axis=0)[1:]
    ahead /= -np.linalg.norm(ahead, axis=1, keepdims=True)
    gone = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(arm, axis=0), axis=1))]) / FOREARM_M
    side = np.array([1.0, 0.0, 0.0])
    for k in range(ARM_RINGS):
        # Carried along from ring to ring, so that the arm does not twist where it bends.
        side = side - ahead[k] * (side @ ahead[k])
        side /= np.linalg.norm(side)
        up = np.cross(side, ahead[k])
        wide = np.interp(gone[k], [0.0, 0.08, 0.45, 0.85, 1.0, 1.6, 2.2], [0.98, 0.98, 1.30, 1.48, 1.40, 1.55, 1.75])
        deep = np.interp(gone[k], [0.0, 0.08, 0.45, 0.85, 1.0, 1.6, 2.2], [1.1, 1.25, 2.1, 2.5, 2.5, 2.9, 3.3])
        inside = 1.0 - 0.4 * np.clip((gone[k] - sleeve_start - 0.1) / 0.2, 0.0, 1.0)
        ease = min(1.0, (k + 1) / 1.5)
        s, u = (1 - ease) * np.array([1.0, 0, 0]) + ease * side, (1 - ease) * np.array([0, 0, 1.0]) + ease * up
        corners.append(arm[k] + inside * (wide * flat[:, :1] * s + deep * flat[:, 2:] * u))
    return np.concatenate(corners)


@lru_cache(maxsize=1)
def _faces() -> tuple[Int[np.ndarray, "f 4"], Float[np.ndarray, " n"]]:
    """Return the cage's quads, and which of its corners carry nails."""

    def back(j: int, i: int) -> int:
        return 5 * j + i

    def front(j: int, i: int) -> int:
        return 20 + 5 * j + i

    faces = []
    for j in range(3):
        for i in range(4):
            faces.append([back(j, i), back(j, i + 1), back(j + 1, i + 1), back(j + 1, i)])
            faces.append([front(j, i), front(j + 1, i), front(j + 1, i + 1), front(j, i + 1)])
        faces.append([back(j, 0), back(j + 1, 0), front(j + 1, 0), front(j, 0)])
        if j > 0:  # the thumb grows from the first
            faces.append([back(j, 4), front(j, 4), front(j + 1, 4), back(j + 1, 4)])
    count = 40
    roots = [[back(3, f), back(3, f + 1), front(3, f + 1), front(3, f)] for f in range(4)]
    roots.append([back(1, 4), back(0, 4), front(0, 4), front(1, 4)])
    nails = []
    for root in roots:
        last = root
        for ring in range(_RINGS):
            now = [count + 4 * ring + k for k in range(4)]
            for k in range(4):
                after = (k + 1) % 4
                faces.append([last[k], last[after], now[after], now[k]])
            last = now
        faces.append(last)
        nails += [last[0], last[1], last[0] - 4, last[1] - 4]
        count += 4 * _RINGS
    last = [back(0, i) for i in range(5)] + [front(0, i) for i in range(4, -1, -1)]
    for _ in range(ARM_RINGS):
        now = [count + k for k in range(10)]
        for k in range(10):
            after = (k + 1) % 10
            faces.append([last[after], last[k], now[k], now[after]])
        last = now
        count += 10
    faces += [[last[i + 1], last[i], last[9 - i], last[8 - i]] for i in range(4)]
    marked = np.zeros(count)
    marked[nails] = 1.0
    return np.array(faces), marked


@lru_cache(maxsize=1)
def _refined() -> tuple[sparse.csr_matrix, Int[np.ndarray, "f 4"]]:
    faces, nails = _faces()
    first = refine(faces, len(nails))
    # The limit places of one step are taken for the cage of the next: a little tighter, and as smooth.
    second = refine(first.faces, first.limit.shape[0])
    return (second.limit @ first.limit).tocsr(), second.faces
