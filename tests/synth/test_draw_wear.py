from collections import Counter
from functools import cache

import numpy as np
import pytest

from assets.wear.spec import CLOTHES, COVERINGS, HEADWEAR
from synth.commands.render import RenderConfig
from synth.config import compose
from synth.draw.traits import Traits
from synth.draw.wear import draw_clothing, draw_covering, draw_headwear
from synth.draw_spec import draw_subject
from synth.errors import ConfigError
from synth.ranges.wear import Shares


@cache
def wear(subject="face"):
    return compose("synth.conf", "render", RenderConfig, ["out=unused", f"subject={subject}"]).subject.wear


def people(draw, female, age=30.0, count=1500, subject="face"):
    traits = Traits(age, female, 0.0, 0.0, 1.0, 0.5, 0.5)
    rng = np.random.default_rng(5)
    drawn = [draw(rng, wear(subject), traits) for _ in range(count)]
    return Counter(item.kind if item else None for item in drawn)


@pytest.mark.parametrize(
    ("draw", "kinds"), [(draw_clothing, CLOTHES), (draw_headwear, HEADWEAR), (draw_covering, COVERINGS)]
)
def test_every_kind_is_worn(draw, kinds):
    found = people(draw, 1.0) + people(draw, 0.0) + people(draw, 1.0, 8.0)
    assert set(kinds) <= set(found)


def test_shares_are_kept_by_age_and_gender():
    hats, men, children = people(draw_headwear, 1.0), people(draw_headwear, 0.0), people(draw_headwear, 1.0, 8.0)
    assert hats["hijab"] > 0 and men["hijab"] == 0 and children["hijab"] == 0
    assert people(draw_clothing, 0.0)["dress"] == 0
    for counted in (hats, men, children):
        assert 0.10 < 1 - counted[None] / 1500 < 0.22
        assert 0.01 < counted["headphones"] / 1500 < 0.05
    for counted in (people(draw_covering, 1.0), people(draw_covering, 0.0)):
        masks = counted["surgical_mask"] + counted["cloth_mask"]
        assert 0.02 < masks / 1500 < 0.04
        assert 0.025 < (counted["hand"] + counted["phone_ear"] + counted["phone_face"]) / 1500 < 0.06


def test_nobody_is_bare_in_a_portrait_and_nothing_is_made_for_eyes():
    assert None not in people(draw_clothing, 1.0) + people(draw_clothing, 0.0) + people(draw_clothing, 0.0, 5.0)
    for draw in (draw_clothing, draw_headwear, draw_covering):
        assert set(people(draw, 1.0, count=300, subject="eye")) == {None}


def test_a_person_keeps_their_clothes_from_picture_to_picture():
    ranges = compose(
        "synth.conf", "render", RenderConfig, ["out=unused", "subject=face", "subject.images_per_identity=2"]
    )
    for index in (0, 2, 4):
        one, other = (draw_subject(ranges.subject, 3, index + k, 0.0, np.zeros(3)) for k in (0, 1))
        assert one.clothing == other.clothing and one.headwear == other.headwear


def test_colours_are_linear_and_can_be():
    traits = Traits(30.0, 1.0, 0.0, 0.0, 1.0, 0.5, 0.5)
    rng = np.random.default_rng(5)
    for _ in range(500):
        worn = draw_clothing(rng, wear(), traits)
        assert worn is not None and all(0 <= c <= 0.85 for c in (*worn.colour, *worn.second_colour))


def test_impossible_shares_are_refused():
    with pytest.raises(ConfigError, match="no kind 'kilt'"):
        Shares({"kilt": 0.1}, {}, {}).check("wear.clothing", CLOTHES)
    with pytest.raises(ConfigError, match="more than everybody"):
        Shares({}, {"shirt": 0.7, "hoodie": 0.5}, {}).check("wear.clothing", CLOTHES)
    with pytest.raises(ConfigError, match="between 0 and 1"):
        Shares({}, {}, {"shirt": -0.1}).check("wear.clothing", CLOTHES)
