"""OpenGL against Cycles and against the labels: three readings of one scene."""

import numpy as np
import pytest

from synth.errors import RenderError
from synth.labels import geometry, label
from tests.agreement.scenes import drawn, enlarged, near_eye, parts_of
from tests.agreement.test_contours_agree import IRIS, PUPIL, TIMES, changes_px, distances_px

GLASSES = 8
SCENES = [
    lambda: near_eye((0, 0)),
    lambda: near_eye((-15, 25), (10, -15), "right", fy_px=6100.0, cx_px=231.4, cy_px=171.8),
    lambda: drawn(3, experiment="unityeyes"),
    lambda: enlarged(drawn(1, "subject.glasses.probability=1"), 6),
]


@pytest.fixture(scope="module")
def raster(egl):
    from synth.raster.session import RasterSession

    with RasterSession() as opened:
        yield opened


def overlap(a, b, ids):
    """Intersection over union of where two masks show any of `ids`."""
    one, other = np.isin(a, ids), np.isin(b, ids)
    return (one & other).sum() / (one | other).sum()


@pytest.mark.parametrize("make", SCENES)
def test_two_renderers_see_the_same(session, raster, below, make):
    spec = make()
    subject = geometry(spec)
    opaque = [part.material for part in subject.parts if part.material not in ("cornea", "tear", "glasses_lens")]
    ours = raster.render(spec, subject)
    bare = session.rasters(spec, parts_of(subject, *opaque), normal=False)
    assert {1, 2, 3} <= set(np.unique(ours.mask))
    for identity in np.unique(ours.mask):
        away = 1 - overlap(ours.mask, bare.mask, identity)
        below("OpenGL and Cycles, 1 - IoU of a class without cornea", away, 0.01)
    both = (ours.mask == bare.mask) & (ours.mask > 0)
    depth = np.abs(ours.depth_m[both] - bare.depth_m[both])
    below("OpenGL and Cycles, median of depth, m", np.median(depth), 1e-4)
    below("OpenGL and Cycles, 99th percentile of depth, m", np.percentile(depth, 99), 1e-4)
    assert np.isinf(ours.depth_m[ours.mask == 0]).all()

    # OpenGL bends no light: the cornea's outline stays where it is, but a lens moves all that is behind it.
    through = session.rasters(spec, parts_of(subject, *opaque, "cornea", "tear"), hair=False, normal=False)
    for ids in ((1,), (2,), (IRIS, PUPIL)):
        away = 1 - overlap(ours.mask, through.mask, ids)
        below("OpenGL and Cycles, 1 - IoU of a class through the cornea", away, 0.01)


@pytest.mark.parametrize("make", SCENES[:3])
def test_the_pupil_without_its_cornea_is_where_the_labels_have_it(raster, below, make):
    spec = make()
    subject = geometry(spec)
    eye = label(spec, subject).eyes[spec.subject_eye]
    mask = raster.render(enlarged(spec, TIMES), parts_of(subject, "iris", "pupil")).mask
    away = distances_px(eye.points["pupil"].px, changes_px(mask, (PUPIL,), (IRIS,)))
    below("pupil without cornea against OpenGL, px", away.max(), 0.3)


def test_frames_of_glasses_are_drawn_and_lenses_are_not(raster):
    spec = SCENES[3]()
    subject = geometry(spec)
    assert (raster.render(spec, subject).mask == GLASSES).any()
    assert (raster.render(spec, parts_of(subject, "glasses_lens", "iris")).mask != GLASSES).all()


def test_pictures_do_not_depend_on_those_before(raster):
    specs = [make() for make in SCENES[1:3]]
    first, _, again = (raster.render(spec, geometry(spec)) for spec in (specs[0], specs[1], specs[0]))
    np.testing.assert_array_equal(first.mask, again.mask)
    np.testing.assert_array_equal(first.depth_m, again.depth_m)


def test_nothing_before_the_lens_is_an_error_that_names_the_scene(raster):
    spec = SCENES[0]()
    with pytest.raises(RenderError, match=r"seed 11, index 0: nothing lies before the lens"):
        raster.render(spec, parts_of(geometry(spec), "cornea"))


def test_no_opengl_is_one_clear_line(egl, monkeypatch):
    from synth.raster.session import RasterSession

    def refuse(*size):
        raise RuntimeError("eglInitialize failed")

    monkeypatch.setattr(egl, "OffscreenRenderer", refuse)
    with pytest.raises(RenderError, match=r"no headless OpenGL here .*eglInitialize failed.*canthus doctor") as caught:
        RasterSession()
    assert "\n" not in str(caught.value)
