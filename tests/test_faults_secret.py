"""The key is refused where it is plainly wrong, goes only where it belongs, and shows nowhere."""

from __future__ import annotations

import asyncio
import inspect
import io
import json
import logging
import os
import pickle
import threading
import traceback
import warnings
from base64 import b64encode
from collections.abc import Iterable
from typing import Any, cast
from urllib.parse import quote

import httpx
import pytest
from rich.console import Console
from rich.traceback import Traceback
from stablecog_client import APIConnectionError, APIError, AsyncClient, AuthenticationError, Client, UsageError
from stablecog_client._runtime.api_request import APIRequest, Security
from stablecog_client._runtime.bodies import json_body
from stablecog_client._runtime.codec import integer, values

from tests import faults
from tests.drive import Tasks, Way, every_async_way, every_way
from tests.faults import KEY, FaultServer, Seen, answer, free_port, ok

PIECE = KEY[:12]  # not even so much of the key may show

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
    "with-its-variable": (f"STABLECOG_API_KEY={KEY}", "contains the name of a variable"),
    "a-variable": ("$STABLECOG_API_KEY", "contains the name of a variable"),
    "quoted": (f'"{KEY}"', "quotation marks around it"),
    "quoted-once": (f"'{KEY}'", "quotation marks around it"),
    "non-ascii": (KEY + "\u00e9", "outside ASCII"),
    "zero-width": (KEY + "\u200b", "outside ASCII"),
    "control": (KEY + "\x00", "control character"),
    "delete": (KEY + "\x7f", "control character"),
    "bytes": (KEY.encode(), "expected a string, got bytes"),
    "number": (5, "expected a string, got int"),
}


@every_way
def test_a_key_of_any_length_is_sent_and_not_shown(way: Way) -> None:
    key = KEY + "0123456789" * 100
    with FaultServer(faults.echo_in(401)) as server, way(server.url, api_key=key) as caller:
        with pytest.raises(AuthenticationError) as caught:
            caller.list()
        assert Seen.of(server.requests[0]).headers["authorization"] == f"Bearer {key}"
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


@every_way
def test_the_key_is_sent_in_the_authorization_header_alone(way: Way) -> None:
    with FaultServer(ok) as server, way(server.url) as caller:
        caller.list()
    assert server.requests[0].count(KEY.encode()) == 1
    assert Seen.of(server.requests[0]).headers["authorization"] == f"Bearer {KEY}"


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
    answer(200, b'{"credits":[{"id":null}],"total_remaining_credits":0}'),
    answer(200, b"[" * 100_000),
    faults.encoded("gzip", b"no gzip"),
    faults.text(503, "Busy."),
    faults.redirect("http://other.invalid/"),
    faults.redirect("/v1/credits"),
    # The key where the error cuts what it shows.
    answer(200, f'{{"total_remaining_credits":"your key is {KEY}"}}'.encode()),
    answer(200, f"Bearer {KEY} ok".encode()),
    faults.encoded(KEY, b"{}"),
    answer(401, b"x" * (65536 - 40) + KEY.encode()),
    faults.raw(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 40 + KEY.encode() + b"b" * 9000 + b"\r\n\r\n"),
]


@every_way
@pytest.mark.parametrize("fault", FAULTS)
def test_no_error_shows_the_key(way: Way, fault: faults.Fault, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), FaultServer(fault) as server:
        with way(server.url, max_retries=1, deadline=0.4) as caller, pytest.raises(APIError) as caught:
            caller.list()
    check_nothing_shows(caught.value, caplog.text)


@every_way
@pytest.mark.parametrize("fault", [faults.echo_in(500), faults.echo_in_place_of_http])
def test_no_error_after_a_redirect_to_where_the_key_is_in_the_path_shows_it(
    way: Way, fault: faults.Fault, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), FaultServer(echo_redirect, fault) as server:
        with way(server.url, max_retries=1, deadline=0.4) as caller, pytest.raises(APIError) as caught:
            caller.list()
    check_nothing_shows(caught.value, caplog.text)


@every_way
def test_no_error_shows_the_key_when_nobody_listens(way: Way, caplog: pytest.LogCaptureFixture) -> None:
    for url in [f"http://127.0.0.1:{free_port()}", "https://no-such-host.invalid"]:
        with caplog.at_level(logging.DEBUG), way(url, max_retries=1) as caller, pytest.raises(APIError) as caught:
            caller.list()
        check_nothing_shows(caught.value, caplog.text)


@every_way
@pytest.mark.parametrize("security", [Security("header", "Authorization", "Basic"), Security("query", "api_key")])
@pytest.mark.parametrize("status", [200, 400])
def test_no_error_shows_the_key_as_another_contract_has_it_sent(
    way: Way, security: Security, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    def echo(connection: faults.Connection) -> None:
        sent = connection.header("authorization") or connection.request.split()[1].decode()
        answer(status, json.dumps({sent: sent}).encode())(connection)

    request = APIRequest("GET", "/v1/credits", security, {"200": json_body(lambda value: values(value, integer))})
    with caplog.at_level(logging.DEBUG), FaultServer(echo) as server, way(server.url, api_key=ODD_KEY) as caller:
        with pytest.raises(APIError) as caught:
            caller.send(request)
    shown = everything_shown(caught.value) + caplog.text
    assert not any(spelling in shown for spelling in SPELLINGS)


UNSENDABLE: dict[str, dict[str, Any]] = {
    "header": {"headers": {"x-note": "\u2603"}},
    "cookie": {"cookies": {"theme": "\u2603"}},
    "body": {"body": {"when": {1, 2}}, "content_type": "application/json"},
    "number": {"body": [float("nan")], "content_type": "application/json"},
    "path": {"path_parameters": {"name": "n" * 70_000}},
}


@every_way
@pytest.mark.parametrize("security", [Security("header", "Authorization", "Bearer"), Security("cookie", "session")])
@pytest.mark.parametrize("argument", UNSENDABLE)
def test_an_argument_that_cannot_be_sent_is_refused_by_an_error_that_does_not_show_the_key(
    way: Way, security: Security, argument: str
) -> None:
    arguments: dict[str, Any] = {"path_parameters": {"name": "n"}, **UNSENDABLE[argument]}
    request = APIRequest[Any]("POST", "/v1/{name}", security, {}, **arguments)
    with FaultServer(ok) as server, way(server.url) as caller:
        with pytest.raises(UsageError, match=r"^POST /v1/{name}: an argument cannot be sent: ") as caught:
            caller.send(request)
        assert server.connections == 0
    check_nothing_shows(caught.value)


@every_way
def test_neither_a_client_nor_an_answer_shows_the_key(way: Way, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), FaultServer(ok) as server, way(server.url) as caller:
        client = caller.client
        shown = [found_in_vars(client)]
        credits = caller.list()
        shown += [found_in_vars(client), repr(client), str(client), str(vars(client)), str(client.credits)]
        shown += [found_in_vars(credits), repr(credits), pickle.dumps(credits).decode("latin-1")]
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(client)
    assert PIECE not in "\n".join(shown) + caplog.text


@every_way
def test_an_error_of_a_closed_client_does_not_show_the_key(way: Way) -> None:
    with way("http://127.0.0.1:1") as caller:
        caller.close()
        with pytest.raises(UsageError) as caught:
            caller.list()
    check_nothing_shows(caught.value)


@every_async_way
def test_a_cancelled_call_does_not_show_the_key(way: type[Tasks]) -> None:
    async def cancelled() -> None:
        call = asyncio.create_task(caller.client.credits.list())
        await asyncio.sleep(0.1)
        call.cancel()
        await call

    with FaultServer(faults.say_nothing) as server, way(server.url) as caller:
        with pytest.raises(asyncio.CancelledError) as caught:
            caller.runner.run(cancelled())
    check_nothing_shows(caught.value)


def test_what_others_log_stays_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "httpx"), FaultServer(ok) as server, httpx.Client() as other, Client(KEY):
        other.get(server.url)
    assert [record.msg for record in caplog.records] == ['HTTP Request: %s %s "%s %d %s"']


def check_nothing_shows(error: BaseException, logged: str = "") -> None:
    shown = everything_shown(error) + logged
    assert PIECE not in shown, shown[max(0, shown.index(PIECE) - 2000) :][:2200]


def everything_shown(error: BaseException) -> str:
    """All that anyone shows of an error."""
    shown = [str(error), repr(error), *traceback.format_exception(error)]
    if isinstance(error, APIError):
        shown.append(pickle.dumps(error).decode("latin-1"))
    seen: list[BaseException] = [error]
    for one in seen:
        shown += [found_in_vars(one), *traceback.TracebackException.from_exception(one, capture_locals=True).format()]
        seen += [other for other in (one.__cause__, one.__context__) if other is not None and other not in seen]
    as_pytest = (
        pytest.ExceptionInfo[BaseException]
        .from_exception(error)
        .getrepr(showlocals=True, style="long", chain=True, truncate_locals=False, abspath=True)
    )
    shown.append(str(as_pytest))
    screen = io.StringIO()
    assert error.__traceback__ is not None
    as_rich = Traceback.from_exception(
        type(error), error, error.__traceback__, show_locals=True, width=200,
        locals_max_length=1000, locals_max_string=100_000, max_frames=1000,
    )  # fmt: skip
    Console(file=screen, width=200).print(as_rich)
    shown.append(screen.getvalue())
    return "\n".join(shown)


def found_in_vars(root: object) -> str:
    """The key if it can be reached by attributes and items, with the way to it."""
    seen: set[int] = set()
    queue: list[tuple[str, object]] = [(type(root).__name__, root)]
    while queue:
        path, value = queue.pop()
        if id(value) in seen or isinstance(value, type | type(os) | threading.Thread | asyncio.AbstractEventLoop):
            continue
        seen.add(id(value))
        if isinstance(value, str | bytes | bytearray):
            if PIECE in (value if isinstance(value, str) else bytes(value).decode("latin-1")):
                return f"{path}: {PIECE}"
        elif isinstance(value, dict):
            queue += [(f"{path}[{key!r}]", item) for key, item in cast("dict[object, object]", value).items()]
            queue += [(f"a key of {path}", key) for key in cast("dict[object, object]", value)]
        elif isinstance(value, list | tuple | set | frozenset):
            queue += [(f"{path}[]", item) for item in cast("Iterable[object]", value)]
        elif not callable(value) or hasattr(value, "__dict__"):
            slots = [name for kind in inspect.getmro(type(value)) for name in getattr(kind, "__slots__", ())]
            with warnings.catch_warnings(action="ignore"):
                queue += [(f"{path}.{name}", getattr(value, name, None)) for name in slots if name != "__weakref__"]
            queue += [(f"{path}.{name}", item) for name, item in getattr(value, "__dict__", {}).items()]
    return ""
