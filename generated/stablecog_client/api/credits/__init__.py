# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""Operations of the tag `credits`."""

from __future__ import annotations

import stablecog_client  # for annotations: `AsyncClient` is imported on first use only

from ...client import Client
from ...models import CreditsResponse
from . import list_credits


class CreditsAPI:
    """The credits of the account that the API key belongs to."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def list(self) -> CreditsResponse:
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
        return list_credits.sync(client=self._client)


class AsyncCreditsAPI:
    """The credits of the account that the API key belongs to."""

    def __init__(self, client: stablecog_client.AsyncClient) -> None:
        self._client = client

    async def list(self) -> CreditsResponse:
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
        return await list_credits.asyncio(client=self._client)
