"""The client makes of each recording what it says, sync and async, through every surface."""

from __future__ import annotations

import asyncio
import datetime
import json
import re
import socket
from itertools import cycle
from typing import Any

import attrs
import pytest
import stablecog_client as package
from stablecog_client import (
    APIError,
    APIStatusError,
    AsyncClient,
    AuthenticationError,
    Client,
    RateLimitError,
    Response,
)
from stablecog_client.api.credits import list_credits

from tests.support.api_description import API_DESCRIPTION, CREDITS, FAILURES, SUCCESSES, Recording
from tests.support.faults import KEY, ReceivedRequest
from tests.support.surfaces import SURFACES, Call
from tools.replay import ReplayServer

BOTH = [SURFACES["client.credits.list"], SURFACES["await client.credits.list"]]

both_clients = pytest.mark.parametrize("call", BOTH, ids=["sync", "async"])


def for_each(recordings: list[Recording]) -> pytest.MarkDecorator:
    """Parametrize a test by recordings, for the sync and the async client in turn: the bytes are the same for both."""
    cases = list(zip(recordings, cycle(BOTH), strict=False))
    return pytest.mark.parametrize(("recording", "call"), cases, ids=[str(recording) for recording in recordings])


EXCEPTIONS = {401: "AuthenticationError", 403: "PermissionDeniedError", 404: "NotFoundError", 429: "RateLimitError"}


def exception_for(status: int) -> str:
    return EXCEPTIONS.get(status, "InternalServerError" if status >= 500 else "APIStatusError")


def tried_again(status: int) -> bool:
    return status in {408, 429} or status >= 500


def time(text: str) -> datetime.datetime:
    """RFC 3339 in UTC, to the microsecond, read digit by digit."""
    assert text.endswith("Z")
    fraction = text[20:-1].ljust(6, "0")[:6]
    parts = text[:4], text[5:7], text[8:10], text[11:13], text[14:16], text[17:19], fraction
    year, month, day, hour, minute, second, microsecond = map(int, parts)
    return datetime.datetime(year, month, day, hour, minute, second, microsecond, datetime.UTC)


def to_the_microsecond(value: Any) -> Any:
    """The JSON, with what a datetime cannot hold cut from its times."""
    text = re.sub(r"(T\d\d:\d\d:\d\d\.\d{6})\d+Z", r"\1Z", json.dumps(value, ensure_ascii=False))
    return json.loads(re.sub(r"(T\d\d:\d\d:\d\d)(?:\.0+|(\.\d*[1-9])0*)Z", r"\1\2Z", text))


def typed(value: Any) -> Any:
    """A value with the exact type of each part, so that 1 is not True and a subclass is not its base."""
    if attrs.has(value.__class__):
        return value.__class__.__name__, typed(
            {name: getattr(value, name) for name in attrs.asdict(value, recurse=False)}
        )
    if isinstance(value, dict):
        return dict, {name: typed(item) for name, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return list, [typed(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return type(value), value, getattr(value, "tzinfo", None)


def expected(body: dict[str, Any]) -> Any:
    """What the client should make of the JSON, put together field by field."""

    def model(name: str, data: dict[str, Any], /, **fields: Any) -> Any:
        extra = {key: typed(value) for key, value in data.items() if key not in fields}
        return name, (dict, {**fields, "additional_properties": (dict, extra)})

    return model(
        "CreditsResponse",
        body,
        total_remaining_credits=(int, body["total_remaining_credits"], None),
        credits=(
            list,
            [
                model(
                    "TCredit",
                    credit,
                    id=(str, credit["id"], None),
                    remaining_amount=(int, credit["remaining_amount"], None),
                    expires_at=(datetime.datetime, time(credit["expires_at"]), datetime.UTC),
                    type=model(
                        "TCreditType",
                        credit["type"],
                        id=(str, credit["type"]["id"], None),
                        name=(str, credit["type"]["name"], None),
                        amount=(int, credit["type"]["amount"], None),
                        description=(str, credit["type"]["description"], None),
                    ),
                )
                for credit in body["credits"]
            ],
        ),
    )


def test_replay_server_plays_each_byte() -> None:
    """The client meets the bytes that the real server sent."""
    for recording in SUCCESSES[0], FAILURES[0]:
        with (
            ReplayServer(recording.raw) as server,
            socket.create_connection(("127.0.0.1", server.server_address[1])) as connection,
        ):
            connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
            with connection.makefile("rb") as stream:
                assert stream.read() == recording.raw


@for_each(SUCCESSES)
def test_recorded_success_is_decoded(recording: Recording, call: Call) -> None:
    """To what its JSON says, value by value and type by type."""
    with ReplayServer(recording.raw) as server:
        result = call(server.url)
    assert typed(result) == expected(recording.json)
    assert result.to_dict() == to_the_microsecond(recording.json)
    assert len(server.requests) == 1


def test_each_surface_returns_or_raises(call: Call) -> None:
    """The functions of the module and the methods of the tag are the same call."""
    failure = next(each for each in FAILURES if each.status == 401)
    with ReplayServer(SUCCESSES[0].raw, failure.raw) as server:
        assert typed(call(server.url)) == expected(SUCCESSES[0].json)
        with pytest.raises(AuthenticationError) as caught:
            call(server.url)
    assert caught.value.text == failure.text


def test_detailed_call_returns_the_response() -> None:
    """Status, headers, content, and what they mean."""

    async def detailed(url: str) -> Response[Any]:
        async with AsyncClient(KEY, base_url=url) as client:
            return await list_credits.asyncio_detailed(client=client)

    recording = next(each for each in SUCCESSES if each.header("content-length") is not None and each.json["credits"])
    with ReplayServer(recording.raw) as server, Client(KEY, base_url=server.url) as client:
        for response in list_credits.sync_detailed(client=client), asyncio.run(detailed(server.url)):
            assert response.status_code == recording.status
            assert response.content == recording.content
            assert response.parsed.to_dict() == to_the_microsecond(recording.json)
            for name, value in recording.headers:
                assert response.headers[name] == response.headers[name.upper()] == value


@for_each(FAILURES)
def test_recorded_failure_raises_its_error(recording: Recording, call: Call) -> None:
    """The error has what the server sent. One that does not pass is raised at once."""
    options = {"max_retries": 0} if tried_again(recording.status) else {}
    with ReplayServer(recording.raw) as server, pytest.raises(APIError) as caught:
        call(server.url, **options)
    error = caught.value
    assert type(error) is getattr(package, exception_for(recording.status))
    assert isinstance(error, APIStatusError)
    assert (error.status_code, error.text) == (recording.status, recording.text)
    assert [error.headers[name] for name, _ in recording.headers] == [value for _, value in recording.headers]
    assert (error.method, error.url, error.attempts) == ("GET", f"{server.url}/v1/credits", 1)
    if isinstance(error, RateLimitError):
        assert error.retry_after == float(recording.header("retry-after") or "nan")
    said = recording.json["error"] if recording.text.startswith("{") else recording.text.splitlines()[0][:150]
    for part in f"GET {error.url}: {recording.status} ", said:
        assert part in str(error)
    assert "\n" not in str(error)
    assert len(server.requests) == 1


@for_each([recording for recording in FAILURES if tried_again(recording.status)])
def test_recorded_temporary_failure_is_retried(recording: Recording, call: Call) -> None:
    """By the same request, to the header."""
    with ReplayServer(recording.raw, SUCCESSES[0].raw) as server:
        assert call(server.url).to_dict() == to_the_microsecond(SUCCESSES[0].json)
    first, second = server.requests
    assert ReceivedRequest.of(first) == ReceivedRequest.of(second)


# What goes over the wire


def test_request_is_what_the_description_says(call: Call) -> None:
    """Method, path, query, headers and body."""
    with ReplayServer(SUCCESSES[0].raw) as server:
        call(server.url)
    method, path, query, headers, body = ReceivedRequest.of(server.requests[0])
    assert (method, path, query, body) == (CREDITS.method.upper(), CREDITS.path, [], b"")
    assert headers.pop("host") == server.url.removeprefix("http://")
    assert headers.pop("authorization") == f"Bearer {KEY}"
    assert headers.pop("user-agent") == f"stablecog-client/{API_DESCRIPTION['info']['version']}"
    assert headers.keys() <= {"accept", "accept-encoding", "connection"}


def test_base_url_may_have_a_path() -> None:
    """The path of the operation is appended to it."""
    for path, call in zip(("", "/", "/stablecog", "/stablecog/", "/a%20b/c"), cycle(BOTH), strict=False):
        with ReplayServer(SUCCESSES[0].raw) as server:
            call(server.url + path)
        assert ReceivedRequest.of(server.requests[0]).path == f"{path.rstrip('/')}/v1/credits"


@both_clients
def test_key_and_server_come_from_the_environment(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none is passed."""
    with ReplayServer(SUCCESSES[0].raw) as server:
        monkeypatch.setenv("STABLECOG_API_KEY", KEY)
        monkeypatch.setenv("STABLECOG_BASE_URL", server.url)
        call(None, None)
    assert ReceivedRequest.of(server.requests[0]).headers["authorization"] == f"Bearer {KEY}"


@both_clients
def test_arguments_win_over_the_environment(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key and the server."""
    monkeypatch.setenv("STABLECOG_API_KEY", "sc-of-the-environment")
    monkeypatch.setenv("STABLECOG_BASE_URL", "http://127.0.0.1:9")
    with ReplayServer(SUCCESSES[0].raw) as server:
        call(server.url, KEY)
    assert ReceivedRequest.of(server.requests[0]).headers["authorization"] == f"Bearer {KEY}"


def test_default_server_is_the_documented_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the environment names none."""
    for value in None, "":
        if value is not None:
            monkeypatch.setenv("STABLECOG_BASE_URL", value)
        for kind in Client, AsyncClient:
            assert str(kind(KEY).base_url) == API_DESCRIPTION["servers"][0]["url"]
