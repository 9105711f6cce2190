# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
"""Test doubles of httpx stand between a client and the network, whenever they come and go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
import vcr  # type: ignore[import-untyped]
from pytest_httpx import HTTPXMock
from respx.models import AllMockedAssertionError
from stablecog_client import CreditsResponse
from vcr.errors import CannotOverwriteExistingCassetteException  # type: ignore[import-untyped]

from tests.support.drivers import Backend, Tasks, TasksOverAiohttp, Threads, all_backends
from tests.support.faults import FaultServer, close_before_first_byte, ok
from tests.support.processes import output

CREDITS: dict[str, Any] = {"total_remaining_credits": 5, "credits": []}


@all_backends
def test_respx_comes_and_goes(backend: Backend) -> None:
    """A client that was used before sends nothing while a mock is in place, and to the server again afterwards."""
    with FaultServer(ok) as server, backend(server.url) as caller:
        for number in range(1, 4):
            assert caller.list().total_remaining_credits == 1391
            with respx.mock(base_url=server.url) as mock:
                route = mock.get("/v1/credits").respond(json={**CREDITS, "total_remaining_credits": number})
                assert caller.list().total_remaining_credits == number
            assert route.call_count == 1
            assert len(server.requests) == number


def test_respx_lets_a_request_pass() -> None:
    """A route that passes through reaches the server, by our own connection under its patch."""
    with FaultServer(ok, close_before_first_byte, ok) as server, TasksOverAiohttp(server.url) as caller:
        with respx.mock(base_url=server.url) as mock:
            mock.get("/v1/credits").pass_through()
            for number in 1, 1, 3:  # one after the other, the second after a retry, and at once
                assert all(isinstance(outcome, CreditsResponse) for outcome in caller.list_at_once(number))
        assert caller.list().total_remaining_credits == 1391
    assert len(server.requests) == 7


def test_respx_names_an_unmatched_request() -> None:
    """Its message comes through as it is."""
    with FaultServer(ok) as server, Tasks(server.url) as caller, respx.mock(assert_all_called=False) as mock:
        mock.get("https://another.example")
        with pytest.raises(AllMockedAssertionError, match=r"RESPX: .* not mocked"):
            caller.list()
    assert not server.requests


def test_respx_answers_each_attempt() -> None:
    """What it raises or returns for an attempt is retried as if a server had sent it."""
    with FaultServer(ok) as server, Threads(server.url) as caller, respx.mock(base_url=server.url) as mock:
        route = mock.get("/v1/credits")
        route.side_effect = [
            httpx.TimeoutException("simulated"),
            httpx.Response(503),
            httpx.Response(200, json=CREDITS),
        ]
        assert caller.list().total_remaining_credits == 5
    assert route.call_count == 3
    assert not server.requests


@all_backends
def test_pytest_httpx_comes_and_goes(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """A client that was used before is mocked, and reaches the server again when the mock has gone."""
    with FaultServer(ok) as server, backend(server.url) as caller:
        caller.list()
        httpx_mock: HTTPXMock = request.getfixturevalue("httpx_mock")
        httpx_mock.add_response(json=CREDITS)
        assert caller.list().total_remaining_credits == 5
        assert len(server.requests) == 1
        monkeypatch.undo()
        assert caller.list().total_remaining_credits == 1391
        assert len(server.requests) == 2


@pytest.mark.parametrize("backend", [Threads, TasksOverAiohttp])
@pytest.mark.httpx_mock(assert_all_requests_were_expected=False, assert_all_responses_were_requested=False)
def test_pytest_httpx_names_an_unmatched_request(backend: Backend, httpx_mock: HTTPXMock) -> None:
    """Its message comes through as it is, after one attempt."""
    with FaultServer(ok) as server, backend(server.url) as caller:
        httpx_mock.add_response(url="https://another.example", json=CREDITS)
        with pytest.raises(httpx.TimeoutException, match="No response can be found for GET request"):
            caller.list()
    assert len(httpx_mock.get_requests()) == 1
    assert not server.requests


def test_pytest_httpx_in_two_tests_in_a_row(tmp_path: Path) -> None:
    """A client of the module's works in the second test as in the first, each with a mock of its own."""
    (tmp_path / "test_service.py").write_text("""
import asyncio
import pytest
from stablecog_client import AsyncClient, Client

runner = asyncio.Runner()
client = Client("sc-test", base_url="http://127.0.0.1:9")
async_client = AsyncClient("sc-test", base_url="http://127.0.0.1:9", transport="aiohttp")

@pytest.mark.parametrize("number", [1, 2, 3])
def test_it(number, httpx_mock):
    httpx_mock.add_response(json={"total_remaining_credits": number, "credits": []}, is_reusable=True)
    assert client.credits.list().total_remaining_credits == number
    assert runner.run(async_client.credits.list()).total_remaining_credits == number
""")
    plugins = ("-p", "no:cacheprovider", "-p", "pytest_httpx")  # alone: others take seconds to load
    assert "3 passed" in output("-m", "pytest", "-q", *plugins, folder=tmp_path, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")


@all_backends
def test_vcr_replays_what_it_recorded(backend: Backend, tmp_path: Path) -> None:
    """The second of two cassettes is filled and replayed as the first, by one client."""
    with FaultServer(ok) as server, backend(server.url) as caller:
        caller.list()
        server.requests.clear()
        for number in (0, 1):
            recorder = vcr.VCR(cassette_library_dir=str(tmp_path), filter_headers=["authorization"])
            with recorder.use_cassette(f"{number}.yaml", record_mode="once") as cassette:
                caller.list()
                assert len(server.requests) == number + 1
            with recorder.use_cassette(f"{number}.yaml", record_mode="none") as cassette:
                assert caller.list().total_remaining_credits == 1391
                assert cassette.play_count == 1
            assert len(server.requests) == number + 1
            assert "sc-" not in (tmp_path / f"{number}.yaml").read_text()


def test_vcr_names_an_unmatched_request(tmp_path: Path) -> None:
    """Its message comes through as it is, after one attempt."""
    with FaultServer(ok) as server, Threads(server.url) as caller:
        with vcr.use_cassette(str(tmp_path / "empty.yaml"), record_mode="none"):
            with pytest.raises(CannotOverwriteExistingCassetteException, match=r"empty\.yaml"):
                caller.list()
    assert not server.requests
