"""The rate limit against a simulated server, whose seconds begin at any time and which is as far away as it may be."""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Protocol
from unittest.mock import patch

import pytest
from stablecog_client._runtime import timing
from stablecog_client._runtime.timing import RateLimit

from tests.support.api_description import API_DESCRIPTION
from tests.support.rate_limited import SlidingSecond
from tests.support.script import Reply, ScriptedClient


class SimulatedServer(Protocol):
    def admit(self, now: float) -> tuple[bool, int | None, int]:
        """Whether a request at this time is accepted, what it says that remains, and when the second ends."""
        ...


class NoLimit:
    """A server that counts nothing, whatever it says."""

    def __init__(self, remaining: int | None) -> None:
        self._remaining = remaining

    def admit(self, now: float) -> tuple[bool, int | None, int]:
        return True, self._remaining, 0


class World:
    """Events in order of time, without waiting for any."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Begin, or begin again."""
        self.now = 0.0
        self.random = random.Random(1)
        self._events: list[tuple[float, int, Callable[..., None], Any]] = []
        self._order = count()

    def after(self, seconds: float, event: Callable[..., None], *arguments: Any) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._order), event, arguments))

    def run(self) -> None:
        while self._events:
            self.now, _, event, arguments = heapq.heappop(self._events)
            event(*arguments)


class SimulatedClient:
    """What the clients do: wait for a slot, send, wait a second after a refusal."""

    def __init__(self, world: World, server: SimulatedServer, latency: float) -> None:
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
        self._world.after(self._world.random.uniform(0, self._latency), self._on_response, accepted, remaining)

    def _on_response(self, accepted: bool, remaining: int | None) -> None:
        headers = {} if remaining is None else {"x-ratelimit-remaining": str(remaining)}
        self._limit.on_response(200 if accepted else 429, headers)
        if accepted:
            self.finished.append(self._world.now)
        else:
            self._world.after(1, self.call)


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    with patch.object(timing, "now", lambda: 1000 + world.now):
        yield world


def servers(world: World) -> Iterator[tuple[SlidingSecond, float]]:
    """A server for each phase, and how far away it is, each in a world of its own."""
    for latency in 0.0005, 0.01, 0.05:
        for phase in 0.0, 0.02, 0.25, 0.5, 0.75, 0.98:
            world.start()
            yield SlidingSecond(phase), latency


def test_200_calls_need_few_more_requests(world: World) -> None:
    """All succeed, hardly later than the limit allows, wherever the server's seconds begin."""
    for server, latency in servers(world):
        client = SimulatedClient(world, server, latency)
        for _ in range(200):
            client.call()
        world.run()
        assert len(client.finished) == 200
        assert client.sent <= 220, latency
        assert client.finished[-1] < 11.6, latency


def test_bursts_need_few_more_requests(world: World) -> None:
    """Also after a quieter time."""
    for server, latency in servers(world):
        client = SimulatedClient(world, server, latency)
        for n in range(30):
            world.after(n / 10, client.call)
        for start in (3, 4.1, 5.3, 7, 20, 21.2, 22.4, 24):
            for _ in range(18):
                world.after(start, client.call)
        world.run()
        assert len(client.finished) == 30 + 8 * 18
        assert client.sent <= 1.1 * len(client.finished), latency


def test_two_clients_share_the_limit(world: World) -> None:
    """Another client at the same limit only slows it down."""
    for server, latency in servers(world):
        clients = [SimulatedClient(world, server, latency) for _ in range(2)]
        for client in clients:
            for _ in range(100):
                client.call()
        world.run()
        assert [len(client.finished) for client in clients] == [100, 100]
        assert max(client.finished[-1] for client in clients) < 20, latency  # of a deadline of 30
        assert sum(client.sent for client in clients) <= 1.5 * 200, latency


def test_20_calls_at_once_do_not_wait(world: World) -> None:
    """As many as the limit allows are sent at once."""
    for server, latency in servers(world):
        client = SimulatedClient(world, server, latency)
        for _ in range(20):
            client.call()
        assert client.sent == 20
        world.run()
        assert (client.sent, world.now <= 2 * latency) == (20, True)


@pytest.mark.parametrize("remaining", [None, 19, 1000])
def test_server_without_limit_is_not_slowed_down(world: World, remaining: int | None) -> None:
    """A server that does not count is asked as fast as it responds; at 20 a second it would be 50 s."""
    for latency in 0.0005, 0.05:
        world.start()
        client = SimulatedClient(world, NoLimit(remaining), latency)
        for _ in range(1000):
            client.call()
        world.run()
        assert client.sent == len(client.finished) == 1000
        assert world.now < 2, latency


def test_calls_below_the_limit_never_wait(world: World) -> None:
    """One after the other."""
    for pause in 0.06, 0.5, 3.0:
        world.start()
        client = SimulatedClient(world, SlidingSecond(), 0.01)
        for n in range(100):
            world.after(n * pause, client.call)
        world.run()
        waits = [finished - n * pause for n, finished in enumerate(client.finished)]
        assert max(waits) <= 0.02 + 1e-9, pause


# One limit, step by step


def sent_at_once(limit: RateLimit) -> int:
    """How many requests may go now, up to 100."""
    return next((n for n in range(100) if limit.try_acquire() > 0), 100)


def test_burst_is_what_the_description_says(world: World) -> None:
    """The API description says how many may be sent at once."""
    assert sent_at_once(RateLimit(20, 1, "x-ratelimit-remaining")) == 20


def test_client_reads_the_documented_header(script: Callable[..., ScriptedClient]) -> None:
    """The one that the API description names. Once it says that no request is left, calls wait."""
    client = script(Reply(headers=((API_DESCRIPTION["x-rate-limit"]["remaining"], "0"),)))
    client.list()
    start = client.clock.now
    client.list()
    assert client.clock.now > start


def test_response_says_how_many_are_left(world: World) -> None:
    """As many may follow, but for two and for those in flight."""
    limit = RateLimit(20, 1, "x-ratelimit-remaining")
    for _ in range(3):
        limit.try_acquire()
    limit.on_response(200, {"x-ratelimit-remaining": "10"})
    assert sent_at_once(limit) == 10 - 2 - 2


def test_earlier_response_may_come_later(world: World) -> None:
    """What it says was left has been used since. Half a window later, half of the limit is free again."""
    for window in 1, 2:
        world.start()
        limit = RateLimit(20, window, "x-ratelimit-remaining")
        assert sent_at_once(limit) == 20
        for remaining in *(["0"] * 18), "10":
            limit.on_response(200, {"x-ratelimit-remaining": remaining})
        assert limit.try_acquire() > 0
        world.now = window / 2
        limit.on_response(200, {"x-ratelimit-remaining": "19"})
        assert sent_at_once(limit) == 10 - 2


def test_refused_request_is_not_in_flight(world: World) -> None:
    """A refusal is a response."""
    limit = RateLimit(20, 1, "x-ratelimit-remaining")
    for _ in range(4):
        limit.try_acquire()
    limit.on_response(429, {})
    limit.on_response(200, {"x-ratelimit-remaining": "10"})
    assert sent_at_once(limit) == 10 - 2 - 2


def test_request_without_response_is_released(world: World) -> None:
    """Another may be sent in its place."""
    limit = RateLimit(20, 1, "x-ratelimit-remaining")
    sent_at_once(limit)
    limit.release()
    assert sent_at_once(limit) == 1


def test_request_after_refusal_waits(world: World) -> None:
    """The server has no room."""
    limit = RateLimit(20, 1, "x-ratelimit-remaining")
    limit.try_acquire()
    world.now = 0.5
    limit.on_response(429, {})
    assert limit.try_acquire() > 0


def test_limit_unused_for_two_windows_is_new(world: World) -> None:
    """The server has forgotten the requests."""
    for window in 1, 2:
        world.start()
        limit = RateLimit(20, window, "x-ratelimit-remaining")
        sent_at_once(limit)
        for _ in range(20):
            limit.on_response(429, {})
        world.now = 1.9 * window
        assert limit.try_acquire() == 0  # one by one
        assert limit.try_acquire() > 0
        limit.on_response(429, {})
        world.now = 4 * window
        assert sent_at_once(limit) == 20


def test_admission_is_recent_for_two_windows(world: World) -> None:
    """Then the limit knows no more."""
    limit = RateLimit(20, 1, "x-ratelimit-remaining")
    assert not limit.recently_admitted
    limit.try_acquire()
    limit.on_response(200, {"x-ratelimit-remaining": "10"})
    world.now = 1.9
    assert limit.recently_admitted
    world.now = 2.1
    assert not limit.recently_admitted


def test_header_without_sense_does_no_harm(world: World) -> None:
    """It is taken for a server that does not count, or for one that has nothing left; nothing is raised."""
    for remaining in "-5", "many", "9" * 5000, "":
        world.start()
        limit = RateLimit(20, 1, "x-ratelimit-remaining")
        for _ in range(100):
            while delay := limit.try_acquire():
                world.now += delay
            limit.on_response(200, {"x-ratelimit-remaining": remaining})
        assert world.now <= 100 * 0.06, remaining
        assert vars(limit)["_in_flight"] == 0, remaining


@pytest.mark.parametrize("wrong", ["-1000000000", "-" + "9" * 400])
def test_wrong_header_does_no_lasting_harm(world: World, wrong: str) -> None:
    """The next right one counts."""
    limit = RateLimit(20, 1, "x-ratelimit-remaining")
    for remaining in wrong, "19":
        assert limit.try_acquire() == 0
        limit.on_response(200, {"x-ratelimit-remaining": remaining})
        world.now += 1
    assert vars(limit)["_available"] == 17


def test_error_without_header_keeps_the_limit(world: World) -> None:
    """It may come from something in between, and does not say whether the server counts."""
    limit = RateLimit(20, 1, "x-ratelimit-remaining")
    assert sent_at_once(limit) == 20
    for status in 300, 404, 500:
        limit.on_response(status, {})
        assert sent_at_once(limit) == 1
    limit.on_response(200, {})
    assert sent_at_once(limit) == 100


def test_refusal_shows_that_the_server_counts(world: World) -> None:
    """Also where a response without the header has shown that it does not."""
    limit = RateLimit(20, 1, "x-ratelimit-remaining")
    limit.try_acquire()
    limit.on_response(200, {})
    assert sent_at_once(limit) == 100
    limit.on_response(429, {})
    assert limit.try_acquire() > 0


def test_more_than_twice_the_limit_shows_no_limit(world: World) -> None:
    """A server that admits so many within a window does not count, though it says that it does."""
    limit = RateLimit(20, 1, "x-ratelimit-remaining")
    limit.on_response(200, {"x-ratelimit-remaining": "0"})
    world.now = 1.0
    for _ in range(40):
        limit.on_response(200, {"x-ratelimit-remaining": "0"})
    assert sent_at_once(limit) < 100
    limit.on_response(200, {"x-ratelimit-remaining": "0"})
    assert sent_at_once(limit) == 100


def wait_for_slot(limit: RateLimit, world: World) -> float:
    """Return when the next request may be sent."""
    while delay := limit.try_acquire():
        world.now += delay
    return world.now


def test_exhausted_limit_paces_requests(world: World) -> None:
    """One window after the first of those that it allows, as if there were one fewer in a window."""
    limit = RateLimit(20, 1, "x-ratelimit-remaining")
    for now in 0.0, *[0.9] * 19:
        world.now = now
        assert limit.try_acquire() == 0
    interval = 1 / 19
    assert wait_for_slot(limit, world) == pytest.approx(1 + interval)
    assert wait_for_slot(limit, world) == pytest.approx(0.9 + 1 + interval)
    world.start()
    limit = RateLimit(2, 1, "x-ratelimit-remaining")
    assert [wait_for_slot(limit, world) for _ in range(3)] == pytest.approx([0, 0, 2])


def test_unused_limit_counts_requests_in_flight(world: World) -> None:
    """The server may still count them."""
    limit = RateLimit(20, 4, "x-ratelimit-remaining")
    for _ in range(5):
        limit.try_acquire()
    world.now = 7.5
    assert sent_at_once(limit) == 15
    world.now = 15.5
    assert sent_at_once(limit) == 1  # when all are in flight, one by one


def test_limit_without_a_header_is_kept(world: World) -> None:
    """The requests that were sent are counted, where no response says how many are left."""
    limit = RateLimit(20, 1, "")
    assert sent_at_once(limit) == 20
    for _ in range(20):
        limit.on_response(200, {})
    assert limit.try_acquire() > 0
    assert limit.recently_admitted
    assert vars(limit)["_in_flight"] == 0
    limit.on_response(429, {})
    for status in 300, 301, 500:
        limit.on_response(status, {})
        assert sent_at_once(limit) == 1
