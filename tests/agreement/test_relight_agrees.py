"""Layers of one path trace against pictures that Cycles traces and denoises itself under the same light."""

import dataclasses

import numpy as np
import pytest

from synth.commands.render import RenderConfig
from synth.commands.render import job as render_job
from synth.config import compose
from synth.corpus import Job, Rasters, make_samples
from synth.labels import geometry
from synth.mix import Mix, layers_of, mixed, mixed_spec
from synth.picture import develop
from synth.shards import Encoding, ShardPlan
from synth.spec import SceneSpec, from_json
from synth.stopwatch import Stopwatch
from tests.agreement.scenes import drawn

SMALL = ("camera.width=24", "camera.height=16", "camera.supersample=1", "subject.glasses.probability=0")
FACTORS = {"sky": (0.4, 0.5, 0.7), "window0": (1.5, 1.0, 0.5), "room0": (0.0, 0.0, 0.0), "screen": (6.0, 6.0, 6.0)}


@pytest.fixture(scope="module")
def scene():
    """A scene lit by a sky, a window, a lamp of the room and a screen."""
    words = ("light.windows.count_probabilities=[0,1]", "light.rooms.count_probabilities=[0,1]")
    spec = drawn(3, *SMALL, *words, "light.screen.probability=1", "light.sun.probability=0")
    return spec, geometry(spec)


@pytest.fixture
def samples(session):
    """Set the number of paths a pixel; it is put back."""
    cycles = session.scene.cycles
    kept = cycles.samples
    yield lambda count: setattr(cycles, "samples", count)
    cycles.samples = kept


def test_layers_add_up_to_the_picture(session, scene, below):
    plain = session.render(*scene).linear_rgb
    traced = session.layers(*scene)
    assert tuple(traced.linear_rgb) == layers_of(scene[0].light) == tuple(FACTORS)
    np.testing.assert_array_equal(traced.combined, plain)
    total = np.sum([layer.astype(np.float64) for layer in traced.linear_rgb.values()], axis=0)
    # Sums of as many numbers in single precision as a pixel has paths; the pupil may be black.
    below("sum of the layers, relative to the picture", np.abs((total - plain) / (plain + 1e-6)).max(), 1e-5)
    assert all(layer.max() > 0.01 * plain.mean() for layer in traced.linear_rgb.values())
    np.testing.assert_array_equal(session.render(*scene).linear_rgb, plain)


def test_our_denoiser_is_that_of_cycles(session, scene, below):
    cycles, engine = session.scene.cycles, session.engine
    cycles.use_denoising, session.engine = True, dataclasses.replace(engine, denoise=True, threads=1)
    try:
        theirs = session.render(*scene).linear_rgb
        traced = session.layers(*scene)
        ours = session.denoised(traced.combined, traced)
    finally:
        cycles.use_denoising, session.engine = False, engine
    assert np.abs(traced.combined - theirs).max() > 0.01 * theirs.mean()
    below("our denoising against Cycles', relative to the mean", np.abs(ours - theirs).max() / theirs.mean(), 1e-3)
    assert session.denoised(traced.combined, traced) is traced.combined, "the engine asks for none"


def direct_and_mixed(session, spec, people, mix):
    """Two noisy pictures of either kind, by other random numbers."""

    def numbered(scene, number):
        return dataclasses.replace(scene, index=number)

    lit = mixed_spec(spec, mix, 0)
    direct = [session.render(numbered(lit, number), people).linear_rgb for number in (101, 102)]
    mixes = [mixed(session.layers(numbered(spec, number), people).linear_rgb, mix) for number in (103, 104)]
    return np.array([direct, mixes], dtype=np.float64)


def test_a_mix_is_a_picture_in_that_light(session, scene, samples, below):
    samples(256)
    pictures = direct_and_mixed(session, *scene, Mix(FACTORS))
    means = pictures.mean(axis=1)
    # Twice the variance of a mean of two is estimated by their difference; fireflies are left out of both.
    noise = np.abs(pictures[:, 0] - pictures[:, 1]) / 2
    difference = np.abs(means[0] - means[1])
    below("a mix against a direct render, over the noise", np.median(difference) / np.median(np.hypot(*noise)), 1.25)
    whole = means.mean(axis=(1, 2))
    below("a mix against a direct render, the whole picture", np.abs(whole[1] / whole[0] - 1).max(), 0.03)
    # It is the light that makes them alike: as the scene was lit, it is another picture.
    other = session.render(*scene).linear_rgb
    assert np.abs(other.mean(axis=(0, 1)) / whole[0] - 1).max() > 0.2


def test_a_backdrop_is_mixed_with_the_sky(session, samples, below):
    words = ("light.backdrop.probability=1", "camera.width=24", "camera.height=24")
    spec = drawn(2, *words, experiment="portrait")
    people = geometry(spec)
    samples(64)
    mix = Mix({name: (2.0, 2.0, 2.0) for name in layers_of(spec.light)} | {"sky": (0.25, 0.5, 1.0)})
    pictures = direct_and_mixed(session, spec, people, mix).mean(axis=1)
    behind = session.rasters(spec, people, normal=False).mask == 0
    behind = np.repeat(np.repeat(behind, spec.camera.supersample, 0), spec.camera.supersample, 1)
    ratio = np.median(pictures[1][behind] / pictures[0][behind], axis=0)
    below("a mixed backdrop against a direct one, relative", np.abs(ratio - 1).max(), 0.02)


def test_a_stored_spec_gives_its_picture_again(session, scene, samples, below):
    """Through the corpus: what is stored says in which light a picture was taken."""
    samples(128)
    words = ("light.screen.probability=1", *SMALL)
    config = compose("synth.conf", "render", RenderConfig, ["experiment=mpiigaze", "out=unused", "seed=11", *words])
    work: Job = dataclasses.replace(
        render_job(config), plan=ShardPlan(3, 3, 3), relight=3, encoding=Encoding(), rasters=Rasters(mask=True)
    )
    made = list(make_samples(work, session, 0, Stopwatch()))
    assert [sample.index for sample in made] == [0, 1, 2] and made[0].mask is made[2].mask
    for sample in made:
        spec = from_json(SceneSpec, sample.spec)
        again = develop(session.render(spec, geometry(spec)).linear_rgb, spec)
        below("a stored picture against a new one, of 255", np.median(np.abs(again.astype(float) - sample.picture)), 4)
    assert np.abs(made[1].picture.astype(float) - made[2].picture).mean() > 4
