"""Who is measured: this client, and what people would use instead.

A contender imports what it measures when it is asked to, so that each process holds one alone.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any, NamedTuple

KEY = "sc-" + 64 * "0"
AUTHORIZATION = {"Authorization": f"Bearer {KEY}"}
PATIENCE = 600  # seconds: what is slow is measured, not cut off

Call = Callable[[], object]
AsyncCall = Callable[[], Awaitable[object]]


class Contender:
    """One way to read the credits.

    Attributes:
        title: How tables and charts call it.
        imports: The statements that import it.
        program: What follows them in a whole program, that knows `url` and `key`.
        packages: What one installs for it.
        folder: The package that a generator made for it, or None.
    """

    title: str
    imports: str
    program: str
    packages: tuple[str, ...]
    folder: str | None = None

    def sync(self, url: str) -> Call:
        """A call on a warm connection, or a connection for each where that is its way."""
        raise NotImplementedError

    def asynchronous(self, url: str) -> AsyncCall:
        raise NotImplementedError

    def decode(self, content: bytes) -> Call:
        """From bytes to the models that it has, or to what `json` makes."""
        raise NotImplementedError

    def client(self, url: str) -> tuple[Call, Call]:
        """A client that has sent nothing yet: how to make its first call, and how to close it."""
        raise NotImplementedError


class Ours(Contender):
    title = "stablecog-client"
    imports = "from stablecog_client import Client"
    program = "with Client(key, base_url=url) as client:\n    client.credits.list()"
    packages: tuple[str, ...] = ("httpx", "attrs", "python-dateutil")
    folder = "stablecog_client"

    def sync(self, url: str) -> Call:
        call: Call = import_module("stablecog_client").Client(KEY, base_url=url).credits.list
        return call

    def asynchronous(self, url: str) -> AsyncCall:
        client = import_module("stablecog_client").AsyncClient(KEY, base_url=url, timeout=PATIENCE, deadline=PATIENCE)
        call: AsyncCall = client.credits.list
        return call

    def decode(self, content: bytes) -> Call:
        decoding = import_module("stablecog_client._runtime.bodies")
        body = decoding.json_body(import_module("stablecog_client").CreditsResponse.from_dict)
        return lambda: body(content, "application/json")

    def client(self, url: str) -> tuple[Call, Call]:
        client = import_module("stablecog_client").Client(KEY, base_url=url)
        return lambda: client.credits.list(), client.close


class OursAiohttp(Ours):
    title = "stablecog-client[aiohttp]"
    packages = (*Ours.packages, "aiohttp")

    def asynchronous(self, url: str) -> AsyncCall:
        make = import_module("stablecog_client").AsyncClient
        client = make(KEY, base_url=url, timeout=PATIENCE, deadline=PATIENCE, transport="aiohttp")
        call: AsyncCall = client.credits.list
        return call


class Httpx(Contender):
    title = "httpx"
    imports = "import httpx"
    program = (
        "with httpx.Client(headers={'Authorization': f'Bearer {key}'}) as client:\n"
        "    client.get(url + '/v1/credits').raise_for_status().json()"
    )
    packages = ("httpx",)

    def sync(self, url: str) -> Call:
        client = import_module("httpx").Client(headers=AUTHORIZATION)
        return lambda: client.get(f"{url}/v1/credits").json()

    def asynchronous(self, url: str) -> AsyncCall:
        client = import_module("httpx").AsyncClient(headers=AUTHORIZATION, timeout=PATIENCE)

        async def call() -> object:
            return (await client.get(f"{url}/v1/credits")).json()

        return call

    def decode(self, content: bytes) -> Call:
        return lambda: json.loads(content)

    def client(self, url: str) -> tuple[Call, Call]:
        client = import_module("httpx").Client(headers=AUTHORIZATION)
        return lambda: client.get(f"{url}/v1/credits").json(), client.close


class Requests(Contender):
    """What the API's documentation shows."""

    title = "requests, as documented"
    imports = "import requests"
    program = "requests.get(url + '/v1/credits', headers={'Authorization': f'Bearer {key}'}).json()"
    packages = ("requests",)

    def sync(self, url: str) -> Call:
        requests = import_module("requests")
        return lambda: requests.get(f"{url}/v1/credits", headers=AUTHORIZATION).json()


class DefaultOutput(Contender):
    """What openapi-python-client makes of the same contract without our templates."""

    title = "generator's default output"
    imports = "from default_client import AuthenticatedClient\nfrom default_client.api.credits_ import list_credits"
    program = "with AuthenticatedClient(base_url=url, token=key) as client:\n    list_credits.sync(client=client)"
    packages = ("httpx", "attrs", "python-dateutil")
    folder = "default_client"

    def _client(self, url: str) -> Any:
        return import_module("default_client").AuthenticatedClient(base_url=url, token=KEY, timeout=PATIENCE)

    def sync(self, url: str) -> Call:
        sync, client = import_module("default_client.api.credits_.list_credits").sync, self._client(url)
        return lambda: sync(client=client)

    def asynchronous(self, url: str) -> AsyncCall:
        asyncio, client = import_module("default_client.api.credits_.list_credits").asyncio, self._client(url)
        return lambda: asyncio(client=client)

    def decode(self, content: bytes) -> Call:
        model = import_module("default_client.models").CreditsResponse
        return lambda: model.from_dict(json.loads(content))


class OpenAPIGenerator(Contender):
    """What openapi-generator makes of the same contract."""

    title = "openapi-generator client"
    imports = "import openapi_client"
    program = (
        "configuration = openapi_client.Configuration(host=url, access_token=key)\n"
        "with openapi_client.ApiClient(configuration) as client:\n"
        "    openapi_client.CreditsApi(client).list_credits()"
    )
    packages = ("urllib3", "python-dateutil", "pydantic", "typing-extensions")
    folder = "openapi_client"

    def sync(self, url: str) -> Call:
        package = import_module("openapi_client")
        configuration = package.Configuration(host=url, access_token=KEY)
        call: Call = package.CreditsApi(package.ApiClient(configuration)).list_credits
        return call

    def decode(self, content: bytes) -> Call:
        package = import_module("openapi_client")
        client = package.ApiClient()
        return lambda: client.deserialize(content.decode(), "CreditsResponse", "application/json")


CONTENDERS: dict[str, Contender] = {
    "ours": Ours(),
    "ours-aiohttp": OursAiohttp(),
    "httpx": Httpx(),
    "requests": Requests(),
    "default": DefaultOutput(),
    "openapi-generator": OpenAPIGenerator(),
}


class Task(NamedTuple):
    """What a worker is asked to time.

    Attributes:
        what: sync, async, decode, second-made, second-called or peak.
        url: The server.
        seconds: How long sync calls and decoding are timed, roughly.
        calls: How many async calls are timed.
        at_once: How many of them are in flight.
        number: How many credits are decoded.
    """

    what: str
    url: str = ""
    seconds: float = 0.1
    calls: int = 1
    at_once: int = 1
    number: int = 2
