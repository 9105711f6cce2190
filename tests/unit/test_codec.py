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


@pytest.mark.parametrize(
    ("decode", "value", "result"),
    [
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
        (integers, [], []),
        (integers, [1, 2.0], [1, 2]),
        (integer_or_string, "a", "a"),
        (integer_or_string, 2.0, 2),
        (kind, "saw", Kind.SAW),
        (level, 1.0, Kind.SAW),
        (saw, "saw", "saw"),
        (one, 1, 1),
        (uuid, str(SOME_ID), SOME_ID),
        (date, "2026-11-23", datetime.date(2026, 11, 23)),
    ],
)
def test_allowed_value_is_decoded(decode: Any, value: Any, result: Any) -> None:
    """To the exact type."""
    decoded = decode(value)
    assert (type(decoded), decoded) == (type(result), result)


@pytest.mark.parametrize(
    ("decode", "value", "path", "expected", "got"),
    [
        (string, 1, "$", "a string", "1"),
        (integer, 1.5, "$", "an integer", "1.5"),
        (integer, True, "$", "an integer", "true"),
        (integer, 9007199254740994.0, "$", "an integer", "9007199254740994.0"),  # which one it was is lost
        (number, True, "$", "a number", "true"),
        (number, "1", "$", "a number", '"1"'),
        (number, float("inf"), "$", "a number", "Infinity"),
        (boolean, 1, "$", "a boolean", "1"),
        (boolean, 0, "$", "a boolean", "0"),
        (boolean, None, "$", "a boolean", "null"),
        (null, False, "$", "null", "false"),
        (mapping, [], "$", "an object", "an array"),
        (integers, {}, "$", "an array", "an object"),
        (integers, (1,), "$", "an array", "[1]"),
        (integers, [1, "x"], "$[1]", "an integer", '"x"'),
        (matrix, [[], [1, None]], "$[1][1]", "an integer", "null"),
        (integer_or_string, None, "$", "an integer or a string", "null"),
        (integer_or_string, True, "$", "an integer or a string", "true"),
        (string_or_kind, None, "$", "a string or one of 'saw', 'file'", "null"),
        (kind, "axe", "$", "one of 'saw', 'file'", '"axe"'),
        (kind, Kind.SAW, "$", "one of 'saw', 'file'", "Kind"),
        (level, True, "$", "one of 1", "true"),
        (saw, "axe", "$", '"saw"', '"axe"'),
        (one, True, "$", "1", "true"),
        (one, 2, "$", "1", "2"),
        (uuid, "0ea24c34", "$", "a UUID", '"0ea24c34"'),
        (uuid, 1, "$", "a UUID", "1"),
        (date, "2026-02-30", "$", "a date such as 2026-11-23", '"2026-02-30"'),
        (date, "2026-W48-1", "$", "a date such as 2026-11-23", '"2026-W48-1"'),
        (date, "20261123", "$", "a date such as 2026-11-23", '"20261123"'),
        (date, 20261123, "$", "a date such as 2026-11-23", "20261123"),
    ],
)
def test_other_value_is_refused_in_words(decode: Any, value: Any, path: str, expected: str, got: str) -> None:
    """With its path, what was expected and what came."""
    with pytest.raises(APIResponseValidationError) as caught:
        decode(value)
    assert (caught.value.path, caught.value.expected, caught.value.got) == (path, expected, got)


def test_union_error_is_that_of_the_best_fit() -> None:
    """Of several alternatives."""
    shallow, deep = array_of(integer), array_of(array_of(integer))
    for either in union_of(integer, shallow, deep), union_of(deep, shallow, integer):
        with pytest.raises(APIResponseValidationError) as caught:
            either([[1, "x"]])
        assert str(caught.value) == '$[0][1]: expected an integer, got "x"'


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


@pytest.mark.parametrize(
    "charset",
    [
        *("utf-8", "UTF8", "utf_16", "utf-16-le", "UTF-32BE", "us-ascii", "ASCII", "latin-1", "latin1"),
        *("ISO-8859-1", "iso-8859-15", "windows-1252", "CP1251"),
    ],
)
def test_usual_charsets_are_read(charset: str) -> None:
    """However they are written."""
    assert text_body(string)("a".encode(charset), f'text/plain; charset = "{charset}"; x=y') == "a"


@pytest.mark.parametrize("charset", ["punycode", "idna", "unicode_escape", "utf-7", "utf-88", "x" * 5000])
def test_slow_charset_is_refused(charset: str) -> None:
    """A megabyte of it may take minutes."""
    with pytest.raises(APIResponseValidationError) as caught:
        json_body(string)(b'"a"', f"application/json; charset={charset}")
    assert f"unknown charset '{charset[:40]}'" in caught.value.got


@pytest.mark.parametrize(
    ("content", "content_type", "expected", "got"),
    [
        (b"a\xff", "text/plain", "text in utf-8", '"a\\ufffd"'),
        (b"a\xff", "text/plain; charset=ascii", "text in ascii", '"a\\ufffd"'),
        (b"a", "text/plain; charset=Klingon", "text in klingon", '"a"'),
    ],
)
def test_unreadable_text_is_refused(content: bytes, content_type: str, expected: str, got: str) -> None:
    """The error names the charset."""
    with pytest.raises(APIResponseValidationError) as caught:
        text_body(string)(content, content_type)
    assert (caught.value.expected, caught.value.got) == (expected, got)


@pytest.mark.parametrize(
    ("content", "got"),
    [
        (b"", "an empty body"),
        (b"NaN", "a body that starts 'NaN' (NaN is not JSON)"),
        (b"-1e999", "a body that starts '-1e999' (a number is too large)"),
        (b"[" * 100_000, "a body that starts '" + "[" * 60 + "' (nested too deeply)"),
    ],
    ids=["empty", "nan", "infinite", "deep"],
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
    with pytest.raises(APIResponseValidationError, match=r"\(nested too deeply\)"):
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


@pytest.mark.parametrize("text", ["2016-12-31T22:59:60Z", "2016-12-31T23:58:60Z", "2016-12-31T23:59:60+01:00"])
def test_leap_second_within_a_day_is_refused(text: str) -> None:
    """There is none."""
    with pytest.raises(APIResponseValidationError):
        codec.date_time(text)
