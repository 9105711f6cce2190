# Made by `make generate` from openapi.yaml. Do not edit: change that file or templates/, and run it again.
"""`AsyncClient`: what the contract says of the API as a whole, over the class that sends."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import httpx

from .base_async_client import BaseAsyncClient
from .client import CONTRACT
from .errors import UsageError
from .options import DEADLINE, MAX_RETRIES, TIMEOUT

if TYPE_CHECKING:
    from .api.credits import AsyncCreditsAPI


class AsyncClient(BaseAsyncClient):
    """A client of the Stablecog API, for asyncio.

    Which credits an account has left, of which type they are and when they expire.

    Use it as a context manager, or close it; many tasks may share one.

    Args:
        api_key: The API key; `STABLECOG_API_KEY` of the environment if left out.
        base_url: The server; `STABLECOG_BASE_URL` of the environment if left out, else
            https://api.stablecog.com.
        timeout: Seconds that one network operation of a request may take: connecting, sending, waiting.
        deadline: Seconds that a call may take, retries and all.
        max_retries: Further requests that a call may make after its first, where a further one may help.
        allow_http: Send the key over plain http:// even to a host other than this machine.
        http_client: An `httpx.AsyncClient` of your own, for proxies, event hooks or test transports.

    Raises:
        UsageError: An option is not what it should be; it says which, and what was expected.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float = TIMEOUT,
        deadline: float = DEADLINE,
        max_retries: int = MAX_RETRIES,
        allow_http: bool = False,
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        try:
            super().__init__(
                CONTRACT,
                api_key=api_key,
                base_url=base_url,
                timeout=timeout,
                deadline=deadline,
                max_retries=max_retries,
                allow_http=allow_http,
                http_client=http_client,
            )
        except UsageError as error:
            api_key = None  # the frames of a traceback would show it
            raise error.with_traceback(None)  # noqa: B904

    @cached_property
    def credits(self) -> AsyncCreditsAPI:
        """The credits of the account that the API key belongs to."""
        from .api.credits import AsyncCreditsAPI

        return AsyncCreditsAPI(self)
