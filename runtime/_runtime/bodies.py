"""Responses as they are read, and their bodies: collect and decompress them up to a limit, then decode them."""

from __future__ import annotations

import json
import re
import zlib
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from io import BytesIO
from itertools import chain
from math import isfinite
from typing import Any, NoReturn, TypeVar

from ..errors import APIResponseValidationError
from ..types import File
from .codec import Decoder, refuse
from .http_library import httpx
from .redaction import Redact

T = TypeVar("T")

BodyDecoder = Callable[[bytes, str], T]
"""Decodes a body, given its bytes and its Content-Type."""

MAX_BODY = 16 * 2**20  # bytes of a decompressed body; a larger one is refused
MAX_ERROR_BODY = 64 * 2**10  # bytes of an error's body; a larger one is truncated
ACCEPT_ENCODING = "gzip, deflate"

_PIECE = 64 * 2**10  # bytes to decompress at once
_OVERHEAD = 64 * 2**10  # bytes by which a compressed body may exceed its content

_MAX_MEMBERS = 1000  # of a gzip body; empty ones would keep the client busy, as they add nothing to the size

_GZIP, _ZLIB, _RAW = 31, 15, -15  # values of zlib's `wbits` that select the format


class RawResponse:
    """A response that is being read. It has no repr of its contents: the server may have sent the key back.

    Args:
        response: Its status and headers; the body is read into `content`.
        redact: Replaces the key in a text.

    Attributes:
        content: The decompressed body.
        fields: The headers by lowercase name: a dict is faster to look up than `httpx.Headers`.
        body: What collects the body, or None before that begins.
    """

    def __init__(self, response: httpx.Response, redact: Redact) -> None:
        self.status_code = response.status_code
        self.is_success = 200 <= response.status_code < 300
        self.headers = response.headers
        self.fields = dict(response.headers.items())
        self.content = b""
        if response.is_stream_consumed:  # by an event hook or a test double, which may not have kept it
            with suppress(httpx.ResponseNotRead):
                self.content = response.content
        self.body: BoundedBody | None = None
        self._redact = redact

    @cached_property
    def text(self) -> str:
        """The start of the body, decoded and redacted."""
        return self._redact(_readable(self.content[:MAX_ERROR_BODY], self.fields.get("content-type", "")))

    @property
    def redacted_headers(self) -> httpx.Headers:
        """The headers, redacted."""
        items = [(self._redact(name), self._redact(value)) for name, value in self.headers.multi_items()]
        return httpx.Headers(items, encoding=self.headers.encoding)


class BoundedBody:
    """Collects a body as it arrives and decompresses it, never holding more than a limit.

    Args:
        headers: The headers of the response, by lowercase name.
        limit: Bytes of the decompressed body.
        truncate: Truncate a body that is too large or corrupt, instead of refusing it.

    Raises:
        APIResponseValidationError: The body is refused; `feed` and `finish` raise it, too.
    """

    def __init__(self, headers: Mapping[str, str], limit: int, *, truncate: bool) -> None:
        self._limit = limit
        self._truncate = truncate
        self._received = 0  # compressed bytes; bounded separately, as they may decode to nothing
        self._size = 0
        self._chunks: list[bytes] = []
        self._decompressors: list[_Decompressor] = []
        try:
            if encoding := headers.get("content-encoding"):
                self._decompressors = _decompressors(encoding)
            length = headers.get("content-length", "")
            if length.isdecimal() and int(length[:20]) > limit:  # `int` refuses a number of thousands of digits
                raise self._too_large()
        except APIResponseValidationError:  # ignored if it is the body of an error: the status is enough
            if not truncate:
                raise

    def feed(self, chunk: bytes) -> bool:
        """Take a chunk; return whether to read on."""
        self._received += len(chunk)
        pieces: Iterable[bytes] = (chunk,)
        for decompressor in self._decompressors:
            pieces = chain.from_iterable(map(decompressor.decompress, pieces))
        try:
            for piece in pieces:
                self._size += len(piece)
                self._chunks.append(piece)
                if self._size > self._limit:
                    raise self._too_large()
            if self._received > self._limit + _OVERHEAD:
                raise self._too_large()
        except APIResponseValidationError:
            if not self._truncate:
                raise
            return False
        return True

    def finish(self) -> bytes:
        """Return the body."""
        for decompressor in self._decompressors:
            if not (decompressor.is_complete or self._truncate):
                raise _refusal("a compressed body", "a truncated one", "the compressed body is truncated")
        return b"".join(self._chunks)[: self._limit]

    def _too_large(self) -> APIResponseValidationError:
        size = f"{self._limit / 2**20:g} MiB"
        return _refusal(f"a body of at most {self._limit} bytes", "a larger one", f"the body is larger than {size}")


NOT_THE_API = "a proxy or another server may have answered: check `base_url` and proxies"
_REPORT = "report it to whoever runs the server"


def _refusal(
    expected: str, got: str, problem: str, advice: str = f"check proxies, or {_REPORT}"
) -> APIResponseValidationError:
    return APIResponseValidationError(expected=expected, got=got, problem=problem, advice=advice)


def _decompressors(header: str) -> list[_Decompressor]:
    """Return what undoes the content encodings of a body, the last applied first."""
    names = [name.strip().lower() for name in reversed(header.split(","))]
    applied = [name for name in names if name not in {"", "identity"}]
    if len(applied) > 2:  # each encoding multiplies the size that a small body can expand to
        raise _refusal("at most two content encodings", str(len(applied)), f"{len(applied)} content encodings")
    return [_Decompressor(name) for name in applied]


class _Decompressor:
    """Decompresses gzip of one member or of several, or deflate: the zlib format or, as some servers send it, raw."""

    def __init__(self, encoding: str) -> None:
        if encoding not in {"gzip", "x-gzip", "deflate"}:
            name = repr(encoding[:40])
            raise _refusal(f"a content encoding of {ACCEPT_ENCODING}", name, f"unsupported content encoding {name}")
        self._is_gzip = encoding != "deflate"
        self._members = 0
        self._has_ended = False  # what follows the last member has begun
        self._member: Any = None  # what decompresses the current one

    @property
    def is_complete(self) -> bool:
        """Whether what came so far ends at the end of a member, or nothing came."""
        return self._member is None or self._member.eof

    def decompress(self, data: bytes) -> Iterator[bytes]:
        """Yield the content a piece at a time, so that a bomb is noticed before it unfolds."""
        piece = b""
        try:
            while data or len(piece) == _PIECE:  # zlib may hold output back after its last input
                if self.is_complete:
                    if self._has_ended or (self._members and not (self._is_gzip and data[:1] == b"\x1f")):
                        self._has_ended = self._has_ended or bool(data)
                        return  # ignore what follows the body
                    self._begin_member(data[0])
                piece = self._member.decompress(data, _PIECE)
                data = self._member.unconsumed_tail or self._member.unused_data
                yield piece
        except zlib.error as error:
            got = f"a corrupt one ({error})"
            raise _refusal("a compressed body", got, "the compressed body is corrupt") from None

    def _begin_member(self, first_byte: int) -> None:
        if self._members >= _MAX_MEMBERS:
            raise zlib.error("it has too many members")
        self._members += 1
        deflate_format = _ZLIB if first_byte & 0x0F == 8 else _RAW
        self._member = zlib.decompressobj(_GZIP if self._is_gzip else deflate_format)


def is_page(content: bytes, content_type: str) -> bool:
    """Return whether a body is a page of HTML: some servers send `OK` as text/html."""
    return "html" in content_type.lower() and content.lstrip()[:1] == b"<"


def refuse_page(decode: BodyDecoder[Any], accept: str) -> None:
    """Refuse a page of HTML where text, a file or no body is documented. Where JSON is, its parser judges the body."""
    if decode is nothing or not any(kind in accept for kind in ("html", "json", "*")):
        expected = "a response without a body" if decode is nothing else accept
        raise _refusal(expected, "a page of HTML", f"the body is a page of HTML, not {expected}", NOT_THE_API)


def nothing(content: bytes, content_type: str) -> None:
    """Ignore the body: the API description documents none."""


def binary(content: bytes, content_type: str) -> File:
    """Return the body as a file."""
    return File(payload=BytesIO(content), mime_type=content_type or None)


def raw(content: bytes, content_type: str) -> bytes:
    """Return the bytes: the API description has no schema for them."""
    return content


def text(content: bytes, content_type: str) -> str:
    """Return the body as text, decoded with the charset of its Content-Type, by default UTF-8."""
    charset = _charset(content_type)
    try:
        return _decoded(content, charset)
    except (LookupError, ValueError):
        refuse(f"text in {charset}", content.decode("ascii", "replace"))


def json_body(decode: Decoder[T]) -> BodyDecoder[T]:
    """Return a decoder of JSON bodies, given a decoder of the JSON value."""

    def body(content: bytes, content_type: str) -> T:
        try:
            return decode(parse_json(content, content_type))
        except RecursionError:
            pass
        raise _refusal("JSON", "a value that is nested too deeply", "the body is nested too deeply", _REPORT)

    return body


def text_body(decode: Decoder[T]) -> BodyDecoder[T]:
    """Return a decoder of text bodies, given a decoder of the text."""
    return lambda content, content_type: decode(text(content, content_type))


_charset_parameter = re.compile(r"""[;\s]charset\s*=\s*["']?([^\s;"']{1,40})""", re.IGNORECASE).search
# Not every codec of Python: punycode and idna take minutes for a megabyte.
_SUPPORTED_CHARSETS = r"utf[-_]?(8|16|32)([-_]?[bl]e)?|(us-?)?ascii|latin-?1|iso[-_]?8859[-_]\d+|(windows-|cp)125\d"


def _charset(content_type: str) -> str:
    match = _charset_parameter(content_type)
    return match[1].lower() if match else "utf-8"


def _decoded(content: bytes, charset: str, errors: str = "strict") -> str:
    if charset != "utf-8" and not re.fullmatch(_SUPPORTED_CHARSETS, charset):
        raise LookupError(f"unknown charset {charset!r}")
    return content.decode(charset, errors)


def _readable(content: bytes, content_type: str) -> str:
    """Return what can be read of a body, for an error."""
    try:
        text = _decoded(content, _charset(content_type), "replace")
    except LookupError:
        text = content.decode("utf-8", "replace")
    return text.replace("\0", "")  # of UTF-16 that does not say so, in which the API key would not be found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if isfinite(number):
        return number
    raise ValueError("a number is too large")


_parse = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse_constant).decode


def parse_json(content: bytes, content_type: str) -> Any:
    """Return the JSON value of a body.

    Raises:
        APIResponseValidationError: The body is not JSON.
    """
    try:
        return _parse(_decoded(content.removeprefix(BOM_UTF8), _charset(content_type)))
    except (LookupError, ValueError) as error:
        reason = str(error)  # the error itself holds the whole body
    if not content:
        raise _refusal("JSON", "an empty body", "the body is empty, not JSON", NOT_THE_API)
    start = repr(_readable(content[:60], content_type))
    got = f"a body that starts {start} ({reason})"
    if "json" in content_type.lower():
        raise _refusal("JSON", got, f"the body is not valid JSON ({reason}): it starts {start}", _REPORT)
    raise _refusal("JSON", got, f"the body is not JSON: it starts {start}", NOT_THE_API)
