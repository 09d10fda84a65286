"""The server of pages, spoken to by HTTP and by bare sockets: what it serves, whom it refuses."""

import json
import socket
from collections.abc import Iterator
from importlib.resources import files

import pytest

from synth.errors import DataError
from synth.web.request import Answer, FaultError, Request, Route
from synth.web.server import PageServer
from tests.serving import ask, serving

MOST = 1000
NAMES = ("page.html", "page.js", "page.css")


def told(request: Request) -> Answer:
    return Answer.json({"query": dict(request.query), "n": request.whole("n", 0)})


def sent(request: Request) -> Answer:
    return Answer.json({"sent": request.mapping()})


def damaged(request: Request) -> Answer:
    raise DataError("shard-000000.tar:\n  damaged")


@pytest.fixture(scope="module")
def server() -> Iterator[PageServer]:
    routes = {"/told": Route("GET", told), "/sent": Route("POST", sent), "/damaged": Route("GET", damaged)}
    with serving(PageServer("127.0.0.1", 0, "train.pipeline", NAMES, routes, MOST)) as served:
        yield served


def test_files_of_the_page_and_routes_are_told(server: PageServer) -> None:
    for path, name in (("/", "page.html"), ("/page.js", "page.js"), ("/page.css", "page.css")):
        answer, data = ask(server, "GET", path)
        assert answer.status == 200 and data == (files("train.pipeline") / name).read_bytes()
    answer, data = ask(server, "GET", "/told?n=7&text=a%20%26%20b")
    assert answer.status == 200 and json.loads(data) == {"query": {"n": "7", "text": "a & b"}, "n": 7}
    answer, data = ask(server, "POST", "/sent", b'{"a": [1]}', Content_Type="application/json")
    assert answer.status == 200 and json.loads(data) == {"sent": {"a": [1]}}


def test_no_answer_is_for_another_origin(server: PageServer) -> None:
    for path in ("/", "/told", "/nothing"):
        answer, _ = ask(server, "GET", path)
        assert answer.getheader("Access-Control-Allow-Origin") is None
        assert answer.getheader("Cross-Origin-Resource-Policy") == "same-origin"
        assert "default-src 'none'" in (answer.getheader("Content-Security-Policy") or "")
        assert answer.getheader("X-Content-Type-Options") == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/../server.py",
        "/..%2fserver.py",
        "/%2e%2e/server.py",
        "//etc/passwd",
        "/page.js/../server.py",
        "/server.py",
        "/page.html",
        "/page.js?x=1",
        "/told/",
        "/told%00",
        "/\\..\\server.py",
        "/sent",
    ],
)
def test_no_path_leads_elsewhere(server: PageServer, path: str) -> None:
    answer, data = ask(server, "GET", path)
    assert answer.status == 404 and set(json.loads(data)) == {"error"}


@pytest.mark.parametrize("target", ["http://evil.example/told", "/etc/passwd", "../../../etc/passwd", "*"])
def test_bare_targets_lead_nowhere(server: PageServer, target: str) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port)) as one:
        one.sendall(f"GET {target} HTTP/1.0\r\nHost: 127.0.0.1:{server.server_port}\r\n\r\n".encode())
        assert one.makefile("rb").read().startswith(b"HTTP/1.0 404 ")


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/told", {"Host": "evil.example:80"}, 421),
        ("GET", "/", {"Host": "evil.example:80"}, 421),
        ("GET", "/told", {"Host": "127.0.0.1"}, 421),
        ("GET", "/told", {"Origin": "http://evil.example"}, 403),
        ("GET", "/told", {"Origin": "null"}, 403),
        ("GET", "/told", {"Sec_Fetch_Site": "cross-site"}, 403),
        ("GET", "/told", {"Sec_Fetch_Site": "same-site"}, 403),
        ("GET", "/told", {"Sec_Fetch_Site": "same-origin"}, 200),
        ("GET", "/", {"Sec_Fetch_Site": "cross-site"}, 200),
        ("GET", "/told?n=-1", {}, 400),
        ("GET", "/told?n=1e3", {}, 400),
        ("GET", "/told?n=%C2%B2", {}, 400),
        ("GET", "/told?n=1&n=2", {}, 400),
        ("GET", "/told?n", {}, 400),
        ("GET", "/told?" + "&".join(f"a{i}=1" for i in range(21)), {}, 400),
        ("GET", "/damaged", {}, 422),
        ("POST", "/told", {"Content_Type": "application/json"}, 404),
        ("POST", "/sent", {}, 415),
        ("POST", "/sent", {"Content_Type": "application/x-www-form-urlencoded"}, 415),
        ("POST", "/sent", {"Content_Type": "text/plain"}, 415),
        ("POST", "/sent", {"Content_Type": "application/json", "Content_Length": "some"}, 411),
        ("POST", "/sent", {"Content_Type": "application/json", "Content_Length": str(MOST + 1)}, 413),
        ("POST", "/sent", {"Content_Type": "application/json", "Origin": "http://evil.example"}, 403),
        ("PUT", "/sent", {"Content_Type": "application/json"}, 501),
        ("OPTIONS", "/sent", {"Origin": "http://evil.example"}, 501),
    ],
)
def test_who_may_ask_what(server: PageServer, method: str, path: str, headers: dict[str, str], status: int) -> None:
    answer, data = ask(server, method, path, b"{}" if method == "POST" else None, **headers)
    assert answer.status == status
    if 400 <= status < 500:
        assert set(json.loads(data)) == {"error"} and "\n" not in json.loads(data)["error"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"text"', b"[" * 900, b"\xff"])
def test_a_body_that_is_no_mapping_is_a_fault(server: PageServer, body: bytes) -> None:
    answer, data = ask(server, "POST", "/sent", body, Content_Type="application/json")
    assert answer.status == 400 and set(json.loads(data)) == {"error"}


def test_what_a_request_lacks_is_named() -> None:
    with pytest.raises(FaultError, match=r"say key=\.\.\."):
        Request({}).text("key")
    assert Request({"n": "12"}).whole("n") == 12 and Request({}).whole("n", 3) == 3
    with pytest.raises(ValueError, match="Out of range"):
        Answer.json({"a": float("nan")})
