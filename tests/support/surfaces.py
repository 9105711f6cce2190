"""The operation through each public function that makes it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from stablecog_client import AsyncClient, Client, CreditsResponse
from stablecog_client.api.credits import list_credits

from tests.support.faults import KEY

Call = Callable[..., CreditsResponse]


def _sync(use: Callable[[Client], CreditsResponse]) -> Call:
    def call(base_url: str | None = None, api_key: str | None = KEY, **options: Any) -> CreditsResponse:
        with Client(api_key, base_url=base_url, **options) as client:
            return use(client)

    return call


def _asyncio(use: Callable[[AsyncClient], Awaitable[CreditsResponse]]) -> Call:
    def call(base_url: str | None = None, api_key: str | None = KEY, **options: Any) -> CreditsResponse:
        async def main() -> CreditsResponse:
            async with AsyncClient(api_key, base_url=base_url, **options) as client:
                return await use(client)

        return asyncio.run(main())

    return call


async def _parsed(client: AsyncClient) -> CreditsResponse:
    return (await list_credits.asyncio_detailed(client=client)).parsed


SURFACES: dict[str, Call] = {
    "client.credits.list": _sync(lambda client: client.credits.list()),
    "list_credits.sync": _sync(lambda client: list_credits.sync(client=client)),
    "list_credits.sync_detailed": _sync(lambda client: list_credits.sync_detailed(client=client).parsed),
    "await client.credits.list": _asyncio(lambda client: client.credits.list()),
    "list_credits.asyncio": _asyncio(lambda client: list_credits.asyncio(client=client)),
    "list_credits.asyncio_detailed": _asyncio(_parsed),
}
