"""A downstream service's code passes the strictest type checks, in a project of its own, and does what it says."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from stablecog_client import AsyncClient, Client

from tests import consumer
from tests.contract import FAILURES, ROOT, SUCCESSES, Recording
from tests.faults import KEY
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


def mypy(file: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        f"--cache-dir={cache}",
        "--config-file=",
        file.name,
    ]
    environment = {**os.environ, "MYPYPATH": str(GENERATED)}
    return subprocess.run(command, cwd=file.parent, env=environment, capture_output=True, text=True, check=False)  # noqa: S603


def pyright(file: Path, _: Path) -> subprocess.CompletedProcess[str]:
    settings = {"typeCheckingMode": "strict", "extraPaths": [str(GENERATED)], "pythonVersion": "3.11"}
    file.with_name("pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--project", str(file.parent)]
    return subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=False)  # noqa: S603


@pytest.mark.parametrize("check", [mypy, pyright])
def test_a_consumer_passes_the_strict_type_check_and_misuse_does_not(
    check: Callable[[Path, Path], subprocess.CompletedProcess[str]], tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    cache = pytestconfig.cache.mkdir("mypy")
    for name, source in ("use", Path(consumer.__file__).read_text()), ("misuse", MISUSE):
        (tmp_path / name).mkdir()
        (tmp_path / name / "service.py").write_text(source)
    passed = check(tmp_path / "use" / "service.py", cache)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    found = check(tmp_path / "misuse" / "service.py", cache).stdout
    for number, line in enumerate(MISUSE.splitlines(), 1):
        assert (f"service.py:{number}:" in found) == ("  # " in line), line + found


@pytest.mark.parametrize("recording", SUCCESSES, ids=str)
def test_the_consumer_runs(recording: Recording) -> None:
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
def test_the_consumer_says_why_not(recording: Recording) -> None:
    asked_for = recording.header("retry-after")
    reason = f"ask again in {float(asked_for)} s" if asked_for else f"{recording.status}: {recording.text}"
    with ReplayServer(recording.raw) as server, httpx.Client() as http_client:
        assert consumer.why_not(consumer.behind_a_proxy(KEY, server.url, http_client)) == reason
