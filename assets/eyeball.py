"""The eyeball: a sphere of sclera, an aspheric cornea, and an iris disc with a pupil behind it.

Frame `eye`: origin at the rotation centre, x to the subject's left, y down, the eye looks along -z.  Everything is a
surface of revolution about the optical axis but the pupil, which sits a little off centre.  `axial` means -z, metres in
front of the rotation centre; `radial` the distance from the axis.

    cornea   radial^2 = 2 R s - (1 + Q) s^2,  s = apex - axial      (conicoid; Atchison & Smith 2000, ch. 2)
    sclera   radial^2 = r^2 - (axial - offset)^2
    limbus   the circle where both meet

One refracting surface of index 1.336 stands for cornea and aqueous: the pupil then looks about 13 % larger and nearer
than it is (Atchison & Smith 2000, ch. 3), as it does in the living eye.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from assets.person import EyeballSpec

AQUEOUS_INDEX = 1.336
"""Refractive index behind the one surface (aqueous; Atchison & Smith 2000)."""

Side = Literal["left", "right"]


def nasal_sign(side: Side) -> float:
    """Return the sign of head's x towards the nose: -1 for the left eye, +1 for the right."""
    return -1.0 if side == "left" else 1.0


@dataclass(frozen=True)
class Eyeball:
    """The surfaces of one eyeball; build it with `eyeball`."""

    sclera_radius_m: float
    offset_m: float
    cornea_radius_m: float
    asphericity: float
    limbus_radial_m: float
    limbus_axial_m: float
    apex_axial_m: float
    iris_axial_m: float
    pupil_radius_m: float
    pupil_centre_xy_m: tuple[float, float]

    @property
    def cornea_centre_axial_m(self) -> float:
        """Centre of the apical sphere of curvature."""
        return self.apex_axial_m - self.cornea_radius_m

    @property
    def limbus_angle_rad(self) -> float:
        """Angle of the limbus from the optical axis, seen from the rotation centre."""
        return float(np.arctan2(self.limbus_radial_m, self.limbus_axial_m))


def eyeball(spec: EyeballSpec, side: Side) -> Eyeball:
    """Derive the surfaces of an eye from its measures.

    Raises:
        ValueError: The measures do not close, e.g. a cornea wider than its conicoid.
    """
    k = 1.0 + spec.cornea_asphericity
    w = spec.cornea_half_width_m
    under = spec.cornea_radius_m**2 - k * w**2
    if under <= 0 or w >= spec.sclera_radius_m:
        raise ValueError(f"a cornea of radius {spec.cornea_radius_m} m cannot be {2 * w} m wide")
    sagitta = (spec.cornea_radius_m - np.sqrt(under)) / k
    limbus = spec.sphere_offset_m + np.sqrt(spec.sclera_radius_m**2 - w**2)
    apex = float(limbus + sagitta)
    return Eyeball(
        sclera_radius_m=spec.sclera_radius_m,
        offset_m=spec.sphere_offset_m,
        cornea_radius_m=spec.cornea_radius_m,
        asphericity=spec.cornea_asphericity,
        limbus_radial_m=w,
        limbus_axial_m=float(limbus),
        apex_axial_m=apex,
        iris_axial_m=apex - spec.iris_depth_m,
        pupil_radius_m=spec.pupil_radius_m,
        pupil_centre_xy_m=(nasal_sign(side) * spec.pupil_decentre_nasal_m, -spec.pupil_decentre_up_m),
    )


def visual_axis_eye(spec: EyeballSpec, side: Side) -> Float[np.ndarray, "3"]:
    """Return the visual axis in `eye`: off the optical axis by kappa, towards the nose and up.

    Fovea and visual axis: Guestrin & Eizenman 2006 (5 deg nasal, 1.5 deg up in object space, since the fovea lies
    temporal to and below the optical axis on the retina).
    """
    nasal, up = spec.kappa_nasal_rad, spec.kappa_up_rad
    return np.array([nasal_sign(side) * np.cos(up) * np.sin(nasal), -np.sin(up), -np.cos(up) * np.cos(nasal)])


def cornea_axial_m(ball: Eyeball, radial_m: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Return how far in front of the rotation centre the cornea is, at a distance from the axis."""
    k = 1.0 + ball.asphericity
    root = np.sqrt(np.maximum(ball.cornea_radius_m**2 - k * np.square(radial_m), 0.0))
    return np.asarray(ball.apex_axial_m - (ball.cornea_radius_m - root) / k)


def surface_radius_m(ball: Eyeball, angle_rad: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Return the distance from the rotation centre to the outer surface, `angle_rad` away from the optical axis."""
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    sphere = ball.offset_m * cos + np.sqrt(ball.sclera_radius_m**2 - (ball.offset_m * sin) ** 2)
    # The conicoid along a ray r (sin, cos): a r^2 + 2 b r + c = 0, nearer root in front.
    k, apex, radius = 1.0 + ball.asphericity, ball.apex_axial_m, ball.cornea_radius_m
    a = sin**2 + k * cos**2
    b = (radius - k * apex) * cos
    c = k * apex**2 - 2.0 * radius * apex
    cornea = (-b + np.sqrt(np.maximum(b**2 - a * c, 0.0))) / a
    return np.where(angle_rad < ball.limbus_angle_rad, cornea, sphere)


def lid_support_radius_m(ball: Eyeball, angle_rad: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Return the radius at which a lid rests on the eye: never inside it, smooth over the limbus' furrow.

    The cornea's bulge is replaced by a wider, bell-shaped one of the same height, as a taut lid bridges the furrow.
    """
    apex_sphere = ball.offset_m + ball.sclera_radius_m
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    sphere = ball.offset_m * cos + np.sqrt(ball.sclera_radius_m**2 - (ball.offset_m * sin) ** 2)
    reach = 1.75 * ball.limbus_angle_rad
    bell = np.cos(0.5 * np.pi * np.clip(angle_rad / reach, 0.0, 1.0)) ** 2
    smooth = sphere + (ball.apex_axial_m - apex_sphere) * bell
    return np.maximum(smooth, surface_radius_m(ball, angle_rad))


def pupil_contour_eye(ball: Eyeball, count: int) -> Float[np.ndarray, "{count} 3"]:
    """Return points of the pupil's edge in `eye`, from the subject's left (+x) clockwise as the subject sees it."""
    turn = np.arange(count) * (2 * np.pi / count)
    x, y = ball.pupil_centre_xy_m
    r = ball.pupil_radius_m
    return np.stack([x + r * np.cos(turn), y + r * np.sin(turn), np.full(count, -ball.iris_axial_m)], -1)


def iris_contour_eye(ball: Eyeball, count: int) -> Float[np.ndarray, "{count} 3"]:
    """Return points of the iris' edge in its own plane, in `eye`; order as `pupil_contour_eye`."""
    turn = np.arange(count) * (2 * np.pi / count)
    w = ball.limbus_radial_m
    return np.stack([w * np.cos(turn), w * np.sin(turn), np.full(count, -ball.iris_axial_m)], -1)


def limbus_eye(ball: Eyeball, count: int) -> Float[np.ndarray, "{count} 3"]:
    """Return points of the limbus on the outer surface, in `eye`: the visible edge of the iris."""
    points = iris_contour_eye(ball, count)
    points[:, 2] = -ball.limbus_axial_m
    return points


@dataclass(frozen=True)
class Surface:
    """A mesh in `eye`; `attributes` are per vertex."""

    vertices_eye: Float[np.ndarray, "n 3"]
    faces: Int[np.ndarray, "f 4"]
    attributes: dict[str, Float[np.ndarray, "n *d"]]


@lru_cache(maxsize=16)
def _ring_faces(rings: int, segments: int) -> Int[np.ndarray, "f 4"]:
    """Quads between `rings` circles of `segments` points; they face -z when the rings go outwards."""
    i, j = np.meshgrid(np.arange(rings - 1), np.arange(segments), indexing="ij")
    nxt = (j + 1) % segments
    quads = np.stack([i * segments + j, i * segments + nxt, (i + 1) * segments + nxt, (i + 1) * segments + j], -1)
    return quads.reshape(-1, 4)


def _revolve(
    radial_m: Float[np.ndarray, "r"], axial_m: Float[np.ndarray, "r"], segments: int
) -> Float[np.ndarray, "n 3"]:
    turn = np.arange(segments) * (2 * np.pi / segments)
    x = radial_m[:, None] * np.cos(turn)
    y = radial_m[:, None] * np.sin(turn)
    return np.stack([x, y, np.broadcast_to(-axial_m[:, None], x.shape)], -1).reshape(-1, 3)


SEGMENTS = 96
_TINY_M = 1e-6  # the innermost ring of a disc: a pole of real, if tiny, quads keeps one topology for all
_CLOSE_M = 2e-5  # the next: no long sliver may start at the pole, where float32 has no digits for its width


def cornea_surface(ball: Eyeball) -> Surface:
    """Return the refracting cap, apex to limbus; attribute `limbus_m` is the distance to its rim."""
    radial = np.concatenate([[_TINY_M, _CLOSE_M], np.linspace(0.0, 1.0, 21)[1:] * ball.limbus_radial_m])
    vertices = _revolve(radial, cornea_axial_m(ball, radial), SEGMENTS)
    rim = np.repeat(ball.limbus_radial_m - radial, SEGMENTS)
    return Surface(vertices, _ring_faces(len(radial), SEGMENTS), {"rest": vertices.copy(), "limbus_m": rim})


def sclera_surface(ball: Eyeball) -> Surface:
    """Return the sphere behind the limbus, back to 150 degrees."""
    start = np.arcsin(ball.limbus_radial_m / ball.sclera_radius_m)
    angle = start + (np.radians(150.0) - start) * np.linspace(0.0, 1.0, 28) ** 1.3
    radial = ball.sclera_radius_m * np.sin(angle)
    axial = ball.offset_m + ball.sclera_radius_m * np.cos(angle)
    vertices = _revolve(radial, axial, SEGMENTS)
    return Surface(vertices, _ring_faces(len(angle), SEGMENTS), {"rest": vertices.copy()})


def iris_surface(ball: Eyeball) -> Surface:
    """Return the iris from the pupil's edge to its root, with the wall of the chamber that closes it to the limbus.

    The pupil's edge lies exactly in the iris plane; the collarette stands 0.15 mm before it.  `radius01` runs from 0 at
    the pupil's edge to 1 at the root, `angle` is the polar angle in radians.
    """
    t = np.linspace(0.0, 1.0, 19)
    relief = 0.15e-3 * np.exp(-(((t - 0.3) / 0.16) ** 2)) * np.clip(t / 0.06, 0.0, 1.0)
    turn = np.arange(SEGMENTS) * (2 * np.pi / SEGMENTS)
    px, py = ball.pupil_centre_xy_m
    # Rings run from the off-centre pupil to the centred root.
    radius = ball.pupil_radius_m + t * (ball.limbus_radial_m - ball.pupil_radius_m)
    x = (1 - t)[:, None] * px + radius[:, None] * np.cos(turn)
    y = (1 - t)[:, None] * py + radius[:, None] * np.sin(turn)
    axial = ball.iris_axial_m + relief
    disc = np.stack([x, y, np.broadcast_to(-axial[:, None], x.shape)], -1).reshape(-1, 3)
    wall = limbus_eye(ball, SEGMENTS)
    vertices = np.concatenate([disc, wall])
    attributes = {
        "rest": vertices.copy(),
        "radius01": np.repeat(np.append(t, 1.0), SEGMENTS),
        "angle": np.tile(turn, len(t) + 1),
    }
    return Surface(vertices, _ring_faces(len(t) + 1, SEGMENTS), attributes)


def pupil_surface(ball: Eyeball) -> Surface:
    """Return the dark disc that is seen through the pupil, 20 um behind the iris plane and a little wider."""
    radial = np.array([_TINY_M, _CLOSE_M, 10 * _CLOSE_M, ball.pupil_radius_m * 1.05 + 1e-4])
    vertices = _revolve(radial, np.full(len(radial), ball.iris_axial_m - 2e-5), SEGMENTS)
    vertices[:, :2] += ball.pupil_centre_xy_m
    return Surface(vertices, _ring_faces(len(radial), SEGMENTS), {"rest": vertices.copy()})
