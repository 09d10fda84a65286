"""Where hair grows on a head: the scalp inside its hairline, and the beard's fields, as densities on the base mesh.

Every density is a function of a point's place on the untouched head, so it goes with the skin of whatever head the
mesh is shaped into.  Places are told by `turn`, the angle about the vertical through the skull (0 the face, pi the
back; both sides alike), and by the height y in `head`.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from assets.person import BeardSpec, ScalpHairSpec

AXIS_Z_M = 0.075
"""The skull's vertical axis behind the eyes."""
CROWN = np.array([0.0, -0.108, 0.125])
"""Where the whorl is, on the untouched head."""

_AROUND_M = 0.085  # radius that turns angles into lengths along the skin
# The hairline: turn in degrees, height.  Forehead, temple, sideburn, over and behind the ear, nape.
_LINE = np.array(
    [
        *((0, -0.070), (14, -0.0705), (28, -0.073), (40, -0.072), (48, -0.063), (54, -0.048), (58, -0.032)),
        *((62, -0.018), (66, -0.006), (68, 0.012), (71, 0.018), (76, 0.018), (78, 0.000), (82, -0.011), (90, -0.0125)),
        *((97, -0.010), (101, 0.000), (104, 0.020), (108, 0.036), (118, 0.047), (135, 0.055), (158, 0.060)),
        *((180, 0.057),),
    ]
)


@dataclass(frozen=True)
class Places:
    """Points of the untouched head's skin, and what densities need of them."""

    base_head: Float[np.ndarray, "n 3"]
    turn_deg: Float[np.ndarray, " n"]
    ears: Float[np.ndarray, " n"]
    lips: Float[np.ndarray, " n"]

    def some(self, chosen: Int[np.ndarray, " c"]) -> "Places":
        """Return some of them."""
        return Places(self.base_head[chosen], self.turn_deg[chosen], self.ears[chosen], self.lips[chosen])


def places(base_head: Float[np.ndarray, "n 3"], ears: Float[np.ndarray, " n"], lips: Float[np.ndarray, " n"]) -> Places:
    """Return the places of points of the untouched head; `ears` and `lips` are its masks there (mouth included)."""
    turn = np.degrees(np.arctan2(np.abs(base_head[:, 0]), AXIS_Z_M - base_head[:, 2]))
    return Places(base_head, turn, ears, lips)


def step(
    x: Float[np.ndarray, " n"], low: float | Float[np.ndarray, " n"], high: float | Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Return the smooth step of x from low (0) to high (1); low may be the larger."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t))


def inside_m(spec: ScalpHairSpec, at: Places) -> Float[np.ndarray, " n"]:
    """Return how far inside the hairline each point lies, metres, negative outside; about right near the line."""
    turn, height = _LINE[:, 0], _LINE[:, 1].copy()
    height = height - spec.hairline_up_m * step(turn, 62.0, 45.0)
    # Temples go back first, the middle of the forehead later.
    temples = np.exp(-(((turn - 36.0) / 13.0) ** 2))
    height = height - spec.recession * (0.024 * temples + 0.004 * step(turn, 40.0, 10.0))
    slope = np.gradient(height, np.radians(turn) * _AROUND_M)
    line, steep = np.interp(at.turn_deg, turn, height), np.interp(at.turn_deg, turn, slope)
    return np.asarray((line - at.base_head[:, 1]) / np.sqrt(1 + np.minimum(steep**2, 9.0)))


def scalp_density(spec: ScalpHairSpec, at: Places) -> Float[np.ndarray, " n"]:
    """Return the density of scalp hair, 0 to 1: soft along the hairline, less where a head goes bald.

    Baldness follows Hamilton's and Norwood's stages: temples, then the forehead and the crown, which meet, until a
    horseshoe is left.
    """
    inside = inside_m(spec, at)
    x, y, z = at.base_head.T
    # Over the forehead hair thins out over a centimetre; at nape and sideburns over less.
    soft = np.interp(at.turn_deg, [0.0, 55.0, 70.0, 180.0], [0.007, 0.006, 0.003, 0.008])
    ragged = 0.0018 * (np.sin(310.0 * x + 3.0 * spec.seed % 7) + np.sin(530.0 * z + 190.0 * y))
    density = step((inside + ragged) / soft, -0.25, 1.0)
    density = density * (1.0 - step(at.ears, 0.02, 0.4))
    loss = spec.baldness
    if loss > 0:
        top = step(y, -0.045, -0.075)
        front = -0.035 + 0.165 * loss**1.2 + 0.10 * loss * np.abs(x) / 0.06 * step(z, 0.06, 0.0)
        bare = step(z - front, 0.022, -0.006)
        away = np.linalg.norm(at.base_head - CROWN, axis=1)
        radius = 0.075 * step(np.array([loss]), 0.25, 1.0)[0]
        spot = step(away, radius + 0.012, max(radius - 0.02, 0.0)) * min(1.0, 2.0 * loss)
        density = density * (1.0 - 0.97 * top * np.maximum(bare, spot)) * (1.0 - 0.35 * loss * top)
    return np.asarray(density * spec.density)


def beard_density(spec: BeardSpec, at: Places) -> Float[np.ndarray, " n"]:
    """Return the density of facial hair, 0 to 1, in the fields of its style."""
    x, y, z = at.base_head.T
    side = np.abs(x)
    front = step(z, 0.012, 0.002)
    # Upper lip: from under the nose to beside the corners of the mouth.
    above = 0.0605 + 0.10 * np.clip(side - 0.008, 0.0, 0.03)
    lip_top = 0.0475 + 0.22 * np.clip(side - 0.012, 0.0, 0.02)
    moustache = (
        step(y, lip_top - 0.001, lip_top + 0.003)
        * step(y, above + 0.012, above + 0.004)
        * step(side, 0.034, 0.026)
        * front
    )
    philtrum = 1.0 - 0.5 * np.exp(-((side / 0.0035) ** 2)) * step(y, 0.056, 0.050)
    moustache = moustache * philtrum
    # Chin: a patch under the lower lip, wider below; beside the mouth it meets the moustache.
    patch = step(side, 0.008, 0.004) * step(y, 0.076, 0.080) * step(y, 0.095, 0.090)
    half = 0.012 + 0.016 * step(y, 0.080, 0.095)
    chin = step(side, half + 0.006, half - 0.002) * step(y, 0.081, 0.088) * step(y, 0.124, 0.114) * front
    beside = step(np.abs(side - 0.0305), 0.0065, 0.002) * step(y, 0.058, 0.064) * step(y, 0.108, 0.100) * front
    # Cheeks: below a line from the sideburn's end to the corner of the mouth; above the fold of jaw and neck.
    border = np.interp(z, [-0.03, -0.018, 0.0, 0.03, 0.055, 0.065], [0.074, 0.066, 0.058, 0.042, 0.020, 0.014])
    border = border + spec.cheek_down_m
    under = np.interp(z, [-0.02, 0.02, 0.06, 0.085], [0.124, 0.128, 0.112, 0.075])
    cheeks = step(y - border, -0.003, 0.007) * step(y - under, 0.006, -0.010) * step(z, 0.082, 0.068)
    cheeks = cheeks * step(z + 0.10 * np.clip(0.068 - y, 0, 1), -0.019, -0.009) + 0.0 * x
    jaw = np.maximum(cheeks, chin)
    lower = np.maximum(chin, patch)
    if spec.style == "moustache":
        density = moustache
    elif spec.style == "goatee":
        density = np.maximum.reduce([moustache, lower, beside])
    else:
        density = np.maximum.reduce([moustache, lower, beside, jaw])
        # Cheeks and the neck are sparser than lip and chin.
        sparse = step(y - border, 0.0, 0.03) * step(y - under, 0.0, -0.02)
        density = density * (1.0 - 0.45 * spec.patchiness * (1.0 - sparse))
    bare = step(at.lips, 0.25, 0.02) * (1.0 - step(at.ears, 0.02, 0.4))
    return np.asarray(density * bare * spec.density)
