# Made by `make generate` from openapi.yaml. Do not edit: change that file, generator/ or runtime/ instead.
"""From JSON values to Python and back.

A decoder takes a value from the module `json` and returns the value that the API description says it is, or raises
`APIResponseValidationError`. Its caller adds the place of the value with `inside`.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Mapping
from enum import Enum
from io import BytesIO
from math import isfinite
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from ..errors import APIResponseValidationError
from ..types import UNSET, File, Unset

if TYPE_CHECKING:
    from uuid import UUID

T = TypeVar("T")

Decoder = Callable[[Any], T]


def refuse(expected: str, value: object) -> NoReturn:
    """Raise the error for a value that is not what was expected."""
    raise APIResponseValidationError(expected=expected, got=describe(value))


def describe(value: object) -> str:
    """Describe a JSON value in a few words, for an error."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    try:
        text = json.dumps(value)
    except (TypeError, ValueError):
        text = type(value).__name__
    return text if len(text) <= 80 else text[:77] + "..."


_NOTHING = "nothing"


def missing(name: str) -> APIResponseValidationError:
    """Return the error for an object without a required field."""
    error = APIResponseValidationError(expected="a value", got=_NOTHING, problem="required field is missing")
    return error.inside(name)


def anything(value: Any) -> Any:
    """Return any value as it is."""
    return value


def string(value: Any) -> str:
    """Return a string."""
    if value.__class__ is str:
        return value
    refuse("a string", value)


def integer(value: Any) -> int:
    """Return an integer; 1.0 counts as an integer."""
    if value.__class__ is int:
        return value
    if value.__class__ is float and value.is_integer() and abs(value) <= 2**53:
        return int(value)  # JSON has one type of number: 1.0 is an integer, exact up to this bound
    refuse("an integer", value)


def number(value: Any) -> float:
    """Return a number."""
    if value.__class__ is int or (value.__class__ is float and isfinite(value)):
        return value
    refuse("a number", value)


def boolean(value: Any) -> bool:
    """Return a boolean."""
    if value is True or value is False:
        return value
    refuse("a boolean", value)


def null(value: Any) -> Any:  # not None: type checkers do not let such a result be used
    """Return None for null."""
    if value is None:
        return value
    refuse("null", value)


def mapping(value: Any) -> dict[str, Any]:
    """Return an object as a new dict."""
    if isinstance(value, Mapping):
        return dict(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    refuse("an object", value)


def array(value: Any, decode: Decoder[T]) -> list[T]:
    """Decode the items of an array."""
    if value.__class__ is not list:
        refuse("an array", value)
    items: list[T] = []
    try:
        for item in value:
            items.append(decode(item))  # not a comprehension: the number of items is the index of the one that fails
    except APIResponseValidationError as error:
        error.inside(len(items))
        raise
    return items


def values(value: dict[str, Any], decode: Decoder[T]) -> dict[str, T]:
    """Decode the values of an object whose names the API description does not list."""
    items: dict[str, T] = {}
    for name, item in value.items():
        try:
            items[name] = decode(item)
        except APIResponseValidationError as error:
            error.inside(name)
            raise
    return items


def optional(value: Any, decode: Decoder[T]) -> T | Unset:
    """Decode a value unless it was left out."""
    return UNSET if value is UNSET else decode(value)


def array_of(decode: Decoder[T]) -> Decoder[list[T]]:
    """Return a decoder of arrays, given a decoder of their items."""
    return lambda value: array(value, decode)


def union_of(*decoders: Decoder[Any]) -> Decoder[Any]:
    """Return a decoder for the first alternative that matches."""

    def union(value: Any) -> Any:
        errors: list[APIResponseValidationError] = []
        for decode in decoders:
            try:
                return decode(value)
            except APIResponseValidationError as error:
                errors.append(error)
        nearest = max(errors, key=lambda error: (len(error.steps), error.got != _NOTHING))
        if nearest.steps:  # it matched one alternative in part: report what is wrong inside
            raise nearest
        refuse(" or ".join(dict.fromkeys(error.expected for error in errors)), value)

    return union


def discriminated_union_of(name: str, decoders: Mapping[str, Decoder[Any]]) -> Decoder[Any]:
    """Return a decoder of objects that picks one of these decoders by the value of the property `name`."""

    def union(value: Any) -> Any:
        if value.__class__ is not dict:
            refuse("an object", value)
        if name not in value:
            raise missing(name)
        kind = value[name]
        if kind.__class__ is not str or kind not in decoders:
            expected = ", ".join(map(json.dumps, decoders))
            raise APIResponseValidationError(expected=f"one of {expected}", got=describe(kind)).inside(name)
        return decoders[kind](value)

    return union


def enum_of(kind: Callable[[Any], T], value_type: type, allowed: str) -> Decoder[T]:
    """Return a decoder of the values that `kind` accepts; `allowed` lists them for errors."""

    def enum(value: Any) -> T:
        if value.__class__ is value_type or (value_type is int and value.__class__ is float):  # 1.0 is 1
            try:
                return kind(value)
            except (ValueError, TypeError):
                pass
        refuse(f"one of {allowed}", value)

    return enum


def constant_of(constant: T) -> Decoder[T]:
    """Return a decoder of a single value."""

    def const(value: Any) -> T:
        if value == constant and (value.__class__ is bool) == (constant.__class__ is bool):  # 1 is 1.0, but not true
            return constant
        refuse(json.dumps(constant), value)

    return const


def uuid(value: Any) -> UUID:
    """Return a UUID from its string."""
    from uuid import UUID

    if value.__class__ is str:
        try:
            return UUID(value)
        except ValueError:
            pass
    refuse("a UUID", value)


def date(value: Any) -> datetime.date:
    """Return a date of RFC 3339."""
    if value.__class__ is str and len(value) == 10 and value[4] == "-" == value[7]:
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            pass
    refuse("a date such as 2026-11-23", value)


# A fast check of the usual form. fromisoformat checks the date, but takes `Z\0` for the end, and any fraction.
_in_utc = re.compile(r"....-..-..T(?!24)[0-9][0-9]:[0-9][0-9]:[0-5][0-9](?:\.[0-9]+)?Z").fullmatch
_from_iso_format = datetime.datetime.fromisoformat

# RFC 3339 only: fromisoformat also accepts week dates, commas, and times without seconds or offset.
_RFC_3339 = r"\d{4}-\d\d-\d\d[Tt ](?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)"


def date_time(value: Any) -> datetime.datetime:
    """Return a date-time of RFC 3339, timezone-aware; digits past microseconds are dropped."""
    if value.__class__ is str:
        try:
            if _in_utc(value):
                return _from_iso_format(value)
            if re.fullmatch(_RFC_3339, value, re.ASCII):
                return _rare_date_time(value)
        except (ValueError, OverflowError):
            pass
    refuse("a date-time of RFC 3339, such as 2026-11-23T08:28:36Z", value)


def _rare_date_time(value: str) -> datetime.datetime:
    # dateutil accepts a lowercase z, and its UTC is not datetime.UTC, so that `encode` can tell +00:00 from Z.
    from dateutil.parser import isoparse  # type: ignore[import-untyped, unused-ignore]

    text, leap_seconds = re.subn(r":60(?!:)", ":59", value)  # no colon follows the seconds
    before: datetime.datetime = isoparse(text)
    if not leap_seconds:
        return before
    utc = before.astimezone(datetime.UTC)
    if (utc.hour, utc.minute) != (23, 59):
        raise ValueError("a leap second ends a day in UTC")
    return before.replace(microsecond=0) + datetime.timedelta(seconds=1)


def file(value: Any) -> File:
    """Return a string of `format: binary` inside a JSON object as a file."""
    return File(payload=BytesIO(string(value).encode()))


def encode(value: Any) -> Any:
    """Return the JSON value of a model, field or parameter; values without a JSON type are returned unchanged.

    A naive datetime is encoded without an offset, which RFC 3339 does not allow.
    """
    match value:
        case Enum():
            return value if value is UNSET else value.value
        case None | str() | int() | float():
            return value
        case list() | tuple():
            return [encode(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        case dict():
            fields: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
            return {name: encode(item) for name, item in fields.items()}
        case datetime.datetime() if value.tzinfo is datetime.UTC:
            text = value.isoformat().removesuffix("+00:00")
            return (text.rstrip("0") if value.microsecond else text) + "Z"
        case datetime.date():  # or a datetime with another offset, or with none
            return value.isoformat()
        case _ if hasattr(value, "to_dict"):
            return value.to_dict()
        case _:
            from uuid import UUID

            return str(value) if isinstance(value, UUID) else value


def without_unset(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields without those left out."""
    return {name: value for name, value in fields.items() if value is not UNSET}


def pydantic_schema(model: Any) -> Any:
    """Return pydantic's schema of a model: an instance, or a JSON object for `from_dict`; serialised by `to_dict`."""
    from pydantic_core import core_schema

    json_object = core_schema.dict_schema()
    return core_schema.no_info_plain_validator_function(
        lambda value: value if isinstance(value, model) else model.from_dict(value),
        json_schema_input_schema=json_object,
        serialization=core_schema.plain_serializer_function_ser_schema(model.to_dict, return_schema=json_object),
    )
