"""From JSON to Python and back, refusing what is not what the contract says.

A decoder takes a value as `json` makes it and returns what the contract says it is, or raises
`APIResponseValidationError`; who calls it adds where that was with `inside`.
"""

from __future__ import annotations

import datetime
import json
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from enum import Enum
from math import isfinite
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from .errors import APIResponseValidationError
from .types import UNSET, File

if TYPE_CHECKING:
    from uuid import UUID

T = TypeVar("T")
Decoder = Callable[[Any], T]


def refuse(expected: str, value: object) -> NoReturn:
    """Raise: this is not what the contract says."""
    raise APIResponseValidationError(expected, describe(value))


def describe(value: object) -> str:
    """A JSON value in a few words, for an error."""
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    try:
        text = json.dumps(value)
    except (TypeError, ValueError):
        text = type(value).__name__
    return text if len(text) <= 80 else text[:77] + "..."


def missing(name: str) -> APIResponseValidationError:
    """The error for an object without a required field."""
    return APIResponseValidationError("a value, the field is required", "nothing").inside(name)


def anything(value: Any) -> Any:
    return value


def string(value: Any) -> str:
    if value.__class__ is str:
        return value
    refuse("a string", value)


def integer(value: Any) -> int:
    if value.__class__ is int:
        return value
    if value.__class__ is float and value.is_integer() and abs(value) <= 2**53:
        return int(value)  # JSON has one kind of number: 1.0 is an integer, and exact up to here
    refuse("an integer", value)


def number(value: Any) -> float:
    if value.__class__ is int or (value.__class__ is float and isfinite(value)):
        return value
    refuse("a number", value)


def boolean(value: Any) -> bool:
    if value is True or value is False:
        return value
    refuse("a boolean", value)


def null(value: Any) -> None:
    if value is not None:
        refuse("null", value)


def mapping(value: Any) -> dict[str, Any]:
    """An object, as a dict of its own."""
    if isinstance(value, Mapping):
        return dict(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    refuse("an object", value)


class LazyDict:
    """The `additional_properties` of an object that came without: an empty dict, made when it is first looked at."""

    def __get__(self, model: Any, kind: type) -> Any:
        return self if model is None else model.__dict__.setdefault("additional_properties", {})


def array(value: Any, decode: Decoder[T]) -> list[T]:
    if value.__class__ is not list:
        refuse("an array", value)
    items: list[T] = []
    append = items.append
    try:
        for item in value:
            append(decode(item))  # not a comprehension: how many there are tells which one failed
    except APIResponseValidationError as error:
        raise error.inside(len(items)) from error.__cause__
    return items


def values(value: dict[str, Any], decode: Decoder[T]) -> dict[str, T]:
    """Values of one kind under names that the contract does not list."""
    items: dict[str, T] = {}
    for name, item in value.items():
        try:
            items[name] = decode(item)
        except APIResponseValidationError as error:
            raise error.inside(name) from error.__cause__
    return items


def array_of(decode: Decoder[T]) -> Decoder[list[T]]:
    return lambda value: array(value, decode)


def union_of(*decoders: Decoder[Any]) -> Decoder[Any]:
    """The first alternative that fits."""

    def union(value: Any) -> Any:
        errors: list[APIResponseValidationError] = []
        for decode in decoders:
            try:
                return decode(value)
            except APIResponseValidationError as error:
                errors.append(error)
        nearest = max(errors, key=lambda error: len(error.steps))
        if nearest.steps:  # it was of one alternative's kind: say what is wrong inside
            raise nearest
        refuse(" or ".join(dict.fromkeys(error.expected for error in errors)), value)

    return union


def enum_of(kind: Callable[[Any], T], value_type: type, allowed: str) -> Decoder[T]:
    def enum(value: Any) -> T:
        if value.__class__ is value_type:
            try:
                return kind(value)
            except (ValueError, TypeError):
                pass
        refuse(f"one of {allowed}", value)

    return enum


def constant_of(constant: T) -> Decoder[T]:
    def const(value: Any) -> T:
        if value.__class__ is constant.__class__ and value == constant:
            return constant
        refuse(json.dumps(constant), value)

    return const


def uuid(value: Any) -> UUID:
    from uuid import UUID

    if value.__class__ is str:
        try:
            return UUID(value)
        except ValueError:
            pass
    refuse("a UUID", value)


def date(value: Any) -> datetime.date:
    if value.__class__ is str and len(value) == 10 and value[4] == "-" == value[7]:
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            pass
    refuse("a date such as 2026-11-23", value)


# RFC 3339 alone: fromisoformat takes week dates, commas, times without seconds or offset, too.
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ](?:[01]\d|2[0-3]):\d\d:(?P<second>\d\d)(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)


# The usual form, quick to tell; these digits are fromisoformat's to check, which lets anything pass for a fraction.
_in_utc = re.compile(r"....-..-..T(?!24)..:..:..(?:\.[0-9]+)?Z").fullmatch
_from_iso_format = datetime.datetime.fromisoformat


def date_time(value: Any) -> datetime.datetime:
    """An RFC 3339 date-time, aware; digits past microseconds are dropped."""
    if value.__class__ is str:
        try:
            if _in_utc(value):
                return _from_iso_format(value)
        except ValueError:
            pass
        try:
            if match := _DATE_TIME.fullmatch(value):
                return _rare_date_time(value, match)
        except (ValueError, OverflowError):
            pass
    refuse("a date-time of RFC 3339, such as 2026-11-23T08:28:36Z", value)


def _rare_date_time(value: str, match: re.Match[str]) -> datetime.datetime:
    # dateutil reads a small z, which fromisoformat refuses, and its UTC is not datetime.UTC: so
    # `encode` tells a time that came with +00:00 from one that came with Z.
    from dateutil.parser import isoparse  # type: ignore[import-untyped, unused-ignore]

    start, end = match.span("second")
    leap = match["second"] == "60"
    before: datetime.datetime = isoparse(value[:start] + "59" + value[end:] if leap else value)
    if not leap:
        return before
    utc = before.astimezone(datetime.UTC)
    if (utc.hour, utc.minute) != (23, 59):
        raise ValueError("a leap second is the last of a day in UTC")
    return before.replace(microsecond=0) + datetime.timedelta(seconds=1)


def file(value: Any) -> File:
    """A string of `format: binary` inside a JSON object."""
    from io import BytesIO

    return File(payload=BytesIO(string(value).encode()))


def encode(value: Any) -> Any:
    """A value of a model or parameter as JSON has it. What JSON has no kind for stays as it is."""
    match value:
        case Enum():
            return value.value
        case None | str() | int() | float():
            return value
        case list() | tuple():
            return [encode(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        case dict():
            return {  # pyright: ignore[reportUnknownVariableType]
                name: encode(item)
                for name, item in value.items()  # pyright: ignore[reportUnknownVariableType]
            }
        case datetime.datetime():
            text = value.isoformat()
            if value.tzinfo is not datetime.UTC:
                return text
            text = text.removesuffix("+00:00")
            return (text.rstrip("0") if value.microsecond else text) + "Z"
        case datetime.date():
            return value.isoformat()
        case _ if hasattr(value, "to_dict"):
            return value.to_dict()
        case _:
            from uuid import UUID

            return str(value) if isinstance(value, UUID) else value


def without_unset(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that were given."""
    return {name: value for name, value in fields.items() if value is not UNSET}


# Bodies of answers

BodyDecoder = Callable[[bytes, str], T]


def nothing(content: bytes, content_type: str) -> None:
    """The contract documents no body."""


def binary(content: bytes, content_type: str) -> File:
    """The body as it is."""
    from io import BytesIO

    return File(payload=BytesIO(content), mime_type=content_type or None)


def raw(content: bytes, content_type: str) -> bytes:
    """The body as it is, where the contract gives it no schema."""
    return content


def text(content: bytes, content_type: str) -> str:
    charset = charset_of(content_type)
    try:
        return decoded(content, charset)
    except (LookupError, ValueError):
        refuse(f"text in {charset}", content.decode("ascii", "replace"))


def json_body(decode: Decoder[T]) -> BodyDecoder[T]:
    def body(content: bytes, content_type: str) -> T:
        try:
            return decode(parse(content, content_type))
        except RecursionError:
            pass
        raise _not_json(content, "nested too deeply")

    return body


def text_body(decode: Decoder[T]) -> BodyDecoder[T]:
    return lambda content, content_type: decode(text(content, content_type))


_in_content_type = re.compile(r"""[;\s]charset\s*=\s*["']?([^\s;"']{1,40})""", re.IGNORECASE).search
# Not whatever Python knows: for punycode and idna a megabyte takes minutes.
_is_decodable = re.compile(
    r"utf[-_]?(8|16|32)([-_]?[bl]e)?|(us-?)?ascii|latin-?1|iso[-_]?8859[-_]\d+|(windows-|cp)125\d", re.IGNORECASE
).fullmatch


def charset_of(content_type: str) -> str:
    """The charset that a Content-Type names, or UTF-8."""
    named = _in_content_type(content_type)
    return named[1].lower() if named else "utf-8"


def decoded(content: bytes, charset: str) -> str:
    if not _is_decodable(charset):
        raise LookupError(f"unknown charset {charset!r}")
    return content.decode(charset)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if isfinite(number):
        return number
    raise ValueError("a number is too large")


NOT_THE_API = "a proxy or another server may have answered: check `base_url` and proxies"

_parse = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse_constant).decode


def parse(content: bytes, content_type: str) -> Any:
    """The JSON in a body."""
    charset = charset_of(content_type)
    try:
        return _parse(decoded(content.removeprefix(BOM_UTF8), charset))
    except (LookupError, ValueError) as error:
        reason = str(error)  # alone: the error holds the whole body
    raise _not_json(content, reason)


def _not_json(content: bytes, reason: str) -> APIResponseValidationError:
    start = content[:60].decode("utf-8", "replace")
    got = f"a body that starts {start!r} ({reason})" if content else "an empty body"
    return APIResponseValidationError("JSON", got, advice=NOT_THE_API)
