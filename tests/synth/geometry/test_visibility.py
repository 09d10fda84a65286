"""Occluders against every triangle, one by one, by another formula (Moeller & Trumbore 1997)."""

import numpy as np
import pytest

from assets.part import Part
from synth.geometry.camera import project
from synth.geometry.frames import transform
from synth.geometry.rotation import rotation_from_vector
from synth.geometry.visibility import EYE_MATERIALS, TOLERANCE_M, Body, Occluders
from synth.labels import HIDING_MATERIALS, geometry, label
from tests.agreement.scenes import near_eye
from tests.agreement.test_visibility_agrees import triangles
from tests.assets.people import adult

K = np.array([[400.0, 0, 80], [0, 430.0, 50], [0, 0, 1]])
IN_FRONT = transform(np.eye(3), np.array([0.0, 0.0, 0.5]))
TOLERANCE = np.full(300, TOLERANCE_M)
EMPTY = np.zeros((0, 4), dtype=np.int64)


def part(vertices, faces, material="skin"):
    return Part(material, vertices, faces, {}, material, 1)


def brute_hidden(points_cam, corners_cam):
    """Whether a triangle lies between lens and point, more than the tolerance in front, in z."""
    out = np.zeros(len(points_cam), dtype=bool)
    a, e1, e2 = corners_cam[:, 0], corners_cam[:, 1] - corners_cam[:, 0], corners_cam[:, 2] - corners_cam[:, 0]
    q = np.cross(-a, e1)
    for i, point in enumerate(points_cam):
        p = np.cross(point, e2)
        with np.errstate(divide="ignore", invalid="ignore"):
            determinant = np.einsum("ni,ni->n", e1, p)
            u, v = np.einsum("ni,ni->n", -a, p) / determinant, q @ point / determinant
            t = np.einsum("ni,ni->n", e2, q) / determinant
        depth = t * point[2]
        out[i] = np.any((u >= 0) & (v >= 0) & (u + v <= 1) & (depth > 1e-3) & (depth < point[2] - TOLERANCE_M))
    return out


def test_random_triangles_and_points():
    rng = np.random.default_rng(0)
    vertices = rng.uniform([-0.1, -0.1, -0.1], [0.1, 0.1, 0.1], (300, 3))
    faces = np.arange(300).reshape(75, 4)
    faces[::5, 3] = faces[::5, 2]
    head = transform(rotation_from_vector(rng.normal(size=3)), np.array([0.01, -0.02, 0.5]))
    points = rng.uniform([-0.08, -0.08, 0.4], [0.08, 0.08, 0.6], (400, 3))
    occluders = Occluders([Body([part(vertices, faces)], head)], K)
    corners = (vertices @ head[:3, :3].T + head[:3, 3])[triangles(faces)]
    truth = brute_hidden(points, corners)
    assert 0.2 < truth.mean() < 0.95
    np.testing.assert_array_equal(occluders.hidden(project(K, points), points[:, 2], on_eye=False), truth)


@pytest.mark.parametrize("turn_deg", [(5, 40), (-25, -35)])
def test_points_about_a_head(turn_deg):
    spec = near_eye(turn_deg, subject=adult())
    subject, rng = geometry(spec), np.random.default_rng(1)
    labels = label(spec, subject)
    hiding = [item for item in subject.parts if item.material in HIDING_MATERIALS]
    head = labels.cam_from_head
    corners = [(item.vertices_head @ head[:3, :3].T + head[:3, 3])[triangles(item.faces)] for item in hiding]
    eye = labels.eyes["left"]
    points = np.concatenate([p.cam for p in eye.points.values()])
    points = points[rng.permutation(len(points))[:12]] + rng.normal(scale=1e-3, size=(12, 3))
    occluders = Occluders([Body(hiding, head)], labels.camera_matrix)
    found = occluders.hidden(project(labels.camera_matrix, points), points[:, 2], on_eye=False)
    np.testing.assert_array_equal(found, brute_hidden(points, np.concatenate(corners)))
    skin = np.concatenate([c for item, c in zip(hiding, corners, strict=True) if item.material not in EYE_MATERIALS])
    on_eye = occluders.hidden(project(labels.camera_matrix, points), points[:, 2], on_eye=True)
    np.testing.assert_array_equal(on_eye, brute_hidden(points, skin))
    assert found.any() and not found.all()


def test_a_surface_does_not_hide_its_own_points_nor_what_lies_before_it():
    sheet = np.array([[-0.1, -0.1, 0.5], [0.1, -0.1, 0.5], [0.1, 0.1, 0.5], [-0.1, 0.1, 0.5]])
    occluders = Occluders([Body([part(sheet, np.array([[0, 1, 2, 3]]))], np.eye(4))], K)
    points = np.array([[0.01, 0.02, z] for z in (0.4, 0.5, 0.5 + 0.5 * TOLERANCE_M, 0.5 + 2 * TOLERANCE_M, 0.6)])
    hidden = occluders.hidden(project(K, points), points[:, 2], on_eye=False)
    assert hidden.tolist() == [False, False, False, True, True]
    beside = np.array([[0.2, 0.0, 0.6]])
    assert not occluders.hidden(project(K, beside), beside[:, 2], on_eye=False).any()


def test_what_lies_behind_the_lens_hides_nothing():
    sheet = np.array([[-0.1, -0.1, -0.5], [0.1, -0.1, -0.5], [0.1, 0.1, -0.5], [-0.1, 0.1, -0.5]])
    occluders = Occluders([Body([part(sheet, np.array([[0, 1, 2, 3]]))], np.eye(4))], K)
    points = np.array([[0.0, 0.0, 0.5]])
    assert not occluders.hidden(project(K, points), points[:, 2], on_eye=False).any()


def test_segments_meet_triangles_as_points_before_a_camera_do():
    """A segment from a point to the camera is blocked where the point is hidden, whatever stands in between."""
    rng = np.random.default_rng(3)
    vertices = rng.uniform([-0.1, -0.1, -0.1], [0.1, 0.1, 0.1], (240, 3))
    occluders = Occluders([Body([part(vertices, np.arange(240).reshape(60, 4))], IN_FRONT)], K)
    points = rng.uniform([-0.08, -0.08, -0.1], [0.08, 0.08, 0.1], (300, 3))
    cam = points + np.array([0.0, 0.0, 0.5])
    hidden = occluders.hidden(project(K, cam), cam[:, 2], on_eye=False)
    camera = np.broadcast_to([0.0, 0.0, -0.5], points.shape)
    blocked = occluders.between(points, camera, on_eye=False, tolerance_m=TOLERANCE)
    assert 0.2 < hidden.mean() < 0.95
    # Only what lies within the tolerance is told otherwise: along z there, along the segment here.
    assert np.sum(hidden != blocked) <= 2
    # Cut before the nearest triangle, nothing is in the way.
    assert not occluders.between(points, points + 1e-9, on_eye=False, tolerance_m=TOLERANCE).any()


def test_an_eye_blocks_no_segment_from_its_own_surface():
    sheet = np.array([[-0.1, -0.1, 0.5], [0.1, -0.1, 0.5], [0.1, 0.1, 0.5], [-0.1, 0.1, 0.5]])
    occluders = Occluders([Body([part(sheet, np.array([[0, 1, 2, 3]]), "cornea"), part(sheet, EMPTY)], np.eye(4))], K)
    start, end = np.array([[0.0, 0.0, 0.52]]), np.array([[0.01, 0.0, 0.45]])
    assert occluders.between(start, end, on_eye=False, tolerance_m=np.zeros(1)).all()
    assert not occluders.between(start, end, on_eye=True, tolerance_m=np.zeros(1)).any()
    assert occluders.between(np.zeros((0, 3)), np.zeros((0, 3)), on_eye=True, tolerance_m=np.zeros(0)).shape == (0,)


def test_no_points_at_all():
    sheet = np.array([[-0.1, -0.1, 0.5], [0.1, -0.1, 0.5], [0.1, 0.1, 0.5], [-0.1, 0.1, 0.5]])
    occluders = Occluders([Body([part(sheet, np.array([[0, 1, 2, 3]]))], np.eye(4))], K)
    assert occluders.hidden(np.zeros((0, 2)), np.zeros(0), on_eye=True).shape == (0,)
