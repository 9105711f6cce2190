"""The contract and the recordings, read without the client: what the tests compare it with."""

from __future__ import annotations

import copy
import io
import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property, reduce
from http.client import HTTPResponse
from operator import getitem
from typing import Any, NamedTuple, cast

from attrs import frozen

from generator.nodes import METHODS, NAME_IN_BRACES
from generator.project import load
from tools import ROOT
from tools.replay import RECORDINGS

API_DESCRIPTION = load(ROOT / "openapi.yaml")
INDEX: dict[str, Any] = json.loads((RECORDINGS / "index.json").read_text())


def follow(node: Any) -> dict[str, Any]:
    """A node of the API description, or what its $ref points to."""
    while "$ref" in node:
        reference, node = node["$ref"], API_DESCRIPTION
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
    return cast(dict[str, Any], node)


NOTHING: Any = object()
Steps = tuple[str | int, ...]


def replaced(body: Any, steps: Steps, value: Any) -> Any:
    """A copy of a body with another value at a place, or with nothing there."""
    if not steps:
        return value
    body = copy.deepcopy(body)
    *parents, last = steps
    holder = reduce(getitem, parents, body)
    holder[last] = value
    if value is NOTHING:
        del holder[last]
    return body


def json_path(steps: Steps) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


class Operation(NamedTuple):
    """An operation of the API description."""

    method: str
    path: str
    says: dict[str, Any]


def operations() -> Iterator[Operation]:
    for path, item in API_DESCRIPTION["paths"].items():
        for method in item:
            if method in METHODS:
                yield Operation(method, path, item[method])


# The operation that the tests of the client call.
CREDITS = Operation("get", "/v1/credits", API_DESCRIPTION["paths"]["/v1/credits"]["get"])


@frozen(slots=False)
class Recording:
    """A raw response of the real server, parsed by the standard library.

    Attributes:
        name: The name of its file.
        raw: Its bytes.
        request: The request that it answers, as the index describes it.
    """

    name: str
    raw: bytes
    request: Mapping[str, Any]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def _response(self) -> tuple[HTTPResponse, bytes]:
        response = HTTPResponse(cast(Any, self))
        response.begin()
        return response, response.read()

    def makefile(self, mode: str) -> io.BytesIO:
        """What `HTTPResponse` asks of a socket."""
        return io.BytesIO(self.raw)

    @property
    def status(self) -> int:
        return self._response[0].status

    @property
    def headers(self) -> list[tuple[str, str]]:
        return self._response[0].getheaders()

    def header(self, name: str) -> str | None:
        return self._response[0].getheader(name)

    @property
    def media_type(self) -> str:
        return (self.header("content-type") or "").partition(";")[0]

    @property
    def content(self) -> bytes:
        return self._response[1]

    @property
    def text(self) -> str:
        return self.content.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def value(self) -> Any:
        """What the body says: JSON, or text as it stands."""
        return self.json if self.media_type == "application/json" else self.text

    @property
    def operation(self) -> Operation:
        """The operation that was asked for, or that of credits, where the server did not know the path.

        Raises:
            LookupError: The index names another request.
        """
        method, path = self.request["method"].lower(), self.request["path"].partition("?")[0].rstrip("/")
        for operation in operations():
            if operation.method == method and re.fullmatch(NAME_IN_BRACES.sub("[^/]+", operation.path), path):
                return operation
        if self.status == 404:
            return CREDITS
        raise LookupError(f"{self.name}: index.json says {method.upper()} {path}, openapi.yaml does not describe it")


_requests = {exchange["file"]: exchange["request"] for exchange in INDEX["exchanges"]}
RECORDED = [
    Recording(path.name, path.read_bytes(), _requests.get(path.name, {"method": "GET", "path": "/"}))
    for path in sorted(RECORDINGS.glob("*.http"))
]
# The tests of the API description take all that is recorded.
_OF_CREDITS = [recording for recording in RECORDED if recording.operation == CREDITS]
SUCCESSES = [recording for recording in _OF_CREDITS if 200 <= recording.status < 300]
FAILURES = [recording for recording in _OF_CREDITS if recording not in SUCCESSES]

# The vendor's documented example, with two credits.
_SUCCESS = CREDITS.says["responses"]["200"]["content"]["application/json"]
DOCUMENTED: dict[str, Any] = _SUCCESS["examples"]["documented"]["value"]
