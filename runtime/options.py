"""The options of a client, checked."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Generic, TypeVar

import httpx

from .errors import UsageError
from .redaction import Redact, redactor
from .request import API

H = TypeVar("H", httpx.Client, httpx.AsyncClient)

TIMEOUT = 10.0
DEADLINE = 30.0
MAX_RETRIES = 5

_YEAR = 366 * 86_400  # seconds; the operating system does not take any number


class Options(Generic[H]):
    """The options of a client, checked.

    Args:
        kind: What `http_client` must be.

    Attributes:
        key: Tells the API key, or None where there is none. No attribute holds it.
        redact: Strikes the key from a text.
        trust_env: Whether proxies of the environment may be used.
    """

    def __init__(
        self,
        api: API,
        api_key: str | None,
        base_url: str | None,
        timeout: float,
        deadline: float,
        max_retries: int,
        allow_http: bool,
        http_client: H | None,
        *,
        kind: type[H],
    ) -> None:
        self._api = api
        self.timeout = _seconds("timeout", timeout)
        self.deadline = _seconds("deadline", deadline)
        if isinstance(max_retries, bool) or not isinstance(max_retries, int) or max_retries < 0:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UsageError(f"max_retries: expected a whole number of at least 0, got {_shown(max_retries)}")
        self.max_retries = max_retries
        self.key, self.redact = self._checked_key(api_key)
        self.base_url = self._checked_base_url(base_url, allow_http)
        # Plain http to this machine is safe only if it stays here: a proxy of the environment would be sent the key.
        self.trust_env = self.base_url.scheme == "https" or allow_http
        if http_client is not None and not isinstance(http_client, kind):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UsageError(f"http_client: expected an httpx.{kind.__name__}, got {type(http_client).__name__}")
        self.http_client: H | None = http_client

    def key_needed(self) -> UsageError:
        """The error for a call that needs a key where none was given."""
        return self._key_error("no API key was given")

    def _checked_base_url(self, base_url: str | None, allow_http: bool) -> httpx.URL:
        option, given = "base_url", base_url
        if given is None:
            option = f"{self._api.environment}_BASE_URL"
            given = os.environ.get(option) or self._api.base_url
        if given is None:
            raise UsageError(f"base_url: none was given, and the contract names no server; set it or {option}")
        expected = f"{option}: expected scheme, host and path of a server, such as https://api.example.com"
        url = _url(given)
        if url is None or url.scheme not in {"http", "https"}:
            raise UsageError(expected)
        if url.userinfo:
            raise UsageError(f"{option}: a user or password in it has no place there; pass api_key instead")
        if url.query or url.fragment:
            raise UsageError(expected)
        if url.scheme == "http" and not allow_http and not is_loopback(url.host):
            raise UsageError(f"{option}: http:// would send the API key unencrypted; use https://, or allow_http=True")
        return url

    def _checked_key(self, api_key: str | None) -> tuple[Callable[[], str] | None, Redact]:
        if api_key is None:
            api_key = os.environ.get(f"{self._api.environment}_API_KEY")
        if api_key is None:
            if self._api.key_required:
                raise self.key_needed()
            return None, lambda text: text
        key = api_key
        if problem := _key_problem(key):
            del api_key, key
            raise self._key_error(problem)
        return lambda: key, redactor(key)

    def _key_error(self, problem: str) -> UsageError:
        return UsageError(f"api_key: {problem}; pass api_key=... or set {self._api.environment}_API_KEY")


def _key_problem(key: object) -> str | None:
    if not isinstance(key, str):
        return f"expected a string, got {type(key).__name__}"
    if not key.strip():
        return "the key is blank"
    if "\n" in key or "\r" in key:
        return "the key has a line break in it (was it read from a file?)"
    if key != key.strip():
        return "the key has white space around it"
    if key.lower() in {"none", "null", "undefined", "bearer"}:
        return f"the key is the word {key}"
    if key.lower().startswith("bearer "):
        return "the key has the word Bearer before it"
    if "API_KEY" in key:
        return "the key has the name of a variable in it"
    if any(character.isspace() for character in key):
        return "the key has white space inside it"
    if key[0] == key[-1] and key[0] in "\"'`":
        return "the key has quotation marks around it"
    if not key.isascii():
        return "the key has a character outside ASCII"
    if not key.isprintable():
        return "the key has a control character in it"
    return None


def _url(given: httpx.URL | str) -> httpx.URL | None:
    """None for what is no server's. What httpx says of that quotes it, and it may be the key, at the wrong place."""
    try:
        url = httpx.URL(given)
        return url if _is_host(url.host, url.port) else None
    except (httpx.InvalidURL, TypeError, ValueError):
        return None


def _seconds(option: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _YEAR:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UsageError(f"{option}: expected a positive number of seconds, at most a year, got {_shown(value)}")
    return float(value)


def _shown(value: object) -> str:
    """A number that an option was given; what is none may be the key, at the wrong place."""
    return f"{value!r:.50}" if isinstance(value, int | float) else type(value).__name__


def _is_host(host: str, port: int | None) -> bool:
    return bool(host) and "%" not in host and not any(c.isspace() for c in host) and (port or 0) < 65536


def is_loopback(host: str) -> bool:
    """Whether it is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    from ipaddress import ip_address

    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
