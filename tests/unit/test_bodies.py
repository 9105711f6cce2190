"""Bodies: what is JSON and what matches the API description; decompression, to the byte, in bounded memory."""

from __future__ import annotations

import copy
import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from stablecog_client import APIResponseValidationError, CreditsResponse
from stablecog_client._runtime.bodies import BoundedBody, raw, refuse_page

from tests.support.api_description import NOTHING, Steps, replaced
from tests.support.faults import TWO_CREDITS
from tests.support.processes import peak_memory
from tests.support.script import Reply, ScriptedClient

Script = Callable[..., ScriptedClient]

CREDITS: Any = json.loads(TWO_CREDITS)


def changed(steps: Steps, value: Any) -> bytes:
    """The two credits with another value at a place, or with nothing there."""
    return json.dumps(replaced(CREDITS, steps, value)).encode()


def decoded(script: Script, body: bytes) -> CreditsResponse:
    """What a call makes of a body."""
    return script(Reply(200, body)).list()


def refused(script: Script, body: bytes) -> APIResponseValidationError:
    with pytest.raises(APIResponseValidationError) as caught:
        decoded(script, body)
    error = caught.value
    assert str(error).isprintable()
    assert len(str(error)) < 500
    assert (error.status_code, error.attempts, error.method) == (200, 1, "GET")
    assert error.text == body[: 64 * 1024].decode("utf-8", "replace").replace("\0", "")
    problem = f"{error.path}: expected {error.expected}, got {error.got}"
    if error.expected == "JSON":
        problem = "the body is "
    elif error.got == "nothing":
        problem = f"{error.path}: required field is missing"
    assert f": 200 OK, but {problem}" in str(error)
    return error


def test_error_says_what_was_expected(script: Script) -> None:
    """In the words of JSON, with the path."""
    for value, expected, got in (NOTHING, "a value", "nothing"), ("12", "an integer", '"12"'):
        error = refused(script, changed(("credits", 1, "type", "amount"), value))
        assert (error.path, error.expected, error.got) == ("$.credits[1].type.amount", expected, got)


NO_OBJECTS = {
    "array": b"[{}]",
    "blank": b" \r\n",
    "cut": TWO_CREDITS[:-5],
    "two": TWO_CREDITS + b"{}",
    "1e400": b'{"credits":[],"total_remaining_credits":0,"added":1e400}',
    "minus-infinity": changed(("credits", 0, "added"), float("-inf")),
    "not-utf-8": b'{"credits":[],"total_remaining_credits":0,"added":"\xff"}',
    "utf-16-unannounced": '{"credits":[],"total_remaining_credits":0}'.encode("utf-16"),
    "5000-digits": b'{"credits":[],"total_remaining_credits":0,"added":' + b"9" * 5000 + b"}",
    "100000-objects": b'{"credits":[],"total_remaining_credits":0,"a":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
    "control-characters": b'{"credits":\x00\x1b[31m}\r\nINFO all is well',
}


@pytest.mark.parametrize("name", NO_OBJECTS)
def test_body_that_is_no_object_is_refused(script: Script, name: str) -> None:
    """In one line that can be printed."""
    error = refused(script, NO_OBJECTS[name])
    assert (error.path, error.expected) == ("$", "an object" if name == "array" else "JSON")


def test_whole_number_may_have_a_fraction(script: Script) -> None:
    """JSON does not tell 12.0 from 12."""
    total = decoded(script, b'{"credits":[],"total_remaining_credits":12.0}').total_remaining_credits
    assert (type(total), total) == (int, 12)


def test_byte_order_mark_is_ignored(script: Script) -> None:
    """It is no part of the body."""
    assert decoded(script, b"\xef\xbb\xbf" + TWO_CREDITS).total_remaining_credits == 1391


def test_last_of_duplicate_keys_counts(script: Script) -> None:
    """As in Python's own parser."""
    body = b'{"credits":[],"total_remaining_credits":1,"total_remaining_credits":2}'
    assert decoded(script, body).total_remaining_credits == 2


def test_lone_surrogate_is_kept(script: Script) -> None:
    """It stays what it is."""
    body = changed(("credits", 0, "type", "name"), "\ud83d")
    assert decoded(script, body).credits[0].type.name == "\ud83d"


def test_error_about_lone_surrogate_is_printable(script: Script) -> None:
    """Though the value is not."""
    refused(script, changed(("total_remaining_credits",), "\ud83d"))


def test_unknown_fields_are_kept_at_every_depth(script: Script) -> None:
    """Whatever they are called."""
    added: dict[str, Any] = {"added": [1, {"deep": None}], "__class__": 1, "self": 2, "additional_properties": {"x": 1}}
    body = copy.deepcopy(CREDITS)
    for holder in (body, body["credits"][0], body["credits"][0]["type"]):
        holder.update(added)
    credits = decoded(script, json.dumps(body).encode())
    for model in (credits, credits.credits[0], credits.credits[0].type):
        assert model.additional_properties == added
    assert credits.to_dict() == body


# Content encodings and charsets

UMLAUT = changed(("credits", 0, "type", "name"), "Frühling").decode("unicode-escape")


def deflated(data: bytes, wbits: int) -> bytes:
    packer = zlib.compressobj(wbits=wbits)
    return packer.compress(data) + packer.flush()


def encoded(encoding: str, body: bytes) -> Reply:
    return Reply(200, body, headers=(("Content-Encoding", encoding),))


READABLE = [
    Reply(200, UMLAUT.encode("latin-1"), "application/json; charset=ISO-8859-1"),
    Reply(200, UMLAUT.encode(), ""),
    Reply(200, UMLAUT.encode(), "text/plain"),
    encoded("deflate, gzip", gzip.compress(deflated(UMLAUT.encode(), 15))),
]


def test_charset_and_encoding_are_decoded(script: Script) -> None:
    """A body is read as its headers say."""
    names = {reply: script(reply).list().credits[0].type.name for reply in READABLE}
    assert names == dict.fromkeys(READABLE, "Frühling")


@pytest.mark.parametrize(
    ("reply", "got"),
    [
        (encoded("gzip", b"no gzip at all"), "corrupt"),
        (encoded("gzip", gzip.compress(TWO_CREDITS)[:-4] + b"oops"), "corrupt"),
        (encoded("gzip", gzip.compress(TWO_CREDITS)[:-100]), "the compressed body is truncated"),
        (encoded("nonsense\x1b", b"whatever"), "nonsense"),
        (encoded("gzip, gzip, gzip", b"whatever"), "3 content encodings"),
        (Reply(200, TWO_CREDITS, "application/json; charset=base64"), "unknown charset 'base64'"),
        (Reply(200, b'{"a":1' + b"0" * 10_000 + b".0}"), "a number is too large"),
        (encoded("gzip", b""), "the body is empty"),
    ],
    ids=["corrupt", "checksum", "truncated", "encoding", "encodings", "charset", "number", "empty"],
)
def test_unreadable_body_is_refused_in_one_line(script: Script, reply: Reply, got: str) -> None:
    """The error says why, and what to do."""
    with pytest.raises(APIResponseValidationError) as caught:
        script(reply).list()
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500
    assert got in str(caught.value)
    assert (caught.value.status_code, caught.value.attempts) == (200, 1)
    assert caught.value.headers["content-type"] == reply.content_type
    assert caught.value.advice in str(caught.value)


@pytest.mark.parametrize("accept", ["text/html", "text/plain, text/html", "application/json, text/plain", "*/*"])
def test_page_is_fine_where_it_may_be_documented(accept: str) -> None:
    """As HTML, or as anything; JSON is told by its parser."""
    refuse_page(raw, accept)


def test_login_page_points_to_proxy(script: Script) -> None:
    """A page in place of JSON comes from something in between; JSON that is broken does not."""
    with pytest.raises(APIResponseValidationError, match=r"answered: check `base_url` and proxies$") as caught:
        script(Reply(200, b"<!doctype html><title>Log in</title>", "text/html")).list()
    assert caught.value.expected == "JSON"
    empty = r": 200 OK, but the body is empty, not JSON; a proxy or another server may have answered: check `base_url` "
    with pytest.raises(APIResponseValidationError, match=empty + "and proxies$"):
        script(Reply(200, b"")).list()
    for content_type in "application/json", "Application/JSON":
        with pytest.raises(APIResponseValidationError, match=r"not valid JSON .*; report it to whoever"):
            script(Reply(200, b"{oops", content_type)).list()


def collected(chunks: list[bytes], encoding: str = "", limit: int = 10, *, truncate: bool = False) -> bytes:
    """What a body of these chunks comes to."""
    body = BoundedBody({"content-encoding": encoding}, limit, truncate=truncate)
    for chunk in chunks:
        if not body.feed(chunk):
            break
    return body.finish()


@pytest.mark.parametrize("chunks", [[], [b"0123456789"], [b"01234", b"56789"], [b"0", b"", b"1"]])
def test_body_up_to_the_limit_is_whole(chunks: list[bytes]) -> None:
    """In any number of chunks."""
    whole = b"".join(chunks)
    for cut in False, True:
        assert collected(chunks, truncate=cut) == whole
        assert collected([gzip.compress(whole)], "gzip", truncate=cut) == whole


@pytest.mark.parametrize("chunks", [[b"01234", b"56789", b"a"], [b"01234567", b"89abc", b"def"]])
def test_body_beyond_the_limit_is_refused(chunks: list[bytes]) -> None:
    """Or truncated, if it is an error's."""
    for sent, encoding in (chunks, ""), ([gzip.compress(b"".join(chunks))], "gzip"):
        assert collected(sent, encoding, truncate=True) == b"0123456789"
        with pytest.raises(APIResponseValidationError) as caught:
            collected(sent, encoding)
        assert (caught.value.expected, caught.value.got) == ("a body of at most 10 bytes", "a larger one")


def test_length_beyond_the_limit_is_refused() -> None:
    """Before the body comes, unless it is an error's."""
    for length in "11", "9" * 5000:
        with pytest.raises(APIResponseValidationError, match="the body is larger than"):
            BoundedBody({"content-length": length}, 10, truncate=False)
        BoundedBody({"content-length": length}, 10, truncate=True)


def test_other_lengths_do_no_harm() -> None:
    """Within the limit, or without sense."""
    for length in "10", "-11", "many", "":
        BoundedBody({"content-length": length}, 10, truncate=False)


ENCODED: dict[str, bytes] = {
    "gzip": gzip.compress(b"words"),
    "x-gzip": gzip.compress(b"words"),
    "deflate": deflated(b"words", 15),
    " Deflate ,identity,, ": deflated(b"words", -15),
    "gzip, deflate": deflated(gzip.compress(b"words"), 15),
    "deflate,gzip": gzip.compress(deflated(b"words", -15)),
}


def test_body_is_decompressed_byte_by_byte() -> None:
    """In each content encoding."""
    decoded = {name: collected([bytes([byte]) for byte in body], name) for name, body in ENCODED.items()}
    assert decoded == dict.fromkeys(ENCODED, b"words")


def test_truncated_compressed_body_is_refused() -> None:
    """Unless it is an error's."""
    for encoding, body in ENCODED.items():
        with pytest.raises(APIResponseValidationError) as caught:
            collected([body[:-1]], encoding)
        assert (caught.value.expected, caught.value.got) == ("a compressed body", "a truncated one"), encoding
        assert str(caught.value) == "the compressed body is truncated"
        assert b"words".startswith(collected([body[:-1]], encoding, truncate=True)), encoding


def test_corrupt_compressed_body_is_refused() -> None:
    """Unless it is an error's."""
    with pytest.raises(APIResponseValidationError) as caught:
        collected([b"words"], "gzip")
    assert caught.value.expected == "a compressed body"
    assert caught.value.got == "a corrupt one (Error -3 while decompressing data: incorrect header check)"
    assert str(caught.value) == "the compressed body is corrupt"
    assert caught.value.advice == "check proxies, or report it to whoever runs the server"
    assert collected([b"words"], "gzip", truncate=True) == b""


def test_unknown_content_encoding_is_refused() -> None:
    """Unless the body is an error's."""
    name = "words" * 20
    with pytest.raises(APIResponseValidationError) as caught:
        collected([b"words"], name)
    assert (caught.value.expected, caught.value.got) == ("a content encoding of gzip, deflate", repr(name[:40]))
    assert collected([b"words"], name, truncate=True) == b"words"
    with pytest.raises(APIResponseValidationError) as caught:
        collected([b"words"], "gzip, identity, deflate, gzip")
    assert (caught.value.expected, caught.value.got) == ("at most two content encodings", "3")


def test_bytes_after_compressed_body_are_ignored() -> None:
    """They are no part of it."""
    for encoding in "gzip", "deflate":
        assert collected([ENCODED[encoding] + b"more", b"and more"], encoding) == b"words"
        assert collected([ENCODED[encoding], b"more"], encoding) == b"words"


def test_gzip_body_of_several_members() -> None:
    """All of them, wherever the chunks begin."""
    packed = gzip.compress(b"wo") + gzip.compress(b"") + gzip.compress(b"rds")
    for cut in range(len(packed)):
        assert collected([packed[:cut], packed[cut:]], "gzip") == b"words"
    with pytest.raises(APIResponseValidationError, match="is truncated"):
        collected([packed[:-1]], "gzip")
    with pytest.raises(APIResponseValidationError, match="is larger"):
        collected([gzip.compress(b"words") * 3], "gzip")


def test_data_behind_a_gzip_body_is_ignored() -> None:
    """However it arrives."""
    sent = gzip.compress(b"{}") + b"\0" + gzip.compress(b"garbage")
    for cut in range(len(sent)):
        body = BoundedBody({"content-encoding": "gzip"}, 1000, truncate=False)
        body.feed(sent[:cut])
        body.feed(sent[cut:])
        assert body.finish() == b"{}", cut


def test_gzip_members_may_end_at_a_piece() -> None:
    """The second begins with the next chunk."""
    members = [gzip.compress(bytes(65536)), gzip.compress(b"end")]
    body = BoundedBody({"content-encoding": "gzip"}, 2**20, truncate=False)
    for member in members:
        body.feed(member)
    assert body.finish() == bytes(65536) + b"end"


def test_empty_members_of_gzip_are_bounded() -> None:
    """A thousand are read; more would keep the client busy without adding to the size."""
    empty, last = gzip.compress(b""), gzip.compress(b"words")
    assert collected([empty * 999 + last], "gzip") == b"words"
    with pytest.raises(APIResponseValidationError, match="is corrupt") as caught:
        collected([empty * 1000 + last], "gzip")
    assert caught.value.got == "a corrupt one (it has too many members)"


@pytest.mark.parametrize(("encoding", "wbits"), [("gzip", 31), ("deflate", 15)])
def test_compression_bomb_never_unfolds(encoding: str, wbits: int) -> None:
    """It is refused in bounded memory."""
    packed = deflated(bytes(64 * 2**20), wbits)

    def call() -> None:
        with pytest.raises(APIResponseValidationError, match="the body is larger than 1 MiB"):
            collected([packed], encoding, 2**20)

    assert peak_memory(call) < 4 * 2**20


def test_input_without_output_is_bounded() -> None:
    """What follows compressed data, or cannot be read, is not read for ever."""
    for start in gzip.compress(b"words"), b"no gzip":
        body = BoundedBody({"content-encoding": "gzip"}, 10, truncate=True)
        body.feed(start)
        assert not all(body.feed(bytes(65536)) for _ in range(100))
    body = BoundedBody({"content-encoding": "gzip"}, 10, truncate=True)
    body.feed(start := gzip.compress(b"words"))
    assert body.feed(bytes(10 + 64 * 2**10 - len(start)))  # what compression may add at most
    assert not body.feed(b"\0")
    body = BoundedBody({"content-encoding": "gzip"}, 10, truncate=False)
    body.feed(gzip.compress(b"words"))
    with pytest.raises(APIResponseValidationError, match="is larger"):
        all(body.feed(bytes(65536)) for _ in range(100))


def test_raw_deflate_is_whole_at_any_size() -> None:
    """zlib may hold output back after its last input, and raw deflate has no trailer."""
    for size in 65536, 65537, 65545, 131072, 131100:
        for level in 1, 6:
            compressor = zlib.compressobj(level, zlib.DEFLATED, -15)
            packed = compressor.compress(bytes(size)) + compressor.flush()
            assert len(collected([packed], "deflate", 2**24)) == size, level
