# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""An operation of the API description with the arguments of one call, as the generated modules make it."""

# Without `from __future__ import annotations`: NamedTuple would compile the string of each annotation at import.

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, Generic, Literal, NamedTuple, TypeVar
from urllib.parse import quote

from ..errors import APIResponseValidationError, UsageError
from ..types import UNSET, File
from .bodies import BodyDecoder
from .codec import encode
from .config import is_header_value

T = TypeVar("T")

_EMPTY: Mapping[str, Any] = MappingProxyType({})


class Security(NamedTuple):
    """How an operation takes the API key.

    Attributes:
        location: Where the key is sent.
        name: The name of the header, query parameter or cookie.
        scheme: The scheme before the key in an `Authorization` header, or an empty string.
        optional: Whether the operation can be called without a key as well.
    """

    location: Literal["header", "query", "cookie"]
    name: str
    scheme: Literal["", "Bearer", "Basic"] = ""
    optional: bool = False

    def credentials(self, api_key: str) -> str:
        """Return the value to send for a key."""
        if self.scheme == "Basic":
            return f"Basic {b64encode(api_key.encode()).decode()}"
        return f"{self.scheme} {api_key}".lstrip()


class APIRequest(NamedTuple, Generic[T]):
    """An operation of the API description with the arguments of one call.

    Attributes:
        method: The HTTP method.
        path: The path, with the names of `path_parameters` in braces.
        security: How the key is sent, or None if no key is needed.
        responses: Decoders of the documented successful bodies, by status, range (`2XX`) or `default`.
        errors: Returns decoders of the documented error bodies. A function, because their models are rarely needed.
        accept: The media types of the documented successful bodies.
        path_parameters, query, headers, cookies: Arguments by the names that the API description gives them.
        body: The value of the body, or UNSET.
        content_type: The media type of the body.
    """

    method: str
    path: str
    security: Security | None
    responses: Mapping[str, BodyDecoder[T]]
    errors: Callable[[], Mapping[str, BodyDecoder[Any]]] = dict
    accept: str = "application/json"
    path_parameters: Mapping[str, Any] = _EMPTY
    query: Mapping[str, Any] = _EMPTY
    headers: Mapping[str, Any] = _EMPTY
    cookies: Mapping[str, Any] = _EMPTY
    body: Any = UNSET
    content_type: str = ""

    def parse_error(self, status: int, text: str) -> Any:
        """Return the documented error in the body of a response, or None if it is something else."""
        decoders = self.errors()
        decode = decoders.get(str(status)) or decoders.get(f"{status // 100}XX") or decoders.get("default")
        try:
            return decode(text.encode(), "") if decode else None  # the redacted text: the result must not hold the key
        except APIResponseValidationError:
            return None

    def target(self) -> str:
        """Return the path with its parameters filled in.

        Raises:
            UsageError: A parameter is an empty string.
        """
        return self.path.format_map({name: _path_segment(name, value) for name, value in self.path_parameters.items()})

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of `httpx.Request` besides method, URL and credentials.

        Raises:
            UsageError: A header, a cookie, a file, or an item of an array with its delimiter in it cannot be sent.
        """
        query: dict[str, Any] = {}
        for name, value in _present(self.query).items():
            # The fields of an object are parameters of their own.
            query.update(_form(value if isinstance(value, dict) else {name: value}))  # pyright: ignore[reportUnknownArgumentType]
        headers = _checked_texts(self.headers)
        arguments = {"params": query, "headers": headers, "cookies": _checked_texts(self.cookies, forbidden=";")}
        if self.body is not UNSET:
            name, value = _body(self.body, self.content_type)
            arguments[name] = value
            if name != "files":  # for which httpx sets the header, with the boundary between the parts
                own_type = self.body.mime_type if isinstance(self.body, File) else None
                headers["content-type"] = own_type or self.content_type
        return arguments


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values encoded for JSON, without those left out. Only JSON can send null, so None counts as left out."""
    encoded = {name: encode(value) for name, value in values.items() if value is not UNSET}
    return {name: value for name, value in encoded.items() if value is not None}


def _form(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a form. httpx repeats the name for each item of an array; objects are sent as JSON."""
    return {
        name: [_field(item) for item in value] if isinstance(value, list) else _field(value)  # pyright: ignore[reportUnknownVariableType]
        for name, value in _present(values).items()
    }


def _field(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


def _text(value: Any, delimiter: str = ",") -> str:
    """Return a parameter as text for a path, header or cookie, with a delimiter between the items of an array.

    Raises:
        UsageError: An item contains the delimiter.
    """
    encoded = encode(value)
    if isinstance(encoded, list):
        texts = list(map(_text, encoded))  # pyright: ignore[reportUnknownArgumentType]
        if split := next((text for text in texts if delimiter in text), None):
            raise UsageError(f"{split!r:.50}: an item of an array contains {delimiter!r}, which stands between items")
        return delimiter.join(texts)
    return str(encoded).lower() if isinstance(encoded, bool) else str(encoded)


def delimited(value: Any, delimiter: str) -> Any:
    """Return the items of an array as one text; an empty array is left out, as a repeated parameter would be."""
    if not isinstance(value, list | tuple):
        return value
    return _text(value, delimiter) if value else UNSET


def deep_object(value: Any, name: str) -> Any:
    """Return the fields of an object as parameters of their own: `filter[status]`."""
    fields = encode(value)
    return {f"{name}[{field}]": each for field, each in fields.items()} if isinstance(fields, dict) else value  # pyright: ignore[reportUnknownVariableType]


def _checked_texts(values: Mapping[str, Any], forbidden: str = "") -> dict[str, str]:
    """Return headers or cookies as texts.

    Raises:
        UsageError: One is not printable ASCII, has space around it, or contains what is forbidden.
    """
    texts = {name: _text(value) for name, value in _present(values).items()}
    for name, value in texts.items():
        if not is_header_value(value) or (forbidden and forbidden in value):
            excluded = f"{forbidden!r} or space around it" if forbidden else "space around it"
            raise UsageError(f"{name}: expected printable ASCII, without {excluded}")
    return texts


def _path_segment(name: str, value: Any) -> str:
    """Return a path parameter, quoted so that it stays one segment of the path.

    Raises:
        UsageError: It is an empty string.
    """
    encoded = encode(value)
    items: list[Any] = encoded if isinstance(encoded, list) else [encoded]  # pyright: ignore[reportUnknownVariableType]
    segment = ",".join(quote(_text(item), safe="") for item in items)
    if not segment:
        raise UsageError(f"{name}: expected a value for the path, got an empty string")
    return "%2E" * len(segment) if segment in {".", ".."} else segment


def _body(value: Any, content_type: str) -> tuple[str, Any]:
    """Return the name and the value of the argument of `httpx.Request` for a body."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "multipart/form-data":
        return "files", _multipart(encode(value))
    if media_type == "application/x-www-form-urlencoded":
        return "data", _form(encode(value))
    if isinstance(value, File):
        return "content", _content("body", value)
    if value is None:
        return "content", b"null"  # httpx sends no body for `json=None`
    return "json", encode(value)


def _multipart(fields: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return each field as a part: files as they are, objects as JSON, arrays item by item."""
    parts: list[tuple[str, Any]] = []
    for name, value in _present(fields).items():
        for item in value if isinstance(value, list) else [value]:  # pyright: ignore[reportUnknownVariableType]
            if isinstance(item, File):
                file_name, _, file_type = item.to_tuple()
                parts.append((name, (file_name, _content(name, item), file_type)))
            elif isinstance(item, dict):
                parts.append((name, (None, json.dumps(item).encode(), "application/json")))
            else:
                parts.append((name, (None, _text(item).encode(), "text/plain")))
    return parts


def _content(name: str, file: File) -> bytes:
    """Return the content of a file from its start, so that a retry and a further call send it whole.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        with suppress(AttributeError, OSError):  # one that cannot seek is read from where it is
            file.payload.seek(0)
        content: Any = file.payload.read()
    except (AttributeError, OSError, ValueError) as error:
        raise UsageError(f"{name}: expected an open file in binary mode: {error}") from error
    if not isinstance(content, bytes):
        raise UsageError(f"{name}: expected an open file in binary mode, which returns bytes")
    return content
