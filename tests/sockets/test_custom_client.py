"""An httpx client of the caller's own: what it brings keeps working, and no promise is lost over it."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import aiohttp
import httpcore
import httpx
import pytest
from httpx_aiohttp import AiohttpTransport
from stablecog_client import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AsyncClient,
    AuthenticationError,
    Client,
    CreditsResponse,
    NotFoundError,
    UsageError,
)
from stablecog_client._runtime import timing

from tests.support.drivers import HANG, Backend, Threads, assert_ends, both_clients
from tests.support.faults import (
    KEY,
    TWO_CREDITS,
    Connection,
    FaultServer,
    ReceivedRequest,
    body_shorter_than_its_length,
    drip_headers,
    echo_in_place_of_http,
    free_port,
    head,
    ok,
    redirect,
    respond,
    respond_when,
    say_nothing,
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


def raising(error: Exception) -> tuple[Hook, Hook]:
    """A hook that raises the error, for each kind of client."""

    def fail(response: httpx.Response) -> None:
        raise error

    async def fail_async(response: httpx.Response) -> None:
        fail(response)

    return fail, fail_async


READ = (httpx.Response.read, httpx.Response.aread)
RAISE_FOR_STATUS = (httpx.Response.raise_for_status, raise_for_status)


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Calls over an http_client made with these options, whose response hook is the first or the second of two."""

    monkeypatch.setattr(timing, "INITIAL_DELAY", 0.005)

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


def test_headers_are_sent_and_authentication_is_not(call: Any) -> None:
    """The key is ours."""
    with FaultServer(ok) as server:
        call(server.url, auth=("user", "password"), headers={"X-Trace": "abc"})
    headers = ReceivedRequest.of(server.requests[0]).headers
    assert (headers["x-trace"], headers["authorization"]) == ("abc", f"Bearer {KEY}")


def test_its_follow_redirects_does_not_count(call: Any) -> None:
    """Nothing goes to another server."""
    with FaultServer(ok) as other, FaultServer(redirect(other.url)) as server:
        with pytest.raises(APIStatusError, match="which the client does not follow"):
            call(server.url, follow_redirects=True)
        assert other.connections == 0


def test_hook_that_raises_does_not_hide_the_status(call: Any) -> None:
    """Nobody has read the body."""
    with FaultServer(text(401)) as server, pytest.raises(AuthenticationError) as caught:
        call(server.url, RAISE_FOR_STATUS)
    assert len(server.requests) == 1
    assert caught.value.text == ""  # nobody has read it


def test_hook_that_reads_and_raises_keeps_the_text(call: Any) -> None:
    """It is read once."""
    with FaultServer(text(401, "Oops.")) as server, pytest.raises(AuthenticationError) as caught:
        call(server.url, (read_and_raise, read_and_raise_async))
    assert caught.value.text == "Oops."


def test_words_of_its_transport_are_in_one_line(call: Any) -> None:
    """With advice about the network, or about its proxy."""
    for error, line in (
        (httpx.ReadError("one\ntwo"), ": no response: one two; check the network"),
        (httpx.ProxyError("407 Proxy"), r": no response: 407 Proxy; check the proxy \(from `http_client`\)"),
    ):

        def fail(request: httpx.Request, error: Exception = error) -> httpx.Response:
            raise error

        with pytest.raises(APIConnectionError, match=line):
            call("https://a.example", transport=httpx.MockTransport(fail))


def test_error_of_its_transport_comes_through(call: Any) -> None:
    """One that is no fault of a connection; a response of such a transport is one like any other."""

    def respond_or_fail(request: httpx.Request) -> httpx.Response:
        if request.url.host == "broken":
            raise RuntimeError("of the transport")
        return httpx.Response(200, content=TWO_CREDITS)

    transport = httpx.MockTransport(respond_or_fail)
    with pytest.raises(RuntimeError, match="of the transport"):
        call("https://broken", transport=transport)
    assert call("https://working", transport=transport).total_remaining_credits == 1391


def test_redirect_that_it_cannot_read_is_an_error(call: Any) -> None:
    """At once, whatever httpx raises over it."""
    for location in "javascript:alert(1)", "http://[::1/", "http://127.0.0.1:80:1/":
        with FaultServer(redirect(location)) as server, pytest.raises(APIError) as caught:
            call(server.url)
        assert len(server.requests) == caught.value.attempts == 1, location


def test_closing_it_during_a_call_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two attempts."""
    http_client = httpx.Client()

    def backoff(attempt: int) -> float:
        http_client.close()
        return 0.0

    monkeypatch.setattr(timing, "backoff", backoff)
    with FaultServer(text(503), ok) as server, Client(KEY, base_url=server.url, http_client=http_client) as client:
        with pytest.raises(APIConnectionError, match="the client was closed during the call"):
            client.credits.list()


def test_error_of_request_by_hook_is_not_ours() -> None:
    """It comes through as it is, with its traceback."""

    def fetch_token(request: httpx.Request) -> None:
        httpx.get(f"{other.url}/token").raise_for_status()

    with FaultServer(ok) as server, FaultServer(text(404, "No such token.")) as other:
        with httpx.Client(event_hooks={"request": [fetch_token]}) as http_client:
            with pytest.raises(httpx.HTTPStatusError, match="Client error '404 ") as caught:
                Client(KEY, base_url=server.url, http_client=http_client, max_retries=0).credits.list()
        assert server.requests == []
    assert caught.value.request.url.path == "/token"
    assert "fetch_token" in [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]


@pytest.mark.parametrize("kind", [RuntimeError, OSError])  # the first of them may also come from httpx
def test_error_of_a_hook_does_not_show_the_key(call: Any, kind: type[Exception]) -> None:
    """Its own frames are kept, those of the HTTP libraries are not: they hold the request."""

    with FaultServer(ok) as server, pytest.raises(kind, match="the disk is full") as caught:
        call(server.url, raising(kind("the disk is full")))
    check_nothing_shows(caught.value)
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert frames[-1].name == "fail"
    assert not any("site-packages/httpx" in frame.filename for frame in frames)


HOOK_ERRORS = [
    *(ConnectionRefusedError(111, "redis is down"), TimeoutError("of the database"), ssl.SSLError("of the database")),
    *(socket.gaierror(-2, "of the database"), httpx.ReadError("of another call"), RuntimeError("no loop")),
    aiohttp.ClientError("of another service"),
]


@pytest.mark.parametrize("error", HOOK_ERRORS, ids=repr)
def test_error_of_a_hook_is_no_fault(call: Any, error: Exception) -> None:
    """It comes through as it is, and nothing is sent again, whatever else it might mean."""

    with FaultServer(ok) as server, pytest.raises(type(error)) as caught:
        call(server.url, raising(error))
    assert caught.value is error
    assert len(server.requests) == 1


def test_fault_that_a_hook_meets_is_retried(call: Any) -> None:
    """The hook reads the response, which ends too soon."""
    with FaultServer(body_shorter_than_its_length, ok) as server:
        assert call(server.url, READ).total_remaining_credits == 1391
        assert len(server.requests) == 2


def test_hook_that_raises_ends_no_other_call() -> None:
    """The hook has read its response, and another thread uses the connection by then."""
    in_use = threading.Event()

    def hook(response: httpx.Response) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        response.read()
        others.append(pool.submit(client.credits.list))
        in_use.wait(HANG)
        raise ValueError("of the hook")

    def slow(connection: Connection) -> None:
        in_use.set()
        connection.wait(0.1)
        ok(connection)

    others: list[Future[CreditsResponse]] = []
    with FaultServer(ok, slow) as server, httpx.Client(event_hooks={"response": [hook]}) as http_client:
        client = Client(KEY, base_url=server.url, http_client=http_client, max_retries=0)
        with ThreadPoolExecutor() as pool:
            with pytest.raises(ValueError, match="of the hook"):
                client.credits.list()
            assert others[0].result().total_remaining_credits == 1391
        assert server.connections == 1


def test_failed_call_of_a_hook_ends_no_other() -> None:
    """The call whose response the hook was given goes on."""
    hook_ended = threading.Event()

    def hook(response: httpx.Response) -> None:
        with pytest.raises(APIConnectionError, match="connection refused"):
            refused.credits.list()
        hook_ended.set()

    def body_after_hook(connection: Connection) -> None:
        connection.send(head(200, "Content-Type: application/json", f"Content-Length: {len(TWO_CREDITS)}"))
        hook_ended.wait(HANG)
        connection.send(TWO_CREDITS)

    refused = Client(KEY, base_url=f"http://127.0.0.1:{free_port()}", max_retries=0)
    with FaultServer(body_after_hook) as server, httpx.Client(event_hooks={"response": [hook]}) as http_client:
        client = Client(KEY, base_url=server.url, http_client=http_client, max_retries=0)
        assert client.credits.list().total_remaining_credits == 1391


@both_clients
def test_failed_call_ends_no_other(backend: Backend) -> None:
    """Neither a connection that another call uses nor an idle one is closed."""
    answered = threading.Event()

    kind: Any = httpx.Client if backend is Threads else httpx.AsyncClient
    http_client = kind(limits=httpx.Limits(keepalive_expiry=HANG))
    options: dict[str, Any] = {"http_client": http_client, "max_retries": 0, "timeout": HANG}
    with FaultServer(respond_when(answered), ok) as server, backend(server.url, **options) as driver:
        in_progress = driver.start(driver.client)
        driver.idle_until(lambda: bool(server.requests))
        driver.list()
        refused = type(driver.client)(KEY, base_url=f"http://127.0.0.1:{free_port()}", **options)
        with pytest.raises(APIConnectionError, match="connection refused"):
            driver.run(refused.credits.list())
        driver.list()
        answered.set()
        assert in_progress().total_remaining_credits == 1391
        assert server.connections == 2
        driver.run(http_client.close() if backend is Threads else http_client.aclose())


def test_transport_without_sockets_works() -> None:
    """httpcore's own test double has no socket to shut down."""
    reply = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" + TWO_CREDITS
    transport = httpx.HTTPTransport()
    vars(transport)["_pool"] = httpcore.ConnectionPool(network_backend=httpcore.MockBackend([reply]))
    with httpx.Client(transport=transport) as http_client:
        client = Client(KEY, base_url="http://localhost", http_client=http_client)
        assert client.credits.list().total_remaining_credits == 1391


def test_hook_may_read_the_response(call: Any) -> None:
    """The result is the same."""
    with FaultServer(ok) as server:
        assert call(server.url, READ).total_remaining_credits == 1391


def test_custom_client_stays_open() -> None:
    """Its owner closes it."""

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


def test_late_response_leaves_its_connection() -> None:
    """A response that comes after the client was closed does not take a connection from the owner of the pool."""

    def close(response: httpx.Response) -> None:
        client.close()

    async def close_async(response: httpx.Response) -> None:
        await clients[0].close()

    async def main() -> None:
        async with httpx.AsyncClient(event_hooks={"response": [close_async]}) as http_client:
            clients.append(AsyncClient(KEY, base_url=server.url, http_client=http_client))
            assert (await clients[0].credits.list()).total_remaining_credits == 1391
            assert (await http_client.get(server.url)).status_code == 200

    clients: list[AsyncClient] = []
    with FaultServer(ok) as server:
        with httpx.Client(event_hooks={"response": [close]}) as http_client:
            client = Client(KEY, base_url=server.url, http_client=http_client)
            assert client.credits.list().total_remaining_credits == 1391
            assert http_client.get(server.url).status_code == 200
        assert server.connections == 1
        asyncio.run(main())
        assert server.connections == 2


def test_its_own_requests_know_no_deadline() -> None:
    """That of a call before has passed."""
    with FaultServer(say_nothing) as silent, FaultServer(ok) as server, httpx.Client(timeout=HANG) as http_client:
        with pytest.raises(APITimeoutError):
            Client(KEY, base_url=silent.url, http_client=http_client, deadline=0.1).credits.list()
        assert http_client.get(server.url).content == TWO_CREDITS


def test_connections_opened_before_keep_the_deadline() -> None:
    """Ours is installed beneath them."""
    with FaultServer(ok, drip_headers) as server, httpx.Client() as http_client:
        http_client.get(server.url)
        client = Client(KEY, base_url=server.url, http_client=http_client, deadline=0.5)
        with assert_ends(), pytest.raises(APITimeoutError):
            client.credits.list()


def test_connection_in_use_before_keeps_the_deadline() -> None:
    """The caller reads a response of its own when the client is first used, and leaves the connection to it."""
    with FaultServer(ok, text(401), drip_headers) as server, httpx.Client() as http_client:
        client = Client(KEY, base_url=server.url, http_client=http_client, deadline=0.5)
        with http_client.stream("GET", server.url) as response:
            with pytest.raises(AuthenticationError):
                client.credits.list()
            response.read()
        with assert_ends(), pytest.raises(APITimeoutError):
            client.credits.list()


def test_retrying_transport_keeps_the_deadline() -> None:
    """It does not wait beyond it."""
    with httpx.Client(transport=httpx.HTTPTransport(retries=10)) as http_client:
        client = Client(KEY, base_url=f"http://127.0.0.1:{free_port()}", http_client=http_client, deadline=0.6)
        with assert_ends(), pytest.raises(APIConnectionError):
            client.credits.list()


def test_hook_that_throws_the_body_away_has_its_status() -> None:
    """It read the body without keeping it; and calls do not lose their places under the rate limit."""

    def check(response: httpx.Response) -> None:
        assert list(response.iter_bytes()) == [b"404 page not found"]
        response.raise_for_status()

    with FaultServer(text(404, "404 page not found")) as server:
        with httpx.Client(event_hooks={"response": [check]}) as http_client:
            client = Client(KEY, base_url=server.url, http_client=http_client)
            for _ in range(25):
                with pytest.raises(NotFoundError) as caught:
                    client.credits.list()
                assert (caught.value.status_code, caught.value.text) == (404, "")
            state: Any = client._state  # pyright: ignore[reportPrivateUsage]
            assert state.rate_limit.try_acquire() == 0


def test_aiohttp_beneath_it_leaks_nothing() -> None:
    """Neither errors of its own nor the key."""

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
        self.outermost = self
        self.wrapped = wrapped

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self.wrapped.handle_request(request)


@pytest.mark.parametrize("mounted", [False, True])
def test_wrapped_transport_keeps_the_deadline(mounted: bool) -> None:
    """As tracing libraries wrap it."""
    traced = Traced(Traced(httpx.HTTPTransport()))
    options: dict[str, Any] = {"mounts": {"http://": traced}} if mounted else {"transport": traced}
    with FaultServer(drip_headers) as server, httpx.Client(**options) as http_client:
        client = Client(KEY, base_url=server.url, http_client=http_client, deadline=0.5)
        with assert_ends(), pytest.raises(APITimeoutError):
            client.credits.list()


class Stream(httpx.SyncByteStream):
    """A body that a transport of the caller's reads, and what it raises when it is closed."""

    def __init__(self, body: Iterable[bytes], error: Exception | None = None) -> None:
        self.body, self.error = body, error

    def __iter__(self) -> Iterator[bytes]:
        yield from self.body

    def close(self) -> None:
        if self.error is not None:
            raise self.error


def test_transport_without_pool_keeps_deadline() -> None:
    """It is checked between its operations."""

    def spaces() -> Iterator[bytes]:
        for _ in range(200):
            time.sleep(0.01)
            yield b" "

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Stream(spaces()))

    with httpx.Client(transport=httpx.MockTransport(answer)) as http_client:
        client = Client(KEY, base_url="http://localhost", http_client=http_client, deadline=0.2)
        with pytest.raises(APITimeoutError, match=r"within the deadline of 0\.2 s"):
            client.credits.list()


def test_error_of_its_close_is_not_hidden() -> None:
    """The connection may be lost, which its owner should know."""

    def answer(request: httpx.Request) -> httpx.Response:
        headers = {"Content-Type": "application/json"}
        return httpx.Response(200, headers=headers, stream=Stream([TWO_CREDITS], error))

    error = ValueError("it is closed already")
    with httpx.Client(transport=httpx.MockTransport(answer)) as http_client:
        with pytest.raises(ValueError, match="it is closed already") as caught:
            Client(KEY, base_url="http://localhost", http_client=http_client).credits.list()
    assert caught.value is error


def test_another_event_loop_is_refused() -> None:
    """While the first runs, and when it is gone."""

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
def test_used_custom_client_is_refused_after_fork() -> None:
    """One that was not used is not."""
    with FaultServer(ok) as server, httpx.Client() as http_client:
        used, unused = (Client(KEY, base_url=server.url, http_client=http_client) for _ in range(2))
        used.credits.list()
        with forked(unused.credits.list) as outcome:
            assert outcome().total_remaining_credits == 1391
        with forked(used.credits.list) as outcome, pytest.raises(UsageError) as caught:
            outcome()
    message = "http_client: its connections belong to the process that forked; make a new client"
    assert str(caught.value) == message
