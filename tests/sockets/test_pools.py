"""Connection pools survive: a server that hangs, calls that are cancelled and a client that is closed cost no slot."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpcore
import httpx
import pytest
from stablecog_client import APIConnectionError, APITimeoutError, Client, CreditsResponse
from stablecog_client._runtime import client_state

from tests.support import faults
from tests.support.drivers import HANG, Backend, Tasks, Threads, all_backends, async_backends
from tests.support.faults import KEY, FaultServer, ok

SLOTS = 5


class Stage:
    """A server that plays one fault for everybody, until the next scene."""

    def __init__(self) -> None:
        self.scene: faults.Fault = faults.say_nothing
        self.server = FaultServer(lambda connection: self.scene(connection))


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A hanging server, and clients with few connections."""
    monkeypatch.setattr(client_state, "MAX_CONNECTIONS", SLOTS)
    stage = Stage()
    with stage.server:
        yield stage


def states(http: Any) -> list[str]:
    """Return the states of the connections in a client's pool."""
    return [connection.info() for connection in getattr(http._transport._pool, "connections", ())]


def unlimited(caller: Any) -> Any:
    """Switch the rate limit off, and return the state of the client."""
    state = caller.client._states.get()
    state.rate_limit = None
    return state


@all_backends
def test_an_overload_costs_no_connection(backend: Backend, stage: Stage) -> None:
    """After many more calls than connections ran into a hanging server, all connections can be used again."""
    with backend(stage.server.url, timeout=0.3, deadline=0.5, max_retries=1) as caller:
        state = unlimited(caller)
        for _ in range(3):
            outcomes = caller.list_at_once(8 * SLOTS)
            assert {type(outcome) for outcome in outcomes} == {APITimeoutError}
        stage.scene = ok
        patient = caller.client.with_options(timeout=HANG, deadline=HANG)
        vars(caller.client)["_options"] = vars(patient)["_options"]
        assert all(isinstance(outcome, CreditsResponse) for outcome in caller.list_at_once(SLOTS))
        https = [state.http] if backend is Threads else [loop.http for loop in state.loops.values()]
        for http in https:
            assert not any("CONNECTING" in shown for shown in states(http))
            assert len(states(http)) <= SLOTS
        if backend is Threads:
            assert vars(state.connection_slots)["_value"] == SLOTS
        else:
            assert [loop.connection_slots.value for loop in state.loops.values()] == [SLOTS]


@async_backends
def test_cancelled_calls_cost_no_connection(backend: type[Tasks], stage: Stage) -> None:
    """Calls are cancelled at any moment, also before their connection is opened."""
    dice = random.Random(1)

    async def storm() -> None:
        for round_ in range(20):
            tasks = [asyncio.create_task(caller.client.credits.list()) for _ in range(4 * SLOTS)]
            for _ in range(dice.randrange(6)):
                await asyncio.sleep(0)
            if round_ % 3 == 0:
                await asyncio.sleep(0.02)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        stage.scene = ok
        await asyncio.gather(*(caller.client.credits.list() for _ in range(4 * SLOTS)))
        (loop,) = state.loops.values()
        assert loop.connection_slots.value == SLOTS
        assert not any("CONNECTING" in shown for shown in states(loop.http))
        assert len(states(loop.http)) <= SLOTS

    with backend(stage.server.url) as caller:
        state = unlimited(caller)
        caller.runner.run(storm())


def test_a_call_that_outlives_close_leaves_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is opened while the client is closed is closed, too."""
    opening, closed = threading.Event(), threading.Event()

    def slow(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        opening.set()
        closed.wait(HANG)
        return handle(self, request)

    handle = httpx.HTTPTransport.handle_request
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", slow)
    with FaultServer(ok) as server:
        client = Client(KEY, base_url=server.url)
        state = client._states.get()  # pyright: ignore[reportPrivateUsage]

        def close() -> None:
            opening.wait(HANG)
            client.close()
            closed.set()

        closer = threading.Thread(target=close)
        closer.start()
        with suppress(APIConnectionError):
            client.credits.list()
        closer.join()
        assert states(state.http) == []


@pytest.mark.parametrize(
    ("race", "moment"),
    [
        (TypeError("'>' not supported"), "start"),
        (OSError(9, "Bad file descriptor"), "end"),
        (ValueError(-1), "start"),
    ],
)
def test_a_race_in_the_pool_is_transient(race: Exception, moment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads without a GIL meet it: httpcore looks at connections that other threads use."""

    def once(self: httpcore.ConnectionPool) -> Any:
        calls.append(1)
        if len(calls) == (1 if moment == "start" else 2):
            raise race
        return assign(self)

    calls: list[int] = []
    assign: Any = vars(httpcore.ConnectionPool)["_assign_requests_to_connections"]
    with FaultServer(ok) as server, Client(KEY, base_url=server.url) as client:
        client.credits.list()
        monkeypatch.setattr(httpcore.ConnectionPool, "_assign_requests_to_connections", once)
        assert client.credits.list().total_remaining_credits == 1391
