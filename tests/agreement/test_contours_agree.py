"""Pupil and iris as they appear through the cornea, and the way the eye looks, against Blender's rasters.

A contour's place in the picture is read off the id mask at three times the labels' resolution: around each labelled
point, the mean of where the classes change, measured across the labelled contour.
"""

import numpy as np
import pytest

from synth.geometry.camera import camera_matrix, pixel_centres_px, unproject
from synth.geometry.gaze import angle_between
from synth.labels import geometry, label
from tests.agreement.scenes import enlarged, near_eye, parts_of

TIMES = 3
SKIN, SCLERA, IRIS, PUPIL, CARUNCLE = 1, 2, 3, 4, 5
VIEWS = [  # head (pitch, yaw), eye in the head (pitch, yaw), whose
    ((0, 0), (0, 0), "left"),
    ((0, 20), (0, 0), "left"),
    ((-20, 0), (0, 0), "right"),
    ((0, 30), (10, 20), "left"),
    ((0, -25), (0, -20), "right"),
    ((10, 0), (-20, 35), "right"),
]


def changes_px(mask, inner, outer):
    """Middles between neighbouring pixels of which one shows `inner` and one `outer`, in the labels' px."""
    a, b = np.isin(mask, inner), np.isin(mask, outer)
    rows, columns = np.nonzero((a[:, :-1] & b[:, 1:]) | (b[:, :-1] & a[:, 1:]))
    across = np.stack([columns + 1.0, rows + 0.5], -1)
    rows, columns = np.nonzero((a[:-1] & b[1:]) | (b[:-1] & a[1:]))
    return np.concatenate([across, np.stack([columns + 0.5, rows + 1.0], -1)]) / TIMES


def distances_px(contour, changes, within=1.5):
    """How far each point of a closed contour lies beside the changes about it; infinite where there are none."""
    tangent = np.roll(contour, -1, axis=0) - np.roll(contour, 1, axis=0)
    normal = tangent[:, ::-1] * [1, -1] / np.linalg.norm(tangent, axis=1, keepdims=True)
    out = np.full(len(contour), np.inf)
    for i, point in enumerate(contour):
        away = changes - point
        near = away[np.linalg.norm(away, axis=1) < within]
        if len(near):
            out[i] = abs((near @ normal[i]).mean())
    return out


@pytest.mark.parametrize(("turn_deg", "gaze_deg", "side"), VIEWS)
def test_apparent_pupil_and_iris_are_where_the_mask_has_them(session, below, turn_deg, gaze_deg, side):
    spec = near_eye(turn_deg, gaze_deg, side)
    subject = geometry(spec)
    eye = label(spec, subject).eyes[side]
    mask = session.rasters(enlarged(spec, TIMES), subject, hair=False, normal=False).mask
    seen = eye.points["pupil"].visible
    pupil = distances_px(eye.apparent.pupil_px, changes_px(mask, (PUPIL,), (IRIS,)))[seen]
    assert seen.sum() == 32
    below("apparent pupil against the id mask, px", pupil.max(), 0.3)

    seen = eye.points["iris"].visible
    iris = distances_px(eye.apparent.iris_px, changes_px(mask, (IRIS, PUPIL), (SCLERA,)))
    # Where the eye turns far in, the plica meets the limbus: there the iris ends at it.
    at_plica = np.isinf(iris)
    iris[at_plica] = distances_px(eye.apparent.iris_px, changes_px(mask, (IRIS,), (CARUNCLE,)))[at_plica]
    assert seen.sum() >= 24 and np.sum(at_plica & seen) <= 2
    below("apparent iris against the id mask, px", iris[seen].max(), 0.3)


def test_views_span_the_gaze():
    angles = []
    for turn_deg, gaze_deg, side in VIEWS:
        eye = label(near_eye(turn_deg, gaze_deg, side)).eyes[side]
        angles.append(np.degrees(angle_between(eye.optical_axis_cam, -eye.centre_cam)))
    assert min(angles) < 6 and max(angles) > 44


@pytest.mark.parametrize(("turn_deg", "gaze_deg", "side"), VIEWS[3:])
def test_the_optical_axis_is_the_normal_of_the_pupil_without_its_cornea(session, below, turn_deg, gaze_deg, side):
    spec = near_eye(turn_deg, gaze_deg, side)
    subject = geometry(spec)
    eye = label(spec, subject).eyes[side]
    out = session.rasters(spec, parts_of(subject, "sclera", "iris", "pupil"))
    flat = out.mask == PUPIL
    assert flat.sum() > 500
    px = pixel_centres_px(spec.camera.width, spec.camera.height)[flat]
    points = unproject(camera_matrix(spec.camera), px, out.depth_m[flat].astype(float))
    _, spread, axes = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    normal = axes[2] * -np.sign(axes[2, 2])
    below("optical axis against the pupil's plane, deg", np.degrees(angle_between(normal, eye.optical_axis_cam)), 0.01)
    assert spread[2] / np.sqrt(len(points)) < 1e-6, "the disc is flat to a micrometre"
    shaded = out.normal_cam[flat].astype(float).mean(axis=0)
    below(
        "optical axis against the pupil's normals, deg", np.degrees(angle_between(shaded, eye.optical_axis_cam)), 0.01
    )
