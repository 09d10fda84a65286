"""Faces that move through frames: who is followed, when the detector is asked, who is lost; and what that costs."""

from dataclasses import replace

import numpy as np
import pytest

from synth.seeds import rng
from tests.synth.fake_faces import fake_face
from tests.train.pipeline.doubles import Finder, box_of, looker, painted
from train.pipeline.faces import Face
from train.pipeline.following import Judged, figures_of, followed, judged, late
from train.pipeline.lens import guessed
from train.pipeline.look import Clock, Looker
from train.pipeline.sequence import Shot, sequence_of
from train.pipeline.track import Seen, Tracker, holds, overlap

CAMERA = guessed(320, 320)


def see(tracker: Tracker, picture: np.ndarray) -> Seen:
    return tracker.see(picture, CAMERA, Clock())


def asked(look: Looker) -> int:
    assert isinstance(look.networks.detection, Finder)
    return look.networks.detection.asked


def test_overlaps_by_hand() -> None:
    a = np.array([0.0, 0.0, 2.0, 2.0])
    assert overlap(a, a) == 1 and overlap(a, a + 5) == 0
    assert overlap(a, np.array([1.0, 1.0, 3.0, 3.0])) == pytest.approx(1 / 7)


def test_a_face_is_followed_without_the_detector_until_it_is_due() -> None:
    look = looker()
    tracker = Tracker(look, every=4)
    for step in range(9):
        seen = see(tracker, painted((40 + 6 * step, 60 + 4 * step, 80)))
        assert seen.numbers == (0,) and seen.lost == 0 and seen.detected == (step % 4 == 0)
        (face,) = seen.faces
        assert face.points_px is not None and face.score == pytest.approx(0.9)
        assert overlap(face.box_px, box_of(40 + 6 * step, 60 + 4 * step, 80)) > (0.95 if seen.detected else 0.7)
        # The landmarks are where the face is now, not where it was.
        middle = (face.points_px.min(axis=0) + face.points_px.max(axis=0)) / 2
        still = look.look(painted((40, 60, 80)), [Face(box_of(40, 60, 80), 1.0)], CAMERA, Clock())[0].points_px
        assert still is not None
        np.testing.assert_allclose(middle - (still.min(axis=0) + still.max(axis=0)) / 2, [6 * step, 4 * step], atol=2.5)
    assert asked(look) == 3


def test_who_is_lost_is_looked_for_in_the_same_frame() -> None:
    look = looker()
    tracker = Tracker(look, every=100)
    see(tracker, painted((20, 20, 80), (200, 150, 80)))
    jumped = see(tracker, painted((20, 20, 80), (180, 20, 80)))  # the green one is elsewhere
    assert jumped.detected and jumped.lost == 1 and len(jumped.faces) == 2
    assert set(jumped.numbers) == {0, 2}  # the first keeps its number, the other is a new one
    gone = see(tracker, painted((20, 20, 80)))
    assert gone.detected and gone.lost == 1 and gone.numbers == (0,)
    assert not see(tracker, painted((20, 20, 80))).detected


def test_nobody_is_looked_for_in_every_frame_and_found_at_once() -> None:
    look = looker()
    tracker = Tracker(look, every=100)
    for _ in range(3):
        assert see(tracker, painted()) == Seen((), (), detected=True)
    assert see(tracker, painted((50, 50, 80))).numbers == (0,)
    assert asked(look) == 4


def test_numbers_stay_with_their_faces_when_scores_change_places() -> None:
    tracker = Tracker(looker(), every=1)
    assert see(tracker, painted((20, 20, 80), (200, 150, 80))).numbers == (0, 1)
    swapped = see(tracker, painted((204, 152, 80), (22, 24, 80)))  # red and green changed places
    assert swapped.numbers == (1, 0)


def test_what_a_face_must_be_to_be_followed() -> None:
    look = looker()
    found = look.find(painted((40, 40, 90)), Clock())
    (face,) = look.look(painted((40, 40, 90)), found, CAMERA, Clock())
    assert holds(face)
    assert face.place is not None and face.points_px is not None
    assert not holds(replace(face, present=0.4)) and holds(replace(face, present=0.6))
    assert not holds(replace(face, place=replace(face.place, misfit=0.2)))
    assert not holds(replace(face, place=None)) and not holds(replace(face, points_px=None))
    assert not holds(replace(face, box_px=face.box_px + 70))
    small = replace(face, points_px=face.points_px / 8, box_px=face.box_px / 8)
    assert not holds(small)


def test_a_sequence_moves_its_labels_with_its_picture() -> None:
    sample = fake_face(0, 0, (200, 160), (0.0, 0.0, 0.0))
    shots = list(sequence_of(rng(0, 0, "sequence"), sample, 20, 96, 72))
    again = list(sequence_of(rng(0, 0, "sequence"), sample, 20, 96, 72))
    assert [shot.shown for shot in shots] == [not 10 <= t < 12 for t in range(20)]
    assert all(np.array_equal(a.picture, b.picture) for a, b in zip(shots, again, strict=True))
    for shot in shots:
        inside = (shot.points_px >= 0) & (shot.points_px <= [96, 72])
        assert inside.mean() > 0.9 if shot.shown else not inside.all(axis=1).any()

    # A similarity: all distances change by one factor.
    def apart(shot: Shot) -> np.ndarray:
        return np.linalg.norm(shot.points_px[:, None] - shot.points_px[None], axis=2)

    ratios = apart(shots[3])[np.triu_indices(68, 1)] / apart(shots[0])[np.triu_indices(68, 1)]
    assert np.ptp(ratios) < 1e-9 and abs(ratios[0] - 1) > 1e-3


def shot(left: int, shown: bool = True) -> Shot:
    picture = painted((left, 60, 90)) if shown else painted()
    (face,) = looker().look(painted((left, 60, 90)), [Face(box_of(left, 60, 90), 1.0)], CAMERA, Clock())
    assert face.points_px is not None
    return Shot(picture, face.points_px, shown)


def test_figures_by_hand() -> None:
    here, there = np.full((68, 2), [0.03, 0.04]), np.full((68, 2), [0.0, 0.04])
    frames = [
        Judged(True, here, 0, True),  # an error of 0.05
        Judged(True, there, 1, False),  # of 0.04, moved by 0.03
        Judged(False, None, 2, True),
        Judged(True, None, 0, True),
        Judged(True, here, 0, True),
    ]
    assert late(frames) == 1 and late(frames[:3]) == 0 and late(frames[:4]) == 1 and late(frames[:2]) == 0
    found = figures_of([frames])
    assert found.nme == pytest.approx(100 * (0.05 + 0.04 + 0.05) / 3) and found.jitter == pytest.approx(3.0)
    assert (found.frames, found.shown, found.detections, found.missed, found.ghosts) == (5, 4, 4, 1, 3)
    assert found.late == 1.0


def test_following_what_is_painted_costs_detections_alone() -> None:
    shots = [shot(60 + 5 * t, shown=t not in (4, 5)) for t in range(10)]
    anew, kept = followed(looker(), [shots], every=3)
    assert (anew.frames, anew.shown, anew.detections) == (10, 8, 10)
    assert anew.missed == kept.missed == anew.ghosts == kept.ghosts == 0 and anew.late == kept.late == 0
    assert anew.nme == pytest.approx(0, abs=1e-6) and kept.nme is not None and kept.nme < 6  # px of shifted cuts
    # Found in frames 0 and 3, lost in 4, nobody in 5, found in 6 and 9.
    assert kept.detections == 6


def test_a_face_elsewhere_is_a_ghost() -> None:
    look = looker()
    true = shot(60)
    faces = look.look(painted((200, 200, 90)), look.find(painted((200, 200, 90)), Clock()), CAMERA, Clock())
    found = judged(true, Seen(faces, (0,), detected=True))
    assert found == Judged(True, None, 1, True)
