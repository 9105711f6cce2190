"""The errors of this package.

APIError                            the base of all
├── UsageError                      the call cannot be made; nothing was sent
├── APIConnectionError              no complete response
│   └── APITimeoutError             no complete response in time
├── APIStatusError                  the status of the response is not 2xx
│   ├── AuthenticationError         401
│   ├── PermissionDeniedError       403
│   ├── NotFoundError               404
│   ├── RateLimitError              429
│   └── InternalServerError         5xx
└── APIResponseValidationError      a 2xx response whose status or body does not match the API description

Every error can be pickled, and made in a test: `RateLimitError("Slow down.", retry_after=1)`. `__cause__` is the
exception of httpx or Python behind it, if there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.client import responses as _phrases
from typing import Any


class APIError(Exception):
    """The base of all errors of this package. Arguments are as the attributes of the same name."""

    message: str
    """What happened and what to do about it, without the request."""
    method: str | None
    """The HTTP method of the request, or None if there was none."""
    url: str | None
    """The URL of the request without user, password and query, or None if there was none."""
    attempts: int
    """How many times the request was sent; following a redirect does not count."""

    def __init__(
        self, message: str = "", *, method: str | None = None, url: str | None = None, attempts: int = 0
    ) -> None:
        self.message = message
        self._set_request(method, url, attempts)

    def _set_request(self, method: str | None, url: str | None, attempts: int) -> None:
        """Set the request that failed."""
        self.method, self.url, self.attempts = method, url, attempts
        self._update()

    def _update(self) -> None:
        """Derive `args`, which pickle and error trackers use, from the other attributes."""
        self.args = (str(self),)

    def __str__(self) -> str:
        if self.method is None:
            return self.message
        attempts = f" (tried {self.attempts} times)" if self.attempts > 1 else ""
        return f"{self.method} {self.url}: {self.message}{attempts}"


class UsageError(APIError, ValueError):
    """The call cannot be made: a missing or malformed key, a bad option, a closed client. Nothing was sent."""


class APIConnectionError(APIError):
    """No complete response: connection refused or reset, response truncated, unknown host, untrusted certificate."""


class APITimeoutError(APIConnectionError):
    """No complete response within the timeout or the deadline."""


class APIStatusError(APIError):
    """The status of the response is not 2xx."""

    status_code: int = 0
    """The HTTP status; by default, the one that the class stands for."""
    headers: Mapping[str, str]
    """The headers of the response; names are case-insensitive."""
    text: str
    """The body, decoded, up to its first 64 KiB."""
    body: Any
    """The error that the API description documents for the status, parsed; None if the body is something else."""
    retry_after: float | None
    """Seconds that the server asks to wait before the next request, or None if it does not say."""

    def __init__(
        self,
        message: str = "",
        *,
        status_code: int | None = None,
        headers: Mapping[str, str] | None = None,
        text: str = "",
        body: Any = None,
        retry_after: float | None = None,
        method: str | None = None,
        url: str | None = None,
        attempts: int = 0,
    ) -> None:
        self.status_code = type(self).status_code if status_code is None else status_code
        self.headers = {} if headers is None else headers
        self.text = text
        self.body = body
        self.retry_after = retry_after
        super().__init__(message, method=method, url=url, attempts=attempts)


class AuthenticationError(APIStatusError):
    """401: the key is missing, unknown or switched off."""

    status_code = 401
    """The HTTP status."""


class PermissionDeniedError(APIStatusError):
    """403: the key does not have this permission."""

    status_code = 403
    """The HTTP status."""


class NotFoundError(APIStatusError):
    """404: there is no such path or resource."""

    status_code = 404
    """The HTTP status."""


class RateLimitError(APIStatusError):
    """429: too many requests; see `retry_after`."""

    status_code = 429
    """The HTTP status."""


class InternalServerError(APIStatusError):
    """5xx: the server failed."""

    status_code = 500
    """The HTTP status."""


class APIResponseValidationError(APIError, ValueError):
    """A 2xx response, or the argument of `from_dict`, does not match the API description.

    Args:
        message: What happened; by default derived from the other arguments.
        problem: A description that replaces "expected ..., got ...".

    The client sets `status_code`, `headers` and `text`; they are not arguments.
    """

    expected: str
    """The value that the API description requires."""
    got: str
    """The value that came instead, shortened."""
    steps: tuple[str | int, ...]
    """The names and indices in `path`, from the outside in."""
    advice: str
    """What to do about it."""
    status_code: int
    """The HTTP status, or 0 if the value did not come in a response."""
    headers: Mapping[str, str]
    """The headers of the response; names are case-insensitive."""
    text: str
    """The body, decoded, up to its first 64 KiB."""

    def __init__(
        self,
        message: str = "",
        *,
        expected: str = "",
        got: str = "",
        problem: str = "",
        steps: tuple[str | int, ...] = (),
        advice: str = "the response does not match the API description: upgrade this package, or report it",
        method: str | None = None,
        url: str | None = None,
        attempts: int = 0,
    ) -> None:
        self.expected, self.got, self.steps, self.advice = expected, got, steps, advice
        self._problem = problem
        self._has_own_message = bool(message)
        self.status_code, self.headers, self.text = 0, {}, ""
        super().__init__(message, method=method, url=url, attempts=attempts)

    @property
    def path(self) -> str:
        """The JSON path of the value, such as `$.credits[3].expires_at`."""
        path = "$"
        for step in self.steps:
            is_plain_name = isinstance(step, str) and step.isidentifier()
            path += f".{step}" if is_plain_name else f"[{step!r}]"
        return path

    def inside(self, step: str | int) -> APIResponseValidationError:
        """Prepend a step, a name or an index, to the path, and return this error."""
        self.steps = (step, *self.steps)
        self._update()
        return self

    def _set_response(
        self, status_code: int, headers: Mapping[str, str], text: str, redact: Callable[[str], str]
    ) -> None:
        """Set the response that contained the value, and redact what the error quotes of it."""
        self.status_code, self.headers, self.text = status_code, headers, text
        self.got, self._problem = redact(self.got), redact(self._problem)
        self.steps = tuple(redact(step) if isinstance(step, str) else step for step in self.steps)
        self._update()

    def _update(self) -> None:
        """Derive the message, unless it was given, and `args`."""
        if not self._has_own_message:
            what = self._problem or f"expected {self.expected}, got {self.got}"
            if self.steps or not self._problem:
                what = f"{self.path}: {what}"
            self.message = f"{status_line(self.status_code)}, but {what}; {self.advice}" if self.status_code else what
        super()._update()


def status_line(status_code: int) -> str:
    """Return a status with its phrase: `404 Not Found`."""
    return f"{status_code} {_phrases.get(status_code, 'Unknown Status')}"


__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "InternalServerError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitError",
    "UsageError",
]
