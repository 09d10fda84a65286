"""What falls on a surface: an even sky from above and every lamp, without a shadow.

Points and directions are in `cam`.  Irradiance is in W/m^2 of linear Rec. 709; a matt surface of albedo a shows
a / pi of it.  Lamps light as their makers in synth/draw/light.py say: an area of power P the place before it at
distance d with P / (pi d^2), falling with the cosine to the side; a point with P / (4 pi d^2); a sun everything alike.
"""

import numpy as np
from jaxtyping import Float, Int

from synth.spec import LampSpec, LightSpec

SKY_W_M2 = 2.0
"""Of a sky of strength 1 (1 to 3, by the sky; here all are one)."""
FROM_BELOW = 0.35
"""What the sky's light is on a surface that faces down, against one that faces up."""
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def irradiance(
    light: LightSpec,
    points_cam: Float[np.ndarray, "n 3"],
    normals_cam: Float[np.ndarray, "n 3"],
    up_cam: Float[np.ndarray, "3"],
) -> Float[np.ndarray, "n 3"]:
    """Return what falls on points with these unit normals."""
    half = 0.5 * (1 + normals_cam @ up_cam)
    sky = SKY_W_M2 * light.sky_strength * (FROM_BELOW + (1 - FROM_BELOW) * half)
    total = np.repeat(sky[:, None], 3, axis=1)
    for lamp in light.lamps:
        colour = np.asarray(lamp.colour)
        if light.infrared:
            colour = np.full(3, colour @ LUMINANCE)
        total += _of_lamp(lamp, points_cam, normals_cam)[:, None] * colour
    return total


def _of_lamp(
    lamp: LampSpec, points_cam: Float[np.ndarray, "n 3"], normals_cam: Float[np.ndarray, "n 3"]
) -> Float[np.ndarray, "n"]:
    """Return the irradiance of a white lamp."""
    along = np.asarray(lamp.direction_cam) / np.linalg.norm(lamp.direction_cam)
    if lamp.kind == "sun":
        return np.asarray(lamp.power_w * np.maximum(-normals_cam @ along, 0.0))
    to_lamp = np.asarray(lamp.position_cam_m) - points_cam
    distance = np.linalg.norm(to_lamp, axis=1)
    to_lamp = to_lamp / distance[:, None]
    met = np.maximum((normals_cam * to_lamp).sum(axis=1), 0.0)
    if lamp.kind == "point":
        return np.asarray(lamp.power_w / (4 * np.pi * distance**2) * met)
    return np.asarray(lamp.power_w / (np.pi * distance**2) * np.maximum(-to_lamp @ along, 0.0) * met)


def normals(points: Float[np.ndarray, "n 3"], triangles: Int[np.ndarray, "t 3"]) -> Float[np.ndarray, "n 3"]:
    """Return the unit normal of each vertex, the mean of its triangles' by area; (0, 0, -1) where there is none."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    corners = triangles.T.ravel()
    summed = np.stack(
        [np.bincount(corners, np.tile(across[:, axis], 3), minlength=len(points)) for axis in range(3)], axis=1
    )
    length = np.linalg.norm(summed, axis=1, keepdims=True)
    return np.where(length > 0, summed / np.maximum(length, 1e-30), np.array([0.0, 0.0, -1.0]))
