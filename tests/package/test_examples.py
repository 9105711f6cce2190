"""The examples do what they say, with recordings of the real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

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


def test_each_example_is_short() -> None:
    """An example has fewer than 50 lines."""
    lines = {example.name: len(example.read_text("utf-8").splitlines()) for example in EXAMPLES}
    assert lines
    assert [name for name, count in lines.items() if count >= 50] == []


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


# Of two credits, 1,391 in all, which never expire
CHECKS = {
    "--warn=1391 --critical=1391": (0, "CREDITS OK - 1,391 credits left, 0 of them expire within 7 days"),
    "--warn=1392": (1, "CREDITS WARNING - 1,391 credits left, 0 of them expire within 7 days"),
    "--warn=1392 --critical=1392": (2, "CREDITS CRITICAL - 1,391 credits left, 0 of them expire within 7 days"),
    "--days=40000": (1, "CREDITS WARNING - 1,391 credits left, 1,391 of them expire within 40000 days"),
    "--days=3000000": (3, "CREDITS UNKNOWN - OverflowError: date value out of range"),
    "--warn=many": (3, "CREDITS UNKNOWN - argument --warn: invalid int value: 'many'"),
}


def test_the_check_exits_with_a_plugin_status() -> None:
    """The check prints one line and exits with a monitoring plugin's status."""
    ended = {arguments: run("check_credits.py", *arguments.split()) for arguments in CHECKS}
    assert ended == {arguments: (status, f"{line}\n") for arguments, (status, line) in CHECKS.items()}


@pytest.mark.parametrize(
    ("recording", "key", "status", "said"),
    [
        (CREDITS, "sc-test", 0, "CREDITS OK - 1,391 credits left, "),
        ("200-no-credits.http", "sc-test", 2, "CREDITS CRITICAL - 0 credits left, "),
        ("401-inactive-key.http", "sc-test", 2, "CREDITS CRITICAL - GET "),
        ("404-unknown-path.http", "sc-test", 3, "CREDITS UNKNOWN - NotFoundError: "),
        (CREDITS, "", 3, "CREDITS UNKNOWN - UsageError: "),
    ],
    ids=["enough", "none", "bad key", "no response", "no key"],
)
def test_the_check_needs_a_response_and_credits(recording: str, key: str, status: int, said: str) -> None:
    """Without options it is OK with 1,000 credits; no credits and a refused key are CRITICAL, all else is UNKNOWN."""
    ended, text = run("check_credits.py", recording=recording, key=key)
    assert (ended, text.startswith(said), text.count("\n")) == (status, True, 1), text


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
    arguments = ("-q", "-p", "no:cacheprovider", "examples/test_your_service.py")
    assert "2 passed" in output("-m", "pytest", *arguments, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
