"""What a caller's `http_client` says about server and time counts where the client was not told otherwise."""

from __future__ import annotations

import asyncio
import sys
from types import ModuleType
from typing import Any

import httpx
import pytest
from stablecog_client import APITimeoutError, AsyncClient, Client, UsageError

from tests.support.drivers import assert_ends
from tests.support.faults import KEY, FaultServer, ReceivedRequest, ok, say_nothing


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Any:
    """A call over an `http_client` with these options, by a client with those in `ours`."""

    def sync(ours: dict[str, Any], **options: Any) -> None:
        with httpx.Client(**options) as http_client, Client(KEY, http_client=http_client, **ours) as client:
            client.credits.list()

    async def main(ours: dict[str, Any], **options: Any) -> None:
        async with httpx.AsyncClient(**options) as http_client:
            async with AsyncClient(KEY, http_client=http_client, **ours) as client:
                await client.credits.list()

    def run(*arguments: Any, **options: Any) -> None:
        asyncio.run(main(*arguments, **options))

    return sync if request.param == "sync" else run


def test_its_base_url_counts(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before that of the environment, but not before ours."""
    with FaultServer(ok) as server, FaultServer(ok) as other:
        monkeypatch.setenv("STABLECOG_BASE_URL", other.url)
        call({}, base_url=f"{server.url}/prefix/")
        call({"base_url": other.url}, base_url=server.url)
        call({})
    assert [ReceivedRequest.of(request).path for request in server.requests] == ["/prefix/v1/credits"]
    assert len(other.requests) == 2


def test_its_base_url_is_checked() -> None:
    """Refused by its name: it must be a server that may have the key."""
    for url in "http://a.example", "https://a.example?x=1", "https://user:hunter2@a.example":
        with httpx.Client(base_url=url) as http_client:
            with pytest.raises(UsageError, match=r"^http_client: its base_url: ") as refused:
                Client(KEY, http_client=http_client)
        assert "hunter2" not in str(refused.value)


def test_its_timeout_counts(call: Any) -> None:
    """But not before ours."""
    with FaultServer(say_nothing) as server:
        url = {"base_url": server.url, "max_retries": 0, "deadline": 3}
        for ours, theirs in ({}, {"timeout": 0.3}), ({"timeout": 0.3}, {"timeout": 60}):
            with assert_ends(), pytest.raises(APITimeoutError, match=r"within the timeout of 0\.3 s"):
                call({**url, **ours}, **theirs)


def test_no_timeout_of_its_own_is_none(call: Any) -> None:
    """The deadline holds all the same."""
    with FaultServer(say_nothing) as server:
        with assert_ends(), pytest.raises(APITimeoutError, match=r"within the deadline of 0\.5 s"):
            call({"base_url": server.url, "deadline": 0.5}, timeout=None)


@pytest.mark.parametrize(("kind", "name"), [(Client, "Client"), (AsyncClient, "AsyncClient")])
def test_a_client_of_another_library_is_refused(kind: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name of its package: httpx2 has classes of the same names."""
    module = ModuleType("httpx2._client")
    other = type(name, (), {"__module__": module.__name__})
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with pytest.raises(UsageError, match=rf"^http_client: expected an httpx\.{name}, got httpx2\.{name}$"):
        kind(KEY, http_client=other())


def test_http_client_keeps_its_accept() -> None:
    """As it keeps its other headers."""
    accept = "application/vnd.mine+json"
    with FaultServer(ok) as server, httpx.Client(headers={"Accept": accept}) as http_client:
        Client(KEY, base_url=server.url, http_client=http_client).credits.list()
    assert f"accept: {accept}".encode() in server.requests[0].lower()
