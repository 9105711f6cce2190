"""The API key goes only where it belongs, and shows nowhere; tests/unit/test_secrets.py has the tables."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import re
import traceback
from base64 import b64encode
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

import httpx
import pytest
from stablecog_client import APIConnectionError, APIError, AsyncClient, Client, NotFoundError, UsageError
from stablecog_client._runtime import timing
from stablecog_client._runtime.api_request import APIRequest, Security
from stablecog_client._runtime.bodies import json_body
from stablecog_client._runtime.codec import integer, values

from tests.support import faults
from tests.support.drivers import Backend, Tasks, TasksOverAiohttp, Threads, all_backends, async_backends, both_clients
from tests.support.faults import KEY, FaultServer, ReceivedRequest, close_before_first_byte, free_port, ok, respond
from tests.support.secrets import PIECE, check_nothing_shows, everything_shown, found_in_vars

ODD_KEY = f"user:{KEY}/+=="
# What may not show of it: all but the start of each encoding.
ENCODINGS = [KEY[8:], quote(ODD_KEY, safe="")[8:], b64encode(ODD_KEY.encode()).decode()[8:]]


def test_proxy_of_custom_client_is_not_sent_the_key() -> None:
    """In plain text, unless that is asked for."""
    with httpx.Client(proxy="http://user:hunter2@proxy.invalid:3128") as http_client:
        client = Client(KEY, base_url="http://127.0.0.1:9", http_client=http_client)
        with pytest.raises(
            UsageError, match=r"^http_client: its proxy would receive the API key unencrypted"
        ) as caught:
            client.credits.list()
        with pytest.raises(APIConnectionError, match=r"check the proxy proxy\.invalid:3128"):
            Client(KEY, base_url="http://127.0.0.1:9", http_client=http_client, allow_http=True).credits.list()
    check_nothing_shows(caught.value)


class Wrapper(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport around another one."""

    def __init__(self, wrapped: Any) -> None:
        self.wrapped = wrapped


def test_wrapped_proxy_is_not_sent_the_key() -> None:
    """A transport around that of the proxy does not hide it."""
    url, proxy = "http://127.0.0.1:9", "http://proxy.invalid:3128"
    http_client = httpx.Client(transport=Wrapper(httpx.HTTPTransport(proxy=proxy)))
    async_client = httpx.AsyncClient(transport=Wrapper(httpx.AsyncHTTPTransport(proxy=proxy)))
    for call in (
        Client(KEY, base_url=url, http_client=http_client).credits.list,
        lambda: asyncio.run(AsyncClient(KEY, base_url=url, http_client=async_client).credits.list()),
    ):
        with pytest.raises(UsageError, match="its proxy would receive the API key unencrypted"):
            call()


@all_backends
def test_key_is_sent_in_one_header_alone(backend: Backend) -> None:
    """The Authorization header."""
    with FaultServer(ok) as server, backend(server.url) as driver:
        driver.list()
    assert server.requests[0].count(KEY.encode()) == 1
    assert ReceivedRequest.of(server.requests[0]).headers["authorization"] == f"Bearer {KEY}"


def echo_redirect(connection: faults.Connection) -> None:
    faults.redirect(f"/{KEY}/?key={KEY}")(connection)


FAULTS: list[faults.Fault] = [
    faults.echo_in(200),
    faults.echo_in(401),
    faults.echo_in_place_of_http,
    faults.cut_chunked_body,
    faults.say_nothing,
    faults.endless_headers,
    respond(200, b"[" * 100_000),
    faults.encoded(KEY, b"{}"),
    faults.raw(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 40 + KEY.encode() + b"b" * 9000 + b"\r\n\r\n"),
]


@all_backends
def test_no_error_shows_the_key(backend: Backend, caplog: pytest.LogCaptureFixture) -> None:
    """Neither do its causes, the variables of their tracebacks, its pickle or the log."""
    for fault in FAULTS:
        with caplog.at_level(logging.DEBUG), FaultServer(fault) as server:
            with backend(server.url, max_retries=1, deadline=0.4) as driver, pytest.raises(APIError) as caught:
                driver.list()
        check_nothing_shows(caught.value, caplog.text)


@pytest.mark.parametrize("backend", [Threads, TasksOverAiohttp])
def test_redirect_to_path_with_key_hides_it(backend: Backend, caplog: pytest.LogCaptureFixture) -> None:
    """The URL of an error and of a log line is redacted."""
    for fault in faults.echo_in(500), faults.echo_in_place_of_http:
        with caplog.at_level(logging.DEBUG), FaultServer(echo_redirect, fault) as server:
            with backend(server.url, max_retries=1, deadline=0.4) as driver, pytest.raises(APIError) as caught:
                driver.list()
        check_nothing_shows(caught.value, caplog.text)


@all_backends
def test_no_error_about_a_connection_shows_the_key(backend: Backend, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody listens, or the name does not resolve."""
    for url in [f"http://127.0.0.1:{free_port()}", "https://no-such-host.invalid"]:
        with caplog.at_level(logging.DEBUG), backend(url, max_retries=1) as driver, pytest.raises(APIError) as caught:
            driver.list()
        check_nothing_shows(caught.value, caplog.text)


@pytest.mark.parametrize(
    ("backend", "security"),
    [
        (Threads, Security("header", "Authorization", "Basic")),
        (Tasks, Security("query", "api_key")),
        (TasksOverAiohttp, Security("query", "api_key")),
    ],
)
def test_key_sent_in_other_ways_is_redacted(
    backend: Backend, security: Security, caplog: pytest.LogCaptureFixture
) -> None:
    """As another API description may have it: in base64, or quoted in the URL."""

    def echo(connection: faults.Connection) -> None:
        sent = connection.header("authorization") or connection.request.split()[1].decode()
        respond(400, json.dumps({sent: sent}).encode())(connection)

    request = APIRequest("GET", "/v1/credits", security, {"200": json_body(lambda value: values(value, integer))})
    with caplog.at_level(logging.DEBUG), FaultServer(echo) as server, backend(server.url, api_key=ODD_KEY) as driver:
        with pytest.raises(APIError) as caught:
            driver.send(request)
    shown = everything_shown(caught.value) + caplog.text
    assert not any(encoding in shown for encoding in ENCODINGS)


@pytest.mark.parametrize("status", [200, 401, 404])
@pytest.mark.parametrize("content_type", ["text/plain", "application/json; charset=utf-16"])
@all_backends
def test_key_sent_back_in_utf_16_is_redacted(backend: Backend, content_type: str, status: int) -> None:
    """Also where the response does not say that it is UTF-16."""

    def echo(connection: faults.Connection) -> None:
        respond(status, f"{KEY} is wrong".encode("utf-16"), content_type)(connection)

    with FaultServer(echo) as server, backend(server.url) as driver, pytest.raises(APIError) as caught:
        driver.list()
    check_nothing_shows(caught.value)
    shown = re.sub(r"\\\\x00|\\x00|[\0 ]", "", everything_shown(caught.value))
    assert PIECE not in shown


def test_text_of_an_error_has_its_charset() -> None:
    """As that of a success has."""
    wrong = respond(404, "Schlüssel".encode("latin-1"), "text/plain; charset=iso-8859-1")
    with FaultServer(wrong) as server, Threads(server.url) as driver, pytest.raises(NotFoundError) as caught:
        driver.list()
    assert caught.value.text == caught.value.body == "Schlüssel"
    assert "404 Not Found: Schlüssel;" in str(caught.value)


@all_backends
def test_client_and_response_hide_the_key(backend: Backend, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing that can be reached by attributes and items has it."""
    with caplog.at_level(logging.DEBUG), FaultServer(ok) as server, backend(server.url) as driver:
        client = driver.client
        shown = [found_in_vars(client)]
        credits = driver.list()
        shown += [found_in_vars(client), repr(client), str(client), str(vars(client)), str(client.credits)]
        shown += [found_in_vars(credits), repr(credits), pickle.dumps(credits).decode("latin-1")]
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(client)
    assert PIECE not in "\n".join(shown) + caplog.text


@async_backends
def test_cancelled_call_hides_the_key(backend: type[Tasks]) -> None:
    """A cancellation has a traceback as well."""

    async def cancelled() -> None:
        call = asyncio.create_task(driver.client.credits.list())
        while not server.requests:
            await asyncio.sleep(0.01)
        call.cancel()
        await call

    with FaultServer(faults.say_nothing) as server, backend(server.url) as driver:
        with pytest.raises(asyncio.CancelledError) as caught:
            driver.runner.run(cancelled())
    check_nothing_shows(caught.value)


class Interrupt(BaseException):
    """As KeyboardInterrupt, which would end the tests."""


def test_interrupted_call_does_not_lead_to_the_key() -> None:
    """An exception that arrives while a failed attempt is handled has that failure as its context."""

    def interrupt(*_: object) -> float:
        raise Interrupt

    with FaultServer(close_before_first_byte) as server, Client(KEY, base_url=server.url) as client:
        with patch.object(timing, "backoff", interrupt), pytest.raises(Interrupt) as caught:
            client.credits.list()
    assert isinstance(caught.value.__context__, httpx.RemoteProtocolError)
    check_nothing_shows(caught.value)


@both_clients
def test_exception_of_the_caller_is_left_as_it_is(backend: Backend) -> None:
    """That which it is handling when it makes a call that is interrupted."""

    with pytest.raises(ValueError, match="Expecting value") as handled:
        json.loads("no JSON")
    sending = patch.object(httpx.Client if backend is Threads else httpx.AsyncClient, "send", side_effect=Interrupt)
    with sending, backend("https://api.example.com") as driver:
        try:
            raise handled.value
        except ValueError:
            with pytest.raises(Interrupt):
                driver.list()
    assert "loads" in [frame.name for frame in traceback.extract_tb(handled.value.__traceback__)]
