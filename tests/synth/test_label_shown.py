"""How much of a face its picture shows, and the box of the head about it."""

import pytest

from synth.labels import label
from tests.agreement.scenes import drawn
from tests.synth.test_label_face import portrait


def test_a_face_shows_less_the_further_it_turns_away():
    faces = [label(portrait((0.0, turn, 0.0))).face for turn in (0.0, 40.0, 90.0, 130.0, 180.0)]
    facing = [face.facing for face in faces]
    assert facing == sorted(facing, reverse=True)
    assert facing[0] > 0.9 and 0.4 < facing[2] < 0.55 and facing[3] < 0.25 and facing[4] == 0
    assert all(face.visible_fraction > 0.98 and face.inside_fraction == 1 for face in faces[:4])
    assert faces[4].visible_fraction == faces[4].inside_fraction == 0


def test_the_pictures_edge_cuts_a_face():
    whole, cut = label(portrait()).face, label(portrait(at_m=(0.15, 0.0, 0.8))).face
    assert whole.whole and not cut.whole
    left, _, right, _ = cut.box_face_px
    assert cut.inside_fraction == pytest.approx((256 - left) / (right - left), abs=0.08)
    assert cut.visible_fraction == pytest.approx(cut.inside_fraction, abs=0.01)


def test_a_heads_box_holds_the_faces_and_the_ears():
    for turn in ((0.0, 0.0, 0.0), (10.0, 60.0, -20.0), (0.0, -150.0, 0.0)):
        face = label(portrait(turn)).face
        assert (face.box_head_px[:2] <= face.box_face_px[:2]).all()
        assert (face.box_head_px[2:] >= face.box_face_px[2:] - 1e-9).all()


def test_eyes_alone_have_no_face():
    for experiment in ("mpiigaze", "unityeyes"):
        for index in (0, 1, 2):
            assert label(drawn(index, experiment=experiment)).face is None
