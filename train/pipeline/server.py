"""A page for browsers that does what `predict` does: a picture dropped on it, or the browser's camera, is looked at.

    GET  /, /page.js, /page.css    the page; its three files are read when the server starts, and no other is in reach
    POST /look                     a picture's bytes (Content-Type image/...) -> JSON
        {"width", "height", "faces": as faces.py has them, "causes": {cause: faces}, "ms": {stage: ms},
         "drawn": data URL of the picture with them drawn on it}

Faults are {"error": one line} with a status of 400 and above.  Who may ask: the server listens on one address, the
loopback unless its owner says otherwise, answers to its own name alone (Host: what another site's name resolves to is
no way in), takes no picture from a page of another origin (Origin, and a Content-Type that no form can send), and never
lets another origin read an answer (no CORS headers).  Pictures are looked at one at a time, in memory, and not kept.
"""

import base64
import ipaddress
import json
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from threading import Lock
from typing import Any

from synth.errors import ConfigError, DataError
from train.pipeline.drawing import draw
from train.pipeline.faces import json_of
from train.pipeline.lens import Lens
from train.pipeline.look import Clock, Looker
from train.pipeline.opening import open_picture
from train.pipeline.writing import jpeg

PAGE = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
}
"""By the path of a request: the file beside this one, and its type."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
PATIENCE_S = 15.0
"""After which a connection that sends nothing is closed."""


class FaultError(Exception):
    """A request that gets no answer but a fault.

    Attributes:
        status: Of HTTP.
    """

    def __init__(self, status: HTTPStatus, message: str) -> None:
        """Keep the status apart from the sentence."""
        super().__init__(message)
        self.status = status


class PageServer(ThreadingHTTPServer):
    """Serves the page on one address."""

    daemon_threads = True

    def __init__(self, host: str, port: int, looker: Looker, lens: Lens, most_bytes: int) -> None:
        """Listen; port 0 takes a free one.

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
        self.looker, self.lens, self.most_bytes, self.lock = looker, lens, most_bytes, Lock()
        folder = files("train.pipeline")
        self.page = {path: ((folder / name).read_bytes(), kind) for path, (name, kind) in PAGE.items()}
        try:
            super().__init__((str(address), port), Handler)
        except OSError as error:
            raise ConfigError(f"host={host} port={port}: {error.strerror}; choose another") from error
        self.names = {f"{name}:{self.server_port}" for name in (str(address), *["localhost"] * address.is_loopback)}

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{self.server_address[0]!s}:{self.server_port}/"

    def look(self, data: bytes) -> Mapping[str, Any]:
        """Return what is told of a picture.

        Raises:
            DataError: It cannot be read.
        """
        picture = open_picture(data, "the picture")
        clock = Clock()
        with self.lock:
            camera = self.lens.of(picture.shape[1], picture.shape[0])
            faces = self.looker.look(picture, self.looker.find(picture, clock), camera, clock)
        drawn = base64.b64encode(jpeg(draw(picture, faces, camera))).decode()
        return {
            "width": picture.shape[1],
            "height": picture.shape[0],
            "faces": json_of(faces),
            "causes": Counter(cause for face in faces for cause in face.causes),
            "ms": clock.medians_ms(),
            "drawn": f"data:image/jpeg;base64,{drawn}",
        }


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    server: PageServer
    timeout = PATIENCE_S
    server_version, sys_version = "canthus", ""

    def do_GET(self) -> None:
        """Answer with a file of the page."""
        try:
            self._admit()
            if self.path not in self.server.page:
                raise FaultError(HTTPStatus.NOT_FOUND, "there is no such page")
            data, kind = self.server.page[self.path]
            self._send(HTTPStatus.OK, data, kind)
        except FaultError as fault:
            self._refuse(fault)

    def do_POST(self) -> None:
        """Answer with what is told of a picture."""
        try:
            self._admit()
            told = self.server.look(self._body())
            self._send(HTTPStatus.OK, json.dumps(told).encode(), "application/json")
        except DataError as error:
            self._refuse(FaultError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)))
        except FaultError as fault:
            self._refuse(fault)

    def _admit(self) -> None:
        """Refuse who asks for another host, or from another page."""
        if (host := self.headers.get("Host", "")) not in self.server.names:
            raise FaultError(HTTPStatus.MISDIRECTED_REQUEST, f"this is no server of {host!r}")
        origin = self.headers.get("Origin")
        if origin is not None and origin not in {f"http://{name}" for name in self.server.names}:
            raise FaultError(HTTPStatus.FORBIDDEN, f"pages of {origin!r} may not ask here")

    def _body(self) -> bytes:
        """Return the picture that was sent."""
        if self.path != "/look":
            raise FaultError(HTTPStatus.NOT_FOUND, "pictures are sent to /look")
        if not self.headers.get("Content-Type", "").startswith("image/"):
            raise FaultError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send a picture, Content-Type image/...")
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            raise FaultError(HTTPStatus.LENGTH_REQUIRED, "say how long the picture is, Content-Length")
        if int(length) > self.server.most_bytes:
            raise FaultError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {self.server.most_bytes} bytes")
        data = self.rfile.read(int(length))
        if len(data) < int(length):
            raise FaultError(HTTPStatus.BAD_REQUEST, "the picture was cut short")
        return data

    def _refuse(self, fault: FaultError) -> None:
        """Answer with a fault; what its request still sends is not waited for."""
        self.close_connection = True
        self._send(fault.status, json.dumps({"error": str(fault)}).encode(), "application/json")

    def _send(self, status: HTTPStatus, data: bytes, kind: str) -> None:
        """Answer; who has left by now does not hear it."""
        self.send_response(status)
        for name, value in {**HEADERS, "Content-Type": kind, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        with suppress(ConnectionError):
            self.end_headers()
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of requests."""
