"""Whole faces: every local shape of the head is drawn, related ones together, both sides alike."""

import dataclasses
from functools import cache

import numpy as np
import pytest

from assets.expressions import EXPRESSIONS
from assets.head import load_head, mirrored_name
from synth.commands.render import RenderConfig
from synth.config import compose
from synth.draw.traits import draw_factors, draw_shape, draw_unevenness, target_names
from synth.draw_spec import draw_subject
from synth.errors import ConfigError

FOLDERS = ("nose", "mouth", "chin", "cheek", "ears", "neck", "forehead", "eyebrows")
REDUNDANT = {"neck/neck-trans-down", "neck/neck-trans-up"}  # they lower and lift the head as a whole


@cache
def subject(*overrides):
    return compose("synth.conf", "render", RenderConfig, ["out=unused", *overrides]).subject


FACE = "subject=face"


@cache
def shapes(count):
    """What is drawn for each person, without the means that all have, which come first."""
    ranges, drawn = subject(FACE).face, []
    for seed in range(count):
        rngs = [np.random.default_rng([seed, stream]) for stream in range(3)]
        shape = draw_shape(rngs[1], ranges, draw_factors(rngs[0], ranges), seed % 2)
        assert dict(shape[: len(ranges.shape_mean)]) == ranges.shape_mean
        drawn.append(dict((*shape[len(ranges.shape_mean) :], *draw_unevenness(rngs[2], ranges))))
    return drawn


def signed(pattern, index=0):
    """The weights of one pair over all people, negative for its negative target."""
    negative, positive = list(target_names(pattern))[index]
    return np.array([shape.get(positive, 0.0) - shape.get(negative, 0.0) for shape in shapes(600)])


def test_every_local_shape_of_the_head_is_drawn():
    drawn = {name for shape in shapes(600) for name in shape}
    local = {name for name in load_head().targets if name.startswith((*(f"{folder}/" for folder in FOLDERS), "asym/"))}
    assert local - REDUNDANT <= drawn <= set(load_head().targets)
    assert len(drawn) > 250


def test_what_goes_together_is_drawn_together():
    upper, lower = (signed(f"mouth/mouth-{lip}lip-volume-decr|incr") for lip in ("upper", "lower"))
    chin = signed("chin/chin-cleft-decr|incr")
    assert np.corrcoef(upper, lower)[0, 1] > 0.2 > abs(np.corrcoef(upper, chin)[0, 1])


@pytest.mark.parametrize("pattern", ["cheek/?-cheek-volume-decr|incr", "ears/?-ear-scale-decr|incr"])
def test_both_sides_are_nearly_alike(pattern):
    assert np.corrcoef(signed(pattern, 0), signed(pattern, 1))[0, 1] > 0.9


def test_no_shape_is_extreme():
    face = subject(FACE).face
    assert all(0 < weight <= face.shape_limit for shape in shapes(600) for weight in shape.values())
    for name in ("asym/asym-nose-1-l", "asym/asym-jaw-2-l"):
        assert all(not {name, mirrored_name(name)} <= set(shape) for shape in shapes(600))


def test_a_person_keeps_their_face_when_they_make_another():
    ranges = subject(FACE, "subject.images_per_identity=2")
    one, other = (draw_subject(ranges, 3, index, 0.0, np.zeros(3)) for index in (0, 1))
    assert one.shape == other.shape and one.age_years == other.age_years
    assert one.expression != other.expression


def test_faces_make_every_expression_and_eyes_none():
    assert {name for name, share in subject(FACE).expression.shares.items() if share > 0} == set(EXPRESSIONS)
    assert {draw_subject(subject(), 3, index, 0.0, np.zeros(3)).expression.name for index in range(10)} == {"neutral"}


def test_men_and_women_have_the_means_that_are_asked_for():
    face = subject(FACE).face
    for pattern in face.shape_female.keys() | face.shape_male.keys():
        weights = signed(pattern)
        for gender, means in ((1, face.shape_female), (0, face.shape_male)):
            error = 4 * face.shape_sd[pattern] / np.sqrt(300) + 0.02
            assert weights[gender::2].mean() == pytest.approx(means.get(pattern, 0.0), abs=error)


def test_impossible_factors_are_refused():
    face = subject(FACE).face
    with pytest.raises(ConfigError, match="shape_male: 'chin/chin' is not in"):
        dataclasses.replace(face, shape_male={"chin/chin": 0.5})
    with pytest.raises(ConfigError, match="is not in"):
        dataclasses.replace(face, shape_factors={"nose": {"nose/nose-hmp-decr|incr": 0.5}})
    with pytest.raises(ConfigError, match="add up to"):
        more = {"mouth/mouth-upperlip-volume-decr|incr": 0.9}
        dataclasses.replace(face, shape_factors=face.shape_factors | {"more": more})
