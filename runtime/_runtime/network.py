"""httpx's transports over httpcore's connection pools, with deadlines and proxies."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterable
from contextlib import suppress
from math import inf
from typing import Any

import httpcore as httpcore

from .clock import now
from .deadline import current_deadline
from .http_library import httpx

MAX_CONNECTIONS = 100
KEEPALIVE_EXPIRY = 5.0  # seconds


def bounded(timeout: float | None) -> float | None:
    """Return the timeout of a network operation that starts now: at most what remains of the deadline.

    Raises:
        httpcore.ReadTimeout: The deadline has passed.
    """
    seconds = current_deadline.ends_at - now()
    if seconds <= 0:
        raise httpcore.ReadTimeout("the deadline of the call has passed")
    if timeout is None:
        return None if seconds == inf else seconds
    return min(timeout, seconds)


class DeadlineStream(httpcore.NetworkStream):
    """A connection whose reads and writes end by the deadline."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self.get_extra_info = stream.get_extra_info  # type: ignore[method-assign]

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, bounded(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), 65536):
            self._stream.write(buffer[start : start + 65536], bounded(timeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, bounded(timeout)))

    def close(self) -> None:
        with suppress(OSError):  # wake a thread that is waiting to read
            self.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._stream.close()


class DeadlineBackend(httpcore.NetworkBackend):
    """Opens connections that keep to the deadline, within the deadline."""

    def __init__(self, backend: httpcore.NetworkBackend | None = None) -> None:
        self._backend = backend or httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        def connect(address: str) -> httpcore.NetworkStream:
            timeout_now = bounded(timeout)
            return DeadlineStream(self._backend.connect_tcp(address, port, timeout_now, local_address, socket_options))

        *others, last = [host] if current_deadline.ends_at == inf else _resolve(host, port, bounded(timeout))
        for address in others:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return connect(address)
        return connect(last)

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        return DeadlineStream(self._backend.connect_unix_socket(path, bounded(timeout), socket_options))

    def sleep(self, seconds: float) -> None:
        """Wait before the next attempt of a transport with `retries`, unless it would exceed the deadline."""
        if seconds >= current_deadline.ends_at - now():
            raise httpcore.ConnectTimeout("the deadline of the call comes before the next attempt")
        self._backend.sleep(seconds)


def _resolve(host: str, port: int, timeout: float | None) -> list[str]:
    """Return the addresses of a host. The system's resolver has no timeout, so it runs in a thread."""
    addresses: list[str] = []
    errors: list[OSError] = []

    def resolve() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses.extend(dict.fromkeys(str(info[4][0]) for info in infos))
        except OSError as error:
            errors.append(error)
        except UnicodeError:  # not a host name
            errors.append(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))

    thread = threading.Thread(target=resolve, name="resolve", daemon=True)
    try:
        thread.start()
    except RuntimeError as error:  # too many threads
        raise httpcore.ConnectError(str(error)) from error
    thread.join(timeout)
    for failure in errors:
        try:
            raise failure
        except OSError as error:  # raised in `except`, because httpcore removes `__cause__` but not `__context__`
            raise httpcore.ConnectError(str(error)) from error
    if not addresses:
        raise httpcore.ConnectTimeout("resolving the host took too long")
    return addresses


class Response(httpx.Response):
    """A response whose redirect httpx does not look at: it would fail on a target that it cannot parse."""

    @property
    def has_redirect_location(self) -> bool:
        return False


class _NoCookies(httpx.Cookies):
    """Keeps no cookies: the API has none, and a server could fill the memory with them."""

    def extract_cookies(self, response: httpx.Response) -> None:
        pass


_NO_COOKIES = _NoCookies()


class HTTPClient(httpx.Client):
    """An httpx client over `Transport`, without cookies."""

    cookies = _NO_COOKIES  # type: ignore[override] # pyright: ignore[reportAssignmentType]

    def __init__(self, tls: ssl.SSLContext, proxy: httpx.Proxy | None) -> None:
        super().__init__(transport=Transport(tls, proxy), trust_env=False)


class AsyncHTTPClient(httpx.AsyncClient):
    """An httpx client without cookies."""

    cookies = _NO_COOKIES  # type: ignore[override] # pyright: ignore[reportAssignmentType]

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        super().__init__(transport=transport, trust_env=False)


class Transport(httpx.HTTPTransport):
    """httpx's own transport, over connections that keep to the deadline."""

    def __init__(self, tls: ssl.SSLContext, proxy: httpx.Proxy | None) -> None:
        pools = (httpcore.ConnectionPool, httpcore.HTTPProxy, httpcore.SOCKSProxy)
        self._pool = _new_pool(*pools, tls, proxy, network_backend=DeadlineBackend())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            response = super().handle_request(request)
        except OSError as error:  # of a socket that another thread closed meanwhile
            raise httpx.ReadError(str(error)) from error
        response.__class__ = Response
        return response


class AsyncTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport. The deadline of an async call is a cancel scope, which needs nothing here."""

    def __init__(self, tls: ssl.SSLContext, proxy: httpx.Proxy | None) -> None:
        pools = (httpcore.AsyncConnectionPool, httpcore.AsyncHTTPProxy, httpcore.AsyncSOCKSProxy)
        self._pool = _new_pool(*pools, tls, proxy)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        response.__class__ = Response
        return response


def _new_pool(
    direct: Any, http_proxy: Any, socks_proxy: Any, tls: ssl.SSLContext, proxy: httpx.Proxy | None, **options: Any
) -> Any:
    """Return a connection pool of one of these classes."""
    options |= {
        "ssl_context": tls,
        "max_connections": MAX_CONNECTIONS,
        "max_keepalive_connections": MAX_CONNECTIONS,
        "keepalive_expiry": KEEPALIVE_EXPIRY,
    }
    if proxy is None:
        return direct(**options)
    options |= {"proxy_url": str(proxy.url), "proxy_auth": proxy.raw_auth}
    if proxy.url.scheme in {"http", "https"}:
        return http_proxy(**options)
    return socks_proxy(**options)
