"""Labels of a face that looks at the camera: what is seen of it, and how it is held."""

import numpy as np
import pytest

from assets.person import GlassesSpec
from synth.geometry.rotation import rotation_from_pitch_yaw_roll
from synth.labels import label
from tests.agreement.scenes import drawn, matrix, wearing, with_camera, with_person
from tests.assets.people import adult, eye

INNER_LIPS = slice(60, 68)


def portrait(turn_deg=(0.0, 0.0, 0.0), at_m=(0.0, 0.0, 0.8), subject=None):
    rotation = rotation_from_pitch_yaw_roll(np.radians(turn_deg))
    spec = with_camera(
        drawn(0, experiment="portrait"), width=256, height=256, fx_px=600.0, fy_px=600.0, cx_px=128.0, cy_px=110.0
    )
    ahead = tuple(float(x) for x in np.array(at_m) + rotation @ [0.0, 0.0, -0.6])
    return with_person(
        spec,
        subject=subject or adult(),
        cam_from_head_rotation=matrix(rotation),
        cam_from_head_translation_m=tuple(float(x) for x in at_m),
        target_cam_m=ahead,
    )


def test_a_face_that_looks_at_the_camera_shows_eyes_mouth_and_nose():
    face = label(portrait()).face
    assert face.points["five"].visible.all()
    assert face.points["ibug68"].visible[17:].all(), "brows, nose, eyes and lips, shut as they are"
    assert face.points["dense478"].visible[[468, 473]].all()
    np.testing.assert_allclose(face.pitch_yaw_roll_rad, 0.0, atol=1e-12)


def test_a_profile_hides_its_far_side_and_a_blink_its_iris():
    face = label(portrait((0.0, 75.0, 0.0))).face
    seen = face.points["five"].visible
    # The nose points to the left of the image: the subject's left eye and left corner of the mouth are near.
    assert list(seen[[0, 1]]) in ([False, True], [True, False]) and seen[0] == seen[3] and seen[1] == seen[4]
    shut = label(portrait(subject=adult(eye(blink=1.0), eye()))).face.points["dense478"].visible
    assert shut[468] and not shut[473]


def test_boxes_hold_their_points_and_angles_their_rotation():
    for turn in ((10.0, 30.0, -20.0), (-5.0, -95.0, 8.0)):
        face = label(portrait(turn)).face
        left, top, right, bottom = face.box_face_px
        for name in ("ibug68", "dense478", "jaw_outline"):
            px = face.points[name].px
            assert (px >= [left - 1e-9, top - 1e-9]).all() and (px <= [right + 1e-9, bottom + 1e-9]).all()
        np.testing.assert_allclose(np.degrees(face.pitch_yaw_roll_rad), turn, atol=1e-9)


def test_a_face_out_of_the_picture_is_none():
    assert label(portrait(at_m=(0.17, 0.0, 0.8))).face is not None, "one eye and a corner of the mouth are inside"
    assert label(portrait(at_m=(0.26, 0.0, 0.8))).face is None


@pytest.mark.parametrize("power", [-6.0, 3.0])
def test_glasses_move_the_eyes_and_nothing_else(power):
    plain, worn = portrait(), wearing(portrait(), power)
    assert isinstance(worn.subject.glasses, GlassesSpec)
    apparent = label(worn).face.apparent["ibug68"] - label(plain).face.apparent["ibug68"]
    moved = np.linalg.norm(apparent, axis=1)
    assert moved[36:48].min() > 0.05
    assert moved[np.r_[0:17, 48:68]].max() < 1e-9
