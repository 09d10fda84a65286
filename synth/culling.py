"""What of a subject the picture can show: the rest is neither put into Blender nor painted.

In a picture of one eye the other eye with its hairs, and mouth and teeth, lie outside.  Skin and glasses stay: they
shade what is inside from far away, and the skin closes over what is left out.
"""

import numpy as np
from jaxtyping import Float

from synth.spec import SceneSpec

LOCAL = ("sclera", "cornea", "iris", "pupil", "caruncle", "tear", "lash", "brow", "teeth", "mouth", "tongue")
"""Beginnings of the names of what may be left out."""
REACH_M = 0.010
"""So far from the edge of the picture a thing may still shade or tint what is inside."""


def in_picture(spec: SceneSpec, name: str, points_head: Float[np.ndarray, "*n 3"]) -> bool:
    """Return whether a part or its shadow may be in the picture, given its name and its points in `head`, m."""
    if not name.startswith(LOCAL):
        return True
    inwards = inward_normals(spec)
    inwards_head = inwards @ np.asarray(spec.person.cam_from_head_rotation)
    points = points_head.reshape(-1, 3)
    if not len(points):
        return False
    # The corners of its box: if they are outside, so is what is in it, and eight points are soon told.
    low_high = np.stack([points.min(axis=0), points.max(axis=0)])
    corners = np.stack(np.meshgrid(*low_high.T, indexing="ij"), axis=-1).reshape(8, 3)
    depth_m = corners @ inwards_head.T + inwards @ np.asarray(spec.person.cam_from_head_translation_m)
    # Outside if all of it lies beyond one side: a part that crosses a corner of the frame is kept, which does no harm.
    return bool((depth_m.max(axis=0) > -REACH_M).all())


def inward_normals(spec: SceneSpec) -> Float[np.ndarray, "4 3"]:
    """Return the unit normals, in `cam` and pointing inwards, of the planes through the lens and the picture's edges.

    A point is inside where u = fx x / z + cx lies between 0 and the width, and v between 0 and the height.
    """
    camera = spec.camera
    normals = np.array(
        [
            (camera.fx_px, 0.0, camera.cx_px),
            (-camera.fx_px, 0.0, camera.width - camera.cx_px),
            (0.0, camera.fy_px, camera.cy_px),
            (0.0, -camera.fy_px, camera.height - camera.cy_px),
        ]
    )
    return np.asarray(normals / np.linalg.norm(normals, axis=1, keepdims=True))
