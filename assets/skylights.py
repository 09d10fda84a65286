"""The bright spots of a sky as lamps of their own, for EEVEE.

EEVEE keeps of a sky's light on matt things a few numbers (spherical harmonics of degree 1), by which a sun or a window
lights from everywhere and casts no shadow.  What it can take out of a sky itself is one sun, halfway between two
windows.  So, as in Debevec's "A Median Cut Algorithm for Light Probe Sampling" (2005): what is far brighter than the
rest goes spot by spot into lamps, and out of the sky.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from assets.person import Vector3

MOST_SPOTS = 6
LIMIT = 8.0
"""How many times as bright as its mean a sky may stay."""
REACH_RAD = 0.12
"""What belongs to a spot is no further from its middle."""
LEAST_SHARE = 0.01
"""A spot of less of the sky's light than this is left where it is."""
COARSE_PX = 16
STEPS = 8
LUMINANCE = (0.2126, 0.7152, 0.0722)


@dataclass(frozen=True)
class Spot:
    """A bright spot: unit vector to it in the sky's own axes, light on a surface that faces it, radius of a disc."""

    direction: Vector3
    irradiance_rgb: Vector3
    radius_rad: float


def directions(height: int, width: int) -> Float[np.ndarray, "h w 3"]:
    """Return the unit vectors to the pixels of a panorama whose first row is the lowest, as Blender maps it."""
    azimuth = ((np.arange(width) + 0.5) / width - 0.5) * 2 * np.pi
    elevation = ((np.arange(height) + 0.5) / height - 0.5) * np.pi
    level = np.cos(elevation)[:, None]
    up = np.broadcast_to(np.sin(elevation)[:, None], (height, width))
    return np.stack([level * np.cos(azimuth), -level * np.sin(azimuth), up], axis=-1)


def solid_angles_sr(height: int, width: int) -> Float[np.ndarray, "h 1"]:
    """Return the solid angle of a pixel of each row of a panorama."""
    edges = np.sin((np.arange(height + 1) / height - 0.5) * np.pi)
    return np.diff(edges)[:, None] * (2 * np.pi / width)


def part(sky_rgb: Float[np.ndarray, "h w 3"]) -> tuple[tuple[Spot, ...], Float[np.ndarray, "h w 3"]]:
    """Part a sky into its bright spots, the brightest first, and the rest; together they hold its light.

    Args:
        sky_rgb: Radiance, linear; the first row is the lowest.
    """
    height, width = sky_rgb.shape[:2]
    toward, area_sr = directions(height, width), solid_angles_sr(height, width)
    luminance = sky_rgb @ LUMINANCE
    limit = LIMIT * float((luminance * area_sr).sum() / (4 * np.pi))
    over = np.clip(1 - limit / np.maximum(luminance, 1e-12), 0, None)
    least = LEAST_SHARE * float((luminance * area_sr).sum())
    left = over.copy()
    spots = []
    for _ in range(MOST_SPOTS):
        light = luminance * left * area_sr
        middle = _middle(light, toward)
        near = toward @ middle > np.cos(REACH_RAD)
        if light[near].sum() <= least:
            break
        red, green, blue = map(float, ((sky_rgb * (left * area_sr)[..., None])[near]).sum(axis=0))
        apart_rad = np.arccos(np.clip(toward[near] @ middle, -1, 1))
        # Points of a disc are on the average of squares its radius over root two from its middle.
        radius_rad = float(np.sqrt(2 * np.average(apart_rad**2, weights=light[near])))
        x, y, z = map(float, middle)
        spots.append(Spot((x, y, z), (red, green, blue), radius_rad))
        left[near] = 0.0
    spots.sort(key=lambda spot: -float(np.dot(spot.irradiance_rgb, LUMINANCE)))
    return tuple(spots), (sky_rgb * (1 - over + left)[..., None]).astype(sky_rgb.dtype)


def _middle(light: Float[np.ndarray, "h w"], toward: Float[np.ndarray, "h w 3"]) -> Float[np.ndarray, "3"]:
    """Return where a reach holds most light: mean shift from the brightest of coarse blocks."""
    height, width = light.shape
    blocks = light.reshape(height // COARSE_PX, COARSE_PX, width // COARSE_PX, COARSE_PX).sum(axis=(1, 3))
    row, column = np.unravel_index(int(np.argmax(blocks)), blocks.shape)
    middle = toward[int(row) * COARSE_PX + COARSE_PX // 2, int(column) * COARSE_PX + COARSE_PX // 2]
    for _ in range(STEPS):
        near = toward @ middle > np.cos(REACH_RAD)
        mean = (toward[near] * light[near][:, None]).sum(axis=0)
        if not mean.any():
            break
        middle = mean / np.linalg.norm(mean)
    return np.asarray(middle)
