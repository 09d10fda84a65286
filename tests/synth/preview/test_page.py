"""The page in a real browser: a slider moves the picture, the config is copied, data sets are filtered and compared."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from synth.browse.corpus import Corpus
from synth.commands.preview import PreviewConfig
from synth.commands.render import RenderConfig
from synth.config import compose
from synth.preview.tune import Tuner
from synth.shards import read_index
from tests.browser import Browser, executable
from tests.synth.preview.painter import Painter, served
from tests.synth.test_shards import make

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SHOWN = "document.getElementById('shown').src"
SAID = "document.getElementById('said').textContent"
KEY = "camera.place.yaw_deg.mean"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    made = [tmp_path_factory.mktemp("corpora") / name for name in ("first", "second")]
    for folder in made:
        make(folder)
    return made


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, folders: list[Path]) -> Iterator[tuple[Browser, Tuner]]:
    corpora = {"data": Corpus(folders[0]), "beside": Corpus(folders[1])}
    with (
        served(PreviewConfig(overrides=["experiment=mpiigaze"], seed=1), corpora) as (server, tuner),
        Browser(executable(), tmp_path_factory.mktemp("profile")) as browser,
    ):
        tuner.draw(tuner.composer.job(["experiment=mpiigaze"], [], 1, 0), 0, "raster")  # the first head takes long
        browser.call("Page.navigate", url=server.url)
        browser.until("document.readyState === 'complete' && !!document.getElementById('said')")
        browser.until(f"/, cycles, /.test({SAID})")
        yield browser, tuner


def painters(tuner: Tuner) -> list[Painter]:
    found = [studio for studio in tuner.studios.values() if isinstance(studio, Painter)]
    assert len(found) == 2
    return found


def test_a_slider_moves_the_picture_and_the_config_is_copied(page: tuple[Browser, Tuner]) -> None:
    browser, tuner = page
    browser.run("location.hash = '#tune'")
    before, drawn = browser.run(SHOWN), [painter.drawn for painter in painters(tuner)]
    for group in ("[data-group=camera]", "[data-group=camera] > [data-group=place]"):
        browser.run(f"document.querySelector('#tree {group}').open = true")
        browser.until(f"document.querySelector('#tree {group}').children.length > 1")
    browser.run("document.querySelector('#tree [data-group=place] > [data-group=yaw_deg]').open = true")
    slider = f"document.querySelector('#tree [data-key=\"{KEY}\"] input[type=range]')"
    browser.until(f"!!{slider}")
    for step in (700, 720, 740):  # as a hand that moves it
        browser.run(f"{slider}.value = {step}; {slider}.dispatchEvent(new Event('input'))")
    browser.until(f"{SHOWN} !== {before!r} && /, cycles, /.test({SAID})")
    assert all(painter.drawn > was for painter, was in zip(painters(tuner), drawn, strict=True))
    typed = browser.run(f"document.querySelector('#tree [data-key=\"{KEY}\"] input[type=number]').valueAsNumber")
    browser.call("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    browser.run("document.getElementById('copy').click()")
    browser.until(f"{SAID} === 'copied'")
    command = browser.run("document.getElementById('command').value")
    assert browser.run("navigator.clipboard.readText()") == command
    words = shlex.split(command)[2:]
    config = compose("synth.conf", "render", RenderConfig, words)
    assert config.camera.place.yaw_deg.mean == typed != 0.0 and (config.seed, config.n) == (1, 1)
    plain = compose("synth.conf", "render", RenderConfig, ["experiment=mpiigaze", "seed=1", "n=1", "out=data/tuned"])
    plain.camera.place.yaw_deg.mean = typed
    assert config == plain


def test_what_cannot_be_is_said_and_taken_back(page: tuple[Browser, Tuner]) -> None:
    browser, _ = page
    browser.run("location.hash = '#tune'")
    find = "document.getElementById('find')"
    browser.run(f"{find}.value = 'distance_m low place'; {find}.dispatchEvent(new Event('input'))")
    typed = "document.querySelector('#found [data-key=\"camera.place.distance_m.low\"] input[type=number]')"
    browser.run(f"{typed}.value = 99; {typed}.dispatchEvent(new Event('change'))")
    browser.until(f"/low must not be above high/.test({SAID})")
    browser.run("document.getElementById('reset').click()")
    browser.until(f"/, cycles, /.test({SAID})")
    browser.run("document.getElementById('next').click()")
    browser.until(f"/, cycles, /.test({SAID}) && document.getElementById('caption').textContent.startsWith('1 ')")
    assert "n=2" in browser.run("document.getElementById('command').value")


def test_groups_are_chosen(page: tuple[Browser, Tuner]) -> None:
    browser, _ = page
    camera = "document.getElementById('group-camera')"
    browser.run(f"{camera}.value = 'unityeyes'; {camera}.dispatchEvent(new Event('change'))")
    browser.until("/camera=unityeyes/.test(document.getElementById('command').value)")
    browser.until(f"/512 x 320, cycles, /.test({SAID})")


def test_two_data_sets_are_filtered_and_compared(page: tuple[Browser, Tuner], folders: list[Path]) -> None:
    browser, _ = page
    browser.run("location.hash = '#browse'")
    tiles = "[...document.querySelectorAll('#corpora section[data-of=%s] button')].map((one) => one.dataset.key)"
    every = [f"{index:08d}" for index in range(7)]
    browser.until(f"({tiles % 'data'}).length === 7")
    assert browser.run(tiles % "data") == browser.run(tiles % "beside") == every
    browser.until(
        "[...document.querySelectorAll('#corpora img')].every((one) => one.complete && one.naturalWidth === 300)"
    )
    ages = read_index(folders[0])["attributes.age_years"].to_pylist()
    wanted = [key for key, age in zip(every, ages, strict=True) if age > 40]
    assert 0 < len(wanted) < 7
    condition = "document.getElementById('condition')"
    submit = "document.getElementById('filter').requestSubmit()"
    browser.run(f"{condition}.value = 'attributes.age_years > 40'; {submit}")
    browser.until(f"({tiles % 'data'}).length === {len(wanted)}")
    assert browser.run(tiles % "data") == wanted
    browser.until("[...document.querySelectorAll('#charts img')].some((one) => one.complete && one.naturalWidth > 100)")
    browser.run("document.querySelector('#corpora button').click()")
    told = browser.until("document.getElementById('row').textContent")
    assert f"key{wanted[0]}" in told
    browser.run(f"{condition}.value = 'attributes.age > 40'; {submit}")
    assert "did you mean attributes.age_years" in browser.until(
        "document.getElementById('where').classList.contains('wrong') && document.getElementById('where').textContent"
    )
