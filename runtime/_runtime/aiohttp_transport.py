"""The transport of the extra `aiohttp`: several times as fast as httpx's own with many calls in flight.

It is httpx's transport over httpcore's connection pool, with aiohttp as the only connection of that pool. So test
doubles and instrumentation that patch a class of httpx or httpcore take hold.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from typing import Any, cast
from weakref import WeakSet

import aiohttp
from yarl import URL

from .http_library import httpx
from .network import KEEPALIVE_EXPIRY, AsyncTransport, httpcore

_CHUNK = 65536  # bytes


class AiohttpTransport(AsyncTransport):
    """httpx's transport over connections of aiohttp."""

    def __init__(self, tls: ssl.SSLContext, proxy: httpx.Proxy | None) -> None:
        self._pool: Any = _Pool(_Connection(tls, proxy))


class _Pool(httpcore.AsyncConnectionPool):
    """A pool of one connection, which is never replaced.

    Requests bypass httpcore's queue, which would add half of their time, unless a test double has replaced the method.
    """

    def __init__(self, connection: _Connection) -> None:
        super().__init__(max_connections=1)
        self._connection = connection

    def create_connection(self, origin: httpcore.Origin) -> _Connection:
        return self._connection

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        queue = super().handle_async_request
        is_original = queue.__module__.startswith(f"{httpcore.__name__}.")
        return await (self._connection.handle_async_request if is_original else queue)(request)

    async def aclose(self) -> None:
        await self._connection.aclose()


class _Connection(httpcore.AsyncConnectionInterface):
    """An aiohttp session, presented to httpcore as one connection that handles any number of requests at once."""

    def __init__(self, tls: ssl.SSLContext, proxy: httpx.Proxy | None) -> None:
        self._proxy: str | None = None
        self._proxy_headers: dict[str, str] = {}
        if proxy is not None:
            self._proxy = str(proxy.url)
            tls = proxy.ssl_context or tls
            if proxy.auth is not None:
                credentials = b64encode(":".join(proxy.auth).encode()).decode()
                self._proxy_headers["Proxy-Authorization"] = f"Basic {credentials}"
        connector = aiohttp.TCPConnector(ssl=tls, limit=0, keepalive_timeout=KEEPALIVE_EXPIRY)
        self._session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
        )
        # Else aiohttp resends safe requests outside our retry budget. Set like this, it does not warn of an attribute.
        vars(self._session)["_retry_connection"] = False
        self._responses = WeakSet[aiohttp.ClientResponse]()

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        seconds = cast("Any", request).extensions["timeout"]
        timeout = aiohttp.ClientTimeout(
            sock_connect=seconds["connect"], sock_read=seconds["read"], connect=seconds["pool"]
        )
        body: Any = request.stream
        if isinstance(body, httpx.ByteStream):
            body = b"".join(body) or None
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers]
        if request.url.scheme == b"http":  # not tunnelled: the proxy reads the headers of the request itself
            headers.extend(self._proxy_headers.items())
        with _mapped_exceptions():
            response = await self._session.request(
                request.method.decode("ascii"),
                URL(bytes(request.url).decode("ascii"), encoded=True),  # as it is: %2E%2E is not a step up
                headers=headers,
                skip_auto_headers=("Accept", "Content-Type"),
                data=body,
                allow_redirects=False,
                proxy=self._proxy,
                proxy_headers=self._proxy_headers,
                timeout=timeout,
            )
        self._responses.add(response)
        reason = (response.reason or "").encode("utf-8", "surrogateescape")
        return httpcore.Response(
            response.status,
            headers=list(response.raw_headers),
            content=_Stream(response),
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": reason},
        )

    def can_handle_request(self, origin: httpcore.Origin) -> bool:
        return True

    def is_available(self) -> bool:
        return True

    def is_idle(self) -> bool:
        return True  # so `discard_lost_connections` leaves it

    def has_expired(self) -> bool:
        return False

    def is_closed(self) -> bool:
        return self._session.closed

    async def aclose(self) -> None:
        for response in self._responses:
            _abort(response)
        try:
            await asyncio.sleep(0)  # which tells those who read them; `close` would leave them waiting
        finally:  # in a cancelled task, too: what matters comes before the first suspension
            await self._session.close()


class _Stream:
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _mapped_exceptions():
            async for chunk in self._response.content.iter_chunked(_CHUNK):
                yield chunk

    async def aclose(self) -> None:
        _abort(self._response)
        self._response.close()


def _abort(response: aiohttp.ClientResponse) -> None:
    """Close the connection of a response without waiting for the server to end TLS; at its end, it has none."""
    if response.connection is not None and response.connection.transport is not None:
        response.connection.transport.abort()


_NO_HOST = "it is not a valid host name"  # found before anything is sent
_NOT_HTTP = "the server did not send a valid HTTP response"
_DISCONNECTED = "the server closed the connection without a response"
_INCOMPLETE = "the server closed the connection before the end of the response"

# What aiohttp raises, what it means, and in which words; `{0}` is the reason. The first matching row applies.
_MEANINGS: tuple[tuple[type[Exception], type[Exception], str], ...] = (
    (aiohttp.ConnectionTimeoutError, httpcore.ConnectTimeout, "the connection took too long"),
    (TimeoutError, httpcore.ReadTimeout, "the response took too long"),
    (aiohttp.ClientHttpProxyError, httpcore.ProxyError, "{0.status} {0.message}"),
    (aiohttp.ClientConnectorError, httpcore.ConnectError, "{0}"),
    (aiohttp.ServerDisconnectedError, httpcore.RemoteProtocolError, _DISCONNECTED),
    (aiohttp.ClientPayloadError, httpcore.RemoteProtocolError, _INCOMPLETE),
    (aiohttp.ClientResponseError, httpcore.RemoteProtocolError, _NOT_HTTP),
    (UnicodeDecodeError, httpcore.RemoteProtocolError, _NOT_HTTP),
    (aiohttp.InvalidURL, httpcore.ConnectError, _NO_HOST),
    (UnicodeError, httpcore.ConnectError, _NO_HOST),
    (ValueError, httpcore.RemoteProtocolError, _NOT_HTTP),
    (Exception, httpcore.ReadError, "{0}"),
)


@contextmanager
def _mapped_exceptions() -> Generator[None]:
    """Raise what aiohttp raises as the exception of httpcore that means the same."""
    try:
        yield
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) is None or task.cancelling():
            raise
        raise httpcore.ReadError("the client was closed") from None  # which cancels the look-up of a host
    except (aiohttp.ClientError, OSError, ValueError) as error:
        reason = _reason(error)
        kind, text = next((kind, text) for source, kind, text in _MEANINGS if isinstance(error, source))
        raise kind(text.format(reason)) from reason


def _reason(error: Exception) -> BaseException:
    """Return what the system or TLS said, if that is what an error wraps, or else the error."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return socket.gaierror(*error.os_error.args)  # as the system's resolver raises it
    return error.args[1] if isinstance(error, aiohttp.ClientConnectorError) else error
