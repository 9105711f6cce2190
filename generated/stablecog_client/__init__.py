# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""A typed client of the Stablecog API: `Client` and `AsyncClient`."""

import typing

from .client import Client, __version__
from .errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    UsageError,
)
from .types import UNSET, File, Response, Unset

if typing.TYPE_CHECKING:
    from .async_client import AsyncClient
    from .models import CreditsResponse, ErrorResponse, TCredit, TCreditType

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AsyncClient",
    "AuthenticationError",
    "Client",
    "CreditsResponse",
    "ErrorResponse",
    "File",
    "InternalServerError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitError",
    "Response",
    "TCredit",
    "TCreditType",
    "UNSET",
    "Unset",
    "UsageError",
    "__version__",
]


# Imported on first use: asynchronous libraries and attrs take longer to import than the rest of this package.
_LAZY = {
    "AsyncClient": ".async_client",
    "CreditsResponse": ".models",
    "ErrorResponse": ".models",
    "TCredit": ".models",
    "TCreditType": ".models",
}


def __getattr__(name: str) -> typing.Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name], __name__), name)


def __dir__() -> list[str]:
    return __all__
