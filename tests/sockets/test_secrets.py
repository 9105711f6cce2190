"""The key is refused where it is plainly wrong, goes only where it belongs, and shows nowhere."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
from base64 import b64encode
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from stablecog_client import APIConnectionError, APIError, AsyncClient, AuthenticationError, Client, UsageError
from stablecog_client._runtime.api_request import APIRequest, Security
from stablecog_client._runtime.bodies import json_body
from stablecog_client._runtime.codec import integer, values

from tests.support import faults
from tests.support.drivers import Backend, Tasks, all_backends, async_backends
from tests.support.faults import KEY, FaultServer, ReceivedRequest, free_port, ok, respond
from tests.support.secrets import PIECE, check_nothing_shows, everything_shown, found_in_vars

ODD_KEY = f"user:{KEY}/+=="
# What may not show of it: all but the start of each spelling.
SPELLINGS = [KEY[8:], quote(ODD_KEY, safe="")[8:], b64encode(ODD_KEY.encode()).decode()[8:]]

BOTH = pytest.mark.parametrize("kind", [Client, AsyncClient])

WRONG: dict[str, tuple[Any, str]] = {
    "empty": ("", "the key is blank"),
    "blank": (" \t ", "the key is blank"),
    "newline": (KEY + "\n", "line break"),
    "return": (KEY + "\r\nX-Injected: 1", "line break"),
    "leading-space": (" " + KEY, "white space around it"),
    "trailing-tab": (KEY + "\t", "white space around it"),
    "space-inside": (KEY[:20] + " " + KEY[20:], "white space inside it"),
    "no-break-space": (KEY[:20] + "\xa0" + KEY[20:], "white space inside it"),
    "with-its-scheme": ("Bearer " + KEY, 'the key starts with "Bearer"'),
    "none": ("None", "the key is the word None"),
    "null": ("null", "the key is the word null"),
    "scheme-alone": ("Bearer", "the key is the word Bearer"),
    "with-its-variable": (f"STABLECOG_API_KEY={KEY}", "the name of a variable in it"),
    "a-variable": ("$STABLECOG_API_KEY", "the name of a variable in it"),
    "quoted": (f'"{KEY}"', "quotation marks around it"),
    "quoted-once": (f"'{KEY}'", "quotation marks around it"),
    "non-ascii": (KEY + "\u00e9", "outside ASCII"),
    "zero-width": (KEY + "\u200b", "outside ASCII"),
    "control": (KEY + "\x00", "control character"),
    "delete": (KEY + "\x7f", "control character"),
    "bytes": (KEY.encode(), "expected a string, got bytes"),
    "number": (5, "expected a string, got int"),
}


@all_backends
def test_a_key_of_any_length_is_sent_and_not_shown(backend: Backend) -> None:
    key = KEY + "0123456789" * 100
    with FaultServer(faults.echo_in(401)) as server, backend(server.url, api_key=key) as driver:
        with pytest.raises(AuthenticationError) as caught:
            driver.list()
        assert ReceivedRequest.of(server.requests[0]).headers["authorization"] == f"Bearer {key}"
    assert caught.value.text == '{"error":"Bearer <redacted>","total_remaining_credits":"<redacted>"}'
    assert "0123" not in str(caught.value) + pickle.dumps(caught.value).decode("latin-1")


@BOTH
@pytest.mark.parametrize(
    "options",
    [{"base_url": KEY}, {"base_url": KEY.encode()}, {"max_retries": KEY}, {"timeout": KEY}, {"deadline": KEY}],
)
def test_a_key_at_the_place_of_another_option_is_not_echoed(kind: Any, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        kind("https://api.stablecog.com", **options)
    assert PIECE not in str(caught.value) + pickle.dumps(caught.value).decode("latin-1")


@BOTH
@pytest.mark.parametrize("name", WRONG)
def test_a_key_that_is_plainly_wrong_is_refused_by_a_message_that_does_not_echo_it(kind: Any, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        kind(WRONG[name][0])
    assert str(caught.value).startswith("api_key: ")
    assert WRONG[name][1] in str(caught.value)
    assert str(caught.value).endswith("; pass the key alone, or set STABLECOG_API_KEY")
    check_nothing_shows(caught.value)


@BOTH
@pytest.mark.parametrize("name", ["empty", "newline"])
def test_a_wrong_key_in_the_environment_is_refused_too(kind: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STABLECOG_API_KEY", WRONG[name][0])
    with pytest.raises(UsageError, match=WRONG[name][1]) as caught:
        kind()
    check_nothing_shows(caught.value)


@BOTH
def test_a_missing_key_is_refused_by_a_message_that_says_where_it_goes(kind: Any) -> None:
    with pytest.raises(UsageError, match=r"^api_key: no API key was given; pass .* or set STABLECOG_API_KEY$"):
        kind()


@BOTH
@pytest.mark.parametrize(
    "url",
    [
        "http://api.stablecog.com",
        "http://10.0.0.1",
        "http://localhost.example",
        "http://127.0.0.1.example",
        "HTTP://example.com:443",
    ],
)
def test_plain_http_to_another_machine_is_refused_unless_asked_for_by_name(kind: Any, url: str) -> None:
    with pytest.raises(UsageError, match="http:// would send the API key unencrypted"):
        kind(KEY, base_url=url)
    kind(KEY, base_url=url, allow_http=True)


@BOTH
@pytest.mark.parametrize(
    "url", ["http://localhost:1", "http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]:1", "http://api.localhost"]
)
def test_plain_http_to_this_machine_is_fine(kind: Any, url: str) -> None:
    kind(KEY, base_url=url)


def test_a_proxy_of_an_http_client_is_not_sent_the_key_in_plain_text() -> None:
    with httpx.Client(proxy="http://user:hunter2@proxy.invalid:3128") as http_client:
        client = Client(KEY, base_url="http://127.0.0.1:9", http_client=http_client)
        with pytest.raises(
            UsageError, match=r"^http_client: its proxy would be sent the API key unencrypted"
        ) as caught:
            client.credits.list()
        with pytest.raises(APIConnectionError, match=r"check the proxy proxy\.invalid:3128"):
            Client(KEY, base_url="http://127.0.0.1:9", http_client=http_client, allow_http=True).credits.list()
    check_nothing_shows(caught.value)


@BOTH
@pytest.mark.parametrize("url", [f"https://user:{KEY}@example.com", f"https://example.com/?key={KEY}"])
def test_a_base_url_with_a_secret_in_it_is_refused_and_not_shown(kind: Any, url: str) -> None:
    with pytest.raises(UsageError, match=r"^base_url: ") as caught:
        kind(KEY, base_url=url)
    assert KEY not in str(caught.value)


@all_backends
def test_the_key_is_sent_in_the_authorization_header_alone(backend: Backend) -> None:
    with FaultServer(ok) as server, backend(server.url) as driver:
        driver.list()
    assert server.requests[0].count(KEY.encode()) == 1
    assert ReceivedRequest.of(server.requests[0]).headers["authorization"] == f"Bearer {KEY}"


def echo_redirect(connection: faults.Connection) -> None:
    faults.redirect(f"/{KEY}/?key={KEY}")(connection)


FAULTS: list[faults.Fault] = [
    *(faults.echo_in(status) for status in [200, 299, 302, 400, 401, 404, 429, 500]),
    faults.echo_in_place_of_http,
    faults.close_before_first_byte,
    faults.cut_chunked_body,
    faults.reset_in_mid_body,
    faults.say_nothing,
    faults.endless_headers,
    faults.terabyte_announced,
    faults.login_page,
    faults.raw(b"\x00" * 1000),
    respond(200, b'{"credits":[{"id":null}],"total_remaining_credits":0}'),
    respond(200, b"[" * 100_000),
    faults.encoded("gzip", b"no gzip"),
    faults.text(503, "Busy."),
    faults.redirect("http://other.invalid/"),
    faults.redirect("/v1/credits"),
    # The key where the error cuts what it shows.
    respond(200, f'{{"total_remaining_credits":"your key is {KEY}"}}'.encode()),
    respond(200, f"Bearer {KEY} ok".encode()),
    faults.encoded(KEY, b"{}"),
    respond(401, b"x" * (65536 - 40) + KEY.encode()),
    faults.raw(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 40 + KEY.encode() + b"b" * 9000 + b"\r\n\r\n"),
]


@all_backends
@pytest.mark.parametrize("fault", FAULTS)
def test_no_error_shows_the_key(backend: Backend, fault: faults.Fault, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), FaultServer(fault) as server:
        with backend(server.url, max_retries=1, deadline=0.4) as driver, pytest.raises(APIError) as caught:
            driver.list()
    check_nothing_shows(caught.value, caplog.text)


@all_backends
@pytest.mark.parametrize("fault", [faults.echo_in(500), faults.echo_in_place_of_http])
def test_no_error_after_a_redirect_to_where_the_key_is_in_the_path_shows_it(
    backend: Backend, fault: faults.Fault, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), FaultServer(echo_redirect, fault) as server:
        with backend(server.url, max_retries=1, deadline=0.4) as driver, pytest.raises(APIError) as caught:
            driver.list()
    check_nothing_shows(caught.value, caplog.text)


@all_backends
def test_no_error_shows_the_key_when_nobody_listens(backend: Backend, caplog: pytest.LogCaptureFixture) -> None:
    for url in [f"http://127.0.0.1:{free_port()}", "https://no-such-host.invalid"]:
        with caplog.at_level(logging.DEBUG), backend(url, max_retries=1) as driver, pytest.raises(APIError) as caught:
            driver.list()
        check_nothing_shows(caught.value, caplog.text)


@all_backends
@pytest.mark.parametrize("security", [Security("header", "Authorization", "Basic"), Security("query", "api_key")])
@pytest.mark.parametrize("status", [200, 400])
def test_no_error_shows_the_key_as_another_contract_has_it_sent(
    backend: Backend, security: Security, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    def echo(connection: faults.Connection) -> None:
        sent = connection.header("authorization") or connection.request.split()[1].decode()
        respond(status, json.dumps({sent: sent}).encode())(connection)

    request = APIRequest("GET", "/v1/credits", security, {"200": json_body(lambda value: values(value, integer))})
    with caplog.at_level(logging.DEBUG), FaultServer(echo) as server, backend(server.url, api_key=ODD_KEY) as driver:
        with pytest.raises(APIError) as caught:
            driver.send(request)
    shown = everything_shown(caught.value) + caplog.text
    assert not any(spelling in shown for spelling in SPELLINGS)


UNSENDABLE: dict[str, dict[str, Any]] = {
    "header": {"headers": {"x-note": "\u2603"}},
    "cookie": {"cookies": {"theme": "\u2603"}},
    "body": {"body": {"when": {1, 2}}, "content_type": "application/json"},
    "number": {"body": [float("nan")], "content_type": "application/json"},
    "path": {"path_parameters": {"name": "n" * 70_000}},
}


@all_backends
@pytest.mark.parametrize("security", [Security("header", "Authorization", "Bearer"), Security("cookie", "session")])
@pytest.mark.parametrize("argument", UNSENDABLE)
def test_an_argument_that_cannot_be_sent_is_refused_by_an_error_that_does_not_show_the_key(
    backend: Backend, security: Security, argument: str
) -> None:
    arguments: dict[str, Any] = {"path_parameters": {"name": "n"}, **UNSENDABLE[argument]}
    request = APIRequest[Any]("POST", "/v1/{name}", security, {}, **arguments)
    with FaultServer(ok) as server, backend(server.url) as driver:
        with pytest.raises(UsageError, match=r"^POST /v1/{name}: an argument cannot be sent: ") as caught:
            driver.send(request)
        assert server.connections == 0
    check_nothing_shows(caught.value)


@all_backends
def test_neither_a_client_nor_an_answer_shows_the_key(backend: Backend, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), FaultServer(ok) as server, backend(server.url) as driver:
        client = driver.client
        shown = [found_in_vars(client)]
        credits = driver.list()
        shown += [found_in_vars(client), repr(client), str(client), str(vars(client)), str(client.credits)]
        shown += [found_in_vars(credits), repr(credits), pickle.dumps(credits).decode("latin-1")]
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(client)
    assert PIECE not in "\n".join(shown) + caplog.text


@all_backends
def test_an_error_of_a_closed_client_does_not_show_the_key(backend: Backend) -> None:
    with backend("http://127.0.0.1:1") as driver:
        driver.close()
        with pytest.raises(UsageError) as caught:
            driver.list()
    check_nothing_shows(caught.value)


@async_backends
def test_a_cancelled_call_does_not_show_the_key(backend: type[Tasks]) -> None:
    async def cancelled() -> None:
        call = asyncio.create_task(driver.client.credits.list())
        await asyncio.sleep(0.1)
        call.cancel()
        await call

    with FaultServer(faults.say_nothing) as server, backend(server.url) as driver:
        with pytest.raises(asyncio.CancelledError) as caught:
            driver.runner.run(cancelled())
    check_nothing_shows(caught.value)


def test_what_others_log_stays_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "httpx"), FaultServer(ok) as server, httpx.Client() as other, Client(KEY):
        other.get(server.url)
    assert [record.msg for record in caplog.records] == ['HTTP Request: %s %s "%s %d %s"']
