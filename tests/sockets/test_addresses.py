"""Servers with several addresses, of which some do not answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from stablecog_client import APIConnectionError, APITimeoutError, Client

from tests.support.drivers import (
    Backend,
    Threads,
    all_backends,
    assert_duration,
    assert_ends,
    assert_nothing_left_open,
)
from tests.support.faults import KEY, FaultServer, free_port, ok
from tests.support.processes import output

NAME = "api.test"


@contextmanager
def black_hole(address: str, port: int) -> Generator[None]:
    """Listen and let no connection come about, as an address does that swallows packets."""
    with socket.create_server((address, port), backlog=0) as full, ExitStack() as stack:
        for _ in range(3):  # as many as the system lets wait to be accepted
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        yield


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses of `api.test`, to be filled by a test."""
    found: list[str] = []

    def getaddrinfo(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        if host not in {NAME, NAME.encode()}:
            return original(host, port, *arguments, **options)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, int(port))) for address in found]

    original = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return found


@all_backends
def test_first_address_swallows_connections(backend: Backend, addresses: list[str]) -> None:
    """The next one is tried long before the timeout."""
    addresses += ["127.0.0.2", "127.0.0.1"]
    with FaultServer(ok) as server, black_hole("127.0.0.2", server.port):
        with backend(f"http://{NAME}:{server.port}", allow_http=True) as caller, assert_ends():
            assert caller.list().total_remaining_credits == 1391


def test_first_address_refuses_connections(addresses: list[str]) -> None:
    """The next one is tried in the same attempt."""
    addresses += ["127.0.0.2", "127.0.0.3", "127.0.0.1"]
    with FaultServer(ok) as server:
        with Threads(f"http://{NAME}:{server.port}", allow_http=True, max_retries=0) as caller, assert_ends():
            assert caller.list().total_remaining_credits == 1391


@all_backends
def test_no_address_accepts_connections(backend: Backend, addresses: list[str]) -> None:
    """The error has the same words as for a single address."""
    addresses += ["127.0.0.2", "127.0.0.1"]
    with backend(f"http://{NAME}:{free_port()}", allow_http=True, max_retries=0) as caller:
        with pytest.raises(APIConnectionError, match="no response: connection refused"):
            caller.list()


def test_all_addresses_swallow_connections(addresses: list[str]) -> None:
    """The timeout is that of all of them together."""
    addresses += ["127.0.0.2", "127.0.0.3"]
    port = free_port()
    with black_hole("127.0.0.2", port), black_hole("127.0.0.3", port):
        with Threads(f"http://{NAME}:{port}", allow_http=True, timeout=0.6, max_retries=0) as caller:
            with (
                assert_duration(0.5),
                assert_ends(),
                pytest.raises(APITimeoutError, match=r"no connection within the timeout of 0\.6 s"),
            ):
                caller.list()


def test_addresses_share_the_timeout(addresses: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each address has its share, also where no thread can be started to look them up."""

    def start(thread: threading.Thread) -> None:
        if thread.name == "resolve":
            raise RuntimeError("can't start new thread")
        original(thread)

    original = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", start)
    addresses += ["127.0.0.2", "127.0.0.1"]
    with FaultServer(ok) as server, black_hole("127.0.0.2", server.port):
        with Client(KEY, base_url=f"http://{NAME}:{server.port}", allow_http=True, timeout=1) as client:
            with assert_duration(0.4), assert_ends():
                assert client.credits.list().total_remaining_credits == 1391


@all_backends
def test_name_that_is_no_host_name_says_so(backend: Backend) -> None:
    """A part of it is too long for DNS."""
    with backend(f"https://{'a' * 64}.example", max_retries=0) as caller:
        with pytest.raises(APIConnectionError, match=r"cannot resolve a{64}.example|it is not a valid host name"):
            caller.list()


STUCK_LOOK_UP = """
import socket, threading
from stablecog_client import APITimeoutError, Client

socket.getaddrinfo = lambda *_, **__: threading.Event().wait()
with Client("sc-test", base_url="https://api.test", timeout=0.2, max_retries=0) as client:
    try:
        client.credits.list()
    except APITimeoutError as error:
        print(error.message)
"""


def test_stuck_look_up_ends_at_the_timeout() -> None:
    """Nor does it hold up the end of the program."""
    said = output("-c", STUCK_LOOK_UP)
    assert said.startswith("no connection within the timeout of 0.2 s; check the network")


def test_address_needs_no_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither that of IPv4 nor that of IPv6."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("looked up")

    monkeypatch.setattr("stablecog_client._runtime.network.resolve", refuse)
    for host in "127.0.0.1", "[::1]":
        with Client(KEY, base_url=f"http://{host}:{free_port()}", max_retries=0) as client:
            with pytest.raises(APIConnectionError, match=r"connection refused|Cannot assign requested address"):
                client.credits.list()


@all_backends
def test_server_that_says_nothing_in_tls(backend: Backend) -> None:
    """The call ends by its deadline and leaves no connection open, of which Python would warn."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}"
        with assert_nothing_left_open(), backend(url, deadline=0.5) as caller:
            with assert_duration(0.4), assert_ends(), pytest.raises(APITimeoutError):
                caller.list()


def test_call_at_interpreter_shutdown() -> None:
    """Python 3.12 and newer start no thread then."""
    with FaultServer(ok) as server:
        program = f"""
import atexit
from stablecog_client import Client

def call():
    with Client({KEY!r}, base_url="http://localhost:{server.port}") as client:
        print(client.credits.list().total_remaining_credits)

atexit.register(call)
"""
        assert output("-c", program) == "1391\n"


ASYNC_AT_EXIT = """
import asyncio, atexit, socket, sys
from stablecog_client import APIConnectionError, AsyncClient

def getaddrinfo(host, port, *arguments, **options):
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("127.0.0.2", "127.0.0.1")]

socket.getaddrinfo = getaddrinfo

async def call(transport):
    async with AsyncClient("sc-test", base_url=sys.argv[1], max_retries=0, transport=transport) as client:
        print((await client.credits.list()).total_remaining_credits)

def call_both():
    asyncio.run(call("httpx"))
    try:
        asyncio.run(call("aiohttp"))
    except APIConnectionError as error:
        print("shutdown" in error.message)

atexit.register(call_both)
"""


def test_async_call_at_interpreter_shutdown() -> None:
    """The host is resolved in line, and each address is tried; aiohttp needs a thread, and the error is one of ours."""
    with FaultServer(ok) as server:
        printed = output("-c", ASYNC_AT_EXIT, f"http://localhost:{server.port}")
    assert printed.split() == ["1391", "True"]
