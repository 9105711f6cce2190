"""The examples do what they say, with recordings of the real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from stablecog_client import UsageError

from examples import fastapi_app
from tests.support.processes import output, python
from tools import ROOT
from tools.replay import ReplayServer

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
CREDITS = "200-two-credits.http"  # 1,391 are left, and never expire


def run(example: str, *arguments: str, recording: str = CREDITS, key: str = "sc-test") -> tuple[int, str]:
    """Run an example; return its exit status and output."""
    with ReplayServer.of(recording) as server:
        program = ROOT / "examples" / example
        done = python(program, *arguments, STABLECOG_BASE_URL=server.url, STABLECOG_API_KEY=key)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_short(example: Path) -> None:
    """An example has fewer than 50 lines."""
    assert len(example.read_text("utf-8").splitlines()) < 50


def test_the_job_starts_with_enough_credits() -> None:
    """The job starts when the credits suffice for its work."""
    status, text = run("batch_job.py", "1000", "391")
    assert (status, text.splitlines()[0]) == (0, "Starting: the work costs 1,391 of 1,391 credits.")
    assert "Piece 2" in text


def test_the_job_needs_enough_credits() -> None:
    """The job does not start when the credits do not suffice."""
    said = "Not started: the work costs 1,392 credits, and 1,391 are left.\n"
    assert run("batch_job.py", "1000", "392") == (1, said)


@pytest.mark.parametrize("prices", [[], ["much"]])
def test_the_job_describes_its_arguments(prices: list[str]) -> None:
    """Wrong arguments end in a usage message."""
    status, text = run("batch_job.py", *prices)
    assert status == 2
    assert "PRICE" in text
    assert "Traceback" not in text


def test_the_job_needs_a_response() -> None:
    """The job does not start when the credits are unknown."""
    status, text = run("batch_job.py", "1", recording="401-inactive-key.http")
    assert status == 1
    assert "Not started, as the credits are not known. AuthenticationError" in text
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("arguments", "recording", "status", "said"),
    [
        ([], CREDITS, 0, "CREDITS OK - 1,391 credits left, 0 of them expire within 7 days"),
        (["--warn=1391", "--critical=1391"], CREDITS, 0, "CREDITS OK - 1,391 credits left"),
        (["--warn=1392"], CREDITS, 1, "CREDITS WARNING - 1,391 credits left"),
        (["--warn=1392", "--critical=1392"], CREDITS, 2, "CREDITS CRITICAL - 1,391 credits left"),
        (["--days=40000"], CREDITS, 1, "1,391 of them expire within 40000 days"),
        (["--days=3000000"], CREDITS, 3, "CREDITS UNKNOWN - OverflowError: "),
        (["--warn=many"], CREDITS, 3, "CREDITS UNKNOWN - argument --warn: invalid int value: 'many'"),
        ([], "200-no-credits.http", 2, "CREDITS CRITICAL - 0 credits left"),
        ([], "401-inactive-key.http", 2, "CREDITS CRITICAL - "),
        ([], "404-unknown-path.http", 3, "CREDITS UNKNOWN - NotFoundError: "),
    ],
)
def test_the_check_exits_with_a_plugin_status(arguments: list[str], recording: str, status: int, said: str) -> None:
    """The check prints one line and exits with a monitoring plugin's status."""
    ended, text = run("check_credits.py", *arguments, recording=recording)
    assert (ended, said in text, text.count("\n")) == (status, True, 1), text


@pytest.mark.parametrize("key", ["", "sc test"])
def test_the_check_is_unknown_without_a_key(key: str) -> None:
    """Without a usable key the status is UNKNOWN."""
    status, text = run("check_credits.py", key=key)
    assert (status, "CREDITS UNKNOWN - UsageError" in text) == (3, True), text


@asynccontextmanager
async def running_app() -> AsyncGenerator[httpx.AsyncClient]:
    """Start the app and yield a client of it."""
    transport = httpx.ASGITransport(fastapi_app.app)
    async with fastapi_app.lifespan(fastapi_app.app), httpx.AsyncClient(transport=transport) as browser:
        yield browser


@pytest.mark.parametrize(
    ("recording", "status", "body"),
    [
        (CREDITS, 200, {"left": 1391}),
        ("404-unknown-path.http", 502, {"detail": "Stablecog does not answer as it should."}),
    ],
)
def test_the_app_shares_one_client(recording: str, status: int, body: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """The app serves every request with one client and closes it at the end."""
    monkeypatch.setenv("STABLECOG_API_KEY", "sc-test")

    async def main() -> None:
        async with running_app() as browser:
            client = fastapi_app.app.state.stablecog
            for _ in range(2):
                response = await browser.get("http://app/credits")
                assert (response.status_code, response.json()) == (status, body)
            assert fastapi_app.app.state.stablecog is client
            assert not client.is_closed
        assert client.is_closed

    with ReplayServer.of(recording) as server:
        monkeypatch.setenv("STABLECOG_BASE_URL", server.url)
        asyncio.run(main())


def test_the_app_does_not_start_without_a_key() -> None:
    """A missing key is an error at start-up."""

    async def main() -> None:
        async with running_app():
            pass

    with pytest.raises(UsageError, match="STABLECOG_API_KEY"):
        asyncio.run(main())


def test_the_example_test_needs_no_network() -> None:
    """The example of a test passes without a network."""
    assert "2 passed" in output("-m", "pytest", "-q", "-p", "no:cacheprovider", "examples/test_your_service.py")
