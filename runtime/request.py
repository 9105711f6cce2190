"""What the contract says, as an operation's module hands it to a client."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Generic, Literal, NamedTuple, TypeVar
from urllib.parse import quote

import httpx

from .decoding import BodyDecoder, encode
from .errors import UsageError
from .types import UNSET, File

T = TypeVar("T")

_NONE: Mapping[str, Any] = MappingProxyType({})


class Security(NamedTuple):
    """How the contract wants the API key sent."""

    place: Literal["header", "query", "cookie"]
    name: str
    scheme: Literal["", "Bearer", "Basic"] = ""

    def credentials(self, api_key: str) -> str:
        if self.scheme == "Basic":
            return f"Basic {b64encode(api_key.encode()).decode()}"
        return f"{self.scheme} {api_key}".lstrip()


class API(NamedTuple):
    """What the contract says about all operations together.

    Attributes:
        user_agent: The package and its version.
        base_url: The server, or None where the contract names none.
        environment: How the names of the environment variables start: `STABLECOG`.
        key_required: Whether every operation needs an API key.
        rate_limit: Requests, and in how many seconds, that the server allows; the header that says how many are left.
    """

    user_agent: str
    base_url: str | None
    environment: str
    key_required: bool
    rate_limit: tuple[int, float, str] | None


class Request(Generic[T]):
    """What the contract says about one operation, with the arguments of one call.

    Args:
        method: The HTTP method.
        path: The path, with the names of `path_parameters` in braces.
        security: How the key is sent, or None where none is needed.
        responses: Decodes the body of each documented success, by status, range (`2XX`) or `default`.
        path_parameters, query, headers, cookies: Arguments, by the names that the contract has for them.
        body: What the body is made from, or UNSET.
        content_type: The body's media type.
    """

    def __init__(
        self,
        method: str,
        path: str,
        security: Security | None,
        responses: Mapping[str, BodyDecoder[T]],
        *,
        path_parameters: Mapping[str, Any] = _NONE,
        query: Mapping[str, Any] = _NONE,
        headers: Mapping[str, Any] = _NONE,
        cookies: Mapping[str, Any] = _NONE,
        body: Any = UNSET,
        content_type: str = "",
    ) -> None:
        self.method = method
        self.path = path
        self.security = security
        self.responses = responses
        self.path_parameters = path_parameters
        self.query = query
        self.headers = headers
        self.cookies = cookies
        self.body = body
        self.content_type = content_type

    @property
    def is_constant(self) -> bool:
        """Whether every call's request is this one: the operation has no arguments."""
        return not (self.path_parameters or self.query or self.headers or self.cookies) and self.body is UNSET

    def target(self) -> str:
        """The path with its parameters filled in."""
        if not self.path_parameters:
            return self.path
        return self.path.format_map({name: _segment(name, value) for name, value in self.path_parameters.items()})

    def arguments(self) -> dict[str, Any]:
        """What `httpx.Request` takes besides method, URL and security."""
        query: dict[str, Any] = {}
        for name, value in _given(self.query).items():
            # An object's fields are parameters of their own.
            query.update(_form(value) if isinstance(value, dict) else {name: value})  # pyright: ignore[reportUnknownArgumentType]
        headers = {name: _text(value) for name, value in _given(self.headers).items()}
        cookies = {name: _text(value) for name, value in _given(self.cookies).items()}
        return {"params": query, "headers": headers, "cookies": cookies, **self._body(headers)}

    def _body(self, headers: dict[str, str]) -> dict[str, Any]:
        if self.body is UNSET:
            return {}
        media_type = self.content_type.partition(";")[0].strip().lower()
        if media_type == "multipart/form-data":
            return {"files": _multipart(encode(self.body))}
        headers["content-type"] = self.content_type
        if media_type == "application/x-www-form-urlencoded":
            return {"data": _form(encode(self.body))}
        if isinstance(self.body, File):
            return {"content": self.body.payload.read()}
        return {"json": encode(self.body)}


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON has them, but for those left out; null, for which only JSON has a way, counts as left out."""
    encoded = {name: encode(value) for name, value in values.items() if value is not UNSET}
    return {name: value for name, value in encoded.items() if value is not None}


def _form(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a form: arrays are repeated by httpx, objects within are JSON."""
    return {name: json.dumps(value) if isinstance(value, dict) else value for name, value in _given(values).items()}


def _text(value: Any) -> str:
    """A parameter as it stands in a path, header or cookie."""
    encoded = encode(value)
    if encoded is True or encoded is False:
        return "true" if encoded else "false"
    if isinstance(encoded, list):
        return ",".join(_text(item) for item in encoded)  # pyright: ignore[reportUnknownVariableType]
    return str(encoded)


def _segment(name: str, value: Any) -> str:
    """A path parameter, quoted so that it stays one segment of the path."""
    text = _text(value)
    if not text:
        raise UsageError(f"{name}: expected a value for the path, got an empty string")
    return "%2E" * len(text) if text in {".", ".."} else quote(text, safe="")


def _multipart(fields: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Each field as a part: files as they are, objects as JSON, arrays item by item."""
    parts: list[tuple[str, Any]] = []
    for name, value in _given(fields).items():
        for item in value if isinstance(value, list) else [value]:  # pyright: ignore[reportUnknownVariableType]
            if isinstance(item, File):
                parts.append((name, item.to_tuple()))
            elif isinstance(item, dict):
                parts.append((name, (None, json.dumps(item).encode(), "application/json")))
            else:
                parts.append((name, (None, _text(item).encode(), "text/plain")))
    return parts


def without_secrets(url: httpx.URL) -> str:
    """A URL as errors and logs show it."""
    return str(url.copy_with(username=None, password=None, query=None, fragment=None))
