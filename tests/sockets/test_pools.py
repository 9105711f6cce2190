"""Connection pools survive: a server that hangs, calls that are cancelled and a client that is closed cost no slot."""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
import threading
import types
from collections.abc import Coroutine, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from itertools import count
from typing import Any

import httpcore
import httpx
import pytest
from stablecog_client import APIConnectionError, APITimeoutError, AsyncClient, Client, CreditsResponse
from stablecog_client._runtime import aiohttp_transport, client_base, network

from tests.support import faults
from tests.support.certificates import serving, trusted
from tests.support.drivers import (
    HANG,
    Backend,
    Tasks,
    Threads,
    all_backends,
    assert_nothing_left_open,
    async_backends,
    both_clients,
    post_request,
    wait_until,
)
from tests.support.faults import KEY, FaultServer, ok
from tests.support.proxies import ProxyServer

SLOTS = 5


class Stage:
    """A server that plays one fault for everybody, until the next scene."""

    def __init__(self) -> None:
        self.scene: faults.Fault = faults.say_nothing
        self.server = FaultServer(lambda connection: self.scene(connection))


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A hanging server, and clients with few connections."""
    monkeypatch.setattr(client_base, "MAX_CONNECTIONS", SLOTS)
    stage = Stage()
    with stage.server:
        yield stage


def states(http: Any) -> list[str]:
    """Return the states of the connections in a client's pool."""
    return [connection.info() for connection in getattr(http._transport._pool, "connections", ())]


def unlimited(caller: Any) -> Any:
    """Switch the rate limit off, and return the state of the client."""
    state = caller.client._state
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
            assert state.connection_slots.qsize() == SLOTS
        else:
            assert [loop.connection_slots.value for loop in state.loops.values()] == [SLOTS]


@all_backends
def test_second_burst_opens_no_connection(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """All connections of the first are kept."""
    monkeypatch.setattr(network, "KEEPALIVE_EXPIRY", HANG)
    monkeypatch.setattr(aiohttp_transport, "KEEPALIVE_EXPIRY", HANG)
    all_here = threading.Barrier(SLOTS)

    def together(connection: faults.Connection) -> None:
        all_here.wait(HANG)
        ok(connection)

    with FaultServer(together) as server, backend(server.url) as caller:
        for _ in range(2):
            assert all(isinstance(outcome, CreditsResponse) for outcome in caller.list_at_once(SLOTS))
        assert server.connections == SLOTS


@all_backends
def test_idle_connection_is_given_up(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the server closes it, which a request that is being sent would meet."""
    assert network.KEEPALIVE_EXPIRY <= 5  # seconds after which Node's servers close it
    monkeypatch.setattr(network, "KEEPALIVE_EXPIRY", 0.02)
    monkeypatch.setattr(aiohttp_transport, "KEEPALIVE_EXPIRY", 0.02)
    with FaultServer(ok) as server, backend(server.url) as caller:
        caller.list()
        caller.idle(0.1)
        caller.list()
        assert server.connections == 2


@all_backends
def test_call_that_gets_no_slot_says_so(backend: Backend, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was sent, however long the call ahead takes."""
    answered = threading.Event()
    monkeypatch.setattr(client_base, "MAX_CONNECTIONS", 1)
    stage.scene = faults.respond_when(answered)
    with backend(stage.server.url, timeout=HANG, deadline=HANG, max_retries=0) as caller:
        ahead = caller.start(caller.client)
        caller.idle_until(lambda: bool(stage.server.requests))
        hasty = caller.client.with_options(timeout=0.2)
        with pytest.raises(APITimeoutError, match=r"no connection within the timeout of 0\.2 s"):
            caller.run(hasty.credits.list())
        answered.set()
        assert ahead().total_remaining_credits == 1391


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


@types.coroutine
def cancelled_at(step: int, call: Coroutine[Any, Any, object]) -> Generator[Any, Any, None]:
    """Make a call, and cancel the task that makes it when it waits for the time with this number."""
    with suppress(StopIteration):
        waits_for = call.send(None)
        for number in count():
            if number == step and (task := asyncio.current_task()):
                task.cancel()
            try:
                yield waits_for
            except BaseException as error:
                waits_for = call.throw(error)
            else:
                waits_for = call.send(None)


async def cancel_at(step: int, call: Coroutine[Any, Any, object]) -> None:
    await cancelled_at(step, call)


@pytest.mark.parametrize("custom", [False, True])
def test_cancelled_step_costs_no_connection(custom: bool, stage: Stage) -> None:
    """Whatever a call does when it is cancelled, also over an `http_client` of few connections."""

    async def cancel_each_step(client: AsyncClient, pool: Any) -> None:
        for step in range(40):
            for _ in range(2):  # the second on a connection that is open
                await asyncio.wait([asyncio.create_task(cancel_at(step, client.credits.list()))])
            for connection in pool.connections:
                await connection.aclose()
        await asyncio.gather(*(client.credits.list() for _ in range(4 * SLOTS)))
        assert all(connection.is_idle() for connection in pool.connections)
        assert vars(pool)["_requests"] == []

    async def main() -> None:
        async with httpx.AsyncClient(limits=httpx.Limits(max_connections=SLOTS)) as http_client:
            options: dict[str, Any] = {"http_client": http_client} if custom else {}
            async with AsyncClient(KEY, base_url=stage.server.url, timeout=1, **options) as client:
                await client.credits.list()
                state: Any = client._state  # pyright: ignore[reportPrivateUsage]
                state.rate_limit = None
                (loop,) = state.loops.values()
                await cancel_each_step(client, loop.http._transport._pool)

    stage.scene = ok
    asyncio.run(main())


def test_calls_by_others_cost_no_connection(stage: Stage) -> None:
    """Clients that share an `http_client` wait in its own queue, and can call when the server is back."""
    limits = httpx.Limits(max_connections=SLOTS)
    with httpx.Client(limits=limits) as http_client, ExitStack() as stack:
        options: dict[str, Any] = {"http_client": http_client, "timeout": 0.2, "max_retries": 0}
        callers = [stack.enter_context(Threads(stage.server.url, **options)) for _ in range(8)]
        for caller in callers:
            unlimited(caller)
        with ThreadPoolExecutor(8) as pool:
            for _ in range(3):
                wait([pool.submit(caller.list_at_once, 4 * SLOTS) for caller in callers])
        stage.scene = ok
        assert all(isinstance(outcome, CreditsResponse) for outcome in callers[0].list_at_once(SLOTS))
        assert not any("CONNECTING" in shown for shown in states(http_client))


class SlowHandshakes:
    """Stands for the TLS context of a server: handshakes wait until they may go on."""

    def __init__(self) -> None:
        self.begun, self.may_go_on = threading.Event(), threading.Event()
        self._context = serving()

    def wrap_socket(self, connected: socket.socket, **options: Any) -> ssl.SSLSocket:
        self.begun.set()
        self.may_go_on.wait(HANG)
        return self._context.wrap_socket(connected, **options)


def test_lost_connection_of_a_task_is_closed() -> None:
    """The pool of a custom client keeps one whose handshake behind a proxy was cancelled."""
    handshakes: Any = SlowHandshakes()

    async def main() -> None:
        options: dict[str, Any] = {"proxy": proxy.url("http"), "limits": httpx.Limits(max_connections=1)}
        async with httpx.AsyncClient(**options) as http_client:
            client = AsyncClient(KEY, base_url=server.url, http_client=http_client, max_retries=0)
            with pytest.raises(APITimeoutError):
                await client.with_options(deadline=0.3).credits.list()
            handshakes.may_go_on.set()
            assert (await client.credits.list()).total_remaining_credits == 1391
            await asyncio.to_thread(wait_until, lambda: server.closed == 1)

    with trusted(), FaultServer(ok, tls=handshakes) as server, ProxyServer() as proxy, assert_nothing_left_open():
        asyncio.run(main())


@both_clients
def test_failed_handshake_behind_a_proxy_leaves_nothing(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """httpcore's pool would keep each connection whose server is not trusted."""
    with FaultServer(ok, tls=serving()) as server, ProxyServer() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url("http"))
        with backend(server.url, max_retries=0) as caller:
            with pytest.raises(APIConnectionError, match="certificate verify failed"):
                caller.list()
            state: Any = caller.client._state  # pyright: ignore[reportPrivateUsage]
            http = state.http if backend is Threads else next(iter(state.loops.values())).http
            assert states(http) == []


@all_backends
def test_close_during_a_handshake_leaves_no_socket(backend: Backend) -> None:
    """A connection that is opened while the client is closed is closed, too."""
    handshakes: Any = SlowHandshakes()

    def close() -> None:
        handshakes.begun.wait(HANG)
        closing: Any = caller.client.close()
        if closing is not None:
            asyncio.run(closing)
        handshakes.may_go_on.set()

    with trusted(), FaultServer(ok, tls=handshakes) as server, backend(server.url) as caller:
        with ThreadPoolExecutor(1) as pool, suppress(APIConnectionError):
            pool.submit(close)
            caller.list()
        caller.idle(0.1)
        wait_until(lambda: server.closed == server.connections == 1)


def test_a_call_that_outlives_close_leaves_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is opened after the client was closed is closed, too."""
    opening, closed = threading.Event(), threading.Event()

    def slow(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        opening.set()
        closed.wait(HANG)
        return handle(self, request)

    handle = httpx.HTTPTransport.handle_request
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", slow)
    with FaultServer(ok) as server:
        client = Client(KEY, base_url=server.url)

        def close() -> None:
            opening.wait(HANG)
            client.close()
            closed.set()

        closer = threading.Thread(target=close)
        closer.start()
        with suppress(APIConnectionError):
            client.credits.list()
        closer.join()
        wait_until(lambda: server.closed == server.connections)


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


def test_race_of_an_unsafe_request_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows whether it was sent: it is not sent again."""

    def race(self: httpcore.ConnectionPool) -> None:
        raise ValueError(-1)

    with FaultServer(ok) as server, Threads(server.url) as caller:
        monkeypatch.setattr(httpcore.ConnectionPool, "_assign_requests_to_connections", race)
        with pytest.raises(APIConnectionError, match="the server may have acted on it: check before") as caught:
            caller.send(post_request())
    assert caught.value.attempts == 1
