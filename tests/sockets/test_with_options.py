"""`with_options`: a client with other options for some calls, which shares everything else."""

from __future__ import annotations

import asyncio
import gc
import pickle
from typing import Any, assert_type

import pytest
from stablecog_client import APITimeoutError, AsyncClient, Client, InternalServerError, UsageError

from tests.support.drivers import HANG, Backend, TasksOverAiohttp, Threads, assert_ends, both_clients
from tests.support.faults import KEY, FaultServer, ReceivedRequest, ok, say_nothing, text

each_library = pytest.mark.parametrize("backend", [Threads, TasksOverAiohttp])  # which sends headers as it likes


@both_clients
def test_connections_and_headers_are_shared(backend: Backend) -> None:
    """One connection serves both clients; headers are added, also those of an earlier `with_options`."""
    with FaultServer(ok) as server, backend(server.url) as caller:
        caller.list()
        tagged = caller.client.with_options(headers={"X-Tenant": "a"})
        caller.run(tagged.credits.list())
        caller.run(tagged.with_options(headers={"X-Trace": "b"}).credits.list())
        caller.list()
        seen = [ReceivedRequest.of(request).headers for request in server.requests]
        assert server.connections == 1
    assert [(headers.get("x-tenant"), headers.get("x-trace")) for headers in seen] == [
        *((None, None), ("a", None), ("a", "b"), (None, None)),
    ]
    assert {headers["authorization"] for headers in seen} == {f"Bearer {KEY}"}


@each_library
def test_headers_of_the_client_itself_stay(backend: Backend) -> None:
    """The key cannot be replaced."""
    for name in "Authorization", "AUTHORIZATION":
        with FaultServer(ok) as server, backend(server.url) as caller:
            caller.run(caller.client.with_options(headers={name: "other"}).credits.list())
        headers = ReceivedRequest.of(server.requests[0]).headers
        assert headers["authorization"] == f"Bearer {KEY}", name
        assert headers["accept-encoding"] == "gzip, deflate", name


@both_clients
def test_last_of_the_headers_of_a_name_counts(backend: Backend) -> None:
    """In whichever case it was given before."""
    with FaultServer(ok) as server, backend(server.url) as caller:
        client: Any = caller.client
        for name in "X-Request-Id", "x-request-id", "X-Request-Id", "X-REQUEST-ID":
            client = client.with_options(headers={name: f"{len(server.requests)}"})
            caller.run(client.credits.list())
    sent = [ReceivedRequest.of(request).headers["x-request-id"] for request in server.requests]
    assert sent == ["0", "1", "2", "3"]


@each_library
def test_user_agent_can_be_replaced(backend: Backend) -> None:
    """The header that is sent is the caller's alone."""
    with FaultServer(ok) as server, backend(server.url) as caller:
        caller.run(caller.client.with_options(headers={"User-Agent": "mine/1"}).credits.list())
    assert ReceivedRequest.of(server.requests[0]).headers["user-agent"] == "mine/1"


@both_clients
def test_retries_and_times_are_its_own(backend: Backend) -> None:
    """Those of the client that it was made from stay."""
    with FaultServer(text(503), ok, say_nothing) as server, backend(server.url) as caller:
        with pytest.raises(InternalServerError):
            caller.run(caller.client.with_options(max_retries=0).credits.list())
        caller.list()
        with assert_ends(), pytest.raises(APITimeoutError, match=r"within the deadline of 0\.3 s"):
            caller.run(caller.client.with_options(deadline=0.3).credits.list())
        with assert_ends(), pytest.raises(APITimeoutError, match=r"within the timeout of 0\.3 s"):
            caller.run(caller.client.with_options(timeout=0.3, max_retries=0).credits.list())


@both_clients
def test_closing_it_closes_nothing(backend: Backend) -> None:
    """Closing the client that it was made from closes both."""
    with FaultServer(ok) as server, backend(server.url) as caller:
        caller.list()
        other = caller.client.with_options(deadline=5)
        caller.run(other.close())
        caller.list()
        caller.run(other.credits.list())
        assert server.connections == 1
        caller.close()
        assert other.is_closed
        with pytest.raises(UsageError, match="the client is closed"):
            caller.run(other.credits.list())


@both_clients
def test_dropping_it_closes_nothing(backend: Backend) -> None:
    """Even if its call was the one that opened the connection."""
    with FaultServer(ok) as server, backend(server.url) as caller:
        other: Any = caller.client.with_options(deadline=HANG)
        caller.run(other.credits.list())
        del other
        gc.collect()
        caller.idle(0.05)
        caller.list()
        assert server.connections == 1


def test_it_shows_and_pickles_as_its_client() -> None:
    """Neither shows the headers."""
    for kind in Client, AsyncClient:
        client = kind(KEY, base_url="https://a.example").with_options(headers={"X-Secret": "hunter2"})
        assert (type(client), repr(client)) == (kind, f"{kind.__name__}(base_url='https://a.example')")
        with pytest.raises(TypeError, match=f"a {kind.__name__} cannot be pickled or copied"):
            pickle.dumps(client)


BAD_OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"deadline": 0}, "deadline: expected a positive number of seconds"),
    ({"timeout": "5"}, "timeout: expected a positive number of seconds"),
    ({"max_retries": -1}, "max_retries: expected a whole number"),
    ({"headers": {"X-A": 5}}, "headers: expected a mapping of names to values"),
    ({"headers": 5}, "headers: expected a mapping of names to values"),
]


def test_bad_options_are_refused() -> None:
    """As those of a client, by name."""
    for options, message in BAD_OPTIONS:
        with pytest.raises(UsageError, match=f"^{message}"):
            Client(KEY).with_options(**options)


def test_it_has_the_type_of_its_client() -> None:
    """Checked by mypy and pyright."""
    with Client(KEY, base_url="http://127.0.0.1:9") as client:
        assert_type(client.with_options(timeout=1), Client)

    async def main() -> None:
        async with AsyncClient(KEY, base_url="http://127.0.0.1:9") as client:
            assert_type(client.with_options(timeout=1), AsyncClient)

    asyncio.run(main())


def test_attributes_of_a_subclass_are_kept() -> None:
    """Except the tags, which belong to their client."""

    class Tenant(Client):
        def __init__(self, tenant: str) -> None:
            super().__init__(KEY)
            self.tenant = tenant

    client = Tenant("acme")
    other = client.with_options(deadline=2)
    assert (type(other), other.tenant) == (Tenant, "acme")
    assert client.credits is client.credits
    assert other.credits is not client.credits


def test_tag_may_be_used_first_meanwhile() -> None:
    """By another thread, whose `client.<tag>` must not disturb the copy."""
    client: Any = Client(KEY)

    class Disturbing:
        @property
        def _client(self) -> None:
            client.other = 1

    client.disturbing = Disturbing()
    assert not hasattr(client.with_options(deadline=5), "other")
