"""A hijab: one cloth from the crown round the face down to shoulders and chest, open at the face.

The grid's columns run round the head from one side of the opening to the other, its rows from the crown down; above the
forehead and below the chin its two sides meet.
"""

import numpy as np

from assets.wear.chart import Chart
from assets.wear.fabric import Grid, dot, normals, relaxed, sheet, waves
from assets.wear.headwear import Headwear
from assets.wear.skull import SKULL_AZIMUTH, SKULL_COLUMNS
from assets.wear.spec import HeadwearSpec
from assets.wear.torso import Torso

_HEAD_ROWS, _NECK_ROWS, _CHEST_ROWS, _COLUMNS = 36, 16, 18, 80
_OFF_M, _CHEST_OFF_M = 0.006, 0.026


def build_hijab(spec: HeadwearSpec, eared: Chart, torso: Torso) -> Headwear:
    """Return the hijab on a head."""
    rng = np.random.default_rng(spec.seed)
    share = np.linspace(0.0, 1.0, _COLUMNS)[None, :]
    t = np.linspace(0.0, 1.0, _HEAD_ROWS)[:, None]
    forehead = 0.50 - 4.0 * spec.lift_m + rng.uniform(-0.02, 0.02)
    half = rng.uniform(0.95, 1.08)
    # Half of the opening's width at each row: an oval, narrower at the chin.
    level = np.clip((t - forehead) / (1.0 - forehead), 0.0, 1.0)
    opening = half * np.sqrt(np.maximum(1 - np.abs(2 * level**0.85 - 1) ** 2.4, 0.0)) * (t > forehead)
    turn = opening + share * (2 * np.pi - 2 * opening)
    azimuth = (turn + np.pi) % (2 * np.pi) - np.pi
    front, back = np.maximum(np.cos(turn), 0.0), np.maximum(-np.cos(turn), 0.0)
    end = np.radians(120.0 + 27.0 * front**1.2 - 8.0 * back)
    skin, _ = eared.at(t * end, azimuth)
    outward = skin - eared.centre()
    outward /= np.linalg.norm(outward, axis=-1, keepdims=True)
    # Close at the face, over a scarf's layers and the hair elsewhere.
    away = np.clip(np.minimum(share, 1 - share) / 0.16, 0.0, 1.0)
    off = _OFF_M + rng.uniform(0.001, 0.007) * away * np.clip(t / 0.2, 0.3, 1.0)
    head = skin + off[..., None] * outward
    edge = head[:, [0, -1]].copy()
    for _ in range(36):
        head = relaxed(head, closed=False)
        head += np.maximum(off - dot(head - skin, outward), 0.0)[..., None] * outward
        head[:, [0, -1]] = edge
    head[0] = head[1].mean(0) + (head[1] - head[2]).mean(0) * 0.3
    # From under the chin and the nape in one sweep onto the shoulders; one side is drawn over the other.
    start, ahead = head[-1], head[-1] - head[-4]
    ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9)
    aside = float(rng.choice([-1.0, 1.0])) * rng.uniform(0.5, 1.0)
    chest_down = np.linspace(0.50, 1.45, _CHEST_ROWS)[:, None] * np.ones((1, _COLUMNS))
    around = (2 * np.pi * share + aside + np.pi) % (2 * np.pi) - np.pi
    chest_skin, chest_out = torso.chart.at(chest_down, np.broadcast_to(around, chest_down.shape))
    chest = chest_skin + _CHEST_OFF_M * chest_out
    u = np.linspace(0.0, 1.0, _NECK_ROWS + 2)[1:-1, None, None]
    onto = chest[1] - chest[0]
    onto /= np.linalg.norm(onto, axis=1, keepdims=True)
    reach = np.linalg.norm(chest[0] - start, axis=1, keepdims=True)
    leave = 0.45 * ahead + 0.55 * np.array([0.0, 1.0, 0.0])
    neck = (
        (2 * u**3 - 3 * u**2 + 1) * start
        + (u**3 - 2 * u**2 + u) * reach * leave
        + (3 * u**2 - 2 * u**3) * chest[0]
        + (u**3 - u**2) * reach * onto
    )
    cloth: Grid = np.concatenate([head, neck, chest])
    down = np.linspace(0.0, 1.0, len(cloth))[:, None]
    folds = waves(spec.seed, 2 * np.pi * share * np.ones_like(down), down * 26.0, finest=6.0, terms=6)
    depth = 0.0015 + 0.013 * np.clip((down - 0.36) / 0.22, 0.0, 1.0)
    ends = np.clip(np.minimum(share, 1 - share) / 0.05, 0.1, 1.0)
    cloth = cloth + (depth * ends * np.maximum(folds + 0.4, 0.0))[..., None] * normals(cloth, closed=False)
    # Where there is no opening both sides meet; elsewhere the edges are turned in to the skin.
    shut = np.concatenate([opening[:, 0] < 1e-6, np.ones(_NECK_ROWS + _CHEST_ROWS, dtype=bool)])
    cloth[np.ix_(shut, [0, -1])] = cloth[np.ix_(shut, [0, -1])].mean(1, keepdims=True)
    inner = cloth[:, [0, -1]].copy()
    inner[:_HEAD_ROWS] -= (0.014 * ~shut[:_HEAD_ROWS])[:, None, None] * outward[:, [0, -1]]
    cloth = np.concatenate([inner[:, :1], cloth, inner[:, 1:]], 1)
    rim = head[np.minimum((level[:, 0] > 0.02).argmax(), _HEAD_ROWS - 1)]
    return Headwear({"hat": sheet(cloth, closed=False)}, _everywhere_below(rim), None)


def _everywhere_below(rim: np.ndarray) -> np.ndarray:
    """Return a rim far down: no hair is seen below a hijab but what would grow on the face."""
    low = np.zeros((SKULL_COLUMNS, 3))
    low[:, 0], low[:, 2] = np.sin(SKULL_AZIMUTH), -np.cos(SKULL_AZIMUTH)
    return np.asarray(0.1 * low + [0.0, 1.0, rim[:, 2].mean()])
