"""CelebA's attributes of a scene: forty in order, and each rule follows what it is about."""

import dataclasses
from functools import cache

import numpy as np
import pytest

from assets.beard import SHAVEN
from assets.expressions import expression
from assets.hair import BALD
from assets.person import GlassesSpec, HairColour, ScalpHairSpec
from assets.wear.spec import HeadwearSpec
from synth.commands.render import RenderConfig
from synth.config import compose
from synth.draw_spec import draw_spec
from synth.errors import RejectedSceneError
from synth.label.celeba import ATTRIBUTES, celeba_attributes
from synth.ranges import RenderRanges
from synth.spec import SceneSpec
from tests.agreement.scenes import with_person

FRAME = GlassesSpec("round", 1.0, 0.0, 0.0, (0.1, 0.1, 0.1), True, 0.0, 0.0, (1.0, 1.0, 1.0), 0.1)


@cache
def ranges() -> RenderRanges:
    config = compose("synth.conf", "render", RenderConfig, ["experiment=portrait", "out=unused"])
    return RenderRanges(config.subject, config.camera, config.light)


@cache
def scene() -> SceneSpec:
    return draw_spec(ranges(), 11, 1)


def of(**changes: object) -> dict[str, bool]:
    """Return the attributes of a scene whose subject is changed."""
    bare = {"glasses": None, "scalp_hair": BALD, "beard": SHAVEN, "headwear": None}
    return celeba_attributes(with_person(scene(), subject=dataclasses.replace(scene().subject, **bare | changes)))


def hair(**values: object) -> ScalpHairSpec:
    plain = {"style": "short", "baldness": 0.0, "fringe": 0.0, "recession": 0.0, "curl": 0.0, "length_m": 0.1}
    return dataclasses.replace(BALD, **plain | values)


def hat(kind: str) -> HeadwearSpec:
    return HeadwearSpec(kind, (0.2, 0.2, 0.2), (0.2, 0.2, 0.2), "plain", 0.03, lift_m=0.0, seed=3)


def test_there_are_forty_and_a_plain_person_has_no_part_of_another() -> None:
    found = of()
    assert tuple(found) == ATTRIBUTES and len(set(ATTRIBUTES)) == 40
    assert all(isinstance(value, bool) for value in found.values())
    for name in ("Eyeglasses", "Wearing_Hat", "Mustache", "Goatee", "Bangs", "Wearing_Necktie", "Attractive"):
        assert not found[name]
    assert found["No_Beard"] and found["Bald"]


@pytest.mark.parametrize(
    ("attribute", "changes", "other"),
    [
        ("Male", {"gender_female": 0.1}, {"gender_female": 0.9}),
        ("Young", {"age_years": 25.0}, {"age_years": 61.0}),
        ("Eyeglasses", {"glasses": FRAME}, {"glasses": None}),
        ("Smiling", {"expression": expression("smile_teeth", 0.8)}, {"expression": expression("anger", 0.8)}),
        ("Mouth_Slightly_Open", {"expression": expression("laugh", 0.9)}, {"expression": expression("neutral", 1.0)}),
        ("Narrow_Eyes", {"expression": expression("squint", 1.0)}, {"expression": expression("surprise", 0.8)}),
        ("Chubby", {"weight": 0.9}, {"weight": 0.4}),
        ("Big_Nose", {"shape": (("nose/nose-volume-incr", 0.6),)}, {"shape": (("nose/nose-volume-decr", 0.6),)}),
    ],
)
def test_a_rule_follows_what_it_is_about(attribute: str, changes: dict[str, object], other: dict[str, object]) -> None:
    assert of(**changes)[attribute] and not of(**other)[attribute]


def test_shapes_and_units_that_rules_ask_for_exist() -> None:
    """A misspelt name would make an attribute false for everybody."""
    faces = []
    for index in range(100):
        try:
            faces.append(celeba_attributes(draw_spec(ranges(), 11, index)))
        except RejectedSceneError:
            continue
    seen = {name: np.mean([face[name] for face in faces]) for name in ATTRIBUTES}
    for name in (
        *("Arched_Eyebrows", "Bags_Under_Eyes", "Big_Lips", "Big_Nose", "Bushy_Eyebrows", "Chubby", "Double_Chin"),
        *("Eyeglasses", "High_Cheekbones", "Male", "Mouth_Slightly_Open", "Narrow_Eyes", "Oval_Face", "Pale_Skin"),
        *("Pointy_Nose", "Smiling", "Young"),
    ):
        assert 0 < seen[name] < 0.8, (name, seen[name])


def test_hair_beard_and_hat_count() -> None:
    black = {"hair": HairColour(0.95, 0.1, 0.0)}
    found = of(scalp_hair=hair(fringe=0.6), **black)
    assert found["Black_Hair"] and found["Bangs"] and found["Straight_Hair"]
    assert not (found["Bald"] or found["Wavy_Hair"] or found["Gray_Hair"] or found["Blond_Hair"])
    assert of(scalp_hair=hair(curl=0.3), **black)["Wavy_Hair"]
    assert of(scalp_hair=hair(style="bald"), **black)["Bald"]
    grey = of(scalp_hair=hair(), hair=HairColour(0.5, 0.1, 0.9))
    assert grey["Gray_Hair"] and not grey["Brown_Hair"]
    full, stubble = (of(beard=dataclasses.replace(SHAVEN, style=style)) for style in ("full", "stubble"))
    assert full["Mustache"] and full["Sideburns"] and not full["No_Beard"] and not full["5_o_Clock_Shadow"]
    assert stubble["5_o_Clock_Shadow"] and not stubble["Mustache"]
    assert of(headwear=hat("beanie"))["Wearing_Hat"]
    assert not of(headwear=hat("headphones"))["Wearing_Hat"]
