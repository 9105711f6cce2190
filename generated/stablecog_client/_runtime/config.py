# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""The validated configuration of a client: the API, the key, the server, and the options of calls."""

# Without `from __future__ import annotations`: NamedTuple would compile the string of each annotation at import.

import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from math import inf
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, Self, TypeVar

from ..errors import UsageError
from ..types import UNSET, Unset
from .http_library import httpx
from .redaction import Redact, redactor

H = TypeVar("H", httpx.Client, httpx.AsyncClient)

MAX_CONNECTIONS = 100  # that a client opens at most, in each process and event loop

_YEAR = 366 * 86_400  # seconds; operating systems reject very long timeouts


class APIConfig(NamedTuple):
    """Facts of the API description that apply to all operations.

    Attributes:
        user_agent: The package and its version.
        base_url: The server, or None if the API description names none.
        env_prefix: The prefix of the environment variables: `STABLECOG`.
        key_required: Whether every operation needs an API key.
        bearer_key: Whether the key is a bearer token, which contains neither its scheme nor spaces.
        rate_limit: Number of requests, number of seconds, and the response header with the number left; or None.
    """

    user_agent: str
    base_url: str | None
    env_prefix: str
    key_required: bool
    bearer_key: bool
    rate_limit: tuple[int, float, str] | None


class ClientConfig(Generic[H]):
    """The API, the key and the server of a client.

    Args:
        api: Facts of the API description.
        api_key, base_url, allow_http, http_client: The options of a client, not yet checked.
        http_client_type: The class that `http_client` must have.

    Attributes:
        get_key: Returns the API key, or None if there is none. No attribute holds the key itself.
        redact: Replaces the key in a text.
        proxy_allowed: Whether a proxy may be used. Over plain http, it would get the key.

    Raises:
        UsageError: An option is missing or malformed.
    """

    def __init__(
        self, api: APIConfig, api_key: Any, base_url: Any, allow_http: Any, http_client: Any, http_client_type: type[H]
    ) -> None:
        self.api = api
        self.get_key, self.redact = self._checked_key(api_key)
        if http_client is not None and not isinstance(http_client, http_client_type):
            expected = f"expected an httpx.{http_client_type.__name__}"
            raise UsageError(f"http_client: {expected}, got {_type_name(http_client)}")
        if not isinstance(allow_http, bool):
            raise UsageError(f"allow_http: expected True or False, got {_describe(allow_http)}")
        self.http_client: H | None = http_client
        self.base_url = self._checked_base_url(base_url, allow_http)
        self.proxy_allowed = self.base_url.scheme == "https" or allow_http

    def missing_key_error(self) -> UsageError:
        """Return the error for a call that needs a key where none was given."""
        return UsageError(f"api_key: no API key was given; pass api_key=... or set {self.api.env_prefix}_API_KEY")

    def _checked_base_url(self, base_url: Any, allow_http: bool) -> httpx.URL:
        option = "base_url"
        if base_url is None and self.http_client is not None and self.http_client.base_url.host:
            option, base_url = "http_client: its base_url", str(self.http_client.base_url)
        if base_url is None:
            option = f"{self.api.env_prefix}_BASE_URL"
            base_url = os.environ.get(option) or self.api.base_url
        if base_url is None:
            raise UsageError(f"base_url: the API description names no server; pass base_url=... or set {option}")
        expected = f"{option}: expected scheme, host and path of a server, such as https://api.example.com"
        url = parse_url(base_url)
        if url is None or url.scheme not in {"http", "https"}:
            is_padded = str(base_url).strip() not in {"", str(base_url)}
            raise UsageError(f"{option}: it has white space around it" if is_padded else expected)
        if url.userinfo:
            raise UsageError(f"{option}: it contains a user name or password; pass api_key instead")
        if url.query or url.fragment:
            raise UsageError(f"{option}: it has a query or a fragment; leave it out")
        if url.scheme == "http" and not allow_http and not is_loopback(url.host):
            raise UsageError(f"{option}: http:// would send the API key unencrypted; use https://, or allow_http=True")
        return url

    def _checked_key(self, key: Any) -> tuple[Callable[[], str] | None, Redact]:
        variable = f"{self.api.env_prefix}_API_KEY"
        option, advice = "api_key", f"pass the key alone, or set {variable}"
        if key is None:
            option, advice = variable, "set it to the key alone"
            key = os.environ.get(variable)
        if key is None and self.api.key_required:
            raise self.missing_key_error()
        if key is None:
            return None, lambda text: text
        if problem := _key_problem(key, bearer=self.api.bearer_key):
            raise UsageError(f"{option}: {problem}; {advice}")
        return lambda: key, redactor(key)


def _key_problem(key: Any, *, bearer: bool) -> str | None:
    if not isinstance(key, str):
        return f"expected a string, got {type(key).__name__}"
    lowered = key.lower()
    problems = {
        "the key is blank": not key.strip(),
        "the key has a line break in it (was it read from a file?)": "\n" in key or "\r" in key,
        "the key has white space around it": key != key.strip(),
        f"the key is the word {key}": lowered in {"none", "null", "undefined", "bearer"},
        'the key starts with "Bearer"': bearer and lowered.startswith("bearer "),
        "the key contains the name of a variable": "API_KEY" in key,
        "the key has white space inside it": bearer and any(character.isspace() for character in key),
        "the key has quotation marks around it": key[:1] == key[-1:] and key[:1] in {'"', "'", "`"},
        "the key has a character outside ASCII": not key.isascii(),
        "the key has a control character in it": not key.isprintable(),
    }
    return next((problem for problem, found in problems.items() if found), None)


def parse_url(url: httpx.URL | str) -> httpx.URL | None:
    """Return a server's URL, or None if it is invalid. httpx would quote it in its error, and it may hold a secret."""
    try:
        parsed = httpx.URL(url)
        host, port = parsed.host, parsed.port or 0
    except (httpx.InvalidURL, TypeError, ValueError):
        return None
    is_server = bool(host) and not re.search(r"[%\s]", host) and 0 <= port < 65536
    return parsed if is_server else None


def address_of(host: str) -> IPv4Address | IPv6Address | None:
    """Return the IP address that a host is, or None if it is a name."""
    with suppress(ValueError):
        return ip_address(host)
    return None


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    address = address_of(host)
    return address.is_loopback if address else host == "localhost" or host.endswith(".localhost")


class CallOptions(NamedTuple):
    """Time limits, retries and additional headers of calls.

    Attributes:
        timeouts: Seconds for a network operation, by httpx's names: connect, read, write, pool.
        deadline: Seconds for a whole call, retries included.
        max_retries: Retries of a call.
        headers: Additional headers for each request.
    """

    timeouts: Mapping[str, float] = dict.fromkeys(("connect", "read", "write", "pool"), 10.0)
    deadline: float = 30.0
    max_retries: int = 5
    headers: Mapping[str, str] = MappingProxyType({})

    @classmethod
    def default_for(cls, http_client: httpx.Client | httpx.AsyncClient | None) -> Self:
        """Return the options of a client that is given none: an `http_client` keeps its timeout."""
        if http_client is None:
            return cls()
        timeouts = http_client.timeout.as_dict().items()
        return cls(timeouts={name: inf if seconds is None else seconds for name, seconds in timeouts})

    def replaced(self, timeout: Any, deadline: Any, max_retries: Any, headers: Any) -> Self:
        """Return these options with some of them changed: those that are not UNSET.

        Raises:
            UsageError: An option is invalid.
        """
        return type(self)(
            self.timeouts if timeout is UNSET else dict.fromkeys(self.timeouts, _seconds("timeout", timeout)),
            self.deadline if deadline is UNSET else _seconds("deadline", deadline),
            self.max_retries if max_retries is UNSET else _count("max_retries", max_retries),
            self.headers if headers is UNSET else _with_headers(self.headers, headers),
        )


def _seconds(option: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _YEAR:
        raise UsageError(f"{option}: expected a positive number of seconds, at most a year, got {_describe(value)}")
    return float(value)


def _count(option: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UsageError(f"{option}: expected a whole number of at least 0, got {_describe(value)}")
    return value


def _with_headers(headers: Mapping[str, str], added: Mapping[Any, Any] | Unset) -> Mapping[str, str]:
    if not isinstance(added, Mapping) or not all(isinstance(text, str) for item in added.items() for text in item):
        raise UsageError("headers: expected a mapping of names to values, both strings")
    merged = httpx.Headers(headers)
    for name, text in added.items():
        if not re.fullmatch(r"[\w!#$%&'*+.^`|~-]+", name, re.ASCII):
            raise UsageError(f"headers: {name!r:.40} is not a valid name")
        if name.lower() in {"accept-encoding", "content-length", "transfer-encoding"}:
            raise UsageError(f"headers: {name} is set by the client; leave it out")
        if not is_header_value(text):
            raise UsageError(f"headers: expected a value of {name} in printable ASCII, without space around it")
        merged[name] = text  # replaces one of the same name in any case
    return merged


def is_header_value(text: str) -> bool:
    """Return whether a text can be sent as the value of a header."""
    return text.isascii() and text.isprintable() and text == text.strip()


def _describe(value: object) -> str:
    """Describe the value of an option. Only numbers are shown: any other value may be a misplaced key."""
    return f"{value!r:.50}" if isinstance(value, int | float | None) else _type_name(value)


def _type_name(value: object) -> str:
    kind = type(value)
    module = kind.__module__.partition(".")[0]
    return kind.__name__ if module == "builtins" else f"{module}.{kind.__name__}"
