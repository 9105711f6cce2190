"""A downstream service's code passes the strictest type checks, in a project of its own, and does what it says."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import griffe
import httpx
import pytest
from stablecog_client import AsyncClient, Client

from tests.support import consumer
from tests.support.api_description import FAILURES, SUCCESSES, Recording
from tests.support.faults import KEY
from tests.support.processes import python
from tools import ROOT, breaking
from tools.replay import ReplayServer

GENERATED = ROOT / "generated"

MISUSE = """
from stablecog_client import AsyncClient, Client, TCredit
from stablecog_client.api.credits import list_credits

def misuse(client: Client, async_client: AsyncClient, credit: TCredit) -> None:
    client.credits.lists()  # no such operation
    client.credits.list("everything")  # no such parameter
    list_credits.sync(client=async_client)  # the other client
    credit.remaining_amount = 1  # frozen
    credit.remaining_amount.upper()  # an int
    credit.expired_at  # no such field
    Client("sc-...", "https://...")  # by keyword alone
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of its own, with what a service may write and what it must not."""
    (tmp_path / "consumer.py").write_bytes(Path(consumer.__file__).read_bytes())
    (tmp_path / "misuse.py").write_text(MISUSE)
    return tmp_path


def check_found(found: str) -> None:
    assert "consumer.py:" not in found, found
    for number, line in enumerate(MISUSE.splitlines(), 1):
        assert (f"misuse.py:{number}:" in found) == ("  # " in line), line + found


def test_mypy_finds_misuse_and_nothing_else(project: Path) -> None:
    """In the code of a project of its own."""
    command = ("mypy", "--strict", f"--cache-dir={project}", "--config-file=", "consumer.py", "misuse.py")
    check_found(python("-m", *command, folder=project, MYPYPATH=str(GENERATED)).stdout)


def test_pyright_finds_misuse_and_nothing_else(project: Path) -> None:
    """In the code of a project of its own."""
    settings = {"typeCheckingMode": "strict", "extraPaths": [str(GENERATED)], "pythonVersion": "3.11"}
    (project / "pyrightconfig.json").write_text(json.dumps(settings))
    check_found(python("-m", "pyright", "--pythonpath", sys.executable, folder=project).stdout)


IN_DEVELOPMENT = """
import asyncio, sys
from stablecog_client import AsyncClient, Client

async def main() -> None:
    async with AsyncClient("sc-test", base_url=sys.argv[1]) as client:
        print((await client.credits.list()).total_remaining_credits)

with Client("sc-test", base_url=sys.argv[1]) as client:
    print(client.credits.list().total_remaining_credits)
asyncio.run(main())
"""


def test_nothing_warns_in_development_mode() -> None:
    """Nothing is left open, either."""
    with ReplayServer(SUCCESSES[0].raw) as server:
        run = python("-X", "dev", "-W", "error", "-c", IN_DEVELOPMENT, server.url)
    total = SUCCESSES[0].json["total_remaining_credits"]
    assert run.stdout.split() == [str(total)] * 2, run.stderr
    assert "Warning" not in run.stderr


def undescribed(item: griffe.Object | griffe.Alias) -> Iterator[str]:
    """Public names below the item for which an editor has nothing to show."""
    is_enum = {str(base) for base in getattr(item, "bases", ())} & {"StrEnum", "IntEnum"}
    for member in item.all_members.values():
        if member.is_public and not member.name.startswith("__"):
            if not member.docstring and not is_enum:  # of whose values the API description says nothing
                yield member.canonical_path
            if member.is_module or member.is_class:
                yield from undescribed(member)


def test_public_names_have_docstrings() -> None:
    """Where an editor shows them."""
    package = breaking.load(ROOT)
    assert not set(undescribed(package))


@pytest.mark.parametrize("recording", SUCCESSES, ids=str)
def test_consumer_runs(recording: Recording) -> None:
    """It gets what the recording says."""

    async def total(url: str) -> int:
        async with AsyncClient(KEY, base_url=url) as client:
            return await consumer.remaining_async(client)

    with ReplayServer(recording.raw) as server, Client(KEY, base_url=server.url) as client:
        body = recording.json
        amounts = {name: amount for name, (amount, _) in consumer.remaining(client).items()}
        assert amounts == {credit["type"]["name"]: credit["remaining_amount"] for credit in body["credits"]}
        assert asyncio.run(total(server.url)) == body["total_remaining_credits"]
        assert consumer.requests_left(client) == int(recording.header("X-Ratelimit-Remaining") or -1)
        assert consumer.why_not(client) is None


@pytest.mark.parametrize("recording", FAILURES, ids=str)
def test_consumer_says_why_not(recording: Recording) -> None:
    """It gets the error that the recording says."""
    asked_for = recording.header("retry-after")
    reason = f"ask again in {float(asked_for)} s" if asked_for else f"{recording.status}: {recording.text}"
    with ReplayServer(recording.raw) as server, httpx.Client() as http_client:
        assert consumer.why_not(consumer.behind_a_proxy(KEY, server.url, http_client)) == reason
