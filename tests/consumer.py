"""What a downstream service writes. Type-checked strictly; the tests run it too."""

from __future__ import annotations

import datetime
from typing import assert_type

from stablecog_client import AsyncClient, Client, CreditsResponse, Response, TCredit
from stablecog_client.api.credits import list_credits


def remaining(client: Client) -> dict[str, tuple[int, datetime.datetime]]:
    """What remains of each type of credits, and until when."""
    credits = client.credits.list()
    assert_type(credits, CreditsResponse)
    assert_type(credits.total_remaining_credits, int)
    assert_type(credits.credits, list[TCredit])
    return {credit.type.name: (credit.remaining_amount, credit.expires_at) for credit in credits.credits}


async def remaining_async(client: AsyncClient) -> int:
    """All credits that remain."""
    assert_type(await client.credits.list(), CreditsResponse)
    assert_type(await list_credits.asyncio(client=client), CreditsResponse)
    detailed = await list_credits.asyncio_detailed(client=client)
    assert_type(detailed, Response[CreditsResponse])
    return detailed.parsed.total_remaining_credits


def requests_left(client: Client) -> int:
    """What the rate limit leaves."""
    assert_type(list_credits.sync(client=client), CreditsResponse)
    return int(list_credits.sync_detailed(client=client).headers["X-Ratelimit-Remaining"])
