"""The one place where `cam` (y down, z forward) becomes Blender's camera `blcam` (y up, looks along -z).

    blcam: x right, y up, z backwards; origin the lens

Blender's world is ours (z up).  The camera stands at the world's origin, so near things keep the digits of float32.
"""

from typing import Any

import numpy as np
from jaxtyping import Float
from mathutils import Matrix

from synth.geometry.frames import transform
from synth.spec import SceneSpec

CAM_FROM_BLCAM = np.diag([1.0, -1.0, -1.0, 1.0])


def world_from_cam(spec: SceneSpec) -> Float[np.ndarray, "4 4"]:
    """Return the camera's place in the world: at its origin, turned."""
    return transform(np.asarray(spec.world_from_cam_rotation), np.zeros(3))


def world_from_blcam(spec: SceneSpec) -> Float[np.ndarray, "4 4"]:
    """Return `matrix_world` of Blender's camera object."""
    return world_from_cam(spec) @ CAM_FROM_BLCAM


def world_from_head(spec: SceneSpec) -> Float[np.ndarray, "4 4"]:
    """Return `matrix_world` of everything that is given in `head`."""
    cam_from_head = transform(
        np.asarray(spec.person.cam_from_head_rotation), np.asarray(spec.person.cam_from_head_translation_m)
    )
    return world_from_cam(spec) @ cam_from_head


def blender_matrix(matrix: Float[np.ndarray, "4 4"]) -> Any:
    """Return a matrix as Blender's API takes it; bare nested lists would be read column by column."""
    return Matrix(matrix.tolist())


def world_from_lamp(
    world_from_cam_matrix: Float[np.ndarray, "4 4"],
    position_cam: Float[np.ndarray, "3"],
    direction_cam: Float[np.ndarray, "3"],
) -> Float[np.ndarray, "4 4"]:
    """Return `matrix_world` of a lamp: it shines along its own -z, its width lies level in the picture where it can."""
    z = -np.asarray(direction_cam, dtype=np.float64)
    z = z / np.linalg.norm(z)
    down = np.array([0.0, 1.0, 0.0]) if abs(z[1]) < 0.99 else np.array([0.0, 0.0, 1.0])
    x = np.cross(down, z)
    x = x / np.linalg.norm(x)
    matrix = transform(np.stack([x, np.cross(z, x), z], axis=1), np.asarray(position_cam, dtype=np.float64))
    return np.asarray(world_from_cam_matrix @ matrix)
