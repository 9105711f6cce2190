"""Retries: when, after how long, and how many; what may have been acted on is not sent twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import formatdate
from itertools import cycle
from typing import Any

import httpx
import pytest
from stablecog_client import APIConnectionError, APIError, CreditsResponse, RateLimitError
from stablecog_client._runtime import timing

from tests.support.drivers import post_request
from tests.support.faults import KEY
from tests.support.script import LIST, OK, Clock, Event, Reply, ScriptedClient, redirect, text

Script = Callable[..., ScriptedClient]

REFUSED = httpx.ConnectError("All connection attempts failed")
REFUSED.__cause__ = ConnectionRefusedError(111, "Connection refused")
RESET = httpx.ReadError("")
RESET.__cause__ = ConnectionResetError(104, "Connection reset by peer")
CLOSED = httpx.RemoteProtocolError("Server disconnected without sending a response.")


def outcomes(client: ScriptedClient, number: int) -> list[CreditsResponse | APIError]:
    """What so many calls return or raise."""
    results: list[CreditsResponse | APIError] = []
    for _ in range(number):
        try:
            results.append(client.list())
        except APIError as error:
            results.append(error)
    return results


def failures(results: list[CreditsResponse | APIError]) -> int:
    return sum(isinstance(result, APIError) for result in results)


# Backoff


def test_backoff_doubles_up_to_five_seconds() -> None:
    """It is jittered downwards by up to half."""
    waits = {attempt: [timing.backoff(attempt) for _ in range(500)] for attempt in (1, 2, 3, 6, 7, 50)}
    longest = {1: 0.1, 2: 0.2, 3: 0.4, 6: 3.2, 7: 5.0, 50: 5.0}
    for attempt, seconds in longest.items():
        assert 0.5 * seconds <= min(waits[attempt]) < 0.55 * seconds
        assert 0.95 * seconds < max(waits[attempt]) <= seconds


@pytest.mark.parametrize("event", [text(503), CLOSED, REFUSED], ids=["503", "closed", "refused"])
def test_waits_grow_from_attempt_to_attempt(script: Script, event: Event) -> None:
    """Five retries are made, each after twice the wait."""
    client = script(event)
    with pytest.raises(APIError, match=r" \(tried 6 times\)$") as caught:
        client.list()
    assert client.waits == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6])
    assert caught.value.attempts == len(client.requests) == 6


def test_max_retries_bounds_the_attempts(script: Script) -> None:
    """A call makes one request more than that."""
    for max_retries in 0, 1, 8:
        client = script(text(503), max_retries=max_retries)
        assert failures(outcomes(client, 1)) == 1
        assert len(client.requests) == max_retries + 1


@pytest.mark.parametrize(
    "error",
    [
        httpx.LocalProtocolError("illegal"),
        httpx.UnsupportedProtocol("no"),
        httpx.InvalidURL("no"),
        httpx.ProxyError("407 Proxy Authentication Required"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_lasting_fault_is_not_retried(script: Script, error: Exception) -> None:
    """What the next attempt cannot change is raised at once."""
    client = script(error, OK)
    with pytest.raises(APIConnectionError):
        client.list()
    assert len(client.requests) == 1


def test_refusal_of_failing_proxy_is_retried(script: Script) -> None:
    """A proxy that fails may recover."""
    client = script(httpx.ProxyError("503 Service Unavailable"), OK)
    assert client.list().total_remaining_credits == 1391


# By status, for safe methods and for others: 429 means that the request was not acted on.
RETRYABLE = {
    **dict.fromkeys([408, 500, 501, 510, 512, 599, 600], (True, False)),
    429: (True, True),
    **dict.fromkeys([400, 401, 404, 407, 409, 428, 430, 499, 511], (False, False)),
}


def test_status_that_may_pass_is_retryable() -> None:
    """Where asking again is safe."""
    retryable = {
        status: [timing.is_retryable_status(status, safe=safe) for safe in (True, False)] for status in RETRYABLE
    }
    assert retryable == {status: [*both] for status, both in RETRYABLE.items()}


# Unsafe methods

ACTED = [
    *(RESET, httpx.WriteError("cut"), CLOSED, httpx.ReadTimeout(""), TimeoutError(), ConnectionResetError("reset")),
    *(Reply(truncated_by=httpx.ReadError("cut")), Reply(seconds=60), text(408), text(500), text(599)),
    text(503, "Busy.", ("Retry-After", "0")),
]


def test_unsafe_request_is_not_sent_twice(script: Script) -> None:
    """What may have been acted on is not retried, and the error says that it may have been."""
    for event in ACTED:
        client = script(event, OK)
        with pytest.raises(APIError) as caught:
            client.send(post_request())
        assert len(client.requests) == 1, event
        assert str(caught.value).endswith("; the server may have acted on it: check before you send it again"), event


def test_safe_request_is_sent_again(script: Script) -> None:
    """What changes nothing is retried, and no error says that it may have been acted on."""
    for event in ACTED:
        client = script(event, OK)
        assert client.list().total_remaining_credits == 1391, event
        assert len(client.requests) == 2, event
        with pytest.raises(APIError) as caught:
            script(event, max_retries=0).list()
        assert "acted on" not in str(caught.value), event


def test_methods_that_change_nothing_are_safe(script: Script) -> None:
    """By HTTP's own definition; others are sent once."""
    sent: dict[str, int] = {}
    for method in "GET", "HEAD", "OPTIONS", "TRACE", "POST", "PUT", "PATCH", "DELETE":
        client = script(RESET, max_retries=1)
        with pytest.raises(APIError):
            client.send(post_request(method))
        sent[method] = len(client.requests)
    assert sent == {"GET": 2, "HEAD": 2, "OPTIONS": 2, "TRACE": 2, "POST": 1, "PUT": 1, "PATCH": 1, "DELETE": 1}


@pytest.mark.parametrize(
    "event",
    [REFUSED, httpx.ConnectTimeout(""), httpx.PoolTimeout(""), httpx.ProxyError("503 Busy"), text(429)],
    ids=["refused", "connect-timeout", "pool-timeout", "proxy", "429"],
)
def test_unsafe_request_that_was_not_sent_is_sent(script: Script, event: Event) -> None:
    """What cannot have been acted on is retried, and no error says that it may have been."""
    client = script(event, OK)
    assert client.send(post_request()).status_code == 200
    assert len(client.requests) == 2
    with pytest.raises(APIError) as caught:
        script(event).send(post_request())
    assert caught.value.attempts == 6
    assert "acted on" not in str(caught.value)


def test_rejected_unsafe_request_was_not_acted_on(script: Script) -> None:
    """A request that the server rejected was not acted on."""
    for status in 400, 401, 404, 429:
        with pytest.raises(APIError) as caught:
            script(text(status), max_retries=0).send(post_request())
        assert "acted on" not in str(caught.value)


# The retry budget


@pytest.mark.parametrize(("event", "retries"), [(text(503), 30), (REFUSED, 30), (RESET, 90)])
def test_server_that_is_down_is_not_flooded(script: Script, event: Event, retries: int) -> None:
    """A thousand calls are at most a tenth more requests, also after calls that left connections open."""
    client = script(*[OK] * 60, event)
    assert failures(outcomes(client, 60)) == 0
    assert failures(outcomes(client, 1000)) == 1000
    assert len(client.requests) - 60 == 1000 + retries


def test_limit_that_always_refuses_is_not_flooded(script: Script) -> None:
    """A server that refuses each request is asked as little as one that is down."""
    client = script(text(429, "Too Many Requests", ("Retry-After", "0")))
    results = outcomes(client, 300)
    assert len(client.requests) <= 330
    assert {type(result) for result in results} == {RateLimitError}


def test_refusals_among_successes_need_no_budget(script: Script) -> None:
    """While the server admits others, the rate limit paces the retries."""
    admitted = Reply(headers=(("X-Ratelimit-Remaining", "19"),))
    client = script(*[admitted, text(429)] * 100)
    assert failures(outcomes(client, 100)) == 0
    client = script(admitted, *[text(429)] * 3, admitted, text(503), OK)
    assert failures(outcomes(client, 1)) == 0
    while client.state.retry_budget.acquire():
        pass
    assert failures(outcomes(client, 1)) == 0
    assert failures(outcomes(client, 1)) == 1  # of the server, not of the limit
    assert len(client.requests) == 6


def test_every_other_request_may_fail(script: Script) -> None:
    """For as long as the server does."""
    client = script(*[text(500), OK] * 1000)
    assert failures(outcomes(client, 1000)) == 0
    assert len(client.requests) == 2000


def test_calls_succeed_once_the_server_is_back(script: Script) -> None:
    """An empty budget fails no call by itself."""
    client = script(*[text(503)] * 200, *[OK] * 100, text(503), OK)
    while len(client.requests) < 200:
        outcomes(client, 1)
    assert failures(outcomes(client, 100)) == 0
    assert client.list().total_remaining_credits == 1391  # the budget allows a retry again


def test_stale_connections_are_no_outage(script: Script) -> None:
    """A server that closes each connection at its second request is not down."""
    client = script(OK, *[CLOSED, OK] * 100)
    assert failures(outcomes(client, 101)) == 0
    assert len(client.requests) == 201
    assert [client.state.retry_budget.acquire() for _ in range(31)] == [1] * 30 + [None]


def test_timeout_is_no_stale_connection(script: Script) -> None:
    """A request that timed out is charged to the budget; so is one that was not sent."""
    for event in httpx.ReadTimeout(""), REFUSED:
        client = script(*[OK] * 50, *[event, OK] * 10)
        assert failures(outcomes(client, 60)) == 0
        assert [client.state.retry_budget.acquire(may_be_stale=True) for _ in range(61)] == [0] * 60 + [1]
    client = script(*[OK] * 50, event)
    failures(outcomes(client, 100))
    assert not client.state.retry_budget.acquire()


def test_last_attempt_takes_no_free_retry(script: Script) -> None:
    """There is none to be made."""
    client = script(OK, CLOSED, max_retries=0)
    assert failures(outcomes(client, 2)) == 1
    assert client.state.retry_budget.acquire(may_be_stale=True) == 0


def test_success_returns_what_its_retries_took(script: Script) -> None:
    """And a tenth; a free retry took nothing."""
    client = script(OK, CLOSED, OK, text(503), text(503), OK)
    client.list()
    budget = client.state.retry_budget
    while budget.acquire():
        pass
    client.list()
    assert not budget.acquire()
    budget.record_success(2)
    client.list()
    assert [budget.acquire() for _ in range(3)] == [1, 1, None]


def test_budget_has_a_free_retry_per_connection() -> None:
    """As many as there are connections kept alive."""
    budget = timing.RetryBudget()
    assert budget.acquire(may_be_stale=True) == 1
    for _ in range(2):
        budget.record_success(0)
    assert [budget.acquire(may_be_stale=True) for _ in range(3)] == [0, 0, 1]
    for _ in range(100):
        budget.record_success(0)
    assert [budget.acquire(may_be_stale=True) for _ in range(101)] == [0] * 70 + [1] * 30 + [None]
    assert budget.acquire() is None


def test_budget_is_refilled_by_success() -> None:
    """A success returns its own retries, and ten successes one more."""
    budget = timing.RetryBudget()
    budget.record_success(0)  # it is full already
    assert [budget.acquire() for _ in range(31)] == [1] * 30 + [None]
    for _ in range(11):  # a tenth is no exact float
        budget.record_success(0)
    assert [budget.acquire() for _ in range(2)] == [1, None]
    budget.record_success(5)
    assert [budget.acquire() for _ in range(6)] == [1] * 5 + [None]
    for _ in range(1000):
        budget.record_success(1)
    assert [budget.acquire() for _ in range(31)] == [1] * 30 + [None]


# Logs


@pytest.mark.parametrize(
    ("event", "reason"),
    [(text(503), "503 Service Unavailable"), (RESET, "Connection reset by peer")],
    ids=["503", "reset"],
)
def test_retries_are_logged_with_reason_and_delay(
    script: Script, caplog: pytest.LogCaptureFixture, event: Event, reason: str
) -> None:
    """So is the end of the retry budget, once for each call, which the error says, too. The error is not logged."""
    caplog.set_level("INFO", "stablecog_client")
    client = script(event, max_retries=2)
    while client.state.retry_budget.acquire():
        pass
    client.state.retry_budget.record_success(1)
    assert client.state.retry_budget.acquire(may_be_stale=True) == 0
    (error,) = outcomes(client, 1)
    assert str(error).endswith("; not retrying: the retry budget is used up (tried 2 times)")
    failed = f"{LIST}: attempt {{}} failed: {reason}; "
    assert [record.getMessage() for record in caplog.records] == [
        failed.format(1) + "retrying in 0.10 s",
        failed.format(2) + "not retrying: the retry budget is used up",
    ]
    assert {record.levelname for record in caplog.records} == {"INFO"}


def test_success_and_last_error_are_not_logged(script: Script, caplog: pytest.LogCaptureFixture) -> None:
    """The caller knows them."""
    caplog.set_level("DEBUG", "stablecog_client")
    script(OK).list()
    assert failures(outcomes(script(text(401)), 1)) == 1
    assert failures(outcomes(script(text(503), max_retries=0), 1)) == 1
    assert caplog.records == []


# Retry-After


RETRY_AFTER = {
    **dict.fromkeys(["", "soon", "-1", "-0", "inf", "NaN", "0x10", "1_0", "1,", "1e999", "9" * 5000], None),
    **{"0": 0.0, "1": 1.0, "1.5": 1.5, "1, 2": 2.0, "1,2": 2.0, "1 , 2": 2.0, "86400": 86400.0},
    "Mon, 01 Jan 1990 00:00:00 GMT": 0.0,
    "Wed, 99 Foo 2026": None,
    "Fri, 31 Dec 99999 23:59:59 GMT": None,
}


def test_retry_after_is_seconds_or_a_date(script: Script) -> None:
    """A date may have passed; what means nothing is no reason to wait or to give up."""
    assert timing.retry_after({}) is None
    assert {value: timing.retry_after({"retry-after": value}) for value in RETRY_AFTER} == RETRY_AFTER
    fitting = {value: seconds or 0.1 for value, seconds in RETRY_AFTER.items() if (seconds or 0) < 30}
    waits: dict[str, float] = {}
    for value in fitting:
        client = script(text(503, "Busy.", ("Retry-After", value)), OK)
        client.list()
        waits[value] = sum(client.waits)
    assert waits == fitting


def test_retry_after_may_be_in_milliseconds() -> None:
    """`retry-after-ms` counts before `retry-after`, if it is a number."""
    assert timing.retry_after({"retry-after-ms": "250"}) == 0.25
    assert timing.retry_after({"retry-after-ms": "250, 250"}) == 0.25
    assert timing.retry_after({"retry-after-ms": "1500", "retry-after": "9"}) == 1.5
    assert timing.retry_after({"retry-after-ms": "soon", "retry-after": "9"}) == 9.0
    assert timing.retry_after({"retry-after-ms": "9" * 400}) is None


def as_http_date(seconds: float) -> str:
    return formatdate(seconds, usegmt=True)


def as_asctime(seconds: float) -> str:
    return time.asctime(time.gmtime(seconds))


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="needs tzset")
def test_date_of_retry_after_is_in_utc(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is so many seconds away, wherever the program runs."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        for written in as_http_date, as_asctime:
            assert timing.retry_after({"retry-after": written(clock.time() + 100)}) == 100
    finally:
        monkeypatch.undo()
        time.tzset()


def test_retry_after_is_honoured(script: Script, clock: Clock) -> None:
    """By a number of seconds or a date, if it is longer than the backoff."""
    date = as_http_date(clock.time() + 20)
    for status, value, wait in (429, "7", 7), (503, "0", 0.1), (503, date, 20):
        client = script(text(status, "Busy.", ("Retry-After", value)), OK)
        start = clock.now = 1000.0
        client.list()
        assert client.waits == pytest.approx([wait])
        assert clock.now - start >= wait


@pytest.mark.parametrize(("status", "deadline"), [(429, 30), (503, 0.05)])
def test_retry_after_beyond_deadline_is_an_error(script: Script, clock: Clock, status: int, deadline: float) -> None:
    """There is no use in a wait that does not fit."""
    client = script(text(status, "Busy.", ("Retry-After", "86400")), deadline=deadline)
    start = clock.now
    with pytest.raises(APIError, match=r"; the server asks to wait 86400 s$") as caught:
        client.list()
    assert (clock.now, caught.value.attempts, client.waits) == (start, 1, [])
    error: Any = caught.value
    assert error.retry_after == 86400


def test_error_carries_seconds_of_retry_after(script: Script) -> None:
    """None if the server does not say."""
    for value, seconds in ("soon", None), ("90.5", 90.5), ("0", 0.0):
        with pytest.raises(RateLimitError) as caught:
            script(text(429, "Slow down.", ("Retry-After", value)), max_retries=0).list()
        assert caught.value.retry_after == seconds
        assert ("the server asks to wait" in str(caught.value)) == bool(seconds)


def test_wait_is_never_as_long_as_what_remains(script: Script) -> None:
    """A retry whose wait ends with the deadline is not made."""
    for deadline, attempts in {0.25: 1, 0.5: 1, 0.75: 2, 1: 2, 1.25: 3}.items():
        client = script(text(503, "Busy.", ("Retry-After", "0.5")), deadline=deadline)
        assert failures(outcomes(client, 1)) == 1
        assert len(client.requests) == attempts


def test_key_is_in_each_attempt(script: Script) -> None:
    """A retry is the same request."""
    client = script(*[event for event, _ in zip(cycle([text(503), RESET, REFUSED]), range(5), strict=False)], OK)
    client.list()
    assert [str(request.url) for request in client.requests] == ["https://api.example.com/v1/credits"] * 6
    assert [request.headers["authorization"] for request in client.requests] == [f"Bearer {KEY}"] * 6


def test_faults_after_redirect_are_retried(script: Script) -> None:
    """The retries follow the redirect."""
    client = script(redirect("/v2"), RESET, text(503), OK, max_retries=2)
    client.list()
    assert [request.url.path for request in client.requests] == ["/v1/credits", "/v2", "/v2", "/v2"]


def test_backoff_has_a_limit_for_any_attempt() -> None:
    """`max_retries` has none."""
    assert timing.backoff(10_000) <= timing.MAX_DELAY
