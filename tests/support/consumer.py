"""What a downstream service writes. Type-checked strictly, as it is, and run by test_consumer.py."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, assert_type

import httpx
from stablecog_client import (
    UNSET,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    AsyncClient,
    Client,
    CreditsResponse,
    ErrorResponse,
    RateLimitError,
    Response,
    TCredit,
    TCreditType,
)
from stablecog_client.api.credits import list_credits


def remaining(client: Client) -> dict[str, tuple[int, datetime.datetime]]:
    """What remains of each type of credits, and until when."""
    credits = client.credits.list()
    assert_type(credits, CreditsResponse)
    assert_type(credits.total_remaining_credits, int)
    assert_type(credits.credits, list[TCredit])
    for credit in credits.credits:
        assert_type(credit.expires_at, datetime.datetime)
        assert_type(credit.type, TCreditType)
        assert_type(credit.additional_properties, dict[str, Any])
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
    detailed = list_credits.sync_detailed(client=client)
    assert_type(detailed.headers, Mapping[str, str])
    assert_type(detailed.content, bytes)
    return int(detailed.headers["X-Ratelimit-Remaining"])


def why_not(client: Client) -> str | None:
    """Why the credits cannot be had just now, or None if they can."""
    try:
        client.credits.list()
    except RateLimitError as error:
        assert_type(error.retry_after, float | None)
        return f"ask again in {error.retry_after} s"
    except APIStatusError as error:
        assert_type(error.status_code, int)
        return f"{error.status_code}: {error.text}"
    except APIResponseValidationError as error:
        return f"unexpected: {error.path}"
    except APIError as error:
        assert_type(error.attempts, int)
        return f"{error.method} {error.url}: {error.message}"
    return None


def said(error: ErrorResponse) -> str:
    """What the server says, with its description if there is one."""
    if error.description is UNSET:
        return error.error
    assert_type(error.description, str)
    return f"{error.error}: {error.description}"


def behind_a_proxy(api_key: str, base_url: str, http_client: httpx.Client) -> Client:
    """Every option, by name."""
    return Client(
        api_key, base_url=base_url, timeout=2, deadline=5.5, max_retries=1, allow_http=False, http_client=http_client
    )
