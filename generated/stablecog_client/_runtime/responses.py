# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""Responses as they were received, and the errors that they mean. What is shown of them does not hold the API key."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from ..errors import APIStatusError, status_line
from . import failures
from .bodies import MAX_BODY, MAX_ERROR_BODY, BoundedBody
from .http_library import httpx
from .redaction import Redact

_ERRORS = {error.status_code: error for error in APIStatusError.__subclasses__()}


class RawResponse:
    """A response that is being read. It has no repr of its contents: the server may have sent the key back.

    Args:
        response: Its status and headers; the body is read into `content`.
        redact: Replaces the key in a text.

    Attributes:
        fields: The headers by lowercase name, which are faster to look up than httpx's.
        body: What collects the body, or None before that begins.
    """

    def __init__(self, response: httpx.Response, redact: Redact) -> None:
        self.status_code = response.status_code
        self.is_success = 200 <= response.status_code < 300
        self.headers = response.headers
        self.fields = dict(response.headers.items())
        # An event hook or a test double may have read it already.
        self.content = response.content if response.is_stream_consumed else b""
        self.body: BoundedBody | None = None
        self._redact = redact

    def new_body(self) -> BoundedBody:
        """Return what collects the body. That of an error is truncated rather than refused."""
        limit = MAX_BODY if self.is_success else MAX_ERROR_BODY
        self.body = BoundedBody(self.fields, limit, truncate=not self.is_success)
        return self.body

    @cached_property
    def text(self) -> str:
        """The start of the body, decoded and redacted."""
        return self._redact(self.content[:MAX_ERROR_BODY].decode("utf-8", "replace"))

    @property
    def redacted_headers(self) -> httpx.Headers:
        """The headers, redacted."""
        items = [(self._redact(name), self._redact(value)) for name, value in self.headers.multi_items()]
        return httpx.Headers(items, encoding=self.headers.encoding)

    def status_error(self, body: Any, retry_after: float | None, hint: str) -> APIStatusError:
        """Return the error for a status that is not 2xx.

        Args:
            body: The documented error, or None.
            retry_after: Seconds that the server asks to wait, or None.
            hint: What to add if the server may have acted on the request.
        """
        status = self.status_code
        message = status_line(status)
        said = failures.server_message(self.text)
        if said not in message:
            message += f": {said}"
        message += f"; {failures.status_advice(status, self.fields.get('content-type', ''))}"
        if retry_after:
            message += f"; the server asks to wait {retry_after:g} s"
        if status == 408 or status >= 500:
            message += hint
        return self.error(message, body, retry_after)

    def error(self, message: str, body: Any = None, retry_after: float | None = None) -> APIStatusError:
        """Return an error of the class for the status, with a message."""
        status, headers = self.status_code, self.redacted_headers
        kind = _ERRORS.get(min(status, 500), APIStatusError)
        return kind(message, status_code=status, headers=headers, text=self.text, body=body, retry_after=retry_after)


def limit_reuse(response: httpx.Response, *, is_last: bool) -> None:
    """Make `close` of a response close its connection, too, if it is the last one or if the server has sent more.

    httpcore would go on to read what came after the response.
    """
    part: Any = response.stream
    for name in ("_stream", "_httpcore_stream", "_stream", "_connection", "_h11_state"):
        part = getattr(part, name, None)
    if part is not None and (is_last or part.trailing_data[0] != b""):
        part.send_failed()
