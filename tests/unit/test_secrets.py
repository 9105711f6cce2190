"""The API key: refused where it is plainly wrong, and shown by no error, log line or pickle."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import pickle
import re
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stablecog_client import APIError, AsyncClient, AuthenticationError, Client, UsageError
from stablecog_client._runtime import redaction
from stablecog_client._runtime.api_request import APIRequest, Security
from stablecog_client._runtime.bodies import json_body
from stablecog_client._runtime.codec import integer, values
from stablecog_client._runtime.redaction import redactor

from tests.support.api_description import operations
from tests.support.faults import KEY
from tests.support.script import OK, URL, Event, Reply, ScriptedClient, redirect, text
from tests.support.secrets import PIECE, check_nothing_shows, everything_shown

Script = Callable[..., ScriptedClient]

ODD_KEY = f"user:{KEY}/+=="
# What may not show of it: all but the start of each encoding.
ENCODINGS = [KEY[8:], quote(ODD_KEY, safe="")[8:], b64encode(ODD_KEY.encode()).decode()[8:]]

WRONG: dict[str, tuple[Any, str]] = {
    "empty": ("", "the key is blank"),
    "blank": (" \t ", "the key is blank"),
    "newline": (KEY + "\n", "the key has a line break in it (was it read from a file?)"),
    "return": (KEY + "\rX-Injected: 1", "the key has a line break in it (was it read from a file?)"),
    "leading-space": (" " + KEY, "the key has white space around it"),
    "trailing-tab": (KEY + "\t", "the key has white space around it"),
    "no-break-space": (KEY[:20] + "\xa0" + KEY[20:], "the key has white space inside it"),
    "with-its-scheme": ("Bearer " + KEY, 'the key starts with "Bearer"'),
    "none": ("None", "the key is the word None"),
    "null": ("null", "the key is the word null"),
    "undefined": ("undefined", "the key is the word undefined"),
    "scheme-alone": ("Bearer", "the key is the word Bearer"),
    "with-its-variable": (f"STABLECOG_API_KEY={KEY}", "the key contains the name of a variable"),
    "quoted": (f'"{KEY}"', "the key has quotation marks around it"),
    "quoted-once": (f"'{KEY}'", "the key has quotation marks around it"),
    "quoted-as-code": (f"`{KEY}`", "the key has quotation marks around it"),
    "non-ascii": (KEY + "\u00e9", "the key has a character outside ASCII"),
    "control": (KEY + "\x00", "the key has a control character in it"),
    "bytes": (KEY.encode(), "expected a string, got bytes"),
}


def said_of(name: str) -> str:
    """Return what is said of a malformed key."""
    with pytest.raises(UsageError) as caught:
        Client(WRONG[name][0])
    return str(caught.value)


def test_malformed_key_is_refused_in_words() -> None:
    """The error says what is wrong with it, and what to do."""
    expected = "api_key: {}; pass the key alone, or set STABLECOG_API_KEY"
    assert {name: said_of(name) for name in WRONG} == {name: expected.format(WRONG[name][1]) for name in WRONG}
    Client("a key may begin and end alike, a".replace(" ", "-"))


def test_key_is_redacted_while_a_thread_prepares(monkeypatch: pytest.MonkeyPatch) -> None:
    """The forms of a key are prepared at its first use, which another thread may not find half done."""
    redact = redactor(KEY)
    seen: list[str] = []
    pattern: Any = vars(redaction)["_pattern"]

    def interrupted(secret: str) -> Any:
        monkeypatch.setattr(redaction, "_pattern", pattern)
        made = pattern(secret)
        if secret == KEY:
            monkeypatch.setattr(redaction, "_pattern", interrupted)
        else:
            seen.append(redact(b64encode(KEY.encode()).decode()))
        return made

    monkeypatch.setattr(redaction, "_pattern", interrupted)
    redact("any text")
    assert seen == ["<redacted>"]


# By name: a traceback shows the variables of the test, too.
@pytest.mark.parametrize("name", ["newline", "bytes"])
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_malformed_key_is_not_echoed(kind: Any, name: str) -> None:
    """Neither by the error nor by its traceback."""
    with pytest.raises(UsageError, match=re.escape(WRONG[name][1])) as caught:
        kind(WRONG[name][0])
    check_nothing_shows(caught.value)


@pytest.mark.parametrize("name", ["empty", "newline"])
def test_malformed_key_of_environment_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that is passed."""
    monkeypatch.setenv("STABLECOG_API_KEY", WRONG[name][0])
    with pytest.raises(UsageError) as caught:
        Client()
    assert str(caught.value) == f"STABLECOG_API_KEY: {WRONG[name][1]}; set it to the key alone"
    check_nothing_shows(caught.value)


@pytest.mark.parametrize("options", [{"base_url": KEY}, {"max_retries": KEY}, {"timeout": KEY}], ids=list)
def test_key_given_as_other_option_is_not_echoed(options: dict[str, Any]) -> None:
    """A misplaced key is not shown by the error about the option."""
    with pytest.raises(UsageError) as caught:
        Client("https://api.stablecog.com", **options)
    assert PIECE not in str(caught.value) + pickle.dumps(caught.value).decode("latin-1")


def test_missing_key_is_refused() -> None:
    """By the client or, if an operation needs none, by the call. The error says where it goes."""
    every_one_needs_it = all(operation.says.get("security") != [] for operation in operations())
    message = r"api_key: no API key was given; pass .* or set STABLECOG_API_KEY$"
    refused: list[Callable[[], object]] = [Client, AsyncClient]
    if not every_one_needs_it:
        refused = [Client().credits.list, lambda: asyncio.run(AsyncClient().credits.list())]
    for action in refused:
        with pytest.raises(UsageError, match=message):
            action()


@pytest.mark.parametrize("host", ["api.stablecog.com", "10.0.0.1", "localhost.example", "127.0.0.1.example"])
def test_plain_http_is_refused_unless_asked_for(host: str) -> None:
    """To another machine."""
    with pytest.raises(UsageError, match="http:// would send the API key unencrypted"):
        Client(KEY, base_url=f"http://{host}")
    Client(KEY, base_url=f"http://{host}", allow_http=True)


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1:1", "127.9.9.9", "[::1]:1", "api.localhost"])
def test_plain_http_to_this_machine_is_allowed(host: str) -> None:
    """The key does not leave it."""
    Client(KEY, base_url=f"http://{host}")


def test_base_url_with_secret_is_refused() -> None:
    """It is not shown."""
    for url in f"https://user:{KEY}@example.com", f"https://example.com/?key={KEY}":
        with pytest.raises(UsageError, match=r"^base_url: ") as caught:
            Client(KEY, base_url=url)
        assert KEY not in str(caught.value)


UNSENDABLE: dict[str, dict[str, Any]] = {
    "header": {"headers": {"x-note": "\u2603"}},
    "cookie": {"cookies": {"theme": "\u2603"}},
    "body": {"body": {"when": {1, 2}}, "content_type": "application/json"},
    "number": {"body": [float("nan")], "content_type": "application/json"},
    "path": {"path_parameters": {"name": "n" * 70_000}},
}


BEARER, COOKIE = Security("header", "Authorization", "Bearer"), Security("cookie", "session")


@pytest.mark.parametrize(
    ("security", "argument"),
    [(BEARER, "header"), (COOKIE, "cookie"), (BEARER, "body"), (COOKIE, "number"), (BEARER, "path")],
    ids=lambda part: part if isinstance(part, str) else part.location,
)
def test_error_about_an_argument_hides_the_key(script: Script, security: Security, argument: str) -> None:
    """An argument that cannot be sent is refused before anything is."""
    arguments: dict[str, Any] = {"path_parameters": {"name": "n"}, **UNSENDABLE[argument]}
    client = script(OK)
    with pytest.raises(UsageError, match=r"^(POST /v1/{name}: an argument cannot be sent|x-note|theme): ") as caught:
        client.send(APIRequest[Any]("POST", "/v1/{name}", security, {}, **arguments))
    assert client.requests == []
    check_nothing_shows(caught.value)


# What a server sends back


def echo(status: int) -> Callable[[httpx.Request], Reply]:
    """The key in everything that a server can send."""

    def reply(request: httpx.Request) -> Reply:
        said = request.headers["authorization"]
        key = said.removeprefix("Bearer ")
        body = f'{{"error":"{said}","total_remaining_credits":"{key}"}}'.encode()
        headers = (("X-Echo", said), (key, "x"), ("Location", f"http://{key}.example/{key}?k={key}"))
        return Reply(status, body, headers=headers)

    return reply


def refused(request: httpx.Request) -> Reply:
    raise httpx.RemoteProtocolError(f"illegal status line: bytearray(b'Bearer {KEY}')")


def broken(request: httpx.Request) -> Reply:
    try:
        raise ValueError(f"of {KEY}", KEY)
    except ValueError as error:
        raise httpx.ReadError(f"with {KEY}", request=request) from error


def unreadable(request: httpx.Request) -> Reply:
    raise httpx.InvalidURL(f"Invalid port: '{KEY}'")


EVENTS: list[Event] = [
    *(echo(status) for status in [200, 299, 302, 401, 429, 500]),
    *(refused, broken, unreadable),
    Reply(200, b"[" * 100_000 + KEY.encode()),
    Reply(200, KEY.encode(), headers=(("Content-Encoding", "gzip"),)),
    Reply(200, b"", f"application/json; charset={KEY}"),
    redirect(f"http://[{KEY}"),
    # The key where the error truncates what it shows.
    Reply(200, f'{{"total_remaining_credits":"your key is {KEY}"}}'.encode()),
    Reply(200, f"Bearer {KEY} ok".encode()),
    Reply(200, b"{}", headers=(("Content-Encoding", KEY),)),
    Reply(401, b"x" * (65536 - 40) + KEY.encode()),
    text(400, "x" * 190 + KEY),
]


@pytest.mark.parametrize("number", range(len(EVENTS)))  # by number: a traceback shows the variables of the test, too
def test_no_error_shows_the_key(script: Script, number: int, caplog: pytest.LogCaptureFixture) -> None:
    """Neither do its causes, their tracebacks, its pickle or the log."""
    with caplog.at_level(logging.DEBUG), pytest.raises(APIError) as caught:
        script(EVENTS[number], max_retries=1).list()
    check_nothing_shows(caught.value, caplog.text)


def test_redirect_to_path_with_key_hides_it(script: Script, caplog: pytest.LogCaptureFixture) -> None:
    """The URL of an error and of a log line is redacted."""
    client = script(redirect(f"/{KEY}/?key={KEY}"), echo(500), max_retries=1)
    with caplog.at_level(logging.DEBUG), pytest.raises(APIError) as caught:
        client.list()
    assert caught.value.url == f"{URL}/<redacted>/"
    check_nothing_shows(caught.value, caplog.text)


def test_key_of_any_length_is_redacted(script: Script) -> None:
    """It is sent whole, and shown nowhere."""
    key = KEY + "0123456789" * 100
    client = script(echo(401), api_key=key)
    with pytest.raises(AuthenticationError) as caught:
        client.list()
    assert client.requests[0].headers["authorization"] == f"Bearer {key}"
    assert caught.value.text == '{"error":"Bearer <redacted>","total_remaining_credits":"<redacted>"}'
    assert caught.value.headers["x-echo"] == "Bearer <redacted>"
    assert "0123" not in str(caught.value) + pickle.dumps(caught.value).decode("latin-1")


@pytest.mark.parametrize(
    ("security", "status"),
    [(Security("header", "Authorization", "Basic"), 200), (Security("query", "api_key"), 400)],
    ids=["basic", "query"],
)
def test_key_sent_in_other_ways_is_redacted(
    script: Script, security: Security, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """As another API description may have it: in base64, or quoted in the URL."""

    def reply(request: httpx.Request) -> Reply:
        sent = request.headers.get("authorization") or str(request.url)
        return Reply(status, json.dumps({sent: sent}).encode())

    request = APIRequest("GET", "/v1/credits", security, {"200": json_body(lambda value: values(value, integer))})
    with caplog.at_level(logging.DEBUG), pytest.raises(APIError) as caught:
        script(reply, api_key=ODD_KEY).send(request)
    shown = everything_shown(caught.value) + caplog.text
    assert not any(encoding in shown for encoding in ENCODINGS)


# What redacts


REDACTED = {
    "": "",
    "nothing here": "nothing here",
    f"a {KEY} b {KEY}": "a <redacted> b <redacted>",
    f"{KEY}{KEY}": "<redacted><redacted>",
    f"cut {KEY[:-1]}": "cut <redacted>",
    f"cut {KEY[:8]}...": "cut <redacted>...",
    f"other {KEY[:20]}x{KEY}": "other <redacted>x<redacted>",
    f"short {KEY[:7]}": f"short {KEY[:7]}",
}


def test_redactor_replaces_each_occurrence() -> None:
    """Also of the start of the key, from eight characters on."""
    assert {text: redactor(KEY)(text) for text in REDACTED} == REDACTED


def test_redactor_knows_json_and_url_encoding() -> None:
    """As they are shown in a body or a URL, also where a server escapes what need not be escaped."""
    key = 'secret-"quoted"/and spaced?'
    redact = redactor(key)
    in_json = json.dumps(key)[1:-1]
    in_base64 = b64encode(key.encode()).decode()
    for encoded in key, in_json, in_json.replace("/", r"\/"), quote(key, safe=""), in_base64:
        assert redact(f"<{encoded}>") == "<<redacted>>"
    for escape in "\\u{:04x}", "\\u{:04X}", "%{:02x}", "%{:02X}":
        assert redact("".join(escape.format(ord(character)) for character in key)) == "<redacted>", escape
        assert redact(key[:9] + escape.format(ord(key[9])) + key[10:]) == "<redacted>", escape


@given(st.lists(st.tuples(st.sampled_from('\\"%u0041/ab &?'), st.booleans()), min_size=8, max_size=30))
def test_key_that_looks_like_escapes_is_redacted(characters: list[tuple[str, bool]]) -> None:
    """Whole, as it is and however a server escapes each of its characters in JSON or in a URL."""
    key = "".join(character for character, _ in characters)
    redact = redactor(key)
    in_json = [f"\\u{ord(one):04x}" if escaped else json.dumps(one)[1:-1] for one, escaped in characters]
    in_url = [f"%{ord(one):02X}" if escaped else quote(one, safe="") for one, escaped in characters]
    for text_of_key in key, "".join(in_json), "".join(in_url):
        assert redact(f"<{text_of_key}>") == "<<redacted>>"


def test_key_escaped_in_an_error_is_redacted(script: Script) -> None:
    """It is not shown by the error that is decoded from the body either."""
    escaped = f"\\u{ord(KEY[0]):04x}{KEY[1:]}"
    client = script(text(401, json.dumps({"error": "no key KEY"}).replace("KEY", escaped)))
    with pytest.raises(AuthenticationError) as caught:
        client.list()
    assert caught.value.body.error == "no key <redacted>"
    check_nothing_shows(caught.value)


def test_logs_of_others_stay_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    """A record without a key keeps its arguments; one with a key of any client is redacted."""
    with Client(KEY), Client("other-key-of-another-client"), caplog.at_level(logging.INFO, "httpx"):
        logger = logging.getLogger("httpx")
        logger.info("%s %d", "a", 1)
        logger.info("%s and %s", KEY, "other-key-of-another-client")
    assert [(record.msg, record.args) for record in caplog.records] == [
        ("%s %d", ("a", 1)),
        ("<redacted> and <redacted>", ()),
    ]


def test_redactor_that_is_gone_leaves_nothing() -> None:
    """The log filter keeps no key of a client that is gone."""
    redactors: list[object] = vars(redaction)["_redactors"]
    redact = redactor(KEY)
    before = len(redactors)
    del redact
    gc.collect()
    assert len(redactors) < before
