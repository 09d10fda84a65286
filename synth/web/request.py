"""What a page asks its server, and what it is told.

A route is a path that is asked with GET or POST and answers with bytes.  What is wrong with a request is a
`FaultError`; what is wrong with the files behind it a `ProjectError`, which the server tells as status 422.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

JSON = "application/json"


class FaultError(Exception):
    """A request that gets no answer but a fault.

    Attributes:
        status: Of HTTP.
    """

    def __init__(self, status: HTTPStatus, message: str) -> None:
        """Keep the status apart from the sentence."""
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Request:
    """What reaches a route.

    Attributes:
        query: Of the address, name to value, each given once.
        body: Of a POST.
    """

    query: Mapping[str, str]
    body: bytes = b""

    def text(self, name: str, default: str | None = None) -> str:
        """Return a value of the address.

        Raises:
            FaultError: It is not given, and has no default.
        """
        value = self.query.get(name, default)
        if value is None:
            raise FaultError(HTTPStatus.BAD_REQUEST, f"say {name}=...")
        return value

    def whole(self, name: str, default: int | None = None) -> int:
        """Return a whole number from 0 of the address.

        Raises:
            FaultError: It is none.
        """
        value = self.text(name, None if default is None else str(default))
        if not (value.isascii() and value.isdecimal() and len(value) < 16):
            raise FaultError(HTTPStatus.BAD_REQUEST, f"{name}={value[:40]}: a whole number from 0")
        return int(value)

    def mapping(self) -> dict[str, Any]:
        """Return the JSON that was sent.

        Raises:
            FaultError: It is no mapping.
        """
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise FaultError(HTTPStatus.BAD_REQUEST, "the body is no JSON") from error
        if not isinstance(value, dict):
            raise FaultError(HTTPStatus.BAD_REQUEST, "the body is no mapping")
        return value


@dataclass(frozen=True)
class Answer:
    """What a route says: bytes and their type."""

    data: bytes
    kind: str

    @classmethod
    def json(cls, value: Any) -> "Answer":
        """Return an answer of JSON; numbers that are not finite are a bug."""
        return cls(json.dumps(value, allow_nan=False).encode(), JSON)


@dataclass(frozen=True)
class Route:
    """A path that a page asks.

    Attributes:
        method: GET for what only reads and is soon told, POST for all else.
        answer: What it does.  Called by many threads at once.
        takes: Beginning of the Content-Type that a POST must have; never one that a form can send.
    """

    method: Literal["GET", "POST"]
    answer: Callable[[Request], Answer]
    takes: str = JSON
    what: str = "what is asked"
    """What a POST sends, in words."""
