"""Mixes of light as numbers: specs and pictures multiplied alike, drawn from streams of their own."""

import dataclasses
from collections import Counter

import numpy as np
import pytest

from synth import seeds
from synth.commands.render import RenderConfig, job
from synth.config import Range, compose
from synth.corpus import make_samples
from synth.draw.light import colour_of_temperature
from synth.draw.mix import draw_mix
from synth.errors import ConfigError
from synth.labels import everybody, label
from synth.mix import Mix, layers_of, mixed, mixed_light, mixed_spec, plain
from synth.pictures import draw_mixes
from synth.ranges.light import RelightRanges
from synth.shards import ShardPlan
from synth.spec import LampSpec, LightSpec, SceneSpec, from_json, to_json
from synth.stopwatch import Stopwatch
from tests.agreement.scenes import drawn
from tests.synth.plain_renderer import PlainRenderer

RANGES = RelightRanges(
    factor_log=Range(0.25, 4.0),
    off_probability=0.3,
    temperature_k=Range(4000.0, 9000.0),
    hue_probability=0.5,
    saturation=Range(0.1, 0.6),
)


def lamp(name, kind="area", power_w=2.0, colour=(1.0, 0.5, 0.25)):
    return LampSpec(kind, name, (0.1, -0.2, 0.3), (0.0, 0.0, 1.0), 0.01, 0.01, power_w, colour)


def light(*lamps, infrared=False, backdrop=None):
    return LightSpec(infrared, "city", 1.0, 0.5, backdrop, lamps)


LEDS = (lamp("led0", "point"), lamp("led1", "point"))


def radiated(lamps):
    return np.array([lamp.power_w * np.array(lamp.colour) for lamp in lamps])


def test_leds_are_one_layer_and_every_other_lamp_its_own():
    assert layers_of(light()) == ("sky",)
    assert layers_of(light(lamp("window0"), lamp("window1"), *LEDS)) == ("sky", "window0", "window1", "leds")


def test_a_spec_is_multiplied_as_its_layers_are():
    before = light(lamp("window0"), lamp("screen"), *LEDS)
    factors = {"sky": (0.5, 1.0, 3.0), "window0": (2.0, 2.0, 2.0), "screen": (0.0, 0.0, 0.0), "leds": (1.0, 0.0, 0.5)}
    after = mixed_light(before, Mix(factors))
    assert [each.name for each in after.lamps] == ["window0", "led0", "led1"]
    wanted = radiated(before.lamps)[[0, 2, 3]] * [factors["window0"], factors["leds"], factors["leds"]]
    np.testing.assert_allclose(radiated(after.lamps), wanted, rtol=1e-14)
    np.testing.assert_allclose(after.sky_strength * np.array(after.sky_tint), np.array(factors["sky"]) * 0.5)
    again = mixed_light(after, Mix({name: (2.0, 2.0, 2.0) for name in layers_of(after)}))
    np.testing.assert_allclose(again.sky_strength, 2 * after.sky_strength)
    np.testing.assert_allclose(again.sky_tint, after.sky_tint)
    layers = {name: np.full((1, 1, 3), i + 1.0, np.float32) for i, name in enumerate(layers_of(before))}
    np.testing.assert_allclose(mixed(layers, Mix(factors))[0, 0], [0.5 + 4 + 4, 1 + 4 + 0, 3 + 4 + 2])


def test_a_backdrop_goes_with_the_sky():
    words = ("light.backdrop.probability=1", "camera.width=32", "camera.height=32")
    spec = drawn(1, *words, experiment="portrait")
    factors = {name: (1.0, 1.0, 1.0) for name in layers_of(spec.light)} | {"sky": (0.5, 2.0, 1.0)}
    radiance = np.array(mixed_light(spec.light, Mix(factors)).backdrop.radiance)
    np.testing.assert_allclose(radiance, np.array(spec.light.backdrop.radiance) * (0.5, 2.0, 1.0))


def test_the_plain_mix_changes_nothing():
    spec = drawn(0)
    assert mixed_spec(spec, plain(spec.light), spec.index) == spec
    assert mixed_spec(spec, plain(spec.light), 9) == dataclasses.replace(spec, index=9)


def test_a_white_sky_is_written_as_before_there_were_tints():
    spec = drawn(0)
    assert "sky_tint" not in to_json(spec)["light"]
    assert from_json(SceneSpec, to_json(spec)) == spec
    tinted = dataclasses.replace(spec, light=dataclasses.replace(spec.light, sky_tint=(0.5, 1.0, 1.5)))
    assert to_json(tinted)["light"]["sky_tint"] == [0.5, 1.0, 1.5]
    assert from_json(SceneSpec, to_json(tinted)) == tinted


def test_mixes_are_drawn_as_their_ranges_say():
    before = light(lamp("window0"), lamp("sun", "sun"), *LEDS)
    mixes = [draw_mix(seeds.rng(0, i, "relight"), RANGES, before) for i in range(300)]
    off = Counter(name for mix in mixes for name, factors in mix.factors.items() if not any(factors))
    assert set(off) == {"window0", "sun"}, "sky and LEDs stay on"
    assert all(abs(off[name] / 300 - 0.3) < 0.08 for name in off)
    lit = np.array([factors for mix in mixes for factors in mix.factors.values() if any(factors)])
    strengths = np.log(lit.mean(axis=1))
    assert strengths.min() >= np.log(0.25) - 1e-9 and strengths.max() <= np.log(4) + 1e-9
    # Uniform in the logarithm: standard deviation (log 4 - log 0.25) / sqrt(12).
    assert abs(strengths.mean()) < 0.1 and abs(strengths.std() - np.log(16) / np.sqrt(12)) < 0.05
    assert len({tuple(mix.factors["sky"]) for mix in mixes}) == 300


def test_a_tint_without_hue_is_that_of_a_black_body():
    ranges = dataclasses.replace(
        RANGES, factor_log=Range(1.0, 1.0), temperature_k=Range(5000.0, 5000.0), hue_probability=0.0
    )
    mix = draw_mix(seeds.rng(0, 1, "relight"), ranges, light())
    np.testing.assert_allclose(mix.factors["sky"], colour_of_temperature(5000.0), rtol=1e-12)


def test_one_lamp_more_does_not_change_the_others():
    few, more = (
        draw_mix(seeds.rng(0, 3, "relight"), RANGES, light(lamp("window0"), *extra))
        for extra in ((), (lamp("screen"),))
    )
    assert all(more.factors[name] == factors for name, factors in few.factors.items())


def test_infrared_light_gets_no_colour():
    mix = draw_mix(seeds.rng(0, 2, "relight"), RANGES, light(*LEDS, infrared=True))
    assert all(len(set(factors)) == 1 for factors in mix.factors.values())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"factor_log": Range(0.0, 1.0)}, "factor_log"),
        ({"off_probability": 1.2}, "off_probability"),
        ({"temperature_k": Range(10.0, 20.0)}, "temperature_k"),
        ({"saturation": Range(0.0, 1.0)}, "saturation"),
    ],
)
def test_the_impossible_is_refused(change, said):
    with pytest.raises(ConfigError, match=said):
        dataclasses.replace(RANGES, **change)


def test_scenes_lie_whole_in_shards():
    plan = ShardPlan(20, 8, 4)
    assert [list(plan.scenes(shard)) for shard in range(3)] == [[0, 1], [2, 3], [4]]
    assert [i for scene in range(5) for i in plan.samples_of(scene)] == list(range(20))
    ragged = ShardPlan(10, 8, 4)
    assert list(ragged.scenes(1)) == [2] and list(ragged.samples_of(2)) == [8, 9]
    with pytest.raises(ConfigError, match="multiple, such as 96"):
        ShardPlan(200, 100, 8)
    with pytest.raises(ConfigError, match="scene_size=0"):
        ShardPlan(1, 1, 0)


@pytest.mark.parametrize("k", [2, 8])
def test_a_scene_makes_whole_samples_and_denoises_what_is_less(k):
    words = ["experiment=mpiigaze", "out=unused", "camera.width=12", "camera.height=8", "camera.supersample=1"]
    work = job(compose("synth.conf", "render", RenderConfig, [*words, f"relight={k}", f"n={2 * k}", f"shard_size={k}"]))
    renderer = PlainRenderer()
    samples = list(make_samples(work, renderer, 1, Stopwatch()))
    assert [sample.index for sample in samples] == list(range(k, 2 * k))
    assert [sample.scene["mix"] for sample in samples] == list(range(k))
    assert {sample.scene["index"] for sample in samples} == {1}
    specs = [from_json(SceneSpec, sample.spec) for sample in samples]
    layers = len(layers_of(specs[0].light))
    assert renderer.denoised_count == min(k, layers) and 2 < layers < 8
    mixes = draw_mixes(work.ranges.light.relight, dataclasses.replace(specs[0], index=1), k)
    assert [sample.scene["factors"] for sample in samples] == [mix.to_json() for mix in mixes]
    for sample, spec in zip(samples, specs, strict=True):
        assert spec.index == sample.index and spec.people == specs[0].people
    # The stored spec is enough: labels follow from it, one glint for each lamp that is on.
    people = everybody(specs[-1])
    assert label(specs[-1], *people).to_json() == samples[-1].labels
    assert len(samples[-1].labels["eyes"]["left"]["glints_px"]) == len(specs[-1].light.lamps)
