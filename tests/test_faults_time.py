"""Servers that take their time: every call ends within its deadline, and honours what waits it can."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from stablecog_client import APIConnectionError, APIError, APITimeoutError, InternalServerError, RateLimitError

from tests import faults
from tests.drive import Way, every_way, takes
from tests.faults import FaultServer, answer_after, ok, text

SLOW_FAULTS = [
    faults.say_nothing,
    faults.drip_headers,
    faults.drip_body,
    answer_after(0.5),
    faults.endless_body,
    faults.endless_headers,
    faults.endless_interim_answers,
    faults.redirect("/v1/credits"),
    faults.terabyte_announced,
]


@every_way
@pytest.mark.parametrize("fault", SLOW_FAULTS)
def test_a_call_ends_within_its_deadline_whatever_the_server_does(way: Way, fault: faults.Fault) -> None:
    with FaultServer(fault) as server, way(server.url, deadline=0.4) as caller, takes(at_most=1.4):
        with pytest.raises(APIError):
            caller.list()


@every_way
@pytest.mark.parametrize("fault", [faults.say_nothing, faults.drip_headers, faults.drip_body])
def test_what_takes_longer_than_the_deadline_is_a_timeout_that_says_what_to_raise(
    way: Way, fault: faults.Fault
) -> None:
    with FaultServer(fault) as server, way(server.url, deadline=0.4) as caller:
        with pytest.raises(APITimeoutError) as caught:
            caller.list()
    assert "no response within the deadline of 0.4 s; check the network and the server, or raise `deadline`" in str(
        caught.value
    )
    assert caught.value.__cause__ is not None


@every_way
def test_an_attempt_that_is_answered_just_too_late_is_made_again(way: Way) -> None:
    with FaultServer(answer_after(0.6), ok) as server, way(server.url, timeout=0.2) as caller:
        assert caller.list().total_remaining_credits == 1391


@every_way
def test_when_each_attempt_is_answered_too_late_the_error_says_so(way: Way) -> None:
    with FaultServer(answer_after(0.6)) as server, way(server.url, timeout=0.1, deadline=0.9, max_retries=2) as caller:
        with pytest.raises(APITimeoutError) as caught:
            caller.list()
    said = (
        "no response within the timeout of 0.1 s; check the network and the server, or raise `timeout` to wait longer"
    )
    assert str(caught.value) == f"GET {server.url}/v1/credits: {said} (tried 3 times)"


@every_way
def test_where_no_connection_comes_in_time_the_error_says_so(way: Way) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as stack:
        port = full.getsockname()[1]
        for _ in range(3):  # as many as the system lets wait to be accepted
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        with (
            way(f"http://127.0.0.1:{port}", timeout=0.2, max_retries=0) as caller,
            pytest.raises(APITimeoutError) as caught,
        ):
            caller.list()
    assert "no connection within the timeout of 0.2 s; check the network and the server" in str(caught.value)


@every_way
@pytest.mark.parametrize("status", [429, 503])
def test_a_retry_after_beyond_the_deadline_raises_at_once(way: Way, status: int) -> None:
    with FaultServer(text(status, "Busy.", "Retry-After: 86400")) as server, way(server.url) as caller:
        with takes(at_most=1), pytest.raises(RateLimitError if status == 429 else InternalServerError) as caught:
            caller.list()
        assert len(server.requests) == caught.value.attempts == 1
    assert caught.value.retry_after == 86400
    assert "the server asks to wait 86400 s" in str(caught.value)


@every_way
@pytest.mark.parametrize("status", [429, 503])
def test_a_retry_after_of_seconds_is_honoured(way: Way, status: int) -> None:
    with FaultServer(text(status, "Busy.", "Retry-After: 0.7"), ok) as server, way(server.url) as caller:
        with takes(at_least=0.7):
            caller.list()


@every_way
def test_a_retry_after_that_is_a_date_is_honoured(way: Way) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    with FaultServer(text(503, "Busy.", f"Retry-After: {later}"), ok) as server, way(server.url) as caller:
        with takes(at_least=0.8):  # a date has whole seconds
            caller.list()


@every_way
@pytest.mark.parametrize("value", ["", "soon", "-5", "9" * 5000, "Mon, 01 Jan 1990 00:00:00 GMT"])
def test_a_retry_after_that_means_nothing_is_no_reason_to_wait_or_give_up(way: Way, value: str) -> None:
    with FaultServer(text(503, "Busy.", f"Retry-After: {value}"), ok) as server, way(server.url) as caller:
        with takes(at_most=1):
            caller.list()


@every_way
@pytest.mark.parametrize(("value", "seconds"), [("soon", None), ("90.5", 90.5)])
def test_the_error_carries_the_seconds_of_retry_after(way: Way, value: str, seconds: float | None) -> None:
    with FaultServer(text(429, "Slow down.", f"Retry-After: {value}")) as server:
        with way(server.url, max_retries=0) as caller, pytest.raises(RateLimitError) as caught:
            caller.list()
    assert caught.value.retry_after == seconds


@every_way
def test_waiting_for_the_rate_limit_ends_within_the_deadline_too(way: Way) -> None:
    with FaultServer(faults.say_nothing) as server, way(server.url, deadline=0.5) as caller, takes(at_most=1.5):
        outcomes = caller.list_at_once(40)
    assert all(isinstance(outcome, APIConnectionError) for outcome in outcomes)
