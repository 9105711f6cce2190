"""What a call can raise.

APIError                            anything below
├── UsageError                      the call cannot be made as asked; nothing was sent
├── APIConnectionError              no whole answer came
│   └── APITimeoutError             ... in time
├── APIStatusError                  the answer's status is not 2xx
│   ├── AuthenticationError         401
│   ├── PermissionDeniedError       403
│   ├── NotFoundError               404
│   ├── RateLimitError              429
│   └── InternalServerError         5xx
└── APIResponseValidationError      the answer, its body or which 2xx it is, is not what the contract says

Each can be pickled. The exception of httpx or of Python behind one is its `__cause__`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class APIError(Exception):
    """Anything that a call can raise."""

    method: str | None = None
    """The HTTP method of the request, or None where there was none."""
    url: str | None = None
    """Its URL, without user, password and query, or None where there was none."""
    attempts: int = 0
    """How often the request was tried; to follow a redirect is not to try again."""

    def __init__(self, message: str = "", **attributes: Any) -> None:
        super().__init__(message)
        self.__dict__.update(attributes)

    @property
    def message(self) -> str:
        """What happened and what to do about it, without the request."""
        return str(self.args[0]) if self.args else ""

    def __str__(self) -> str:
        if self.method is None:
            return self.message
        tried = "" if self.attempts <= 1 else f" (tried {self.attempts} times)"
        return f"{self.method} {self.url}: {self.message}{tried}"


class UsageError(APIError, ValueError):
    """The call cannot be made as asked: a missing or malformed key, a bad option, a closed client."""


class APIConnectionError(APIError):
    """No whole answer came: refused, reset, cut short, a name or certificate that does not check out."""


class APITimeoutError(APIConnectionError):
    """No whole answer came in time."""


class APIStatusError(APIError):
    """The answer's status is not 2xx."""

    status_code: int = 0
    """The HTTP status."""
    headers: Mapping[str, str] = {}
    """The answer's headers; names in any case."""
    text: str = ""
    """What the server said: the body, decoded, at most its first 64 KiB."""
    retry_after: float | None = None
    """Seconds that the server asks to wait before the next request, or None if it does not say."""


class AuthenticationError(APIStatusError):
    """401: the key is missing, unknown or switched off."""


class PermissionDeniedError(APIStatusError):
    """403: the key may not do this."""


class NotFoundError(APIStatusError):
    """404: the server does not know the path or the thing."""


class RateLimitError(APIStatusError):
    """429: too many requests; see `retry_after`."""


class InternalServerError(APIStatusError):
    """5xx: the server failed."""


class APIResponseValidationError(APIError, ValueError, TypeError, KeyError):
    """The answer, or what `from_dict` was given, is not what the contract says.

    It is a ValueError, TypeError and KeyError too: code that expects those of `from_dict`, as the
    generator's own raises them, keeps working.
    """

    expected: str = ""
    """What the contract says is there."""
    got: str = ""
    """What came, in part."""
    status_code: int = 0
    """The HTTP status, or 0 if the body did not come from an answer."""
    headers: Mapping[str, str] = {}
    """The answer's headers; names in any case."""
    text: str = ""
    """The body, decoded, at most its first 64 KiB."""
    advice: str = "the answer departs from the contract: upgrade this package, or report it"
    """What to do about it."""
    steps: tuple[str | int, ...] = ()
    """The names and indices that `path` is made of."""

    def __init__(self, expected: str = "", got: str = "", **attributes: Any) -> None:
        super().__init__(expected, expected=expected, got=got, **attributes)

    @property
    def path(self) -> str:
        """Where in the body, as a JSON path: `$.credits[3].expires_at`."""
        path = "$"
        for step in self.steps:
            if isinstance(step, int):
                path += f"[{step}]"
            elif step.isidentifier():
                path += f".{step}"
            else:
                path += "[" + repr(step) + "]"
        return path

    @property
    def message(self) -> str:
        """What was expected where, what came, and what to do about it, without the request."""
        what = f"{self.path}: expected {self.expected}, got {self.got}"
        return f"{self.status_code}, {what}; {self.advice}" if self.status_code else what

    def inside(self, step: str | int) -> APIResponseValidationError:
        """The same error, seen from the object or array that holds the value at `step`."""
        self.steps = (step, *self.steps)
        return self


def status_error(status_code: int, message: str, **attributes: Any) -> APIStatusError:
    """The error for an answer with this status."""
    kind = _BY_STATUS.get(status_code, InternalServerError if status_code >= 500 else APIStatusError)
    return kind(message, status_code=status_code, **attributes)


_BY_STATUS: Mapping[int, type[APIStatusError]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    429: RateLimitError,
}

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
