"""Every configuration file of every package composes, with every choice and every preset it offers."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from synth.commands.cli import VERBS, available, load
from synth.config import choices, compose_tree, groups

ROOT = Path(__file__).parent.parent
VERBS_HERE = sorted(available())
PACKAGES = [package for package in ("synth", "adapt", "train") if (ROOT / package / "conf" / "__init__.py").exists()]


def _choices() -> list[tuple[str, str]]:
    found = []
    for verb in VERBS_HERE:
        for group, options in choices(VERBS[verb].conf, load(verb).CONFIG_NAME).items():
            found += [(verb, f"{group}={option}") for option in options]
    return found


@pytest.mark.parametrize("verb", VERBS_HERE)
def test_the_defaults_compose(verb):
    module = load(verb)
    tree = compose_tree(VERBS[verb].conf, module.CONFIG_NAME, module.CONFIG)
    assert OmegaConf.get_type(tree) is module.CONFIG


@pytest.mark.parametrize(("verb", "choice"), _choices())
def test_every_choice_composes(verb, choice):
    module = load(verb)
    compose_tree(VERBS[verb].conf, module.CONFIG_NAME, module.CONFIG, [choice])


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_is_reached(package):
    verbs = {verb: load(verb).CONFIG_NAME for verb in VERBS_HERE}
    chosen = [choices(VERBS[verb].conf, name) for verb, name in verbs.items()]
    for group, options in groups(f"{package}.conf").items():
        assert any(set(options) <= set(offered.get(group, [])) for offered in chosen), group
    roots = {path.stem for path in (ROOT / package / "conf").glob("*.yaml")}
    assert roots == {name for verb, name in verbs.items() if VERBS[verb].conf == f"{package}.conf"}
