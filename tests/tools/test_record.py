"""`make record`: raw responses, compared with the API description and with earlier ones, and no secret in them."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.api_description import API_DESCRIPTION, CREDITS
from tests.support.certificates import authority, serving
from tests.support.drivers import assert_ends
from tests.support.faults import KEY
from tools import record
from tools.redact import PIECE, UnsafeRecordingError, ensure_no_secret, redact_headers
from tools.replay import RECORDINGS, ReplayServer

OK, NO_KEY, NO_PATH = (
    (RECORDINGS / name).read_bytes() for name in ("200-two-credits.http", "401-no-header.http", "404-unknown-path.http")
)
FILES = {"200-list-credits-live.http", "401-list-credits-live.http", "404-list-credits-live.http"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(RECORDINGS, tmp_path / "recordings")


Run = Callable[..., tuple[object, list[bytes]]]


def describe(monkeypatch: pytest.MonkeyPatch, paths: dict[str, Any]) -> None:
    """Let the API description have these paths beside that of the credits, and no others."""

    def load(_: Path) -> dict[str, Any]:
        return API_DESCRIPTION | {"paths": {**paths, CREDITS.path: {CREDITS.method: CREDITS.says}}}

    monkeypatch.setattr(record, "load", load)


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Record these responses; return the exit status, or the message in its place, and the requests that were sent."""
    describe(monkeypatch, {})  # whatever else there is

    def run(*responses: bytes, key: str = KEY, url: str = "", into: Path = folder) -> tuple[object, list[bytes]]:
        monkeypatch.setenv("STABLECOG_API_KEY", key)
        with ReplayServer(*responses) as server:
            monkeypatch.setattr("sys.argv", ["record", "--url", url or server.url, "--into", str(into)])
            with pytest.raises(SystemExit) as ended:
                record.main()
            return ended.value.code, server.requests

    return run


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def body(text: str, headers: str = "") -> bytes:
    """Return the recorded 200 response with one more field, of this text, and perhaps more headers."""
    whole = json.loads(OK.partition(b"\r\n\r\n")[2])
    content = json.dumps({**whole, "said": text}).encode()
    head = OK.partition(b"\r\n\r\n")[0].replace(b"Content-Length: 500", b"Content-Length: %d" % len(content))
    return head + b"\r\n" + headers.encode() + b"\r\n" + content


def test_responses_are_written_as_received(folder: Path, run: Run) -> None:
    """A response is written byte for byte, and index.json describes it without the key."""
    before = contents(folder)
    status, requests = run(OK, NO_KEY, NO_PATH)
    after = contents(folder)
    assert status == 0
    assert after.keys() - before.keys() == FILES
    assert [after[name] for name in sorted(FILES)] == [OK, NO_KEY, NO_PATH]
    assert [request.split(b" ")[1] for request in requests] == [b"/v1/credits", b"/v1/credits", b"/v1/credit"]
    assert [KEY.encode() in request for request in requests] == [True, False, True]

    index, index_before = json.loads(after["index.json"]), json.loads(before["index.json"])
    assert index["exchanges"][: len(index_before["exchanges"])] == index_before["exchanges"]
    added = index["exchanges"][len(index_before["exchanges"]) :]
    assert {entry["file"] for entry in added} == FILES
    assert added[0]["request"]["headers"]["Authorization"] == "Bearer <redacted>"
    assert "Authorization" not in added[1]["request"]["headers"]


def test_recording_again_replaces_the_files(
    folder: Path, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Recording again replaces files; a new folder gets an index."""
    for into in (folder, folder, tmp_path / "new"):
        assert run(OK, NO_KEY, NO_PATH, into=into)[0] == 0
        files = [entry["file"] for entry in json.loads((into / "index.json").read_bytes())["exchanges"]]
        assert sorted(files) == sorted(path.name for path in into.glob("*.http"))
    assert "changed:" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            (b'"remaining_amount":0', b'"remaining_amount":"0"'),
            "$.credits[0].remaining_amount: '0' is not of type 'integer'",
        ),
        ((b"X-Ratelimit-Limit: 20", b"X-Ratelimit-Limit: 30"), "header X-Ratelimit-Limit: $: 20 was expected"),
        ((b"application/json", b"application/text"), "application/text"),
        ((b'"credits"', b"'credits'"), "Failed to deserialize"),
        ((b"Gift XLarge", b"Gift \xff"), "the body is not text in its charset"),
    ],
)
def test_a_broken_description_is_reported(
    change: tuple[bytes, bytes], said: str, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """A response that breaks the API description is reported, and the exit status is 1."""
    assert change[0] in OK
    content = OK.replace(*change)
    size = len(content.partition(b"\r\n\r\n")[2])
    status, _ = run(content.replace(b"Length: 500", b"Length: %d" % size), NO_KEY, NO_PATH)
    broken = [line for line in capsys.readouterr().out.splitlines() if line.startswith("broken: 200-list-credits-live")]
    assert status == 1
    assert any(said in line for line in broken), broken


def test_a_broken_response_replaces_no_recording(folder: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """A response that breaks the API description does not replace a good recording."""
    run(OK, NO_KEY, NO_PATH)
    good = (folder / "200-list-credits-live.http").read_bytes()
    for _ in range(2):
        capsys.readouterr()
        assert run(OK.replace(b"X-Ratelimit-Limit", b"X-Other-Name-Here"), NO_KEY, NO_PATH)[0] == 1
        out = capsys.readouterr().out
        missing = "header X-Ratelimit-Limit: Missing required header: X-Ratelimit-Limit"
        assert f"broken: 200-list-credits-live.http: {missing}\n" in out
        assert "changed: 200-list-credits-live.http: missing header x-ratelimit-limit\n" in out
        assert "Did not write 200-list-credits-live.http" in out
        assert (folder / "200-list-credits-live.http").read_bytes() == good
    entries = json.loads((folder / "index.json").read_bytes())["exchanges"]
    assert [entry["status"] for entry in entries if entry["file"] == "200-list-credits-live.http"] == [200]


def test_a_success_without_a_key_is_reported(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A success without a key breaks the API description, in a new folder too."""
    status, _ = run(OK, OK, NO_PATH, into=tmp_path / "new")
    out = capsys.readouterr().out
    assert status == 1
    assert "broken: 401-list-credits-live.http: status 200, expected 401\n" in out
    assert "Wrote 200-list-credits-live.http, 404-list-credits-live.http to " in out
    assert not (tmp_path / "new" / "401-list-credits-live.http").exists()


def test_another_charset_is_reported(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Another charset is a change, and breaks the API description where the text cannot be decoded."""
    response = OK.replace(b"application/json", b"Application/JSON ; charset=klingon")
    assert run(response, NO_KEY, NO_PATH)[0] == 0
    told = "new content type application/json;charset=klingon"
    assert f"changed: 200-list-credits-live.http: {told}\n" in capsys.readouterr().out
    assert run(OK, NO_KEY, NO_PATH.replace(b"utf-8", b"klingon"))[0] == 1
    assert "broken: 404-list-credits-live.http: the body is not text in its charset" in capsys.readouterr().out


def test_reports_escape_control_characters(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """What a server sends can neither end a line of the report nor control the terminal."""
    content = OK.replace(b'"Free"', rb'"Free","a\nbroken: fake":1,"\u001b[31m":1,"\ud800\u202e\u00e9":1')
    size = len(content.partition(b"\r\n\r\n")[2])
    assert run(content.replace(b"Length: 500", b"Length: %d" % size), NO_KEY, NO_PATH)[0] == 0
    lines = capsys.readouterr().out.split("\n")
    for name in r"a\nbroken: fake", r"\x1b[31m", r"\ud800\u202eé":
        assert f"changed: 200-list-credits-live.http: new field $.credits[].type.{name} (integer)" in lines


def test_documented_change_is_reported_once(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Drift that the API description allows is reported, passes, and is known the next time."""
    status, _ = run(body("hello", "X-Region: eu\r\n"), NO_KEY, NO_PATH.replace(b"nosniff", b""))
    assert status == 0
    out = capsys.readouterr().out
    assert "changed: 200-list-credits-live.http: new field $.said (string)\n" in out
    assert "changed: 200-list-credits-live.http: new header x-region\n" in out
    assert run(body("hello", "X-Region: eu\r\n"), NO_KEY, NO_PATH)[0] == 0
    assert "changed:" not in capsys.readouterr().out  # it is known by now


def test_missing_and_retyped_fields_are_reported(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Missing fields, missing headers and changed types are changes."""
    response = OK.replace(b'"name":"Free"', b'"nick":"Free"').replace(b'"amount":100', b'"amount":1.5')
    run(response.replace(b"Vary: Origin\r\n", b"").replace(b"1391,", b"null,"), NO_KEY, NO_PATH)
    out = capsys.readouterr().out
    assert "changed: 200-list-credits-live.http: missing header vary\n" in out
    assert "new field $.credits[].type.amount (number)" in out
    assert "new field $.total_remaining_credits (null)" in out
    assert "missing field $.total_remaining_credits (integer)" in out
    only_nick = response.replace(b'"name":"Gift XLarge"', b'"nick":"Gift XLarge"')
    run(only_nick, NO_KEY, NO_PATH)
    assert "missing field $.credits[].type.name" in capsys.readouterr().out


def test_what_only_some_recordings_have_may_go() -> None:
    """It is not missing, nor is a field of an object that is gone itself, or new with it; an empty one is there."""

    def of(text: str) -> record.Response:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
        return record.Response.parse(f"{head}{text}".encode())

    earlier = [of('{"a": 1, "b": {"c": 1}}'), of('{"a": 1, "b": {"c": 1}, "d": 1}')]
    assert list(record.changes(of('{"a": 1, "e": {"f": 1}}'), [of('{"a": 1}')])) == ["new field $.e (object)"]
    assert list(record.changes(of('{"a": 1}'), earlier)) == ["missing field $.b (object)"]
    assert list(record.changes(of('{"a": 1, "b": {}}'), earlier)) == ["missing field $.b.c (integer)"]
    assert list(record.changes(of('{"a": 1, "b": {"c": 1}}'), [of('{"a": 1, "b": {}}')])) == [
        "new field $.b.c (integer)"
    ]


def test_operation_with_parameters_is_left_out() -> None:
    """Those of its path are its own as well."""
    get = {"operationId": "list_things"}
    paths: dict[str, Any] = {"/a": {"get": get}, "/b": {"post": get}, "/c": {"get": {**get, "parameters": [{}]}}}
    found = record.exchanges({"paths": {**paths, "/d": {"parameters": [{}], "get": get}}}, "http://localhost")
    assert [(entry["status"], entry["request"]["path"]) for _, entry in found] == [(200, "/a"), (401, "/a"), (404, "/")]


def test_a_skipped_operation_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line for each operation that is not recorded says why; the others are recorded."""
    makes = {"operationId": "make_thing", "responses": {"200": {"description": "Made."}}}
    lists = {**makes, "operationId": "list_things"}
    page = {"name": "page", "in": "query", "schema": {"type": "integer"}}
    describe(monkeypatch, {"/a": {"post": makes, "get": {**lists, "parameters": [page]}}})
    assert run(OK, NO_KEY, NO_PATH)[0] == 0
    *skipped, wrote = capsys.readouterr().out.splitlines()
    assert skipped == [
        "skipped: GET /a: it has parameters; record it by hand, as CONTRIBUTING.md says",
        "skipped: POST /a: it is not a GET; record it by hand, as CONTRIBUTING.md says",
    ]
    assert wrote.startswith("Wrote 200-list-credits-live.http, ")


def test_an_unexpected_status_is_not_written(folder: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """A response that is valid, but of another status than was asked for, is not written."""
    limited = (RECORDINGS / "429-burst.http").read_bytes()
    assert run(limited, NO_KEY, NO_PATH)[0] == 1
    assert "broken: 200-list-credits-live.http: status 429, expected 200\n" in capsys.readouterr().out
    assert "200-list-credits-live.http" not in contents(folder)


def test_identifying_headers_are_redacted(folder: Path, run: Run) -> None:
    """Headers outside the allow-list keep their names and lose their values."""
    headers = {
        "Set-Cookie": "session=abc",
        "X-Forwarded-For": "203.0.113.9",
        "CF-Ray": "8f2",
        "X-Request-Id": "77",
        "X-Echo": f"Bearer {KEY}",
        "Location": f"https://example.com/?key={KEY}",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    run(body("hello", lines), NO_KEY, NO_PATH)
    written = (folder / "200-list-credits-live.http").read_bytes()
    for name, value in headers.items():
        assert f"{name}: <redacted>\r\n".encode() in written
        assert value.encode() not in written


SECRET = "sc-" + hashlib.sha256(b"secret").hexdigest()  # repeats nothing, unlike KEY, and has few digits in a row
SECRETS = {
    "whole": SECRET,
    "upper case": SECRET.upper(),
    "a piece": SECRET[20:28],
    "spaced": " ".join(SECRET),
    "in two": SECRET[:30] + '","' + SECRET[30:],
    "escaped in JSON": "".join(f"\\u{ord(letter):04x}" for letter in SECRET),
    "percent-encoded": "".join(f"%{ord(letter):02x}" for letter in SECRET),
    "percent-encoded twice": "".join(f"%25{ord(letter):02x}" for letter in SECRET),
    "query": urllib.parse.urlencode({"key": f"<{SECRET}>"}),
    "base64": base64.b64encode(f"user:{SECRET}".encode()).decode(),
    "base64, for URLs, unaligned": "ab" + base64.urlsafe_b64encode(b"\xff" + SECRET.encode()).decode().rstrip("="),
    "base64 of half": base64.b64encode(SECRET[:32].encode()).decode(),
    "address": "you are 203.0.113.9",
    "address and port": "from 203.0.113.9:4711",
    "address, percent-encoded": "you are 203%2E0%2E113%2E9",
    "address of IPv6": "you are [2001:db8::7]",
    "address of IPv6 in full": "you are 2001:db8:0:0:0:0:0:7",
    "e-mail": "ada@example.com",
}


def test_secrets_are_found_in_any_form() -> None:
    """The key is found whole, in part and encoded; addresses are found, too."""
    found: dict[str, str] = {}
    for name, secret in SECRETS.items():
        with pytest.raises(UnsafeRecordingError) as refused:
            ensure_no_secret(json.dumps({"said": secret}).encode(), SECRET)
        found[name] = str(refused.value)
        assert SECRET[:PIECE] not in found[name]
    others = {name: "a network address" for name in SECRETS if name.startswith("address")} | {
        "e-mail": "an e-mail address"
    }
    assert found == {name: f"it holds {others.get(name, 'the key or a piece of it')}" for name in SECRETS}


def test_addresses_of_no_machine_are_kept() -> None:
    """Loopback and unspecified ones identify nobody, and a version or a time is no address."""
    ensure_no_secret(b"127.0.0.1, 127.0.0.1:80, ::1, 0.0.0.0, 0.0.0.0:80, ::, 1.2.3, 08:28:36", SECRET)


def chunked(response: bytes) -> bytes:
    head, _, content = response.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
    chunks = b"".join(b"3\r\n%b\r\n" % content[at : at + 3].ljust(3) for at in range(0, len(content), 3))
    return b"\r\n".join([*lines, b"Transfer-Encoding: chunked", b"", chunks + b"0\r\n\r\n"])


PLACES = {
    "later body": (OK, NO_KEY, body(KEY).replace(b"200 OK", b"404 Not Found")),
    "harmless header": (OK.replace(b"Vary: Origin", b"Vary: " + KEY.encode()), NO_KEY, NO_PATH),
    "reason": (OK.replace(b"200 OK", b"200 " + KEY.encode()), NO_KEY, NO_PATH),
    "chunks": (chunked(body(KEY)), NO_KEY, NO_PATH),
}


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_written_beside_a_secret(
    place: str, folder: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """A response that holds a secret is neither written nor printed, nor are the others."""
    before = contents(folder)
    status, _ = run(*PLACES[place])
    assert "Nothing was written" in str(status)
    assert contents(folder) == before
    assert KEY not in str(status) + "".join(capsys.readouterr())


STATUS = "the status line is not one of HTTP/1.1 with the standard reason phrase"
FOLLOWED = "something follows it"
NOT_PLAIN = {
    OK + b"more": FOLLOWED,
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nSet-Cookie: a=b\r\n\r\n": FOLLOWED,
    b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + OK: "an informational response precedes it",
    OK.replace(b"Vary: Origin", b"Vary: Origin\r\n folded"): "a header line is not `Name: value` in printable ASCII",
    OK.replace(b"Vary: Origin", b"Vary: \x80"): "a header line is not `Name: value` in printable ASCII",
    OK.replace(b"\r\n", b"\n"): STATUS,
    OK.replace(b"200 OK", b"200 Not Found"): STATUS,
    OK.replace(b"200 OK", b"299 OK"): STATUS,
    b"": STATUS,
}


def test_only_one_plain_response_is_accepted() -> None:
    """Bytes that are not exactly one response in the plain form are refused."""
    reasons: dict[bytes, str] = {}
    for raw in NOT_PLAIN:
        with pytest.raises(UnsafeRecordingError) as refused:
            record.Response.parse(redact_headers(raw))
        reasons[raw] = str(refused.value)
    assert reasons == NOT_PLAIN


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (OK[:-20], "a response is incomplete, or not HTTP/1.1"),
        (OK.replace(b"Vary: Origin", b"Content-Encoding: gzip"), "it is compressed, which was not asked for"),
    ],
    ids=["incomplete", "compressed"],
)
def test_an_invalid_response_is_not_written(response: bytes, reason: str, folder: Path, run: Run) -> None:
    """A response that cannot be recorded as it is ends the recording with the reason."""
    before = contents(folder)
    status = str(run(response, NO_KEY, NO_PATH)[0])
    assert status.startswith("Nothing was written")
    assert reason in status
    assert contents(folder) == before


def test_a_deeply_nested_response_is_not_written(folder: Path, run: Run) -> None:
    """A body nested too deeply for the parser ends in one line."""
    before = contents(folder)
    response = OK.replace(b'"credits":', b'"deep":' + b"[" * 100_000 + b"]" * 100_000 + b',"credits":')
    status, _ = run(response.replace(b"Length: 500", b"Length: 200508"), NO_KEY, NO_PATH)
    assert status == "Nothing was written: a response is nested too deeply."
    assert contents(folder) == before


def test_a_status_needs_no_reason_phrase(folder: Path, run: Run) -> None:
    """A status line without a reason phrase is valid."""
    responses = OK.replace(b"200 OK", b"200 "), NO_KEY.replace(b"401 Unauthorized", b"401"), NO_PATH
    assert run(*responses)[0] == 0
    assert [contents(folder)[name] for name in sorted(FILES)] == list(responses)


def test_a_large_response_is_searched_quickly() -> None:
    """Searching 250 credits for secrets ends."""
    with assert_ends():
        ensure_no_secret((RECORDINGS / "200-250-credits-chunked.http").read_bytes(), KEY)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "https://a..b"])
def test_an_unreachable_server_is_named(url: str, run: Run) -> None:
    """A server that does not respond, or whose name is none, is named in one line."""
    assert f"Nothing was written: {url.split('/')[2].partition(':')[0]} did not respond" in str(run(OK, url=url)[0])


def test_the_proxy_of_the_environment_is_used(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests go through the proxy that HTTPS_PROXY names; its own response is no part of the recording."""

    class Proxy(ReplayServer):
        def finish_request(self, request: Any, client_address: Any) -> None:
            opened = b""
            while b"\r\n\r\n" not in opened:
                opened += request.recv(65536)
            tunnels.append(opened.partition(b"\r\n")[0])
            request.sendall(b"HTTP/1.1 200 Connection established\r\nVia: proxy\r\n\r\n")
            with serving("credits.example").wrap_socket(request, server_side=True) as tunnel:
                super().finish_request(tunnel, client_address)

    tunnels: list[bytes] = []
    with Proxy(OK, NO_KEY, NO_PATH) as proxy, authority().cert_pem.tempfile() as certificate:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("SSL_CERT_FILE", certificate)
        assert run(OK, url="https://credits.example")[0] == 0
        assert [KEY.encode() in request for request in proxy.requests] == [True, False, True]
    assert tunnels == [b"CONNECT credits.example:443 HTTP/1.1"] * 3
    assert [contents(folder)[name] for name in sorted(FILES)] == [OK, NO_KEY, NO_PATH]


def test_a_proxy_is_not_sent_the_key_unencrypted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loopback server is reached over http without the proxy of the environment."""
    with ReplayServer(OK) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert run(OK, NO_KEY, NO_PATH)[0] == 0
        assert not proxy.requests


def test_an_unusable_proxy_is_named_by_variable(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that httpx cannot use ends in one line that names the variables, without the value."""
    monkeypatch.setenv("HTTPS_PROXY", "gopher://user:hidden@proxy.example")
    message = str(run(OK, url="https://credits.example")[0])
    assert message.startswith("HTTPS_PROXY, ALL_PROXY: ")
    assert "hidden" not in message


def no_folder(folder: Path) -> Path:
    shutil.rmtree(folder)
    folder.touch()
    return folder


def corrupt_index(folder: Path) -> Path:
    (folder / "index.json").write_text('{"exchanges":')
    return folder / "index.json"


def other_index(folder: Path) -> Path:
    (folder / "index.json").write_text('{"exchanges": [{}]}')
    return folder / "index.json"


def missing_recording(folder: Path) -> Path:
    (folder / "404-unknown-path.http").rename(folder / "elsewhere.http")
    return folder / "404-unknown-path.http"


def corrupt_recording(folder: Path) -> Path:
    (folder / "404-unknown-path.http").write_bytes(b"")
    return folder / "404-unknown-path.http"


@pytest.mark.parametrize(
    "spoil",
    [no_folder, corrupt_index, other_index, missing_recording, corrupt_recording],
    ids=lambda spoil: spoil.__name__,
)
def test_an_unusable_file_is_named(spoil: Callable[[Path], Path], folder: Path, run: Run) -> None:
    """A file that cannot be read or parsed is named before anything is written."""
    path = spoil(folder)
    assert f"Nothing was written: {path} cannot be used" in str(run(OK, NO_KEY, NO_PATH)[0])
    assert not (folder / "200-list-credits-live.http").exists()


def test_a_recording_by_hand_may_be_less_plain(folder: Path, run: Run) -> None:
    """A recording made by hand may hold what this tool would refuse to write."""
    recorded = folder / "200-two-credits.http"
    recorded.write_bytes(OK.replace(b"200 OK", b"200 Fine"))
    assert run(OK, NO_KEY, NO_PATH)[0] == 0


def test_an_unwritable_file_is_named(folder: Path, run: Run) -> None:
    """A file that cannot be written is named."""
    path = folder / "404-list-credits-live.http"
    path.mkdir()
    assert f"Not everything was written: {path} cannot be used" in str(run(OK, NO_KEY, NO_PATH)[0])


def test_an_invalid_key_is_refused_unsent(run: Run) -> None:
    """What cannot be a key is refused before a request is sent, and is not printed."""
    for key in "", "sc-" + "0" * 12, f"{KEY[:9]} {KEY[9:]}", KEY + "\n", "sc-" + "é" * 64:
        status, requests = run(OK, key=key)
        assert str(status).startswith("STABLECOG_API_KEY: expected"), key
        assert not key or key.strip() not in str(status)
        assert not requests


NO_ORIGINS = {
    "http://api.example.com": "URL: http:// would send the key unencrypted; use https://",
    **dict.fromkeys(
        [
            *("ftp://127.0.0.1", "https://u:p@127.0.0.1", "https://:p@127.0.0.1", "https://127.0.0.1/v1", "127.0.0.1"),
            *("https://127.0.0.1?a=b", "https://", "https://[", "https://a:99999"),
        ],
        "URL: expected the server alone, such as https://api.example.com",
    ),
}


def test_the_key_is_sent_to_origins_only(run: Run) -> None:
    """The URL is an https origin, or a loopback one; nothing else gets the key."""
    assert {url: run(OK, url=url)[0] for url in NO_ORIGINS} == NO_ORIGINS
