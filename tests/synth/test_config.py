"""Configurations: what composes, and the one line that each fault is told in."""

import math
import pickle
import sys
from dataclasses import dataclass, field
from enum import Enum

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from synth.config import Range, choices, comments, compose, compose_tree, groups, source_digest, write_resolved
from synth.errors import ConfigError, RejectedSceneError


class Light(Enum):
    visible = "visible"
    nir = "nir"


@dataclass
class Camera:
    focal_px: Range = field(default_factory=lambda: Range(0, 1))
    ranges: list[Range] = field(default_factory=list)


@dataclass
class Noise:
    sigma: float = 1.0


@dataclass
class Toy:
    out: str = "???"
    n: int = 1
    light: Light = Light.visible
    real: str | None = None
    camera: Camera = field(default_factory=Camera)
    noise: Noise = field(default_factory=Noise)
    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.n < 1:
            raise ConfigError(f"n={self.n}: at least one")


TOY = """
hydra:
  searchpath:
    - pkg://toymore
defaults:
  - toy_schema
  - camera: webcam
  - noise: none
  - _self_
  - experiment: null
n: 5        # how many
out: ???    # where # to
"""
FILES = {
    "toyconf/__init__.py": "",
    "toyconf/toy.yaml": TOY,
    "toyconf/camera/webcam.yaml": "focal_px: {low: 1, high: 2}\n",
    "toyconf/camera/phone.yaml": "focal_px: {low: 3, high: 4}\n",
    "toyconf/camera/misspelt.yaml": "fokal_px: {low: 3, high: 4}\n",
    "toyconf/experiment/nir.yaml": "# @package _global_\ndefaults:\n  - override /camera: phone\nn: 7\nlight: nir\n",
    "toymore/__init__.py": "",
    "toymore/noise/much.yaml": "sigma: 2\n",
    "toymore/noise/none.yaml": "sigma: 0\n",
    "toymore/unused/some.yaml": "sigma: 0\n",
}


@pytest.fixture(scope="module", autouse=True)
def toy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toy")
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


def fault(*overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        compose("toyconf", "toy", Toy, overrides)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_defaults_groups_presets_and_overrides_in_this_order():
    assert compose("toyconf", "toy", Toy, ["out=a/b c"]) == Toy("a/b c", 5, camera=Camera(Range(1, 2)), noise=Noise(0))
    assert compose("toyconf", "toy", Toy, ["out=a", "camera=phone"]).camera.focal_px == Range(3, 4)
    preset = compose("toyconf", "toy", Toy, ["out=a", "experiment=nir", "n=9"])
    assert preset == Toy("a", 9, Light.nir, camera=Camera(Range(3, 4)), noise=Noise(0))


@pytest.mark.parametrize(
    "path",
    [
        "../a/b-1.0_c",
        "/a b",
        "/home/josé/eyes",
        "~/eyes",
        "a=b",
        "a(1)",
        "it's (1)",
        "c:\\eyes",
        "50%",
        "a@b+c",
        "1",
        "null1",
    ],
)
def test_a_path_is_taken_as_it_is_typed(path):
    assert compose("toyconf", "toy", Toy, [f"out={path}"]).out == path


def test_a_list_of_words_is_taken_as_it_is_typed():
    words = ["model=lenet", "trainer.epochs=2", "data=a/b c", "seed=1"]
    assert compose("toyconf", "toy", Toy, ["out=a", f"words=[{','.join(words)}]"]).words == words
    assert compose("toyconf", "toy", Toy, ["out=a", "words=['x=[1,2]',y]"]).words == ["x=[1,2]", "y"]
    assert "cannot read" in fault("out=a", "words=[x=[1,2]]")


def test_the_choices_are_the_files():
    assert groups("toyconf") == {"camera": ["misspelt", "phone", "webcam"], "experiment": ["nir"]}
    assert choices("toyconf", "toy") == {**groups("toyconf"), "noise": ["much", "none"]}


def test_a_group_of_another_package():
    assert compose("toyconf", "toy", Toy, ["out=a", "noise=much"]).noise == Noise(2)
    assert "did you mean much" in fault("out=a", "noise=mch")


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("m=3", ["unknown key 'm'"]),
        ("reel=3", ["unknown key 'reel'", "did you mean real"]),
        ("camra=phone", ["unknown key 'camra'", "did you mean camera"]),
        ("camera.focal_px.lo=3", ["unknown key 'camera.focal_px.lo'", "did you mean camera.focal_px.low"]),
        ("camera=fone", ["camera=fone", "did you mean phone", "misspelt, phone, webcam"]),
        ("experiment=ner", ["experiment=ner", "did you mean nir"]),
        ("camera=misspelt", ["unknown key 'fokal_px'", "camera/misspelt.yaml"]),
        ("n=x", ["n=x", "Integer"]),
        ("n=1.5", ["n=1.5", "Integer"]),
        ("n=null", ["n=null"]),
        ("n=0", ["n=0: at least one"]),
        ("light=ultraviolet", ["light=ultraviolet", "visible, nir"]),
        ("camera.focal_px=3", ["camera.focal_px=3"]),
        ("camera.focal_px.low=3", ["camera.focal_px: ", "from 3.0 to 2.0"]),
        ("camera.focal_px.high=inf", ["camera.focal_px: ", "finite"]),
        ("camera.ranges=[{low:0,high:1},{low:2,high:1}]", ["camera.ranges[1]: ", "from 2.0 to 1.0"]),
        ("n=1,2", ["n=1,2", "one value"]),
        ("n={3", ["cannot read 'n={3'"]),
        ("real=[a", ["cannot read 'real=[a'"]),
        ("real=${nowhere}", ["real", "nowhere"]),
        ("n", ["cannot read 'n'", "key=value"]),
        ("+n=3", ["cannot read '+n=3'"]),
        ("~n", ["cannot read '~n'"]),
        ("hydra.run.dir=x", ["unknown key 'hydra.run.dir'"]),
        ("toy_schema=x", ["unknown key 'toy_schema'"]),
    ],
)
def test_a_fault_is_one_line_that_names_the_key(override, words):
    message = fault("out=a", override)
    for word in words:
        assert word in message


def test_comments_are_the_documentation_of_the_keys():
    assert comments("toyconf", "toy") == {"n": "how many", "out": "where # to"}


def test_a_value_that_must_be_given():
    assert fault() == "out has no value: give out=..."


def test_a_broken_file_of_ours_is_a_bug_not_a_fault(toy):
    (toy / "toyconf" / "bug.yaml").write_text("defaults:\n  - toy_schema\n  - _self_\nm: 3\n")
    with pytest.raises(Exception, match="Key 'm' not in") as caught:
        compose_tree("toyconf", "bug", Toy)
    assert not isinstance(caught.value, ConfigError)


@given(st.floats(), st.floats())
def test_a_range_is_finite_and_in_order(low, high):
    if math.isfinite(low) and math.isfinite(high) and low <= high:
        assert Range(low, high).low == low
    else:
        with pytest.raises(ConfigError, match="range from"):
            Range(low, high)


def test_what_is_written_composes_to_the_same(tmp_path):
    config = compose("toyconf", "toy", Toy, ["out=a", "experiment=nir", "real=b"])
    write_resolved(tmp_path / "config.yaml", config)
    written = yaml.safe_load((tmp_path / "config.yaml").read_text())
    assert written["config"]["light"] == "nir"
    assert written["config"]["camera"]["focal_px"] == {"low": 3.0, "high": 4.0}
    assert written["versions"]["numpy"].startswith("1.")


def test_the_digest_of_the_source_follows_every_byte(tmp_path, monkeypatch):
    package = tmp_path / "a_package_of_a_test"
    package.mkdir()
    (package / "__init__.py").write_text("one = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    before = source_digest(package.name)
    assert source_digest(package.name) == before
    (package / "__init__.py").write_text("one = 2\n")
    assert source_digest(package.name) != before


def test_a_rejection_keeps_its_cause_between_processes():
    error = pickle.loads(pickle.dumps(RejectedSceneError("eye_closed", "openness is 0.1")))
    assert (error.cause, str(error)) == ("eye_closed", "openness is 0.1")
