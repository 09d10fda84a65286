"""Who has which hair: by gender, age and ancestry; none where only eyes are seen."""

import dataclasses
from functools import cache

import numpy as np
import pytest

from assets.beard import SHAVEN
from assets.hair import BALD
from synth.commands.render import RenderConfig
from synth.config import compose
from synth.draw.hair import BALDING, CROPPED, draw_beard, draw_scalp_hair
from synth.draw.traits import Traits
from synth.errors import ConfigError

MAN = Traits(40.0, 0.05, 0.0, 0.0, 1.0, 0.5, 0.5)
WOMAN = dataclasses.replace(MAN, gender_female=0.95)


@cache
def subject(name="face"):
    return compose("synth.conf", "render", RenderConfig, ["out=unused", f"subject={name}"]).subject


def heads(traits, count=400):
    return [draw_scalp_hair(np.random.default_rng(i), subject().scalp_hair, traits) for i in range(count)]


def beards(traits, count=400, grey=0.0):
    return [draw_beard(np.random.default_rng(i), subject().beard, traits, grey) for i in range(count)]


def test_pictures_of_eyes_have_neither():
    eye = subject("eye")
    for i in range(50):
        rng = np.random.default_rng(i)
        assert draw_scalp_hair(rng, eye.scalp_hair, MAN) == BALD and draw_beard(rng, eye.beard, MAN, 0.0) == SHAVEN


def test_styles_obey_gender():
    def share(traits, *styles):
        return np.mean([hair.style in styles for hair in heads(traits)])

    assert share(WOMAN, "long", "bob", "ponytail", "bun") > 0.5 > 0.15 > share(MAN, "long", "bob", "ponytail", "bun")
    assert share(MAN, *CROPPED) > 0.55 > 0.2 > share(WOMAN, *CROPPED)
    assert share(MAN, "bald") < 0.06


def test_baldness_comes_to_men_with_age():
    def mean(traits):
        return np.mean([hair.baldness for hair in heads(traits)])

    assert mean(WOMAN) == 0 and mean(dataclasses.replace(MAN, age_years=15.0)) == 0
    assert mean(dataclasses.replace(MAN, age_years=25.0)) < 0.1 < mean(dataclasses.replace(MAN, age_years=70.0)) - 0.1
    old = heads(dataclasses.replace(MAN, age_years=75.0))
    assert all(hair.style in ("bald", *CROPPED) for hair in old if hair.baldness > BALDING)


def test_curl_is_of_the_ancestry():
    african = dataclasses.replace(WOMAN, african=1.0, caucasian=0.0)
    asian = dataclasses.replace(WOMAN, asian=1.0, caucasian=0.0)
    curls = {name: np.array([h.curl for h in heads(t) if h != BALD]) for name, t in (("a", african), ("b", asian))}
    assert np.median(curls["a"]) > 0.8 and np.percentile(curls["b"], 90) < 0.25
    assert not [h for h in heads(african) if h.style in ("long", "bob", "medium") and h.curl > 0.75]


def test_beards_are_of_men():
    assert all(beard == SHAVEN for beard in beards(WOMAN))
    assert all(beard == SHAVEN for beard in beards(dataclasses.replace(MAN, age_years=14.0)))
    assert {beard.style for beard in beards(dataclasses.replace(MAN, age_years=18.0))} == {"none", "stubble"}
    assert 0.4 < np.mean([beard.style != "none" for beard in beards(MAN)]) < 0.7


def test_beards_turn_grey_before_the_hair():
    assert all(beard.grey == 0 for beard in beards(MAN, grey=0.0))
    assert all(0.3 <= beard.grey <= 0.6 for beard in beards(MAN, grey=0.3) if beard != SHAVEN)


@pytest.mark.parametrize("field", ["scalp_hair.shares_male", "beard.shares"])
def test_a_style_that_does_not_exist_is_refused(field):
    with pytest.raises(ConfigError, match="mullet"):
        compose("synth.conf", "render", RenderConfig, ["out=unused", f"+subject.{field}.mullet=1.0"])
