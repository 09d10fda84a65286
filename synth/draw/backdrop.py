"""What the lens sees behind people in place of the sky."""

import colorsys
from math import pi

import numpy as np

from assets.person import Vector3
from synth.draw.chance import draw_log_uniform, draw_uniform, draw_yes
from synth.ranges.light import BackdropRanges
from synth.spec import BackdropSpec, LampSpec

SKY_IRRADIANCE_W_M2 = 2.0
"""Of a sky of strength 1, at the face."""
NAMED = 5


def draw_backdrop(
    rng: np.random.Generator, ranges: BackdropRanges, sky_strength: float, lamps: tuple[LampSpec, ...], reach_m: float
) -> BackdropSpec | None:
    """Return a backdrop, or none.

    Args:
        rng: Stream to draw from.
        ranges: What to draw from.
        sky_strength: Of the sky that lights it.
        lamps: The lamps that light it.
        reach_m: Distance of the first face from the lens.
    """
    if not draw_yes(rng, ranges.probability):
        return None
    at_face = SKY_IRRADIANCE_W_M2 * sky_strength + sum(_irradiance(lamp, reach_m) for lamp in lamps)
    level = at_face / pi * draw_log_uniform(rng, ranges.brightness_log)
    hue = rng.random()
    colours = [_colour(rng, ranges, hue, level) for _ in range(NAMED)]
    size = (ranges.half_width_m, ranges.half_depth_m, ranges.half_height_m)
    width, depth, height = (draw_uniform(rng, side) for side in size)
    x, y, z = rng.uniform(-50.0, 50.0, 3)
    return BackdropSpec(
        kind="room" if draw_yes(rng, ranges.room_probability) else "noise",
        turn_rad=float(rng.uniform(0.0, 2 * pi)),
        blur_rad=draw_log_uniform(rng, ranges.blur_rad_log),
        half_size_m=(width, depth, height),
        floor_m=height,
        shift_m=(float(x), float(y), float(z)),
        scale=draw_log_uniform(rng, ranges.scale_log),
        thing_m=(draw_uniform(rng, ranges.thing_width_m), draw_uniform(rng, ranges.thing_height_m)),
        things=draw_uniform(rng, ranges.things),
        radiance=(colours[0], colours[1], colours[2], colours[3], colours[4]),
    )


def _irradiance(lamp: LampSpec, reach_m: float) -> float:
    """Return about what a lamp gives to a face, W/m^2; see synth/draw/light.py."""
    if lamp.kind == "sun":
        return lamp.power_w
    distance = float(np.linalg.norm(np.subtract(lamp.position_cam_m, (0.0, 0.0, reach_m))))
    return lamp.power_w / (pi * max(distance, 0.1) ** 2)


def _colour(rng: np.random.Generator, ranges: BackdropRanges, hue: float, level: float) -> Vector3:
    """Return a radiance; the hues of one place keep together."""
    own = (hue + 0.12 * rng.standard_normal()) % 1.0
    albedo = draw_log_uniform(rng, ranges.albedo_log)
    r, g, b = colorsys.hsv_to_rgb(own, draw_uniform(rng, ranges.saturation), albedo)
    return r * level, g * level, b * level
