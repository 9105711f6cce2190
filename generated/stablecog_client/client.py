# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""`Client`."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ._runtime.config import APIConfig as _APIConfig
from ._runtime.http_library import httpx
from ._runtime.sync_client import SyncAPIClient
from .errors import UsageError
from .types import UNSET, Unset

if TYPE_CHECKING:
    from .api.credits import CreditsAPI

__version__ = "0.1.0"

_API = _APIConfig(
    user_agent=f"stablecog-client/{__version__}",
    base_url="https://api.stablecog.com",
    environment="STABLECOG",
    key_required=True,
    bearer_key=True,
    rate_limit=(20, 1, "X-Ratelimit-Remaining"),
)


class Client(SyncAPIClient):
    """A client of the Stablecog API.

    Which credits an account has left, of which type they are and when they expire.

    Use it as a context manager, or close it; many threads may share one.

    Args:
        api_key: The API key; by default, that of `STABLECOG_API_KEY`.
        base_url: The server; by default, that of the `http_client`, of `STABLECOG_BASE_URL`, or
            https://api.stablecog.com.
        timeout: Seconds that one network operation may take: to connect, to send, to receive, to wait for a
            connection. By default 10, or the timeout of the `http_client`.
        deadline: Seconds that a call may take, retries included. By default 30.
        max_retries: Retries that a call may make. By default 5.
        allow_http: Allow a server other than this machine over `http://`, which sends the key unencrypted.
        http_client: An `httpx.Client` of your own, for proxies, event hooks or test doubles. You close it.

    Raises:
        UsageError: An option is not what it should be. The message names it and what was expected.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float | Unset = UNSET,
        deadline: float | Unset = UNSET,
        max_retries: int | Unset = UNSET,
        allow_http: bool = False,
        http_client: httpx.Client | None = None,
    ) -> None:
        try:
            super().__init__(
                _API,
                api_key=api_key,
                base_url=base_url,
                timeout=timeout,
                deadline=deadline,
                max_retries=max_retries,
                allow_http=allow_http,
                http_client=http_client,
            )
        except UsageError as error:
            api_key = None  # error trackers show the variables of a frame
            raise error.with_traceback(None)  # noqa: B904

    @cached_property
    def credits(self) -> CreditsAPI:
        """The credits of the account that the API key belongs to."""
        from .api.credits import CreditsAPI

        return CreditsAPI(self)
