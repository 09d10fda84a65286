"""Blender's camera against the pinhole of synth/geometry/camera.py."""

import numpy as np
import pytest

from synth.geometry.camera import camera_matrix, pixel_centres_px, project, rays
from tests.agreement.scenes import geometry, head_from_cam, part, sphere_cam, tilted

RADIUS_M = 0.004
CAMERAS = [
    {"cx_px": 80.0, "cy_px": 48.0, "fx_px": 400.0, "fy_px": 400.0},
    {"cx_px": 60.0, "cy_px": 70.0, "fx_px": 400.0, "fy_px": 460.0},
    {"cx_px": 101.3, "cy_px": 30.2, "fx_px": 430.0, "fy_px": 390.0},
]


def marker(spec, centre_cam, name="mouth"):
    vertices, faces = sphere_cam(np.asarray(centre_cam), RADIUS_M)
    return part(name, head_from_cam(spec, vertices), faces, 10)


def centre_of_silhouette_px(spec, centre_cam):
    """A sphere's outline is an ellipse about (X Z, Y Z) / (Z^2 - r^2), a little outside the centre's own image."""
    x, y, z = centre_cam
    scale = z / (z**2 - RADIUS_M**2)
    return project(camera_matrix(spec.camera), np.array([x * scale, y * scale, 1.0]))


@pytest.mark.parametrize("camera", CAMERAS)
@pytest.mark.parametrize("place", [(0.0, 0.0), (0.05, 0.02), (-0.04, -0.025)])
def test_a_marker_is_where_the_pinhole_says(session, camera, place):
    spec = tilted(1, **camera)
    centre = (*place, 0.5)
    session.scene.render.film_transparent, session.scene.cycles.samples = True, 64
    try:
        alpha = session.render(spec, geometry(marker(spec, centre))).alpha
    finally:
        session.scene.render.film_transparent, session.scene.cycles.samples = False, session.engine.samples
    seen = np.array([(alpha * pixel_centres_px(160, 96)[..., i]).sum() / alpha.sum() for i in (0, 1)])
    np.testing.assert_allclose(seen, centre_of_silhouette_px(spec, centre), atol=0.05)


def test_rasters_look_through_the_centres_of_pixels(session):
    spec = tilted(2)
    centre = np.array([0.01, -0.012, 0.5])
    mask = session.rasters(spec, geometry(marker(spec, centre)), normal=False).mask
    ray = rays(camera_matrix(spec.camera), pixel_centres_px(160, 96))
    miss = np.linalg.norm(np.cross(ray, centre), axis=-1)
    clear = np.abs(miss - RADIUS_M) > 2e-5
    np.testing.assert_array_equal((mask == 10)[clear], (miss < RADIUS_M)[clear])
    assert clear.mean() > 0.98


def test_depth_and_normals_of_a_sphere(session):
    spec = tilted(3)
    centre, radius = np.array([0.01, 0.005, 0.45]), 0.03
    vertices, faces = sphere_cam(centre, radius)
    out = session.rasters(spec, geometry(part("mouth", head_from_cam(spec, vertices), faces, 10)))
    ray = rays(camera_matrix(spec.camera), pixel_centres_px(160, 96))
    along = ray @ centre
    inside = along**2 - (centre @ centre - radius**2)
    hit = ray * (along - np.sqrt(np.maximum(inside, 0)))[..., None]
    # Near the outline a flat facet lies much deeper along the ray than across it.
    frontal = inside > (0.5 * radius) ** 2
    assert frontal.sum() > 500 and (out.mask[frontal] == 10).all()
    np.testing.assert_allclose(out.depth_m[frontal], hit[frontal][:, 2], atol=1e-4)
    np.testing.assert_allclose(out.normal_cam[frontal], ((hit - centre) / radius)[frontal], atol=0.02)
    assert np.isinf(out.depth_m[out.mask == 0]).all() and not out.normal_cam[out.mask == 0].any()


def test_depth_of_a_tilted_plane(session):
    spec = tilted(4)
    normal, offset = np.array([0.3, -0.2, -1.0]), -0.5
    x, y = np.meshgrid([-0.3, 0.3], [-0.3, 0.3])
    corners = np.stack([x, y, (offset - normal[0] * x - normal[1] * y) / normal[2]], -1).reshape(-1, 3)
    out = session.rasters(spec, geometry(part("mouth", head_from_cam(spec, corners), np.array([[0, 1, 3, 2]]), 10)))
    ray = rays(camera_matrix(spec.camera), pixel_centres_px(160, 96))
    depth = offset / (ray @ normal) * ray[..., 2]
    assert (out.mask == 10).all()
    np.testing.assert_allclose(out.depth_m, depth, atol=1e-4)
    np.testing.assert_allclose(out.normal_cam - normal / np.linalg.norm(normal), 0, atol=1e-4)


def test_frames_are_those_of_blenders_objects(session):
    from synth.blender import frames
    from synth.geometry.frames import apply, transform

    spec = tilted(5)
    point_cam = np.array([0.1, -0.2, 0.7])
    session.put(spec, geometry(marker(spec, (0.0, 0.0, 0.5))))
    session.scene.view_layers[0].update()
    camera = np.array(session.camera.matrix_world)
    # blcam has y up and looks along -z.
    world = apply(camera, np.array([0.1, 0.2, -0.7]))
    np.testing.assert_allclose(world, np.array(spec.world_from_cam_rotation) @ point_cam, atol=1e-6)
    np.testing.assert_allclose(world, apply(frames.world_from_cam(spec), point_cam), atol=1e-6)
    head = transform(np.array(spec.person.cam_from_head_rotation), np.array(spec.person.cam_from_head_translation_m))
    placed = np.array(session.actors[0].pool.objects["mouth"].matrix_world)
    np.testing.assert_allclose(placed, frames.world_from_cam(spec) @ head, atol=1e-6)
