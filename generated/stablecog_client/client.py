# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""The synchronous client."""

from __future__ import annotations

from . import api as _api
from ._runtime.client_base import tag_property
from ._runtime.config import APIConfig, CallOptions, ClientConfig
from ._runtime.http_library import httpx
from ._runtime.sync_client import SyncAPIClient
from .errors import UsageError
from .types import UNSET, Unset

__version__ = "0.1.0"

_API = APIConfig(
    user_agent=f"stablecog-client/{__version__}",
    base_url="https://api.stablecog.com",
    env_prefix="STABLECOG",
    key_required=True,
    bearer_key=True,
    rate_limit=(20, 1, "X-Ratelimit-Remaining"),
)


class Client(SyncAPIClient):
    """A client of the Stablecog API.

    Lists the credits of an account: how much remains, of which type they are and when they expire.

    Use it as a context manager, or close it. Many threads may share one.

    Args:
        api_key: The API key. By default the value of `STABLECOG_API_KEY`.
        base_url: The URL of the server. By default that of the `http_client`, then `STABLECOG_BASE_URL`, then
            https://api.stablecog.com.
        timeout: Seconds for one network operation: to connect, to send, to receive, or to wait for a free
            connection. By default 10, or the timeout of the `http_client`.
        deadline: Seconds for a whole call, retries included. By default 30.
        max_retries: Retries of a call. By default 5; 0 switches them off.
        allow_http: Allow `http://` to another machine, which sends the key unencrypted.
        http_client: Your own `httpx.Client`, for proxies, event hooks or test doubles. You close it.

    Raises:
        UsageError: An option is missing or invalid. The message names it and the expected value.
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
            config = ClientConfig(_API, api_key, base_url, allow_http, http_client, httpx.Client)
            options = CallOptions.default_for(http_client).replaced(timeout, deadline, max_retries, UNSET)
            super().__init__(config, options)
        except UsageError as error:
            api_key = None  # error trackers show the variables of a frame
            raise error.with_traceback(None)  # noqa: B904

    @tag_property
    def credits(self) -> _api.credits.CreditsAPI:
        """The credits of the account that the API key belongs to."""
        return _api.credits.CreditsAPI(self)
