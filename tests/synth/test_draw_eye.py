"""What is drawn of a person against what was asked for: margins, correlations, trends, the formula of the pupil."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import truncnorm

from assets.eyeball import eyeball
from synth.config import Range
from synth.draw.chance import Pair, draw_log_uniform, draw_pair, draw_whole, normal_at, shifted, uniform_at
from synth.draw.expression import draw_expression
from synth.draw.eye import draw_balls, draw_irises, draw_lids, pupil_diameter_mm
from synth.draw.traits import Traits, draw_traits
from synth.ranges.normal import Normal
from tests.synth.draw_ranges import ranges

SUBJECT = ranges().subject
MAN = Traits(age_years=30.0, gender_female=0.0, african=0.0, asian=0.0, caucasian=1.0, weight=0.5, muscle=0.5)
COUNT = 600


def rngs(count: int = COUNT):
    return (np.random.default_rng([17, i]) for i in range(count))


@pytest.fixture(scope="module")
def lids():
    return [draw_lids(rng, SUBJECT.lids, MAN) for rng in rngs()]


@pytest.fixture(scope="module")
def balls():
    return [draw_balls(rng, SUBJECT.ball, MAN, 100.0) for rng in rngs()]


def mean_and_error(values):
    return np.mean(values), np.std(values) / math.sqrt(len(values))


@given(st.floats(-6, 6), st.floats(-1, 1), st.floats(0.05, 3))
def test_truncated_normal_against_scipy(z, mean, sd):
    normal = Normal(mean, sd, -1.2, 1.5)
    bounds = ((normal.low - mean) / sd, (normal.high - mean) / sd)
    expected = truncnorm.ppf(0.5 * math.erfc(-z / math.sqrt(2)), *bounds, loc=mean, scale=sd)
    assert normal_at(normal, z) == pytest.approx(expected, abs=1e-6)


def test_chance_keeps_its_bounds():
    assert normal_at(Normal(1.0, 0.0, 0.0, 2.0), 3.0) == 1.0
    assert shifted(Normal(1.0, 0.1, 0.0, 2.0), 5.0).mean == 2.0
    assert uniform_at(Range(2.0, 4.0), 0.0) == pytest.approx(3.0)
    rng = np.random.default_rng(0)
    logs = [draw_log_uniform(rng, Range(0.1, 10.0)) for _ in range(2000)]
    assert abs(np.mean(np.log(logs))) < 3 * math.log(10) / math.sqrt(3 * 2000)
    assert {draw_whole(rng, Range(2.0, 4.0)) for _ in range(100)} == {2, 3, 4}


@pytest.mark.parametrize("correlation", [0.0, 0.6, 1.0])
def test_pairs_correlate_as_asked(correlation):
    pairs = np.array([draw_pair(rng, correlation) for rng in rngs(1000)])
    assert np.corrcoef(pairs.T)[0, 1] == pytest.approx(correlation, abs=3 / math.sqrt(1000))
    assert pairs.std(axis=0) == pytest.approx([1, 1], abs=0.06)


@pytest.mark.parametrize(
    "name", ["inner_canthus_nasal_m", "outer_canthus_temporal_m", "upper_height_m", "lower_depth_m"]
)
def test_lids_have_the_means_asked_for(lids, name):
    asked = getattr(SUBJECT.lids, name)
    for side in (0, 1):
        mean, error = mean_and_error([getattr(pair[side], name) for pair in lids])
        assert abs(mean - asked.mean) < 3 * error
    values = np.array([[getattr(eye, name) for eye in pair] for pair in lids])
    assert np.corrcoef(values.T)[0, 1] == pytest.approx(SUBJECT.lids.left_right_correlation, abs=0.03)


def test_fissure_and_tilt(lids):
    """Both corners lie on one line: its height under the pupil and its tilt come back from the corners."""
    nasal, temporal, inner, outer = (
        np.array([getattr(pair[0], name) for pair in lids])
        for name in (
            "inner_canthus_nasal_m",
            "outer_canthus_temporal_m",
            "inner_canthus_down_m",
            "outer_canthus_down_m",
        )
    )
    width_mm, error = mean_and_error(1e3 * (nasal + temporal))
    asked = SUBJECT.lids.inner_canthus_nasal_m.mean + SUBJECT.lids.outer_canthus_temporal_m.mean
    assert abs(width_mm - 1e3 * asked) < 3 * error
    tilt_deg = np.degrees(np.arctan((inner - outer) / (nasal + temporal)))
    mean, error = mean_and_error(tilt_deg)
    assert abs(mean - SUBJECT.lids.canthal_tilt_deg.mean) < 3 * error
    line, error = mean_and_error((inner * temporal + outer * nasal) / (nasal + temporal))
    assert abs(line - SUBJECT.lids.canthal_line_down_m.mean) < 3 * error


def test_age_gender_and_ancestry_move_the_lids():
    def mean_of(name: str, **changes: float) -> float:
        person = dataclasses.replace(MAN, **changes)
        return float(np.mean([getattr(draw_lids(rng, SUBJECT.lids, person)[0], name) for rng in rngs(60)]))

    assert mean_of("outer_canthus_temporal_m", age_years=85.0) < mean_of("outer_canthus_temporal_m") - 1.5e-3
    assert mean_of("upper_height_m", age_years=85.0) < mean_of("upper_height_m")
    assert mean_of("outer_canthus_down_m", asian=1.0, caucasian=0.0) < mean_of("outer_canthus_down_m") - 0.3e-3
    single = [draw_lids(rng, SUBJECT.lids, dataclasses.replace(MAN, asian=1.0, caucasian=0.0))[0] for rng in rngs(200)]
    assert np.mean([lid.crease_height_m == 0 for lid in single]) == pytest.approx(0.5, abs=0.106)


def test_balls_have_the_means_asked_for(balls):
    for name in ("sclera_radius_m", "cornea_radius_m", "cornea_half_width_m", "cornea_asphericity"):
        mean, error = mean_and_error([getattr(pair[0], name) for pair in balls])
        assert abs(mean - getattr(SUBJECT.ball, name).mean) < 3 * error
    nasal, up = (
        np.degrees([[getattr(b, name) for b in pair] for pair in balls]) for name in ("kappa_nasal_rad", "kappa_up_rad")
    )
    assert abs(nasal[:, 0].mean() - 5) < 3 * 2 / math.sqrt(COUNT)
    assert abs(up[:, 1].mean() - 1.5) < 3 * 1 / math.sqrt(COUNT)
    assert np.corrcoef(nasal.T)[0, 1] == pytest.approx(0.7, abs=0.08)


def test_apex_stands_as_far_out_as_in_people(balls):
    """13.5 mm from the rotation centre to the corneal apex (Park & Park 1933)."""
    apex_mm = [1e3 * eyeball(left, "left").apex_axial_m for left, _ in balls]
    assert np.mean(apex_mm) == pytest.approx(13.45, abs=0.1)
    assert 0.2 < np.std(apex_mm) < 0.7


def test_pupil_formula():
    # Without light 7.75 mm; at F = 846 a third of the way of 5.75 mm is gone; in glare 2 mm; all at 28.58 years.
    assert pupil_diameter_mm(0.0, 1.0, 28.58) == pytest.approx(7.75)
    assert pupil_diameter_mm(846.0, 1.0, 28.58) == pytest.approx(7.75 - 5.75 / 3)
    assert pupil_diameter_mm(1e12, 1e3, 28.58) == pytest.approx(2.0, abs=0.01)
    old, young = (pupil_diameter_mm(10.0, 1000.0, age) for age in (75.0, 25.0))
    assert old < young - 0.5
    assert pupil_diameter_mm(10.0, 1000.0, 90.0) == pupil_diameter_mm(10.0, 1000.0, 83.0)


def test_light_narrows_the_pupil():
    dark, bright = (draw_balls(np.random.default_rng(1), SUBJECT.ball, MAN, light)[0] for light in (5.0, 1000.0))
    assert bright.pupil_radius_m < dark.pupil_radius_m
    assert dataclasses.replace(bright, pupil_radius_m=dark.pupil_radius_m) == dark


def test_light_irises_need_both_parents():
    def light_part(**parts: float) -> float:
        person = dataclasses.replace(MAN, **{"african": 0.0, "asian": 0.0, "caucasian": 0.0} | parts)
        return float(np.mean([draw_irises(rng, SUBJECT.iris, person)[0].melanin < 0.3 for rng in rngs(300)]))

    assert light_part(african=1.0) == light_part(asian=1.0) == 0
    assert light_part(caucasian=1.0) == pytest.approx(SUBJECT.iris.light_probability, abs=0.09)
    assert 0 < light_part(caucasian=0.6, african=0.4) < light_part(caucasian=1.0)


def test_ancestry_is_mostly_one():
    parts = np.array([[t.african, t.asian, t.caucasian] for t in (draw_traits(rng, SUBJECT) for rng in rngs(600))])
    assert parts.sum(axis=1) == pytest.approx(np.ones(600))
    assert parts.mean(axis=0) == pytest.approx(np.full(3, 1 / 3), abs=0.05)
    assert np.median(parts.max(axis=1)) > 0.75


def test_faces_follow_lids_and_gaze():
    def expression(seed: int, gaze: float):
        return draw_expression(np.random.default_rng(seed), SUBJECT.expression, SUBJECT.state, gaze)

    level, up = (dict(expression(4, gaze).face.weights).get("browInnerUp", 0.0) for gaze in (0.0, 0.4))
    assert up > level
    drawn = [expression(seed, 0.0) for seed in range(400)]
    squint = [e.squint.left for e in drawn]
    cheek = [dict(e.face.weights).get("cheekSquintLeft", 0.0) for e in drawn]
    assert np.corrcoef(squint, cheek)[0, 1] > 0.6
    blink = np.array([e.blink for e in drawn])
    assert np.mean(blink > 0.12) < 0.12
    assert isinstance(drawn[0].blink, Pair)
