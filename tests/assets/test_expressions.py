"""Expressions: within what is human, mirrored, growing with their strength, and lids moved once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.expressions import (
    CLOSED_MOUTH,
    EXPRESSIONS,
    LID_UNITS,
    NEUTRAL,
    blended,
    cheeks_head,
    expression,
    humanly,
    lids_of,
    mesh_weights,
)
from assets.head import FACE_UNITS, load_head, mirrored_name
from assets.person import ExpressionSpec
from synth.errors import ConfigError

LEFT_AND_RIGHT = sorted(name for name in EXPRESSIONS if name.endswith("_left"))
units = st.dictionaries(st.sampled_from(FACE_UNITS), st.floats(0, 1), max_size=12)


def mirrored(unit):
    return mirrored_name(f"faceunits/{unit}").removeprefix("faceunits/")


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_grows_with_its_strength(name):
    steps = [dict(expression(name, strength).weights) for strength in np.linspace(0, 1, 11)]
    assert steps[0] == {} and bool(steps[-1]) == (name != "neutral")
    for unit, last in steps[-1].items():
        values = np.array([step.get(unit, 0.0) for step in steps])
        assert (np.diff(values) >= -1e-12).all(), unit
        assert 0 < last <= 1


def test_bad_names_and_strengths_are_one_line():
    with pytest.raises(ConfigError, match="no expression 'grin'"):
        expression("grin", 0.5)
    with pytest.raises(ConfigError, match="must lie in"):
        expression("laugh", 1.5)
    with pytest.raises(ConfigError, match="no face unit 'eyeRoll'"):
        humanly({"eyeRoll": 1.0})


@pytest.mark.parametrize("name", LEFT_AND_RIGHT)
def test_one_sided_expressions_come_in_mirrored_pairs(name):
    other = name.removesuffix("left") + "right"
    assert {mirrored(unit): w for unit, w in expression(name, 0.7).weights} == dict(expression(other, 0.7).weights)


@pytest.mark.parametrize("name", sorted(name for name in EXPRESSIONS if not name.endswith(("_left", "_right"))))
def test_the_others_are_symmetric(name):
    weights = dict(expression(name, 0.8).weights)
    assert {mirrored(unit): w for unit, w in weights.items()} == weights


@given(units)
def test_limits_hold_and_are_final(weights):
    held = dict(humanly(weights))
    assert all(0 < w <= 1 for w in held.values())
    assert held.get("jawOpen", 0) + 0.5 * (held.get("mouthFunnel", 0) + held.get("mouthPucker", 0)) <= 1 + 1e-12
    assert held.get("mouthClose", 0) <= held.get("jawOpen", 0)
    assert min(held.get("jawLeft", 0), held.get("jawRight", 0)) == 0
    for side in ("Left", "Right"):
        assert min(held.get(f"mouthSmile{side}", 0), held.get(f"mouthFrown{side}", 0)) == 0
    # Nothing that one unit alone may do is limited.
    for unit in set(held) - {"mouthClose", "tongueOut"}:
        assert dict(humanly({unit: held[unit]})) == {unit: held[unit]}


def test_a_blend_is_named_by_its_parts():
    both = blended(expression("wink_left", 1.0), NEUTRAL, expression("laugh", 0.5))
    assert both.name == "wink_left+laugh"
    assert lids_of(both, "left")[0] == 1.0 and lids_of(both, "right")[0] == 0.0
    assert blended(NEUTRAL) == NEUTRAL


def test_lids_close_by_their_own_model_and_never_by_the_mesh():
    every = ExpressionSpec("", tuple((unit, 1.0) for unit in FACE_UNITS))
    assert not {f"faceunits/{unit}" for unit in LID_UNITS} & set(mesh_weights(every))
    assert lids_of(expression("blink", 1.0), "left")[0] == 1.0
    assert lids_of(expression("surprise", 1.0), "right")[1] < -0.5
    assert lids_of(expression("squint", 1.0), "right")[1] > 0.5


def test_a_squint_raises_the_cheek_and_leaves_the_lids():
    head = load_head()
    moved = cheeks_head(ExpressionSpec("", (("eyeSquintLeft", 1.0), ("eyeBlinkLeft", 1.0), ("eyeWideRight", 1.0))))
    rings = head.eye_rings["left"]
    assert np.abs(moved[rings[:6]]).max() == 0 and np.abs(moved[head.pouch_rings["left"]]).max() == 0
    rise = -moved[rings[:, 21], 1]
    assert (np.diff(rise[5:]) >= -2e-4).all() and 2e-3 < rise[-1] < 4e-3
    assert np.abs(moved[head.eye_rings["right"]]).max() < 1e-4


def test_shut_mouths_do_not_drop_the_jaw():
    for name in CLOSED_MOUTH:
        weights = dict(expression(name, 1.0).weights)
        assert not {"jawOpen", "mouthUpperUpLeft", "mouthLowerDownLeft", "mouthFunnel"} & {
            unit for unit, weight in weights.items() if weight > 0.06
        }, name
