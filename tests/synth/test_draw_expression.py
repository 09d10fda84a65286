"""What faces do in pictures: a function of its stream, in the shares that were asked for."""

import dataclasses

import numpy as np

from assets.expressions import EXPRESSIONS, NEUTRAL
from synth.config import Range
from synth.draw.expression import draw_expression
from tests.synth.draw_ranges import ranges

EYES = ranges().subject
LIVELY = dataclasses.replace(
    EYES.expression, shares={"neutral": 1.0, "laugh": 2.0, "wink_left": 1.0}, strength=Range(0.3, 1.0)
)


def drawn(expressions, seed, pitch=0.0):
    return draw_expression(np.random.default_rng(seed), expressions, EYES.state, pitch)


def test_the_same_stream_gives_the_same_face():
    assert [drawn(LIVELY, seed) for seed in range(20)] == [drawn(LIVELY, seed) for seed in range(20)]


def test_shares_are_kept():
    names = [drawn(LIVELY, seed).face.name for seed in range(800)]
    assert set(names) == {"neutral", "laugh", "wink_left"}
    assert abs(names.count("laugh") / 800 - 0.5) < 3 * 0.5 / np.sqrt(800)


def test_a_second_expression_is_mixed_in():
    mixed = dataclasses.replace(LIVELY, second_probability=1.0)
    assert any(drawn(mixed, seed).face.name in ("laugh+wink_left", "wink_left+laugh") for seed in range(20))


def test_an_expression_adds_to_what_lids_do():
    plain = [drawn(dataclasses.replace(LIVELY, shares={"neutral": 1.0}), seed) for seed in range(30)]
    winks = [drawn(dataclasses.replace(LIVELY, shares={"wink_left": 1.0}), seed) for seed in range(30)]
    for before, after in zip(plain, winks, strict=True):
        assert before.face.name == NEUTRAL.name
        assert after.blink.left > before.blink.left and after.blink.right == before.blink.right
        assert -1 <= after.squint.left <= 1 and after.squint.left > before.squint.left


def test_nobody_makes_a_face_by_the_book_nor_evenly():
    only = dataclasses.replace(
        LIVELY, shares={"laugh": 1.0}, smile=dataclasses.replace(LIVELY.smile, mean=-0.5, sd=0.0)
    )
    faces = [dict(drawn(only, seed).face.weights) for seed in range(100)]
    left, right = (np.array([face[f"mouthSmile{side}"] for face in faces]) for side in ("Left", "Right"))
    assert (left != right).all() and np.corrcoef(left, right)[0, 1] > 0.5


def test_every_expression_can_be_asked_for():
    for name in EXPRESSIONS:
        assert drawn(dataclasses.replace(LIVELY, shares={name: 1.0}), 3).face.name == name
