"""Mouths on the final mesh: lips shut when they should be, teeth behind them, open mouths with teeth in between."""

import numpy as np
import pytest

from assets.expressions import CLOSED_MOUTH, EXPRESSIONS, expression, humanly
from assets.head import FACE_UNITS, load_head
from assets.lips import slit_m
from assets.person import ExpressionSpec
from assets.placement import place
from assets.subject import _topology
from assets.teeth import band, build_jaw, carried, crown_faces
from tests.assets.people import adult
from tests.assets.sightlines import parts_of, seen_and_outside

FLIP = np.array([-1.0, 1.0, 1.0])
MOUTH_UNITS = [unit for unit in FACE_UNITS if unit.startswith(("jaw", "mouth", "cheek", "nose", "tongue"))]
A_FEW = 14
"""Vertices of 3528: what a grid of 0.4 mm lets through at the corners of the mouth."""
PEOPLE = {
    "plain": {},
    "thin lips": {"shape": (("mouth/mouth-upperlip-height-decr", 0.8), ("mouth/mouth-lowerlip-height-decr", 0.8))},
    "full lips": {"african": 1.0, "caucasian": 0.0, "shape": (("mouth/mouth-lowerlip-volume-incr", 0.8),)},
    "old": {"age_years": 85.0},
    "child": {"age_years": 5.0, "interpupillary_m": 0.052},
}


def making(name, strength, **person):
    return parts_of(adult(expression=expression(name, strength), **person))


@pytest.mark.parametrize("name", sorted(EXPRESSIONS))
def test_no_tooth_comes_through_the_lips(name):
    seen, outside = seen_and_outside(making(name, 1.0))
    assert not outside.any()
    if name in CLOSED_MOUTH:
        assert seen.sum() <= A_FEW


@pytest.mark.parametrize("unit", MOUTH_UNITS)
def test_no_unit_alone_drives_teeth_through_the_lips(unit):
    assert not seen_and_outside(parts_of(adult(expression=ExpressionSpec("", humanly({unit: 1.0})))))[1].any()


@pytest.mark.parametrize("person", PEOPLE.values(), ids=PEOPLE)
def test_mouths_of_all_people_shut_and_show_their_teeth(person):
    for name in ("neutral", "smile_closed"):
        seen, outside = seen_and_outside(making(name, 1.0, **person))
        assert seen.sum() <= A_FEW and not outside.any()
    for name in ("smile_teeth", "laugh", "say_i"):
        seen, outside = seen_and_outside(making(name, 1.0, **person))
        assert seen.sum() > 60 and not outside.any()


def test_a_smile_with_teeth_shows_more_of_them_the_stronger_it_is():
    shown = [seen_and_outside(making("smile_teeth", strength))[0].sum() for strength in (0.0, 0.4, 0.7, 1.0)]
    assert shown[0] <= A_FEW < shown[1] < shown[2] < shown[3]


def test_lips_at_rest_touch():
    head, topology = load_head(), _topology()
    assert slit_m(topology.seam, head.base_head).max() > 0.5e-3  # what is there to close
    skin = parts_of(adult())["skin"].vertices_head
    touched = skin[topology.seam.touched]
    gap = touched[topology.seam.lower, 1] - touched[topology.seam.upper, 1]
    assert gap.max() < 0.1e-3 and gap.min() > -0.6e-3


def test_upper_teeth_stay_with_the_skull_and_lower_ones_with_the_jaw():
    shut, dropped = (parts_of(adult(expression=ExpressionSpec("", units))) for units in ((), (("jawOpen", 1.0),)))
    before, after = (parts["teeth"].vertices_head.reshape(28, -1, 3) for parts in (shut, dropped))
    np.testing.assert_allclose(after[:14], before[:14], atol=2e-4)
    assert (after[14:, :, 1] - before[14:, :, 1]).min() > 5e-3
    for tooth in range(14, 28):
        sizes = [np.linalg.norm(tooth_of[tooth] - tooth_of[tooth].mean(axis=0), axis=1) for tooth_of in (before, after)]
        np.testing.assert_allclose(*sizes, atol=1e-9)


@pytest.mark.parametrize("jaw", ["upper", "lower"])
def test_crowns_are_mirrored_turned_outwards_and_near_human_size(jaw):
    row = band(jaw)
    rest = load_head().base_head[row]
    np.testing.assert_allclose(rest[:, ::-1] * FLIP, rest, atol=1e-4)
    crowns = build_jaw(jaw, rest).crowns_head
    mirrored = crowns[::-1] * FLIP
    np.testing.assert_allclose(mirrored.mean(axis=(1, 2)), crowns.mean(axis=(1, 2)), atol=2e-4)
    flat = crowns.reshape(14, -1, 3)
    width = np.ptp(flat[6, :, 0])
    assert (7e-3 < width < 1e-2) if jaw == "upper" else (4e-3 < width < 6.5e-3)
    for tooth, part in zip(flat, np.arange(14), strict=True):
        a, b, c = (tooth[crown_faces()[:, k]] - tooth.mean(axis=0) for k in range(3))
        volume = np.einsum("fi,fi->f", a, np.cross(b, c)).sum()
        assert (volume > 0) == (jaw == "upper"), part  # subject.py turns the lower ones round


def test_a_rigid_motion_is_found_again():
    rng = np.random.default_rng(0)
    rest = rng.normal(size=(30, 3))
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    turn *= np.sign(np.linalg.det(turn))
    more = rng.normal(size=(5, 4, 3))
    np.testing.assert_allclose(carried(more, rest, rest @ turn.T + [1, 2, 3]), more @ turn.T + [1, 2, 3], atol=1e-12)


@pytest.mark.parametrize("name", ["smirk_left", "jaw_left", "snarl_left"])
def test_mirrored_expressions_give_mirrored_faces(name):
    """To what the head's own targets allow (tests/assets/test_head.py): 1.2 mm at mouthSmile."""
    head = load_head()
    left, right = (
        place(adult(expression=expression(one, 1.0))).vertices_head for one in (name, name.replace("left", "right"))
    )
    assert np.abs(left[head.mirror] * FLIP - right).max() < 1.6e-3
    teeth = [
        making(one, 1.0)["teeth"].vertices_head.reshape(2, 14, -1, 3) for one in (name, name.replace("left", "right"))
    ]
    np.testing.assert_allclose(teeth[0][:, ::-1].mean(axis=2) * FLIP, teeth[1].mean(axis=2), atol=5e-4)


@pytest.mark.parametrize(
    ("name", "landmark", "axis", "sign"),
    [
        ("smile_teeth", "mouth_left", 0, 1),
        ("laugh", "chin_tip", 1, 1),
        ("kiss", "mouth_left", 0, -1),
        ("yawn", "chin_tip", 1, 1),
    ],
)
def test_faces_move_further_the_stronger_the_expression(name, landmark, axis, sign):
    vertex = load_head().landmarks[landmark]
    way = [place(adult(expression=expression(name, s))).vertices_head[vertex, axis] for s in np.linspace(0, 1, 6)]
    assert (sign * np.diff(way) > 1e-5).all()
