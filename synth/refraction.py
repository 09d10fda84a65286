"""Where light crosses or leaves the cornea: points seen through it, and lamps mirrored in it.

By Fermat's principle the light from p inside the eye to the lens c crosses the cornea at the surface point q that makes
n |p - q| + |q - c| stationary; a glint of a lamp at p is where |p - q| + |q - c| is stationary.  q is found by Newton's
method on its two coordinates (x, y) of frame `eye` (cornea: axial = h(x, y), see assets/eyeball.py).  It then appears
at q's own pixel, since the ray from q to the lens is straight.  Blender's path tracer, which knows only Snell's law at
a mesh, is the check (tests/agreement).
"""

import numpy as np
from jaxtyping import Bool, Float

from assets.eyeball import AQUEOUS_INDEX, Eyeball

Ends = tuple[tuple[float, Float[np.ndarray, "n 3"]], ...]
"""Refractive index and end point of every straight piece of a path; frame `eye`, metres."""


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
    toward = lens_eye - points_eye
    # Start between the point's own place and where the straight line to the lens meets a plane below the apex.
    step = np.clip((ball.apex_axial_m - 1e-3 + points_eye[:, 2]) / -toward[:, 2], 0.0, None)
    start = points_eye[:, :2] + 0.7 * step[:, None] * toward[:, :2]
    lens = np.broadcast_to(lens_eye, points_eye.shape)
    crossing, good = _stationary(ball, ((AQUEOUS_INDEX, points_eye), (1.0, lens)), start)
    return crossing, good & _faces(ball, crossing, lens)


def corneal_glints(
    ball: Eyeball, lamps_eye: Float[np.ndarray, "n 3"], lens_eye: Float[np.ndarray, "3"]
) -> tuple[Float[np.ndarray, "n 3"], Bool[np.ndarray, " n"]]:
    """Return where lamps are mirrored in the cornea, and whether the mirror point lies on it and sees both ends."""
    lens = np.broadcast_to(lens_eye, lamps_eye.shape)
    half = lens / np.linalg.norm(lens, axis=-1, keepdims=True)
    half = half + lamps_eye / np.linalg.norm(lamps_eye, axis=-1, keepdims=True)
    half = half / np.maximum(np.linalg.norm(half, axis=-1, keepdims=True), 1e-9)
    # A sphere of the cornea's radius mirrors about where its normal is the half vector.
    start = ball.cornea_radius_m * half[:, :2]
    mirror, good = _stationary(ball, ((1.0, lamps_eye), (1.0, lens)), start)
    return mirror, good & _faces(ball, mirror, lens) & _faces(ball, mirror, lamps_eye)


def _normal(ball: Eyeball, on_cornea: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    k, r = 1.0 + ball.asphericity, ball.cornea_radius_m
    root = np.sqrt(np.maximum(r**2 - k * np.sum(on_cornea[:, :2] ** 2, axis=-1), 1e-18))
    normal = np.concatenate([on_cornea[:, :2] / root[:, None], -np.ones((len(on_cornea), 1))], axis=-1)
    return np.asarray(normal / np.linalg.norm(normal, axis=-1, keepdims=True))


def _faces(
    ball: Eyeball, on_cornea: Float[np.ndarray, "n 3"], ends: Float[np.ndarray, "n 3"]
) -> Bool[np.ndarray, " n"]:
    return np.asarray(np.einsum("ni,ni->n", _normal(ball, on_cornea), ends - on_cornea) > 0)


def cornea_faces(
    ball: Eyeball, on_cornea: Float[np.ndarray, "n 3"], lens_eye: Float[np.ndarray, "3"]
) -> Bool[np.ndarray, " n"]:
    """Return which points of the cornea (the limbus included) are not hidden by its own bulge."""
    return _faces(ball, on_cornea, np.broadcast_to(lens_eye, on_cornea.shape))


def _stationary(
    ball: Eyeball, ends: Ends, start_xy: Float[np.ndarray, "n 2"]
) -> tuple[Float[np.ndarray, "n 3"], Bool[np.ndarray, " n"]]:
    """Return the conicoid's points where the optical path is stationary, and where they are found within the limbus."""
    k, r, apex = 1.0 + ball.asphericity, ball.cornea_radius_m, ball.apex_axial_m
    limit = 0.97 * r / np.sqrt(k)
    xy = start_xy
    for _ in range(40):
        xy = xy * np.minimum(1.0, limit / np.maximum(np.linalg.norm(xy, axis=-1, keepdims=True), 1e-12))
        root = np.sqrt(r**2 - k * np.sum(xy**2, axis=-1))
        q = np.concatenate([xy, -(apex - (r - root[:, None]) / k)], axis=-1)
        # z(x, y) = -apex + (r - root) / k, so dz/dx = x / root and d2z = I / root + k xy xy^T / root^3.
        curve = np.eye(2) / root[:, None, None] + k * xy[:, :, None] * xy[:, None, :] / root[:, None, None] ** 3
        tangent = np.zeros((len(xy), 2, 3))
        tangent[:, 0, 0] = tangent[:, 1, 1] = 1.0
        tangent[:, :, 2] = xy / root[:, None]
        gradient, hessian = np.zeros_like(xy), np.zeros((len(xy), 2, 2))
        for index, end in ends:
            way = q - end
            length = np.linalg.norm(way, axis=-1)
            unit = way / length[:, None]
            along = np.einsum("nij,nj->ni", tangent, unit)
            flat = np.einsum("nij,nkj->nik", tangent, tangent) - along[:, :, None] * along[:, None, :]
            gradient += index * along
            hessian += index * (flat / length[:, None, None] + unit[:, 2, None, None] * curve)
        move = np.linalg.solve(hessian, gradient[..., None])[..., 0]
        # Half a millimetre a step keeps Newton inside the bowl it starts in.
        move *= np.minimum(1.0, 0.5e-3 / np.maximum(np.linalg.norm(move, axis=-1, keepdims=True), 1e-15))
        xy = xy - move
        if np.max(np.abs(move)) < 1e-12:
            break
    root = np.sqrt(np.maximum(r**2 - k * np.sum(xy**2, axis=-1), 1e-18))
    q = np.concatenate([xy, (-apex + (r - root) / k)[:, None]], axis=-1)
    settled = np.linalg.norm(gradient, axis=-1) < 1e-6
    return q, settled & (np.linalg.norm(xy, axis=-1) <= ball.limbus_radial_m)
