"""One client serves many threads or tasks, survives what happens to them, and leaks nothing."""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import os
import signal
import socket
import sys
import threading
import tracemalloc
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count, cycle
from typing import Any
from unittest.mock import patch

import httpcore
import httpx
import pytest
import trio
from stablecog_client import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AsyncClient,
    AuthenticationError,
    Client,
    CreditsResponse,
    UsageError,
)
from stablecog_client._runtime import network, timing
from stablecog_client._runtime.api_request import APIRequest
from stablecog_client._runtime.bodies import json_body
from stablecog_client._runtime.call import Call
from stablecog_client._runtime.timing import RateLimit

from tests.support import faults
from tests.support.drivers import (
    HANG,
    Backend,
    Outcomes,
    Tasks,
    Threads,
    all_backends,
    assert_ends,
    async_backends,
    both_clients,
    wait_until,
)
from tests.support.faults import KEY, TWO_CREDITS, FaultServer, ok, respond, respond_after, say_nothing, text
from tests.support.processes import forked, needs_fork, output
from tests.support.rate_limited import LIMIT, RateLimitedServer
from tests.support.secrets import check_nothing_shows


def numbered() -> faults.Fault:
    """An answer of its own for each request: the request's number, as total and as path of an added field."""
    numbers = count()

    def fault(connection: faults.Connection) -> None:
        number = next(numbers)
        body = json.loads(TWO_CREDITS) | {"total_remaining_credits": number, "added": "x" * (number % 7000)}
        respond(200, json.dumps(body).encode())(connection)

    return fault


@all_backends
def test_calls_at_once_get_responses_of_their_own(backend: Backend) -> None:
    """None is mixed up."""
    calls = 64 if backend is Threads else 300 if backend is Tasks else 1000
    with FaultServer(numbered()) as server, backend(server.url, deadline=120) as driver:
        outcomes = driver.list_at_once(calls)
        totals = [outcome.total_remaining_credits for outcome in outcomes if isinstance(outcome, CreditsResponse)]
        assert sorted(totals) == list(range(calls))
        for outcome in outcomes:
            assert isinstance(outcome, CreditsResponse)
            assert len(outcome.additional_properties["added"]) == outcome.total_remaining_credits % 7000


def test_first_calls_at_once_open_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second one would never be closed."""
    made: list[httpx.Client] = []
    second = threading.Event()

    def new_client(**options: Any) -> Any:
        made.append(original(**options))
        if len(made) == 1:
            calls.append(pool.submit(driver.list))
            second.wait(0.2)  # in vain: the second call waits for the first client
        else:
            second.set()
        return made[-1]

    original = network.HTTPClient
    monkeypatch.setattr(network, "HTTPClient", new_client)
    calls: list[Future[CreditsResponse]] = []
    with FaultServer(ok) as server, ThreadPoolExecutor(1) as pool, Threads(server.url) as driver:
        assert driver.list() == calls[0].result()
    assert [client.is_closed for client in made] == [True]


@async_backends
def test_event_loops_get_responses_of_their_own(backend: type[Tasks]) -> None:
    """Loops one after the other, and two at once in two threads."""
    with FaultServer(numbered()) as server, backend(server.url) as driver:

        async def calls(number: int) -> list[int]:
            answers = await asyncio.gather(*(driver.client.credits.list() for _ in range(number)))
            return [credits.total_remaining_credits for credits in answers]

        def run(number: int) -> list[int]:
            return asyncio.run(calls(number))

        seen = run(20) + run(20)
        with ThreadPoolExecutor(2) as pool:
            for totals in pool.map(run, [50, 50]):
                seen += totals
        assert sorted(seen) == list(range(140))


@needs_fork
def test_processes_get_responses_of_their_own() -> None:
    """After a fork."""
    with FaultServer(numbered()) as server, Threads(server.url) as driver:

        def totals() -> list[int]:
            return [driver.list().total_remaining_credits for _ in range(20)]

        driver.list()
        with forked(totals) as outcome:
            assert sorted([0, *totals(), *outcome()]) == list(range(41))


@needs_fork
def test_fork_while_other_threads_call() -> None:
    """The child can call."""
    with RateLimitedServer(0.01) as server, Threads(server.url, deadline=120) as driver:
        with ThreadPoolExecutor(40) as pool:
            calls = [pool.submit(driver.list) for _ in range(40)]  # some of them wait for their turn
            wait_until(lambda: server.seen >= LIMIT)
            with forked(driver.list) as outcome:
                assert outcome().total_remaining_credits == 1391
            assert all(call.result() for call in calls)


@needs_fork
def test_fork_while_connections_are_opened() -> None:
    """The child can close the client."""
    opening, forked = threading.Event(), threading.Event()

    def open_slowly(**options: Any) -> Any:
        opening.set()
        forked.wait(60)
        return new_client(**options)

    new_client = network.HTTPClient
    with FaultServer(ok) as server, Threads(server.url) as driver, ThreadPoolExecutor(1) as pool:
        with patch.object(network, "HTTPClient", open_slowly):
            call = pool.submit(driver.list)
            opening.wait(60)
            child = multiprocessing.get_context("fork").Process(target=driver.client.close)
            child.start()
            child.join(60)
            child.kill()
            forked.set()
            assert call.result().total_remaining_credits == 1391
    assert child.exitcode == 0


@async_backends
@pytest.mark.parametrize("stuck", [faults.drip_body, respond_after(0.05)])
def test_cancelled_calls_leave_the_client_usable(backend: type[Tasks], stuck: faults.Fault) -> None:
    """Whatever the server was doing. Each is cancelled, unless its response was there before."""
    plays = [stuck]
    with FaultServer(lambda connection: plays[-1](connection)) as server, backend(server.url, deadline=120) as driver:
        client = driver.client
        impatient = client.with_options(deadline=5)

        async def main() -> None:
            outcomes: Outcomes = []
            for _ in range(10):
                calls = [asyncio.create_task(impatient.credits.list()) for _ in range(30)]
                await asyncio.sleep(0.05)
                for call in calls:
                    call.cancel()
                outcomes += await asyncio.gather(*calls, return_exceptions=True)
            kinds = {type(outcome) for outcome in outcomes}
            assert {asyncio.CancelledError} <= kinds <= {asyncio.CancelledError, CreditsResponse}
            plays.append(ok)
            credits = await asyncio.gather(*(client.credits.list() for _ in range(150)))
            assert {credit.total_remaining_credits for credit in credits} == {1391}

        driver.runner.run(main())


def test_closing_ends_the_calls_of_threads() -> None:
    """In an error that says so; nothing else would end them within the hour."""
    with FaultServer(faults.say_nothing) as server, Threads(server.url, timeout=3600, deadline=3600) as driver:

        def close() -> None:
            wait_until(lambda: len(server.requests) == 5)
            driver.close()

        with assert_ends(), ThreadPoolExecutor(1) as pool:
            closing = pool.submit(close)
            check_closed_during_the_call(driver.list_at_once(5))
            closing.result()


@async_backends
def test_closing_ends_the_calls_of_tasks(backend: type[Tasks]) -> None:
    """In an error that says so; nothing else would end them within the hour."""
    with FaultServer(faults.say_nothing) as server, backend(server.url, timeout=3600, deadline=3600) as driver:
        client = driver.client

        async def main() -> Outcomes:
            calls = [asyncio.create_task(client.credits.list()) for _ in range(5)]
            while len(server.requests) < 5:
                await asyncio.sleep(0.01)
            await client.close()
            return await asyncio.gather(*calls, return_exceptions=True)

        with assert_ends():
            check_closed_during_the_call(driver.runner.run(main()))


def check_closed_during_the_call(outcomes: Outcomes) -> None:
    assert {type(outcome) for outcome in outcomes} == {APIConnectionError}
    assert all("the client was closed during the call" in str(outcome) for outcome in outcomes)


IN_AN_HOUR = text(503, "Busy.", "Retry-After: 3600")


@pytest.mark.parametrize("custom", [False, True])
def test_closing_ends_the_wait_of_a_task(custom: bool) -> None:
    """A task that waits for its next attempt opens nothing any more."""
    http_client = httpx.AsyncClient() if custom else None
    with FaultServer(IN_AN_HOUR, ok) as server:
        with Tasks(server.url, http_client=http_client, deadline=7200) as driver:

            async def main() -> None:
                call = asyncio.create_task(driver.client.credits.list())
                while not server.requests:
                    await asyncio.sleep(0.01)
                await asyncio.sleep(0.1)
                await driver.client.close()
                with assert_ends(), pytest.raises(APIConnectionError, match="the client was closed during"):
                    await call
                if http_client is not None:
                    await http_client.aclose()

            driver.runner.run(main())
        assert len(server.requests) == server.connections == 1


def test_closing_ends_the_wait_of_a_thread() -> None:
    """A thread that waits for its next attempt opens nothing any more."""
    with FaultServer(IN_AN_HOUR, ok) as server, Threads(server.url, deadline=7200) as driver:

        def close() -> None:
            wait_until(lambda: bool(server.requests))
            driver.idle(0.1)
            driver.close()

        with assert_ends(), ThreadPoolExecutor(1) as pool:
            closing = pool.submit(close)
            with pytest.raises(APIConnectionError, match="the client was closed during the call"):
                driver.list()
            closing.result()
        assert len(server.requests) == server.connections == 1


CLOSED_BY_A_SIGNAL = """
import os, signal
from unittest.mock import patch
from stablecog_client import APIConnectionError, Client
from stablecog_client._runtime import environment

def interrupted(url):
    os.kill(os.getpid(), signal.SIGTERM)
    return tls_context_for(url)

tls_context_for = environment.tls_context_for
client = Client("sc-test", base_url="https://127.0.0.1:9", max_retries=0)
signal.signal(signal.SIGTERM, lambda *_: client.close())
with patch.object(environment, "tls_context_for", interrupted):
    try:
        client.credits.list()
    except APIConnectionError as error:
        print(error.message)
"""


def test_signal_handler_may_close_the_client() -> None:
    """Also while the first call sets up TLS, which takes longest."""
    assert output("-c", CLOSED_BY_A_SIGNAL) == "the client was closed during the call\n"


def interrupt_in(function: Callable[..., Any], error: type[BaseException] = KeyboardInterrupt) -> None:
    """Interrupt this thread when it next returns from a function, where CPython runs the handlers of signals."""

    def at_return(frame: object, event: str, argument: object) -> Any:
        if event == "return":
            sys.settrace(None)
            raise error
        return at_return

    sys.settrace(lambda frame, event, argument: at_return if frame.f_code is function.__code__ else None)


@pytest.mark.parametrize("lock", [threading.Condition, vars(httpcore)["_synchronization"].ThreadLock])
def test_interrupted_call_leaves_nothing_locked(lock: Any) -> None:
    """Whichever lock it held, if that is written in Python."""

    def call() -> int:
        for _ in range(2):  # the second of them waits between two attempts
            interrupt_in(lock.__enter__)
            with suppress(KeyboardInterrupt):
                client.credits.list()
            sys.settrace(None)
        return client.credits.list().total_remaining_credits

    with FaultServer(ok, ok, text(503), ok, text(503), ok) as server, Client(KEY, base_url=server.url) as client:
        client.credits.list()
        calling = Future[int]()
        threading.Thread(target=lambda: calling.set_result(call()), daemon=True).start()
        assert calling.result(HANG) == 1391


@both_clients
def test_closed_client_refuses_further_calls(backend: Backend) -> None:
    """It can be closed twice, and its error does not show the key."""
    with FaultServer(ok) as server, backend(server.url) as driver:
        driver.list()
        driver.close()
        driver.close()
        with pytest.raises(UsageError) as caught:
            driver.list()
    assert str(caught.value) == "the client is closed; make a new one"
    check_nothing_shows(caught.value)


def test_call_opens_nothing_after_a_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing would close what the call opens."""

    def close_first(self: Call[Any]) -> httpx.Request:
        driver.close()
        return next_request(self)

    next_request = Call[Any].next_request
    monkeypatch.setattr(Call, "next_request", close_first)
    with FaultServer(ok) as server, Threads(server.url) as driver:
        with pytest.raises(UsageError, match="the client is closed; make a new one"):
            driver.list()
        assert server.connections == 0


def test_async_with_closes_the_client() -> None:
    """As `close` does."""

    async def main() -> None:
        async with AsyncClient(KEY) as client:
            assert not client.is_closed
        assert client.is_closed

    asyncio.run(main())


def test_ended_event_loops_are_forgotten() -> None:
    """On asyncio, on trio, and without `shutdown_asyncgens`."""

    async def call() -> None:
        await client.credits.list()

    def run_badly() -> None:
        loop = asyncio.new_event_loop()
        loop.run_until_complete(call())
        loop.close()

    last = respond(200, TWO_CREDITS, "application/json", "Connection: close")  # no loop need close it
    with FaultServer(last) as server:
        client = AsyncClient(KEY, base_url=server.url)
        asyncio.run(call())
        trio.run(call)
        run_badly()
        asyncio.run(call())
        state: Any = client._state  # pyright: ignore[reportPrivateUsage]
        assert len(state.loops) == 1


def sockets() -> int:
    return sum(
        os.readlink(f"/proc/self/fd/{fd}").startswith("socket:")
        for fd in os.listdir("/proc/self/fd")
        if os.path.lexists(f"/proc/self/fd/{fd}")
    )


def grown_by(calls: Callable[[], None]) -> tuple[int, int, int]:
    """Bytes, sockets and threads that calls leave behind, after others that warm up."""

    def left() -> tuple[int, int, int]:
        calls()
        gc.collect()
        return tracemalloc.get_traced_memory()[0], sockets(), threading.active_count()

    tracemalloc.start()
    try:
        first, second, third = left(), left(), left()
    finally:
        tracemalloc.stop()
    # What leaks, leaks each time; something else in the process may have grown once.
    return min(second[0] - first[0], third[0] - second[0]), third[1] - first[1], third[2] - first[2]


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
@all_backends
def test_many_calls_leave_nothing_behind(backend: Backend) -> None:
    """Neither those that succeed, nor those whose connection is closed, nor those that fail."""
    kinds = cycle([ok, faults.ok_then_close_while_idle, faults.login_page, faults.text(404)])
    with FaultServer(lambda connection: next(kinds)(connection)) as server, backend(server.url) as driver:

        def calls() -> None:
            for _ in range(200):
                with suppress(APIError):
                    driver.list()
            driver.idle(0.05)
            server.requests.clear()

        memory, left_sockets, threads = grown_by(calls)
    assert memory < 25_000
    assert left_sockets <= 1
    assert threads <= 1


@all_backends
def test_cookies_of_a_server_are_not_kept(backend: Backend) -> None:
    """The API has none, and they could fill the memory."""
    cookie = respond(200, TWO_CREDITS, "application/json", "Set-Cookie: session=1; Path=/")
    with FaultServer(cookie) as server, backend(f"http://localhost:{server.port}") as driver:
        driver.list()
        driver.list()
        assert b"cookie" not in server.requests[1].lower()
        state: Any = driver.client._state  # pyright: ignore[reportPrivateUsage]
        https = [state.http] if backend is Threads else [loop.http for loop in state.loops.values()]
        assert [len(http.cookies) for http in https] == [0]


def test_requests_made_by_hand_are_not_kept() -> None:
    """A client prepares the requests of its operations once, and forgets those that are gone."""
    with RateLimitedServer(counts=False) as server, Threads(server.url) as driver:

        def calls() -> None:
            for _ in range(200):
                driver.send(APIRequest("GET", "/v1/credits", None, {"200": json_body(CreditsResponse.from_dict)}))

        assert grown_by(calls)[0] < 50_000


def test_close_ends_calls_that_began_before_an_interrupt() -> None:
    """An interrupt gives this thread new connections; calls of other threads go on over the previous ones."""
    with (
        FaultServer(ok, say_nothing, ok) as server,
        ThreadPoolExecutor() as threads,
        Client(KEY, base_url=server.url, timeout=2 * HANG, deadline=2 * HANG, max_retries=0) as client,
    ):
        client.credits.list()
        waiting = threads.submit(client.credits.list)
        wait_until(lambda: len(server.requests) == 2)
        interrupt_in(network.Transport.handle_request)
        with suppress(KeyboardInterrupt):
            client.credits.list()
        sys.settrace(None)
        client.close()
        with pytest.raises(APIConnectionError, match="the client was closed during the call"):
            waiting.result(HANG)  # not after the timeout


def test_interrupted_call_leaves_a_custom_client_unlocked() -> None:
    """Its pool gets a lock that an interrupt cannot leave locked."""
    lock = vars(httpcore)["_synchronization"].ThreadLock
    with FaultServer(ok) as server, httpx.Client() as http_client:
        client = Client(KEY, base_url=server.url, http_client=http_client)
        client.credits.list()
        interrupt_in(lock.__enter__)
        with suppress(KeyboardInterrupt):
            client.credits.list()
        sys.settrace(None)
        assert client.credits.list().total_remaining_credits == 1391


@both_clients
def test_call_that_ends_keeps_no_place_under_the_rate_limit(backend: Backend) -> None:
    """However it ends: a place that is lost slows down all further calls, one that is given back twice is too many."""
    with (
        FaultServer(faults.reset_before_first_byte, text(401), ok) as server,
        backend(server.url, max_retries=0) as driver,
    ):
        interrupt_in(signal.valid_signals, Raised)  # called when the request has failed
        with pytest.raises(Raised):
            driver.list()
        sys.settrace(None)
        with pytest.raises(AuthenticationError):
            driver.list()
        driver.list()
        with patch.object(RateLimit, "try_acquire", return_value=3600.0), pytest.raises(APITimeoutError):
            driver.list()
        state: Any = driver.client._state  # pyright: ignore[reportPrivateUsage]
        assert state.rate_limit._in_flight == 0


@contextmanager
def handler_that_raises(number: int, error: Exception, cause: Exception | None = None) -> Generator[None]:
    """Install a signal handler that raises an error."""

    def handle(*_: object) -> None:
        raise error from cause

    previous = signal.signal(number, handle)
    try:
        yield
    finally:
        signal.signal(number, previous)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs POSIX signals")
@pytest.mark.parametrize("error", [TimeoutError, ConnectionResetError, ValueError])
def test_error_of_a_signal_handler_comes_through(error: type[Exception]) -> None:
    """It may be one that network code raises, too, such as the TimeoutError of an alarm; then it is not retried."""
    with handler_that_raises(signal.SIGALRM, error("the alarm"), KeyError("cause")), FaultServer(say_nothing) as server:
        with Client(KEY, base_url=server.url, timeout=HANG, deadline=HANG) as client:
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with assert_ends(), pytest.raises(error, match="the alarm") as caught:
                client.credits.list()
        assert len(server.requests) == 1
    # httpcore drops the cause of what it does not map.
    assert (caught.value.__cause__ is None) == (error is ValueError)
    check_nothing_shows(caught.value)


def test_call_after_an_alarm_has_an_error_of_its_own() -> None:
    """What a signal handler raised before the call is not taken for the reason why the call fails."""
    with (
        handler_that_raises(signal.SIGINT, TimeoutError("the alarm")),
        FaultServer(faults.reset_before_first_byte) as server,
        Client(KEY, base_url=server.url, max_retries=0) as client,
    ):
        try:
            signal.raise_signal(signal.SIGINT)
        except TimeoutError:
            with pytest.raises(APIConnectionError):
                client.credits.list()


def test_signal_handler_may_make_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while its thread holds the lock of the rate limit."""

    def handled() -> float:
        monkeypatch.setattr(timing, "now", clock)
        limit.try_acquire()
        return clock()

    limit, clock = RateLimit(LIMIT, 1.0, ""), timing.now
    monkeypatch.setattr(timing, "now", handled)
    acquired = Future[float]()
    threading.Thread(target=lambda: acquired.set_result(limit.try_acquire()), daemon=True).start()
    assert acquired.result(HANG) == 0


def test_closing_ends_a_call_that_resolves_its_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """In an error, not in a cancellation, which a task group would take for one of its own."""
    looked_up = threading.Event()

    def look_up(*arguments: Any, **options: Any) -> Any:
        looking.set()
        looked_up.wait(HANG)
        return original(*arguments, **options)

    async def main() -> None:
        async with AsyncClient(KEY, base_url="http://api.localhost:9", transport="aiohttp", max_retries=0) as client:
            call = asyncio.create_task(client.credits.list())
            while not looking.is_set():
                await asyncio.sleep(0.01)
            await client.aclose()
            with pytest.raises(APIConnectionError, match="the client was closed during the call"):
                await call
        looked_up.set()

    looking, original = threading.Event(), socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    asyncio.run(main())


class Raised(Exception):
    """What a signal handler raises, such as Celery's SoftTimeLimitExceeded."""


def test_exception_of_a_signal_handler_leaves_no_connection_locked() -> None:
    """Whatever it is."""
    lock = vars(httpcore)["_synchronization"].Lock
    with FaultServer(ok) as server, Client(KEY, base_url=server.url) as client:
        client.credits.list()
        interrupt_in(lock.__enter__, Raised)
        with suppress(Raised):
            client.credits.list()
        sys.settrace(None)
        assert client.credits.list().total_remaining_credits == 1391
