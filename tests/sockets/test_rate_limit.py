"""The client keeps to the server's limit: nothing fails, little is refused, nobody waits without need."""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from stablecog_client import APITimeoutError, CreditsResponse, RateLimitError
from stablecog_client._runtime import rate_limit
from stablecog_client._runtime.rate_limit import RateLimit

from tests.support import faults
from tests.support.drivers import Backend, TasksOverAiohttp, all_backends, assert_duration
from tests.support.faults import FaultServer, ok, text
from tests.support.rate_limited import RateLimitedServer, SlidingSecond


def all_succeeded(outcomes: list[Any]) -> bool:
    return all(isinstance(outcome, CreditsResponse) for outcome in outcomes)


@all_backends
def test_200_calls_at_once_all_succeed_in_little_more_than_the_limit_leaves_them(backend: Backend) -> None:
    with RateLimitedServer(latency=0.02) as server, backend(server.url) as driver, assert_duration(at_most=12.5):
        assert all_succeeded(driver.list_at_once(200))
        assert server.seen <= 220


@all_backends
def test_another_client_at_the_same_limit_only_slows_it_down(backend: Backend) -> None:
    with RateLimitedServer(latency=0.01) as server, backend(server.url) as driver, backend(server.url) as other:
        with ThreadPoolExecutor() as pool, assert_duration(at_most=15):
            others = pool.submit(other.list_at_once, 60)
            assert all_succeeded(driver.list_at_once(60))
            assert all_succeeded(others.result())


@all_backends
def test_20_calls_at_once_do_not_wait(backend: Backend) -> None:
    with RateLimitedServer(latency=0.01) as server, backend(server.url) as driver, assert_duration(at_most=0.9):
        assert all_succeeded(driver.list_at_once(20))


@all_backends
@pytest.mark.parametrize("remaining", [None, 19])
def test_a_server_that_does_not_count_is_not_slowed_down(backend: Backend, remaining: int | None) -> None:
    with RateLimitedServer(0.2, counts=False, remaining=remaining) as server, backend(server.url) as driver:
        with assert_duration(at_most=8):  # at 20 a second it would be 50; what it takes is httpx's
            assert all_succeeded(driver.list_at_once(1000 if backend is TasksOverAiohttp else 200))
        assert server.most_at_once > 40


@all_backends
def test_a_refused_call_waits_and_goes_through(backend: Backend) -> None:
    refused = text(429, "Too Many Requests\n", "Retry-After: 1", "X-Ratelimit-Remaining: 0")
    with FaultServer(refused, ok) as server, backend(server.url) as driver:
        with assert_duration(at_least=1):
            assert driver.list().total_remaining_credits == 1391
        assert len(server.requests) == 2


@all_backends
@pytest.mark.parametrize("remaining", ["-5", "many", "9" * 5000, "\x80"])
def test_a_header_that_makes_no_sense_does_no_harm(backend: Backend, remaining: str) -> None:
    odd = faults.respond(200, faults.TWO_CREDITS, "application/json", f"X-Ratelimit-Remaining: {remaining}")
    with FaultServer(odd) as server, backend(server.url) as driver, assert_duration(at_most=4):
        assert all_succeeded(driver.list_at_once(30))


@all_backends
def test_a_call_whose_turn_cannot_come_before_its_deadline_says_so(backend: Backend) -> None:
    with backend("http://127.0.0.1:9") as driver, patch.object(RateLimit, "try_acquire", return_value=30.0):
        with assert_duration(at_most=1), pytest.raises(APITimeoutError) as caught:
            driver.list()
    said = "the rate limit allows no request within the deadline of 30 s; make fewer calls, or raise `deadline`"
    assert str(caught.value) == f"GET http://127.0.0.1:9/v1/credits: {said}"


@all_backends
def test_a_call_that_the_server_refused_and_whose_turn_comes_too_late_raises_the_refusal(backend: Backend) -> None:
    with FaultServer(text(429, "Slow down.")) as server, backend(server.url) as driver:
        with patch.object(RateLimit, "try_acquire", side_effect=[0.0, 30.0]), pytest.raises(RateLimitError) as caught:
            driver.list()
    assert caught.value.text == "Slow down."


# The same against a simulated server, whose seconds begin at any time and which is as far away as it may be.


class World:
    """Events in order of time, without waiting for any."""

    def __init__(self, seed: int) -> None:
        self.now = 0.0
        self.random = random.Random(seed)
        self._events: list[tuple[float, int, Callable[..., None], Any]] = []
        self._order = count()

    def after(self, seconds: float, event: Callable[..., None], *arguments: Any) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._order), event, arguments))

    def run(self) -> None:
        while self._events:
            self.now, _, event, arguments = heapq.heappop(self._events)
            event(*arguments)


class SimulatedClient:
    """What the clients do: wait at the turnstile, send, wait a second after a refusal."""

    def __init__(self, world: World, server: SlidingSecond, latency: float) -> None:
        self._world = world
        self._server = server
        self._latency = latency
        self._limit = RateLimit(20, 1, "x-ratelimit-remaining")
        self._waiting = deque[int]()
        self._somebody_looks = False
        self.sent = 0
        self.finished: list[float] = []

    def call(self) -> None:
        self._waiting.append(1)
        if not self._somebody_looks:
            self._look()

    def _look(self) -> None:
        self._somebody_looks = True
        while self._waiting:
            if delay := self._limit.try_acquire():
                self._world.after(delay, self._look)
                return
            self._waiting.popleft()
            self.sent += 1
            self._world.after(self._world.random.uniform(0, self._latency), self._arrive)
        self._somebody_looks = False

    def _arrive(self) -> None:
        accepted, remaining, _ = self._server.admit(self._world.now)
        self._world.after(self._world.random.uniform(0, self._latency), self._answered, accepted, remaining)

    def _answered(self, accepted: bool, remaining: int) -> None:
        self._limit.on_response(200 if accepted else 429, {"x-ratelimit-remaining": str(remaining)})
        if accepted:
            self.finished.append(self._world.now)
        else:
            self._world.after(1, self.call)


@pytest.fixture
def world() -> Iterator[World]:
    world = World(seed=1)
    with patch.object(rate_limit, "time", SimpleNamespace(monotonic=lambda: 1000 + world.now)):
        yield world


PHASES = [0.0, 0.02, 0.25, 0.5, 0.75, 0.98]
LATENCIES = [0.0005, 0.01, 0.05]


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("latency", LATENCIES)
def test_200_calls_need_few_more_requests_wherever_the_servers_seconds_begin(
    world: World, phase: float, latency: float
) -> None:
    client = SimulatedClient(world, SlidingSecond(phase), latency)
    for _ in range(200):
        client.call()
    world.run()
    assert len(client.finished) == 200
    assert client.sent <= 220
    assert client.finished[-1] < 11.6


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("latency", LATENCIES)
def test_bursts_after_a_quieter_time_need_few_more_requests(world: World, phase: float, latency: float) -> None:
    client = SimulatedClient(world, SlidingSecond(phase), latency)
    for n in range(30):
        world.after(n / 10, client.call)
    for start in (3, 4.1, 5.3, 7, 20, 21.2, 22.4, 24):
        for _ in range(18):
            world.after(start, client.call)
    world.run()
    assert len(client.finished) == 30 + 8 * 18
    assert client.sent <= 1.1 * len(client.finished)


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("latency", LATENCIES)
def test_two_clients_share_the_limit(world: World, phase: float, latency: float) -> None:
    server = SlidingSecond(phase)
    clients = [SimulatedClient(world, server, latency) for _ in range(2)]
    for client in clients:
        for _ in range(100):
            client.call()
    world.run()
    assert [len(client.finished) for client in clients] == [100, 100]
    assert max(client.finished[-1] for client in clients) < 20  # of a deadline of 30
    assert sum(client.sent for client in clients) <= 1.5 * 200


@pytest.mark.parametrize("pause", [0.06, 0.5, 3.0])
def test_calls_one_after_the_other_below_the_limit_never_wait(world: World, pause: float) -> None:
    client = SimulatedClient(world, SlidingSecond(), 0.01)
    for n in range(100):
        world.after(n * pause, client.call)
    world.run()
    waits = [finished - n * pause for n, finished in enumerate(client.finished)]
    assert max(waits) <= 0.02 + 1e-9


# One limit, step by step


def gone_at_once(limit: RateLimit) -> int:
    """How many requests may go now, up to 100."""
    return next((n for n in range(100) if limit.try_acquire() > 0), 100)


def test_as_many_may_go_at_once_as_the_contract_says(world: World) -> None:
    assert gone_at_once(RateLimit(20, 1, "x-ratelimit-remaining")) == 20


def test_as_many_more_may_go_as_an_answer_says_but_for_two_and_those_on_their_way(world: World) -> None:
    limit = RateLimit(20, 1, "x-ratelimit-remaining")
    for _ in range(3):
        limit.try_acquire()
    limit.on_response(200, {"x-ratelimit-remaining": "10"})
    assert gone_at_once(limit) == 10 - 2 - 2


def test_a_refused_request_is_no_longer_on_its_way(world: World) -> None:
    limit = RateLimit(20, 1, "x-ratelimit-remaining")
    for _ in range(4):
        limit.try_acquire()
    limit.on_response(429, {})
    limit.on_response(200, {"x-ratelimit-remaining": "10"})
    assert gone_at_once(limit) == 10 - 2 - 2


def test_a_request_without_an_answer_leaves_its_room_to_another(world: World) -> None:
    limit = RateLimit(20, 1, "x-ratelimit-remaining")
    gone_at_once(limit)
    limit.release()
    assert gone_at_once(limit) == 1


def test_after_a_refusal_the_next_request_waits(world: World) -> None:
    limit = RateLimit(20, 1, "x-ratelimit-remaining")
    limit.try_acquire()
    world.now = 0.5
    limit.on_response(429, {})
    assert limit.try_acquire() > 0


def test_a_limit_that_was_not_used_for_two_windows_is_as_new(world: World) -> None:
    limit = RateLimit(20, 1, "x-ratelimit-remaining")
    gone_at_once(limit)
    for _ in range(20):
        limit.on_response(429, {})
    world.now = 1.9
    assert limit.try_acquire() == 0  # one by one
    assert limit.try_acquire() > 0
    limit.on_response(429, {})
    world.now = 4
    assert gone_at_once(limit) == 20


def test_a_limit_recently_admitted_for_two_windows_after_it_did(world: World) -> None:
    limit = RateLimit(20, 1, "x-ratelimit-remaining")
    assert not limit.recently_admitted
    limit.try_acquire()
    limit.on_response(200, {"x-ratelimit-remaining": "10"})
    world.now = 1.9
    assert limit.recently_admitted
    world.now = 2.1
    assert not limit.recently_admitted
