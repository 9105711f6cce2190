"""The common base of `SyncAPIClient` and `AsyncAPIClient`, and the state that the calls of a client share."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Generic, NoReturn, Self, TypeVar

from ..errors import UsageError
from ..types import UNSET, Response, Unset
from . import environment
from .api_request import APIRequest
from .bodies import ACCEPT_ENCODING
from .config import MAX_CONNECTIONS, CallOptions, ClientConfig, H, is_loopback
from .http_library import httpx
from .timing import RateLimit, RetryBudget

# Creates the HTTP request of an attempt, given its URL and extensions.
RequestFactory = Callable[[httpx.URL, dict[str, Any]], httpx.Request]

# The URL of a call, and a factory of its HTTP requests.
Prepared = tuple[httpx.URL, RequestFactory]

S = TypeVar("S", bound="ClientState[Any]")
T = TypeVar("T")


class ClientState(Generic[H]):
    """What a client shares with those of its `with_options`: retry budget, rate limit, state of the connections.

    Args:
        config: The API, the key and the server.
        parent: The state of the parent process, or None in the process that made the client.

    Attributes:
        retry_budget: The retries that calls may still make.
        rate_limit: The limiter, or None if the API description states no limit.
        closed: Whether the client was closed.
        max_connections: How many connections a process, or an event loop, may use at once. Calls wait for one in
            `connection_slots`, not in httpcore's pool, which loses connections when a request stops waiting.
        proxy: For errors: host and port of the proxy, the name of a transport that may be one, or None.
        proxy_source: For errors: the variable that names the proxy, or `http_client`.
    """

    def __init__(self, config: ClientConfig[H], parent: ClientState[H] | None) -> None:
        self.config: ClientConfig[H] = config
        self.closed: bool = parent is not None and parent.closed
        self.proxy: str | None = None
        self.proxy_source = "`http_client`"
        self.retry_budget = RetryBudget()
        limit = config.api.rate_limit
        self.rate_limit = RateLimit(*limit) if limit else None
        self.max_connections = MAX_CONNECTIONS
        self._http_client_used = False
        self._http_client_inherited = parent is not None and parent._http_client_used

    @property
    def is_closed(self) -> bool:
        """Whether the client or its `http_client` is closed, so that it refuses calls."""
        http_client = self.config.http_client
        return self.closed or (http_client is not None and http_client.is_closed)

    def check_open(self) -> None:
        """Refuse a call that cannot be sent.

        Raises:
            UsageError: The client is closed, or its `http_client` cannot be used here.
        """
        http_client = self.config.http_client
        if self.closed:
            raise UsageError("the client is closed; make a new one")
        if http_client is not None and http_client.is_closed:
            raise UsageError("http_client is closed; make a new one, and a new client over it")
        if self._http_client_inherited:
            raise UsageError("http_client: its connections belong to the process that forked; make a new client")

    def register_http_client(self, http_client: httpx.Client | httpx.AsyncClient) -> None:
        """Register a custom `http_client` before its first use.

        Raises:
            UsageError: It would send the key to a proxy unencrypted.
        """
        from . import custom_client

        proxy = custom_client.proxy_url(http_client, self.config.base_url)
        if proxy is not None and not self.config.proxy_allowed and not is_loopback(proxy.host):
            raise UsageError(
                "http_client: its proxy would receive the API key unencrypted; use https://, allow_http=True, "
                "or an http_client with trust_env=False"
            )
        self._http_client_used = True
        self.max_connections = custom_client.max_connections(http_client, self.config.base_url, self.max_connections)
        self.proxy = custom_client.describe_proxy(http_client, self.config.base_url)

    def environment_proxy(self) -> httpx.Proxy | None:
        """Return the proxy that the environment names for the server, or None if there is none or it must not be used.

        Raises:
            UsageError: A variable names a proxy that cannot be used.
        """
        if self.config.proxy_allowed and (found := environment.proxy_of_environment(self.config.base_url)):
            proxy, self.proxy_source = found
            self.proxy = proxy.url.netloc.decode()
            return proxy
        return None


class tag_property(cached_property[T]):
    """A cached property whose value is also accessible on the class, for `create_autospec`."""

    def __get__(self, client: object, owner: Any = None) -> T:  # type: ignore[override]
        return self.func(None) if client is None else super().__get__(client, owner)


class ClientBase(Generic[H, S]):
    """The options of a client, its state in each process, and its prepared requests.

    Args:
        config: The API, the key and the server.
        options: The options of calls.
    """

    _state_type: type[S]

    def __init__(self, config: ClientConfig[H], options: CallOptions) -> None:
        self._config: ClientConfig[H] = config
        self._options = options
        self._states = {os.getpid(): self._state_type(config, None)}  # by process; shared with those of `with_options`
        self._owns_connections = True
        self._prepared: dict[tuple[object, ...], Prepared] = {}  # of operations without arguments
        if config.http_client is None and config.base_url.scheme == "https":
            environment.trust_store.preload()

    @property
    def _state(self) -> S:
        """The state that calls share in this process. Its locks and connections would not survive a fork.

        The states of parent processes are kept, because closing their connections would disturb the parent.
        """
        pid = os.getpid()
        if (state := self._states.get(pid)) is None:
            parent = list(self._states.values())[-1]
            new = self._state_type(self._config, parent)
            state = self._states.setdefault(pid, new)  # threads that race here get the same one
        return state

    @property
    def base_url(self) -> httpx.URL:
        """The server."""
        return self._config.base_url

    @property
    def is_closed(self) -> bool:
        """Whether the client or its `http_client` is closed, so that it refuses calls."""
        return self._state.is_closed

    def with_options(
        self,
        *,
        timeout: float | Unset = UNSET,
        deadline: float | Unset = UNSET,
        max_retries: int | Unset = UNSET,
        headers: Mapping[str, str] | Unset = UNSET,
    ) -> Self:
        """Return a client with other options for some calls.

        It shares the connections, the retry budget and the rate limit of this one. Closing it leaves them open.

        Args:
            timeout: Seconds for one network operation.
            deadline: Seconds for a whole call, retries included.
            max_retries: Retries of a call; 0 switches them off.
            headers: Additional headers for each request. The API key and the operation's parameters take precedence.

        Raises:
            UsageError: An option is invalid.
        """
        client = object.__new__(type(self))
        # Copied in one step: another thread may be caching `client.<tag>`. Each client caches tags of its own.
        members = vars(self).copy()
        vars(client).update(
            {name: each for name, each in members.items() if getattr(each, "_client", None) is not self}
        )
        client._options = self._options.replaced(timeout, deadline, max_retries, headers)
        client._prepared = {}
        client._owns_connections = False
        return client

    def _send(self, request: APIRequest[T]) -> Response[T]:
        """Refuse a call on the wrong client. `SyncAPIClient` overrides this."""
        raise UsageError("client: expected a Client; use `asyncio` with an AsyncClient")

    async def _send_async(self, request: APIRequest[T]) -> Response[T]:
        """Refuse a call on the wrong client. `AsyncAPIClient` overrides this."""
        raise UsageError("client: expected an AsyncClient; use `sync` with a Client")

    def _prepare(self, request: APIRequest[Any]) -> Prepared:
        """Return the URL of a call, and a factory of its HTTP requests.

        Raises:
            UsageError: The call cannot be made.
        """
        has_arguments = request.path_parameters or request.query or request.headers or request.cookies
        if has_arguments or request.body is not UNSET or self._config.http_client is not None:
            return self._build(request)
        operation = request.method, request.path, request.security
        if (prepared := self._prepared.get(operation)) is None:
            prepared = self._prepared[operation] = self._build(request)
        return prepared

    def _build(self, request: APIRequest[Any]) -> Prepared:
        config = self._config
        arguments = request.arguments()
        headers = httpx.Headers({"user-agent": config.api.user_agent})
        own_accept = config.http_client.headers.get("accept", "*/*") if config.http_client else "*/*"
        headers["accept"] = request.accept if own_accept == "*/*" else own_accept  # "*/*" is httpx's
        headers.update(self._options.headers)
        headers["accept-encoding"] = ACCEPT_ENCODING
        if request.security is not None and config.get_key is None and not request.security.optional:
            raise config.missing_key_error()
        if request.security is not None and config.get_key is not None:
            location = {"header": "headers", "query": "params", "cookie": "cookies"}[request.security.location]
            arguments[location][request.security.name] = request.security.credentials(config.get_key())
        headers.update(arguments["headers"])  # the key and the operation's parameters take precedence
        arguments["headers"] = headers
        path = config.base_url.raw_path.rstrip(b"/") + request.target().encode()
        # A custom http_client adds its headers, cookies and parameters.
        build = httpx.Request if config.http_client is None else config.http_client.build_request
        try:
            template = build(request.method, config.base_url.copy_with(raw_path=path), **arguments)
            return template.url, _factory(template)  # not the template: an attribute would show the key
        except (TypeError, ValueError, httpx.InvalidURL) as error:
            refusal = UsageError(f"{request.method} {request.path}: an argument cannot be sent: {error}")
        raise refusal  # outside `except`, so that `__context__` cannot lead to the key

    def __repr__(self) -> str:
        if "_config" not in vars(self):  # in a traceback: a client whose options were refused
            return f"{type(self).__name__}()"
        return f"{type(self).__name__}(base_url={str(self.base_url)!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} cannot be pickled or copied: it holds connections and a key")


class OwnRequest(httpx.Request):
    """A request of a client, to tell it from those of event hooks."""


def _factory(template: httpx.Request) -> RequestFactory:
    def make(url: httpx.URL, extensions: dict[str, Any]) -> httpx.Request:
        request = OwnRequest.__new__(OwnRequest)  # a copy: creating a new one takes as long as sending it
        vars(request).update(vars(template), url=url, headers=httpx.Headers(template.headers), extensions=extensions)
        return request

    return make
