"""Time limits that hold: each read, write and look-up of a sync call ends by the call's deadline.

httpx allows its timeout for every single read, so a server that sends a byte now and then is never late. This
goes between httpcore's connection pool and its sockets. Loaded with the first call: httpcore takes a while.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, cast

import httpcore
import httpx

from .call import TimeLimit


def left(timeout: float | None) -> float | None:
    """Seconds that this operation may take, begun now."""
    if isinstance(timeout, TimeLimit):
        seconds = timeout.ends_at - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout("the call's deadline has passed")
        return seconds if seconds < timeout else float(timeout)
    return timeout


class _Stream(httpcore.NetworkStream):
    """A connection whose every read and write ends by the time limit."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self.get_extra_info = stream.get_extra_info  # type: ignore[method-assign]

    def close(self) -> None:
        with suppress(OSError):  # wake a thread that waits to read from it
            self.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._stream.close()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), 65536):
            self._stream.write(buffer[start : start + 65536], left(timeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left(timeout)))


class _Backend(httpcore.NetworkBackend):
    """Opens connections that keep to a `TimeLimit`, and within one."""

    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._backend = backend
        self._connecting = threading.local()  # the time limit of what this thread connects for

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        self._connecting.timeout = timeout

        def connect(address: str) -> httpcore.NetworkStream:
            return _Stream(self._backend.connect_tcp(address, port, left(timeout), local_address, socket_options))

        *others, last = _resolve(host, port, timeout) if isinstance(timeout, TimeLimit) else [host]
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
        return _Stream(self._backend.connect_unix_socket(path, left(timeout), socket_options))

    def sleep(self, seconds: float) -> None:
        """Between the attempts of a transport that has `retries`: not beyond the time limit."""
        limit = getattr(self._connecting, "timeout", None)
        if isinstance(limit, TimeLimit) and seconds >= limit.ends_at - time.monotonic():
            raise httpcore.ConnectTimeout("the call's deadline comes before the next attempt")
        self._backend.sleep(seconds)


def _resolve(host: str, port: int, timeout: TimeLimit) -> list[str]:
    """The addresses of a host. In a thread: the system's resolver takes no time limit."""
    found: list[str] = []
    failure: list[OSError] = []

    def resolve() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(info[4][0]) for info in infos))
        except OSError as error:
            failure.append(error)
        except UnicodeError:  # a name that cannot be one
            failure.append(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))

    thread = threading.Thread(target=resolve, name="resolve", daemon=True)
    thread.start()
    thread.join(left(timeout))
    if failure:
        raise httpcore.ConnectError(str(failure[0])) from failure[0]
    if not found:
        raise httpcore.ConnectTimeout("looking up the host's address took too long")
    return found


def hold_to_time_limits(client: httpx.Client) -> None:
    """Make a client's connections keep to the `TimeLimit` of a request.

    httpx offers no way to it, so this reaches for httpcore's pools inside, also those of a transport that another one
    wraps; where there are none (a transport of another make), the limit holds for each operation on its own.
    """
    inside = cast("Any", client)
    transports: list[Any] = [inside._transport, *inside._mounts.values()]
    for transport in transports:
        for part in list(getattr(transport, "__dict__", {}).values()):
            if isinstance(part, httpcore.ConnectionPool):
                _hold(part)
            elif isinstance(part, httpx.BaseTransport) and part not in transports:
                transports.append(part)


def _hold(pool: Any) -> None:
    if not isinstance(pool._network_backend, _Backend):
        pool._network_backend = _Backend(pool._network_backend)
        for connection in pool.connections:
            if connection.is_idle():  # it was opened before, without limits
                connection.close()
