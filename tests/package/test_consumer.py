"""A downstream service's code does what it says; test_build.py checks its types. All public names have docstrings."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import griffe
import httpx
import pytest
from stablecog_client import AsyncClient, Client, ErrorResponse

from tests.support import consumer
from tests.support.api_description import FAILURES, SUCCESSES
from tests.support.faults import KEY
from tools import ROOT, breaking
from tools.replay import ReplayServer


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


def test_a_consumer_gets_what_is_recorded() -> None:
    """It gets what the recording says, in sync and async calls."""
    recording = next(each for each in SUCCESSES if each.name == "200-two-credits.http")

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


def test_a_consumer_tells_what_was_left_out() -> None:
    """By `is UNSET`, which type checkers understand."""
    assert consumer.said(ErrorResponse(error="Unauthorized")) == "Unauthorized"
    assert consumer.said(ErrorResponse(error="Unauthorized", description="No key.")) == "Unauthorized: No key."


@pytest.mark.parametrize("name", ["404-unknown-path.http", "429-burst.http"])
def test_a_consumer_gets_the_recorded_error(name: str) -> None:
    """It gets the error that the recording says, with the time to wait if there is one."""
    recording = next(each for each in FAILURES if each.name == name)
    asked_for = recording.header("retry-after")
    reason = f"ask again in {float(asked_for)} s" if asked_for else f"{recording.status}: {recording.text}"
    with ReplayServer(recording.raw) as server, httpx.Client() as http_client:
        assert consumer.why_not(consumer.behind_a_proxy(KEY, server.url, http_client)) == reason
