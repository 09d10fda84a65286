"""Labelled points against small emissive balls that Blender draws at their places, and against Blender's own meshes."""

import numpy as np
import pytest

from assets.placement import canthi_head
from synth.geometry.camera import pixel_centres_px
from synth.geometry.frames import apply
from synth.labels import geometry, label
from tests.agreement import scenes
from tests.agreement.scenes import drawn, enlarged, head_from_cam, near_eye, part, sphere_cam

TIMES = 3
RADIUS_PX = 2.5


def marked_points(labels, side):
    """The labelled places of an eye that lie in the picture, every third of a contour: `cam` and px."""
    eye = labels.eyes[side]
    every = {"pupil": 3, "iris": 3, "lid_margin": 1, "caruncle": 1}
    cam = np.concatenate([eye.points[name].cam[::step] for name, step in every.items()] + [eye.canthi_cam])
    px = np.concatenate([eye.points[name].px[::step] for name, step in every.items()] + [eye.canthi_px])
    k = labels.camera_matrix
    for centre in (eye.centre_cam, eye.cornea_centre_cam, eye.pupil_centre_cam, eye.centre_of_canthi_cam):
        cam, px = np.vstack([cam, centre]), np.vstack([px, (k @ centre)[:2] / centre[2]])
    size = [labels.image["width"], labels.image["height"]]
    inside = ((px > 4) & (px < np.array(size) - 4)).all(axis=1)
    return cam[inside], px[inside]


def apart(px, least=8.0):
    """Batches of points so far apart that their balls do not touch."""
    batches = []
    for i, point in enumerate(px):
        for batch in batches:
            if np.linalg.norm(px[batch] - point, axis=1).min() > least:
                batch.append(i)
                break
        else:
            batches.append([i])
    return batches


def balls(spec, centres_cam):
    """One mesh of a ball about each point."""
    vertices, faces = [], []
    for i, centre in enumerate(centres_cam):
        ball, quads = sphere_cam(centre, RADIUS_PX * centre[2] / spec.camera.fx_px, rings=24, segments=48)
        vertices.append(head_from_cam(spec, ball))
        faces.append(quads + i * len(ball))
    return part("mouth", np.concatenate(vertices), np.concatenate(faces), 10)


SCENES = [
    lambda: near_eye((0, 0)),
    lambda: near_eye((-15, 25), (10, -15), "right", fy_px=6100.0, cx_px=231.4, cy_px=171.8),
    lambda: drawn(3, experiment="unityeyes"),
]


@pytest.mark.parametrize("make", SCENES)
def test_a_ball_at_every_label_is_seen_at_its_px(session, below, make):
    spec = make()
    cam, px = marked_points(label(spec), spec.subject_eye)
    assert len(px) > 40
    fine = enlarged(spec, TIMES)
    pixel = pixel_centres_px(fine.camera.width, fine.camera.height)
    for batch in apart(px):
        mask = session.rasters(fine, scenes.geometry(balls(spec, cam[batch])), normal=False).mask
        for point in px[batch]:
            near = (np.linalg.norm(pixel / TIMES - point, axis=-1) < 1.5 * RADIUS_PX) & (mask == 10)
            below("point against an emissive ball, px", np.linalg.norm(pixel[near].mean(axis=0) / TIMES - point), 0.1)


@pytest.mark.parametrize("make", SCENES[1:])
def test_lids_caruncle_and_pupil_are_vertices_of_blenders_meshes(session, below, make):
    spec = make()
    subject = geometry(spec)
    labels = label(spec, subject)
    session.put(spec, subject)
    session.scene.view_layers[0].update()
    eye, side = labels.eyes[spec.subject_eye], spec.subject_eye
    cam_from_world = np.linalg.inv(labels.world_from_cam)

    def vertices_cam(name):
        item = session.actors[0].pool.objects[name]
        out = np.empty(3 * len(item.data.vertices), dtype=np.float32)
        item.data.vertices.foreach_get("co", out)
        return apply(cam_from_world @ np.array(item.matrix_world), out.reshape(-1, 3).astype(float))

    for kind, name in (("lid_margin", "skin"), ("caruncle", f"caruncle_{side}"), ("pupil", f"iris_{side}")):
        away = np.linalg.norm(eye.points[kind].cam[:, None] - vertices_cam(name)[None], axis=-1).min(axis=1)
        below(f"{kind} against the vertices of Blender's mesh, m", away.max(), 1e-6)
    corners = apply(labels.cam_from_head, canthi_head(spec.subject)[("left", "right").index(side)])
    np.testing.assert_allclose(eye.canthi_cam, corners, atol=1e-12)
    np.testing.assert_allclose(eye.points["lid_margin"].cam[[0, 8]], corners, atol=2e-5)
