"""Retries do no harm: they draw on one budget, and what may have been acted on is not sent twice."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from email.utils import formatdate
from unittest.mock import patch

import pytest
from stablecog_client import APIConnectionError, APIError, APITimeoutError, CreditsResponse, RateLimitError
from stablecog_client._runtime import retries

from tests.support import faults
from tests.support.drivers import Backend, all_backends, assert_duration, post_request
from tests.support.faults import FaultServer, free_port, ok, respond, text


@all_backends
@pytest.mark.parametrize("fault", [text(503), faults.reset_before_first_byte], ids=["503", "reset"])
def test_a_server_that_is_down_sees_at_most_a_tenth_more_requests_than_calls(
    backend: Backend, fault: faults.Fault
) -> None:
    with FaultServer(*[ok] * 60, fault) as server, backend(server.url) as driver:
        for _ in range(60):
            driver.list()
        with assert_duration(at_most=40):  # the rate limit, which this server has no part in, would make it 50
            outcomes = [outcome for _ in range(50) for outcome in driver.list_at_once(20)]
        assert all(isinstance(outcome, APIError) for outcome in outcomes)
        assert not any(isinstance(outcome, APITimeoutError) for outcome in outcomes)
        assert 1000 <= len(server.requests) - 60 <= 1100


@all_backends
def test_a_server_that_refuses_connections_is_asked_at_most_a_tenth_more_often_than_there_are_calls(
    backend: Backend,
) -> None:
    with backend(f"http://127.0.0.1:{free_port()}") as driver:
        outcomes = [outcome for _ in range(50) for outcome in driver.list_at_once(20)]
    assert sum(outcome.attempts for outcome in outcomes if isinstance(outcome, APIConnectionError)) <= 1100
    assert {type(outcome) for outcome in outcomes} == {APIConnectionError}


@all_backends
def test_calls_succeed_again_once_the_server_is_back(backend: Backend) -> None:
    with FaultServer(*[text(503)] * 200, ok) as server, backend(server.url) as driver:
        while len(server.requests) < 200:
            driver.list_at_once(20)
        assert all(isinstance(outcome, CreditsResponse) for outcome in driver.list_at_once(50))


@all_backends
def test_the_budget_is_earned_back_by_calls_that_succeed(backend: Backend) -> None:
    with FaultServer(*[text(503)] * 200, *[ok] * 100, text(503), ok) as server, backend(server.url) as driver:
        while len(server.requests) < 200:
            driver.list_at_once(min(20, 200 - len(server.requests)))
        for _ in range(5):
            driver.list_at_once(20)
        assert driver.list().total_remaining_credits == 1391  # the 503 is tried again


@all_backends
def test_a_server_that_fails_every_other_request_is_got_through_for_as_long_as_it_does(backend: Backend) -> None:
    with FaultServer(*[text(500), ok] * 100) as server, backend(server.url) as driver:
        for _ in range(100):
            assert driver.list().total_remaining_credits == 1391


MAY_HAVE_BEEN_ACTED_ON = [
    *faults.BREAKING,
    faults.respond_after(1),
    text(408),
    text(500),
    respond(502, b"<h1>Bad Gateway</h1>", "text/html"),
    text(503, "Busy.", "Retry-After: 0"),
    text(504),
    faults.redirect("/v1/credits", 303),
    faults.redirect("/v1/credits", 307),
]


@all_backends
@pytest.mark.parametrize(
    ("method", "fault"),
    [
        *(("POST", fault) for fault in MAY_HAVE_BEEN_ACTED_ON),
        *((method, fault) for method in ("PUT", "PATCH", "DELETE") for fault in (text(503), faults.reset_in_mid_body)),
    ],
)
def test_an_unsafe_request_that_may_have_been_acted_on_is_not_sent_twice(
    backend: Backend, method: str, fault: faults.Fault
) -> None:
    with FaultServer(fault, ok) as server, backend(server.url, timeout=0.2) as driver:
        with pytest.raises(APIError) as caught:
            driver.send(post_request(method))
        assert len(server.requests) == 1
    if getattr(caught.value, "status_code", 500) not in {307, 308}:  # which ask for the request elsewhere
        assert str(caught.value).endswith("; it may have been acted on: look before you send it again")


@all_backends
def test_an_unsafe_request_on_a_connection_that_was_closed_while_idle_is_sent_once(backend: Backend) -> None:
    with FaultServer(faults.ok_then_close_while_idle, ok) as server, backend(server.url) as driver:
        driver.list()
        driver.rest(0.05)
        assert driver.send(post_request()).parsed.total_remaining_credits == 1391
        assert [request[:4] for request in server.requests] == [b"GET ", b"POST"]


@all_backends
def test_an_unsafe_request_that_the_rate_limit_refused_is_sent_again(backend: Backend) -> None:
    with FaultServer(text(429, "Too Many Requests"), ok) as server, backend(server.url) as driver:
        assert driver.send(post_request()).status_code == 200
        assert len(server.requests) == 2


@all_backends
def test_an_unsafe_request_that_could_not_be_sent_is_tried_again(backend: Backend) -> None:
    with backend(f"http://127.0.0.1:{free_port()}") as driver, pytest.raises(APIConnectionError) as caught:
        driver.send(post_request())
    assert caught.value.attempts == 6


@all_backends
def test_a_limit_that_refuses_for_good_is_asked_no_more_often_than_a_server_that_is_down(backend: Backend) -> None:
    with (
        FaultServer(text(429, "Too Many Requests", "Retry-After: 0")) as server,
        backend(server.url, deadline=2) as driver,
    ):
        outcomes = driver.list_at_once(300)
        assert len(server.requests) <= 330
    assert any(isinstance(outcome, RateLimitError) for outcome in outcomes)


# What decides, without a server


def test_the_wait_doubles_up_to_five_seconds_and_is_jittered_downwards_by_up_to_half() -> None:
    waits = {attempt: [retries.backoff(attempt) for _ in range(500)] for attempt in (1, 2, 3, 6, 7, 50)}
    longest = {1: 0.1, 2: 0.2, 3: 0.4, 6: 3.2, 7: 5.0, 50: 5.0}
    for attempt, seconds in longest.items():
        assert 0.5 * seconds <= min(waits[attempt]) < 0.55 * seconds
        assert 0.95 * seconds < max(waits[attempt]) <= seconds


@all_backends
def test_a_server_that_closes_each_connection_at_its_second_request_is_no_server_that_is_down(backend: Backend) -> None:
    with FaultServer(ok, *[faults.close_before_first_byte, ok] * 100) as server, backend(server.url) as driver:
        for _ in range(100):
            assert driver.list().total_remaining_credits == 1391
        assert len(server.requests) == 199


@all_backends
def test_each_retry_is_logged_with_its_reason_and_so_is_the_end_of_the_budget(
    backend: Backend, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "stablecog_client")
    with FaultServer(text(503)) as server, backend(server.url, max_retries=30) as driver:
        with pytest.raises(APIError):
            driver.list()
        caplog.clear()
        url = f"GET {server.url}/v1/credits"
        with patch.object(retries.RetryBudget, "acquire", side_effect=[True, False]), pytest.raises(APIError):
            driver.list()
    lines = [record.getMessage() for record in caplog.records if record.name == "stablecog_client"]
    failed = "attempt {} failed: 503 Service Unavailable"
    assert re.fullmatch(re.escape(f"{url}: {failed.format(1)}; retrying in ") + r"0\.0\d s", lines[0])
    assert lines[1:] == [f"{url}: {failed.format(2)}; not retrying: the retry budget is used up"]


def test_a_budget_lets_as_many_retries_pass_for_nothing_as_there_are_connections_kept_alive() -> None:
    budget = retries.RetryBudget()
    assert not budget.acquire_for_stale_connection()
    for _ in range(2):
        budget.record_success(0)
    assert [budget.acquire_for_stale_connection() for _ in range(3)] == [True, True, False]
    for _ in range(100):
        budget.record_success(0)
    assert [budget.acquire_for_stale_connection() for _ in range(71)] == [True] * 70 + [False]
    assert [budget.acquire() for _ in range(31)] == [True] * 30 + [False]


def test_a_budget_lets_30_retries_pass_and_earns_them_back_by_success_and_one_more_by_ten() -> None:
    budget = retries.RetryBudget()
    budget.record_success(0)  # it is full already
    assert [budget.acquire() for _ in range(31)] == [True] * 30 + [False]
    for _ in range(11):  # a tenth is no exact float
        budget.record_success(0)
    assert [budget.acquire() for _ in range(2)] == [True, False]
    budget.record_success(5)
    assert [budget.acquire() for _ in range(6)] == [True] * 5 + [False]
    for _ in range(1000):
        budget.record_success(1)
    assert [budget.acquire() for _ in range(31)] == [True] * 30 + [False]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        *[(None, None), ("", None), ("soon", None), ("-1", None), ("inf", None), ("NaN", None), ("1, 2", None)],
        *[("1e999", None), ("9" * 5000, None), ("0x10", None), ("Wed, 99 Foo 2026", None)],
        *[("1_0", None), ("-0", None), ("0", 0.0), ("1", 1.0), ("1.5", 1.5), ("86400", 86400.0)],
        ("Mon, 01 Jan 1990 00:00:00 GMT", 0.0),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_a_date_that_may_have_passed(
    value: str | None, seconds: float | None
) -> None:
    assert retries.parse_retry_after(value) == seconds


def as_http_does(seconds: float) -> str:
    return formatdate(seconds, usegmt=True)


def as_asctime_does(seconds: float) -> str:
    return time.asctime(time.gmtime(seconds))


@pytest.mark.parametrize("written", [as_http_does, as_asctime_does])
def test_a_date_in_retry_after_is_in_utc_and_so_many_seconds_away(
    written: Callable[[float], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        seconds = retries.parse_retry_after(written(time.time() + 100))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert seconds is not None
    assert 90 < seconds <= 100


@pytest.mark.parametrize("status", [408, 500, 501, 503, 599, 600])
def test_these_statuses_may_pass_where_asking_again_is_safe(status: int) -> None:
    assert retries.is_retryable_status(status, safe=True)
    assert not retries.is_retryable_status(status, safe=False)


def test_a_request_that_the_limit_refused_may_pass_whatever_its_method() -> None:
    assert retries.is_retryable_status(429, safe=True)
    assert retries.is_retryable_status(429, safe=False)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 407, 409, 428, 430, 499])
def test_these_statuses_do_not_pass(status: int) -> None:
    assert not retries.is_retryable_status(status, safe=True)
