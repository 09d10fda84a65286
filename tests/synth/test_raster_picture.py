"""The preview by OpenGL: closed forms of its light, silhouettes against the id mask, labels that know nothing of it."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from assets.part import Strands
from synth.commands import cli, render
from synth.commands.render import RenderConfig
from synth.config import compose
from synth.corpus import draw_useful, make_sample, make_samples
from synth.errors import RenderError
from synth.labels import geometry
from synth.spec import LampSpec, LightSpec, to_json
from synth.stopwatch import Stopwatch
from tests.agreement.scenes import drawn, part, sphere_cam, tilted, with_person

DARK = LightSpec(infrared=False, sky="city", sky_rotation_rad=0.0, sky_strength=0.0, backdrop=None, lamps=())


def lamp(kind, position_m=(0.0, 0.0, 0.0), direction=(0.0, 0.0, 1.0), power_w=1.0, colour=(1.0, 1.0, 1.0)):
    return LampSpec(kind, kind, position_m, direction, 0.1, 0.1, power_w, colour)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (lamp("sun", power_w=3.0), 3.0),
        (lamp("sun", direction=(0.0, 0.0, -1.0)), 0.0),
        (lamp("point", power_w=4 * np.pi), 1 / 0.25),
        (lamp("area", power_w=np.pi), 1 / 0.25),
        # At 45 degrees to the lamp's axis and to the surface alike, sqrt(2) times as far.
        (lamp("area", position_m=(0.5, 0.0, 0.0), power_w=np.pi), 0.5 / 0.5),
        (lamp("area", position_m=(0.0, 0.0, 1.0), power_w=np.pi), 0.0),
    ],
)
def test_lamps_light_by_their_closed_forms(one, expected):
    from synth.raster.shade import irradiance

    light = dataclasses.replace(DARK, lamps=(one,))
    found = irradiance(light, np.array([[0.0, 0.0, 0.5]]), np.array([[0.0, 0.0, -1.0]]), np.array([0.0, -1.0, 0.0]))
    np.testing.assert_allclose(found, np.full((1, 3), expected), atol=1e-12)


def test_the_sky_lights_from_above_and_an_infrared_lamp_is_grey():
    from synth.raster.shade import FROM_BELOW, SKY_W_M2, irradiance

    up = np.array([0.0, -1.0, 0.0])
    facing = np.stack([up, -up, [1.0, 0.0, 0.0]])
    found = irradiance(dataclasses.replace(DARK, sky_strength=2.0), np.ones((3, 3)), facing, up)
    np.testing.assert_allclose(found[:, 0], 2 * SKY_W_M2 * np.array([1.0, FROM_BELOW, (1 + FROM_BELOW) / 2]))
    light = dataclasses.replace(DARK, infrared=True, lamps=(lamp("sun", colour=(1.0, 0.0, 0.0)),))
    found = irradiance(light, np.zeros((1, 3)), np.array([[0.0, 0.0, -1.0]]), up)
    np.testing.assert_allclose(found, np.full((1, 3), 0.2126))


def test_normals_of_a_sphere_point_away_from_its_middle():
    from synth.raster.shade import normals

    centre = np.array([0.1, -0.2, 0.7])
    points, faces = sphere_cam(centre, 0.05)
    triangles = np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]])
    found, outwards = normals(points, triangles), (points - centre) / 0.05
    assert np.abs(np.abs((found * outwards).sum(axis=1)) - 1).max() < 1e-3
    np.testing.assert_array_equal(normals(np.zeros((4, 3)), np.array([[0, 1, 2]])), np.tile([0.0, 0.0, -1.0], (4, 1)))


def test_ribbons_are_as_broad_as_the_hairs_and_face_the_lens():
    from synth.raster.ribbons import ribbons

    rng = np.random.default_rng(0)
    hairs = np.array([0.0, 0.0, 0.5]) + np.cumsum(rng.normal(0, 0.005, (5, 7, 3)), axis=1)
    radius = rng.uniform(1e-4, 1e-3, (5, 7))
    made = ribbons(hairs, radius, np.array([0.0, 0.0, 0.6]))
    left, right = made.points_cam.reshape(2, 5, 7, 3)
    np.testing.assert_allclose((left + right) / 2, hairs)
    np.testing.assert_allclose(np.linalg.norm(right - left, axis=-1), 2 * radius)
    assert np.abs(((right - left) * hairs).sum(axis=-1)).max() < 1e-12  # across the line of sight
    assert made.triangles.shape == (5 * 6 * 2, 3) and set(made.triangles.ravel()) == set(range(70))
    assert (made.triangles % 35 // 7).ptp(axis=1).max() == 0  # none joins two hairs


def straight(sun=(0.0, 0.0, 1.0)):
    """A scene whose head's frame is the camera's, in the sun alone."""
    spec = tilted(3, width=60, height=48, fx_px=300.0, fy_px=320.0, cx_px=27.0, cy_px=25.0)
    light = dataclasses.replace(DARK, lamps=(lamp("sun", direction=tuple(sun)),))
    still = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    spec = with_person(spec, cam_from_head_rotation=still, cam_from_head_translation_m=(0.0, 0.0, 0.0))
    return dataclasses.replace(spec, light=light)


@pytest.fixture(scope="module")
def preview(egl):
    from synth.raster.picture import PreviewSession

    with PreviewSession() as opened:
        yield opened


@pytest.mark.egl
def test_a_matt_ball_in_the_sun_follows_lambert(preview):
    """Against a second reading: rays through the middles of the pixels, met with the sphere."""
    from synth.raster.shade import normals

    sun = np.array([0.4, 0.3, 0.8])
    spec = straight(sun)
    centre, radius = np.array([0.0, 0.0, 0.6]), 0.03
    points, faces = sphere_cam(centre, radius)
    outwards = np.einsum("ij,ij->i", normals(points, faces[:, :3]), points - centre).mean() > 0
    ball = part("ball", points, faces if outwards else faces[:, ::-1], 1)
    frame = preview.render(spec, SimpleNamespace(parts=(ball,), strands=()))
    u, v = np.meshgrid(np.arange(60) + 0.5, np.arange(48) + 0.5)
    rays = np.stack([(u - 27) / 300, (v - 25) / 320, np.ones_like(u)], axis=-1)
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    along = rays @ centre
    inside = along**2 - centre @ centre + radius**2
    met = inside > (0.35 * radius) ** 2  # away from the silhouette, whose pixels are partly covered
    facing = (rays * (along - np.sqrt(np.maximum(inside, 0)))[..., None] - centre) / radius
    lit = np.maximum(-facing @ sun / np.linalg.norm(sun), 0) * 0.3 / np.pi
    assert met.sum() > 100 and (frame.alpha[met] == 1).all() and (frame.alpha[inside < -(0.01**2)] == 0).all()
    assert np.abs(frame.linear_rgb[..., 1] - lit)[met].max() < 0.02 * lit.max()


@pytest.mark.egl
def test_what_is_drawn_lies_where_the_id_mask_has_it(preview):
    spec = drawn(3, "camera.width=200", "camera.height=200", experiment="portrait")
    bare = SimpleNamespace(parts=geometry(spec).parts, strands=())
    frame = preview.render(spec, bare)
    mask = preview.raster.render(spec, bare).mask
    assert spec.camera.supersample == 1 and frame.linear_rgb.shape == (200, 200, 3)
    assert np.mean((mask > 0) != (frame.alpha > 0)) < 0.005


@pytest.mark.egl
def test_hairs_are_drawn_and_darken(preview):
    spec = straight()
    points = np.array([[[-0.02, 0.0, 0.5], [0.02, 0.01, 0.5]]])
    hair = Strands("lash_upper_left", points, np.full((1, 2), 0.001), "lash", 6)
    corners = np.array([[-1.0, -1.0, 0.7], [1.0, -1.0, 0.7], [1.0, 1.0, 0.7], [-1.0, 1.0, 0.7]])
    wall = part("wall", corners, np.array([[0, 3, 2, 1]]), 1)
    without = preview.render(spec, SimpleNamespace(parts=(wall,), strands=())).linear_rgb
    with_hair = preview.render(spec, SimpleNamespace(parts=(wall,), strands=(hair,))).linear_rgb
    changed = np.abs(with_hair - without).max(axis=2) > 0.05 * without.max()
    # 41 mm by 2 mm at 300 and 320 px/m and half a metre, of 60 x 48 pixels.
    assert without.min() > 0 and (with_hair[changed] < without[changed]).all()
    assert 0.8 < changed.sum() / (41.2 * 2 * 0.6 * 0.64) < 2.0


@pytest.mark.egl
def test_pictures_repeat_and_only_they_differ_from_another_engines(preview):
    words = ["experiment=mpiigaze", "engine=raster", "out=unused"]
    job = render.job(compose("synth.conf", "render", RenderConfig, words))
    first, _, again = (make_sample(job, preview, index, Stopwatch()) for index in (2, 0, 2))
    np.testing.assert_array_equal(first.picture, again.picture)
    assert first.picture.shape == (36, 60) and np.ptp(first.picture) > 60
    spec, _, labels, rejected = draw_useful(job.ranges, job.seed, 2, Stopwatch())
    assert first.labels == labels.to_json() and first.spec == to_json(spec) and first.rejected == rejected


@pytest.mark.egl
def test_views_are_drawn_and_many_lights_are_not(preview):
    words = ["experiment=mpiigaze", "engine=raster", "views=[scene,left_patch,right_eye]", "n=3"]
    words += ["shard_size=3", "out=unused"]
    job = render.job(compose("synth.conf", "render", RenderConfig, words))
    views = list(make_samples(job, preview, 0, Stopwatch()))
    assert [sample.picture.shape for sample in views] == [(36, 60), (36, 60), (96, 160)]
    assert all(np.ptp(sample.picture) > 60 for sample in views)
    with pytest.raises(RenderError, match="seed 0, index 0: this renderer draws no layers of light"):
        make_sample(dataclasses.replace(job, relight=2), preview, 0, Stopwatch())


@pytest.mark.parametrize(
    ("engine", "word", "said"),
    [
        ("raster", "rasters.depth=true", "rasters.depth=true: engine=raster draws a picture alone"),
        ("raster", "relight=2", "relight=2: engine=raster draws no layers of light"),
        ("eevee", "relight=2", "relight=2: engine=eevee draws no layers of light"),
    ],
)
def test_what_opengl_cannot_draw_is_refused_before_any_work(tmp_path, capsys, engine, word, said):
    folder = tmp_path / "eyes"
    assert cli.main(["render", "experiment=mpiigaze", f"engine={engine}", word, f"out={folder}"]) == 1
    assert said in capsys.readouterr().err and not folder.exists()


@pytest.mark.egl
def test_nothing_before_the_lens_and_rasters_are_errors_that_name_the_scene(preview):
    spec = drawn(0)
    with pytest.raises(RenderError, match="seed 11, index 0: nothing lies before the lens"):
        preview.render(spec, SimpleNamespace(parts=(), strands=()))
    with pytest.raises(RenderError, match=r"seed 11, index 0: OpenGL's preview makes no rasters"):
        preview.rasters(spec, normal=False, uv=False)
