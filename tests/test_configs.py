"""Every configuration file of every package composes, with every choice and every preset it offers."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from synth.commands.cli import VERBS, load
from synth.config import choices, compose_tree, groups

ROOT = Path(__file__).parent.parent
# A verb's file is named after it, so that nothing heavy is imported before the tests run.
FILES = {verb: ROOT / entry.conf.replace(".", "/") / f"{verb}.yaml" for verb, entry in VERBS.items()}
OFFERED = {verb: choices(VERBS[verb].conf, verb) for verb, path in FILES.items() if path.exists()}
PACKAGES = [package for package in ("synth", "adapt", "train") if (ROOT / package / "conf").is_dir()]


@pytest.mark.parametrize("verb", VERBS)
def test_the_defaults_compose(verb):
    module = load(verb)
    assert verb == module.CONFIG_NAME
    tree = compose_tree(VERBS[verb].conf, verb, module.CONFIG)
    assert OmegaConf.get_type(tree) is module.CONFIG


@pytest.mark.parametrize(
    ("verb", "choice"),
    [
        (verb, f"{group}={option}")
        for verb, offered in OFFERED.items()
        for group, options in offered.items()
        for option in options
    ],
)
def test_every_choice_composes(verb, choice):
    compose_tree(VERBS[verb].conf, verb, load(verb).CONFIG, [choice])


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_is_reached(package):
    for group, options in groups(f"{package}.conf").items():
        assert any(set(options) <= set(offered.get(group, [])) for offered in OFFERED.values()), group
    assert {path for path in (ROOT / package / "conf").glob("*.yaml")} <= set(FILES.values())
