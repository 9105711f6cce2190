"""Clients, models and errors in the hands of other packages: event loops, mocks, FastAPI, pydantic, process pools."""

from __future__ import annotations

import inspect
import json
import logging
import multiprocessing
import pickle
import pkgutil
import typing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import aclosing
from importlib import import_module
from typing import Annotated, Any
from unittest.mock import create_autospec

import anyio
import attrs
import httpx
import pytest
import stablecog_client as package
import trio
from fastapi import Body, FastAPI
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, ValidationError
from stablecog_client import (
    APIStatusError,
    AsyncClient,
    Client,
    CreditsResponse,
    ErrorResponse,
    RateLimitError,
    UsageError,
)

from tests.support.api_description import DOCUMENTED
from tests.support.drivers import HANG, Threads
from tests.support.faults import KEY, FaultServer, ok, respond, text

# Event loops


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_async_client_works_on_either_backend(backend: str) -> None:
    """Retries, many calls at once, and closing."""

    async def main() -> None:
        async with aclosing(AsyncClient(KEY, base_url=server.url)) as client, anyio.create_task_group() as tasks:
            for _ in range(10):
                tasks.start_soon(client.credits.list)
        assert client.is_closed
        with pytest.raises(UsageError, match="the client is closed"):
            await client.credits.list()

    with FaultServer(text(503), ok) as server:
        anyio.run(main, backend=backend)
    assert len(server.requests) == 11


def test_a_cancelled_trio_call_leaves_the_client(caplog: pytest.LogCaptureFixture) -> None:
    """A call that trio cancels while it waits for its next attempt leaves the client usable."""

    async def main() -> None:
        async with AsyncClient(KEY, base_url=server.url) as client:
            with anyio.fail_after(HANG):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(client.credits.list)
                    while not caplog.records:
                        await anyio.sleep(0.001)
                    tasks.cancel_scope.cancel()
            assert [record.getMessage().partition("; ")[2] for record in caplog.records] == ["retrying in 20.00 s"]
            assert (await client.credits.list()).total_remaining_credits == 1391

    caplog.set_level(logging.INFO, "stablecog_client")
    with FaultServer(text(503, "Busy.", "Retry-After: 20"), ok) as server:
        trio.run(main)
    assert len(server.requests) == 2


def test_aiohttp_on_trio_is_refused() -> None:
    """Before anything is sent, with the transport that works there."""

    async def main() -> None:
        async with AsyncClient(KEY, base_url=server.url, transport="aiohttp") as client:
            with pytest.raises(UsageError) as refused:
                await client.credits.list()
        assert str(refused.value) == 'transport: "aiohttp" needs asyncio; use "httpx" on trio'

    with FaultServer(ok) as server:
        trio.run(main)
    assert not server.requests


# Mocks and type hints


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_autospec_knows_the_operations(kind: type[Any]) -> None:
    """A mock accepts the calls that the client accepts, and no others."""
    for client in create_autospec(kind, instance=True), create_autospec(kind).return_value:
        client.credits.list.return_value = CreditsResponse.from_dict(DOCUMENTED)
        called = client.credits.list()
        assert inspect.isawaitable(called) == (kind is AsyncClient)
        if kind is AsyncClient:
            anyio.run(_awaited, called)
        client.credits.list.assert_called_once_with()
        with pytest.raises(TypeError, match="too many positional arguments"):
            client.credits.list(1)
        with pytest.raises(AttributeError):
            _ = client.credits.no_such_operation


async def _awaited(call: Any) -> None:
    await call


def public_objects() -> typing.Iterator[tuple[str, Any]]:
    """Everything with annotations in the public modules, but for what attrs makes, whose hints only attrs resolves."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if "._" in found.name:
            continue
        module = import_module(found.name)
        for name, value in vars(module).items():
            if getattr(value, "__module__", "") != found.name or name.startswith("_"):
                continue
            if inspect.isclass(value) or inspect.isfunction(value):
                yield f"{found.name}.{name}", value
            for member, inner in inspect.getmembers_static(value) if inspect.isclass(value) else ():
                wrapped = [getattr(inner, attribute, None) for attribute in ("func", "fget", "__func__")]
                function = next(filter(None, wrapped), inner)
                if inspect.isfunction(function) and not function.__code__.co_filename.startswith("<attrs"):
                    yield f"{found.name}.{name}.{member}", function


def test_the_type_hints_of_public_names_resolve() -> None:
    """Frameworks that read them at run time can."""
    seen = dict(public_objects())
    for value in seen.values():
        typing.get_type_hints(value)
    hints = {name: typing.get_type_hints(value) for name, value in seen.items()}
    assert hints["stablecog_client.client.Client.credits"]["return"].__name__ == "CreditsAPI"
    assert hints["stablecog_client.api.credits.list_credits.asyncio"]["client"] is AsyncClient
    assert hints["stablecog_client.models.credits_response.CreditsResponse"]["credits"] == list[package.TCredit]


# Models


def test_a_model_looks_the_same_to_everyone() -> None:
    """vars, attrs.asdict, FastAPI's JSON, repr and pickle do not depend on one another."""
    looks: list[Callable[[Any], Any]] = [
        vars,
        lambda model: attrs.asdict(model),
        lambda model: jsonable_encoder(model),
        repr,
        lambda model: model.to_dict(),
        pickle.dumps,
        lambda model: hash(model.credits[0]),
        lambda model: model.credits[0].expires_at,
    ]
    fresh = [look(CreditsResponse.from_dict(DOCUMENTED)) for look in looks]
    for first in looks:
        model = CreditsResponse.from_dict(DOCUMENTED)
        first(model)
        assert [look(model) for look in looks] == fresh


def test_fastapi_returns_and_takes_a_model() -> None:
    """As the JSON object of the API description, by annotation or by `to_dict()`."""
    app = FastAPI()
    body = {**DOCUMENTED, "added": 1}

    @app.get("/typed")
    def typed() -> CreditsResponse:  # pyright: ignore[reportUnusedFunction]
        return CreditsResponse.from_dict(body)

    @app.get("/dict")
    def as_dict() -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction]
        return CreditsResponse.from_dict(body).to_dict()

    @app.post("/total")
    def total(credits: Annotated[CreditsResponse, Body()]) -> int:  # pyright: ignore[reportUnusedFunction]
        return credits.total_remaining_credits

    async def main() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as http:
            assert (await http.get("/typed")).json() == (await http.get("/dict")).json() == body
            assert (await http.post("/total", json=body)).json() == 1391
            refused = await http.post("/total", json={"total_remaining_credits": 1})
            assert (refused.status_code, "$.credits: required field is missing" in refused.text) == (422, True)
            assert (await http.get("/openapi.json")).status_code == 200

    anyio.run(main)


class Report(BaseModel):
    """What a service of the user's keeps."""

    credits: CreditsResponse
    error: ErrorResponse | None = None


def test_pydantic_holds_a_model_as_it_is() -> None:
    """Validated by `from_dict`, serialised by `to_dict`."""
    credits = CreditsResponse.from_dict({**DOCUMENTED, "added": 1})
    report = Report(credits=credits)
    assert report.credits is credits
    assert report.model_dump(mode="json") == {"credits": {**DOCUMENTED, "added": 1}, "error": None}
    assert Report.model_validate_json(report.model_dump_json()) == report
    with pytest.raises(ValidationError, match=r"\$\.credits\[0\]: expected an object, got 5"):
        Report.model_validate({"credits": {**DOCUMENTED, "credits": [5]}})


# Errors


def raise_by_arguments(retry_after: float) -> None:
    raise RateLimitError("Slow down.", retry_after=retry_after, body=ErrorResponse(error="x"), method="GET", url="u")


def test_an_error_crosses_a_process_pool() -> None:
    """With all its attributes."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        error = pool.submit(raise_by_arguments, 1.5).exception()
    assert isinstance(error, RateLimitError)
    assert (error.status_code, error.retry_after, error.body, str(error)) == (
        *(429, 1.5, ErrorResponse(error="x"), "GET u: Slow down."),
    )


def test_an_error_crosses_celery_as_json() -> None:
    """Celery's JSON has the type and `args` of an exception, which hold the whole line."""
    with (
        FaultServer(respond(401, b'{"error":"Unauthorized"}')) as server,
        Threads(server.url) as caller,
        pytest.raises(APIStatusError) as caught,
    ):
        caller.list()
    error = caught.value
    assert error.body == ErrorResponse(error="Unauthorized")
    line = f"GET {server.url}/v1/credits: 401 Unauthorized; check the API key: it is unknown or switched off"
    assert str(error) == line
    args = json.loads(json.dumps(error.args))
    assert args == [line]
    assert str(type(error)(*args)) == line
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (vars(again), again.args) == (vars(error), error.args)


def test_a_body_that_is_not_documented_is_none() -> None:
    """A handler of errors that reads `body` gets the documented model, or nothing."""
    bodies = [b"{}", b"[]", b"Unauthorized", b'{"error": 5}', b""]
    got: dict[bytes, object] = {}
    with FaultServer(*(respond(401, body) for body in bodies)) as server, Threads(server.url) as caller:
        for body in bodies:
            with pytest.raises(APIStatusError) as caught:
                caller.list()
            got[body] = caught.value.body
    assert got == dict.fromkeys(bodies)
