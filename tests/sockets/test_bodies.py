"""Bodies that are not what the contract says, and attacks: an error with the JSON path, in bounded memory."""

from __future__ import annotations

import copy
import gzip
import json
import logging
import tracemalloc
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from stablecog_client import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    CreditsResponse,
    InternalServerError,
)
from stablecog_client._runtime.bodies import BoundedBody

from tests.support import faults
from tests.support.contract import NOTHING, Steps, json_path, replaced
from tests.support.drivers import Backend, Tasks, Threads, all_backends, assert_duration
from tests.support.faults import TWO_CREDITS, FaultServer, encoded, respond

CREDITS: Any = json.loads(TWO_CREDITS)

# Every field of the first credit and what holds it.
FIELDS: list[Steps] = [
    ("total_remaining_credits",),
    ("credits",),
    ("credits", 0, "id"),
    ("credits", 0, "remaining_amount"),
    ("credits", 0, "expires_at"),
    ("credits", 0, "type"),
    ("credits", 0, "type", "id"),
    ("credits", 0, "type", "name"),
    ("credits", 0, "type", "amount"),
    ("credits", 0, "type", "description"),
]


def changed(steps: Steps, value: Any) -> bytes:
    """The two credits with another value at a place, or with nothing there."""
    return json.dumps(replaced(CREDITS, steps, value)).encode()


@pytest.fixture(scope="module", params=[Threads, Tasks])
def ask(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Ask a server that answers with a body, over one connection for all the tests: decoding knows no transport."""
    bodies: list[bytes] = []
    with FaultServer(lambda connection: respond(200, bodies[-1])(connection)) as server:
        with request.param(server.url) as driver:

            def asked(body: bytes) -> CreditsResponse:
                bodies.append(body)
                credits: CreditsResponse = driver.list()
                return credits

            yield asked


def refused(ask: Any, body: bytes) -> APIResponseValidationError:
    with pytest.raises(APIResponseValidationError) as caught:
        ask(body)
    error = caught.value
    assert str(error).isprintable()
    assert len(str(error)) < 500
    assert (error.status_code, error.attempts, error.method) == (200, 1, "GET")
    assert error.text == body[: 64 * 1024].decode("utf-8", "replace")
    problem = f"{error.path}: expected {error.expected}, got {error.got}"
    if error.expected == "JSON":
        problem = "the body is "
    elif error.got == "nothing":
        problem = f"{error.path}: required field is missing"
    assert f": 200 OK, but {problem}" in str(error)
    return error


@pytest.mark.parametrize("steps", FIELDS, ids=json_path)
def test_a_field_that_is_missing_or_of_another_type_is_named_by_its_path(ask: Any, steps: Steps) -> None:
    for value, got in (NOTHING, "nothing"), (None, "null"), (True, "true"), (1.5, "1.5"):
        error = refused(ask, changed(steps, value))
        assert (error.path, error.got) == (json_path(steps), got)


@pytest.mark.parametrize(
    ("value", "expected", "got"),
    [
        (NOTHING, "a value", "nothing"),
        (None, "an integer", "null"),
        (True, "an integer", "true"),
        (1.5, "an integer", "1.5"),
        ("12", "an integer", '"12"'),
        (["12"], "an integer", "an array"),
        ({"12": 12}, "an integer", "an object"),
    ],
)
def test_an_error_says_what_was_expected_and_what_came(ask: Any, value: Any, expected: str, got: str) -> None:
    error = refused(ask, changed(("credits", 1, "type", "amount"), value))
    assert (error.path, error.expected, error.got) == ("$.credits[1].type.amount", expected, got)


NO_OBJECTS = {
    "array": b"[{}]",
    "null": b"null",
    "number": b"7",
    "empty": b"",
    "blank": b" \r\n",
    "html": b"<!doctype html>\n<title>Log in</title>",
    "cut": TWO_CREDITS[:-5],
    "two": TWO_CREDITS + b"{}",
    "single-quotes": b"{'credits':[]}",
    "trailing-comma": b'{"credits":[],"total_remaining_credits":0,}',
    "comment": b"/* */ {}",
    "nan": changed(("total_remaining_credits",), float("nan")),
    "infinity": changed(("credits", 0, "remaining_amount"), float("inf")),
    "1e400": b'{"credits":[],"total_remaining_credits":1e400}',
    "1e400-in-an-added-field": b'{"credits":[],"total_remaining_credits":0,"added":1e400}',
    "minus-infinity-in-an-added-field": changed(("credits", 0, "added"), float("-inf")),
    "not-utf-8": b'{"credits":[],"total_remaining_credits":0,"added":"\xff"}',
    "utf-16-unannounced": '{"credits":[],"total_remaining_credits":0}'.encode("utf-16"),
    "5000-digits": b'{"credits":[],"total_remaining_credits":' + b"9" * 5000 + b"}",
    "5000-digits-added": b'{"credits":[],"total_remaining_credits":0,"added":' + b"9" * 5000 + b"}",
    "100000-arrays": b"[" * 100_000,
    "100000-arrays-closed": b"[" * 100_000 + b"]" * 100_000,
    "100000-objects-added": b'{"credits":[],"total_remaining_credits":0,"a":'
    + b'{"a":' * 100_000
    + b"1"
    + b"}" * 100_001,
    "control-characters": b'{"credits":\x00\x1b[31m}\r\nINFO all is well',
}


@pytest.mark.parametrize("name", NO_OBJECTS)
def test_what_is_no_object_of_json_is_refused_in_one_line(ask: Any, name: str) -> None:
    error = refused(ask, NO_OBJECTS[name])
    assert (error.path, error.expected) == ("$", "an object" if name in {"array", "null", "number"} else "JSON")


def test_a_whole_number_written_as_a_fraction_is_whole(ask: Any) -> None:
    total = ask(b'{"credits":[],"total_remaining_credits":12.0}').total_remaining_credits
    assert (type(total), total) == (int, 12)


def test_a_byte_order_mark_is_no_part_of_the_body(ask: Any) -> None:
    assert ask(b"\xef\xbb\xbf" + TWO_CREDITS).total_remaining_credits == 1391


def test_of_duplicate_keys_the_last_counts(ask: Any) -> None:
    body = b'{"credits":[],"total_remaining_credits":1,"total_remaining_credits":2}'
    assert ask(body).total_remaining_credits == 2


def test_a_lone_surrogate_stays_what_it_is(ask: Any) -> None:
    body = changed(("credits", 0, "type", "name"), "\ud83d")
    assert ask(body).credits[0].type.name == "\ud83d"


def test_an_error_about_a_lone_surrogate_can_be_printed(ask: Any) -> None:
    refused(ask, changed(("total_remaining_credits",), "\ud83d"))


def test_fields_that_the_contract_does_not_name_are_kept_at_every_depth(ask: Any) -> None:
    added: dict[str, Any] = {"added": [1, {"deep": None}], "__class__": 1, "self": 2, "additional_properties": {"x": 1}}
    body = copy.deepcopy(CREDITS)
    for holder in (body, body["credits"][0], body["credits"][0]["type"]):
        holder.update(added)
    credits = ask(json.dumps(body).encode())
    for model in (credits, credits.credits[0], credits.credits[0].type):
        assert model.additional_properties == added
    assert credits.to_dict() == body


# What is between the body and the connection: every transport has a part in it.

UMLAUT = changed(("credits", 0, "type", "name"), "Frühling").decode("unicode-escape")


def deflated(data: bytes, wbits: int) -> bytes:
    packer = zlib.compressobj(wbits=wbits)
    return packer.compress(data) + packer.flush()


@all_backends
@pytest.mark.parametrize(
    "fault",
    [
        respond(200, UMLAUT.encode("latin-1"), "application/json; charset=ISO-8859-1"),
        respond(200, UMLAUT.encode("utf-16"), 'application/json; charset="utf-16"'),
        respond(200, UMLAUT.encode(), "application/json; charset=utf-8"),
        respond(200, UMLAUT.encode(), ""),
        respond(200, UMLAUT.encode(), "text/plain"),
        encoded("gzip", gzip.compress(UMLAUT.encode())),
        encoded("GZIP", gzip.compress(UMLAUT.encode())),
        encoded("x-gzip", gzip.compress(UMLAUT.encode())),
        encoded("identity", UMLAUT.encode()),
        encoded("", UMLAUT.encode()),
        encoded("deflate", deflated(UMLAUT.encode(), 15)),
        encoded("deflate", deflated(UMLAUT.encode(), -15)),
        encoded("deflate, gzip", gzip.compress(deflated(UMLAUT.encode(), 15))),
    ],
)
def test_a_body_is_read_in_its_charset_and_encoding(backend: Backend, fault: faults.Fault) -> None:
    with FaultServer(fault) as server, backend(server.url) as driver:
        assert driver.list().credits[0].type.name == "Frühling"


@all_backends
@pytest.mark.parametrize(
    ("fault", "got"),
    [
        (encoded("gzip", b"no gzip at all"), "corrupt"),
        (encoded("gzip", gzip.compress(TWO_CREDITS)[:-100]), "a truncated one"),
        (encoded("gzip", gzip.compress(TWO_CREDITS)[:-4] + b"oops"), "corrupt"),
        (encoded("deflate", b"\xff\xff\xff"), "corrupt"),
        (encoded("br", b"whatever"), "'br'"),
        (encoded("nonsense\x1b", b"whatever"), "nonsense"),
        (encoded("gzip, " * 50 + "gzip", b"whatever"), ""),
        (respond(200, b"\xff", "application/json; charset=ascii"), "ascii"),
        (respond(200, TWO_CREDITS, "application/json; charset=klingon"), "klingon"),
        (respond(200, TWO_CREDITS, "application/json; charset=base64"), ""),
        (respond(200, TWO_CREDITS, "application/json; charset=" + "a" * 5000), "aaaa"),
        (respond(200, b'{"a":1' + b"0" * 10_000 + b".0}"), "a number is too large"),
        (faults.login_page, "<!doctype html>"),
        (respond(200, b""), "the body is empty"),
        (encoded("gzip", b""), "the body is empty"),
        (encoded("gzip", gzip.compress(b"")), "the body is empty"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_in_one_line(backend: Backend, fault: faults.Fault, got: str) -> None:
    with (
        FaultServer(fault) as server,
        backend(server.url) as driver,
        pytest.raises((APIResponseValidationError, APIConnectionError)) as caught,
    ):
        driver.list()
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500
    assert got in str(caught.value)
    if isinstance(caught.value, APIResponseValidationError):
        assert caught.value.status_code == 200
        assert caught.value.headers["content-type"].startswith(("application/json", "text/html"))
        assert caught.value.advice in str(caught.value)


@all_backends
def test_a_proxys_login_page_is_an_error_that_says_what_to_check(backend: Backend) -> None:
    with FaultServer(faults.login_page) as server, backend(server.url) as driver:
        with pytest.raises(APIResponseValidationError, match=r"answered: check `base_url` and proxies$"):
            driver.list()


# The same without a connection, to the byte.


def collected(chunks: list[bytes], encoding: str = "", limit: int = 10, *, truncate: bool = False) -> bytes:
    """What a body of these chunks comes to."""
    body = BoundedBody({"content-encoding": encoding}, limit, truncate=truncate)
    for chunk in chunks:
        if not body.feed(chunk):
            break
    return body.finish()


@pytest.mark.parametrize("chunks", [[], [b""], [b"0123456789"], [b"01234", b"56789"], [b"0", b"", b"1"]])
@pytest.mark.parametrize("cut", [False, True])
def test_a_body_up_to_the_limit_is_whole(chunks: list[bytes], cut: bool) -> None:
    whole = b"".join(chunks)
    assert collected(chunks, truncate=cut) == whole
    assert collected([gzip.compress(whole)], "gzip", truncate=cut) == whole


@pytest.mark.parametrize("chunks", [[b"0123456789a"], [b"01234", b"56789", b"a"], [b"01234567", b"89abc", b"def"]])
def test_a_body_beyond_the_limit_is_refused_or_cut_off(chunks: list[bytes]) -> None:
    for sent, encoding in (chunks, ""), ([gzip.compress(b"".join(chunks))], "gzip"):
        assert collected(sent, encoding, truncate=True) == b"0123456789"
        with pytest.raises(APIResponseValidationError) as caught:
            collected(sent, encoding)
        assert (caught.value.expected, caught.value.got) == ("a body of at most 10 bytes", "a larger one")


@pytest.mark.parametrize("length", ["11", "9" * 5000])
def test_a_body_that_is_announced_beyond_the_limit_is_refused_before_it_comes(length: str) -> None:
    with pytest.raises(APIResponseValidationError, match="expected a body of at most 10 bytes, got a larger one"):
        BoundedBody({"content-length": length}, 10, truncate=False)
    BoundedBody({"content-length": length}, 10, truncate=True)


@pytest.mark.parametrize("length", ["10", "-11", "many", "", "1e9"])
def test_a_length_that_is_within_the_limit_or_means_nothing_does_no_harm(length: str) -> None:
    BoundedBody({"content-length": length}, 10, truncate=False)


ENCODED: dict[str, bytes] = {
    "gzip": gzip.compress(b"words"),
    "x-gzip": gzip.compress(b"words"),
    "deflate": deflated(b"words", 15),
    " Deflate ,identity,, ": deflated(b"words", -15),
    "gzip, deflate": deflated(gzip.compress(b"words"), 15),
    "deflate,gzip": gzip.compress(deflated(b"words", -15)),
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_a_body_that_comes_byte_by_byte_is_decompressed(encoding: str) -> None:
    assert collected([bytes([byte]) for byte in ENCODED[encoding]], encoding) == b"words"


@pytest.mark.parametrize("encoding", ENCODED)
def test_a_compressed_body_that_is_cut_short_is_refused_unless_it_is_an_errors(encoding: str) -> None:
    start = ENCODED[encoding][:-1]
    with pytest.raises(APIResponseValidationError) as caught:
        collected([start], encoding)
    assert (caught.value.expected, caught.value.got) == ("a compressed body", "a truncated one")
    assert b"words".startswith(collected([start], encoding, truncate=True))


def test_a_corrupt_body_is_refused_unless_it_is_an_errors() -> None:
    with pytest.raises(APIResponseValidationError) as caught:
        collected([b"words"], "gzip")
    assert caught.value.expected == "a compressed body"
    assert caught.value.got == "a corrupt one (Error -3 while decompressing data: incorrect header check)"
    assert collected([b"words"], "gzip", truncate=True) == b""


def test_an_unknown_encoding_is_refused_unless_it_is_an_errors() -> None:
    name = "words" * 20
    with pytest.raises(APIResponseValidationError) as caught:
        collected([b"words"], name)
    assert (caught.value.expected, caught.value.got) == ("a content encoding of gzip, deflate", repr(name[:40]))
    assert collected([b"words"], name, truncate=True) == b"words"


def test_what_follows_a_compressed_body_is_left_out() -> None:
    for encoding in "gzip", "deflate":
        assert collected([ENCODED[encoding] + b"more", b"and more"], encoding) == b"words"
        assert collected([ENCODED[encoding], b"more"], encoding) == b"words"


def test_a_gzip_body_of_several_members_is_all_of_them_wherever_it_is_cut() -> None:
    packed = gzip.compress(b"wo") + gzip.compress(b"") + gzip.compress(b"rds")
    for cut in range(len(packed)):
        assert collected([packed[:cut], packed[cut:]], "gzip") == b"words"
    with pytest.raises(APIResponseValidationError, match="a truncated one"):
        collected([packed[:-1]], "gzip")
    with pytest.raises(APIResponseValidationError, match="a larger one"):
        collected([gzip.compress(b"words") * 3], "gzip")


def peak_memory(call: Any) -> int:
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw deflate"])
def test_a_bomb_never_unfolds(encoding: str) -> None:
    packed = deflated(bytes(64 * 2**20), {"gzip": 31, "deflate": 15, "raw deflate": -15}[encoding])

    def call() -> None:
        with pytest.raises(APIResponseValidationError, match="expected a body of at most 1048576 bytes"):
            collected([packed], encoding.split()[-1], 2**20)

    assert peak_memory(call) < 4 * 2**20


# Attacks


@all_backends
@pytest.mark.parametrize("fault", [faults.gzip_bomb, faults.endless_body, faults.terabyte_announced])
def test_a_body_without_end_is_refused_in_bounded_memory(backend: Backend, fault: faults.Fault) -> None:
    with FaultServer(fault) as server, backend(server.url) as driver:

        def call() -> None:
            with pytest.raises(APIResponseValidationError, match="expected a body of at most 16777216 bytes"):
                driver.list()

        assert peak_memory(call) < 64 * 2**20


@all_backends
def test_an_error_body_without_end_is_cut_off(backend: Backend) -> None:
    with FaultServer(faults.endless_error) as server, backend(server.url, max_retries=0) as driver:

        def call() -> None:
            with pytest.raises(InternalServerError) as caught:
                driver.list()
            assert len(caught.value.text) == 64 * 1024

        assert peak_memory(call) < 8 * 2**20


@all_backends
@pytest.mark.parametrize(("status", "kind"), [(200, APIResponseValidationError), (500, InternalServerError)])
@pytest.mark.parametrize("start", [gzip.compress(TWO_CREDITS), b"no gzip"])
def test_what_is_packed_and_has_no_end_is_not_read_for_ever(
    backend: Backend, status: int, kind: type[APIError], start: bytes
) -> None:
    def fault(connection: faults.Connection) -> None:
        connection.send(faults.head(status, "Content-Encoding: gzip", "Connection: close") + start)
        connection.drip((bytes(65536) for _ in iter(int, 1)), 0)

    with FaultServer(fault) as server, backend(server.url, max_retries=0) as driver, assert_duration(at_most=10):
        with pytest.raises(kind):
            driver.list()


@all_backends
@pytest.mark.parametrize("fault", [faults.endless_headers, faults.endless_interim_responses])
def test_headers_without_end_are_refused_in_bounded_memory(backend: Backend, fault: faults.Fault) -> None:
    with FaultServer(fault) as server, backend(server.url, deadline=1, max_retries=0) as driver:

        def call() -> None:
            with pytest.raises(APIConnectionError):
                driver.list()

        assert peak_memory(call) < 16 * 2**20


@all_backends
@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n\r\n",
        b"oops\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 banana\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, banana\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 \xff\xfe\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /\x01\x02\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /" + b"a" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\x00\x01: \x02\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"\x00" * 1000,
    ],
    ids=lambda raw: repr(raw[:40]),
)
def test_what_is_no_http_is_an_error_in_one_line(backend: Backend, raw: bytes) -> None:
    with FaultServer(faults.raw(raw)) as server, backend(server.url, max_retries=0) as driver:
        with pytest.raises(APIError) as caught:
            driver.list()
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


@all_backends
def test_what_a_server_says_cannot_forge_a_line_of_a_log(backend: Backend, caplog: pytest.LogCaptureFixture) -> None:
    forged = "oops\r\nERROR:root:all is lost\x1b[2J\u2028more\u202e"
    refusing = respond(500, forged.encode(), "text/plain", "X-Odd: \x80\x9b31m")
    with FaultServer(refusing) as server, backend(server.url, max_retries=1) as driver:
        with caplog.at_level(logging.DEBUG, "stablecog_client"), pytest.raises(APIStatusError) as caught:
            driver.list()
    assert "all is lost" in str(caught.value)
    assert str(caught.value).isprintable()
    assert all(record.getMessage().isprintable() for record in caplog.records if record.name == "stablecog_client")


@all_backends
def test_encodings_upon_encodings_are_refused_before_they_are_undone(backend: Backend) -> None:
    body = TWO_CREDITS
    for _ in range(3):
        body = gzip.compress(body)
    with (
        FaultServer(encoded("gzip, gzip, gzip", body)) as server,
        backend(server.url) as driver,
        pytest.raises(APIResponseValidationError, match="at most two content encodings"),
    ):
        driver.list()


@all_backends
def test_a_charset_that_is_malformed_is_taken_for_none(backend: Backend) -> None:
    with FaultServer(respond(200, TWO_CREDITS, "application/json; charset*=a; charset*0=b")) as server:
        with backend(server.url) as driver:
            assert driver.list().total_remaining_credits == 1391
