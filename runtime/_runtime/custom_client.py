"""Access to private attributes of httpx's clients, custom ones and our own: httpx has no public interface for it.

No other module uses private attributes of a custom client, except `http_library.limit_reuse`.
tests/unit/test_custom_client.py names each of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from .http_library import httpx
from .network import DeadlineBackend, DeadlineStream, httpcore, replace_lock


def transport_for(client: httpx.Client | httpx.AsyncClient, url: httpx.URL) -> Any:
    """Return the transport that a client uses for a server, which may lead through a proxy."""
    return cast("Any", client)._transport_for_url(url)


def proxy_url(client: httpx.Client | httpx.AsyncClient, url: httpx.URL) -> httpx.URL | None:
    """Return the proxy that a client uses for a server, or None if there is none or it is unknown."""
    for pool in _pools([transport_for(client, url)]):
        if proxy := getattr(pool, "_proxy_url", None):
            return httpx.URL(scheme=proxy.scheme.decode(), host=proxy.host.decode(), port=proxy.port)
    return None


def describe_proxy(client: httpx.Client | httpx.AsyncClient, url: httpx.URL) -> str | None:
    """Return the host and port of a client's proxy for a server, or the class of a mounted transport: it may be one."""
    if (proxy := proxy_url(client, url)) is not None:
        return proxy.netloc.decode()
    transport = transport_for(client, url)
    is_direct = isinstance(transport, httpx.HTTPTransport | httpx.AsyncHTTPTransport)
    return None if is_direct or transport is cast("Any", client)._transport else type(transport).__name__


def max_connections(client: httpx.Client | httpx.AsyncClient, url: httpx.URL, at_most: int) -> int:
    """Return how many connections a client opens at most, or `at_most` if that is less or it cannot be known."""
    return min(at_most, getattr(getattr(transport_for(client, url), "_pool", None), "_max_connections", at_most))


def discard_lost_connections(client: httpx.Client | httpx.AsyncClient, url: httpx.URL) -> list[Any]:
    """Remove the connections of requests that have left httpcore's pool, and return them.

    httpcore keeps them, and counts them, when a request is cancelled or stops waiting at the wrong moment. Async ones
    may still be open.
    """
    pool = getattr(transport_for(client, url), "_pool", None)
    if not isinstance(pool, httpcore.ConnectionPool | httpcore.AsyncConnectionPool):
        return []
    inside = cast("Any", pool)
    with inside._optional_thread_lock:
        in_use = [request.connection for request in inside._requests]
        lost = [each for each in inside._connections if each not in in_use and not each.is_idle()]
        inside._connections = [each for each in inside._connections if each not in lost]
    return lost


def install_deadline_backend(client: httpx.Client) -> None:
    """Make the connections of a client keep to the deadline of a call, also in transports that other ones wrap.

    In a transport without an httpcore pool, the deadline is only checked between its operations.
    """
    inside = cast("Any", client)
    for pool in _pools([inside._transport, *inside._mounts.values()]):
        if isinstance(pool, httpcore.ConnectionPool):
            replace_lock(pool)
            _install(pool)
            for connection in pool.connections:  # opened before
                _install(connection)


def _install(part: Any) -> None:
    """Make a pool or a connection keep to the deadline, and the connections inside it."""
    if isinstance(backend := getattr(part, "_network_backend", None), httpcore.NetworkBackend):
        part._network_backend = backend if isinstance(backend, DeadlineBackend) else DeadlineBackend(backend)
    if isinstance(stream := getattr(part, "_network_stream", None), httpcore.NetworkStream):
        part._network_stream = stream if isinstance(stream, DeadlineStream) else DeadlineStream(stream)
    if (inner := getattr(part, "_connection", None)) is not None:
        _install(inner)


def _pools(transports: list[Any]) -> Iterator[Any]:
    """Yield the connection pools of transports, also of those that other ones wrap."""
    for transport in transports:
        for part in list(getattr(transport, "__dict__", {}).values()):
            if isinstance(part, httpcore.ConnectionPool | httpcore.AsyncConnectionPool):
                yield part
            elif isinstance(part, httpx.BaseTransport | httpx.AsyncBaseTransport) and part not in transports:
                transports.append(part)
