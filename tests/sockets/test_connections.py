"""Connections that fail: what passes is got through, what does not ends in one clear error."""

from __future__ import annotations

import datetime
import os
import signal
import ssl
import threading
import traceback
from contextlib import ExitStack
from unittest.mock import patch

import anyio
import httpx
import pytest
from stablecog_client import APIConnectionError, APIError, AsyncClient, Client
from stablecog_client._runtime import environment, timing

from tests.support import faults
from tests.support.certificates import serving, trusted
from tests.support.drivers import Backend, Tasks, TasksOverAiohttp, Threads, all_backends, both_clients, post_request
from tests.support.faults import KEY, FaultServer, free_port, ok
from tests.support.processes import needs_fork

# h11 reads the responses of both of httpx's transports: each body that ends too soon occurs over one of them.
BROKEN = [
    *((backend, fault) for backend in (Threads, Tasks, TasksOverAiohttp) for fault in faults.BREAKING[:3]),
    *((Threads, faults.body_shorter_than_its_length), (Tasks, faults.cut_chunked_body)),
    *((TasksOverAiohttp, fault) for fault in faults.BREAKING[3:]),
]


def check_line(error: Exception, url: str, *parts: str) -> None:
    """The error is one line that names the request and has all these parts."""
    line = str(error)
    assert line.startswith(f"GET {url}/v1/credits: ")
    assert line.isprintable()
    for part in parts:
        assert part in line


@pytest.mark.parametrize(("backend", "fault"), BROKEN)
def test_broken_connection_is_retried(backend: Backend, fault: faults.Fault) -> None:
    """A connection that breaks once is replaced; one that breaks each time is an error that says what happened."""
    with FaultServer(fault, ok, fault) as server, backend(server.url) as driver:
        assert driver.list().total_remaining_credits == 1391
        assert len(server.requests) == 2
        with pytest.raises(APIConnectionError) as caught:
            driver.list()
        attempts = caught.value.attempts
        check_line(caught.value, server.url, " response: ", "check the network", f"(tried {attempts} times)")
        assert attempts == len(server.requests) - 2 == 6
        assert isinstance(caught.value.__cause__, httpx.ReadError | httpx.RemoteProtocolError)
        assert " response: ReadError" not in str(caught.value)  # but what happened, in words


@all_backends
def test_refused_connection_says_so(backend: Backend) -> None:
    """The same words over each transport, whatever the caller is handling."""
    url = f"http://127.0.0.1:{free_port()}"
    with backend(url) as driver:
        with pytest.raises(APIConnectionError) as alone:
            driver.list()
        try:
            raise RuntimeError("the disk is full")
        except RuntimeError:
            with pytest.raises(APIConnectionError) as handling:
                driver.list()
    advice = "check the network, the server and `base_url` (tried 6 times)"
    for caught in alone, handling:
        assert str(caught.value) == f"GET {url}/v1/credits: no response: connection refused; {advice}"
        assert isinstance(caught.value.__cause__, httpx.ConnectError)


@pytest.mark.parametrize("backend", [Threads, TasksOverAiohttp])
def test_exception_being_handled_is_not_the_cause(backend: Backend) -> None:
    """What the caller is handling when it calls changes neither the retries nor the words."""
    handled = ssl.SSLCertVerificationError("the disk is full", KEY)
    for fault in faults.reset_before_first_byte, faults.cut_chunked_body:
        with FaultServer(fault, fault, fault, fault, ok) as server, backend(server.url, max_retries=1) as driver:
            with pytest.raises(APIConnectionError) as alone:
                driver.list()
            try:
                raise handled
            except ssl.SSLCertVerificationError:
                with pytest.raises(APIConnectionError) as caught:
                    driver.list()
        assert (caught.value.message, caught.value.attempts) == (alone.value.message, 2)
        assert (handled.args, handled.__traceback__ is None) == (("the disk is full", KEY), False)


@both_clients
def test_exception_being_handled_is_shown_too(backend: Backend) -> None:
    """As Python shows it."""
    for fault in faults.text(401), faults.text(200):
        with FaultServer(fault) as server, backend(server.url, max_retries=0) as driver:
            try:
                raise KeyError("the disk is full")
            except KeyError:
                with pytest.raises(APIError) as caught:
                    driver.list()
        assert "KeyError: 'the disk is full'" in "".join(traceback.format_exception(caught.value))


def test_server_that_comes_up_in_time_is_reached() -> None:
    """Between two attempts, here."""
    port = free_port()

    def backoff(attempt: int) -> float:
        if attempt == 3:
            stack.enter_context(FaultServer(ok, port=port))
        return 0.01

    with ExitStack() as stack, Threads(f"http://127.0.0.1:{port}") as driver:
        with patch.object(timing, "backoff", backoff):
            assert driver.list().total_remaining_credits == 1391


@all_backends
def test_unknown_host_says_so(backend: Backend) -> None:
    """The same words over each transport."""
    with backend("https://no-such-host.invalid", max_retries=1) as driver, pytest.raises(APIConnectionError) as caught:
        driver.list()
    check_line(
        caught.value,
        "https://no-such-host.invalid",
        "no response: cannot resolve no-such-host.invalid; ",
        "(tried 2 times)",
    )


@all_backends
def test_second_response_is_not_the_next_one(backend: Backend) -> None:
    """What a server sends behind a response is no response to the next request."""
    with FaultServer(faults.respond_twice) as server, backend(server.url) as driver:
        assert [driver.list().total_remaining_credits for _ in range(3)] == [1391] * 3
        assert len(server.requests) == server.connections == 3


@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_second_response_ends_a_connection_of_an_http_client(library: str) -> None:
    """Its pool notices that the connection is closed; httpcore's backend for trio fails on a closed socket."""

    async def main() -> list[int]:
        async with httpx.AsyncClient() as http_client:
            client = AsyncClient(KEY, base_url=server.url, http_client=http_client)
            return [(await client.credits.list()).total_remaining_credits for _ in range(3)]

    with FaultServer(faults.respond_twice, ok) as server:
        assert anyio.run(main, backend=library) == [1391] * 3
        assert server.connections == 2


@all_backends
def test_connection_closed_on_reuse_is_replaced(backend: Backend) -> None:
    """The request is sent again."""
    with FaultServer(ok, faults.close_before_first_byte, ok) as server, backend(server.url) as driver:
        driver.list()
        assert driver.list().total_remaining_credits == 1391
        assert (len(server.requests), server.connections) == (3, 2)


@all_backends
def test_trusted_certificate_is_accepted(backend: Backend) -> None:
    """As SSL_CERT_FILE has it."""
    with trusted(), FaultServer(ok, tls=serving()) as server, backend(server.url) as driver:
        assert driver.list().total_remaining_credits == 1391


@all_backends
def test_certificate_of_unknown_issuer_is_refused(backend: Backend) -> None:
    """At once: a retry does not change it."""
    with FaultServer(ok, tls=serving()) as server:
        check_refused_certificate(
            backend, server, "not trusted: set SSL_CERT_FILE if it is your company's, or check `base_url`"
        )


@all_backends
def test_certificate_for_another_host_is_refused(backend: Backend) -> None:
    """At once: a retry does not change it."""
    with trusted(), FaultServer(ok, tls=serving("other.example")) as server:
        check_refused_certificate(backend, server, "for another server: check `base_url` and proxies")


def test_expired_certificate_is_refused() -> None:
    """At once: a retry does not change it."""
    yesterday = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    with trusted(), FaultServer(ok, tls=serving(not_after=yesterday)) as server:
        advice = "not valid now: check this machine's clock, or tell whoever runs the server"
        check_refused_certificate(Threads, server, advice)


def check_refused_certificate(backend: Backend, server: FaultServer, advice: str) -> None:
    with backend(server.url) as driver, pytest.raises(APIConnectionError) as caught:
        driver.list()
    said = ": no response: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
    check_line(caught.value, server.url, said)
    assert "Cannot connect to host" not in str(caught.value)
    assert str(caught.value).endswith(f"; the certificate is {advice}")
    assert caught.value.attempts == server.connections == 1
    assert server.requests == []


def test_call_works_without_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trust store is loaded and the host is resolved in line, as at the interpreter's shutdown."""

    def start(thread: threading.Thread) -> None:
        if thread.name in {"trust store", "resolve"}:
            raise RuntimeError("can't start new thread")
        original(thread)

    original = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", start)
    with trusted(), FaultServer(ok, tls=serving("localhost")) as server:
        with Client(KEY, base_url=f"https://localhost:{server.port}") as client:
            assert client.credits.list().total_remaining_credits == 1391


@all_backends
def test_server_without_tls_is_an_error(backend: Backend) -> None:
    """It says what to check."""
    with FaultServer(ok) as server:
        url = server.url.replace("http:", "https:")
        with backend(url, max_retries=0) as driver, pytest.raises(APIConnectionError) as caught:
            driver.list()
    assert str(caught.value).endswith("; the server does not speak TLS there: check scheme and port of `base_url`")


@needs_fork
def test_fork_while_trust_store_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child can read it, too."""
    parent, reading, forked = os.getpid(), threading.Event(), threading.Event()
    read = httpx.create_ssl_context

    def read_slowly() -> ssl.SSLContext:
        if os.getpid() == parent:
            reading.set()
            forked.wait(60)
        return read()

    monkeypatch.setattr(httpx, "create_ssl_context", read_slowly)
    store = environment.TrustStore()
    store.preload()
    assert reading.wait(60)
    child = os.fork()
    if not child:
        signal.alarm(60)  # rather than wait for ever
        try:
            store.context()
            os._exit(0)
        finally:
            os._exit(1)
    forked.set()
    assert store.context() is store.context()
    assert os.waitpid(child, 0)[1] == 0


# Proxies


@all_backends
def test_proxy_that_is_down_is_named(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """By host and port, without its password."""
    proxy = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:secret@{proxy}")
    with backend("https://api.stablecog.com") as driver, pytest.raises(APIConnectionError) as caught:
        driver.list()
    assert str(caught.value) == (
        "GET https://api.stablecog.com/v1/credits: no response: connection refused; "
        f"check the proxy {proxy} (from HTTPS_PROXY), the server and `base_url` (tried 6 times)"
    )


@all_backends
def test_unsafe_request_stopped_by_proxy_was_not_sent(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """So it is retried: the proxy may recover."""
    with FaultServer(faults.raw(faults.head(503, "Content-Length: 0"))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with backend("https://api.stablecog.com") as driver, pytest.raises(APIConnectionError) as caught:
            driver.send(post_request())
        assert len(proxy.requests) == caught.value.attempts == 6
    assert "may have acted on it" not in str(caught.value)


@both_clients
def test_proxy_of_environment_is_not_sent_the_key(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """In plain text."""
    with FaultServer(ok) as proxy, FaultServer(ok) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with backend(server.url) as driver:
            driver.list()
        assert (proxy.connections, len(server.requests)) == (0, 1)
