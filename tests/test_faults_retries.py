"""Retries do no harm: they draw on one budget, and what may have been acted on is not sent twice."""

from __future__ import annotations

import time
from typing import Any

import pytest
from stablecog_client import APIConnectionError, APIError, APITimeoutError, CreditsResponse, RateLimitError
from stablecog_client.decoding import json_body
from stablecog_client.request import Request, Security

from tests import faults
from tests.drive import Way, every_way
from tests.faults import FaultServer, answer, free_port, ok, text


@every_way
@pytest.mark.parametrize("fault", [text(500), text(503), faults.reset_before_first_byte], ids=["500", "503", "reset"])
def test_a_server_that_is_down_sees_at_most_a_tenth_more_requests_than_calls(way: Way, fault: faults.Fault) -> None:
    with FaultServer(fault) as server, way(server.url) as caller:
        start = time.monotonic()
        outcomes = [outcome for _ in range(50) for outcome in caller.list_at_once(20)]
        assert time.monotonic() - start < 40  # the rate limit, which this server has no part in, would make it 50
        assert all(isinstance(outcome, APIError) for outcome in outcomes)
        assert not any(isinstance(outcome, APITimeoutError) for outcome in outcomes)
        assert 1000 <= len(server.requests) <= 1100


@every_way
def test_a_server_that_refuses_connections_is_asked_at_most_a_tenth_more_often_than_there_are_calls(way: Way) -> None:
    with way(f"http://127.0.0.1:{free_port()}") as caller:
        outcomes = [outcome for _ in range(50) for outcome in caller.list_at_once(20)]
    assert sum(outcome.attempts for outcome in outcomes if isinstance(outcome, APIConnectionError)) <= 1100
    assert {type(outcome) for outcome in outcomes} == {APIConnectionError}


@every_way
def test_calls_succeed_again_once_the_server_is_back(way: Way) -> None:
    with FaultServer(*[text(503)] * 200, ok) as server, way(server.url) as caller:
        while len(server.requests) < 200:
            caller.list_at_once(20)
        assert all(isinstance(outcome, CreditsResponse) for outcome in caller.list_at_once(50))


@every_way
def test_the_budget_is_earned_back_by_calls_that_succeed(way: Way) -> None:
    with FaultServer(*[text(503)] * 200, *[ok] * 100, text(503), ok) as server, way(server.url) as caller:
        while len(server.requests) < 200:
            caller.list_at_once(min(20, 200 - len(server.requests)))
        for _ in range(5):
            caller.list_at_once(20)
        assert caller.list().total_remaining_credits == 1391  # the 503 is tried again


@every_way
def test_max_retries_of_none_means_one_request(way: Way) -> None:
    with FaultServer(text(503)) as server, way(server.url, max_retries=0) as caller:
        with pytest.raises(APIError):
            caller.list()
        assert len(server.requests) == 1


def posting(method: str = "POST") -> Request[Any]:
    """A request that changes something, as another contract's operation makes it."""
    return Request(
        method,
        "/v1/credits",
        Security("header", "Authorization", "Bearer"),
        {"200": json_body(CreditsResponse.from_dict)},
        body={"amount": 5},
        content_type="application/json",
    )


MAY_HAVE_BEEN_ACTED_ON = [
    faults.close_before_first_byte,
    faults.reset_before_first_byte,
    faults.reset_in_mid_body,
    faults.body_shorter_than_its_length,
    faults.cut_chunked_body,
    faults.answer_after(1),
    text(408),
    text(500),
    answer(502, b"<h1>Bad Gateway</h1>", "text/html"),
    text(503, "Busy.", "Retry-After: 0"),
    text(504),
    faults.redirect("/v1/credits", 307),
]


@every_way
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("fault", MAY_HAVE_BEEN_ACTED_ON)
def test_an_unsafe_request_that_may_have_been_acted_on_is_not_sent_twice(
    way: Way, fault: faults.Fault, method: str
) -> None:
    with FaultServer(fault, ok) as server, way(server.url, timeout=0.2) as caller:
        with pytest.raises(APIError):
            caller.send(posting(method))
        assert len(server.requests) == 1


@every_way
def test_an_unsafe_request_on_a_connection_that_was_closed_while_idle_is_sent_once(way: Way) -> None:
    with FaultServer(faults.ok_then_close_while_idle, ok) as server, way(server.url) as caller:
        caller.list()
        time.sleep(0.05)
        assert caller.send(posting()).parsed.total_remaining_credits == 1391
        assert [request[:4] for request in server.requests] == [b"GET ", b"POST"]


@every_way
def test_an_unsafe_request_that_the_rate_limit_refused_is_sent_again(way: Way) -> None:
    with FaultServer(text(429, "Too Many Requests"), ok) as server, way(server.url) as caller:
        assert caller.send(posting()).status_code == 200
        assert len(server.requests) == 2


@every_way
def test_an_unsafe_request_that_could_not_be_sent_is_tried_again(way: Way) -> None:
    with way(f"http://127.0.0.1:{free_port()}") as caller, pytest.raises(APIConnectionError) as caught:
        caller.send(posting())
    assert caught.value.attempts == 6


@every_way
def test_a_limit_that_refuses_for_good_is_asked_no_more_often_than_a_server_that_is_down(way: Way) -> None:
    with FaultServer(text(429, "Too Many Requests", "Retry-After: 0")) as server, way(server.url, deadline=2) as caller:
        outcomes = caller.list_at_once(300)
        assert len(server.requests) <= 330
    assert any(isinstance(outcome, RateLimitError) for outcome in outcomes)
