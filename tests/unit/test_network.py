"""Connections that keep to a deadline, on a clock of the tests' own."""

from __future__ import annotations

import socket
from typing import Any

import httpcore
import pytest
from stablecog_client._runtime import network
from stablecog_client._runtime.clock import current_exchange

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
