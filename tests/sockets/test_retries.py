"""Retries over real connections; tests/unit/test_retries.py has the tables."""

from __future__ import annotations

import pytest
from stablecog_client import APIConnectionError, APIError, APITimeoutError, CreditsResponse

from tests.support import faults
from tests.support.drivers import Backend, all_backends, post_request
from tests.support.faults import FaultServer, free_port, ok, text


@all_backends
def test_server_that_is_down_is_not_flooded(backend: Backend) -> None:
    """A thousand calls, twenty at a time, are at most a tenth more requests."""
    with FaultServer(*[ok] * 60, faults.reset_before_first_byte) as server:
        with backend(server.url, deadline=120) as driver:
            for _ in range(60):
                driver.list()
            outcomes = [outcome for _ in range(50) for outcome in driver.list_at_once(20)]
        assert all(isinstance(outcome, APIError) for outcome in outcomes)
        assert not any(isinstance(outcome, APITimeoutError) for outcome in outcomes)
        assert 1000 <= len(server.requests) - 60 <= 1100


@all_backends
def test_calls_succeed_once_the_server_is_back(backend: Backend) -> None:
    """An empty budget fails no call by itself, and successes refill it."""
    with FaultServer(*[text(503)] * 100, *[ok] * 100, text(503), ok) as server:
        with backend(server.url, deadline=120) as driver:
            while len(server.requests) < 100:
                driver.list_at_once(min(20, 100 - len(server.requests)))
            for _ in range(5):
                assert all(isinstance(outcome, CreditsResponse) for outcome in driver.list_at_once(20))
            assert driver.list().total_remaining_credits == 1391  # the 503 is retried


@all_backends
@pytest.mark.parametrize(
    "fault",
    [*faults.BREAKING, faults.respond_after(30), text(503, "Busy.", "Retry-After: 0")],
    ids=lambda fault: getattr(fault, "__name__", ""),
)
def test_unsafe_request_is_not_sent_twice(backend: Backend, fault: faults.Fault) -> None:
    """What may have been acted on is not retried, and the error says that it may have been."""
    with FaultServer(fault, ok) as server, backend(server.url, timeout=1) as driver:
        with pytest.raises(APIError) as caught:
            driver.send(post_request())
        assert len(server.requests) == 1
    assert str(caught.value).endswith("; the server may have acted on it: check before you send it again")


@all_backends
def test_unsafe_request_avoids_closed_connection(backend: Backend) -> None:
    """A connection that was closed while idle is not used."""
    with FaultServer(faults.ok_then_close_while_idle, ok) as server, backend(server.url) as driver:
        driver.list()
        driver.idle_until(lambda: server.closed == 1)
        assert driver.send(post_request()).parsed.total_remaining_credits == 1391
        assert [request[:4] for request in server.requests] == [b"GET ", b"POST"]


@all_backends
def test_rate_limited_unsafe_request_is_sent_again(backend: Backend) -> None:
    """429 means that it was not acted on."""
    with FaultServer(text(429, "Too Many Requests"), ok) as server, backend(server.url) as driver:
        assert driver.send(post_request()).status_code == 200
        assert len(server.requests) == 2


@all_backends
def test_unsafe_request_that_was_not_sent_is_retried(backend: Backend) -> None:
    """Without a connection it cannot have been acted on."""
    with backend(f"http://127.0.0.1:{free_port()}") as driver, pytest.raises(APIConnectionError) as caught:
        driver.send(post_request())
    assert caught.value.attempts == 6
    assert "acted on" not in str(caught.value)


@all_backends
def test_stale_connections_are_no_outage(backend: Backend) -> None:
    """A server that closes each connection at its second request is got through."""
    with FaultServer(ok, *[faults.close_before_first_byte, ok] * 50) as server, backend(server.url) as driver:
        for _ in range(50):
            assert driver.list().total_remaining_credits == 1391
        assert len(server.requests) == 99
