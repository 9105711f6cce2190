# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""httpx's transports over httpcore's connection pools, with deadlines and proxies."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from contextvars import ContextVar
from math import inf
from typing import Any, cast

import anyio
import httpcore as httpcore

from .config import MAX_CONNECTIONS, address_of
from .http_library import POOL_RACES, httpx
from .timing import current_exchange, now

KEEPALIVE_EXPIRY = 5.0  # seconds
MAX_SHARE = 1.0  # seconds for each address but the last; after them, the system only repeats its first packet
_PIECE = 16384  # bytes to write at once: a record of TLS


def bounded(timeout: float | None, error: type[httpcore.TimeoutException] = httpcore.ReadTimeout) -> float | None:
    """Return the timeout of a network operation that starts now: at most what remains of the deadline.

    Raises:
        httpcore.TimeoutException: The deadline has passed; `error` is the class for the operation.
    """
    seconds = current_exchange.ends_at - now()
    if seconds <= 0:
        raise error("the deadline of the call has passed")
    seconds = min(seconds, inf if timeout is None else timeout)
    return None if seconds == inf else seconds


class DeadlineStream(httpcore.NetworkStream):
    """A connection whose reads and writes end by the deadline."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self.get_extra_info = stream.get_extra_info  # type: ignore[method-assign]

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, bounded(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):  # each with what then remains of the deadline
            self._stream.write(buffer[start : start + _PIECE], bounded(timeout, httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        if isinstance(connected := self.get_extra_info("socket"), ssl.SSLSocket):
            connected.__class__ = DeadlineSSLSocket
        return DeadlineStream(
            self._stream.start_tls(ssl_context, server_hostname, bounded(timeout, httpcore.ConnectTimeout))
        )

    def close(self) -> None:
        if (connected := self.get_extra_info("socket")) is not None:
            with suppress(OSError):  # wake a thread that is waiting to read; ssl's own method would remove TLS first
                socket.socket.shutdown(connected, socket.SHUT_RDWR)
        self._stream.close()


class DeadlineSSLSocket(ssl.SSLSocket):
    """A TLS connection to a proxy. httpcore's TLS inside TLS makes several reads of it with one timeout."""

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        self.settimeout(bounded(self.gettimeout()))
        return super().recv(buflen, flags)

    def send(self, data: Any, flags: int = 0) -> int:
        self.settimeout(bounded(self.gettimeout()))
        return super().send(data, flags)


class DeadlineBackend(httpcore.NetworkBackend):
    """Opens connections before the deadline, and makes their reads and writes keep to it."""

    def __init__(self, backend: httpcore.NetworkBackend | None = None) -> None:
        self._backend = backend or httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *args: Any, **options: Any
    ) -> httpcore.NetworkStream:
        def connect(address: str, timeout: float | None) -> httpcore.NetworkStream:
            connection = DeadlineStream(self._backend.connect_tcp(address, port, timeout, *args, **options))
            if current_exchange.ends_at < inf:
                current_exchange.connection = connection
            return connection

        seconds = bounded(timeout, httpcore.ConnectTimeout)
        if current_exchange.ends_at == inf or seconds is None or address_of(host):  # which needs no look-up
            return connect(host, seconds)
        ends_at = now() + seconds
        addresses = resolve(host, port, seconds)
        while True:
            share = max(0.001, ends_at - now()) / len(addresses)
            if len(addresses) == 1:
                return connect(addresses[0], share)
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return connect(addresses.pop(0), min(share, MAX_SHARE))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, *args: Any, **options: Any
    ) -> httpcore.NetworkStream:
        seconds = bounded(timeout, httpcore.ConnectTimeout)
        return DeadlineStream(self._backend.connect_unix_socket(path, seconds, *args, **options))

    def sleep(self, seconds: float) -> None:
        """Wait before the next attempt of a transport with `retries`, unless it would exceed the deadline."""
        if seconds >= current_exchange.ends_at - now():
            raise httpcore.ConnectTimeout("the deadline of the call comes before the next attempt")
        self._backend.sleep(seconds)


def resolve(host: str, port: int, timeout: float) -> list[str]:
    """Return the addresses of a host. The system's resolver has no timeout, so it runs in a thread if one starts.

    Raises:
        httpcore.ConnectError: The host has no address.
        httpcore.ConnectTimeout: The look-up took too long.
    """
    addresses: list[str] = []
    errors: list[OSError] = []

    def look_up() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses.extend(dict.fromkeys(str(info[4][0]) for info in infos))
        except OSError as error:
            errors.append(error)
        except UnicodeError:  # not a host name
            errors.append(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))

    thread = threading.Thread(target=look_up, name="resolve", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # too many threads, or the interpreter is shutting down
        look_up()
    else:
        thread.join(timeout)
    if errors:
        try:
            raise errors[0]
        except OSError as error:  # httpcore removes `__cause__`, but keeps `__context__`, which `except` sets
            raise httpcore.ConnectError(str(error)) from error
    if not addresses:
        raise httpcore.ConnectTimeout("resolving the host took too long")
    return addresses


class AsyncBackend(httpcore.AsyncNetworkBackend):
    """Opens connections, and notes those of the exchange that is under way."""

    _backend: httpcore.AsyncNetworkBackend = cast("Any", httpcore).AnyIOBackend()

    async def connect_tcp(self, host: str, port: int, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        try:
            stream = await self._backend.connect_tcp(host, port, *args, **options)
        except RuntimeError:  # the interpreter is shutting down, and starts no thread to resolve the host
            *others, last = resolve(host, port, options["timeout"])
            for address in others:
                with suppress(httpcore.ConnectError):
                    return await self.connect_tcp(address, port, *args, **options)
            stream = await self._backend.connect_tcp(last, port, *args, **options)
        _opened.get().append(stream)
        return stream


_opened: ContextVar[list[httpcore.AsyncNetworkStream]] = ContextVar("_opened")


class UnfollowedResponse(httpx.Response):
    """A response that hides its redirect from httpx, which would fail on a target that it cannot parse."""

    @property
    def has_redirect_location(self) -> bool:
        return False


class _NoCookies(httpx.Cookies):
    """Ignores `Set-Cookie`: a server could fill the memory. Cookies that are parameters or keys are still sent."""

    def extract_cookies(self, response: httpx.Response) -> None:
        pass


class HTTPClient(httpx.Client):
    """An httpx client without cookies."""

    cookies = _NoCookies()  # type: ignore[override] # pyright: ignore[reportAssignmentType]


class AsyncHTTPClient(httpx.AsyncClient):
    """An httpx client without cookies."""

    cookies = _NoCookies()  # type: ignore[override] # pyright: ignore[reportAssignmentType]


class Transport(httpx.HTTPTransport):
    """httpx's own transport, over connections that keep to the deadline."""

    def __init__(self, tls: ssl.SSLContext, proxy: httpx.Proxy | None) -> None:
        pools = (httpcore.ConnectionPool, httpcore.HTTPProxy, httpcore.SOCKSProxy)
        self._pool = _new_pool(*pools, tls, proxy, network_backend=DeadlineBackend())
        replace_lock(self._pool)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            response = super().handle_request(request)
        except POOL_RACES as error:
            raise httpx.ReadError(str(error)) from error
        response.__class__ = UnfollowedResponse
        return response


class AsyncTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport. The deadline of an async call is a cancel scope, which needs nothing here."""

    def __init__(self, tls: ssl.SSLContext, proxy: httpx.Proxy | None) -> None:
        pools = (httpcore.AsyncConnectionPool, httpcore.AsyncHTTPProxy, httpcore.AsyncSOCKSProxy)
        self._pool = _new_pool(*pools, tls, proxy, network_backend=AsyncBackend())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        opened: list[httpcore.AsyncNetworkStream] = []
        token = _opened.set(opened)
        try:
            response = await super().handle_async_request(request)
        except BaseException:
            for stream in opened:  # httpcore leaves it open when a handshake of TLS or SOCKS fails or is cancelled
                with anyio.CancelScope(shield=True):
                    await stream.aclose()
            raise
        finally:
            _opened.reset(token)
        response.__class__ = UnfollowedResponse
        return response


def replace_lock(pool: Any) -> None:
    """Give a pool a lock that is written in C: an interrupt may leave httpcore's own locked."""
    pool._optional_thread_lock = threading.RLock()


def _new_pool(
    direct: Any, http_proxy: Any, socks_proxy: Any, tls: ssl.SSLContext, proxy: httpx.Proxy | None, **options: Any
) -> Any:
    """Return a connection pool of one of these classes."""
    options |= {
        "ssl_context": tls,
        "max_connections": None,  # unlimited: `ClientState.max_connections` already limits the calls
        "max_keepalive_connections": MAX_CONNECTIONS,
        "keepalive_expiry": KEEPALIVE_EXPIRY,
    }
    if proxy is None:
        return direct(**options)
    options |= {"proxy_url": str(proxy.url), "proxy_auth": proxy.raw_auth}
    if proxy.url.scheme in {"http", "https"}:
        return http_proxy(**options, proxy_ssl_context=proxy.ssl_context)
    return socks_proxy(**options)
