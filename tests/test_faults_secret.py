"""The key is refused where it is plainly wrong, goes only where it belongs, and shows nowhere."""

from __future__ import annotations

import asyncio
import inspect
import io
import logging
import os
import pickle
import threading
import traceback
import warnings
from collections.abc import Iterable
from typing import Any, cast

import pytest
from rich.console import Console
from rich.traceback import Traceback
from stablecog_client import APIError, AsyncClient, Client, UsageError

from tests import faults
from tests.drive import Tasks, TasksOverAiohttp, Way, every_way
from tests.faults import KEY, FaultServer, answer, free_port, ok

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
    "with-its-scheme": ("Bearer " + KEY, "the word Bearer before it"),
    "quoted": (f'"{KEY}"', "quotation marks around it"),
    "quoted-once": (f"'{KEY}'", "quotation marks around it"),
    "non-ascii": (KEY + "\u00e9", "outside ASCII"),
    "zero-width": (KEY + "\u200b", "outside ASCII"),
    "control": (KEY + "\x00", "control character"),
    "delete": (KEY + "\x7f", "control character"),
    "bytes": (KEY.encode(), "expected a string, got bytes"),
    "number": (5, "expected a string, got int"),
}


@BOTH
@pytest.mark.parametrize("name", WRONG)
def test_a_key_that_is_plainly_wrong_is_refused_by_a_message_that_does_not_echo_it(kind: Any, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        kind(WRONG[name][0])
    assert str(caught.value).startswith("api_key: ")
    assert WRONG[name][1] in str(caught.value)
    assert str(caught.value).endswith("; pass api_key=... or set STABLECOG_API_KEY")
    shown = everything_shown(caught.value)
    assert KEY[:20] not in shown


@BOTH
@pytest.mark.parametrize("name", ["empty", "blank", "newline", "space-inside", "non-ascii"])
def test_a_wrong_key_in_the_environment_is_refused_too(kind: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STABLECOG_API_KEY", WRONG[name][0])
    with pytest.raises(UsageError, match=WRONG[name][1]) as caught:
        kind()
    shown = everything_shown(caught.value)
    assert KEY[:20] not in shown


@BOTH
def test_a_missing_key_is_refused(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STABLECOG_API_KEY", raising=False)
    with pytest.raises(UsageError, match="no API key was given"):
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


@BOTH
@pytest.mark.parametrize(
    "url", ["https://user:word@example.com", "ftp://example.com", "example.com", "https://", "/v1"]
)
def test_what_is_no_server_is_refused(kind: Any, url: str) -> None:
    with pytest.raises(UsageError, match=r"^base_url: ") as caught:
        kind(KEY, base_url=url)
    assert "word" not in str(caught.value).replace("password", "")


@every_way
def test_the_key_is_sent_in_the_authorization_header_alone(way: Way) -> None:
    with FaultServer(ok) as server, way(server.url) as caller:
        caller.list()
    lines = [line for line in server.requests[0].split(b"\r\n") if KEY.encode() in line]
    assert [line.partition(b":")[0].lower() for line in lines] == [b"authorization"]
    assert lines[0].partition(b": ")[2] == b"Bearer " + KEY.encode()


def echo_redirect(connection: faults.Connection) -> None:
    faults.redirect(f"/{KEY}/?key={KEY}")(connection)


ECHOES: list[faults.Fault] = [
    *(faults.echo_in(status) for status in [200, 299, 302, 400, 401, 404, 429, 500]),
    faults.echo_in_place_of_http,
]
FAULTS: list[faults.Fault] = [
    *ECHOES,
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
]


@every_way
@pytest.mark.parametrize("fault", FAULTS)
def test_no_error_shows_the_key(way: Way, fault: faults.Fault, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), FaultServer(fault) as server:
        with way(server.url, max_retries=1, deadline=0.4) as caller, pytest.raises(APIError) as caught:
            caller.list()
    check_nothing_shows(caught.value, caplog)


@every_way
@pytest.mark.parametrize("fault", [faults.echo_in(500), faults.echo_in_place_of_http])
def test_no_error_after_a_redirect_to_where_the_key_is_in_the_path_shows_it(
    way: Way, fault: faults.Fault, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), FaultServer(echo_redirect, fault) as server:
        with way(server.url, max_retries=1, deadline=0.4) as caller, pytest.raises(APIError) as caught:
            caller.list()
    check_nothing_shows(caught.value, caplog)


@every_way
def test_no_error_shows_the_key_when_nobody_listens(way: Way, caplog: pytest.LogCaptureFixture) -> None:
    for url in [f"http://127.0.0.1:{free_port()}", "https://no-such-host.invalid"]:
        with caplog.at_level(logging.DEBUG), way(url, max_retries=1) as caller, pytest.raises(APIError) as caught:
            caller.list()
        check_nothing_shows(caught.value, caplog)


@every_way
def test_neither_a_client_nor_an_answer_shows_the_key(way: Way, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), FaultServer(ok) as server, way(server.url) as caller:
        shown = [found_in_vars(caller.client)]
        credits = caller.list()
        shown += [found_in_vars(caller.client), found_in_vars(credits), repr(credits), str(caller.client.credits)]
        shown += [
            repr(caller.client),
            str(caller.client),
            f"{vars(caller.client)}",
            pickle.dumps(credits).decode("latin-1"),
        ]
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(caller.client)
    assert not [text for text in shown if KEY in text]
    assert KEY not in caplog.text


@every_way
def test_an_error_of_a_closed_client_does_not_show_the_key(way: Way) -> None:
    with way("http://127.0.0.1:1") as caller:
        caller.close()
        with pytest.raises(UsageError, match="the client is closed; make a new one") as caught:
            caller.list()
    shown = everything_shown(caught.value)
    assert KEY not in shown


@pytest.mark.parametrize("way", [Tasks, TasksOverAiohttp])
def test_a_cancelled_call_does_not_show_the_key(way: Way) -> None:
    with FaultServer(faults.say_nothing) as server, way(server.url) as caller:
        with pytest.raises(asyncio.CancelledError) as caught:
            cast("Tasks", caller).runner.run(cancelled(cast("AsyncClient", caller.client)))
    shown = everything_shown(caught.value)
    assert KEY not in shown


async def cancelled(client: AsyncClient) -> None:
    call = asyncio.create_task(client.credits.list())
    await asyncio.sleep(0.1)
    call.cancel()
    await call


def check_nothing_shows(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    shown = everything_shown(error)
    assert KEY not in shown, shown[max(0, shown.index(KEY) - 2000) :][:2200]
    assert KEY not in caplog.text


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
            if KEY in (value if isinstance(value, str) else bytes(value).decode("latin-1")):
                return f"{path}: {KEY}"
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


LONG_KEY = "sc-" + "0123456789abcdef" * 4


@every_way
@pytest.mark.parametrize(
    "fault",
    [
        faults.answer(200, f'{{"total_remaining_credits":"your key is {LONG_KEY}"}}'.encode()),
        faults.answer(200, f"Bearer {LONG_KEY} ok".encode()),
        faults.encoded(LONG_KEY, b"{}"),
        faults.answer(401, b"x" * (65536 - 40) + LONG_KEY.encode()),
        faults.raw(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 40 + LONG_KEY.encode() + b"b" * 9000 + b"\r\n\r\n"),
    ],
    ids=["value", "no JSON", "encoding", "end of what is kept", "header too long"],
)
def test_a_key_that_is_cut_is_not_shown_in_part(way: Way, fault: faults.Fault) -> None:
    with (
        FaultServer(fault) as server,
        way(server.url, api_key=LONG_KEY, max_retries=0) as caller,
        pytest.raises(APIError) as raised,
    ):
        caller.list()
    error: BaseException | None = raised.value
    while error is not None:
        assert LONG_KEY[:12] not in f"{error} {vars(error)}"
        error = error.__cause__
