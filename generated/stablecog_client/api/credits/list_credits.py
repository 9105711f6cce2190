# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
# pyright: reportPrivateUsage=false
"""GET /v1/credits: List the account's credits."""

from __future__ import annotations

from typing import Any

import stablecog_client  # for annotations: `AsyncClient` is imported on first use only

from ..._runtime import bodies, codec
from ..._runtime.api_request import APIRequest, Security
from ...client import Client
from ...models import CreditsResponse
from ...types import Response

_RESPONSES: dict[str, bodies.BodyDecoder[CreditsResponse]] = {"200": bodies.json_body(CreditsResponse.from_dict)}


def _errors() -> dict[str, bodies.BodyDecoder[Any]]:
    from ...models import ErrorResponse

    return {
        "401": bodies.json_body(ErrorResponse.from_dict),
        "404": bodies.text_body(codec.string),
        "428": bodies.text_body(codec.string),
        "429": bodies.text_body(codec.string),
        "500": bodies.json_body(ErrorResponse.from_dict),
    }


_REQUEST: APIRequest[CreditsResponse] = APIRequest(
    "GET", "/v1/credits", Security("header", "Authorization", "Bearer"), _RESPONSES, _errors
)


def sync_detailed(*, client: Client) -> Response[CreditsResponse]:
    """Do what `sync` does; return status, headers and raw body, too."""
    return client._send(_REQUEST)


def sync(*, client: Client) -> CreditsResponse:
    """List the account's credits.

    Returns every credit that has not expired, and the total that remains.

    Raises:
        UsageError: The call cannot be made; nothing was sent.
        APIConnectionError: No complete response. The subclass `APITimeoutError`: none in time.
        AuthenticationError: 401. The key is missing, unknown, or was switched off by its owner.
        NotFoundError: 404. The server does not know this path.
        APIStatusError: 428. The server's rate limiter cannot reach its store. Nothing is wrong with the
            request.
        RateLimitError: 429. More than 20 requests from this IP address within a second.
        InternalServerError: 500. The server failed.
        APIStatusError: Any other status that is not 2xx.
        APIResponseValidationError: The response does not match the API description.
    """
    return client._send(_REQUEST).parsed


async def asyncio_detailed(*, client: stablecog_client.AsyncClient) -> Response[CreditsResponse]:
    """Do what `asyncio` does; return status, headers and raw body, too."""
    return await client._send_async(_REQUEST)


async def asyncio(*, client: stablecog_client.AsyncClient) -> CreditsResponse:
    """Do what `sync` does, with an `AsyncClient`."""
    return (await client._send_async(_REQUEST)).parsed
