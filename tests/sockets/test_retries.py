"""Retries over real connections; tests/unit/test_retries.py has the tables."""

from __future__ import annotations

import pytest
from stablecog_client import APIConnectionError, APIError, APITimeoutError, CreditsResponse

from tests.support import faults
from tests.support.drivers import Backend, Tasks, TasksOverAiohttp, Threads, all_backends, post_request
from tests.support.faults import FaultServer, free_port, ok, text


@pytest.mark.parametrize("backend", [Threads, TasksOverAiohttp])  # and neither does aiohttp add requests of its own
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


def test_calls_succeed_once_the_server_is_back() -> None:
    """An empty budget fails no call by itself, and successes refill it."""
    with FaultServer(*[text(503)] * 100, *[ok] * 100, text(503), ok) as server:
        with Threads(server.url, deadline=120) as driver:
            while len(server.requests) < 100:
                driver.list_at_once(min(20, 100 - len(server.requests)))
            for _ in range(5):
                assert all(isinstance(outcome, CreditsResponse) for outcome in driver.list_at_once(20))
            assert driver.list().total_remaining_credits == 1391  # the 503 is retried


@pytest.mark.parametrize(
    ("backend", "fault"),
    [
        (Threads, faults.reset_before_first_byte),
        (Threads, faults.body_shorter_than_its_length),
        (Threads, faults.respond_after(30)),
        (Tasks, faults.close_before_first_byte),
        (Tasks, faults.reset_in_mid_body),
        (TasksOverAiohttp, faults.reset_before_first_byte),
        (TasksOverAiohttp, faults.cut_chunked_body),
    ],
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
    """A connection that was closed while idle is not used, and the next one is kept."""
    with FaultServer(faults.ok_then_close_while_idle, ok) as server, backend(server.url) as driver:
        driver.list()
        driver.idle_until(lambda: server.closed == 1)
        assert driver.send(post_request()).parsed.total_remaining_credits == 1391
        driver.list()
        assert [request[:4] for request in server.requests] == [b"GET ", b"POST", b"GET "]
        assert server.connections == 2


def test_rate_limited_unsafe_request_is_sent_again() -> None:
    """429 means that it was not acted on."""
    with FaultServer(text(429, "Too Many Requests"), ok) as server, Threads(server.url) as driver:
        assert driver.send(post_request()).status_code == 200
        first, second = server.requests
    assert first == second


def test_unsafe_request_that_was_not_sent_is_retried() -> None:
    """Without a connection it cannot have been acted on."""
    with Threads(f"http://127.0.0.1:{free_port()}") as driver, pytest.raises(APIConnectionError) as caught:
        driver.send(post_request())
    assert caught.value.attempts == 6
    assert "acted on" not in str(caught.value)


def test_stale_connections_are_no_outage() -> None:
    """A server that closes each connection at its second request is got through."""
    with FaultServer(ok, *[faults.close_before_first_byte, ok] * 50) as server, Threads(server.url) as driver:
        for _ in range(50):
            assert driver.list().total_remaining_credits == 1391
        assert len(server.requests) == 99
