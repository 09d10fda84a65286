"""What the page is told of a configuration: the picture's own words render its scene again."""

import base64
import io
import json
import os
import shlex
import signal
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import numpy as np
import pytest
from PIL import Image

from synth.commands.preview import PreviewConfig
from synth.commands.render import RenderConfig, job
from synth.config import compose
from synth.corpus import Job, draw_useful
from synth.errors import RenderError
from synth.preview.process import Studio
from synth.preview.tune import Tuner
from synth.spec import SceneSpec, from_json
from synth.stopwatch import Stopwatch
from synth.web.server import PageServer
from tests.synth.preview.painter import served

ODD = "subject.face.shape_sd.nose/nose-hump-decr|incr"
"""A key that no command line spells with dots."""
FIRST = PreviewConfig(overrides=["experiment=mpiigaze", "subject.glasses.probability=0"], seed=5, index=1)


@pytest.fixture(scope="module")
def page() -> Iterator[tuple[PageServer, Tuner]]:
    with served(FIRST, {}) as both:
        yield both


def ask(server: PageServer, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, Any]]:
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    sent = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET" if body is None else "POST", path, None if body is None else json.dumps(body), sent)
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    return answer.status, told


def begun(page: tuple[PageServer, Tuner], **changes: Any) -> dict[str, Any]:
    asked = ask(page[0], "/tune/start")[1]["asked"]
    return {**asked, "renderer": "raster", **changes}


def test_it_begins_with_what_was_typed(page: tuple[PageServer, Tuner]) -> None:
    status, told = ask(page[0], "/tune/start")
    assert status == 200 and told["asked"] == {
        "groups": {"experiment": "mpiigaze"},
        "changes": {"subject.glasses.probability": 0.0},
        "seed": 5,
        "index": 1,
    }
    assert next(iter(told["groups"])) == "experiment" and "phone" in told["groups"]["camera"]


def test_the_command_renders_the_scene_that_is_seen(page: tuple[PageServer, Tuner]) -> None:
    changes = {
        "subject.glasses.probability": 1.0,
        "camera.width": 80,
        "camera.place.yaw_deg.mean": 3.0,
        "light.skies": "[city,night]",
        ODD: 0.9,
        "camera.grey": False,
        "engine.samples": 3,
    }
    status, told = ask(page[0], "/tune/picture", begun(page, changes=changes, index=2))
    assert status == 200, told
    name, verb, *words = shlex.split(told["command"])
    assert (name, verb) == ("canthus", "render") and told["words"][0] == "experiment=mpiigaze"
    config = compose("synth.conf", "render", RenderConfig, words)
    work = job(config)
    assert (work.seed, work.plan.n, config.engine.samples) == (5, 3, 3)
    spec, _, _, rejected = draw_useful(work.ranges, work.seed, 2, Stopwatch())
    assert from_json(SceneSpec, told["spec"]) == spec and spec.camera.width == 80
    assert sum(told["rejected"].values()) == len(rejected)
    plain, drawn = (open_url(told[kind]) for kind in ("picture", "drawn"))
    assert plain.size == drawn.size == (640, 288) and np.ptp(np.asarray(plain)) > 100
    assert (np.asarray(plain.convert("RGB")) != np.asarray(drawn)).any()
    assert ["iris", "#46d7ff"] in told["legend"] and told["caption"][0].startswith("2")


def test_a_sample_of_a_sequence_is_rendered_with_all_of_it(page: tuple[PageServer, Tuner]) -> None:
    asked = begun(page, groups={"camera": "call", "subject": "face"}, changes={"camera.motion.frames": 4}, index=5)
    status, told = ask(page[0], "/tune/picture", asked)
    assert status == 200, told
    assert " camera.motion.frames=4 seed=5 n=8 " in told["command"]


def open_url(url: str) -> Image.Image:
    kind, _, data = url.partition(",")
    assert kind == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"changes": {"camera.width": 2}}, 422, "must be at least 8"),
        ({"changes": {"camera.width": 60000, "camera.height": 60000}}, 422, "too many for a page"),
        ({"changes": {"camera.place.distance_m.low": 9.0}}, 422, "low must not be above high"),
        ({"changes": {"camera.wide": 2}}, 422, "camera.wide: there is nothing of that name"),
        ({"changes": {"out": "/tmp/x"}}, 422, "out: there is nothing of that name"),
        ({"changes": {"light.skies": "[city] out=/tmp/x"}}, 422, ""),
        ({"changes": {"light.skies": "[${oc.env:HOME}]"}}, 422, "is no value for it"),
        ({"groups": {"experiment": "../x"}}, 422, "no such choice"),
        ({"groups": {"out": "x"}}, 422, "no such choice"),
        ({"groups": ["experiment"]}, 400, "groups is no mapping"),
        ({"changes": []}, 400, "changes is no mapping"),
        ({"seed": -1}, 400, "seed: a whole number"),
        ({"seed": 1e9}, 400, "seed: a whole number"),
        ({"index": True}, 400, "index: a whole number"),
        ({"index": 10**9}, 422, "index=1000000000"),
        ({"renderer": "abacus"}, 400, "renderer: one of raster, engine"),
    ],
)
def test_what_cannot_be_is_one_line(
    page: tuple[PageServer, Tuner], changes: dict[str, Any], status: int, said: str
) -> None:
    found, told = ask(page[0], "/tune/picture", begun(page, **changes))
    assert found == status and set(told) == {"error"}
    assert said in told["error"] and "\n" not in told["error"]


def test_who_may_not_ask(page: tuple[PageServer, Tuner]) -> None:
    asked = begun(page)
    assert ask(page[0], "/tune/picture", asked, Origin="http://evil.example")[0] == 403
    assert ask(page[0], "/tune/picture", asked, Host="evil.example")[0] == 421
    assert ask(page[0], "/tune/picture", asked, Sec_Fetch_Site="cross-site")[0] == 403
    assert ask(page[0], "/tune/picture", asked, Content_Type="text/plain")[0] == 415
    assert ask(page[0], "/tune/picture", {"changes": "x" * 300_000})[0] == 413


def tiny(*words: str) -> Job:
    given = ["experiment=mpiigaze", "out=unused", "camera.width=20", "camera.height=12", *words]
    return job(compose("synth.conf", "render", RenderConfig, given))


@pytest.mark.egl
@pytest.mark.slow
def test_a_process_that_dies_or_hangs_is_started_anew() -> None:
    work = tiny("engine=raster")
    with Studio("raster") as studio:
        first, process = studio.draw(work, 0), studio.process
        os.kill(process.pid, signal.SIGKILL)
        process.join(20)
        again = studio.draw(work, 0)
        np.testing.assert_array_equal(first.picture, again.picture)
        assert studio.process.pid != process.pid
        with pytest.raises(RenderError, match="40 scenes were rejected"):
            studio.draw(tiny("engine=raster", "camera.gaze.yaw_limit_deg=0"), 0)
        assert studio.draw(work, 0).labels == first.labels  # what cannot be made ends no process
        os.kill(studio.process.pid, signal.SIGSTOP)
        studio.patience_s, stopped = 0.05, studio.process
        with pytest.raises(RenderError, match=r"seed 0, index 1: the process of raster took longer than 0\.05 s"):
            studio.draw(work, 1)
        assert not stopped.is_alive()
    assert studio.process is None
