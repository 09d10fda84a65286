"""One session for many pictures: the same spec, the same pixels, and nothing that piles up."""

import dataclasses

import numpy as np
import pytest

from synth.commands.render import RenderConfig, job
from synth.config import compose
from synth.corpus import draw_useful
from synth.labels import geometry
from synth.stopwatch import Stopwatch
from tests.agreement.scenes import drawn, with_camera, with_person


@pytest.fixture(scope="module")
def scenes():
    """Different people, skies, lamps and sizes; the glasses of some change the number of parts."""
    out = []
    for index, overrides in ((0, ["subject.glasses.probability=0"]), (1, ["subject.glasses.probability=1"]), (2, [])):
        spec = drawn(index, *overrides)
        out.append((spec, geometry(spec)))
    return out


def test_a_picture_does_not_depend_on_those_before_it(session, scenes):
    first = session.render(*scenes[0]).linear_rgb
    others = [session.render(*scene).linear_rgb for scene in scenes[1:]]
    assert not np.array_equal(first, others[0])
    np.testing.assert_array_equal(session.render(*scenes[0]).linear_rgb, first)


def test_every_subject_wears_its_own_iris(session, scenes):
    """Forwards and backwards, so that no painting can be left over from another subject."""
    spec, shape = scenes[0]

    def with_iris(melanin):
        eyes = {
            side: dataclasses.replace(
                eye, iris=dataclasses.replace(eye.iris, melanin=melanin, texture_seed=round(100 * melanin))
            )
            for side, eye in (("left", spec.subject.left), ("right", spec.subject.right))
        }
        return with_person(spec, subject=dataclasses.replace(spec.subject, **eyes))

    specs = [with_iris(melanin) for melanin in (0.05, 0.9, 0.4, 0.7)]
    forwards = [session.render(item, shape).linear_rgb for item in specs]
    backwards = [session.render(item, shape).linear_rgb for item in reversed(specs)][::-1]
    for one, other in zip(forwards, backwards, strict=True):
        np.testing.assert_array_equal(one, other)
    assert np.abs(forwards[0] - forwards[1]).max() > 0.02
    assert np.abs(forwards[1] - forwards[2]).max() > 0.002


def test_rasters_leave_pictures_alone(session, scenes):
    first = session.render(*scenes[1]).linear_rgb
    one = session.rasters(*scenes[0])
    session.rasters(*scenes[1])
    other = session.rasters(*scenes[0])
    np.testing.assert_array_equal(one.mask, other.mask)
    np.testing.assert_array_equal(one.depth_m, other.depth_m)
    np.testing.assert_array_equal(session.render(*scenes[1]).linear_rgb, first)


def test_a_picture_after_rasters_of_the_same_scene_is_the_picture(session, scenes):
    spec, people = scenes[0]
    plain = session.render(spec, people).linear_rgb
    session.render(*scenes[1])
    session.rasters(spec, people)
    np.testing.assert_array_equal(session.render(spec, people).linear_rgb, plain)
    session.rasters(spec, people)
    other = session.render(dataclasses.replace(spec, index=spec.index + 1), people).linear_rgb
    assert (other != plain).any(), "the noise is that of the index"


def test_no_data_piles_up(session, scenes, blender):
    def count():
        data = blender.data
        return {
            name: len(getattr(data, name))
            for name in ("meshes", "objects", "materials", "images", "hair_curves", "lights")
        }

    for scene in scenes:
        session.render(*scene)
        session.rasters(*scene)
    before = count()
    for scene in scenes:
        session.render(*scene)
        session.rasters(*scene)
    assert count() == before


def test_the_size_is_that_of_the_camera(session, scenes):
    spec = with_camera(scenes[0][0], width=30, height=18, supersample=3)
    frame = session.render(spec, scenes[0][1])
    assert frame.linear_rgb.shape == (54, 90, 3) and frame.linear_rgb.dtype == np.float32
    out = session.rasters(spec, scenes[0][1])
    assert out.mask.shape == out.depth_m.shape == (18, 30) and out.normal_cam.shape == (18, 30, 3)


def test_an_infrared_scene_is_grey(session):
    spec = drawn(4, "light=nir", "subject.glasses.probability=1")
    rgb = session.render(spec, geometry(spec)).linear_rgb
    assert rgb.mean() > 0
    assert np.abs(rgb - rgb.mean(axis=2, keepdims=True)).max() < 0.02 * rgb.max()


def test_a_scene_may_lack_lashes_in_its_rasters(session, scenes):
    spec = with_camera(scenes[0][0], width=120, height=72, fx_px=1920.0, fy_px=1920.0, cx_px=60.0, cy_px=36.0)
    assert (session.rasters(spec, scenes[0][1], normal=False).mask == 6).any()
    assert not np.isin(session.rasters(spec, scenes[0][1], hair=False, normal=False).mask, (6, 7)).any()


def test_a_picture_does_not_depend_on_many_before_it(session):
    """Eyes at laptops: sides, lamps, skies and glasses come and go between two drawings of one picture."""
    ranges = job(compose("synth.conf", "render", RenderConfig, ["out=unused", "experiment=mpiigaze"])).ranges
    pictures = []
    for index in (10, 24, *range(11)):
        spec, people, *_ = draw_useful(ranges, 1, index, Stopwatch())
        pictures.append(session.render(spec, *people).linear_rgb)
    np.testing.assert_array_equal(pictures[0], pictures[-1])
