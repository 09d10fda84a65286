"""The paintings of iris and sclera, and what the shaders are told of places on skin and eye."""

import dataclasses

import numpy as np
import pytest

from assets.person import IrisSpec, ScleraSpec
from synth.labels import geometry
from tests.agreement.scenes import near_eye
from tests.assets.people import adult

IRIS = IrisSpec(
    melanin=0.3, warmth=0.4, limbal_ring=0.6, collarette=0.32, fibre_contrast=0.6, crypts=0.3, texture_seed=3
)
SCLERA = ScleraSpec(redness=0.3, yellowing=0.1, vessel_density=0.5, texture_seed=7)
LIMBUS = 0.5
ROOT = np.array([0.1, 0.06, 0.03])


@pytest.fixture
def iris_texture():
    from synth.blender import iris_texture

    return iris_texture


@pytest.fixture
def sclera_texture():
    from synth.blender import sclera_texture

    return sclera_texture


@pytest.fixture(scope="module")
def parts():
    return geometry(near_eye((6, 22), (-8, 5), subject=adult())).parts


@pytest.mark.blender
@pytest.mark.parametrize("seed", range(12))
def test_the_ruff_of_the_pupil_stays_at_its_edge(iris_texture, seed):
    """However far the edge wavers, no column of a pale iris turns black."""
    albedo, _ = iris_texture.paint(dataclasses.replace(IRIS, melanin=0.1, texture_seed=seed), 100, 512)
    middle = albedo[15:85].mean(axis=(0, 2))
    assert middle.min() > 0.3 * np.median(middle)


@pytest.mark.blender
def test_the_darkest_iris_shows_structure_and_no_iris_is_saturated(iris_texture):
    for melanin in (0.0, 0.15, 0.4, 0.7, 1.0):
        albedo, height = iris_texture.paint(dataclasses.replace(IRIS, melanin=melanin), 100, 512)
        middle = albedo[30:75]
        assert np.isfinite(albedo).all() and albedo.min() > 0 and height.min() >= 0 and height.max() <= 1
        assert 0.08 < middle.mean(axis=2).std() / middle.mean() < 0.6
        blue = middle[..., 2].mean() - middle[..., 0].mean()
        assert blue < 0.45 * middle.max(axis=2).mean()


@pytest.mark.blender
def test_irises_are_pale_in_the_infrared_whatever_their_melanin(iris_texture, sclera_texture):
    means = [
        iris_texture.paint(dataclasses.replace(IRIS, melanin=melanin), 100, 512, infrared=True)[0].mean()
        for melanin in (0.0, 0.5, 1.0)
    ]
    assert min(means) > 0.15 and max(means) < sclera_texture.INFRARED


@pytest.mark.blender
@pytest.mark.parametrize("melanin", [0.05, 0.5, 0.95])
def test_the_white_is_never_white(sclera_texture, melanin):
    for age in (5.0, 40.0, 85.0):
        white = sclera_texture.white(age, melanin)
        albedo = sclera_texture.paint(SCLERA, 256, LIMBUS, ROOT, 0, white)
        assert albedo.min() > 0 and albedo.max() < 0.75


@pytest.mark.blender
def test_a_child_has_bluer_and_a_dark_person_browner_whites(sclera_texture):
    child, adult_white, dark = (sclera_texture.white(*who) for who in ((4.0, 0.2), (40.0, 0.2), (40.0, 0.9)))
    assert child[2] / child[0] > adult_white[2] / adult_white[0] > dark[2] / dark[0]
    assert dark.sum() < adult_white.sum()


@pytest.mark.blender
def test_in_the_infrared_skin_is_the_brighter_one(sclera_texture):
    from synth.blender.skin_dyes import colour

    white = sclera_texture.white(40.0, 0.3)
    albedo = sclera_texture.paint(SCLERA, 256, LIMBUS, np.full(3, 0.2), 0, white, infrared=True)
    assert np.ptp(albedo, axis=2).max() < 1e-6
    assert np.median(albedo) < colour(0.6, 0.45, True)[0]


MONK = {1: 0.0, 2: 0.05, 3: 0.12, 4: 0.29, 5: 0.46, 6: 0.73, 7: 0.82, 8: 0.90, 9: 0.96, 10: 1.0}
"""Melanin of the ten swatches of the Monk scale, as docs/anatomy.md has it."""


def lightness(linear: np.ndarray) -> float:
    """CIE L*."""
    y = float(linear @ (0.2126, 0.7152, 0.0722))
    return 116 * np.cbrt(y) - 16 if y > 0.008856 else 903.3 * y


@pytest.mark.blender
def test_skin_spans_the_tones_of_people_in_order():
    from synth.blender.skin_dyes import colour

    for haemoglobin in (0.2, 0.45, 0.8):
        tones = [lightness(colour(melanin, haemoglobin)) for melanin in MONK.values()]
        assert np.all(np.diff(tones) < -0.3)
        assert tones[0] > 62 and tones[-1] < 28
        # Four equal parts of the lightness each hold some of the ten.
        assert len({int(4 * (tones[0] - tone) / (tones[0] - tones[-1] + 1e-9)) for tone in tones}) == 4


@pytest.mark.blender
def test_blood_makes_skin_redder_and_darker():
    from synth.blender.skin_dyes import colour

    for melanin in (0.0, 0.5, 1.0):
        colours = [colour(melanin, blood) for blood in np.linspace(0, 1.4, 8)]
        assert np.all(np.diff([c[0] / c[1] for c in colours]) > 0)
        assert np.all(np.diff([lightness(c) for c in colours]) < 0)


@pytest.mark.blender
def test_vessels_are_redder_than_the_white_and_more_where_the_eye_is_red(sclera_texture):
    white = sclera_texture.white(40.0, 0.2)

    def red(spec):
        albedo = sclera_texture.paint(spec, 512, LIMBUS, ROOT, 0, white)
        return (albedo[..., 0] / albedo[..., 1]).mean()

    assert red(dataclasses.replace(SCLERA, redness=0.9)) > red(SCLERA) > white[0] / white[1]


@pytest.mark.blender
def test_corner_is_measured_from_the_outer_corner_of_the_eye_on_the_same_side(parts):
    from synth.blender import skin

    (part,) = (part for part in parts if part.name == "skin")
    corner = skin.attributes(part)["corner"]
    rest, margin = part.attributes["rest"], part.attributes["margin"] > 0.9
    for side in (1, -1):
        mine = rest[:, 0] * side > 0
        assert corner[mine & margin, 0].max() == pytest.approx(0, abs=1e-9)
        assert -0.045 < corner[mine & margin, 0].min() < -0.02
        np.testing.assert_allclose(np.diff(corner[mine, 1]), np.diff(rest[mine, 1]), atol=1e-12)


@pytest.mark.blender
def test_the_white_knows_how_near_the_lids_are(parts):
    from synth.blender import eye

    named = {part.name: part for part in parts}
    sclera, skin = named["sclera_left"], named["skin"]
    near = eye.attributes(sclera, parts)["lid_near"]
    assert near.min() >= 0 and near.max() > 0.4
    margin = skin.vertices_head[skin.attributes["margin"] > 0.9]
    far = np.linalg.norm(sclera.vertices_head[:, None] - margin[None], axis=2).min(axis=1)
    order = np.argsort(far)
    assert (np.diff(near[order]) <= 1e-12).all()


@pytest.mark.blender
def test_lift_is_the_height_above_the_white(parts):
    from synth.blender import eye

    named = {part.name: part for part in parts}
    on_sphere = eye._above_sphere(named["sclera_left"].vertices_head, named["sclera_left"].vertices_head)
    assert np.abs(on_sphere).max() < 5e-5
    lift = eye.attributes(named["caruncle_left"], parts)["lift"]
    assert lift.min() < 0 and 0.0003 < lift.max() < 0.008
