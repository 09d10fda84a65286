"""The page's server, spoken to by HTTP: what it tells, whom it refuses, and that nothing else is in reach."""

import base64
import json
import socket
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from synth.commands.cli import load
from synth.config import compose
from synth.errors import ConfigError
from tests.serving import ask, serving
from tests.train.pipeline.doubles import FOUR_STAGES, looker, painted
from train.pipeline.drawing import draw
from train.pipeline.faces import json_of
from train.pipeline.lens import Lens, guessed
from train.pipeline.look import Clock
from train.pipeline.server import LookServer

MOST = 100_000


@pytest.fixture(scope="module")
def server() -> Iterator[LookServer]:
    with serving(LookServer("127.0.0.1", 0, looker(), Lens(), MOST)) as served:
        yield served


def png(picture: np.ndarray) -> bytes:
    buffer = BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_picture_is_told_as_predict_tells_it(server: LookServer) -> None:
    picture = painted((40, 40, 80), (180, 160, 80))
    answer, data = ask(server, "POST", "/look", png(picture), Content_Type="image/png")
    assert answer.status == 200 and answer.getheader("Content-Type") == "application/json"
    told = json.loads(data)
    look, camera = looker(), guessed(320, 320)
    faces = look.look(picture, look.find(picture, Clock()), camera, Clock())
    assert told["faces"] == json_of(faces) and (told["width"], told["height"]) == (320, 320)
    assert set(told["ms"]) == FOUR_STAGES and told["causes"] == {}
    kind, _, encoded = told["drawn"].partition(",")
    assert kind == "data:image/jpeg;base64"
    drawn = np.asarray(Image.open(BytesIO(base64.b64decode(encoded)))).astype(int)
    assert np.abs(drawn - draw(picture, faces, camera)).mean() < 4


def test_the_page_and_nothing_else_is_served(server: LookServer) -> None:
    for path, kind in (("/", "text/html"), ("/page.js", "text/javascript"), ("/page.css", "text/css")):
        answer, data = ask(server, "GET", path)
        assert answer.status == 200 and (answer.getheader("Content-Type") or "").startswith(kind) and data
        assert "default-src 'none'" in (answer.getheader("Content-Security-Policy") or "")
        assert answer.getheader("Access-Control-Allow-Origin") is None
        assert answer.getheader("X-Content-Type-Options") == "nosniff"
    for path in ("/look", "/../server.py", "/%2e%2e/server.py", "//etc/passwd", "/page.html", "/page.js?x"):
        answer, data = ask(server, "GET", path)
        assert answer.status == 404 and set(json.loads(data)) == {"error"}
    for method in ("PUT", "DELETE", "OPTIONS", "HEAD"):
        assert ask(server, method, "/look")[0].status == 501


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/look", {"Content_Type": "text/plain"}, 415),
        ("/look", {}, 415),
        ("/", {"Content_Type": "image/png"}, 404),
        ("/look", {"Content_Type": "image/png", "Host": "evil.example:80"}, 421),
        ("/look", {"Content_Type": "image/png", "Host": "127.0.0.1"}, 421),
        ("/look", {"Content_Type": "image/png", "Origin": "http://evil.example"}, 403),
        ("/look", {"Content_Type": "image/png", "Origin": "null"}, 403),
        ("/look", {"Content_Type": "image/png", "Content_Length": "some"}, 411),
        ("/look", {"Content_Type": "image/png", "Content_Length": "-1"}, 411),
        ("/look", {"Content_Type": "image/png", "Content_Length": str(MOST + 1)}, 413),
    ],
)
def test_who_may_not_ask_is_told_so(server: LookServer, path: str, headers: dict[str, str], status: int) -> None:
    answer, data = ask(server, "POST", path, b"x", **headers)
    assert answer.status == status and set(json.loads(data)) == {"error"}


def test_a_page_of_this_server_may_ask(server: LookServer) -> None:
    for name in ("localhost", "127.0.0.1"):
        here = f"{name}:{server.server_port}"
        headers = {"Content_Type": "image/png", "Host": here, "Origin": f"http://{here}"}
        assert ask(server, "POST", "/look", png(painted()), **headers)[0].status == 200


def test_what_is_no_picture_is_a_fault_and_the_server_goes_on(server: LookServer) -> None:
    for data in (b"no picture", png(painted())[:100]):
        answer, told = ask(server, "POST", "/look", data, Content_Type="image/png")
        assert answer.status == 422 and "the picture: " in json.loads(told)["error"]
    with socket.create_connection(("127.0.0.1", server.server_port)) as one:
        head = f"POST /look HTTP/1.0\r\nHost: 127.0.0.1:{server.server_port}\r\nContent-Type: image/png\r\n"
        one.sendall(f"{head}Content-Length: 50\r\n\r\nshort".encode())
        one.shutdown(socket.SHUT_WR)
        assert one.makefile("rb").read().startswith(b"HTTP/1.0 400 ")
    answer, told = ask(server, "POST", "/look", png(painted()), Content_Type="image/png")
    assert answer.status == 200 and json.loads(told)["faces"] == []


@pytest.mark.parametrize(("verb", "conf"), [("serve", "train.conf"), ("preview", "synth.conf")])
def test_pages_are_for_this_machine_alone_unless_asked_otherwise(verb: str, conf: str) -> None:
    command: Any = load(verb)
    config = compose(conf, command.CONFIG_NAME, command.CONFIG)
    assert config.host == "127.0.0.1"


@pytest.mark.parametrize("host", ["0.0.0.0", "example.org", "::1", ""])
def test_addresses_that_are_none_or_all(host: str) -> None:
    with pytest.raises(ConfigError, match="host="):
        LookServer(host, 0, looker(), Lens(), MOST)


def test_a_port_that_is_taken_is_one_line(server: LookServer) -> None:
    with pytest.raises(ConfigError, match="choose another"):
        LookServer("127.0.0.1", server.server_port, looker(), Lens(), MOST)
