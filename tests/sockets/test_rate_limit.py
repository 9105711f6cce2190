"""The client keeps to the server's limit over real connections; tests/unit/test_rate_limit.py has the simulation."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, local
from time import monotonic
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from stablecog_client import APITimeoutError, CreditsResponse
from stablecog_client._runtime import timing
from stablecog_client._runtime.timing import RateLimit

from tests.support import faults, rate_limited
from tests.support.drivers import (
    HANG,
    Backend,
    Tasks,
    Threads,
    all_backends,
    assert_duration,
    assert_ends,
    both_clients,
)
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
    monkeypatch.setattr(timing, "now", now)
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


@both_clients
def test_failed_requests_free_their_places(backend: Backend) -> None:
    """Those that get no response, and those that are interrupted."""

    class Interrupt(BaseException):
        pass

    http_client = httpx.Client if backend is Threads else httpx.AsyncClient
    with FaultServer(faults.close_before_first_byte) as server, backend(server.url, max_retries=0) as driver:
        driver.list_at_once(5)
        with patch.object(http_client, "send", side_effect=Interrupt), pytest.raises(Interrupt):
            driver.list()
        state: Any = driver.client._state  # pyright: ignore[reportPrivateUsage]
        assert vars(state.rate_limit)["_in_flight"] == 0


def test_header_without_sense_does_no_harm() -> None:
    """Also where it is not ASCII."""
    odd = faults.respond(200, faults.TWO_CREDITS, "application/json", "X-Ratelimit-Remaining: \x80")
    with FaultServer(odd) as server, Threads(server.url) as driver:
        assert all_succeeded(driver.list_at_once(30))


@both_clients
def test_new_call_queues_behind_waiting_ones(backend: Backend) -> None:
    """It does not ask the rate limit before they are through."""
    asking = list[object]()

    def try_acquire() -> float:
        asking.append(threading.get_ident() if backend is Threads else asyncio.current_task())
        return 0.01 if len(asking) < 30 else 0.0

    with FaultServer(ok) as server, backend(server.url) as driver:
        with patch.object(RateLimit, "try_acquire", side_effect=try_acquire):
            ahead = driver.start(driver.client)
            driver.idle_until(lambda: len(asking) > 1)
            behind = driver.start(driver.client)
            assert all_succeeded([ahead(), behind()])
    assert set(asking[:30]) == {asking[0]}


@both_clients
def test_queued_call_ends_at_its_own_deadline(backend: Backend) -> None:
    """The call that it queues behind may wait longer."""
    asked, allowed = threading.Event(), threading.Event()

    def try_acquire() -> float:
        asked.set()
        return 0.0 if allowed.is_set() else 0.05

    with FaultServer(ok) as server, backend(server.url, deadline=HANG) as driver:
        with patch.object(RateLimit, "try_acquire", side_effect=try_acquire):
            ahead = driver.start(driver.client)
            driver.idle_until(asked.is_set)
            queued = driver.client.with_options(deadline=0.2)
            with assert_ends(), pytest.raises(APITimeoutError, match="the rate limit allows no request within"):
                driver.run(queued.credits.list())
            allowed.set()
            assert ahead().total_remaining_credits == 1391


@both_clients
def test_call_waits_before_it_asks_again(backend: Backend) -> None:
    """As long as the rate limit says."""
    with FaultServer(ok) as server, backend(server.url) as driver:
        with patch.object(RateLimit, "try_acquire", side_effect=[0.1, 0.1, 0.1, 0.0]), assert_duration(at_least=0.15):
            driver.list()


def test_call_without_slot_before_its_deadline_says_so() -> None:
    """It is not held up until then."""
    with Threads("http://127.0.0.1:9", deadline=3600) as driver, assert_ends():
        with patch.object(RateLimit, "try_acquire", return_value=3600.0), pytest.raises(APITimeoutError) as caught:
            driver.list()
    said = "the rate limit allows no request within the deadline of 3600 s; make fewer calls, or raise `deadline`"
    assert str(caught.value) == f"GET http://127.0.0.1:9/v1/credits: {said}"
