"""An httpx client of the caller's own: what it brings keeps working, and no promise is lost over it."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

import httpx
import pytest
from stablecog_client import APIConnectionError, APITimeoutError, AsyncClient, AuthenticationError, Client, UsageError

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
    with FaultServer(text(401)) as server, pytest.raises(AuthenticationError) as caught:
        call(server.url, raise_for_status, raise_for_status_async)
    assert len(server.requests) == 1
    assert caught.value.text == ""  # nobody has read it


def test_a_hook_that_reads_an_error_before_it_raises_does_not_hide_its_text(call: Any) -> None:
    def read_and_raise(response: httpx.Response) -> None:
        response.read()
        response.raise_for_status()

    async def read_and_raise_async(response: httpx.Response) -> None:
        await response.aread()
        response.raise_for_status()

    with FaultServer(text(401, "Oops.")) as server, pytest.raises(AuthenticationError) as caught:
        call(server.url, read_and_raise, read_and_raise_async)
    assert caught.value.text == "Oops."


@pytest.mark.parametrize(
    ("said", "shown"), [("", "ReadError"), ("It went wrong.", "It went wrong"), ("one\ntwo", "one two")]
)
def test_what_its_transport_says_is_shown_in_one_line(call: Any, said: str, shown: str) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError(said)

    with pytest.raises(APIConnectionError, match=f": no answer: {shown}; check the network"):
        call("https://a.example", transport=httpx.MockTransport(fail))


def test_a_proxy_that_its_transport_asks_is_named_when_it_refuses(call: Any) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ProxyError("407 Proxy Authentication Required")

    with pytest.raises(
        APIConnectionError, match="407 .*; check the proxy, which HTTPS_PROXY"
    ):
        call("https://a.example", transport=httpx.MockTransport(fail))


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


def test_after_a_fork_it_is_refused_if_it_was_used_before(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(ok) as server, httpx.Client() as http_client:
        used, unused = (Client(KEY, base_url=server.url, http_client=http_client) for _ in range(2))
        used.credits.list()
        monkeypatch.setattr(os, "getpid", lambda: -1)
        with pytest.raises(UsageError) as caught:
            used.credits.list()
        assert unused.credits.list().total_remaining_credits == 1391
    message = "http_client: its connections belong to the process that forked; make a new client"
    assert str(caught.value) == message


def test_a_proxy_of_the_environment_is_not_sent_the_key_in_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(ok) as proxy, FaultServer(ok) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        with Client(KEY, base_url=server.url) as client:
            assert client.credits.list().total_remaining_credits == 1391
    assert (len(proxy.requests), len(server.requests)) == (0, 1)
