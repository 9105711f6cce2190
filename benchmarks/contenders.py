"""The contenders: this client and its alternatives.

A contender imports its packages on first use, so that each process holds one contender only.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any, NamedTuple

KEY = "sc-" + 64 * "0"
AUTHORIZATION = {"Authorization": f"Bearer {KEY}"}
TIMEOUT = 600  # seconds, so that slow calls are measured and not cut off

Call = Callable[[], object]
AsyncCall = Callable[[], Awaitable[object]]


class Contender:
    """One way to get the credits.

    Attributes:
        title: The name in tables and charts.
        imports: Import statements.
        program: The rest of a whole program, in which `url` and `key` are defined.
        packages: The packages to install.
        folder: The generated package, or None.
    """

    title: str
    imports: str
    program: str
    packages: tuple[str, ...]
    folder: str | None = None

    def sync(self, url: str) -> Call:
        """Return a call over a warm connection; a contender that keeps none opens one for each call."""
        raise NotImplementedError

    def asynchronous(self, url: str) -> AsyncCall:
        """Return an asynchronous call over a warm connection."""
        raise NotImplementedError

    def decode(self, content: bytes) -> Call:
        """Return a call that decodes bytes to models, or to plain JSON values if the contender has no models."""
        raise NotImplementedError

    def client(self, url: str) -> tuple[Call, Call]:
        """Return two functions of a new client: one makes its first call, the other closes it."""
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
        client = import_module("stablecog_client").AsyncClient(KEY, base_url=url, timeout=TIMEOUT, deadline=TIMEOUT)
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
        client = make(KEY, base_url=url, timeout=TIMEOUT, deadline=TIMEOUT, transport="aiohttp")
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
        client = import_module("httpx").AsyncClient(headers=AUTHORIZATION, timeout=TIMEOUT)

        async def call() -> object:
            return (await client.get(f"{url}/v1/credits")).json()

        return call

    def decode(self, content: bytes) -> Call:
        return lambda: json.loads(content)

    def client(self, url: str) -> tuple[Call, Call]:
        client = import_module("httpx").Client(headers=AUTHORIZATION)
        return lambda: client.get(f"{url}/v1/credits").json(), client.close


class Requests(Contender):
    """requests, as in the vendor's documentation."""

    title = "requests, as documented"
    imports = "import requests"
    program = "requests.get(url + '/v1/credits', headers={'Authorization': f'Bearer {key}'}).json()"
    packages = ("requests",)

    def sync(self, url: str) -> Call:
        requests = import_module("requests")
        return lambda: requests.get(f"{url}/v1/credits", headers=AUTHORIZATION).json()


class DefaultOutput(Contender):
    """The output of openapi-python-client for the same document, without our templates."""

    title = "generator's default output"
    imports = "from default_client import AuthenticatedClient\nfrom default_client.api.credits_ import list_credits"
    program = "with AuthenticatedClient(base_url=url, token=key) as client:\n    list_credits.sync(client=client)"
    packages = ("httpx", "attrs", "python-dateutil")
    folder = "default_client"

    def _client(self, url: str) -> Any:
        return import_module("default_client").AuthenticatedClient(base_url=url, token=KEY, timeout=TIMEOUT)

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
    """The output of openapi-generator for the same document."""

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
    """A task for a worker.

    Attributes:
        what: The benchmark: sync, async, decode, second-made, second-called or peak.
        url: The URL of the server.
        seconds: Approximate duration of the benchmarks sync and decode.
        calls: Number of async calls.
        at_once: Number of async calls in flight.
        number: Number of credits to decode.
    """

    what: str
    url: str = ""
    seconds: float = 0.1
    calls: int = 1
    at_once: int = 1
    number: int = 2
