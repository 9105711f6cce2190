"""What `make record` promises: raw answers, compared with the contract and with earlier ones, and no secret in them."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import urllib.parse
from pathlib import Path

import pytest

from tools import record
from tools.replay import RECORDINGS, ReplayServer

KEY = "sc-" + "0123456789abcdef" * 4
OK, NO_KEY, NO_PATH = (
    (RECORDINGS / name).read_bytes() for name in ("200-two-credits.http", "401-no-header.http", "404-unknown-path.http")
)
FILES = {"200-list-credits-live.http", "401-list-credits-live.http", "404-list-credits-live.http"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(RECORDINGS, tmp_path / "recordings")


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, *answers: bytes, key: str = KEY) -> tuple[object, list[bytes]]:
    """The exit status, or the message that stands in for it, and the requests that were sent."""
    monkeypatch.setenv("STABLECOG_API_KEY", key)
    with ReplayServer(*answers) as server:
        monkeypatch.setattr("sys.argv", ["record", "--url", server.url, "--into", str(folder)])
        with pytest.raises(SystemExit) as ended:
            record.main()
        return ended.value.code, server.requests


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def body(text: str, headers: str = "") -> bytes:
    """The recorded 200 with one field more, which says this, and perhaps headers more."""
    whole = json.loads(OK.partition(b"\r\n\r\n")[2])
    content = json.dumps({**whole, "said": text}).encode()
    head = OK.partition(b"\r\n\r\n")[0].replace(b"Content-Length: 500", b"Content-Length: %d" % len(content))
    return head + b"\r\n" + headers.encode() + b"\r\n" + content


def test_answers_land_byte_for_byte_and_the_index_tells_of_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(folder)
    status, requests = run(folder, monkeypatch, OK, NO_KEY, NO_PATH)
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


def test_recording_again_replaces_and_a_new_folder_gets_an_index(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for into in (folder, folder, tmp_path / "new"):
        assert run(into, monkeypatch, OK, NO_KEY, NO_PATH)[0] == 0
        files = [entry["file"] for entry in json.loads((into / "index.json").read_bytes())["exchanges"]]
        assert sorted(files) == sorted(path.name for path in into.glob("*.http"))
    assert "drift:" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            (b'"remaining_amount":0', b'"remaining_amount":"0"'),
            "$.credits[0].remaining_amount: '0' is not of type 'integer'",
        ),
        ((b"X-Ratelimit-Limit: 20", b"X-Ratelimit-Limit: 30"), "header X-Ratelimit-Limit: $: 20 was expected"),
        ((b"X-Ratelimit-Limit", b"X-Other-Name-Here"), "Missing required header: X-Ratelimit-Limit"),
        ((b"application/json", b"application/text"), "application/text"),
        ((b"200 OK", b"418 OK"), "status 418, where 200 was asked for"),
        ((b'"name"', b'"nama"'), "$.credits[0].type: 'name' is a required property"),
        ((b'"credits"', b"'credits'"), "Failed to deserialize"),
    ],
)
def test_a_broken_contract_is_told_and_fails(
    change: tuple[bytes, bytes],
    said: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert change[0] in OK
    content = OK.replace(*change)
    size = len(content.partition(b"\r\n\r\n")[2])
    status, _ = run(folder, monkeypatch, content.replace(b"Length: 500", b"Length: %d" % size), NO_KEY, NO_PATH)
    broken = [line for line in capsys.readouterr().out.splitlines() if line.startswith("broken: 200-list-credits-live")]
    assert status == 1
    assert any(said in line for line in broken), broken


def test_a_departure_that_the_contract_allows_is_told_and_passes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _ = run(folder, monkeypatch, body("hello", "X-Region: eu\r\n"), NO_KEY, NO_PATH.replace(b"nosniff", b""))
    assert status == 0
    out = capsys.readouterr().out
    assert "drift: 200-list-credits-live.http: new field $.said (string)\n" in out
    assert "drift: 200-list-credits-live.http: new header x-region\n" in out
    assert run(folder, monkeypatch, body("hello", "X-Region: eu\r\n"), NO_KEY, NO_PATH)[0] == 0
    assert "drift:" not in capsys.readouterr().out  # it is known by now


def test_a_missing_field_a_missing_header_and_another_type_are_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = OK.replace(b'"name":"Free"', b'"nick":"Free"').replace(b'"amount":100', b'"amount":1.5')
    run(folder, monkeypatch, answer.replace(b"Vary: Origin\r\n", b"").replace(b"1391,", b"null,"), NO_KEY, NO_PATH)
    out = capsys.readouterr().out
    assert "drift: 200-list-credits-live.http: missing header vary\n" in out
    assert "type of $.credits[].type.amount: number, which was integer" in out
    assert "type of $.total_remaining_credits: null, which was integer" in out
    only_nick = answer.replace(b'"name":"Gift XLarge"', b'"nick":"Gift XLarge"')
    run(folder, monkeypatch, only_nick, NO_KEY, NO_PATH)
    assert "missing field $.credits[].type.name" in capsys.readouterr().out


def test_a_broken_answer_has_no_say_in_what_was_recorded_if_its_status_is_another(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = (RECORDINGS / "429-burst.http").read_bytes()
    assert run(folder, monkeypatch, limited, NO_KEY, NO_PATH)[0] == 1
    assert "200-list-credits-live.http" not in contents(folder)


def test_values_of_headers_that_may_identify_someone_are_replaced(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {
        "Set-Cookie": "session=abc",
        "X-Forwarded-For": "203.0.113.9",
        "CF-Ray": "8f2",
        "X-Request-Id": "77",
        "X-Echo": f"Bearer {KEY}",
        "Location": f"https://example.com/?key={KEY}",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    run(folder, monkeypatch, body("hello", lines), NO_KEY, NO_PATH)
    written = (folder / "200-list-credits-live.http").read_bytes()
    for name, value in headers.items():
        assert f"{name}: <redacted>\r\n".encode() in written
        assert value.encode() not in written


SECRETS = {
    "whole": KEY,
    "upper case": KEY.upper(),
    "a piece": KEY[20:28],
    "spaced": " ".join(KEY),
    "in two": KEY[:30] + '","' + KEY[30:],
    "backwards": KEY[::-1],
    "percent-encoded": "".join(f"%{ord(letter):02x}" for letter in KEY),
    "percent-encoded twice": "".join(f"%25{ord(letter):02x}" for letter in KEY),
    "query": urllib.parse.urlencode({"key": f"<{KEY}>"}),
    "entities": "".join(f"&#{ord(letter)};" for letter in KEY),
    "backslashes": "".join(f"\\u00{ord(letter):02x}" for letter in KEY),
    "base64": base64.b64encode(f"user:{KEY}".encode()).decode(),
    "base64, for URLs, unaligned": "ab" + base64.urlsafe_b64encode(b"\xff" + KEY.encode()).decode().rstrip("="),
    "base64 twice": base64.b64encode(base64.b64encode(KEY.encode())).decode(),
    "base64 of half": base64.b64encode(KEY[:32].encode()).decode(),
    "base32": base64.b32encode(KEY.encode()).decode(),
    "hexadecimal": "x" + KEY.encode().hex(" "),
    "hash": hashlib.sha256(KEY.encode()).hexdigest(),
    "address": "you are 203.0.113.9",
    "address and port": "from 203.0.113.9:4711",
    "address, percent-encoded": "you are 203%2E0%2E113%2E9",
    "address of IPv6": "you are [2001:db8::7]",
    "e-mail": "ada@example.com",
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS.keys())
@pytest.mark.parametrize("place", ["body", "later body", "harmless header", "reason", "chunks"])
def test_nothing_is_written_when_an_answer_holds_a_secret(
    secret: str, place: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = [OK, NO_KEY, NO_PATH]
    if place == "body":
        answers[0] = body(secret)
    elif place == "later body":
        answers[2] = body(secret).replace(b"200 OK", b"404 Not Found")
    elif place == "harmless header":
        answers[0] = OK.replace(b"Vary: Origin", b"Vary: " + secret.encode())
    elif place == "reason":
        answers[0] = OK.replace(b"200 OK", b"200 " + secret.encode())
    else:
        head, _, content = body(secret).partition(b"\r\n\r\n")
        chunks = b"".join(b"3\r\n%b\r\n" % content[at : at + 3].ljust(3) for at in range(0, len(content), 3))
        lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
        answers[0] = b"\r\n".join([*lines, b"Transfer-Encoding: chunked", b"", chunks + b"0\r\n\r\n"])
    before = contents(folder)
    status, _ = run(folder, monkeypatch, *answers)
    assert "Nothing was written" in str(status)
    assert contents(folder) == before
    shown = str(status) + "".join(capsys.readouterr())
    assert secret not in shown
    assert KEY not in shown


@pytest.mark.parametrize(
    "answer",
    [
        OK[:-20],
        OK + b"more",
        b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + OK,
        OK.replace(b"Vary: Origin", b"Vary: Origin\r\n folded"),
        OK.replace(b"Vary: Origin", b"Content-Encoding: gzip"),
        OK.replace(b"\r\n", b"\n"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nSet-Cookie: a=b\r\n\r\n",
        b"",
        b"SSH-2.0-OpenSSH\r\n",
    ],
)
def test_nothing_is_written_of_an_answer_that_is_not_plainly_one(
    answer: bytes, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(folder)
    assert "Nothing was written" in str(run(folder, monkeypatch, answer, NO_KEY, NO_PATH)[0])
    assert contents(folder) == before


@pytest.mark.parametrize("key", ["", " ", "short", "sc-" + "0" * 64 + "\n", "sc-" + "é" * 64])
def test_a_key_that_is_none_is_refused_before_anything_is_sent(
    key: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, requests = run(folder, monkeypatch, OK, key=key)
    assert "STABLECOG_API_KEY" in str(status)
    assert len(key) < 3 or key.strip() not in str(status)
    assert not requests


@pytest.mark.parametrize("url", ["http://api.example.com", "ftp://127.0.0.1", "https://u:p@127.0.0.1", "127.0.0.1"])
def test_a_key_goes_to_no_server_that_it_should_not_go_to(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STABLECOG_API_KEY", KEY)
    monkeypatch.setattr("sys.argv", ["record", "--url", url, "--into", str(folder)])
    with pytest.raises(SystemExit, match="URL: "):
        record.main()
