"""Pupil and iris behind the cornea, as Blender shows them, against Snell's law traced here on the conicoid itself."""

import numpy as np
import pytest

from assets import eyeball as balls
from synth.geometry.camera import camera_matrix, pixel_centres_px, rays
from synth.geometry.frames import apply, inverse, transform
from synth.geometry.rotation import rotation_from_vector
from tests.agreement.scenes import geometry, head_from_cam, part, tilted

SIZE = {"width": 512, "height": 320, "fx_px": 6000.0, "fy_px": 6000.0, "cx_px": 256.0, "cy_px": 160.0}
SPEC = {"iris": 3, "pupil": 4, "cornea": 2}


def snell(direction, normal, index):
    """Directions behind a surface; `normal` points against the ray."""
    ratio = 1.0 / index
    cosine = -(direction * normal).sum(-1, keepdims=True)
    inner = np.sqrt(1 - ratio**2 * (1 - cosine**2))
    return ratio * direction + (ratio * cosine - inner) * normal


def trace(ball, origin, direction):
    """Where rays meet the iris plane after the conicoid rho^2 = 2 R s - (1 + Q) s^2; NaN beside the cornea."""
    k, radius, apex = 1 + ball.asphericity, ball.cornea_radius_m, -ball.apex_axial_m
    start = origin - np.array([0, 0, apex])  # s grows with z from the apex inwards
    a = direction[:, 0] ** 2 + direction[:, 1] ** 2 + k * direction[:, 2] ** 2
    b = start[0] * direction[:, 0] + start[1] * direction[:, 1] + (k * start[2] - radius) * direction[:, 2]
    c = start[0] ** 2 + start[1] ** 2 + k * start[2] ** 2 - 2 * radius * start[2]
    with np.errstate(invalid="ignore"):
        reach = (-b - np.sqrt(b**2 - a * c)) / a
        hit = start + reach[:, None] * direction
        hit[np.hypot(hit[:, 0], hit[:, 1]) > ball.limbus_radial_m] = np.nan
        normal = np.stack([hit[:, 0], hit[:, 1], k * hit[:, 2] - radius], -1)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        inside = snell(direction, normal, balls.AQUEOUS_INDEX)
        plane = ball.apex_axial_m - ball.iris_axial_m
        return hit + inside * ((plane - hit[:, 2]) / inside[:, 2])[:, None]


@pytest.mark.parametrize("turn_deg", [(0, 0), (12, 25), (-20, -35)])
def test_the_pupil_is_seen_where_snell_puts_it(session, turn_deg):
    spec = tilted(6, **SIZE)
    ball = balls.eyeball(spec.subject.left.ball, "left")
    cam_from_eye = transform(rotation_from_vector(np.radians([turn_deg[0], turn_deg[1], 0.0])), np.array([0, 0, 0.5]))
    parts = []
    for name, make in (("cornea", balls.cornea_surface), ("iris", balls.iris_surface), ("pupil", balls.pupil_surface)):
        surface = make(ball)
        vertices = head_from_cam(spec, apply(cam_from_eye, surface.vertices_eye))
        parts.append(part(f"{name}_left", vertices, surface.faces, SPEC[name], **surface.attributes))
    mask = session.rasters(spec, geometry(*parts), normal=False).mask

    ray = rays(camera_matrix(spec.camera), pixel_centres_px(512, 320)).reshape(-1, 3)
    eye_from_cam = inverse(cam_from_eye)
    met = trace(ball, eye_from_cam[:3, 3], ray @ eye_from_cam[:3, :3].T)
    radial = np.hypot(met[:, 0] - ball.pupil_centre_xy_m[0], met[:, 1] - ball.pupil_centre_xy_m[1]).reshape(320, 512)
    pupil = radial < ball.pupil_radius_m
    assert pupil.sum() > 300
    wrong = pupil != (mask == 4)
    # Only pixels that the edge passes through may differ: about 2 % of its length in pixels for 0.02 px of error.
    edge = np.sqrt(4 * np.pi * pupil.sum())
    assert wrong.sum() < 0.15 * edge
    rows, columns = np.nonzero(pupil)
    seen_rows, seen_columns = np.nonzero(mask == 4)
    assert abs(rows.mean() - seen_rows.mean()) < 0.05 and abs(columns.mean() - seen_columns.mean()) < 0.05
