"""Faces that move through frames: who is followed, when the detector is asked, who is lost; and what that costs."""

from dataclasses import replace

import numpy as np
import pytest

from synth.errors import DataError
from synth.sample import Sample
from tests.synth.fake_faces import fake_face
from tests.train.pipeline.doubles import Finder, box_of, looker, painted
from train.pipeline.faces import Face
from train.pipeline.following import Judged, figures_of, followed, judged, late
from train.pipeline.lens import guessed
from train.pipeline.look import Clock, Looker
from train.pipeline.sequence import Shot, Sight, sequences_of, shot_of
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


def frames(*moments: tuple[int, int], **labels: object) -> list[Sample]:
    """Faces as a sequence's frames: (sequence, frame) each."""
    made = [fake_face(0, index, (200, 160), (0.0, 0.0, 0.0)) for index in range(len(moments))]
    names = ("sequence", "frame")
    return [
        replace(sample, labels={**sample.labels, "moment": dict(zip(names, moment, strict=True)), **labels})
        for sample, moment in zip(made, moments, strict=True)
    ]


def test_a_corpus_falls_into_its_sequences() -> None:
    samples = frames((3, 0), (3, 1), (4, 0))
    found = [list(shots) for shots in sequences_of(iter(samples))]
    assert [len(shots) for shots in found] == [2, 1]
    for shot, sample in zip([*found[0], *found[1]], samples, strict=True):
        assert shot.sight is Sight.shown and np.array_equal(shot.picture, sample.picture)
        assert shot.points_px is not None
        np.testing.assert_allclose(shot.points_px[30], sample.array("face.apparent.ibug68", 68, 2)[30])
        np.testing.assert_allclose(shot.points_px[3], sample.array("face.apparent.jaw_outline", 17, 2)[3])
    grey = replace(samples[0], picture=samples[0].picture[..., 0])
    assert shot_of(grey).picture.shape == (160, 200, 3)


def test_a_face_is_shown_or_gone_or_between() -> None:
    (there,), (gone,) = frames((0, 0)), frames((0, 0), face=None)
    assert shot_of(gone).sight is Sight.gone and shot_of(gone).points_px is None and shot_of(gone).box_px is None
    for changes in ({"whole": False}, {"facing": 0.1}, {"visible_fraction": 0.0}):
        cut = replace(there, labels={**there.labels, "face": {**there.labels["face"], **changes}})
        assert shot_of(cut).sight is Sight.between and shot_of(cut).points_px is not None


@pytest.mark.parametrize("moment", [None, "absent"])
def test_pictures_of_no_sequence_are_refused(moment: str | None) -> None:
    (sample,) = frames((0, 0))
    labels = {name: value for name, value in sample.labels.items() if name != "moment"}
    still = replace(sample, labels=labels if moment else {**labels, "moment": None})
    with pytest.raises(DataError, match="00000000: a picture of no sequence; render experiment=sequence"):
        next(sequences_of([still]))


def shot(left: int, sight: Sight = Sight.shown) -> Shot:
    picture = painted() if sight is Sight.gone else painted((left, 60, 90))
    (face,) = looker().look(painted((left, 60, 90)), [Face(box_of(left, 60, 90), 1.0)], CAMERA, Clock())
    assert face.points_px is not None
    return Shot(picture, None if sight is Sight.gone else face.points_px, sight)


def test_figures_by_hand() -> None:
    here, there = np.full((68, 2), [0.03, 0.04]), np.full((68, 2), [0.0, 0.04])
    frames = [
        Judged(Sight.shown, here, 0, True),  # an error of 0.05
        Judged(Sight.shown, there, 1, False),  # of 0.04, moved by 0.03
        Judged(Sight.gone, None, 2, True),
        Judged(Sight.between, None, 0, True),
        Judged(Sight.shown, None, 0, True),
        Judged(Sight.shown, here, 0, True),
    ]
    assert late(frames) == 1 and late(frames[:3]) == 0 and late(frames[:5]) == 1 and late(frames[:2]) is None
    found = figures_of([frames, frames[:2]])
    assert found.nme == pytest.approx(100 * np.mean([0.05, 0.04, 0.05, 0.05, 0.04]))
    assert found.jitter == pytest.approx(3.0)
    assert (found.frames, found.shown, found.detections, found.missed, found.ghosts) == (8, 6, 6, 1, 4)
    assert found.late == 1.0 and figures_of([frames[:2]]).late is None


def test_following_what_is_painted_costs_detections_alone() -> None:
    shots = [shot(60 + 5 * t, Sight.gone if t in (4, 5) else Sight.shown) for t in range(10)]
    anew, kept = followed(looker(), [shots], every=3)
    assert (anew.frames, anew.shown, anew.detections) == (10, 8, 10)
    assert anew.missed == kept.missed == anew.ghosts == kept.ghosts == 0 and anew.late == kept.late == 0
    assert anew.nme == pytest.approx(0, abs=1e-6) and kept.nme is not None and kept.nme < 6  # px of shifted cuts
    # Found in frames 0 and 3, lost in 4, nobody in 5, found in 6 and 9.
    assert kept.detections == 6


def test_a_face_elsewhere_is_a_ghost_and_one_that_is_half_there_is_none() -> None:
    look = looker()
    elsewhere = look.look(painted((200, 200, 90)), look.find(painted((200, 200, 90)), Clock()), CAMERA, Clock())
    for sight in Sight:
        assert judged(shot(60, sight), Seen(elsewhere, (0,), detected=True)) == Judged(sight, None, 1, True)
    there = look.look(painted((60, 60, 90)), look.find(painted((60, 60, 90)), Clock()), CAMERA, Clock())
    assert judged(shot(60, Sight.between), Seen(there, (0,), detected=False)) == Judged(Sight.between, None, 0, False)
    assert judged(shot(60, Sight.between), Seen((), (), detected=True)) == Judged(Sight.between, None, 0, True)
