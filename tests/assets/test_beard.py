"""Facial hair: in the fields of its style, on the skin, off the lips."""

import dataclasses

import numpy as np
import pytest

from assets.beard import SHAVEN, STYLES
from assets.part import ID
from assets.person import BeardSpec
from assets.subject import build
from tests.assets.people import adult
from tests.assets.test_hair import AHEAD, depth_m, skin

LENGTHS_M = {"stubble": 0.0015, "moustache": 0.009, "goatee": 0.02, "short": 0.008, "full": 0.045}
BEARD = BeardSpec("full", 0.04, 0.9, 0.5, 0.0, 0.1, 3)


def bearded(style, **changes):
    beard = dataclasses.replace(BEARD, style=style, length_m=LENGTHS_M[style], **changes)
    return build(adult(beard=beard, gender_female=0.0), AHEAD)


def strands(subject):
    return next(hair for hair in subject.strands if hair.name == "beard")


@pytest.mark.parametrize("style", sorted(LENGTHS_M))
def test_strands_are_rooted_in_the_skin_and_off_the_lips(style):
    subject = bearded(style)
    hair = strands(subject)
    assert hair.id == ID["beard"] and len(hair.points_head) > 150
    assert np.isfinite(hair.points_head).all() and (hair.radius_m > 0).all()
    roots = hair.points_head[:, 0]
    assert np.abs(depth_m(subject, roots)).max() < 1.5e-3
    assert 0.4 < (roots[:, 0] > 0).mean() < 0.6
    assert (roots[:, 1] > 0.0).all(), "below the eyes"
    part = skin(subject)
    on_lips = np.asarray(part.attributes["beard"])[np.asarray(part.attributes["lips"]) > 0.5]
    assert (on_lips < 0.05).all()


def test_styles_have_their_fields():
    assert set(STYLES) == {"none", *LENGTHS_M}
    roots = {style: strands(bearded(style)).points_head[:, 0] for style in LENGTHS_M}
    assert np.abs(roots["moustache"][:, 0]).max() < 0.045
    assert roots["goatee"][:, 2].max() < 0.03 < roots["full"][:, 2].max()
    assert roots["moustache"][:, 1].max() < roots["goatee"][:, 1].max()


def test_the_same_man_has_the_same_beard():
    one, two = strands(bearded("short")), strands(bearded("short"))
    assert np.array_equal(one.points_head, two.points_head) and np.array_equal(one.radius_m, two.radius_m)


def test_none_is_nothing():
    subject = build(adult(beard=SHAVEN), AHEAD)
    assert "beard" not in {hair.name for hair in subject.strands}
    assert not np.asarray(skin(subject).attributes["beard"]).any()
