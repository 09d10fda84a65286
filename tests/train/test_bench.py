"""`canthus bench train` finds the bench of training by name, and the bench measures every kind of network."""

import json

import pytest

from adapt.augment.strengths import Strengths
from synth.commands import bench as command
from synth.commands.bench import BenchConfig, What
from synth.config import compose
from synth.errors import ConfigError
from train import bench
from train.bench import FitBench, Speed


def test_fitting_is_measured_by_name(monkeypatch, tmp_path):
    seen = {}

    def bench_fit(name, options, strengths, batch_size, steps):
        seen.update(name=name, options=options, strengths=strengths, batch_size=batch_size, steps=steps)
        return FitBench(Speed(100.0, 80.0, 60.0), Speed(50.0, 40.0, 20.0))

    monkeypatch.setattr(bench, "bench_fit", bench_fit)
    command.run(BenchConfig(What.train, n=5, overrides=["experiment=fsanet"], out=str(tmp_path / "bench.json")))
    assert seen["name"] == "fsanet" and seen["options"] and seen["strengths"].mirror > 0 and seen["batch_size"] == 64
    assert seen["steps"] == 5
    found = json.loads((tmp_path / "bench.json").read_text())
    assert found["fit_of_bare"] == 0.6 and found["fit_of_plain"] == 0.75
    assert found["pictures_a_cpu_second"]["fit"] == 20.0 and found["threads"] >= 1


@pytest.mark.parametrize(
    ("name", "options", "strengths"),
    [
        ("resnet_preact", {"channels": 2, "stem_stride": 2}, Strengths(shift_px=1.0)),
        ("ssrnet_md", {}, Strengths()),
        ("elg", {"modules": 1, "channels": 2}, Strengths(shift_px=1.0)),
        ("itracker", {"side": 64}, Strengths()),
    ],
)
def test_every_kind_is_measured(name, options, strengths, monkeypatch):
    ticks = iter(range(10_000))
    monkeypatch.setattr(bench, "now", lambda: (float(tick := next(ticks)), 2.0 * tick))
    found = bench.bench_fit(name, options, strengths, batch_size=2, steps=3, rounds=2)
    # The clock ticks once a look, the CPU's twice: a lap is one tick, in which 2 x 3 pictures were seen.
    assert found.clock == Speed(6, 6, 6) and found.cpu == Speed(3, 3, 3) and found.clock.of_bare == 1


def test_a_network_that_does_not_exist_is_told():
    with pytest.raises(ConfigError, match="model=resnet9000: no such choice"):
        command.run(compose("synth.conf", "bench", BenchConfig, ["what=train", "overrides=['model=resnet9000']"]))
