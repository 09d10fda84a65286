"""Samples of whole faces as the renderer would write them, made without it: landmarks on an ellipsoid, painted flat.

Eyes and attributes are those of fake_samples.py; only the camera stands back until the face is in the picture.  Every
point in px is the projection of its point in `cam`; the apparent one is a little larger about the picture's middle.
"""

from typing import Any

import numpy as np

from synth.geometry.rotation import pitch_yaw_roll_upright, rotation_from_pitch_yaw_roll
from synth.label.celeba import ATTRIBUTES
from synth.sample import Sample
from tests.synth.fake_samples import labels_before, paint

MAGNIFIED = 1.01


def ibug_head() -> np.ndarray:
    """Return 68 points of a made-up face in `head`, metres."""
    turn = np.linspace(0, np.pi, 17)
    jaw = np.stack([-0.07 * np.cos(turn), 0.115 * np.sin(turn)], axis=1)
    brow = np.stack([np.linspace(-0.055, -0.012, 5), -0.025 - 0.006 * np.sin(np.linspace(0, np.pi, 5))], axis=1)
    ridge = np.stack([np.zeros(4), np.linspace(0, 0.036, 4)], axis=1)
    nostrils = np.stack([np.linspace(-0.014, 0.014, 5), 0.045 + 0.002 * np.array([0, 1, 2, 1, 0])], axis=1)
    eye = np.array([[-0.046, 0], [-0.036, -0.005], [-0.027, -0.005], [-0.018, 0.001], [-0.027, 0.005], [-0.036, 0.005]])
    other_eye = eye[[3, 2, 1, 0, 5, 4]] * [-1, 1]
    around = np.pi + np.arange(12) * np.pi / 6
    outer = np.stack([0.025 * np.cos(around), 0.072 + 0.010 * np.sin(around)], axis=1)
    inner = np.stack([0.018 * np.cos(around), 0.072 + 0.003 * np.sin(around)], axis=1)[[0, 2, 3, 4, 6, 8, 9, 10]]
    flat = np.concatenate([jaw, brow, brow[::-1] * [-1, 1], ridge, nostrils, eye, other_eye, outer, inner])
    return on_face(flat)


def on_face(flat: np.ndarray) -> np.ndarray:
    """Return points (x, y) on the front of an ellipsoid, with a nose."""
    x, y = flat.T
    out = np.sqrt(np.clip(1 - (x / 0.078) ** 2 - ((y - 0.02) / 0.125) ** 2, 0, 1))
    nose = 0.02 * np.exp(-(x**2 + (y - 0.036) ** 2) / 0.015**2)
    return np.stack([x, y, 0.08 - 0.09 * out - nose], axis=1)


def fake_face(
    seed: int = 0,
    index: int = 0,
    size: tuple[int, int] = (160, 192),
    pitch_yaw_roll_rad: tuple[float, float, float] | None = None,
    aside_m: tuple[float, float] = (0.0, 0.0),
    edge: bool = False,
) -> Sample:
    """Return sample `index` of a made-up set of faces.

    Args:
        seed: Of the set.
        index: Of the sample.
        size: Width and height, px.
        pitch_yaw_roll_rad: How the head is turned; drawn by default.
        aside_m: Where the head stands beside the axis of the lens.
        edge: The picture cuts the face.
    """
    rng = np.random.default_rng([seed, index, 7])
    drawn = rng.normal(0, [0.2, 0.4, 0.15])
    rotation = rotation_from_pitch_yaw_roll(
        np.array(drawn if pitch_yaw_roll_rad is None else pitch_yaw_roll_rad, float)
    )
    middle_head, distance_m = np.array([0.0, 0.03, 0.03]), rng.uniform(0.5, 1.2)
    cam_from_head = np.eye(4)
    cam_from_head[:3, :3] = rotation
    cam_from_head[:3, 3] = np.array([*aside_m, distance_m]) - rotation @ middle_head
    focal_px = size[0] * distance_m / (0.12 if edge else 0.3)
    middle_px = np.array(size) / 2 - focal_px * np.array(aside_m) / distance_m
    k = np.array([[focal_px, 0, middle_px[0]], [0, focal_px, middle_px[1]], [0, 0, 1]])
    labels = labels_before(rng, seed, index, size, "left" if index % 2 else "right", cam_from_head, k)
    labels["face"] = face_labels(rng, cam_from_head, k, size)
    picture = paint(rng, labels, *size)
    return Sample(seed=seed, index=index, picture=picture, labels=labels, spec=fake_spec(rng))


def fake_spec(rng: np.random.Generator) -> dict[str, Any]:
    """Return what exports read of a scene."""
    camera = {"blur_px": float(rng.uniform(0.2, 3)), "exposure_stops": float(rng.normal(0, 1))}
    return {"camera": camera}


def face_labels(rng: np.random.Generator, cam_from_head: np.ndarray, k: np.ndarray, size: tuple[int, int]) -> Any:
    """Return `labels.face` as JSON holds it."""
    ibug = ibug_head()
    dense = on_face(np.stack([rng.uniform(-0.07, 0.07, 478), rng.uniform(-0.07, 0.12, 478)], axis=1))
    dense[[468, 473]] = on_face(np.array([[-0.0315, 0.0], [0.0315, 0.0]]))
    heads = {
        "ibug68": ibug,
        "dense478": dense,
        "five": np.stack([ibug[36:42].mean(axis=0), ibug[42:48].mean(axis=0), ibug[30], ibug[48], ibug[54]]),
        "jaw_outline": ibug[:17] * [1.05, 1.02, 0.8],
    }
    points, seen_at = {}, {}
    middle = np.array(size) / 2
    for name, at in heads.items():
        cam = at @ cam_from_head[:3, :3].T + cam_from_head[:3, 3]
        rays = cam @ k.T
        px = rays[:, :2] / rays[:, 2:]
        apparent = middle + MAGNIFIED * (px - middle)
        turned_away = (at - [0, 0.02, 0.08]) @ cam_from_head[:3, :3].T @ [0, 0, 1] > 0.01
        seen = ((apparent >= 0) & (apparent <= size)).all(axis=1) & ~turned_away
        points[name] = {"cam": cam.tolist(), "px": px.tolist(), "visible": seen.tolist()}
        seen_at[name] = apparent.tolist()
    tight = np.array(points["ibug68"]["px"] + points["jaw_outline"]["px"])
    whole = np.concatenate([tight, points["dense478"]["px"]])
    return {
        "points": points,
        "apparent": seen_at,
        "pitch_yaw_roll_rad": pitch_yaw_roll_upright(cam_from_head[:3, :3]).tolist(),
        "box_tight_px": [*tight.min(axis=0), *tight.max(axis=0)],
        "box_face_px": [*whole.min(axis=0), *whole.max(axis=0)],
        "box_head_px": [*(whole.min(axis=0) - np.array([6, 12])), *(whole.max(axis=0) + np.array([6, 0]))],
        "whole": bool(((whole >= 0) & (whole <= size)).all()),
        "facing": 0.9,
        "inside_fraction": 1.0,
        "visible_fraction": 1.0,
        "expression": "smile_teeth",
        "expression_weights": {"mouthSmileLeft": 0.5, "mouthSmileRight": 0.6},
        "celeba": {name: bool(rng.random() < 0.3) for name in ATTRIBUTES},
    }
