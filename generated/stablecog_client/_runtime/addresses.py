# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""The addresses of a host: resolved within a timeout, and tried in a race, as RFC 8305 describes it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address
from math import inf
from typing import TYPE_CHECKING

import httpcore as httpcore

from .clock import now

if TYPE_CHECKING:
    from concurrent.futures import Future  # imported with the first host that has several addresses

Connect = Callable[[str, float], "httpcore.NetworkStream"]

HEAD_START = 0.25  # seconds that an address has before the next one is tried, too


def is_address(host: str) -> bool:
    """Return whether a host is an IP address, which needs no look-up."""
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


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


def connect_to_any(addresses: list[str], connect: Connect, ends_at: float) -> httpcore.NetworkStream:
    """Return the first connection that an address accepts. Each has a head start on the next one, as in RFC 8305.

    Raises:
        httpcore.ConnectError: No address accepts a connection.
        httpcore.ConnectTimeout: None did in time.
    """
    if len(addresses) == 1:
        return connect(addresses[0], _remaining(ends_at))
    from concurrent.futures import FIRST_COMPLETED, wait

    waiting = [*addresses]
    pending: set[Future[httpcore.NetworkStream]] = set()
    errors: list[BaseException] = []
    try:
        while waiting or pending:
            if waiting:
                pending.add(_start_attempt(waiting.pop(0), connect, _remaining(ends_at), len(waiting) + 1))
            head_start = HEAD_START if waiting else inf
            done, pending = wait(pending, min(head_start, _remaining(ends_at)), FIRST_COMPLETED)
            for attempt in done:
                if (error := attempt.exception()) is None:
                    pending |= done - {attempt}
                    return attempt.result()
                errors.append(error)
        raise errors[-1]
    finally:
        for attempt in pending:
            attempt.add_done_callback(_discard)


def _start_attempt(address: str, connect: Connect, timeout: float, share: int) -> Future[httpcore.NetworkStream]:
    """Connect to an address in a thread, or where none can be started, within a share of the timeout."""
    from concurrent.futures import Future

    attempt = Future[httpcore.NetworkStream]()

    def run(timeout: float) -> None:
        try:
            attempt.set_result(connect(address, timeout))
        except Exception as error:
            attempt.set_exception(error)

    try:
        threading.Thread(target=run, args=(timeout,), name="connect", daemon=True).start()
    except RuntimeError:
        run(timeout / share)
    return attempt


def _discard(attempt: Future[httpcore.NetworkStream]) -> None:
    if attempt.exception() is None:
        attempt.result().close()


def _remaining(ends_at: float) -> float:
    seconds = ends_at - now()
    if seconds <= 0:
        raise httpcore.ConnectTimeout("no address accepted a connection in time")
    return seconds
