"""One way to make calls from the tests, whichever client makes them: over threads, httpx's tasks or aiohttp's."""

from __future__ import annotations

import asyncio
import gc
import time
import warnings
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, Self
from unittest.mock import patch

import pytest
from stablecog_client import AsyncClient, Client, CreditsResponse, Response, UsageError
from stablecog_client._runtime import timing
from stablecog_client._runtime.api_request import APIRequest, Security
from stablecog_client._runtime.bodies import json_body

from tests.support.faults import KEY

Outcome = CreditsResponse | BaseException
Outcomes = list[Outcome]


class Driver:
    """A client and what runs it. Between attempts it waits a twentieth of the usual time."""

    @property
    def client(self) -> Client | AsyncClient:
        raise NotImplementedError

    def __init__(self, url: str, *, api_key: str | None = KEY, **options: Any) -> None:
        self._arguments: dict[str, Any] = {"api_key": api_key, "base_url": url, **options}
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        self._cleanup.enter_context(patch.object(timing, "INITIAL_DELAY", 0.005))
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self._cleanup.close()

    def open(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def list(self) -> CreditsResponse:
        """`client.credits.list()`."""
        raise NotImplementedError

    def list_at_once(self, number: int) -> Outcomes:
        """So many calls at the same time; what each returned or raised."""
        raise NotImplementedError

    def start(self, client: Any) -> Callable[[], CreditsResponse]:
        """Begin `client.credits.list()`, of any client; what gives its result."""
        raise NotImplementedError

    def run(self, called: Any) -> Any:
        """Return what a method of any client returned, after it was awaited if it must be."""
        return called

    def send(self, request: Any) -> Response[Any]:
        """Send a request as a generated operation does."""
        raise NotImplementedError

    def idle_until(self, condition: Callable[[], bool]) -> None:
        """Wait for the server, and then for the connections to notice what it did."""
        wait_until(condition, self.idle)
        self.idle(0.05)

    def idle(self, seconds: float) -> None:
        """Let time pass, with an event loop running if there is one."""
        time.sleep(seconds)


class Threads(Driver):
    def open(self) -> None:
        self._started = self._cleanup.enter_context(ThreadPoolExecutor())
        self._client = Client(**self._arguments)

    @property
    def client(self) -> Client:
        return self._client

    def close(self) -> None:
        self.client.close()

    def list(self) -> CreditsResponse:
        return self.client.credits.list()

    def list_at_once(self, number: int) -> Outcomes:
        with ThreadPoolExecutor(number) as pool:
            return [*pool.map(_outcome, [self.list] * number)]

    def start(self, client: Any) -> Callable[[], CreditsResponse]:
        return self._started.submit(client.credits.list).result

    def send(self, request: Any) -> Response[Any]:
        return self.client._send(request)  # pyright: ignore[reportPrivateUsage]


class Tasks(Driver):
    """Over httpx's own transport."""

    @property
    def client(self) -> AsyncClient:
        return self._client

    def open(self) -> None:
        self.runner = self._cleanup.enter_context(asyncio.Runner())
        self._client = AsyncClient(**self._arguments)

    def close(self) -> None:
        self.runner.run(self.client.close())

    def list(self) -> CreditsResponse:
        return self.runner.run(self.client.credits.list())

    def list_at_once(self, number: int) -> Outcomes:
        async def gather() -> Outcomes:
            calls = [self.client.credits.list() for _ in range(number)]
            return await asyncio.gather(*calls, return_exceptions=True)

        return self.runner.run(gather())

    def start(self, client: Any) -> Callable[[], CreditsResponse]:
        task: asyncio.Task[CreditsResponse] = self.runner.get_loop().create_task(client.credits.list())
        return lambda: self.runner.run(asyncio.wait_for(task, HANG))

    def run(self, called: Any) -> Any:
        return self.runner.run(called)

    def send(self, request: Any) -> Response[Any]:
        return self.runner.run(self.client._send_async(request))  # pyright: ignore[reportPrivateUsage]

    def idle(self, seconds: float) -> None:
        self.runner.run(asyncio.sleep(seconds))


class TasksOverAiohttp(Tasks):
    def open(self) -> None:
        if self._arguments.get("http_client") is None:
            self._arguments["transport"] = "aiohttp"
        super().open()


def post_request(method: str = "POST") -> APIRequest[Any]:
    """A request that changes something, as another API's operation makes it."""
    return APIRequest(
        method,
        "/v1/credits",
        Security("header", "Authorization", "Bearer"),
        {"200": json_body(CreditsResponse.from_dict)},
        body={"amount": 5},
        content_type="application/json",
    )


Backend = type[Driver]

all_backends = pytest.mark.parametrize("backend", [Threads, Tasks, TasksOverAiohttp])
both_clients = pytest.mark.parametrize("backend", [Threads, Tasks])
async_backends = pytest.mark.parametrize("backend", [Tasks, TasksOverAiohttp])


HANG = 60.0  # seconds that nothing here takes unless it hangs, on the slowest machine


@contextmanager
def assert_duration(at_least: float) -> Generator[None]:
    """Assert that the block takes at least so many seconds. A busy machine can only make it slower."""
    start = time.monotonic()
    yield
    assert time.monotonic() - start >= at_least


@contextmanager
def assert_ends() -> Generator[None]:
    """Assert that the block does not hang."""
    start = time.monotonic()
    yield
    assert time.monotonic() - start < HANG


@contextmanager
def assert_nothing_left_open() -> Generator[None]:
    """Assert that the block leaves no socket to the garbage collector, of which Python would warn."""
    gc.collect()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        yield
        gc.collect()
    assert not [str(warning.message) for warning in caught if warning.category is ResourceWarning]


def refusal(make: Any, *arguments: Any, **options: Any) -> str:
    """Return the text of the UsageError that this call raises."""
    with pytest.raises(UsageError) as refused:
        make(*arguments, **options)
    return str(refused.value)


def wait_until(condition: Callable[[], bool], wait: Callable[[float], None] = time.sleep) -> None:
    """Wait for something that another thread does, or a task if `wait` runs its event loop."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < HANG, "it does not happen"
        wait(0.001)


def _outcome(call: Callable[[], CreditsResponse]) -> Outcome:
    try:
        return call()
    except Exception as error:
        return error
