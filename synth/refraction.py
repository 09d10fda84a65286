"""Where a point behind the cornea appears: the one refracted path from it to the lens.

By Fermat's principle the light from `p` inside the eye to the lens `c` crosses the cornea at the surface point q that
makes n |p - q| + |q - c| stationary; q is found by Newton's method on its two coordinates (x, y) of frame `eye` (cornea:
axial = h(x, y), see assets/eyeball.py).  The point then appears at the pixel of q, since the ray from q to the lens is
straight.  Blender's path tracer, which knows only Snell's law at a mesh, is the check (tests/agreement).
"""

import numpy as np
from jaxtyping import Bool, Float

from assets.eyeball import AQUEOUS_INDEX, Eyeball


def corneal_crossing(
    ball: Eyeball, points_eye: Float[np.ndarray, "n 3"], lens_eye: Float[np.ndarray, "3"]
) -> tuple[Float[np.ndarray, "n 3"], Bool[np.ndarray, " n"]]:
    """Return where the light of points inside the eye leaves it towards the lens, and whether it does so.

    Args:
        ball: The eye.
        points_eye: Points between cornea and iris, metres.
        lens_eye: The lens, metres, outside the eye.

    Returns:
        Crossing points on the conicoid in `eye`, and True where such a crossing lies within the limbus and its surface
        faces the lens.  Elsewhere the crossing is that of the extended conicoid and means nothing.
    """
    k, r, apex = 1.0 + ball.asphericity, ball.cornea_radius_m, ball.apex_axial_m
    # Start between the point's own place and where the straight line to the lens meets the limbus' plane.
    toward = lens_eye - points_eye
    step = (apex - 1e-3 + points_eye[:, 2]) / -toward[:, 2]
    xy = points_eye[:, :2] + np.clip(step, 0.0, None)[:, None] * toward[:, :2] * 0.7
    limit = 0.97 * r / np.sqrt(k)
    for _ in range(30):
        norm = np.linalg.norm(xy, axis=-1, keepdims=True)
        xy = xy * np.minimum(1.0, limit / np.maximum(norm, 1e-12))
        root = np.sqrt(r**2 - k * np.sum(xy**2, axis=-1))
        q = np.concatenate([xy, -(apex - (r - root[:, None]) / k)], axis=-1)
        # z(x, y) = -apex + (r - root)/k, so dz/dx = x / root and d2z = I/root + k xy xy^T / root^3.
        slope = xy / root[:, None]
        curve = np.eye(2) / root[:, None, None] + k * xy[:, :, None] * xy[:, None, :] / root[:, None, None] ** 3
        gradient = np.zeros_like(xy)
        hessian = np.zeros((len(xy), 2, 2))
        tangent = np.zeros((len(xy), 2, 3))
        tangent[:, 0, 0] = tangent[:, 1, 1] = 1.0
        tangent[:, :, 2] = slope
        for index, end in ((AQUEOUS_INDEX, points_eye), (1.0, lens_eye[None])):
            way = q - end
            length = np.linalg.norm(way, axis=-1)
            unit = way / length[:, None]
            along = np.einsum("nij,nj->ni", tangent, unit)
            gradient += index * along
            flat = np.einsum("nij,nkj->nik", tangent, tangent) - along[:, :, None] * along[:, None, :]
            hessian += index * (flat / length[:, None, None] + unit[:, 2, None, None] * curve)
        move = np.linalg.solve(hessian, gradient[..., None])[..., 0]
        # Half a millimetre a step keeps Newton inside the bowl it starts in.
        size = np.linalg.norm(move, axis=-1, keepdims=True)
        move *= np.minimum(1.0, 0.5e-3 / np.maximum(size, 1e-15))
        xy = xy - move
        if np.max(np.abs(move)) < 1e-12:
            break
    radial = np.linalg.norm(xy, axis=-1)
    root = np.sqrt(np.maximum(r**2 - k * radial**2, 1e-18))
    crossing = np.concatenate([xy, (-apex + (r - root) / k)[:, None]], axis=-1)
    normal = np.concatenate([xy / root[:, None], -np.ones((len(xy), 1))], axis=-1)
    faces = np.einsum("ni,ni->n", normal, lens_eye - crossing) > 0
    return crossing, (radial <= ball.limbus_radial_m) & faces & (np.linalg.norm(gradient, axis=-1) < 1e-6)
