"""The light of a scene: a sky, windows, room lamps, the screen, the sun, infrared LEDs.

Lamps are placed about the subject in level directions: azimuth 0 is behind the camera, positive to the right of the
image (the subject's left), elevation above the horizon.  An area lamp of power P at distance r on its axis causes the
irradiance P / (pi r^2), a point lamp P / (4 pi r^2): powers follow from the irradiance at the face.
"""

from dataclasses import dataclass, replace
from math import cos, exp, pi, radians, sin

import numpy as np
from jaxtyping import Float

from assets.person import Vector3
from synth.draw.backdrop import draw_backdrop
from synth.draw.chance import draw_log_uniform, draw_uniform, draw_whole, draw_yes
from synth.draw.place import Screen
from synth.ranges.light import LampRanges, LedRanges, LightRanges, ScreenLightRanges, SunRanges
from synth.spec import BackdropSpec, LampSpec, LightSpec

WALL_M, CEILING_M = 0.5, 2.5
"""Least distance of people from the walls, and of the ceiling from the floor, of a room they stand in."""
SUN_DIAMETER_RAD = 0.0093
_WHITE: Vector3 = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Surroundings:
    """Where lamps are placed: all in `cam`, metres."""

    subject_cam_m: Float[np.ndarray, "3"]
    cam_from_lens: Float[np.ndarray, "3 3"]
    up_cam: Float[np.ndarray, "3"]
    screen: Screen
    ground_m: float | None = None
    """How far the ground that people stand on is below the lens; None where they stand on none."""
    reach_m: float = 0.0
    """From the lens to the farthest of them."""

    def direction_cam(self, azimuth_rad: float, elevation_rad: float) -> Float[np.ndarray, "3"]:
        """Return the unit direction from the subject towards azimuth and elevation."""
        behind_camera = -self.subject_cam_m
        behind_camera = behind_camera - (behind_camera @ self.up_cam) * self.up_cam
        behind_camera = behind_camera / np.linalg.norm(behind_camera)
        # Up x (subject to camera) points to the right of the image: y up is -y down, and the camera looks along +z.
        right = np.cross(self.up_cam, behind_camera)
        level = cos(azimuth_rad) * behind_camera + sin(azimuth_rad) * right
        return np.asarray(cos(elevation_rad) * level + sin(elevation_rad) * self.up_cam)


def colour_of_temperature(temperature_k: float) -> Vector3:
    """Return the linear RGB of a black body against one of 6500 K, scaled to a mean of 1.

    Planck's law at 610, 550 and 465 nm, where the three primaries of sRGB have their peaks: a fair likeness, exactly
    white at 6500 K.
    """

    def radiance(wavelength_m: float, kelvin: float) -> float:
        return 1 / (exp(0.014387769 / (wavelength_m * kelvin)) - 1)

    rgb = [radiance(w, temperature_k) / radiance(w, 6500.0) for w in (610e-9, 550e-9, 465e-9)]
    mean = sum(rgb) / 3
    return rgb[0] / mean, rgb[1] / mean, rgb[2] / mean


def _vector(value: Float[np.ndarray, "3"]) -> Vector3:
    return float(value[0]), float(value[1]), float(value[2])


def draw_lamps(rng: np.random.Generator, ranges: LampRanges, around: Surroundings, name: str) -> tuple[LampSpec, ...]:
    """Return some area lamps that face the subject."""
    lamps = []
    for number in range(int(rng.choice(len(ranges.count_probabilities), p=ranges.count_probabilities))):
        azimuth = radians(draw_uniform(rng, ranges.azimuth_deg)) * float(rng.choice([-1.0, 1.0]))
        towards = around.direction_cam(azimuth, radians(draw_uniform(rng, ranges.elevation_deg)))
        distance = draw_uniform(rng, ranges.distance_m)
        lamps.append(
            LampSpec(
                kind="area",
                name=f"{name}{number}",
                position_cam_m=_vector(around.subject_cam_m + distance * towards),
                direction_cam=_vector(-towards),
                width_m=draw_uniform(rng, ranges.width_m),
                height_m=draw_uniform(rng, ranges.height_m),
                power_w=draw_log_uniform(rng, ranges.irradiance_w_m2_log) * pi * distance**2,
                colour=colour_of_temperature(draw_uniform(rng, ranges.temperature_k)),
            )
        )
    return tuple(lamps)


def draw_screen_light(
    rng: np.random.Generator, ranges: ScreenLightRanges, around: Surroundings
) -> tuple[LampSpec, ...]:
    """Return the screen as a lamp, or nothing; it faces along the lens' axis, not quite at the subject."""
    if not draw_yes(rng, ranges.probability):
        return ()
    centre = around.cam_from_lens @ around.screen.centre_lens_m
    distance = float(np.linalg.norm(around.subject_cam_m - centre))
    return (
        LampSpec(
            kind="area",
            name="screen",
            position_cam_m=_vector(centre),
            direction_cam=_vector(around.cam_from_lens[:, 2]),
            width_m=around.screen.width_m,
            height_m=around.screen.height_m,
            power_w=draw_log_uniform(rng, ranges.irradiance_w_m2_log) * pi * distance**2,
            colour=colour_of_temperature(draw_uniform(rng, ranges.temperature_k)),
        ),
    )


def draw_sun(rng: np.random.Generator, ranges: SunRanges, around: Surroundings, sky: str) -> tuple[LampSpec, ...]:
    """Return the sun, or nothing; a low sun is warm."""
    if not draw_yes(rng, ranges.probability) or sky not in ranges.skies:
        return ()
    elevation_deg = draw_uniform(rng, ranges.elevation_deg)
    towards = around.direction_cam(float(rng.uniform(-pi, pi)), radians(elevation_deg))
    return (
        LampSpec(
            kind="sun",
            name="sun",
            position_cam_m=_vector(around.subject_cam_m + 10 * towards),
            direction_cam=_vector(-towards),
            width_m=SUN_DIAMETER_RAD,
            height_m=SUN_DIAMETER_RAD,
            power_w=draw_log_uniform(rng, ranges.irradiance_w_m2_log),
            # From 2500 K on the horizon to 5800 K: the air takes the blue out of a long path.
            colour=colour_of_temperature(5800 - 3300 * exp(-elevation_deg / 12)),
        ),
    )


def draw_leds(rng: np.random.Generator, ranges: LedRanges, around: Surroundings) -> tuple[LampSpec, ...]:
    """Return infrared LEDs in the plane of the lens: a ring about it, or one or two beside it."""
    if not draw_yes(rng, ranges.probability):
        return ()
    if draw_yes(rng, ranges.ring_probability):
        count = draw_whole(rng, ranges.ring_count)
        turn = float(rng.uniform(0, 2 * pi)) + np.arange(count) * (2 * pi / count)
        places = draw_uniform(rng, ranges.ring_radius_m) * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    else:
        aside = draw_uniform(rng, ranges.cluster_offset_m)
        down = float(rng.uniform(-0.5, 0.5)) * aside
        sides = [(-1.0,), (1.0,), (-1.0, 1.0)][int(rng.integers(3))]
        places = np.array([[side * aside, down] for side in sides])
    radius = draw_uniform(rng, ranges.led_radius_m)
    irradiance = draw_log_uniform(rng, ranges.irradiance_w_m2_log) / len(places)
    lamps = []
    for number, (right, down) in enumerate(places):
        position = around.cam_from_lens @ np.array([right, down, 0.0])
        towards = around.subject_cam_m - position
        distance = float(np.linalg.norm(towards))
        lamps.append(
            LampSpec(
                kind="point",
                name=f"led{number}",
                position_cam_m=_vector(position),
                direction_cam=_vector(towards / distance),
                width_m=radius,
                height_m=radius,
                power_w=irradiance * 4 * pi * distance**2,
                colour=_WHITE,
            )
        )
    return tuple(lamps)


def _standing(backdrop: BackdropSpec | None, around: Surroundings) -> BackdropSpec | None:
    """Return a backdrop whose floor is the ground that people stand on, and whose walls they stand before."""
    if backdrop is None or around.ground_m is None:
        return backdrop
    width, depth, height = backdrop.half_size_m
    farthest = around.reach_m + WALL_M
    # A room's walls are at right angles but turned: each of them lies beyond the farthest.
    size = (max(width, farthest), max(depth, farthest), max(height, CEILING_M - around.ground_m))
    return replace(backdrop, half_size_m=size, floor_m=around.ground_m)


def draw_light(rng: np.random.Generator, ranges: LightRanges, around: Surroundings) -> LightSpec:
    """Return all light of a scene.  Each family has a generator of its own: more windows do not move the sun."""
    windows, rooms, screen, sun, leds, behind = rng.spawn(6)
    sky = str(rng.choice(ranges.skies))
    turn, strength = float(rng.uniform(0, 2 * pi)), draw_log_uniform(rng, ranges.sky_strength_log)
    lamps = (
        *draw_lamps(windows, ranges.windows, around, "window"),
        *draw_lamps(rooms, ranges.rooms, around, "room"),
        *draw_screen_light(screen, ranges.screen, around),
        *draw_sun(sun, ranges.sun, around, sky),
        *draw_leds(leds, ranges.leds, around),
    )
    reach_m = float(np.linalg.norm(around.subject_cam_m))
    return LightSpec(
        infrared=ranges.infrared,
        sky=sky,
        sky_rotation_rad=turn,
        sky_strength=strength,
        backdrop=_standing(draw_backdrop(behind, ranges.backdrop, strength, lamps, reach_m), around),
        lamps=lamps,
    )
