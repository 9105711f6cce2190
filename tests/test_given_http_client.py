"""An httpx client of the caller's own: what it brings keeps working, and no promise is lost over it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from stablecog_client import APITimeoutError, AsyncClient, AuthenticationError, Client, UsageError

from tests.drive import takes
from tests.faults import KEY, TWO_CREDITS, FaultServer, Seen, answer, drip_headers, ok, text

Hook = Callable[[httpx.Response], Any]


async def raise_for_status(response: httpx.Response) -> None:
    response.raise_for_status()


READ = (httpx.Response.read, httpx.Response.aread)
RAISE_FOR_STATUS = (httpx.Response.raise_for_status, raise_for_status)


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Any:
    """Calls over an http_client made with these options, whose response hook is the first or the second of two."""

    def sync(url: str, hooks: tuple[Hook, ...] = (), **options: Any) -> Any:
        with httpx.Client(event_hooks={"response": [*hooks[:1]]}, **options) as http_client:
            with Client(KEY, base_url=url, http_client=http_client) as client:
                return client.credits.list()

    async def main(url: str, hooks: tuple[Hook, ...] = (), **options: Any) -> Any:
        async with httpx.AsyncClient(event_hooks={"response": [*hooks[1:]]}, **options) as http_client:
            async with AsyncClient(KEY, base_url=url, http_client=http_client) as client:
                return await client.credits.list()

    def run(*arguments: Any, **options: Any) -> Any:
        return asyncio.run(main(*arguments, **options))

    return sync if request.param == "sync" else run


def test_its_headers_are_sent_and_its_authentication_is_not(call: Any) -> None:
    with FaultServer(ok) as server:
        call(server.url, auth=("user", "password"), headers={"X-Trace": "abc"})
    headers = Seen.of(server.requests[0]).headers
    assert (headers["x-trace"], headers["authorization"]) == ("abc", f"Bearer {KEY}")


def test_a_hook_that_raises_for_the_status_does_not_hide_it(call: Any) -> None:
    with FaultServer(text(401)) as server, pytest.raises(AuthenticationError):
        call(server.url, RAISE_FOR_STATUS)
    assert len(server.requests) == 1


def test_a_hook_may_read_the_answer(call: Any) -> None:
    with FaultServer(ok) as server:
        assert call(server.url, READ).total_remaining_credits == 1391


def test_it_stays_open() -> None:
    async def main() -> None:
        async with httpx.AsyncClient() as http_client:
            async with AsyncClient(KEY, base_url=server.url, http_client=http_client) as client:
                await client.credits.list()
            assert not http_client.is_closed

    with FaultServer(ok) as server:
        asyncio.run(main())
        with httpx.Client() as http_client:
            with Client(KEY, base_url=server.url, http_client=http_client) as client:
                client.credits.list()
            assert not http_client.is_closed


def test_connections_that_it_opened_before_keep_to_the_deadline_too() -> None:
    with FaultServer(ok, drip_headers) as server, httpx.Client() as http_client:
        http_client.get(server.url)
        client = Client(KEY, base_url=server.url, http_client=http_client, deadline=0.5)
        with takes(at_most=3), pytest.raises(APITimeoutError):
            client.credits.list()


def test_another_event_loop_is_refused_while_the_first_runs_and_when_it_is_gone() -> None:
    async def call() -> None:
        await client.credits.list()

    async def first() -> None:
        await call()
        with ThreadPoolExecutor(1) as threads, pytest.raises(UsageError, match="belong to another event loop"):
            await asyncio.get_running_loop().run_in_executor(threads, asyncio.run, call())

    last = answer(200, TWO_CREDITS, "application/json", "Connection: close")  # so that nothing of the first stays open
    with FaultServer(last) as server:
        client = AsyncClient(KEY, base_url=server.url, http_client=httpx.AsyncClient())
        asyncio.run(first())
        with pytest.raises(UsageError, match="belong to another event loop"):
            asyncio.run(call())
