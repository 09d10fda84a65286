"""Zones of the face, and how dyes and folds differ between them."""

import dataclasses

import numpy as np
import pytest

from assets.complexion import complexion
from assets.expressions import NEUTRAL, expression
from assets.head import load_head
from assets.person import SkinSpec
from assets.subject import _topology
from assets.zones import Zones, find_zones
from tests.assets.people import adult

NONE = np.zeros(2000)
SKIN = adult().skin


@pytest.fixture(scope="module")
def zones() -> Zones:
    return _topology().zones


def dyes(zones: Zones, skin: SkinSpec = SKIN, age: float = 30.0, face=NEUTRAL) -> np.ndarray:
    none = np.zeros(len(zones.cheeks))
    return complexion(skin, age, face, zones, none, none)["dyes"]


def mean(values: np.ndarray, weights: np.ndarray) -> float:
    return float((values * weights).sum() / weights.sum())


def test_zones_are_even_and_parts_of_a_whole():
    points = np.random.default_rng(0).uniform((-0.09, -0.12, -0.045), (0.09, 0.25, 0.18), (2000, 3))
    left, right = find_zones(points, NONE, NONE), find_zones(points * (-1, 1, 1), NONE, NONE)
    for field in dataclasses.fields(Zones):
        a, b = getattr(left, field.name), getattr(right, field.name)
        if field.name == "sheet_m":
            b = b * (-1, 1)
        else:
            assert a.min() >= 0 and a.max() <= 1
        np.testing.assert_allclose(a, b, atol=1e-12)


def test_zones_lie_where_they_are_named(zones):
    head = load_head()
    topology = _topology()
    base = np.asarray(topology.refinement.limit @ head.base_head)[topology.used]
    tip, chin = (
        np.argmin(np.linalg.norm(base - head.base_head[head.landmarks[n]], axis=1)) for n in ("nose_tip", "chin_tip")
    )
    assert zones.nose[tip] > 0.8 and zones.chin[chin] > 0.8 and zones.nostrils[tip] == 0
    for name, low, high in (("cheeks", 0.020, 0.055), ("forehead", -0.11, -0.01), ("neck", 0.085, 0.27)):
        down = mean(base[:, 1], getattr(zones, name)[: len(base)])
        assert low < down < high, name
    hollow = base[zones.nostrils[: len(base)] > 0.5]
    assert len(hollow) > 20 and hollow[:, 2].max() < -0.025 and np.abs(hollow[:, 0]).min() > 0.005


@pytest.mark.parametrize("melanin", [0.05, 0.5, 0.95])
def test_the_middle_of_the_face_is_red_and_the_forehead_is_not(zones, melanin):
    for seed in range(8):
        blood = dyes(zones, dataclasses.replace(SKIN, melanin=melanin, texture_seed=seed))[:, 1]
        forehead = mean(blood, zones.forehead)
        assert min(mean(blood, part) for part in (zones.cheeks, zones.nose, zones.ears)) > forehead + 0.5


def test_about_the_eyes_the_skin_keeps_its_own_colour(zones):
    lids = zones.apart == 0
    assert lids.sum() > 1000
    for seed in range(8):
        assert np.abs(dyes(zones, dataclasses.replace(SKIN, texture_seed=seed))[lids, :2]).mean() < 0.35


def test_age_and_smiles_deepen_the_folds(zones):
    cheek = zones.fold > 0.5
    plain = dyes(zones)[cheek, 1].mean()
    assert dyes(zones, face=expression("smile_teeth", 1.0))[cheek, 1].mean() > plain + 0.3
    worn = dataclasses.replace(SKIN, wrinkles=0.8)
    assert dyes(zones, worn, age=75.0)[cheek, 1].mean() > plain + 0.3


def test_brows_that_rise_wrinkle_the_forehead(zones):
    none = np.zeros(len(zones.cheeks))
    lines = [
        complexion(SKIN, 50.0, face, zones, none, none)["places"][:, 2].max()
        for face in (NEUTRAL, expression("brows_up", 1.0))
    ]
    assert lines[1] > lines[0] + 0.2


def test_a_complexion_is_a_function_of_its_seed(zones):
    assert np.array_equal(dyes(zones), dyes(zones))
    assert not np.array_equal(dyes(zones), dyes(zones, dataclasses.replace(SKIN, texture_seed=8)))
