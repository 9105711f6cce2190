"""What both clients have in common."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from stablecog_client import AsyncClient, Client, UsageError
from stablecog_client.api.credits import list_credits

from tests.support.faults import KEY


def refusal(make: Any, *arguments: Any, **options: Any) -> str:
    with pytest.raises(UsageError) as refused:
        make(*arguments, **options)
    return str(refused.value)


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
