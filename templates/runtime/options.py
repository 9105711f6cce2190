"""The options of a client, checked, and what all its calls share."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Callable
from typing import Any, Generic, NoReturn, TypeVar
from urllib.parse import quote
from weakref import WeakKeyDictionary

import httpx

from . import bodies, logs, retries, transport
from .errors import UsageError
from .rate_limit import RateLimit
from .request import API, Request, without_secrets

H = TypeVar("H", httpx.Client, httpx.AsyncClient)

TIMEOUT = 10.0
DEADLINE = 30.0
MAX_RETRIES = 5

_YEAR = 366 * 86_400  # seconds; the operating system does not take any number

# Makes one more of a call's requests: for this URL, with these extensions of httpx.
RequestMaker = Callable[[httpx.URL, dict[str, Any]], httpx.Request]


class Options(Generic[H]):
    """The options of a client, checked, and what its calls share: budget, rate limit, prepared requests.

    Args:
        kind: What `http_client` must be.
        on_start: Called when the sharing starts, at once and in a process that was forked.
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
        on_start: Callable[[], None],
    ) -> None:
        self._api = api
        self.timeout = _seconds("timeout", timeout)
        self.deadline = _seconds("deadline", deadline)
        if isinstance(max_retries, bool) or not isinstance(max_retries, int) or max_retries < 0:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UsageError(f"max_retries: expected a whole number of at least 0, got {_shown(max_retries)}")
        self.max_retries = max_retries
        self._key, self._redact = self._checked_key(api_key)
        self.base_url = self._checked_base_url(base_url, allow_http)
        # Plain http to this machine is safe only if it stays here: a proxy of the environment would be sent the key.
        self.trust_env = self.base_url.scheme == "https" or allow_http
        logs.redact_with(self._redact)
        if http_client is not None and not isinstance(http_client, kind):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UsageError(f"http_client: expected an httpx.{kind.__name__}, got {type(http_client).__name__}")
        self.http_client: H | None = http_client
        self._on_start = on_start
        self.closed = False
        self.connected = False
        self.proxy: str | None = None
        if http_client is None and self.base_url.scheme == "https":
            transport.tls.prepare()
        self._prepared = WeakKeyDictionary[Request[Any], tuple[httpx.URL, RequestMaker]]()
        self.start()

    def start(self) -> None:
        """Set up what the calls in this process share."""
        self.budget = retries.Budget()
        self.rate_limit = RateLimit(*self._api.rate_limit) if self._api.rate_limit else None
        self._on_start()
        self.pid = os.getpid()  # last: who sees it may use the rest

    def _start_after_fork(self) -> None:
        """Locks that were held and connections stay with the process that forked."""
        if self.http_client is not None and self.connected:
            raise UsageError("http_client: its connections belong to the process that forked; make a new client")
        self.start()

    def note_connections(self, http: H) -> None:
        """Take note of what opens the connections.

        Raises:
            UsageError: It would send the key unencrypted to a proxy.
        """
        proxy = transport.proxy_url_of(http, self.base_url)
        if proxy is not None and not self.trust_env and not _is_loopback(proxy.host):
            raise UsageError(
                "http_client: its proxy would be sent the API key unencrypted; use https://, allow_http=True, "
                "or an http_client with trust_env=False"
            )
        self.connected = True
        self.proxy = transport.proxy_of(http, self.base_url)

    @property
    def is_closed(self) -> bool:
        return self.closed or (self.http_client is not None and self.http_client.is_closed)

    def check_open(self) -> None:
        if self.closed:
            raise UsageError("the client is closed; make a new one")

    def prepare(self, request: Request[Any]) -> tuple[httpx.URL, RequestMaker]:
        """The URL of a call, and what makes its requests."""
        self.check_open()
        if self.http_client is not None and self.http_client.is_closed:
            raise UsageError("http_client: it is closed; make a new one, and a new client over it")
        if self.pid != os.getpid():
            self._start_after_fork()
        if request.security is not None and self._key is None:
            raise UsageError(self._key_advice("no API key was given"))
        prepared = self._prepared.get(request)
        if prepared is None:
            prepared = self._prepare(request)
            if self.http_client is None and request.is_constant:
                self._prepared[request] = prepared
        return prepared

    def _prepare(self, request: Request[Any]) -> tuple[httpx.URL, RequestMaker]:
        arguments = request.arguments()
        arguments["headers"] |= {
            "accept": "*/*",
            "accept-encoding": bodies.ACCEPT_ENCODING,
            "user-agent": self._api.user_agent,
        }
        if request.security is not None and self._key is not None:
            place = {"header": "headers", "query": "params", "cookie": "cookies"}[request.security.place]
            arguments[place][request.security.name] = request.security.credentials(self._key())
        arguments["params"] = arguments["params"] or None  # httpx takes {} for: strike the URL's own
        url = self.base_url.copy_with(raw_path=self.base_url.raw_path.rstrip(b"/") + request.target().encode())
        # An http_client of the caller's own adds its headers, cookies and parameters.
        build = httpx.Request if self.http_client is None else self.http_client.build_request
        template = build(request.method, url, **arguments)

        def make(url: httpx.URL, extensions: dict[str, Any]) -> httpx.Request:
            made = httpx.Request(
                template.method, url, headers=template.headers, stream=template.stream, extensions=extensions
            )
            if isinstance(template.stream, httpx.ByteStream):
                made.read()  # some transports want the content at once
            return made

        return template.url, make  # not the template: an attribute would show the key

    def redact(self, text: str) -> str:
        """The text without the key, should the server have sent it back."""
        return self._redact(text)

    def _checked_base_url(self, base_url: str | None, allow_http: bool) -> httpx.URL:
        option, given = "base_url", base_url
        if given is None:
            option = f"{self._api.environment}_BASE_URL"
            given = os.environ.get(option) or self._api.base_url
        if given is None:
            raise UsageError(f"base_url: none was given, and the contract names no server; set it or {option}")
        expected = f"{option}: expected scheme, host and path of a server, such as https://api.example.com"
        try:
            url = httpx.URL(given)
        except (httpx.InvalidURL, TypeError) as error:
            raise UsageError(f"{expected} ({error})") from None
        if url.userinfo:
            raise UsageError(f"{option}: a user or password in it would go astray; pass api_key instead")
        if url.query or url.fragment or url.scheme not in {"http", "https"} or not _is_host(url.host, url.port):
            raise UsageError(expected)
        if url.scheme == "http" and not allow_http and not _is_loopback(url.host):
            raise UsageError(f"{option}: http:// would send the API key unencrypted; use https://, or allow_http=True")
        return url

    def _checked_key(self, api_key: str | None) -> tuple[Callable[[], str] | None, Callable[[str], str]]:
        """What tells the key, and what strikes it from a text. No attribute holds it."""
        if api_key is None:
            api_key = os.environ.get(f"{self._api.environment}_API_KEY")
        if api_key is None:
            if self._api.key_required:
                raise UsageError(self._key_advice("no API key was given"))
            return None, lambda text: text
        key = api_key
        if problem := _key_problem(key):
            del api_key, key
            raise UsageError(self._key_advice(problem))
        return lambda: key, _redactor(key)

    def _key_advice(self, problem: str) -> str:
        return f"api_key: {problem}; pass api_key=... or set {self._api.environment}_API_KEY"


class WithOptions(Generic[H]):
    """What `BaseClient` and `BaseAsyncClient` share: options, and that they show and keep nothing secret."""

    _kind: type[H]

    def __init__(self, api: API, **options: Any) -> None:
        self._options: Options[H] = Options(api, **options, kind=self._kind, on_start=self._start)

    def _start(self) -> None:
        """Set up what belongs to this process alone, at first and after a fork."""
        raise NotImplementedError

    @property
    def base_url(self) -> httpx.URL:
        """The server."""
        return self._options.base_url

    @property
    def is_closed(self) -> bool:
        """Whether calls are refused, because the client or its `http_client` was closed."""
        return self._options.is_closed

    def __repr__(self) -> str:
        if "_options" not in vars(self):  # a traceback shows a client that was refused its options
            return f"{type(self).__name__}()"
        return f"{type(self).__name__}(base_url={without_secrets(self.base_url)!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} cannot be pickled or copied: it holds connections and a key")


def _key_problem(key: object) -> str | None:
    if not isinstance(key, str):
        return f"expected a string, got {type(key).__name__}"
    if not key.strip():
        return "the key is blank"
    if "\n" in key or "\r" in key:
        return "the key has a line break in it (was it read from a file?)"
    if key != key.strip():
        return "the key has white space around it"
    if key.lower().startswith("bearer "):
        return "the key has the word Bearer before it"
    if any(character.isspace() for character in key):
        return "the key has white space inside it"
    if key[0] == key[-1] and key[0] in "\"'`":
        return "the key has quotation marks around it"
    if not key.isascii():
        return "the key has a character outside ASCII"
    if not key.isprintable():
        return "the key has a control character in it"
    return None


def _redactor(key: str) -> Callable[[str], str]:
    """What strikes a key from a text: in each spelling that it is sent or told in, and where the text was cut."""
    basic = b64encode(key.encode()).decode()
    spellings = dict.fromkeys([key, json.dumps(key)[1:-1], quote(key, safe=""), basic])

    def redact(text: str) -> str:
        for spelling in spellings:
            text = _without(spelling, text)
        return text

    return redact


def _without(key: str, text: str) -> str:
    pieces: list[str] = []
    end = 0
    while (start := text.find(key[:8], end)) >= 0:
        pieces += [text[end:start], "<redacted>"]
        end = start
        while (character := key[end - start : end - start + 1]) and text.startswith(character, end):
            end += 1
    return "".join([*pieces, text[end:]])


def _seconds(option: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _YEAR:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UsageError(f"{option}: expected a positive number of seconds, at most a year, got {_shown(value)}")
    return float(value)


def _shown(value: object) -> str:
    """A number that an option was given; what is none may be the key, at the wrong place."""
    return f"{value!r:.50}" if isinstance(value, int | float) else type(value).__name__


def _is_host(host: str, port: int | None) -> bool:
    return bool(host) and "%" not in host and not any(c.isspace() for c in host) and (port or 0) < 65536


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    from ipaddress import ip_address

    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
