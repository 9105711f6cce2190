"""A test that freezes time does not make a call hang: waits and deadlines go by a clock that it does not stop."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest
from freezegun import freeze_time
from stablecog_client import APITimeoutError, Client, TCredit

from tests.support.api_description import DOCUMENTED
from tests.support.drivers import Backend, Tasks, TasksOverAiohttp, Threads, assert_duration, assert_ends
from tests.support.faults import KEY, FaultServer, drip_headers, ok, say_nothing, text


@contextmanager
def stopped() -> Generator[None]:
    with patch("time.monotonic", lambda: 1000.0), patch("time.time", lambda: 1000.0):
        yield


def frozen() -> AbstractContextManager[Any]:
    return freeze_time("2026-11-26")


@pytest.mark.parametrize(("backend", "freeze"), [(Threads, frozen), (Tasks, stopped), (TasksOverAiohttp, frozen)])
def test_retries_end_on_a_frozen_clock(backend: Backend, freeze: Any) -> None:
    """The wait before a retry ends."""
    with FaultServer(text(503), text(503), ok) as server, backend(server.url) as caller:
        with assert_ends(), freeze():
            assert caller.list().total_remaining_credits == 1391
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("backend", "freeze", "fault"),
    [  # a read of a thread has a timeout, and many reads a deadline; a task has one deadline for all
        (Threads, frozen, say_nothing),
        (Threads, stopped, drip_headers),
        (Tasks, frozen, drip_headers),
        (TasksOverAiohttp, stopped, say_nothing),
    ],
)
def test_the_deadline_passes_on_a_frozen_clock(backend: Backend, freeze: Any, fault: Any) -> None:
    """A call ends at its deadline, not before."""
    with FaultServer(fault) as server, backend(server.url, deadline=0.5) as caller:
        with assert_duration(0.4), assert_ends(), freeze():
            with pytest.raises(APITimeoutError, match=r"within the deadline of 0\.5 s"):
                caller.list()


@pytest.mark.parametrize(("backend", "freeze"), [(Threads, stopped), (Tasks, frozen), (TasksOverAiohttp, stopped)])
def test_the_rate_limit_ends_on_a_frozen_clock(backend: Backend, freeze: Any) -> None:
    """Calls that wait for a slot get one."""
    limited = text(200, '{"total_remaining_credits": 1, "credits": []}', "X-Ratelimit-Remaining: 0")
    with FaultServer(limited) as server, backend(server.url) as caller:
        with assert_ends(), freeze():
            assert not [outcome for outcome in caller.list_at_once(25) if isinstance(outcome, BaseException)]
    assert len(server.requests) == 25


def test_a_client_outlives_the_frozen_clock() -> None:
    """A client that was made and used on a frozen clock works when the clock goes on."""
    with FaultServer(ok) as server:
        with frozen():
            client = Client(KEY, base_url=server.url)
            client.credits.list()
        with client:
            assert client.credits.list().total_remaining_credits == 1391


def test_models_do_not_depend_on_the_frozen_clock() -> None:
    """A frozen `datetime` class does not change what is decoded."""
    body = DOCUMENTED["credits"][0]
    with frozen():
        credit = TCredit.from_dict(body)
        assert credit.to_dict() == body
    assert credit.expires_at == datetime(2100, 1, 1, 5, tzinfo=UTC)
    assert credit.to_dict() == body
