"""An httpx client of the caller's own: what it brings keeps working, and no promise is lost over it."""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from httpx_aiohttp import AiohttpTransport
from stablecog_client import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AsyncClient,
    AuthenticationError,
    Client,
    UsageError,
)

from tests.support.drivers import assert_duration
from tests.support.faults import (
    KEY,
    TWO_CREDITS,
    FaultServer,
    ReceivedRequest,
    drip_headers,
    echo_in_place_of_http,
    free_port,
    ok,
    redirect,
    respond,
    text,
)
from tests.support.processes import forked, needs_fork
from tests.support.secrets import check_nothing_shows

Hook = Callable[[httpx.Response], Any]


async def raise_for_status(response: httpx.Response) -> None:
    response.raise_for_status()


def read_and_raise(response: httpx.Response) -> None:
    response.read()
    response.raise_for_status()


async def read_and_raise_async(response: httpx.Response) -> None:
    await response.aread()
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
    headers = ReceivedRequest.of(server.requests[0]).headers
    assert (headers["x-trace"], headers["authorization"]) == ("abc", f"Bearer {KEY}")


def test_a_hook_that_raises_for_the_status_does_not_hide_it(call: Any) -> None:
    with FaultServer(text(401)) as server, pytest.raises(AuthenticationError) as caught:
        call(server.url, RAISE_FOR_STATUS)
    assert len(server.requests) == 1
    assert caught.value.text == ""  # nobody has read it


def test_a_hook_that_reads_an_error_before_it_raises_does_not_hide_its_text(call: Any) -> None:
    with FaultServer(text(401, "Oops.")) as server, pytest.raises(AuthenticationError) as caught:
        call(server.url, (read_and_raise, read_and_raise_async))
    assert caught.value.text == "Oops."


@pytest.mark.parametrize(
    ("said", "shown"), [("", "ReadError"), ("It went wrong.", "It went wrong"), ("one\ntwo", "one two")]
)
def test_what_its_transport_says_is_shown_in_one_line(call: Any, said: str, shown: str) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError(said)

    with pytest.raises(APIConnectionError, match=f": no response: {shown}; check the network"):
        call("https://a.example", transport=httpx.MockTransport(fail))


def test_a_proxy_that_its_transport_asks_is_named_when_it_refuses(call: Any) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ProxyError("407 Proxy Authentication Required")

    with pytest.raises(APIConnectionError, match=r"Required; check the proxy, which HTTPS_PROXY"):
        call("https://a.example", transport=httpx.MockTransport(fail))


@pytest.mark.parametrize("location", ["javascript:alert(1)", "http://[::1/", "http://127.0.0.1:80:1/"])
def test_a_redirect_that_it_cannot_read_is_an_error_at_once(call: Any, location: str) -> None:
    with FaultServer(redirect(location)) as server, pytest.raises(APIError) as caught:
        call(server.url)
    assert len(server.requests) == caught.value.attempts == 1


def test_that_it_is_closed_during_a_call_is_an_error_of_ours() -> None:
    with FaultServer(text(503, "Busy.", "Retry-After: 0.3"), ok) as server:
        http_client = httpx.Client()
        threading.Timer(0.1, http_client.close).start()
        with Client(KEY, base_url=server.url, http_client=http_client) as client:
            with pytest.raises(APIConnectionError, match="the client was closed during the call"):
                client.credits.list()


def test_an_error_of_a_request_that_a_hook_makes_is_not_the_apis() -> None:
    """It comes through as it is, with its traceback."""

    def fetch_token(request: httpx.Request) -> None:
        httpx.get(f"{other.url}/token").raise_for_status()

    with FaultServer(ok) as server, FaultServer(text(404, "No such token.")) as other:
        with httpx.Client(event_hooks={"request": [fetch_token]}) as http_client:
            with pytest.raises(httpx.HTTPStatusError, match="Client error '404 ") as caught:
                Client(KEY, base_url=server.url, http_client=http_client, max_retries=0).credits.list()
        assert server.requests == []
    assert "fetch_token" in [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]


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
        with assert_duration(at_most=3), pytest.raises(APITimeoutError):
            client.credits.list()


def test_a_transport_that_retries_does_not_wait_beyond_the_deadline() -> None:
    with httpx.Client(transport=httpx.HTTPTransport(retries=10)) as http_client:
        client = Client(KEY, base_url=f"http://127.0.0.1:{free_port()}", http_client=http_client, deadline=0.6)
        with assert_duration(at_most=1.1), pytest.raises(APIConnectionError):
            client.credits.list()


def test_aiohttp_beneath_it_does_not_leak_errors_of_its_own_nor_the_key() -> None:
    async def main() -> None:
        async with httpx.AsyncClient(transport=AiohttpTransport()) as http_client:
            await AsyncClient(KEY, base_url=server.url, http_client=http_client, max_retries=0).credits.list()

    with FaultServer(echo_in_place_of_http) as server, pytest.raises(APIConnectionError) as caught:
        asyncio.run(main())
    assert isinstance(caught.value.__cause__, httpx.RemoteProtocolError)
    check_nothing_shows(caught.value)


class Traced(httpx.BaseTransport):
    """A transport around another one, as tracing and retrying libraries have them."""

    def __init__(self, wrapped: httpx.BaseTransport) -> None:
        self.wrapped = wrapped

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self.wrapped.handle_request(request)


@pytest.mark.parametrize("mounted", [False, True])
def test_a_transport_that_another_one_wraps_keeps_to_the_deadline_too(mounted: bool) -> None:
    traced = Traced(Traced(httpx.HTTPTransport()))
    options: dict[str, Any] = {"mounts": {"http://": traced}} if mounted else {"transport": traced}
    with FaultServer(drip_headers) as server, httpx.Client(**options) as http_client:
        client = Client(KEY, base_url=server.url, http_client=http_client, deadline=0.5)
        with assert_duration(at_most=3), pytest.raises(APITimeoutError):
            client.credits.list()


def test_another_event_loop_is_refused_while_the_first_runs_and_when_it_is_gone() -> None:
    async def call() -> None:
        await client.credits.list()

    async def first() -> None:
        await call()
        with ThreadPoolExecutor(1) as threads, pytest.raises(UsageError, match="belong to another event loop"):
            await asyncio.get_running_loop().run_in_executor(threads, asyncio.run, call())

    last = respond(200, TWO_CREDITS, "application/json", "Connection: close")  # so that nothing of the first stays open
    with FaultServer(last) as server:
        client = AsyncClient(KEY, base_url=server.url, http_client=httpx.AsyncClient())
        asyncio.run(first())
        with pytest.raises(UsageError, match="belong to another event loop"):
            asyncio.run(call())


@needs_fork
def test_after_a_fork_it_is_refused_if_it_was_used_before() -> None:
    with FaultServer(ok) as server, httpx.Client() as http_client:
        used, unused = (Client(KEY, base_url=server.url, http_client=http_client) for _ in range(2))
        used.credits.list()
        with forked(unused.credits.list) as outcome:
            assert outcome().total_remaining_credits == 1391
        with forked(used.credits.list) as outcome, pytest.raises(UsageError) as caught:
            outcome()
    message = "http_client: its connections belong to the process that forked; make a new client"
    assert str(caught.value) == message
