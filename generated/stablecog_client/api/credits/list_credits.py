# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
# pyright: reportPrivateUsage=false
"""GET /v1/credits: List the account's credits."""

from __future__ import annotations

from typing import Any

import stablecog_client  # for `AsyncClient`, which it imports on first use

from ..._runtime import bodies, codec
from ..._runtime.api_request import APIRequest, Security
from ...client import Client
from ...models.credits_response import CreditsResponse
from ...types import Response

_RESPONSES: dict[str, bodies.BodyDecoder[CreditsResponse]] = {"200": bodies.json_body(CreditsResponse.from_dict)}


def _errors() -> dict[str, bodies.BodyDecoder[Any]]:
    from ...models.error_response import ErrorResponse

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
    """List the account's credits.

    Every credit that has not expired, and how much remains of all of them together. The server ignores
    query parameters, and answers with or without a trailing slash.

    Raises:
        UsageError: The call cannot be made as asked; nothing was sent.
        APIConnectionError: There is no complete response; `APITimeoutError` if there is none in time.
        AuthenticationError: 401. The key is missing, unknown, or was switched off by its owner.
        NotFoundError: 404. The server does not know this path. It comes from the router, without the
            rate-limit headers.
        APIStatusError: 428. The rate limiter cannot reach its store. Nothing is wrong with the request.
        RateLimitError: 429. More than 20 requests from this address within a second.
        InternalServerError: 500. The server failed. A handler says so in JSON; a response that cannot
            be serialised says so in text.
        APIStatusError: Any other status that is not 2xx.
        APIResponseValidationError: The response does not match the API description.
    """
    return client._send(_REQUEST)


def sync(*, client: Client) -> CreditsResponse:
    """List the account's credits.

    Every credit that has not expired, and how much remains of all of them together. The server ignores
    query parameters, and answers with or without a trailing slash.

    Raises:
        UsageError: The call cannot be made as asked; nothing was sent.
        APIConnectionError: There is no complete response; `APITimeoutError` if there is none in time.
        AuthenticationError: 401. The key is missing, unknown, or was switched off by its owner.
        NotFoundError: 404. The server does not know this path. It comes from the router, without the
            rate-limit headers.
        APIStatusError: 428. The rate limiter cannot reach its store. Nothing is wrong with the request.
        RateLimitError: 429. More than 20 requests from this address within a second.
        InternalServerError: 500. The server failed. A handler says so in JSON; a response that cannot
            be serialised says so in text.
        APIStatusError: Any other status that is not 2xx.
        APIResponseValidationError: The response does not match the API description.
    """
    return client._send(_REQUEST).parsed


async def asyncio_detailed(*, client: stablecog_client.AsyncClient) -> Response[CreditsResponse]:
    """List the account's credits.

    Every credit that has not expired, and how much remains of all of them together. The server ignores
    query parameters, and answers with or without a trailing slash.

    Raises:
        UsageError: The call cannot be made as asked; nothing was sent.
        APIConnectionError: There is no complete response; `APITimeoutError` if there is none in time.
        AuthenticationError: 401. The key is missing, unknown, or was switched off by its owner.
        NotFoundError: 404. The server does not know this path. It comes from the router, without the
            rate-limit headers.
        APIStatusError: 428. The rate limiter cannot reach its store. Nothing is wrong with the request.
        RateLimitError: 429. More than 20 requests from this address within a second.
        InternalServerError: 500. The server failed. A handler says so in JSON; a response that cannot
            be serialised says so in text.
        APIStatusError: Any other status that is not 2xx.
        APIResponseValidationError: The response does not match the API description.
    """
    return await client._send(_REQUEST)


async def asyncio(*, client: stablecog_client.AsyncClient) -> CreditsResponse:
    """List the account's credits.

    Every credit that has not expired, and how much remains of all of them together. The server ignores
    query parameters, and answers with or without a trailing slash.

    Raises:
        UsageError: The call cannot be made as asked; nothing was sent.
        APIConnectionError: There is no complete response; `APITimeoutError` if there is none in time.
        AuthenticationError: 401. The key is missing, unknown, or was switched off by its owner.
        NotFoundError: 404. The server does not know this path. It comes from the router, without the
            rate-limit headers.
        APIStatusError: 428. The rate limiter cannot reach its store. Nothing is wrong with the request.
        RateLimitError: 429. More than 20 requests from this address within a second.
        InternalServerError: 500. The server failed. A handler says so in JSON; a response that cannot
            be serialised says so in text.
        APIStatusError: Any other status that is not 2xx.
        APIResponseValidationError: The response does not match the API description.
    """
    return (await client._send(_REQUEST)).parsed
