"""Servers that take their time: every call ends. tests/unit/test_deadlines.py has the tables."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from itertools import product

import pytest
from stablecog_client import APIConnectionError, APITimeoutError

from tests.support import faults
from tests.support.drivers import (
    Backend,
    Tasks,
    TasksOverAiohttp,
    Threads,
    all_backends,
    assert_duration,
    assert_ends,
    both_clients,
)
from tests.support.faults import FaultServer, ok, respond_after, text
from tests.support.processes import peak_memory

SLOW_FAULTS = [faults.say_nothing, faults.drip_body, faults.endless_interim_responses]


@pytest.mark.parametrize(
    ("backend", "fault"),
    [*product([Threads, Tasks, TasksOverAiohttp], SLOW_FAULTS), (Threads, faults.drip_headers)],
)
def test_call_ends_whatever_the_server_does(backend: Backend, fault: faults.Fault) -> None:
    """A server that does not end its response neither holds up the call nor fills the memory."""
    with FaultServer(fault) as server, backend(server.url, deadline=1) as driver, assert_ends():

        def call() -> None:
            with pytest.raises(APITimeoutError) as caught:
                driver.list()
            advice = "check the network and the server, or raise `deadline`"
            what = "complete response" if fault is faults.drip_body else "response"
            assert f": no {what} within the deadline of 1 s; {advice}" in str(caught.value)
            assert caught.value.__cause__ is not None

        assert peak_memory(call) < 16 * 2**20


@all_backends
def test_response_just_too_late_is_asked_again(backend: Backend) -> None:
    """An attempt that times out is retried, on a connection of its own."""
    with FaultServer(respond_after(30), ok) as server, backend(server.url, timeout=1) as driver, assert_ends():
        assert driver.list().total_remaining_credits == 1391
        assert (len(server.requests), server.connections) == (2, 2)


@all_backends
def test_no_connection_in_time_says_so(backend: Backend) -> None:
    """A server that accepts no connection is told from one that does not respond."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as stack:
        port = full.getsockname()[1]
        for _ in range(3):  # as many as the system lets wait to be accepted
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        with backend(f"http://127.0.0.1:{port}", timeout=0.2, max_retries=0) as driver, assert_ends():
            with pytest.raises(APITimeoutError) as caught:
                driver.list()
    assert "no connection within the timeout of 0.2 s; check the network and the server" in str(caught.value)


@both_clients
def test_retry_after_is_honoured(backend: Backend) -> None:
    """The next attempt waits as long as the server asks, and succeeds."""
    with FaultServer(text(503, "Busy.", "Retry-After: 0.5"), ok) as server, backend(server.url) as driver:
        with assert_duration(at_least=0.5):
            assert driver.list().total_remaining_credits == 1391
        assert len(server.requests) == 2


@both_clients
def test_wait_for_the_rate_limit_ends_at_the_deadline(backend: Backend) -> None:
    """Calls that queue up end with those that do not get a response."""
    with FaultServer(faults.say_nothing) as server, backend(server.url, deadline=0.5) as driver, assert_ends():
        outcomes = driver.list_at_once(40)
    assert all(isinstance(outcome, APIConnectionError) for outcome in outcomes)
