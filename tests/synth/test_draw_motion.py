"""Sequences: who, where and in which light stays, the rest moves smoothly, goes out of sight once and comes back."""

import dataclasses
from functools import cache

import numpy as np
import pytest

from synth.commands.render import RenderConfig
from synth.config import Range, compose
from synth.corpus import draw_useful
from synth.draw.chance import Pair
from synth.draw.expression import Expression
from synth.draw.motion import acted, draw_absence, draw_blinks, draw_path
from synth.draw_spec import draw_spec
from synth.errors import ConfigError, RejectedSceneError
from synth.geometry.gaze import angle_between
from synth.labels import label
from synth.ranges import RenderRanges
from synth.stopwatch import Stopwatch

FRAMES = 10
SHORT = (
    *("camera.motion.frames=10", "n=10", "camera.motion.period_frames.low=12", "camera.motion.period_frames.high=27"),
    "camera.motion.leaving=0.2",
)
"""A sequence of the preset in fewer frames."""


@cache
def ranges(*words):
    config = compose("synth.conf", "render", RenderConfig, ["experiment=sequence", "out=unused", *SHORT, *words])
    return RenderRanges(config.subject, config.camera, config.light)


@cache
def sequence():
    """The specs of the second sequence; the attempt is the first that none of its frames refuses."""
    for attempt in range(5):
        try:
            return [draw_spec(ranges(), 5, FRAMES + frame, attempt) for frame in range(FRAMES)]
        except RejectedSceneError:
            continue
    raise AssertionError("five rejections")


def motion(**changes):
    return dataclasses.replace(ranges().camera.motion, **changes)


def test_who_and_where_stays():
    first, *others = sequence()
    assert [(spec.moment.sequence, spec.moment.frame, spec.index) for spec in (first, *others)] == [
        (1, frame, FRAMES + frame) for frame in range(FRAMES)
    ]
    moving = ("expression", "left", "right", "shoulders_rad")
    for spec in others:
        assert (spec.camera, spec.light, spec.ground, spec.world_from_cam_rotation) == (
            *(first.camera, first.light, first.ground, first.world_from_cam_rotation),
        )
        same = dataclasses.replace(spec.subject, **{name: getattr(first.subject, name) for name in moving})
        assert same == first.subject
        eyes = dataclasses.replace(spec.subject.left, blink=first.subject.left.blink, squint=first.subject.left.squint)
        assert eyes == first.subject.left
    assert first.subject.identity == 1


def test_sequences_differ():
    a, b = sequence()[0], draw_spec(ranges(), 5, 2 * FRAMES, sequence()[0].attempt)
    assert a.subject.shape != b.subject.shape and a.light != b.light and a.camera != b.camera


def test_it_moves_smoothly_and_far_enough():
    specs = sequence()
    places = np.array([spec.person.cam_from_head_translation_m for spec in specs])
    rotations = np.array([spec.person.cam_from_head_rotation for spec in specs])
    steps = rotations[1:] @ rotations[:-1].transpose(0, 2, 1)
    turned = np.degrees(np.arccos(np.clip((np.trace(steps, axis1=1, axis2=2) - 1) / 2, -1, 1)))
    # A sine of amplitude a moves by at most 2 pi a / 12 a frame: 13 deg of yaw, 6.3 of pitch, 5.2 of roll, at once
    # 15.4; how the head faces the lens adds a little.
    assert 1 < turned.max() < 17 and turned.sum() > 30
    down_away = np.abs(np.diff(places[:, 1:], axis=0))
    assert (down_away < 2 * np.pi / 12 * np.array([0.04, 0.08])).all() and down_away.sum() > 0.05
    gazes = np.array([np.subtract(spec.person.target_cam_m, places[t]) for t, spec in enumerate(specs)])
    heads = np.einsum("tji,tj->ti", rotations, gazes)
    glances = np.degrees(angle_between(heads[1:], heads[:-1]))
    assert 0.5 < glances.max() < np.hypot(8, 14) * 2 * np.pi / 12


def test_it_goes_out_of_sight_once_and_returns():
    specs = sequence()
    faces = [label(spec).face for spec in specs]
    gone = np.array([face is None for face in faces])
    assert 1 <= gone.sum() <= 0.6 * FRAMES
    assert np.abs(np.diff(gone.astype(int))).sum() == 2 and not gone[0] and not gone[-1]
    whole = [face.whole for face in faces if face is not None]
    assert np.mean(whole) > 0.6


def test_an_absence_has_the_length_and_the_ways_that_are_asked_for():
    drawn = [
        draw_absence(np.random.default_rng(seed), motion(frames=60, absent=Range(0.1, 0.1), leaving=0.2))
        for seed in range(9)
    ]
    for share in drawn:
        # |t - middle| <= 3 frames, then 12 of a smooth step down to nothing: 3 u^2 - 2 u^3.
        (beyond,) = np.nonzero(share == 1)
        assert len(beyond) == 7 and (np.diff(beyond) == 1).all()
        u = 1 - np.arange(1, 12) / 12
        np.testing.assert_allclose(share[beyond[-1] + 1 : beyond[-1] + 12], (3 * u**2 - 2 * u**3), atol=1e-12)
        assert max(share[0], share[-1]) < 0.02
    assert len({int(share.argmax()) for share in drawn}) > 2
    assert not draw_absence(np.random.default_rng(0), motion(absent=Range(0, 0))).any()
    (short,) = np.nonzero(draw_absence(np.random.default_rng(0), motion(frames=4, absent=Range(0.1, 0.1), leaving=0)))
    assert len(short) == 1


def test_paths_are_sines_within_one():
    for seed in range(5):
        path = draw_path(np.random.default_rng(seed), motion(period_frames=Range(30, 30)))
        # Of one period the mean of two sines is a sine: x(t + 1) + x(t - 1) = 2 cos(w) x(t).
        np.testing.assert_allclose(path[2:] + path[:-2], 2 * np.cos(2 * np.pi / 30) * path[1:-1], atol=1e-12)
        assert np.abs(path).max() <= 1


def test_blinks_come_in_their_time():
    closing = draw_blinks(
        np.random.default_rng(4), motion(frames=400, blink_every_frames=Range(50, 50), blink_frames=8.0)
    )
    (closed,) = np.nonzero(closing > 0.99)
    assert len(closed) in (7, 8, 9) and (np.diff(closed) == 50).all()
    closed = closed[1:-1]
    # A cosine of 8 frames, from open to open, about a time between two frames.
    assert (closing[closed + 5] == 0).all() and (closing[closed - 5] == 0).all() and (closing[closed + 2] > 0.2).all()
    assert not draw_blinks(np.random.default_rng(1), motion(blink_frames=0.0))[1:].any()


def test_faces_pass_into_each_other():
    subject = sequence()[0].subject
    other = Expression(
        dataclasses.replace(subject.expression, name="other", weights=(("jawOpen", 1.0),)), Pair(1, 0), Pair(0, 0)
    )
    kept = acted(subject, other, 0.0, 0.0)
    assert {u: w for u, w in kept.expression.weights if w} == {u: w for u, w in subject.expression.weights if w}
    assert (kept.left, kept.right, kept.expression.name) == (subject.left, subject.right, subject.expression.name)
    assert acted(subject, other, 1.0, 0.0).left.blink == 1.0
    half = acted(subject, other, 0.5, 0.0)
    assert dict(half.expression.weights)["jawOpen"] == pytest.approx(
        0.5 + 0.5 * dict(subject.expression.weights)["jawOpen"]
    )
    assert half.expression.name == "other" and half.left.blink == pytest.approx(0.5 + 0.5 * subject.left.blink)
    assert acted(subject, other, 0.0, 1.0).right.blink == 1.0


def test_a_sequence_is_refused_whole():
    """Whichever frame is asked for: the eyes of some turn too far, and then all are refused."""
    narrow = ranges("camera.gaze.yaw_limit_deg=17")
    causes = {}
    for number in range(3):
        for frame in (0, 9):
            _, _, labels, rejected = draw_useful(narrow, 0, number * FRAMES + frame, Stopwatch())
            causes.setdefault(number, set()).add((labels.attempt, rejected))
    assert all(len(found) == 1 for found in causes.values())
    assert any(attempt > 0 for found in causes.values() for attempt, _ in found)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("camera.motion.frames=1", "motion.frames=1"),
        ("camera.motion.leaving=0.45", "motion.absent"),
        ("camera.motion.yaw_deg=-1", "motion.yaw_deg"),
        ("camera.motion.period_frames.low=1", "motion.period_frames"),
        ("camera.view=crop", "motion: moves one person"),
        ("camera.crowd.count_log.high=2", "motion: moves one person"),
        ("n=101", "a sequence has 10 pictures; give n=110"),
        ("relight=2", "relight=2, .* a frame of a sequence is one picture"),
    ],
)
def test_impossible_sequences_are_refused(word, message):
    with pytest.raises(ConfigError, match=message):
        ranges(word)
