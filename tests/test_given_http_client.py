"""An httpx client of the caller's own: what it brings keeps working, and no promise is lost over it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest
from stablecog_client import APITimeoutError, AsyncClient, AuthenticationError, Client, UsageError

from tests.faults import KEY, FaultServer, drip_headers, ok, text


def raise_for_status(response: httpx.Response) -> None:
    response.raise_for_status()


async def raise_for_status_async(response: httpx.Response) -> None:
    response.raise_for_status()


def read(response: httpx.Response) -> None:
    response.read()


async def read_async(response: httpx.Response) -> None:
    await response.aread()


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Any:
    """Calls over an http_client made with these options, whose response hook is the first or the second."""

    def sync(url: str, hook: Any = None, _: Any = None, **options: Any) -> Any:
        with (
            httpx.Client(event_hooks={"response": [hook] if hook else []}, **options) as http_client,
            Client(KEY, base_url=url, http_client=http_client) as client,
        ):
            return client.credits.list()

    def run(url: str, _: Any = None, hook: Any = None, **options: Any) -> Any:
        async def main() -> Any:
            async with (
                httpx.AsyncClient(event_hooks={"response": [hook] if hook else []}, **options) as http_client,
                AsyncClient(KEY, base_url=url, http_client=http_client) as client,
            ):
                return await client.credits.list()

        return asyncio.run(main())

    return sync if request.param == "sync" else run


def test_its_headers_are_sent_and_its_authentication_is_not(call: Any) -> None:
    with FaultServer(ok) as server:
        call(server.url, auth=("user", "password"), headers={"X-Trace": "abc"})
    head = server.requests[0].lower()
    assert b"x-trace: abc" in head.split(b"\r\n")
    assert head.count(b"\r\nauthorization:") == 1
    assert f"authorization: bearer {KEY}".lower().encode() in head.split(b"\r\n")


def test_a_hook_that_raises_for_the_status_does_not_hide_it(call: Any) -> None:
    with FaultServer(text(401)) as server, pytest.raises(AuthenticationError):
        call(server.url, raise_for_status, raise_for_status_async)
    assert len(server.requests) == 1


def test_a_hook_may_read_the_answer(call: Any) -> None:
    with FaultServer(ok) as server:
        assert call(server.url, read, read_async).total_remaining_credits == 1391


def test_connections_that_it_opened_before_keep_to_the_deadline_too() -> None:
    with FaultServer(ok, drip_headers) as server, httpx.Client() as http_client:
        http_client.get(server.url)
        client = Client(KEY, base_url=server.url, http_client=http_client, deadline=0.5)
        started = time.monotonic()
        with pytest.raises(APITimeoutError):
            client.credits.list()
        assert time.monotonic() - started < 3


def test_another_event_loop_is_refused_even_when_the_first_is_gone() -> None:
    http_client = httpx.AsyncClient()
    with FaultServer(ok) as server:
        client = AsyncClient(KEY, base_url=server.url, http_client=http_client)

        async def first() -> None:
            await client.credits.list()
            await http_client.aclose()

        async def second() -> None:
            await client.credits.list()

        asyncio.run(first())
        with pytest.raises(UsageError, match="http_client"):
            asyncio.run(second())


def test_a_proxy_of_the_environment_is_not_sent_the_key_in_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(ok) as proxy, FaultServer(ok) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        with Client(KEY, base_url=server.url) as client:
            assert client.credits.list().total_remaining_credits == 1391
    assert (len(proxy.requests), len(server.requests)) == (0, 1)
