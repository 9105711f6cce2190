"""Connections that keep to a deadline, on a clock of the tests' own."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from typing import Any

import httpcore
import pytest
from stablecog_client._runtime import network
from stablecog_client._runtime.timing import current_exchange

from tests.support.script import Clock


class FakeStream(httpcore.NetworkStream):
    """Takes a second for each write, and lists its operations."""

    def __init__(self, clock: Clock, connected: socket.socket | None = None) -> None:
        self.clock, self.connected = clock, connected
        self.written: list[tuple[int, float | None]] = []

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.written.append((len(buffer), timeout))
        self.clock.now += 1

    def close(self) -> None:
        assert self.connected is not None
        self.connected.close()

    def get_extra_info(self, info: str) -> Any:
        return self.connected


@pytest.fixture(autouse=True)
def within_deadline(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the test run in a call with five seconds left."""
    monkeypatch.setattr(network, "now", clock.monotonic)
    monkeypatch.setattr(current_exchange, "ends_at", clock.now + 5)


def test_each_address_has_a_share_of_the_timeout(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second at most, while others are left; the last one has what remains."""
    seconds: list[float] = []

    class SilentBackend(httpcore.NetworkBackend):
        def connect_tcp(self, host: str, port: int, timeout: Any = None, *_: Any, **__: Any) -> Any:
            seconds.append(timeout)
            clock.now += timeout
            raise httpcore.ConnectTimeout(host)

    def resolve(*_: object) -> list[str]:
        return ["192.0.2.1", "192.0.2.2", "192.0.2.3"]

    monkeypatch.setattr(network, "resolve", resolve)
    for timeout, shares in (10, [1, 1, 3]), (0.6, [0.2, 0.2, 0.2]):
        monkeypatch.setattr(current_exchange, "ends_at", clock.now + 5)
        with pytest.raises(httpcore.ConnectTimeout, match=r"192\.0\.2\.3"):
            network.DeadlineBackend(SilentBackend()).connect_tcp("api.test", 443, timeout)
        assert seconds == pytest.approx(shares)
        seconds.clear()


def test_slow_look_up_leaves_each_a_moment(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A timeout below zero would be an error of Python's."""
    seconds: list[float] = []

    class RefusingBackend(httpcore.NetworkBackend):
        def connect_tcp(self, host: str, port: int, timeout: Any = None, *_: Any, **__: Any) -> Any:
            seconds.append(timeout)
            raise httpcore.ConnectError(host)

    def resolve(*_: object) -> list[str]:
        clock.now += 6
        return ["192.0.2.1", "192.0.2.2"]

    monkeypatch.setattr(network, "resolve", resolve)
    with pytest.raises(httpcore.ConnectError, match=r"192\.0\.2\.2"):
        network.DeadlineBackend(RefusingBackend()).connect_tcp("api.test", 443)
    assert seconds == [0.0005, 0.001]


class FakeBackend(httpcore.NetworkBackend):
    """Lists its operations with their arguments."""

    def __init__(self, clock: Clock) -> None:
        self.stream = FakeStream(clock)
        self.calls: list[tuple[Any, ...]] = []

    def connect_unix_socket(self, *arguments: Any, **options: Any) -> httpcore.NetworkStream:
        self.calls.append((*arguments, options))
        return self.stream

    def sleep(self, seconds: float) -> None:
        self.calls.append((seconds,))


def test_unix_socket_keeps_the_deadline(clock: Clock) -> None:
    """Opening it, and what is written to it."""
    backend = FakeBackend(clock)
    stream = network.DeadlineBackend(backend).connect_unix_socket("/run/api.sock", 10, socket_options=[(1, 2, 3)])
    assert backend.calls == [("/run/api.sock", 5, {"socket_options": [(1, 2, 3)]})]
    stream.write(b"GET", 10)
    assert backend.stream.written == [(3, 5)]


def test_sleep_ends_before_the_deadline(clock: Clock) -> None:
    """It takes place if there is time for an attempt after it."""
    backend = FakeBackend(clock)
    network.DeadlineBackend(backend).sleep(4.5)
    with pytest.raises(httpcore.ConnectTimeout, match="comes before the next attempt"):
        network.DeadlineBackend(backend).sleep(5)
    assert backend.calls == [(4.5,)]


def test_passed_deadline_names_the_operation(clock: Clock) -> None:
    """Whether a request may have been sent depends on it."""
    backend = network.DeadlineBackend(FakeBackend(clock))
    stream = network.DeadlineStream(FakeStream(clock))
    clock.now += 5
    for kind, operation in (
        (httpcore.ConnectTimeout, lambda: backend.connect_tcp("192.0.2.1", 443)),
        (httpcore.ConnectTimeout, lambda: backend.connect_unix_socket("/run/api.sock")),
        (httpcore.ConnectTimeout, lambda: backend.sleep(1)),
        (httpcore.ConnectTimeout, lambda: stream.start_tls(ssl.create_default_context())),
        (httpcore.WriteTimeout, lambda: stream.write(b"GET")),
        (httpcore.ReadTimeout, lambda: stream.read(1)),
    ):
        with pytest.raises(kind):
            operation()


def test_tls_to_a_proxy_keeps_the_deadline() -> None:
    """Each read and each write has what then remains of it."""
    ours, theirs = socket.socketpair()
    theirs.close()
    context = ssl.create_default_context()
    with context.wrap_socket(ours, do_handshake_on_connect=False, server_hostname="proxy.test") as connected:
        connected.__class__ = network.DeadlineSSLSocket
        for operation in (lambda: connected.send(b"GET")), (lambda: connected.recv(1)):
            connected.settimeout(60)
            with suppress(OSError):  # nobody is there
                operation()
            assert connected.gettimeout() == 5


def test_large_request_is_written_in_records_of_tls(clock: Clock) -> None:
    """Each gets what then remains of the deadline."""
    stream = FakeStream(clock)
    network.DeadlineStream(stream).write(bytes(40_000), 4)
    assert stream.written == [(16_384, 4), (16_384, 4), (7_232, 3)]


def test_closing_wakes_a_reader_without_ending_tls(clock: Clock) -> None:
    """The reader would take what is still encrypted for the response."""

    class TLSSocket(socket.socket):
        def shutdown(self, how: int) -> None:
            raise AssertionError("this removes TLS")

    first, theirs = socket.socketpair()
    ours = TLSSocket(fileno=first.detach())
    with theirs:
        network.DeadlineStream(FakeStream(clock, ours)).close()
        assert theirs.recv(1) == b""
