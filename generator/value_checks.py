"""Refusals of the values in a schema: of const, enum and default."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from math import isfinite
from typing import Any
from uuid import UUID

from openapi_python_client.strings import snake_case

from generator.nodes import mapping, sequence, type_names
from generator.schemas import ANYTHING, JSON_TYPES, Schemas, allows_null


def date_time(text: str) -> datetime:
    """Return a date-time of RFC 3339, which has an offset."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError(text)
    return value


FORMATS: dict[str, Callable[[str], object]] = {
    "date": date.fromisoformat,
    "date-time": date_time,
    "uuid": UUID,
}
"""What reads the formats of strings that have types of their own in Python."""

Problem = tuple[str, str]
"""The keyword that is to blame, or "", and the message."""


def check_const(_: Schemas, schema: Mapping[str, Any]) -> Problem | None:
    """Check a constant."""
    value = schema.get("const", "")
    if value is None:
        return "const", 'null is not supported; use type: "null"'
    if isinstance(value, float) and value.is_integer():
        return "const", f"write {value} as {int(value)}"
    if not isinstance(value, str | int):
        return "const", f"expected a string, an integer or a boolean, got {value!r}"
    if "const" in schema and "boolean" not in sequence(schema.get("type")) and allows_null(schema):
        return "const", 'null would be lost; use oneOf, with {type: "null"} beside the constant'
    return None


def check_types(schemas: Schemas, schema: Mapping[str, Any]) -> Problem | None:
    """Check that the values of const and enum are of the given type; integers in an enum may be called strings."""
    if "type" not in schema:
        return None
    given = schemas.types({"type": schema["type"]})
    names = " or ".join(map(str, type_names(schema)))
    for keyword in ("const", "enum"):
        for value in sequence(schema.get(keyword)) or [schema.get(keyword)]:
            kind = JSON_TYPES.get(type(value), "string")
            if kind not in {*given, "null"} and not (keyword == "enum" and kind == "number" and "string" in given):
                return keyword, f"{value!r} is a {kind}, the type is {names}; change one of them"
    return None


def check_boolean(_: Schemas, schema: Mapping[str, Any]) -> Problem | None:
    """Check the constant and the enum of a boolean."""
    if "const" in schema and "boolean" in type_names(schema):
        return "", "const beside type: boolean would be lost; leave the type out"
    is_whole = {*map(str, sequence(schema.get("enum")))} == {"True", "False"} and not allows_null(schema)
    if schema.get("type") == "boolean" and "enum" in schema and not is_whole:
        return "", "an enum of booleans would be lost; leave it out, or use const without a type"
    return None


def check_enum(schemas: Schemas, schema: Mapping[str, Any]) -> Problem | None:
    """Check the values of an enum, and their names in Python."""
    values = [value for value in sequence(schema.get("enum")) if value is not None]
    if schema.get("enum") == []:
        return "enum", "there are no values; list them"
    if schema.get("type") == "boolean" or not values:
        return None
    if {type(value) for value in values} not in ({str}, {int}):
        return "enum", 'expected strings alone or integers alone; quote texts such as "yes" and "1"'
    if schemas.literal_enums:  # which have no names
        return None
    names = schema.get("x-enum-varnames", [])
    given = sequence(names)
    if given != names or not all(isinstance(name, str) for name in given):
        return "x-enum-varnames", f"expected a list of texts, got {names!r}; quote each name"
    if given and len(given) != len(values):
        return "x-enum-varnames", f"expected {len(values)} names, one for each value, got {len(given)}"
    taken: dict[str, Any] = {}
    for index, value in enumerate(values):
        name = enum_name(value, index, given)
        if not name.isidentifier():
            return "enum", f"{value!r} has no name in Python; give each value one with x-enum-varnames"
        if taken.get(name) == value:
            return "enum", f"{value!r} is listed twice; leave one out"
        if name in taken:
            return "enum", (
                f"{taken[name]!r} and {value!r} would both be {name} in Python; "
                "give each value a name with x-enum-varnames"
            )
        taken[name] = value
    return None


def enum_name(value: str | int, index: int, given: list[Any]) -> str:
    """Return the name that openapi-python-client gives a member of an enum."""
    if given:
        return snake_case(str(given[index])).upper()
    if isinstance(value, int):
        return f"VALUE_NEGATIVE_{-value}" if value < 0 else f"VALUE_{value}"
    return snake_case(value.upper()).upper() if value and value[0].isalpha() else f"VALUE_{index}"


def check_default(schemas: Schemas, schema: Mapping[str, Any]) -> Problem | None:
    """Check that a default fits its schema."""
    default = schema.get("default")
    types = schemas.types(schema)
    if default is None:
        return None
    if problem := not_json(default):
        return "default", problem
    if len(entries := sequence(schema.get("allOf"))) == 1:
        schema = schemas.resolved(entries[0])
        if "object" in types and types != ANYTHING:
            return "default", "an object of another schema cannot have one; leave it out"
    if (kind := JSON_TYPES.get(type(default), "string")) not in types:
        expected = schema["type"] if isinstance(schema.get("type"), str) else " or ".join(sorted(types))
        return "default", f"expected {expected}, got the {kind} {default!r}"
    if schema.get("type") == "integer" and isinstance(default, float):
        return "default", f"expected an integer, got {default!r}"
    if (read := FORMATS.get(str(schema.get("format")))) and isinstance(default, str):
        try:
            read(default)
        except ValueError:
            return "default", f"{default!r} is not a {schema['format']}"
    allowed = schemas.values(schema)
    if allowed is not None and str(default) not in allowed:
        return "default", f"{default!r} is not one of the values"
    return None


def not_json(value: Any) -> str | None:
    """Return what YAML has read in a value, but JSON does not have."""
    if isinstance(value, date):
        return f"expected a text; quote {str(value)!r}"
    if isinstance(value, float) and not isfinite(value):
        return f"expected a finite number, got {value}"
    return next(filter(None, map(not_json, [*sequence(value), *mapping(value).values()])), None)
