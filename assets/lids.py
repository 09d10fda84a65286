"""The lid margins: two curves between the canthi that rest on the eye and follow gaze, blink and squint.

Frame `orbit` of one eye: origin at the eyeball's rotation centre, x temporal, y up, z forward, metres; one frame for
both sides, so left and right run through the same lines.

A margin is drawn in the frontal plane over a parameter xi from -1 (inner canthus) to +1 (outer canthus).  Its depth is
where it meets the surface that a lid rests on; beyond the globe, at the corners, it runs straight from the globe to the
canthus like a taut string, as lids hang between the canthal tendons.

Gaze: the upper lid follows vertical gaze almost fully (Guitton, Simard & Codere 1991), the lower by six tenths, so that
the gap narrows from 9.7 to 6.1 mm at 40 deg down, where Read et al. 2006 measured 6.4 mm.  Blink: the upper margin
comes down to the lower, which rises a little and moves nasally.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from assets.eyeball import Eyeball, lid_support_radius_m
from assets.person import EyeSpec

UPPER_FOLLOWS, LOWER_FOLLOWS = 0.88, 0.60
_REST_M = 0.0133  # radius at which margin heights are turned into elevations: a lid's edge over the cornea
_MINIMUM_GAP_M = 5e-5
_HUG_NASAL_M, _HUG_TEMPORAL_M = 1.0e-3, 1.9e-3


@dataclass(frozen=True)
class Gazing:
    """Where an eye looks, as its lids see it: angles of the optical axis in `orbit`, radians."""

    up_rad: float
    temporal_rad: float

    @property
    def axis_orbit(self) -> Float[np.ndarray, "3"]:
        """The optical axis as a unit vector."""
        up, out = self.up_rad, self.temporal_rad
        return np.array([np.cos(up) * np.sin(out), np.sin(up), np.cos(up) * np.cos(out)])


def support_radius_m(ball: Eyeball, gazing: Gazing, directions: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n"]:
    """Return the radius on which a lid rests, along unit directions in `orbit`."""
    axis = gazing.axis_orbit
    angle = np.arctan2(np.linalg.norm(np.cross(directions, axis), axis=-1), directions @ axis)
    return lid_support_radius_m(ball, angle)


def margin_heights_m(spec: EyeSpec, gazing: Gazing) -> tuple[float, float]:
    """Return heights (y) of the upper and lower margin at mid-lid, after gaze, squint and blink."""
    lids = spec.lids
    squeeze, widen = max(spec.squint, 0.0), max(-spec.squint, 0.0)
    upper = np.arcsin(lids.upper_height_m / _REST_M) + UPPER_FOLLOWS * gazing.up_rad
    lower = -np.arcsin(lids.lower_depth_m / _REST_M) + LOWER_FOLLOWS * gazing.up_rad
    upper_m = _REST_M * np.sin(upper) - 1.6e-3 * squeeze + 1.5e-3 * widen
    lower_m = _REST_M * np.sin(lower) + 2.4e-3 * squeeze - 0.5e-3 * widen
    meet_m = lower_m + 0.12 * (upper_m - lower_m)
    upper_m += spec.blink * (meet_m - upper_m)
    lower_m += spec.blink * (meet_m - lower_m)
    return max(upper_m, lower_m), lower_m


def _profile(xi: Float[np.ndarray, " n"], peak: float, power: float, sharp: float) -> Float[np.ndarray, " n"]:
    bent = np.clip(xi - peak * (1.0 - xi**2), -1.0, 1.0)
    return (1.0 - np.abs(bent) ** power) ** sharp


def margin_curve(
    spec: EyeSpec, ball: Eyeball, gazing: Gazing, xi: Float[np.ndarray, " n"], *, upper: bool
) -> Float[np.ndarray, "n 3"]:
    """Return points of the inner edge of a lid margin in `orbit`, where the lid touches the eye."""
    lids = spec.lids
    dense = np.linspace(-1.0, 1.0, 65)
    x, y = _frontal(spec, gazing, dense, upper=upper)
    z = _globe_depth(ball, gazing, x, y)
    globe = z.copy()
    z[0], z[-1] = lids.inner_canthus_forward_m, lids.outer_canthus_forward_m
    # A lid is a sheet, not a string: it hugs the globe until the string would stand off by a millimetre or two; longer
    # at the temple, where no caruncle lies between.
    hug = _between(dense, _HUG_NASAL_M, _HUG_TEMPORAL_M)
    slack = _taut(x, z) - globe - hug * (1.0 - np.abs(dense) ** 6)
    z = globe + 0.5 * (slack + np.sqrt(slack**2 + (0.3e-3) ** 2 * (1.0 - dense**2)))
    x_at, y_at = _frontal(spec, gazing, xi, upper=upper)
    return np.stack([x_at, y_at, np.interp(x_at, x, z)], -1)


def _frontal(
    spec: EyeSpec, gazing: Gazing, xi: Float[np.ndarray, " n"], *, upper: bool
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Return x and y of a margin as seen from the front."""
    lids = spec.lids
    upper_m, lower_m = margin_heights_m(spec, gazing)
    follow = 0.12 * gazing.temporal_rad
    canthal_line = _between(xi, -lids.inner_canthus_down_m, -lids.outer_canthus_down_m)
    peak = float(np.clip(lids.upper_peak + follow, -0.5, 0.5))
    trough = float(np.clip(lids.lower_trough + follow, -0.5, 0.5))
    high = _profile(xi, peak, 2.0, 0.85)
    low = _profile(xi, trough, 2.2, 1.0)
    # At full blink both lids lie on the lower lid's line: blend the profiles too, or they would cross at the sides.
    high = high + spec.blink * (low - high)
    y_low = canthal_line + (lower_m - _between(trough, -lids.inner_canthus_down_m, -lids.outer_canthus_down_m)) * low
    y_high = canthal_line + (upper_m - _between(peak, -lids.inner_canthus_down_m, -lids.outer_canthus_down_m)) * high
    x = _between(xi, -lids.inner_canthus_nasal_m, lids.outer_canthus_temporal_m) - 0.8e-3 * spec.blink * (1.0 - xi**2)
    return x, (np.maximum(y_high, y_low + _MINIMUM_GAP_M * (1.0 - xi**2)) if upper else y_low)


def _between(xi: Float[np.ndarray, "*n"] | float, inner: float, outer: float) -> Float[np.ndarray, "*n"]:
    return np.asarray(inner + (outer - inner) * 0.5 * (np.asarray(xi) + 1.0))


def _globe_depth(
    ball: Eyeball, gazing: Gazing, x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Depth (z) of the surface that a lid rests on under (x, y); 0 beside the globe."""
    z = np.sqrt(np.maximum(_REST_M**2 - x**2 - y**2, 0.0))
    for _ in range(6):  # the radius depends on the direction, slightly: a few substitutions settle it
        p = np.stack([x, y, z], -1)
        radius = support_radius_m(ball, gazing, p / np.linalg.norm(p, axis=-1, keepdims=True))
        z = np.sqrt(np.maximum(radius**2 - x**2 - y**2, 0.0))
    return z


def _taut(x: Float[np.ndarray, " n"], z: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Depths of a string held at both ends and pulled over (x, z): the upper convex hull (Andrew 1979)."""
    hull: list[int] = []
    for i in range(len(x)):
        while len(hull) > 1:
            a, b = hull[-2], hull[-1]
            if (x[b] - x[a]) * (z[i] - z[a]) < (z[b] - z[a]) * (x[i] - x[a]):
                break
            hull.pop()
        hull.append(i)
    return np.interp(x, x[hull], z[hull])
