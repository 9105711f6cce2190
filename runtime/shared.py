"""What the calls of a client share, in each process anew, and what its two kinds have in common."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Generic, NoReturn
from weakref import WeakKeyDictionary, WeakSet

import httpx

from . import bodies, retries, transport
from .errors import UsageError
from .options import H, Options, is_loopback
from .rate_limit import RateLimit
from .request import API, Request, without_secrets

# Makes one more of a call's requests: for this URL, with these extensions of httpx.
RequestMaker = Callable[[httpx.URL, dict[str, Any]], httpx.Request]

_all: WeakSet[Shared[Any]] = WeakSet()


class Shared(Generic[H]):
    """What the calls of a client share: options, budget, rate limit, prepared requests, whether it is closed.

    Args:
        on_start: Called when the sharing starts, at once and in a process that was forked.

    Attributes:
        connected: Whether connections may have been opened.
        proxy: What takes the requests to the server, where that can be told; see `transport.proxy_of`.
    """

    def __init__(self, api: API, options: Options[H], on_start: Callable[[], None]) -> None:
        self._api = api
        self.options: Options[H] = options
        self._on_start = on_start
        self.closed = False
        self.connected = False
        self.proxy: str | None = None
        if options.http_client is None and options.base_url.scheme == "https":
            transport.tls.prepare()
        self._prepared = WeakKeyDictionary[Request[Any], tuple[httpx.URL, RequestMaker]]()
        self.start()
        _all.add(self)

    def start(self) -> None:
        """Set up what belongs to this process alone: at first, and in one that was forked."""
        self.budget = retries.Budget()
        self.rate_limit = RateLimit(*self._api.rate_limit) if self._api.rate_limit else None
        self._is_inherited = self.options.http_client is not None and self.connected
        self._on_start()

    def note_connections(self, http: H) -> None:
        """Take note of what opens the connections.

        Raises:
            UsageError: It would send the key unencrypted to a proxy.
        """
        options = self.options
        proxy = transport.proxy_url_of(http, options.base_url)
        if proxy is not None and not options.trust_env and not is_loopback(proxy.host):
            raise UsageError(
                "http_client: its proxy would be sent the API key unencrypted; use https://, allow_http=True, "
                "or an http_client with trust_env=False"
            )
        self.connected = True
        self.proxy = transport.proxy_of(http, options.base_url)

    @property
    def is_closed(self) -> bool:
        return self.closed or (self.options.http_client is not None and self.options.http_client.is_closed)

    def check_open(self) -> None:
        if self.closed:
            raise UsageError("the client is closed; make a new one")

    def prepare(self, request: Request[Any]) -> tuple[httpx.URL, RequestMaker]:
        """The URL of a call, and what makes its requests.

        Raises:
            UsageError: The call cannot be made.
        """
        self.check_open()
        if self.is_closed:
            raise UsageError("http_client: it is closed; make a new one, and a new client over it")
        if self._is_inherited:
            raise UsageError("http_client: its connections belong to the process that forked; make a new client")
        prepared = self._prepared.get(request)
        if prepared is None:
            prepared = self._prepare(request)
            if self.options.http_client is None and request.is_constant:
                self._prepared[request] = prepared
        return prepared

    def _prepare(self, request: Request[Any]) -> tuple[httpx.URL, RequestMaker]:
        options = self.options
        arguments = request.arguments()
        arguments["headers"] |= {
            "accept": "*/*",
            "accept-encoding": bodies.ACCEPT_ENCODING,
            "user-agent": self._api.user_agent,
        }
        if request.security is not None:
            if options.key is None:
                raise options.key_needed()
            place = {"header": "headers", "query": "params", "cookie": "cookies"}[request.security.place]
            arguments[place][request.security.name] = request.security.credentials(options.key())
        arguments["params"] = arguments["params"] or None  # httpx takes {} for: strike the URL's own
        path = options.base_url.raw_path.rstrip(b"/") + request.target().encode()
        # An http_client of the caller's own adds its headers, cookies and parameters.
        build = httpx.Request if options.http_client is None else options.http_client.build_request
        try:
            template = build(request.method, options.base_url.copy_with(raw_path=path), **arguments)
        except (TypeError, ValueError, httpx.InvalidURL) as error:
            refusal = UsageError(f"{request.method} {request.path}: an argument cannot be sent: {error}")
        else:
            return template.url, _maker(template)  # not the template: an attribute would show the key
        raise refusal  # out here, where nothing links it to frames that hold the key


def _maker(template: httpx.Request) -> RequestMaker:
    def make(url: httpx.URL, extensions: dict[str, Any]) -> httpx.Request:
        made = httpx.Request(
            template.method, url, headers=template.headers, stream=template.stream, extensions=extensions
        )
        if isinstance(template.stream, httpx.ByteStream):
            made.read()  # some transports want the content at once
        return made

    return make


def _start_again() -> None:
    """In a process that was forked: locks that were held there, and connections, are not its own."""
    for shared in list(_all):
        shared.start()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_again)


class WithShared(Generic[H]):
    """What `BaseClient` and `BaseAsyncClient` have in common: nothing secret is shown or kept."""

    _kind: type[H]

    def __init__(self, api: API, **options: Any) -> None:
        self._shared: Shared[H] = Shared(api, Options(api, **options, kind=self._kind), on_start=self._start)

    def _start(self) -> None:
        """Set up what belongs to this process alone, at first and after a fork."""
        raise NotImplementedError

    @property
    def base_url(self) -> httpx.URL:
        """The server."""
        return self._shared.options.base_url

    @property
    def is_closed(self) -> bool:
        """Whether calls are refused, because the client or its `http_client` was closed."""
        return self._shared.is_closed

    def __repr__(self) -> str:
        if "_shared" not in vars(self):  # a traceback shows a client that was refused its options
            return f"{type(self).__name__}()"
        return f"{type(self).__name__}(base_url={without_secrets(self.base_url)!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} cannot be pickled or copied: it holds connections and a key")
