"""Timeouts and deadlines, on a clock of the tests' own."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import httpcore
import httpx
import pytest
from stablecog_client import APIConnectionError, APIError, APITimeoutError, AuthenticationError, RateLimitError
from stablecog_client._runtime import network
from stablecog_client._runtime.call import Call
from stablecog_client._runtime.network import bounded
from stablecog_client._runtime.timing import RateLimit, current_exchange

from tests.support.faults import KEY
from tests.support.script import GET_CREDITS, LIST, OK, Clock, Reply, ScriptedClient, redirect, text

Script = Callable[..., ScriptedClient]

RAISE_DEADLINE = "check the network and the server, or raise `deadline` to wait longer"
RAISE_TIMEOUT = "check the network and the server, or raise `timeout` to wait longer"


def timeout_error(client: ScriptedClient) -> APITimeoutError:
    with pytest.raises(APITimeoutError) as caught:
        client.list()
    return caught.value


def test_request_has_what_remains_as_timeout(script: Script) -> None:
    """Each operation may take the timeout, and no longer than the deadline."""
    client = script(*[Reply(seconds=3.0, status=503)] * 2, OK, timeout=4, deadline=9)
    client.list()
    timeouts = [request.extensions["timeout"] for request in client.requests]
    assert timeouts[0] == dict.fromkeys(("connect", "read", "write", "pool"), 4.0)
    assert [timeout["read"] for timeout in timeouts] == [4.0, 4.0, pytest.approx(9 - 3.1 - 3.2)]


def test_response_just_too_late_is_asked_again(script: Script) -> None:
    """An attempt that times out is retried."""
    client = script(Reply(seconds=0.6), OK, timeout=0.2)
    assert client.list().total_remaining_credits == 1391
    assert len(client.requests) == 2


def test_timeout_of_each_attempt_says_so(script: Script) -> None:
    """The error names the option that ended the attempts."""
    error = timeout_error(script(Reply(seconds=0.6), timeout=0.1, deadline=9, max_retries=2))
    assert str(error) == f"{LIST}: no response within the timeout of 0.1 s; {RAISE_TIMEOUT} (tried 3 times)"


def test_double_that_times_out_without_timeout(clock: Clock) -> None:
    """A test double may raise it where the `http_client` has no timeout; no number is made up."""
    http_client = httpx.Client(timeout=None)  # noqa: S113
    error = timeout_error(ScriptedClient(clock, httpx.ReadTimeout(""), http_client=http_client, max_retries=0))
    assert error.message == f"no response in time; {RAISE_TIMEOUT}"


def test_no_connection_in_time_says_so(script: Script) -> None:
    """The error tells a connection from a response."""
    error = timeout_error(script(httpx.ConnectTimeout(""), timeout=2, max_retries=0))
    assert error.message == f"no connection within the timeout of 2 s; {RAISE_TIMEOUT}"


def test_deadline_ends_the_call(script: Script, clock: Clock) -> None:
    """No attempt goes beyond it, and the error names it."""
    client = script(Reply(seconds=3600.0), deadline=0.4, timeout=10)
    start = clock.now
    error = timeout_error(client)
    assert error.message == f"no response within the deadline of 0.4 s; {RAISE_DEADLINE}"
    assert clock.now - start == pytest.approx(0.4)
    assert isinstance(error.__cause__, httpx.ReadTimeout)


@pytest.mark.parametrize(
    ("error", "seconds", "message"),
    [
        (httpx.ReadError("gone"), 1.5, "no response: gone; check the network, the server and `base_url`"),
        (httpx.ReadError("gone"), 2, f"no response within the deadline of 2 s; {RAISE_DEADLINE}"),
        (httpx.ReadTimeout(""), 1.5, f"no response within the timeout of 1 s; {RAISE_TIMEOUT}"),
        (httpx.ConnectTimeout(""), 1.5, f"no connection within the timeout of 1 s; {RAISE_TIMEOUT}"),
        (httpx.ConnectTimeout(""), 2, f"no connection within the deadline of 2 s; {RAISE_DEADLINE}"),
        (TimeoutError(), 2.5, f"no response within the deadline of 2 s; {RAISE_DEADLINE}"),
    ],
)
def test_what_ended_the_call_is_named(
    script: Script, clock: Clock, error: Exception, seconds: float, message: str
) -> None:
    """The network, the timeout, or the deadline, whatever the exception was."""

    def fail(request: httpx.Request) -> Reply:
        clock.now += seconds
        raise error

    with pytest.raises(APIConnectionError) as caught:
        script(fail, timeout=1, deadline=2, max_retries=0).list()
    assert caught.value.message == message
    assert isinstance(caught.value, APITimeoutError) == ("within" in message)


def test_timeout_of_connection_may_be_another(script: Script) -> None:
    """An http_client of the caller's has one for each operation."""
    with httpx.Client(timeout=httpx.Timeout(9, connect=3, read=7)) as http_client:
        for error, said in (
            (httpx.ConnectTimeout(""), "connection within the timeout of 3 s"),
            (
                httpx.ReadTimeout(""),
                "response within the timeout of 7 s",
            ),
        ):
            client = script(error, http_client=http_client, max_retries=0)
            assert f": no {said}; " in str(timeout_error(client))
            assert client.requests[0].extensions["timeout"] == {"connect": 3, "read": 7, "write": 9, "pool": 9}


def test_no_server_holds_a_call_for_longer(script: Script, clock: Clock) -> None:
    """Whatever follows whatever."""
    waits = ("Retry-After", "0.3")
    for client in (
        script(Reply(seconds=0.3, status=503)),
        script(text(503, "Busy.", waits)),
        script(text(429, "Busy.", waits)),
        script(redirect("/v1/credits")._replace(seconds=0.3)),
        script(Reply(truncated_by=httpx.ReadTimeout(""), seconds=0.3)),
        script(httpx.ReadError("gone")),
        script(text(429)),
        script(Reply(seconds=0.3, status=408), max_retries=100),
    ):
        start = clock.now
        client.client = client.client.with_options(deadline=1)
        with pytest.raises(APIError):
            client.list()
        assert clock.now - start <= 1 + 1e-6


def test_operation_of_call_is_bounded_by_deadline(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network operation may take what remains, or its timeout."""
    monkeypatch.setattr(network, "now", clock.monotonic)
    monkeypatch.setattr(current_exchange, "ends_at", clock.now + 5)
    assert [bounded(timeout) for timeout in (None, 3, 7)] == [5, 3, 5]
    clock.now += 5
    for error in httpcore.ReadTimeout, httpcore.WriteTimeout, httpcore.ConnectTimeout:
        with pytest.raises(error, match="the deadline of the call has passed"):
            bounded(3, error)


def test_operation_outside_of_calls_is_unbounded() -> None:
    """A caller's own client is not bound by us."""
    assert (bounded(None), bounded(3)) == (None, 3)


def test_no_slot_before_the_deadline_says_so(script: Script, clock: Clock) -> None:
    """A call that cannot be sent in time is not held up until then."""
    start = clock.now
    with patch.object(RateLimit, "try_acquire", return_value=30.0):
        error = timeout_error(script(OK))
    said = "the rate limit allows no request within the deadline of 30 s; make fewer calls, or raise `deadline`"
    assert (str(error), error.attempts, clock.now) == (f"{LIST}: {said}", 0, start)


def test_refused_call_without_slot_raises_refusal(script: Script) -> None:
    """What the server said is told, if it refused the call before."""
    client = script(text(429, "Slow down."))
    with patch.object(RateLimit, "try_acquire", side_effect=[0.0, 30.0]), pytest.raises(RateLimitError) as caught:
        client.list()
    assert (caught.value.text, caught.value.attempts) == ("Slow down.", 1)


def test_slot_after_another_failure_is_a_timeout(script: Script) -> None:
    """A refusal is forgotten when the next attempt gets another response."""
    client = script(text(429), text(503))
    with patch.object(RateLimit, "try_acquire", side_effect=[0.0, 0.0, 30.0]):
        timeout_error(client)


def started(clock: Clock, status: int | None, received: bytes = b"", **options: Any) -> Call[Any]:
    """A call whose request was sent, and whose response has begun with this status and part of a body."""
    client: Any = ScriptedClient(clock, OK, **options).client
    call = Call[Any](client._state, client._options, GET_CREDITS, client._prepare(GET_CREDITS))
    call.try_acquire()
    request = call.next_request()
    if status is not None:
        body = call.on_head(Reply(status).of(request))
        assert body
        body.feed(received)
    return call


def test_error_at_the_deadline_keeps_its_status(clock: Clock) -> None:
    """An error whose body does not end in time is reported with what came; a success is none."""
    for received in b"Oops", b"":
        call = started(clock, 401, received)
        call.on_error(TimeoutError())
        with pytest.raises(AuthenticationError) as caught:
            call.result()
        assert caught.value.text == received.decode()
    for call in started(clock, 200, b"{", max_retries=0), started(clock, None, max_retries=0):
        with pytest.raises(APITimeoutError):
            call.on_error(TimeoutError())


def test_nothing_remains_after_the_deadline(clock: Clock) -> None:
    """It is never less than nothing."""
    call = started(clock, 200, deadline=2)
    for passed, remaining in (0, 2), (1.5, 0.5), (0.5, 0), (0.1, 0):
        clock.now += passed
        assert call.remaining == remaining


def test_closed_client_ends_its_calls(clock: Clock, script: Script) -> None:
    """A call that waits, or whose request failed, says that the client was closed."""

    def close(request: httpx.Request) -> Reply:
        client.client.close()
        raise httpx.ReadError("Bad file descriptor")

    client = script(close)
    with pytest.raises(APIConnectionError, match=r": the client was closed during the call$") as caught:
        client.list()
    assert isinstance(caught.value.__cause__, httpx.ReadError)
    call = started(clock, 503)
    call._state.closed = True  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(APIConnectionError, match=r": the client was closed during the call$"):
        call.try_acquire()


@pytest.mark.parametrize("kind", [ssl.SSLCertVerificationError, ConnectionRefusedError])
def test_exception_being_handled_is_not_the_cause(script: Script, kind: type[Exception]) -> None:
    """What the caller is handling when it calls changes neither the retries nor the words."""
    handled = kind("the disk is full", KEY)
    truncated = Reply(truncated_by=httpx.ReadError("gone"))
    for event in httpx.ReadError("gone"), httpx.ConnectError("down"), TimeoutError(), truncated:
        with pytest.raises(APIConnectionError) as alone:
            script(event, max_retries=1).list()
        try:
            raise handled
        except kind:
            with pytest.raises(APIConnectionError) as caught:
                script(event, max_retries=1).list()
        assert (caught.value.message, caught.value.attempts) == (alone.value.message, 2)
    assert handled.args == ("the disk is full", KEY)
    assert handled.__traceback__ is not None
