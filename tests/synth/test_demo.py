"""The demonstration: its steps are commands that exist, one reads what another wrote, and the report shows them."""

import json

import pytest

from synth.commands import cli, demo
from synth.commands.demo import DemoConfig
from synth.config import compose_tree
from synth.errors import ConfigError, DataError, ProjectError

SCORE = {"ensemble": {"raw": 5.4321, "offset_free": 4.1, "mean_predictor": 8.4}}
PIXEL = bytes.fromhex("89504e470d0a1a0a")


@pytest.mark.parametrize("step", demo.steps(DemoConfig(real=".")), ids=lambda step: step.title)
def test_every_step_is_a_command_that_composes(step):
    module = cli.load(step.verb)
    tree = compose_tree(cli.VERBS[step.verb].conf, module.CONFIG_NAME, module.CONFIG, step.overrides)
    assert str(tree.out) == step.overrides[-1].removeprefix("out=") or step.verb == "fit"


def test_people_to_learn_from_and_to_measure_on_are_drawn_apart():
    first, second = demo.steps(DemoConfig(seed=4))[:2]
    assert "seed=4" in first.overrides and "seed=5" in second.overrides


def test_real_eyes_only_where_they_were_given():
    verbs = [step.verb for step in demo.steps(DemoConfig())]
    assert verbs == ["render", "render", "inspect", "fit", "evaluate"]
    assert [step.verb for step in demo.steps(DemoConfig(real="."))] == [*verbs, "evaluate"]


@pytest.mark.parametrize("wrong", [{"n": 0}, {"n_test": 1}, {"epochs": 0}, {"seed": -1}, {"real": "no/such/file"}])
def test_impossible_values(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        DemoConfig(**wrong)


def test_all_steps_are_taken_and_the_report_holds_their_numbers_and_pictures(tmp_path, monkeypatch, capsys):
    taken = []

    def call(verb, overrides):
        taken.append(verb)
        folder = next(word.removeprefix("out=") for word in overrides if word.startswith("out="))
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        if verb == "evaluate":
            (tmp_path / folder / "report.json").write_text(json.dumps(SCORE))
            (tmp_path / folder / "worst.png").write_bytes(PIXEL)
        if verb == "inspect":
            (tmp_path / folder / "report.html").write_text("")

    monkeypatch.setattr(demo, "call", call)
    config = DemoConfig(out=str(tmp_path / "demo"))
    demo.run(config)
    assert taken == [step.verb for step in demo.steps(config)]
    text = (tmp_path / "demo" / "report.html").read_text()
    for words in (
        "5.43 degrees",
        "4.10 degrees",
        "8.40 degrees",
        "data:image/png;base64,iVBORw0KGgo=",
        'href="corpus/report.html"',
    ):
        assert words in text
    printed = capsys.readouterr().out
    assert all(step.command in printed for step in demo.steps(config))


def test_a_step_that_fails_says_which_and_ends_the_run(tmp_path, monkeypatch):
    def call(verb, overrides):
        if verb == "fit":
            raise DataError("shard-000000.tar is cut short")

    monkeypatch.setattr(demo, "call", call)
    with pytest.raises(ProjectError, match=r"^fit: shard-000000\.tar is cut short$"):
        demo.run(DemoConfig(out=str(tmp_path)))
    assert not (tmp_path / "report.html").exists()
