"""The client keeps to the server's limit over real connections; tests/unit/test_rate_limit.py has the simulation."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, local
from time import monotonic
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from stablecog_client import APITimeoutError, CreditsResponse
from stablecog_client._runtime import rate_limit
from stablecog_client._runtime.rate_limit import RateLimit

from tests.support import faults, rate_limited
from tests.support.drivers import HANG, Backend, Tasks, Threads, all_backends, assert_ends
from tests.support.faults import FaultServer, ok
from tests.support.rate_limited import RateLimitedServer


def all_succeeded(outcomes: list[Any]) -> bool:
    return all(isinstance(outcome, CreditsResponse) for outcome in outcomes)


@pytest.fixture
def _undelayed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests count for the server from when the client decided to send them, however late a busy machine does."""
    decided_at, last = deque[float](), local()

    def now() -> float:
        last.now = seconds = monotonic()
        return seconds

    def try_acquire(self: RateLimit) -> float:
        if not (delay := original(self)):
            decided_at.append(last.now)
        return delay

    original = RateLimit.try_acquire
    monkeypatch.setattr(RateLimit, "try_acquire", try_acquire)
    monkeypatch.setattr(rate_limit, "_now", now)
    monkeypatch.setattr(rate_limited, "time", SimpleNamespace(time=decided_at.popleft))


@all_backends
@pytest.mark.usefixtures("_undelayed")
def test_calls_at_once_all_succeed(backend: Backend) -> None:
    """They need few more requests than there are calls."""
    with RateLimitedServer(latency=0.02) as server, backend(server.url, deadline=120) as driver:
        assert all_succeeded(driver.list_at_once(60))
        assert server.seen <= 66


def test_another_client_at_the_limit_only_slows_down() -> None:
    """Two clients share the limit."""
    with RateLimitedServer(latency=0.01) as server:
        with Threads(server.url, deadline=120) as driver, Tasks(server.url, deadline=120) as other:
            with ThreadPoolExecutor() as pool:
                others = pool.submit(other.list_at_once, 30)
                assert all_succeeded(driver.list_at_once(30))
                assert all_succeeded(others.result())


def once_all_came(number: int) -> faults.Fault:
    """Respond when so many requests are there: a client that holds one of them back gets no response."""
    barrier = Barrier(number)

    def fault(connection: faults.Connection) -> None:
        barrier.wait(HANG)
        ok(connection)

    return fault


def test_20_calls_at_once_do_not_wait() -> None:
    """As many as the limit allows are sent at once."""
    with FaultServer(once_all_came(20)) as server, Threads(server.url) as driver:
        assert all_succeeded(driver.list_at_once(20))


@all_backends
def test_server_without_limit_is_not_slowed_down(backend: Backend) -> None:
    """Once a response has shown that it does not count, all requests are sent at once."""
    with FaultServer(ok, once_all_came(60)) as server, backend(server.url) as driver:
        driver.list()
        assert all_succeeded(driver.list_at_once(60))


def test_header_without_sense_does_no_harm() -> None:
    """Also where it is not ASCII."""
    odd = faults.respond(200, faults.TWO_CREDITS, "application/json", "X-Ratelimit-Remaining: \x80")
    with FaultServer(odd) as server, Threads(server.url) as driver:
        assert all_succeeded(driver.list_at_once(30))


def test_call_without_slot_before_its_deadline_says_so() -> None:
    """It is not held up until then."""
    with Threads("http://127.0.0.1:9", deadline=3600) as driver, assert_ends():
        with patch.object(RateLimit, "try_acquire", return_value=3600.0), pytest.raises(APITimeoutError) as caught:
            driver.list()
    said = "the rate limit allows no request within the deadline of 3600 s; make fewer calls, or raise `deadline`"
    assert str(caught.value) == f"GET http://127.0.0.1:9/v1/credits: {said}"
