"""Complexion: how a person's two dyes, their shine and their folds differ from place to place over the face.

What is wider than the mesh's edges (2 to 3 mm) is computed here for each vertex and costs the shader nothing; what is
finer is the shader's.  `complexion` returns attributes of the skin, of `n` points:

    dyes      (n, 3)  melanin and haemoglobin above the person's mean, in steps (synth/blender/skin.py), and roughness
    sheet     (n, 3)  Zones.sheet_m, for marks that must stay on their skin, and how freely freckles grow
    places    (n, 3)  0 to 1: red of the lips; lining of the mouth; depth of the lines across the forehead

The three zones of painters: a forehead with little blood that looks yellow, a red middle of cheeks, nose and ears, and
below them skin that is redder at the chin and, on dark people, browner about the mouth, as is the forehead.
"""

import numpy as np
from jaxtyping import Float

from assets.person import ExpressionSpec, SkinSpec
from assets.zones import BASIS, Zones

_WAVES = 10
_LONGEST_M, _SHORTEST_M = 0.090, 0.018
_BROW_RAISERS = ("browInnerUp", "browOuterUpLeft", "browOuterUpRight")


def complexion(
    skin: SkinSpec,
    age_years: float,
    expression: ExpressionSpec,
    zones: Zones,
    lips: Float[np.ndarray, " n"],
    inside: Float[np.ndarray, " n"],
) -> dict[str, Float[np.ndarray, "n *d"]]:
    """Return the attributes of the module's docstring.

    Args:
        skin: Of the person.
        age_years: Their age.
        expression: What the face does.
        zones: Of the points, and their own patches' share of the eye.
        lips: (n,) the mesh's mask of the red of the lips.
        inside: (n,) the mesh's mask of the inside of the mouth.
    """
    rng = np.random.default_rng([skin.texture_seed, 11])
    flush, dark = 0.7 + 1.0 * float(rng.random()), skin.melanin
    uneven = 0.4 + 1.2 * skin.blotchiness
    old = float(np.clip((age_years - 25) / 50, 0, 1))
    weights = dict(expression.weights)
    smile = max(weights.get(f"mouthSmile{side}", 0.0) for side in ("Left", "Right"))
    frown = max(weights.get(f"browDown{side}", 0.0) for side in ("Left", "Right"))
    raised = max(weights.get(unit, 0.0) for unit in _BROW_RAISERS)
    fold = 0.15 + 0.9 * skin.wrinkles * old + 0.5 * smile
    glabella = 0.8 * skin.wrinkles * old + 0.8 * frown
    # A child's face has not yet been tanned or worn unevenly; its cheeks are the redder.
    young = float(np.clip((14 - age_years) / 10, 0, 1))
    # Of each zone: steps of melanin, steps of haemoglobin, roughness.
    mixed = {
        "forehead": (0.15 + 0.7 * dark, -0.9, 0.0),
        "about_mouth": (0.2 + 0.9 * dark, 0.0, 0.0),
        "cheeks": (-0.25 * dark, 2.3 * flush + 2.0 * skin.blush + 0.8 * young, 0.0),
        "nose": (0.0, 2.8 * flush, 0.0),
        "ears": (0.0, 3.0 * flush, 0.03),
        "chin": (0.0, 1.3 * flush, 0.0),
        "neck": (0.4, 0.4, 0.05),
        "low_neck": (-0.2, 0.0, 0.0),
        "shine": (0.0, 0.0, -0.16 * skin.oil * (1 - 0.5 * old)),
        "fold": (0.9 * fold, 1.6 * fold, 0.0),
        "frown": (0.9 * glabella, 1.6 * glabella, 0.0),
        "nostrils": (9.0, 5.0, 0.0),
    }
    dyes = zones.basis @ np.array([mixed[name] for name in BASIS], dtype=np.float32)
    # A step of melanin is seen more the darker the skin.
    for dye, strength in ((0, 0.35 * (1 - 0.6 * dark)), (1, 0.8)):
        dyes[:, dye] += np.float32(strength * uneven) * zones.apart * _clouds(rng, zones.sheet_m)
    lines = zones.brow_lines * np.clip(1.1 * skin.wrinkles * old + 0.75 * raised * (0.25 + 0.75 * old), 0, 1)
    return {
        "dyes": dyes,
        "sheet": zones.sheet,
        "places": np.stack([_soft(lips, 0.25, 0.75), _soft(inside, 0.55, 0.95), lines], -1),
    }


def _soft(x: Float[np.ndarray, " n"], low: float, high: float) -> Float[np.ndarray, " n"]:
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t))


def _clouds(rng: np.random.Generator, at_m: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, " n"]:
    """Return soft patches of a few centimetres, of mean 0 and variance about 1: waves of random ways and lengths."""
    turn, phase = rng.uniform(0, np.pi, _WAVES), rng.uniform(0, 2 * np.pi, _WAVES)
    length = _LONGEST_M * (_SHORTEST_M / _LONGEST_M) ** rng.random(_WAVES)
    wave = 2 * np.pi / length * np.stack([np.cos(turn), np.sin(turn)])
    # Single precision: three times as fast, and this is looked at, not measured.
    angle = at_m.astype(np.float32) @ wave.astype(np.float32) + phase.astype(np.float32)
    return np.asarray(np.cos(angle) @ np.full(_WAVES, np.sqrt(2 / _WAVES), dtype=np.float32))
