# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""The state that the calls of a client share in one process, also with clients from `with_options`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Generic, TypeVar

from ..errors import UsageError
from .config import MAX_CONNECTIONS, ClientConfig, H, is_loopback
from .environment import proxy_of_environment
from .http_library import httpx
from .rate_limit import RateLimit
from .retries import RetryBudget

T = TypeVar("T")


class ClientState(Generic[H]):
    """The retry budget, the rate limit and the state of the connections.

    Args:
        config: The API, the key and the server.
        parent: The state of the parent process, or None in the process that made the client.

    Attributes:
        closed: Whether the client was closed.
        max_connections: How many requests may be sent at once. Calls wait for a connection here, because httpcore loses
            connections when a request stops waiting for one in its pool.
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
        if config.http_client is not None:
            from . import custom_client

            self.max_connections = custom_client.max_connections(config.http_client, config.base_url, MAX_CONNECTIONS)
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
            raise UsageError("http_client is closed: create a new one, and a new client over it")
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
        self.proxy = custom_client.describe_proxy(http_client, self.config.base_url)

    def environment_proxy(self) -> httpx.Proxy | None:
        """Return the proxy that the environment names for the server, or None if there is none or it must not be used.

        Raises:
            UsageError: A variable names a proxy that cannot be used.
        """
        found = proxy_of_environment(self.config.base_url) if self.config.proxy_allowed else None
        if found is None:
            return None
        proxy, self.proxy_source = found
        self.proxy = proxy.url.netloc.decode()
        return proxy


class PerProcess(Generic[T]):
    """A value that each process makes for itself, such as one with locks and connections, which do not survive a fork.

    The values of parent processes are kept, because closing their connections would disturb the parent.

    Args:
        make: Creates the value, given that of the parent process, or None in the first process.
    """

    def __init__(self, make: Callable[[T | None], T]) -> None:
        self._make = make
        self._values = {os.getpid(): make(None)}

    def get(self) -> T:
        """Return the value of this process."""
        pid = os.getpid()
        value = self._values.get(pid)
        if value is None:
            parent = list(self._values.values())[-1]
            value = self._values.setdefault(pid, self._make(parent))  # threads that race here get the same one
        return value
