"""A server for a page on the same machine, by the standard library alone.

    GET  a page's files     read when the server starts; no other file is in reach, whatever the path
    GET, POST  routes       as request.py has them

Faults are {"error": one line} with a status of 400 and above.  Who may ask: the server listens on one address, the
loopback unless its owner says otherwise, answers to its own name alone (Host: what another site's name resolves to is
no way in), serves its routes to no page of another origin (Origin; Sec-Fetch-Site, which browsers send with what has no
Origin; a POST's Content-Type is one that no form can send), and never lets another origin read an answer (no CORS
headers; Cross-Origin-Resource-Policy).
"""

import ipaddress
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import PurePath
from typing import Any
from urllib.parse import parse_qsl

from synth.errors import ConfigError, ProjectError
from synth.web.request import Answer, FaultError, Request, Route

KINDS = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
PATIENCE_S = 15.0
"""After which a connection that sends nothing is closed."""
MOST_VALUES = 20
"""In an address."""


class PageServer(ThreadingHTTPServer):
    """Serves one page on one address."""

    daemon_threads = True

    def __init__(
        self,
        host: str,
        port: int,
        package: str,
        names: Sequence[str],
        routes: Mapping[str, Route],
        most_bytes: int,
    ) -> None:
        """Listen.

        Args:
            host: An IPv4 address of this machine.
            port: 0 takes a free one.
            package: Where the page's files are.
            names: Of these; `page.html` is served as /, the others by their names.
            routes: By path, each beginning with /.
            most_bytes: That a POST may have.

        Raises:
            ConfigError: The address is none of this machine's, or stands for all of them; or the port is taken.
        """
        try:
            if (address := ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)).is_unspecified:
                raise ConfigError(f"host={host}: stands for every address; name the one to listen on")
        except ValueError as error:
            raise ConfigError(f"host={host}: an address of this machine, such as 127.0.0.1") from error
        if address.version != 4:
            raise ConfigError(f"host={host}: an IPv4 address")
        self.routes, self.most_bytes = dict(routes), most_bytes
        self.page = {_path(name): Answer((files(package) / name).read_bytes(), _kind(name)) for name in names}
        try:
            super().__init__((str(address), port), Handler)
        except OSError as error:
            raise ConfigError(f"host={host} port={port}: {error.strerror}; choose another") from error
        self.names = {f"{name}:{self.server_port}" for name in (str(address), *["localhost"] * address.is_loopback)}

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{self.server_address[0]!s}:{self.server_port}/"


def _path(name: str) -> str:
    return "/" if name == "page.html" else f"/{name}"


def _kind(name: str) -> str:
    return f"{KINDS[PurePath(name).suffix]}; charset=utf-8"


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    server: PageServer
    timeout = PATIENCE_S
    server_version, sys_version = "canthus", ""

    def do_GET(self) -> None:
        """Answer with a file of the page, or with what a route reads."""
        self._answer("GET")

    def do_POST(self) -> None:
        """Answer with what a route makes of what was sent."""
        self._answer("POST")

    def _answer(self, method: str) -> None:
        try:
            self._admit()
            self._send(HTTPStatus.OK, self._found(method))
        except ProjectError as error:
            self._refuse(HTTPStatus.UNPROCESSABLE_ENTITY, error)
        except FaultError as fault:
            self._refuse(fault.status, fault)

    def _found(self, method: str) -> Answer:
        """Return the answer to a request whose sender may ask."""
        if method == "GET" and self.path in self.server.page:
            return self.server.page[self.path]
        path, _, query = self.path.partition("?")
        route = self.server.routes.get(path)
        if route is None or route.method != method:
            raise FaultError(HTTPStatus.NOT_FOUND, "there is no such page")
        # Pages of elsewhere may link to this one, but not have it work for them.
        if self.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise FaultError(HTTPStatus.FORBIDDEN, "pages of elsewhere may not ask here")
        body = self._body(route) if method == "POST" else b""
        return route.answer(Request(_values(query), body))

    def _admit(self) -> None:
        """Refuse who asks for another host, or from another page."""
        if (host := self.headers.get("Host", "")) not in self.server.names:
            raise FaultError(HTTPStatus.MISDIRECTED_REQUEST, f"this is no server of {host!r}")
        origin = self.headers.get("Origin")
        if origin is not None and origin not in {f"http://{name}" for name in self.server.names}:
            raise FaultError(HTTPStatus.FORBIDDEN, f"pages of {origin!r} may not ask here")

    def _body(self, route: Route) -> bytes:
        """Return what was sent."""
        if not self.headers.get("Content-Type", "").startswith(route.takes):
            raise FaultError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send {route.what}, Content-Type {route.takes}...")
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            raise FaultError(HTTPStatus.LENGTH_REQUIRED, "say how long it is, Content-Length")
        if int(length) > self.server.most_bytes:
            raise FaultError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {self.server.most_bytes} bytes")
        data = self.rfile.read(int(length))
        if len(data) < int(length):
            raise FaultError(HTTPStatus.BAD_REQUEST, "cut short")
        return data

    def _refuse(self, status: HTTPStatus, error: Exception) -> None:
        """Answer with a fault; what its request still sends is not waited for."""
        self.close_connection = True
        self._send(status, Answer.json({"error": " ".join(str(error).split())}))

    def _send(self, status: HTTPStatus, answer: Answer) -> None:
        """Answer; who has left by now does not hear it."""
        self.send_response(status)
        for name, value in {
            **HEADERS,
            "Content-Type": answer.kind,
            "Content-Length": str(len(answer.data)),
        }.items():
            self.send_header(name, value)
        with suppress(ConnectionError):
            self.end_headers()
            self.wfile.write(answer.data)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of requests."""


def _values(query: str) -> dict[str, str]:
    """Return the values of an address.

    Raises:
        FaultError: They cannot be read, or one is given twice.
    """
    try:
        pairs = (
            parse_qsl(query, keep_blank_values=True, strict_parsing=True, max_num_fields=MOST_VALUES) if query else []
        )
    except ValueError as error:
        raise FaultError(HTTPStatus.BAD_REQUEST, "cannot read what follows the ? of the address") from error
    if len(dict(pairs)) < len(pairs):
        raise FaultError(HTTPStatus.BAD_REQUEST, "a value of the address is given twice")
    return dict(pairs)
