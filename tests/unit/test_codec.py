"""Each decoder takes what a contract may allow, and says in words what it refuses."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator
from enum import Enum, StrEnum
from typing import Any
from uuid import UUID

import pytest
from stablecog_client import APIResponseValidationError
from stablecog_client._runtime import bodies, codec
from stablecog_client._runtime.bodies import json_body, text_body
from stablecog_client._runtime.codec import (
    array,
    array_of,
    boolean,
    constant_of,
    date,
    discriminated_union_of,
    enum_of,
    integer,
    mapping,
    null,
    number,
    string,
    union_of,
    uuid,
    values,
)


class Kind(Enum):
    SAW = "saw"
    FILE = "file"


# Made when they are asked, so that a change of their makers is noticed by a run that has imported this already.


def integers(value: Any) -> Any:
    return array_of(integer)(value)


def matrix(value: Any) -> Any:
    return array_of(array_of(integer))(value)


def integer_or_string(value: Any) -> Any:
    return union_of(integer, string)(value)


def string_or_kind(value: Any) -> Any:
    return union_of(string, kind, string)(value)


def kind(value: Any) -> Any:
    return enum_of(Kind, str, "'saw', 'file'")(value)


def level(value: Any) -> Any:
    return enum_of(lambda _: Kind.SAW, int, "1")(value)


def saw(value: Any) -> Any:
    return constant_of("saw")(value)


def one(value: Any) -> Any:
    return constant_of(1)(value)


SOME_ID = UUID("0ea24c34-4d0b-4e67-8495-d16fa4d19ba6")


def outcome(decode: Any, value: Any) -> tuple[type[Any], Any]:
    """Return what a decoder makes of a value and its type, or what it says to refuse it."""
    try:
        result = decode(value)
    except APIResponseValidationError as error:
        result = str(error)
    return result.__class__, result


ALLOWED: list[tuple[Any, Any, Any]] = [
    (string, "", ""),
    (integer, -3, -3),
    (integer, 12.0, 12),
    (integer, -9007199254740992.0, -(2**53)),
    (number, 3, 3),
    (number, -1.5, -1.5),
    (boolean, True, True),
    (boolean, False, False),
    (null, None, None),
    (mapping, {"a": 1}, {"a": 1}),
    (integers, [1, 2.0], [1, 2]),
    (integer_or_string, "a", "a"),
    (integer_or_string, 2.0, 2),
    (kind, "saw", Kind.SAW),
    (level, 1.0, Kind.SAW),
    (saw, "saw", "saw"),
    (one, 1, 1),
    (uuid, str(SOME_ID), SOME_ID),
    (date, "2026-11-23", datetime.date(2026, 11, 23)),
]


def test_allowed_value_is_decoded() -> None:
    """To the exact type."""
    decoded = {f"{decode.__name__}({value!r})": outcome(decode, value) for decode, value, _ in ALLOWED}
    assert decoded == {f"{decode.__name__}({value!r})": (type(result), result) for decode, value, result in ALLOWED}


REFUSED: list[tuple[Any, Any, str]] = [
    (string, 1, "$: expected a string, got 1"),
    (integer, 1.5, "$: expected an integer, got 1.5"),
    (integer, True, "$: expected an integer, got true"),
    (integer, 9007199254740994.0, "$: expected an integer, got 9007199254740994.0"),  # which one it was is lost
    (number, True, "$: expected a number, got true"),
    (number, "1", '$: expected a number, got "1"'),
    (number, float("inf"), "$: expected a number, got Infinity"),
    (boolean, 1, "$: expected a boolean, got 1"),
    (boolean, 0, "$: expected a boolean, got 0"),
    (null, False, "$: expected null, got false"),
    (mapping, [], "$: expected an object, got an array"),
    (integers, {}, "$: expected an array, got an object"),
    (integers, (1,), "$: expected an array, got [1]"),
    (integers, [1, "x"], '$[1]: expected an integer, got "x"'),
    (matrix, [[], [1, None]], "$[1][1]: expected an integer, got null"),
    (integer_or_string, None, "$: expected an integer or a string, got null"),
    (string_or_kind, None, "$: expected a string or one of 'saw', 'file', got null"),
    (kind, "axe", "$: expected one of 'saw', 'file', got \"axe\""),
    (kind, Kind.SAW, "$: expected one of 'saw', 'file', got Kind"),
    (level, True, "$: expected one of 1, got true"),
    (saw, "axe", '$: expected "saw", got "axe"'),
    (one, True, "$: expected 1, got true"),
    (one, 2, "$: expected 1, got 2"),
    (uuid, "0ea24c34", '$: expected a UUID, got "0ea24c34"'),
    (uuid, 1, "$: expected a UUID, got 1"),
    (date, "2026-02-30", '$: expected a date such as 2026-11-23, got "2026-02-30"'),
    (date, "2026-W48-1", '$: expected a date such as 2026-11-23, got "2026-W48-1"'),
    (date, "20261123", '$: expected a date such as 2026-11-23, got "20261123"'),
    (date, 20261123, "$: expected a date such as 2026-11-23, got 20261123"),
]


def test_other_value_is_refused_in_words() -> None:
    """With its path, what was expected and what came."""
    said = {f"{decode.__name__}({value!r})": outcome(decode, value)[1] for decode, value, _ in REFUSED}
    assert said == {f"{decode.__name__}({value!r})": words for decode, value, words in REFUSED}


def test_union_error_is_that_of_the_best_fit() -> None:
    """Of several alternatives."""
    shallow, deep = array_of(integer), array_of(array_of(integer))
    for either in union_of(integer, shallow, deep), union_of(deep, shallow, integer):
        with pytest.raises(APIResponseValidationError) as caught:
            either([[1, "x"]])
        assert str(caught.value) == '$[0][1]: expected an integer, got "x"'
    present, absent = (discriminated_union_of(name, {"x": string}) for name in ("kind", "sort"))
    for either in union_of(present, absent), union_of(absent, present):
        with pytest.raises(APIResponseValidationError, match=r"^\$.kind: expected one of"):
            either({"kind": 3})


def test_values_under_any_name_are_decoded() -> None:
    """And refused by that name."""
    assert values({"a": 1, "b": 2.0}, integer) == {"a": 1, "b": 2}
    with pytest.raises(APIResponseValidationError) as caught:
        values({"a": 1, "b c": None}, integer)
    assert str(caught.value) == "$['b c']: expected an integer, got null"


def test_long_value_is_truncated_to_80_characters() -> None:
    """One of 80 is shown whole."""
    assert codec.describe("x" * 78) == '"' + "x" * 78 + '"'
    assert codec.describe("x" * 79) == '"' + "x" * 76 + "..."


def test_file_inside_json_is_its_text() -> None:
    """Encoded as UTF-8."""
    assert codec.file("Frühling").payload.read() == "Frühling".encode()
    with pytest.raises(APIResponseValidationError, match="expected a string, got 1"):
        codec.file(1)


def test_enum_is_encoded_as_its_plain_value() -> None:
    """Not as an instance of a subclass."""

    class Colour(StrEnum):
        RED = "red"

    encoded = codec.encode(Colour.RED)
    assert (type(encoded), encoded) == (str, "red")


# Bodies


def test_body_is_decoded_in_its_charset() -> None:
    """By default UTF-8."""
    assert json_body(string)(b'"\xe9"', "application/json; charset=latin-1") == "é"
    assert json_body(string)('"é"'.encode(), "application/json") == "é"
    assert text_body(string)(b"\xe9", "text/plain; charset=latin-1") == "é"
    assert text_body(string)("é".encode(), "text/plain") == "é"
    assert text_body(string)("é".encode(), "text/charset") == "é"
    assert text_body(string)("é".encode(), "text/plain; charset*=latin-1; charset*0=ascii") == "é"


def outcome_of_text(content: bytes, content_type: str) -> str:
    try:
        return text_body(string)(content, content_type)
    except APIResponseValidationError as error:
        return str(error)


def test_usual_charsets_are_read() -> None:
    """However they are written."""
    charsets = [
        *("utf-8", "UTF8", "utf_16", "utf-16-le", "UTF-32BE", "us-ascii", "ASCII", "latin-1", "latin1"),
        *("ISO-8859-1", "iso-8859-15", "windows-1252", "CP1251"),
    ]
    written = 'text/plain; charset = "{}"; x=y'
    read = {name: outcome_of_text("a".encode(name), written.format(name)) for name in charsets}
    assert read == dict.fromkeys(charsets, "a")


@pytest.mark.parametrize("charset", ["punycode", "utf-7", "utf-88", "x" * 5000], ids=lambda charset: charset[:8])
def test_slow_charset_is_refused(charset: str) -> None:
    """A megabyte of it may take minutes."""
    with pytest.raises(APIResponseValidationError) as caught:
        json_body(string)(b'"a"', f"application/json; charset={charset}")
    assert f"unknown charset '{charset[:40]}'" in caught.value.got


def test_unreadable_text_is_refused() -> None:
    """The error names the charset."""
    refused = "$: expected text in {}, got {}"
    assert outcome_of_text(b"a\xff", "text/plain") == refused.format("utf-8", '"a\\ufffd"')
    assert outcome_of_text(b"a\xff", "text/plain; charset=ascii") == refused.format("ascii", '"a\\ufffd"')
    assert outcome_of_text(b"a", "text/plain; charset=Klingon") == refused.format("klingon", '"a"')


@pytest.mark.parametrize(
    ("content", "got"),
    [
        (b"", "an empty body"),
        (b"NaN", "a body that starts 'NaN' (NaN is not JSON)"),
        (b"NaN" + b" " * 57 + b"x", "a body that starts 'NaN" + " " * 57 + "' (NaN is not JSON)"),
        (b"-1e999", "a body that starts '-1e999' (a number is too large)"),
        (b"[" * 100_000, "a value that is nested too deeply"),
    ],
    ids=["empty", "nan", "long", "infinite", "deep"],
)
def test_body_that_is_no_json_is_quoted(content: bytes, got: str) -> None:
    """The error has its start and the reason."""
    with pytest.raises(APIResponseValidationError) as caught:
        bodies.json_body(codec.anything)(content, "application/json")
    assert (caught.value.path, caught.value.expected, caught.value.got) == ("$", "JSON", got)


def test_deep_nesting_is_refused() -> None:
    """More deeply than a model can follow."""

    def node(value: Any) -> Any:
        return array(value, node)

    deep = b"[" * 900 + b"]" * 900  # json reads it, and Python's stack ends with two calls for each
    with pytest.raises(APIResponseValidationError, match="the body is nested too deeply"):
        json_body(node)(deep, "application/json")


# Times


@pytest.fixture
def _in_india(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "IST-5:30")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_in_india")
@pytest.mark.skipif(not hasattr(time, "tzset"), reason="needs tzset")
def test_leap_second_does_not_depend_on_time_zone() -> None:
    """It is one wherever the program runs."""
    new_year = datetime.datetime(2017, 1, 1, tzinfo=datetime.UTC)
    assert codec.date_time("2016-12-31T23:59:60Z") == new_year
    assert codec.date_time("2017-01-01T05:29:60+05:30") == new_year
