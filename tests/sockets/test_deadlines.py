"""Servers that take their time: every call ends within its deadline, and honours what waits it can."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from stablecog_client import APIConnectionError, APIError, APITimeoutError, InternalServerError, RateLimitError

from tests.support import faults
from tests.support.drivers import Backend, all_backends, assert_duration
from tests.support.faults import FaultServer, ok, respond_after, text

SLOW_FAULTS = [
    faults.say_nothing,
    faults.drip_headers,
    faults.drip_body,
    respond_after(0.5),
    faults.endless_body,
    faults.endless_headers,
    faults.endless_interim_responses,
    faults.redirect("/v1/credits"),
    faults.terabyte_announced,
]


@all_backends
@pytest.mark.parametrize("fault", SLOW_FAULTS)
def test_a_call_ends_within_its_deadline_whatever_the_server_does(backend: Backend, fault: faults.Fault) -> None:
    with FaultServer(fault) as server, backend(server.url, deadline=0.4) as driver, assert_duration(at_most=1.4):
        with pytest.raises(APIError):
            driver.list()


@all_backends
@pytest.mark.parametrize("fault", [faults.say_nothing, faults.drip_headers, faults.drip_body])
def test_what_takes_longer_than_the_deadline_is_a_timeout_that_says_what_to_raise(
    backend: Backend, fault: faults.Fault
) -> None:
    with FaultServer(fault) as server, backend(server.url, deadline=0.4) as driver:
        with pytest.raises(APITimeoutError) as caught:
            driver.list()
    assert "no response within the deadline of 0.4 s; check the network and the server, or raise `deadline`" in str(
        caught.value
    )
    assert caught.value.__cause__ is not None


@all_backends
def test_an_attempt_that_is_answered_just_too_late_is_made_again(backend: Backend) -> None:
    with FaultServer(respond_after(0.6), ok) as server, backend(server.url, timeout=0.2) as driver:
        assert driver.list().total_remaining_credits == 1391


@all_backends
def test_when_each_attempt_is_answered_too_late_the_error_says_so(backend: Backend) -> None:
    with (
        FaultServer(respond_after(0.6)) as server,
        backend(server.url, timeout=0.1, deadline=0.9, max_retries=2) as driver,
    ):
        with pytest.raises(APITimeoutError) as caught:
            driver.list()
    said = (
        "no response within the timeout of 0.1 s; check the network and the server, or raise `timeout` to wait longer"
    )
    assert str(caught.value) == f"GET {server.url}/v1/credits: {said} (tried 3 times)"


@all_backends
def test_where_no_connection_comes_in_time_the_error_says_so(backend: Backend) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as stack:
        port = full.getsockname()[1]
        for _ in range(3):  # as many as the system lets wait to be accepted
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        with (
            backend(f"http://127.0.0.1:{port}", timeout=0.2, max_retries=0) as driver,
            pytest.raises(APITimeoutError) as caught,
        ):
            driver.list()
    assert "no connection within the timeout of 0.2 s; check the network and the server" in str(caught.value)


@all_backends
@pytest.mark.parametrize("status", [429, 503])
def test_a_retry_after_beyond_the_deadline_raises_at_once(backend: Backend, status: int) -> None:
    with FaultServer(text(status, "Busy.", "Retry-After: 86400")) as server, backend(server.url) as driver:
        with (
            assert_duration(at_most=1),
            pytest.raises(RateLimitError if status == 429 else InternalServerError) as caught,
        ):
            driver.list()
        assert len(server.requests) == caught.value.attempts == 1
    assert caught.value.retry_after == 86400
    assert "the server asks to wait 86400 s" in str(caught.value)


@all_backends
@pytest.mark.parametrize("status", [429, 503])
def test_a_retry_after_of_seconds_is_honoured(backend: Backend, status: int) -> None:
    with FaultServer(text(status, "Busy.", "Retry-After: 0.7"), ok) as server, backend(server.url) as driver:
        with assert_duration(at_least=0.7):
            driver.list()


@all_backends
def test_a_retry_after_that_is_a_date_is_honoured(backend: Backend) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    with FaultServer(text(503, "Busy.", f"Retry-After: {later}"), ok) as server, backend(server.url) as driver:
        with assert_duration(at_least=0.8):  # a date has whole seconds
            driver.list()


@all_backends
@pytest.mark.parametrize("value", ["", "soon", "-5", "9" * 5000, "Mon, 01 Jan 1990 00:00:00 GMT"])
def test_a_retry_after_that_means_nothing_is_no_reason_to_wait_or_give_up(backend: Backend, value: str) -> None:
    with FaultServer(text(503, "Busy.", f"Retry-After: {value}"), ok) as server, backend(server.url) as driver:
        with assert_duration(at_most=1):
            driver.list()


@all_backends
@pytest.mark.parametrize(("value", "seconds"), [("soon", None), ("90.5", 90.5)])
def test_the_error_carries_the_seconds_of_retry_after(backend: Backend, value: str, seconds: float | None) -> None:
    with FaultServer(text(429, "Slow down.", f"Retry-After: {value}")) as server:
        with backend(server.url, max_retries=0) as driver, pytest.raises(RateLimitError) as caught:
            driver.list()
    assert caught.value.retry_after == seconds


@all_backends
def test_waiting_for_the_rate_limit_ends_within_the_deadline_too(backend: Backend) -> None:
    with (
        FaultServer(faults.say_nothing) as server,
        backend(server.url, deadline=0.5) as driver,
        assert_duration(at_most=1.5),
    ):
        outcomes = driver.list_at_once(40)
    assert all(isinstance(outcome, APIConnectionError) for outcome in outcomes)
