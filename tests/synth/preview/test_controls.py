"""Controls: every one of them is a word of `canthus render` that does what it says, and no other."""

import math
from dataclasses import dataclass
from enum import Enum

import pytest
from omegaconf import OmegaConf

from synth.commands.preview import CONF, RENDER, PreviewConfig, begin, composed, composer, configured
from synth.commands.render import RenderConfig
from synth.config import Range, compose_tree, with_values
from synth.errors import ConfigError
from synth.preview.controls import Control, Group, group, word
from synth.ranges.normal import Normal


class Colour(Enum):
    red = "red"
    blue = "blue"


@dataclass
class Inner:
    """What is inside.

    More of it.
    """

    length_m: Range
    size_log: Range
    share_probability: float = 0.25


@dataclass
class Outer:
    """All of it."""

    inner: Inner
    many: list[Inner]
    named: dict[str, float]
    nested: dict[str, dict[str, float]]
    absent: Inner | None
    colours: list[str]
    count: int = 3
    """How many
    there are."""
    bright: bool = True
    colour: Colour = Colour.blue
    title: str = "a b"


def outer() -> Outer:
    inner = Inner(Range(1.0, 3.0), Range(1.0, 8.0))
    return Outer(inner, [inner], {"x": 1.0, "nose/wide|thin": -0.5}, {"a": {"b": 1.0}}, None, ["red", "blue"])


def found() -> dict[str, Control]:
    return {control.key: control for control in group(outer(), ("o",)).controls()}


def test_controls_are_read_off_the_dataclass() -> None:
    controls = found()
    assert list(controls) == [
        *(f"o.{place}.{name}" for place in ("inner", "many.0") for name in INNER),
        "o.named.x",
        "o.named.nose/wide|thin",
        *(f"o.{name}" for name in ("colours", "count", "bright", "colour", "title")),
    ]
    assert controls["o.count"].about == "How many there are." and controls["o.count"].kind == "whole"
    assert controls["o.colour"].options == ("red", "blue") and controls["o.colour"].value == "blue"
    assert controls["o.colours"].value == "[red,blue]"
    top = group(outer(), ("o",))
    assert top.about == "All of it." and isinstance(top.parts[0], Group) and top.parts[0].about == "What is inside."
    assert isinstance(top.parts[0].parts[0], Group) and top.parts[0].parts[0].about == ""


INNER = ("length_m.low", "length_m.high", "size_log.low", "size_log.high", "share_probability")


def test_sliders_reach_as_far_again_and_stay_above_zero() -> None:
    controls = found()
    length, size = controls["o.inner.length_m.low"], controls["o.inner.size_log.high"]
    assert (length.low, length.high, length.log) == (0.0, 3.0, False)
    assert (size.low, size.high, size.log) == (1.0, 32.0, True)
    turned = {one.path[-1]: (one.low, one.high) for one in group(Normal(2.0, 1.0, -4.0, 6.0), ("n",)).controls()}
    assert turned == {"mean": (-4.0, 6.0), "sd": (0.0, 30.0), "low": (-14.0, 2.0), "high": (2.0, 16.0)}
    still = {one.path[-1]: (one.low, one.high) for one in group(Range(0.0, 0.0), ("n",)).controls()}
    assert still == {"low": (0.0, 1.0), "high": (0.0, 1.0)}
    share, negative = controls["o.inner.share_probability"], controls["o.named.nose/wide|thin"]
    assert (share.low, share.high) == (0.0, 1.0) and (negative.low, negative.high) == (-1.0, 0.0)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("o.inner.length_m.low", 2, "o.inner.length_m.low=2.0"),
        ("o.named.nose/wide|thin", 1e-7, "o.named={nose/wide|thin:1e-07}"),
        ("o.count", 4, "o.count=4"),
        ("o.bright", False, "o.bright=false"),
        ("o.colour", "red", "o.colour=red"),
        ("o.colours", "[red]", "o.colours=[red]"),
    ],
)
def test_words(key: str, value: object, expected: str) -> None:
    assert word(found()[key], value) == expected


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("o.count", 1.5),
        ("o.count", True),
        ("o.count", "3 n=1"),
        ("o.inner.length_m.low", "2.0"),
        ("o.inner.length_m.low", None),
        ("o.inner.length_m.low", float("nan")),
        pytest.param("o.inner.length_m.low", 10**400, id="huge"),
        ("o.title", "${oc.env:HOME}"),
        ("o.bright", 1),
        ("o.colour", "green"),
        ("o.colour", ["red"]),
        ("o.title", 3),
    ],
)
def test_values_of_another_kind_are_refused(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match="is no value for it"):
        word(found()[key], value)


def test_controls_of_a_preset_change_their_own_values_alone() -> None:
    """Of every kind all that are rare, and some of the numbers: reading a word takes milliseconds."""
    groups = ("experiment=crowd",)
    every = list(composer().controls(groups, ()).controls())
    assert {control.path[0] for control in every} == {"subject", "camera", "light", "engine"} and len(every) > 900
    controls = [control for i, control in enumerate(every) if control.kind != "number" or i % 30 == 0]
    plain = OmegaConf.to_container(composed(*groups), enum_to_str=True)
    as_they_are = with_values(composed(*groups), [word(control, control.value) for control in controls])
    assert OmegaConf.to_container(as_they_are, enum_to_str=True) == plain
    others = {control: other(control) for control in controls}
    words = [word(control, value) for control, value in others.items()]
    changed = OmegaConf.to_container(with_values(composed(*groups), words), enum_to_str=True)
    for control, value in others.items():
        at, last = changed, control.path[-1]
        for key in control.path[:-1]:
            at = at[int(key)] if isinstance(at, list) else at[key]
        held = at[int(last)] if isinstance(at, list) else at[last]
        if control.kind == "text" and isinstance(held, list):
            held = f"[{','.join(map(str, held))}]"
        assert held == value, control.key


def other(control: Control) -> object:
    """Another value of the same kind."""
    if control.kind == "number":
        return (
            (control.low + 2 * control.high) / 3 if not math.isclose(control.low, control.high) else control.low + 1.0
        )
    if control.kind == "whole":
        return int(control.value) + 1
    if control.kind == "truth":
        return not control.value
    if control.kind == "choice":
        return next(option for option in control.options if option != control.value)
    return (
        "[0.5,0.25,0.25]"
        if "." in str(control.value) and str(control.value).startswith("[")
        else "[a,b]"
        if str(control.value).startswith("[")
        else "another"
    )


def test_values_on_a_tree_are_those_of_composing() -> None:
    """Hydra composes with every control's other value as the quick way sets them."""
    groups = ("experiment=portrait", "camera=phone")
    controls = list(composer().controls(groups, ()).controls())
    words = [word(control, other(control)) for control in controls[::60]]
    slow = compose_tree(CONF, RENDER, RenderConfig, [*groups, "out=unused", *words])
    assert with_values(composed(*groups), words) == slow


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["camera.wide=3"], "unknown key 'camera.wide'; did you mean camera.width"),
        (["camera.width=broad"], "camera.width=broad: "),
        (["hydra.run.dir=x"], "hydra's own settings"),
        (["camera.width"], "write key=value"),
        (["light.skies=[city"], "cannot read"),
    ],
)
def test_mistakes_are_told_as_composing_tells_them(words: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(["experiment=nir"], words)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_the_page_begins_with_what_was_typed() -> None:
    composing = composer()
    words = [
        "camera=phone",
        "experiment=mpiigaze",
        "camera.place.distance_m.low=0.3",
        "subject.glasses.probability=1",
        "engine.samples=8",
    ]
    asked = begin(PreviewConfig(overrides=words, seed=4, index=2), composing)
    assert asked.groups == {"experiment": "mpiigaze", "camera": "phone"} and (asked.seed, asked.index) == (4, 2)
    assert asked.changes == {
        "camera.place.distance_m.low": 0.3,
        "subject.glasses.probability": 1.0,
        "engine.samples": 8,
    }
    with pytest.raises(ConfigError, match="no control for"):
        begin(PreviewConfig(overrides=["rasters.mask=true"]), composing)
