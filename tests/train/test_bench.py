"""`canthus bench what=fit` finds the bench of training by name (test_fit.py tries the bench itself)."""

import json

import pytest

from synth.commands import bench as command
from synth.commands.bench import BenchConfig, What
from synth.config import compose
from synth.errors import ConfigError
from train import bench
from train.bench import FitBench


def test_fitting_is_measured_by_name(monkeypatch, tmp_path):
    seen = {}

    def bench_fit(name, options, strengths):
        seen.update(name=name, options=options, strengths=strengths)
        return FitBench(100.0, 80.0, 50.0)

    monkeypatch.setattr(bench, "bench_fit", bench_fit)
    command.run(BenchConfig(What.fit, overrides=["model=lenet"], out=str(tmp_path / "bench.json")))
    assert seen["name"] == "lenet" and seen["options"] and seen["strengths"].shift_px > 0
    assert json.loads((tmp_path / "bench.json").read_text())["overhead"] == 2.0


def test_a_network_that_does_not_exist_is_told():
    with pytest.raises(ConfigError, match="model"):
        command.run(compose("synth.conf", "bench", BenchConfig, ["what=fit", "overrides=[model=resnet9000]"]))
