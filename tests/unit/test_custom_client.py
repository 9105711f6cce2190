"""The private attributes of other packages that the runtime relies on, a test for each."""

from __future__ import annotations

import ast
import asyncio
import re
import sys
from pathlib import Path
from typing import Any

import aiohttp
import httpcore
import httpx
import pytest
import stablecog_client
from stablecog_client._runtime import custom_client
from stablecog_client._runtime.http_library import CALLER_OF_HOOKS, limit_reuse
from stablecog_client._runtime.network import AsyncTransport, DeadlineBackend, DeadlineStream, Transport

from tests.support.drivers import Backend, Threads, both_clients
from tests.support.faults import FaultServer, close_before_first_byte, ok

PRIVATE = {
    *("_transport_for_url", "_transport", "_mounts"),  # httpx's clients
    *("_proxy_url", "_network_backend", "_max_connections"),  # httpcore's pools
    *("_connections", "_optional_thread_lock"),  # of these, too
    *("_network_stream", "_h11_state", "_httpcore_stream"),  # of its connections, and what leads to them
    "_send_handling_redirects",  # a function of httpx
    "_retry_connection",  # aiohttp's session
}
SHARED_WITH_BASE_CLASS = {"_pool", "_requests"}  # names that ours have, too

HTTP, HTTPS = httpx.URL("http://api.example.com"), httpx.URL("https://api.example.com")

Client = type[httpx.Client] | type[httpx.AsyncClient]

CLIENTS: list[Client] = [httpx.Client, httpx.AsyncClient]


def inside(client_type: Client, **options: Any) -> Any:
    """Return a client of which the type checkers do not know what is private."""
    return client_type(trust_env=False, **options)


def test_these_are_all() -> None:
    """The runtime uses no private attribute that this module does not name."""
    used: set[str] = set()
    own: set[str] = {"_replace"}  # of named tuples, and documented
    package = Path(stablecog_client.__file__).parent
    for path in {*package.rglob("*.py")} - {*package.rglob("models/*.py")}:  # which have the names of the API
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                    own.add(name)
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    own.add(name)
                case ast.Name(id=name, ctx=ast.Store()):
                    own.add(name)
                case ast.Attribute(attr=name) | ast.Constant(value=str(name)):
                    used.add(name)
                case _:
                    pass
    private = {name for name in used if re.fullmatch("_[a-z][a-z_0-9]*", name)}
    assert private - own == PRIVATE
    assert private & own >= SHARED_WITH_BASE_CLASS


def test_transport_for_url_of_a_client() -> None:
    """It is the mounted transport, or else the client's own."""
    mounted: Any = httpx.MockTransport(lambda request: httpx.Response(200))
    for client_type in CLIENTS:
        client = inside(client_type, mounts={"https://": mounted})
        assert client._transport_for_url(HTTPS) is mounted
        assert client._transport_for_url(HTTP) is not mounted


def test_transport_of_a_client() -> None:
    """It is what the client was made with."""
    transport: Any = httpx.MockTransport(lambda request: httpx.Response(200))
    for client_type in CLIENTS:
        client = inside(client_type, transport=transport)
        assert client._transport is client._transport_for_url(HTTPS) is transport


def test_mounts_are_the_transports() -> None:
    """They are the mounted transports, those of proxies among them, by pattern."""
    mounted: Any = httpx.MockTransport(lambda request: httpx.Response(200))
    for client_type in CLIENTS:
        client = inside(client_type, mounts={"https://": mounted})
        assert [*client._mounts.values()] == [mounted]
        proxied = inside(client_type, proxy="http://proxy:3128")
        assert [*proxied._mounts.values()] == [proxied._transport_for_url(HTTPS)]


def test_proxy_url_is_that_of_a_pool() -> None:
    """It is the URL of a pool's proxy; pools without a proxy have none."""
    for client_type in CLIENTS:
        for proxy in "http://proxy:3128", "socks5://proxy:1080":
            url = inside(client_type, proxy=proxy)._transport_for_url(HTTPS)._pool._proxy_url
            assert f"{url.scheme.decode()}://{url.host.decode()}:{url.port}" == proxy
        assert not hasattr(inside(client_type)._transport._pool, "_proxy_url")


def test_transport_that_may_be_a_proxy_is_named() -> None:
    """By host and port, or as another library calls it; a transport of httpx without a proxy is none."""
    double = httpx.MockTransport(lambda request: httpx.Response(200))
    mounts: dict[str, Any] = {"https://": httpx.HTTPTransport(), "http://": double}
    for client, http, https in (
        (httpx.Client(mounts=mounts, trust_env=False), "MockTransport", None),
        (httpx.Client(proxy="http://proxy:3128"), "proxy:3128", "proxy:3128"),
        (httpx.Client(trust_env=False), None, None),
    ):
        assert (custom_client.describe_proxy(client, HTTP), custom_client.describe_proxy(client, HTTPS)) == (
            http,
            https,
        )


@pytest.mark.parametrize("options", [{}, {"proxy": "http://proxy"}, {"proxy": "socks5://proxy"}])
def test_network_backend_of_a_pool(options: dict[str, Any]) -> None:
    """It opens the connections of a pool: also when it is replaced after the pool was made."""

    class Backend(httpcore.NetworkBackend):
        def connect_tcp(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
            raise httpcore.ConnectError("replaced")

    with inside(httpx.Client, **options) as client:
        pool = client._transport_for_url(HTTP)._pool
        assert isinstance(pool._network_backend, httpcore.NetworkBackend)
        pool._network_backend = Backend()
        with pytest.raises(httpx.ConnectError, match="replaced"):
            client.get(HTTP)


def test_max_connections_of_a_pool() -> None:
    """It is how many connections a pool opens at most; an infinite number if none is given."""
    for client_type in CLIENTS:
        for number, found in (7, 7), (None, sys.maxsize):
            client = inside(client_type, limits=httpx.Limits(max_connections=number))
            assert client._transport._pool._max_connections == found


def test_pool_of_another_kind_is_left_alone() -> None:
    """Other transports have a `_pool` of their own, or none: how many connections they open is unknown."""
    pooled: Any = httpx.MockTransport(lambda request: httpx.Response(200))
    pooled._pool = object()
    for transport in pooled, httpx.MockTransport(lambda request: httpx.Response(200)):
        client = httpx.Client(transport=transport)
        custom_client.install_deadline_backend(client)
        assert custom_client.max_connections(client, HTTPS, 7) == 7
        assert custom_client.discard_lost_connections(client, HTTPS) == []


@both_clients
def test_pool_is_what_transports_use(backend: Backend) -> None:
    """httpx's transports send through it, so ours do without `HTTPTransport.__init__`."""
    with FaultServer(ok) as server, backend(server.url) as caller:
        caller.list()
        http: Any = caller.client._state  # pyright: ignore[reportPrivateUsage]
        client = http.http if backend is Threads else next(iter(http.loops.values())).http
        assert isinstance(client._transport, Transport | AsyncTransport)
        pool: Any = vars(client._transport)["_pool"]
        assert [connection.is_idle() for connection in pool.connections] == [True]
        if backend is Threads:
            assert isinstance(pool._network_backend, DeadlineBackend)


def test_stream_of_a_connection() -> None:
    """It is what the connection reads from and writes to; it is wrapped, in a tunnel as well, once."""

    class Tunnel:
        def __init__(self, connection: Any) -> None:
            self._connection = connection
            self._network_backend = httpcore.SyncBackend()

    with FaultServer(ok) as server, inside(httpx.Client) as client:
        client.get(server.url)
        (connection,) = client._transport._pool.connections
        before = connection._connection._network_stream
        tunnel: Any = Tunnel(connection)
        for _ in range(2):
            vars(custom_client)["_install"](tunnel)
        assert isinstance(tunnel._network_backend, DeadlineBackend)
        assert isinstance(vars(tunnel._network_backend)["_backend"], httpcore.SyncBackend)
        assert isinstance(connection._network_backend, DeadlineBackend)
        stream = connection._connection._network_stream
        assert isinstance(stream, DeadlineStream)
        assert vars(stream)["_stream"] is before
        client.get(server.url)
        assert server.connections == 1


def test_response_of_another_transport_may_end_anywhere() -> None:
    """It has no connection of httpcore that could have more to read."""
    for is_last in False, True:
        limit_reuse(httpx.Response(200, content=b"1"), is_last=is_last)


def test_httpx_calls_hooks_where_it_is_looked_for() -> None:
    """In clients of both kinds; the test of hooks that raise shows the rest."""
    for client_type in CLIENTS:
        assert callable(getattr(client_type, CALLER_OF_HOOKS))


@pytest.mark.parametrize(("value", "requests"), [(True, 2), (False, 1)])
def test_retry_connection_of_a_session(value: bool, requests: int) -> None:
    """It decides whether aiohttp sends a safe request again when a connection that it reuses turns out closed."""

    async def main() -> None:
        async with aiohttp.ClientSession() as session:
            assert vars(session)["_retry_connection"] is True
            vars(session)["_retry_connection"] = value
            async with session.get(server.url) as response:
                await response.read()
            try:
                async with session.get(server.url):
                    pass
            except aiohttp.ServerDisconnectedError:
                pass

    with FaultServer(ok, close_before_first_byte) as server:
        asyncio.run(main())
        assert len(server.requests) - 1 == requests
