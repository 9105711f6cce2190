"""What both clients have in common."""

from __future__ import annotations

import asyncio
import os
from typing import Any
from unittest.mock import Mock

import httpx
import pytest
from stablecog_client import AsyncClient, Client
from stablecog_client._runtime import environment
from stablecog_client._runtime.api_request import APIRequest, Security
from stablecog_client.api.credits import list_credits

from tests.support.drivers import refusal
from tests.support.faults import KEY
from tests.support.script import GET_CREDITS


def test_client_of_the_other_kind_sends_nothing() -> None:
    """`sync` refuses an AsyncClient, `asyncio` a Client, before the request."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200)

    transport: Any = httpx.MockTransport(answer)
    client: Any = Client(KEY, http_client=httpx.Client(transport=transport))
    async_client: Any = AsyncClient(KEY, http_client=httpx.AsyncClient(transport=transport))
    other = "client: expected a Client; use `asyncio` with an AsyncClient"
    assert refusal(list_credits.sync, client=async_client) == refusal(list_credits.sync_detailed, client=async_client)
    assert refusal(list_credits.sync, client=async_client) == other

    async def call() -> None:
        await list_credits.asyncio(client=client)

    assert refusal(asyncio.run, call()) == "client: expected an AsyncClient; use `sync` with a Client"
    assert sent == []


def test_tag_of_the_class_is_that_of_a_client() -> None:
    """Test doubles with the specification of a client look at the class."""
    assert dir(Client.credits) == dir(Client(KEY).credits)


def test_request_without_arguments_is_built_once() -> None:
    """Unless an `http_client` may change it from call to call, or it has arguments."""
    search = APIRequest[None]("GET", "/", None, {}, query={"q": "a"})
    with httpx.Client() as http_client:
        own: Any = Client(KEY)
        custom: Any = Client(KEY, http_client=http_client)
        for client, request, built_once in (own, GET_CREDITS, True), (own, search, False), (custom, GET_CREDITS, False):
            first, second = client._prepare(request), client._prepare(request)
            assert (first is second) is built_once
            assert [url.host for url, _ in (first, second)] == ["api.stablecog.com"] * 2


@pytest.mark.parametrize("place", ["path_parameters", "query", "headers", "cookies", "body"])
def test_arguments_of_a_call_are_its_own(place: str) -> None:
    """What is kept of an operation without arguments does not replace them, nor are they kept."""
    client: Any = Client(KEY)
    nothing = APIRequest[None]("GET", "/", None, {})
    arguments: list[dict[str, Any]] = [{place: {"a": value}} for value in ("b", "c")]
    some = [nothing._replace(**each) for each in arguments]
    prepared = [client._prepare(request) for request in (*some, nothing, *some)]
    assert len({id(factory) for _, factory in prepared}) == 5


def test_operations_are_told_apart() -> None:
    """By method, path and security: nothing else is kept of them."""
    client: Any = Client(KEY)
    one = APIRequest[None]("GET", "/", None, {})
    others = [one._replace(method="POST"), one._replace(path="/a"), one._replace(security=Security("query", "key"))]
    assert [client._prepare(each) is client._prepare(one) for each in (*others, one._replace())] == [*[False] * 3, True]


def test_requests_do_not_share_their_headers() -> None:
    """An event hook that adds one changes this request alone."""
    client: Any = Client(KEY)
    url, factory = client._prepare(GET_CREDITS)
    factory(url, {}).headers["traceparent"] = "00-1"
    assert "traceparent" not in factory(url, {}).headers


def test_base_url_may_have_a_path() -> None:
    """With or without a slash at its end."""
    for base_url in "https://api.example.com/X", "https://api.example.com/X/":
        client: Any = Client(KEY, base_url=base_url)
        url, _ = client._prepare(GET_CREDITS)
        assert str(url) == "https://api.example.com/X/v1/credits"


def test_certificates_are_read_ahead_if_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for a server without TLS, nor for an `http_client`, which has its own."""
    monkeypatch.setattr(environment, "trust_store", trust_store := Mock())
    Client(KEY, base_url="http://127.0.0.1:9")
    with httpx.Client() as http_client:
        Client(KEY, http_client=http_client)
        Client(KEY, base_url="http://127.0.0.1:9", http_client=http_client)
    assert trust_store.mock_calls == []
    Client(KEY)
    trust_store.preload.assert_called_once_with()


def test_each_process_makes_its_state_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given that of the process that forked it, also if it was forked itself."""
    made: list[tuple[str | None, str]] = []

    def make(_: object, config: object, parent: str | None) -> str:
        made.append((parent, state := f"state {len(made)}"))
        return state

    monkeypatch.setattr(Client, "_state_type", make)
    client: Any = Client(KEY)
    process = os.getpid()
    for forked in 0, 1, 2:
        monkeypatch.setattr(os, "getpid", lambda forked=forked: process + forked)
        assert [client._state, client._state] == [f"state {forked}"] * 2
    monkeypatch.setattr(os, "getpid", lambda: process)
    assert client._state == "state 0"
    assert made == [(None, "state 0"), ("state 0", "state 1"), ("state 1", "state 2")]


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_client_closed_before_a_fork_stays_closed(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is open stays open."""
    closed, still_open, process = kind(KEY), kind(KEY), os.getpid()
    closing = closed.close()
    if kind is AsyncClient:
        asyncio.run(closing)
    monkeypatch.setattr(os, "getpid", lambda: process + 1)
    assert (closed.is_closed, still_open.is_closed) == (True, False)
