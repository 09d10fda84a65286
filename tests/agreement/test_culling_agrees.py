"""What is left out of a picture, against the picture with nothing left out."""

import numpy as np
import pytest

from synth import culling
from synth.geometry.camera import camera_matrix, project
from synth.geometry.frames import apply, transform
from synth.labels import geometry
from tests.agreement.scenes import drawn

SCENES = [(0, ("camera=webcam",)), (3, ("camera=webcam",)), (5, ("camera=webcam",)), (2, ())]


def places(spec, geometry):
    yield from ((part.name, part.vertices_head) for part in geometry.parts)
    yield from ((hairs.name, hairs.points_head) for hairs in geometry.strands)


def scene(index, words):
    return drawn(index, *words, experiment="unityeyes" if words else "mpiigaze")


@pytest.mark.parametrize(("index", "words"), SCENES)
def test_nothing_that_projects_into_the_picture_is_left_out(index, words):
    spec = scene(index, words)
    cam_from_head = transform(
        np.array(spec.person.cam_from_head_rotation), np.array(spec.person.cam_from_head_translation_m)
    )
    left_out = 0
    for name, points in places(spec, geometry(spec)):
        px = project(camera_matrix(spec.camera), apply(cam_from_head, points.reshape(-1, 3)))
        inside = (px >= 0).all(axis=1) & (px <= (spec.camera.width, spec.camera.height)).all(axis=1)
        shown = culling.in_picture(spec, name, points)
        assert shown or not inside.any(), name
        left_out += not shown
    assert left_out >= 3, "mouth and tongue at least are never in a picture of an eye"


def test_far_sides_are_told_apart():
    spec = scene(0, ("camera=webcam",))
    normals = culling.inward_normals(spec)
    k = np.linalg.inv(camera_matrix(spec.camera))
    w, h = spec.camera.width, spec.camera.height
    for px, side in (((0, h / 2), 0), ((w, h / 2), 1), ((w / 2, 0), 2), ((w / 2, h), 3)):
        on_edge = normals @ k @ np.array([*px, 1.0])
        assert on_edge[side] == pytest.approx(0, abs=1e-12)
        assert (np.delete(on_edge, side) > 0).all()


@pytest.mark.parametrize(("index", "words"), SCENES[:3])
def test_the_picture_is_the_same_as_with_everything(session, below, monkeypatch, index, words):
    spec = scene(index, words)
    subject = geometry(spec)
    mask, frame = session.rasters(spec, subject, normal=False).mask, session.render(spec, subject)
    monkeypatch.setattr("synth.blender.actor.in_picture", lambda *_: True)
    assert np.array_equal(mask, session.rasters(spec, subject, normal=False).mask)
    whole = session.render(spec, subject).linear_rgb
    below("mean brightness without what lies outside, relative", abs(frame.linear_rgb.mean() / whole.mean() - 1), 0.002)
